//! Declarations of keys. One declaration gives the Rust type, the default, the bounds, the documentation, the JSON schema, the check
//! and the lowering of a key.
//!
//! A [`Format`] declares a value; [`section!`] and [`choice!`] declare maps of such values together with their Rust types. The shape in a
//! format is what the checker and the schema read; the lowering reads only trees that the checker has accepted.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::Serialize;
use serde_json::Value as Json;

use crate::diagnostic::Span;
use crate::rule::StringPattern;
use crate::shape::{Field, Shape};
use crate::string_enum::{FromText, StringEnum};
use crate::template::{self, Template};
use crate::yaml::{Node, Value};

/// Maximum number of entries of one kind: more than a file of the maximum size can hold. The number that an account may have is limited by
/// AWS quotas, which can be raised.
const MANY: usize = 100_000;

/// The value of a section that is absent: each of its keys is.
static EMPTY: Node = Node { value: Value::Null, span: Span::START, written: String::new(), aliased: false };

/// A value in a checked tree, with what lowering it may depend on.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'n> {
    /// The key in front of the value.
    pub(crate) key: &'n str,
    /// The value.
    pub(crate) node: &'n Node,
    /// The whole tree.
    pub(crate) root: &'n Node,
}

impl<'n> Entry<'n> {
    fn with(self, key: &'n str, node: &'n Node) -> Self {
        Self { key, node, root: self.root }
    }

    /// Returns the key from which default names follow: the one that the entry was first declared under, if it was renamed since.
    pub(crate) fn name_key(self) -> &'n str {
        let renamed = self.root.get("lifecycle").into_iter().flat_map(Node::members).filter_map(|(path, _, lifecycle)| {
            let first = lifecycle.get("renamed_from")?.elements().last()?.text()?;
            let entry = self.root.find(&path.split('.').collect::<Vec<_>>())?;
            std::ptr::eq(entry, self.node).then_some(first)
        });
        renamed.last().unwrap_or(self.key)
    }

    /// Returns the text at a key of this section.
    pub(crate) fn text(self, key: &str) -> Option<&'n str> {
        self.node.get(key)?.text()
    }
}

