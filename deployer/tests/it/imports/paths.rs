//! The module path, declarations and paths of one source file.

use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, UseTree};

/// A path as it is written: its segments, without a leading `::`.
pub(crate) type Segments = Vec<String>;

/// A `use` of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// The name it has here; `None` for a glob.
    pub(crate) name: Option<String>,
    pub(crate) path: Segments,
}

/// Everything that one module says, without what is compiled for tests only.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Names of the items that are defined here.
    pub(crate) items: Vec<String>,
    /// Child modules: the name, its content if it is inline, and the file that `#[path]` names.
    pub(crate) modules: Vec<(String, Option<Source>, Option<String>)>,
    /// Names of the macros that are defined here.
    pub(crate) macro_definitions: Vec<String>,
    pub(crate) imports: Vec<Import>,
    pub(crate) paths: Vec<Segments>,
    /// Names of macros that are called. They need no path if their definition is above in the text of the crate.
    pub(crate) macros: Vec<String>,
}

impl Source {
    pub(crate) fn parse(text: &str) -> syn::Result<Self> {
        Ok(Self::of(&syn::parse_file(text)?.items))
    }

    fn of(items: &[Item]) -> Self {
        let mut source = Self::default();
        items.iter().for_each(|item| source.visit_item(item));
        source
    }

    fn add_use(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| [before, &[name.unraw().to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_use(&with(&path.ident), &path.tree),
            UseTree::Name(name) if name.ident == "self" => {
                self.imports.push(Import { name: before.last().cloned(), path: before.to_vec() });
            }
            UseTree::Name(name) => {
                self.imports.push(Import { name: Some(name.ident.unraw().to_string()), path: with(&name.ident) });
            }
            UseTree::Rename(rename) => {
                let path = if rename.ident == "self" { before.to_vec() } else { with(&rename.ident) };
                self.imports.push(Import { name: Some(rename.rename.unraw().to_string()), path });
            }
            UseTree::Glob(_) => self.imports.push(Import { name: None, path: before.to_vec() }),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(before, tree)),
        }
    }

    /// Finds paths in the unparsed content of a macro call or attribute: names joined by `::`, also in a literal such as
    /// `#[serde(with = "crate::dates")]`.
    fn add_tokens(&mut self, text: &str) {
        let is_name = |one: char| one.is_alphanumeric() || one == '_';
        let compact = text.replace(" ::", "::").replace(":: ", "::");
        for path in compact.split(|one| !is_name(one) && one != ':') {
            let segments: Segments = path.trim_matches(':').split("::").map(str::to_owned).collect();
            if segments.iter().all(|name| name.starts_with(|one: char| one.is_alphabetic() || one == '_')) {
                self.paths.push(segments);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = declared(item);
        if attributes.iter().any(is_for_tests) {
            return;
        }
        match item {
            Item::Mod(module) => {
                let content = module.content.as_ref().map(|(_, items)| Self::of(items));
                self.modules.push((module.ident.unraw().to_string(), content, attributes.iter().find_map(named_file)));
            }
            Item::Use(item) => self.add_use(&[], &item.tree),
            _ => {
                let names = if matches!(item, Item::Macro(_)) { &mut self.macro_definitions } else { &mut self.items };
                names.extend(name);
                visit::visit_item(self, item);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.push(path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.macros.extend(call.path.get_ident().map(ToString::to_string));
        self.add_tokens(&call.tokens.to_string());
        visit::visit_macro(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.add_tokens(&list.tokens.to_string());
        }
    }
}

/// Returns an item's attributes and the name that it declares.
fn declared(item: &Item) -> (&[Attribute], Option<String>) {
    let (attributes, name) = match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Impl(item) => (&item.attrs, None),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, None),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::TraitAlias(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => return (&[], None),
    };
    (attributes, name.map(|name| name.unraw().to_string()))
}

fn is_for_tests(attribute: &Attribute) -> bool {
    matches!(&attribute.meta, Meta::List(list) if list.path.is_ident("cfg") && list.tokens.to_string() == "test")
}

/// Returns the file of a `#[path = "…"]`.
fn named_file(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(literal) => match &literal.lit {
                syn::Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
