//! The module tree of a crate, and the file that defines what a path names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::paths::{Import, Segments, Source};

/// The most re-exports that are followed for one name: those of a crate may lead back to themselves.
const MAX_REEXPORTS: usize = 16;

/// The modules of a crate. The first is its root.
#[derive(Debug, Default)]
pub(crate) struct Crate {
    modules: Vec<Module>,
    files: Vec<PathBuf>,
    /// The file of each file's parent module.
    parents: BTreeMap<usize, usize>,
}

#[derive(Debug)]
struct Module {
    parent: Option<usize>,
    /// Position in `Crate::files`.
    file: usize,
    children: BTreeMap<String, usize>,
    source: Source,
}

/// The meaning of a path: a module, or an item with the module that defines it.
#[derive(Clone, Copy)]
enum Target {
    Module(usize),
    Item(usize),
}

/// Imports: the importing file and the imported one, with the names.
pub(crate) type Imports = BTreeMap<(usize, usize), BTreeSet<String>>;

impl Crate {
    /// Reads the crate whose root is `root`, a `lib.rs` or `main.rs`.
    ///
    /// # Errors
    /// When a file cannot be read or parsed.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let mut read = Self::default();
        let directory = root.parent().unwrap_or(Path::new("")).to_owned();
        read.add_file(None, root, &directory)?;
        Ok(read)
    }

    /// Returns the number of files.
    pub(crate) fn files(&self) -> usize {
        self.files.len()
    }

    /// Returns the path of a file.
    pub(crate) fn file(&self, file: usize) -> &Path {
        &self.files[file]
    }

    /// Whether the module of `file` is a child of that of `parent`.
    pub(crate) fn is_child(&self, file: usize, parent: usize) -> bool {
        self.parents.get(&file) == Some(&parent)
    }

    /// Whether the module of `file` is that of `other` or below it.
    pub(crate) fn is_within(&self, file: usize, other: usize) -> bool {
        file == other || self.parents.get(&file).is_some_and(|parent| self.is_within(*parent, other))
    }

    fn add_file(&mut self, parent: Option<usize>, file: &Path, directory: &Path) -> Result<usize, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let source = Source::parse(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        self.files.push(file.to_owned());
        let position = self.files.len() - 1;
        if let Some(parent) = parent {
            self.parents.insert(position, self.modules[parent].file);
        }
        self.add_module(parent, position, source, directory)
    }

    /// Adds a module whose children's files lie in `directory`.
    fn add_module(&mut self, parent: Option<usize>, file: usize, mut source: Source, directory: &Path) -> Result<usize, String> {
        let children = std::mem::take(&mut source.modules);
        self.modules.push(Module { parent, file, children: BTreeMap::new(), source });
        let module = self.modules.len() - 1;
        for (name, content, path) in children {
            let inside = directory.join(&name);
            let child = match (content, path) {
                (Some(source), _) => self.add_module(Some(module), file, source, &inside)?,
                (None, Some(path)) => {
                    let beside = self.files[file].with_file_name(path);
                    self.add_file(Some(module), &beside, &inside)?
                }
                (None, None) => {
                    let plain = directory.join(format!("{name}.rs"));
                    let file = if plain.is_file() { plain } else { inside.join("mod.rs") };
                    self.add_file(Some(module), &file, &inside)?
                }
            };
            self.modules[module].children.insert(name, child);
        }
        Ok(module)
    }

    /// Returns which file imports what from which other file.
    pub(crate) fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (position, module) in self.modules.iter().enumerate() {
            let mut add = |target: usize, path: &Segments| {
                let target = self.modules[target].file;
                if target != module.file {
                    imports.entry((module.file, target)).or_default().insert(path.last().cloned().unwrap_or_default());
                }
            };
            for Import { name, path } in &module.source.imports {
                match (name, self.resolve(position, path, true, 0)) {
                    (None, Some(Target::Module(target))) | (_, Some(Target::Item(target))) => add(target, path),
                    _ => {}
                }
            }
            for path in &module.source.paths {
                if let Some(Target::Item(target)) = self.resolve(position, path, false, 0) {
                    add(target, path);
                }
            }
            for name in &module.source.macros {
                let defined = |module: &Module| module.source.macro_definitions.contains(name);
                self.modules.iter().position(defined).into_iter().for_each(|target| add(target, &vec![name.clone()]));
            }
        }
        imports
    }

    /// Resolves a path that stands in `module`; `None` if it leads out of the crate. The path of a `use` does not begin with a name that
    /// the same `use` declares.
    fn resolve(&self, module: usize, path: &[String], of_use: bool, depth: usize) -> Option<Target> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Target::Module(self.root(module)),
            "self" => Target::Module(module),
            "super" => Target::Module(self.modules[module].parent?),
            _ if of_use && rest.is_empty() => return None,
            name => self.lookup(module, name, depth)?,
        };
        while let (Target::Module(module), Some((name, after))) = (at, rest.split_first()) {
            at = match name.as_str() {
                "super" => Target::Module(self.modules[module].parent?),
                "self" => at,
                // What is not found is made by a macro.
                name => self.lookup(module, name, depth).unwrap_or(Target::Item(module)),
            };
            rest = after;
        }
        Some(at)
    }

    /// Finds a name in a module: a child, an item, an import, a name from a glob.
    fn lookup(&self, module: usize, name: &str, depth: usize) -> Option<Target> {
        if depth > MAX_REEXPORTS {
            return None;
        }
        let Module { children, source, .. } = &self.modules[module];
        if let Some(child) = children.get(name) {
            return Some(Target::Module(*child));
        }
        if source.items.iter().any(|item| item == name) {
            return Some(Target::Item(module));
        }
        let named = |import: &&Import| import.name.as_deref() == Some(name);
        let by_name = source.imports.iter().filter(named).find_map(|import| self.resolve(module, &import.path, true, depth + 1));
        let globs = source.imports.iter().filter(|import| import.name.is_none());
        by_name.or_else(|| {
            globs.filter_map(|glob| self.resolve(module, &glob.path, true, depth + 1)).find_map(|target| match target {
                Target::Module(from) if from != module => self.lookup(from, name, depth + 1),
                _ => None,
            })
        })
    }

    fn root(&self, module: usize) -> usize {
        self.modules[module].parent.map_or(module, |parent| self.root(parent))
    }
}