/// Lowers an entry of a checked tree; `None` if it has an error after all.
type Lower<T> = Box<dyn Fn(Entry<'_>) -> Option<T>>;

/// The declaration of a value that is lowered to a `T`.
pub(crate) struct Format<T> {
    /// The shape of the value.
    pub(crate) shape: Shape,
    lower: Lower<T>,
    /// The documented default.
    default: Option<Json>,
    /// Returns the value for a section without the key; without such a function, the key is required.
    absent: Option<Lower<T>>,
}

impl<T: 'static> Format<T> {
    fn new(shape: Shape, lower: impl Fn(Entry<'_>) -> Option<T> + 'static) -> Self {
        Self { shape, lower: Box::new(lower), default: None, absent: None }
    }

    /// Lowers a whole tree.
    pub(crate) fn lower(&self, root: &Node) -> Option<T> {
        (self.lower)(Entry { key: "", node: root, root })
    }

    /// Makes the key optional, without a default.
    pub(crate) fn optional(self) -> Format<Option<T>> {
        Format { absent: Some(Box::new(|_| Some(None))), ..self.and_then(|value, _| Some(Some(value))) }
    }

    /// Makes the key optional, with a default.
    pub(crate) fn or(self, default: T) -> Self
    where
        T: Clone + Serialize,
    {
        let documented = serde_json::to_value(&default).ok();
        Self { default: documented, ..self.or_else(move |_| Some(default.clone())) }
    }

    /// Makes the key optional, with the value of this text as default.
    pub(crate) fn or_text(self, default: &'static str) -> Self
    where
        T: FromText,
    {
        Self { default: Some(default.into()), ..self.or_else(move |_| T::from_text(default)) }
    }

    /// Makes the key optional, with a default that depends on the section without it.
    pub(crate) fn or_else(self, default: impl Fn(Entry<'_>) -> Option<T> + 'static) -> Self {
        Self { absent: Some(Box::new(default)), ..self }
    }

    /// Makes the key of a map, list or section optional, with the meaning of an empty one.
    pub(crate) fn or_empty(self) -> Self {
        let lower = std::rc::Rc::new(self.lower);
        let absent = lower.clone();
        let (lower, absent): (Lower<T>, Lower<T>) =
            (Box::new(move |entry| lower(entry)), Box::new(move |entry| absent(entry.with(entry.key, &EMPTY))));
        Self { lower, absent: Some(absent), ..self }
    }

    /// Converts the value.
    pub(crate) fn map<U: 'static>(self, convert: impl Fn(T) -> U + Copy + 'static) -> Format<U> {
        self.and_then(move |value, _| Some(convert(value)))
    }

    /// Converts the value, given its entry; a default is given the entry of its section.
    pub(crate) fn and_then<U: 'static>(self, convert: impl Fn(T, Entry<'_>) -> Option<U> + Copy + 'static) -> Format<U> {
        let then = |lower: Lower<T>| -> Lower<U> { Box::new(move |entry| convert(lower(entry)?, entry)) };
        Format { shape: self.shape, lower: then(self.lower), default: self.default, absent: self.absent.map(then) }
    }

    /// Allows text of this form in the place of a section.
    pub(crate) fn or_pattern<S: FromText + 'static>(self, pattern: &'static StringPattern, convert: fn(S) -> T) -> Self {
        let Self { shape, lower, .. } = self;
        Self::new(Shape::TextOr(pattern, Box::new(shape)), move |entry| match entry.node.text() {
            Some(text) => S::from_text(text).map(convert),
            None => lower(entry),
        })
    }

    /// Allows text that may contain references in the place of a section.
    pub(crate) fn or_template(self, convert: fn(Template) -> T) -> Self {
        let Self { shape, lower, .. } = self;
        Self::new(Shape::TemplateOr(Box::new(shape)), move |entry| match &entry.node.value {
            Value::Text(_) => Some(convert(template::from_node(entry.node).0)),
            _ => lower(entry),
        })
    }
}

impl<K, V> Format<BTreeMap<K, V>> {
    /// Limits the number of entries of a map.
    pub(crate) fn entries(mut self, range: RangeInclusive<usize>) -> Self {
        if let Shape::Map { min, max, .. } = &mut self.shape {
            (*min, *max) = range.into_inner();
        }
        self
    }
}

/// Declares text of this form.
pub(crate) fn text<T: FromText + 'static>(pattern: &'static StringPattern) -> Format<T> {
    Format::new(Shape::Text(pattern), |entry| T::from_text(entry.node.text()?))
}

/// Declares text that may contain references.
pub(crate) fn template() -> Format<Template> {
    Format::new(Shape::Template, |entry| entry.node.text().map(|_| template::from_node(entry.node).0))
}

/// Declares a word of an enumeration.
pub(crate) fn word<T: StringEnum>() -> Format<T> {
    Format::new(Shape::OneOf(T::WORDS), |entry| T::from_text(entry.node.text()?))
}

fn whole(entry: Entry<'_>) -> Option<u32> {
    if let Value::Integer(number) = entry.node.value { u32::try_from(number).ok() } else { None }
}

/// Declares a whole number in this range.
pub(crate) fn integer(range: RangeInclusive<u32>) -> Format<u32> {
    Format::new(Shape::Integer { min: (*range.start()).into(), max: (*range.end()).into() }, whole)
}

/// Declares one of these whole numbers.
pub(crate) fn number_of(allowed: &'static [i64]) -> Format<u32> {
    Format::new(Shape::Numbers(allowed), whole)
}

/// Declares a number above zero and at most `max`.
pub(crate) fn positive(max: f64) -> Format<f64> {
    Format::new(Shape::Positive { max }, |entry| match entry.node.value {
        // Larger ones have no exact decimal, and are above every maximum.
        Value::Integer(number) => u32::try_from(number).ok().map(f64::from),
        Value::Decimal(number) => Some(number),
        _ => None,
    })
}

/// Declares `true` or `false`.
pub(crate) fn flag() -> Format<bool> {
    Format::new(Shape::Bool, |entry| if let Value::Bool(flag) = entry.node.value { Some(flag) } else { None })
}

/// Declares any value.
pub(crate) fn any() -> Format<Json> {
    Format::new(Shape::Any, |entry| Some(crate::yaml::json(entry.node)))
}

/// Declares a list without duplicates.
pub(crate) fn list<T: 'static>(element: Format<T>) -> Format<Vec<T>> {
    let Format { shape, lower, .. } = element;
    Format::new(Shape::List(Box::new(shape)), move |entry| {
        entry.node.elements().iter().map(|node| lower(entry.with(entry.key, node))).collect()
    })
}

/// Declares a map whose keys are names of the user's choice.
pub(crate) fn map<K: FromText + Ord + 'static, V: 'static>(
    key: &'static StringPattern,
    value: Format<V>,
) -> Format<BTreeMap<K, V>> {
    let Format { shape, lower, .. } = value;
    Format::new(Shape::Map { key, value: Box::new(shape), min: 0, max: MANY }, move |entry| {
        entry.node.members().map(|(name, _, node)| Some((K::from_text(name)?, lower(entry.with(name, node))?))).collect()
    })
}

/// The declaration of keys of a section that are lowered together to a `T`: one key, several, or none.
pub(crate) struct Keys<T> {
    fields: Vec<Field>,
    lower: Lower<T>,
}

impl<T: 'static> Keys<T> {
    /// Creates the declaration; `lower` is given the entry of the section.
    pub(crate) fn new(fields: Vec<Field>, lower: impl Fn(Entry<'_>) -> Option<T> + 'static) -> Self {
        Self { fields, lower: Box::new(lower) }
    }

    /// Creates the declaration of alternatives, of which the first that is present counts.
    pub(crate) fn any_of(alternatives: Vec<Keys<Option<T>>>) -> Self {
        let (fields, lower): (Vec<_>, Vec<_>) = alternatives.into_iter().map(|keys| (keys.fields, keys.lower)).unzip();
        Self::new(fields.into_iter().flatten().collect(), move |section| lower.iter().find_map(|lower| lower(section)?))
    }

    /// Returns the fields, and the lowering.
    pub(crate) fn into_parts(self) -> (Vec<Field>, impl Fn(Entry<'_>) -> Option<T> + 'static) {
        (self.fields, self.lower)
    }

    /// Leaves out all keys but these.
    pub(crate) fn only(mut self, names: &[&str]) -> Self {
        self.fields.retain(|field| names.contains(&field.name));
        self
    }

    /// Makes all of the keys optional, and lowers them if `name` is present.
    pub(crate) fn if_present(mut self, name: &'static str) -> Keys<Option<T>> {
        self.fields.iter_mut().for_each(|field| field.required = false);
        let lower = self.lower;
        Keys::new(self.fields, move |section| match section.node.get(name) {
            Some(_) => lower(section).map(Some),
            None => Some(None),
        })
    }

    /// Declares a section with these keys.
    pub(crate) fn section(self) -> Format<T> {
        Format::new(Shape::Section(self.fields), self.lower)
    }

    /// Declares a section with exactly one of these keys.
    pub(crate) fn choice(self) -> Format<T> {
        Format::new(Shape::Choice(self.fields), self.lower)
    }
}

/// Declares the optional key of each word of an enumeration.
pub(crate) fn by_word<K: StringEnum, V: 'static>(
    doc: impl Fn(K) -> &'static str,
    format: impl Fn(K) -> Format<Option<V>>,
) -> Keys<BTreeMap<K, V>> {
    let names = K::ALL.iter().zip(K::WORDS);
    let keys = names.map(|(word, name)| (*word, format(*word).declare(name, doc(*word))));
    let (fields, lower): (Vec<_>, Vec<_>) = keys.map(|(word, keys)| (keys.fields, (word, keys.lower))).unzip();
    Keys::new(fields.into_iter().flatten().collect(), move |section| {
        let mut values = BTreeMap::new();
        for (word, lower) in &lower {
            values.extend(lower(section)?.map(|value| (*word, value)));
        }
        Some(values)
    })
}

/// Declares the position of the value of another key.
pub(crate) fn span_of(key: &'static str) -> Keys<Span> {
    Keys::new(Vec::new(), move |section| section.node.get(key).map(|node| node.span))
}

/// Declares the position of the value of the first of these keys that is present.
pub(crate) fn span_of_any(keys: &'static [&'static str]) -> Keys<Span> {
    Keys::new(Vec::new(), move |section| keys.iter().find_map(|key| section.node.get(key)).map(|node| node.span))
}

/// What can declare a field of a section.
pub(crate) trait Declare<T> {
    /// Returns the keys for the field with this name and this documentation.
    fn declare(self, name: &'static str, doc: &'static str) -> Keys<T>;
}

impl<T: 'static> Declare<T> for Format<T> {
    fn declare(self, name: &'static str, doc: &'static str) -> Keys<T> {
        let Self { shape, lower, default, absent } = self;
        let field = Field { name, doc: doc.trim_start(), required: absent.is_none(), default, shape };
        Keys::new(vec![field], move |section| match section.node.get(name) {
            Some(node) => lower(section.with(name, node)),
            None => absent.as_ref()?(section),
        })
    }
}

impl<T> Declare<T> for Keys<T> {
    fn declare(self, _: &'static str, _: &'static str) -> Self {
        self
    }
}

/// A type that a section is lowered to.
pub(crate) trait Section: Sized + 'static {
    /// Declares the keys.
    fn keys() -> Keys<Self>;

    /// Declares the section.
    fn format() -> Format<Self> {
        Self::keys().section()
    }
}

/// Defines a structure together with the section of a spec that it is lowered from. Each field is declared by
///
/// ```text
/// /// The documentation.
/// name: Type = format;
/// ```
///
/// where `format` is a [`Format`] or [`Keys`] of the type, and `name as "key"` stands for a key with another name than the field.
macro_rules! section {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $field:ident $(as $key:literal)?: $type:ty = $keys:expr;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[doc = $doc])* pub $field: $type,)+
        }

        impl $crate::declare::Section for $name {
            fn keys() -> $crate::declare::Keys<Self> {
                use $crate::declare::{Declare, Keys, key_name};
                // All at once, so that no name of a field hides a function in the declaration of another one.
                let ($($field,)+) = ($(Declare::<$type>::declare($keys, key_name!($field $($key)?), concat!($($doc),*)).into_parts(),)+);
                let mut fields = Vec::new();
                $(fields.extend($field.0);)+
                $(let $field = $field.1;)+
                Keys::new(fields, move |section| Some(Self { $($field: $field(section)?,)+ }))
            }
        }
    };
}

/// Defines an enumeration together with the section of a spec that it is lowered from: exactly one of its keys is given. Each variant is
/// declared by
///
/// ```text
/// /// The documentation.
/// Variant(Type) = "key": format;
/// ```
///
/// where `format` is a [`Format`] of the enumeration.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident $(($type:ty))? = $key:literal: $format:expr;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $($(#[doc = $doc])* $variant $(($type))?,)+
        }

        impl $crate::declare::Section for $name {
            fn keys() -> $crate::declare::Keys<Self> {
                use $crate::declare::{Declare, Keys};
                Keys::any_of(vec![$(Declare::declare($format.optional(), $key, concat!($($doc),*)),)+])
            }

            fn format() -> $crate::declare::Format<Self> {
                Self::keys().choice()
            }
        }
    };
}

/// Returns the key of a field.
macro_rules! key_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

pub(crate) use {choice, key_name, section};
