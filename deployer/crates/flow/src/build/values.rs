//! Values of parameters.

use std::marker::PhantomData;

use serde_json::{Map, Value, json};

use super::attribute::Argument;
pub use super::attribute::Attribute;
use super::references::{Flow, Prompt, Ref};

/// Implements [`Argument`] for values that are written as one JSON value.
macro_rules! arguments {
    ($($type:ty: $value:expr),+ $(,)?) => {
        $(impl Argument for $type {
            fn write(self, name: &str, parameters: &mut Map<String, Value>) {
                let value: fn(Self) -> Value = $value;
                parameters.insert(name.to_owned(), value(self));
            }
        })+
    };
}

arguments! {
    Text: |text| text.0.into(),
    TextOrAttribute: |text| text.0.into(),
    Constant: |text| text.0.into(),
    Attribute: |attribute| attribute.0.into(),
    Whole: |number| number.0.to_string().into(),
    WholeOrAttribute: |text| text.0.into(),
    TrueFalse: |truth| if truth.0 { "True" } else { "False" }.into(),
    Truth: |truth| if truth.0 { "true" } else { "false" }.into(),
    List: |list| list.0.into(),
    Entries: |entries| entries.0,
    Prompts: |prompts| prompts.0.into(),
    Value: |value| value,
}

/// Declares a text type with conversions.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident from $($source:ty: $text:expr),+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(pub(super) String);

        $(impl From<$source> for $name {
            fn from(source: $source) -> Self {
                let text: fn($source) -> String = $text;
                Self(text(source))
            }
        })+
    };
}

text!(
    /// A text in which attributes may occur, such as `Hello $.Attributes.name`.
    Text from &str: str::to_owned, String: |text| text, &String: Clone::clone, Attribute: |attribute| attribute.0
);
text!(
    /// A text without attributes, or exactly one attribute.
    TextOrAttribute from &str: str::to_owned, String: |text| text, &String: Clone::clone, Attribute: |attribute| attribute.0
);
text!(
    /// A text without attributes.
    Constant from &str: str::to_owned, String: |text| text, &String: Clone::clone
);
text!(
    /// An integer, or the attribute that holds it.
    WholeOrAttribute from
        i32: |number| number.to_string(),
        i64: |number| number.to_string(),
        u32: |number| number.to_string(),
        Attribute: |attribute| attribute.0
);
text!(
    /// The value that a condition compares with.
    Operand from
        &str: str::to_owned,
        String: |text| text,
        i32: |number| number.to_string(),
        i64: |number| number.to_string(),
        u32: |number| number.to_string(),
        f64: |number| number.to_string(),
        Attribute: |attribute| attribute.0
);

/// An integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole(i64);

/// A switch, written as `True` or `False`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrueFalse(bool);

/// A switch, written as `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truth(bool);

macro_rules! from {
    ($($source:ty => $target:ident),+ $(,)?) => {
        $(impl From<$source> for $target {
            fn from(source: $source) -> Self {
                Self(source.into())
            }
        })+
    };
}

from!(i32 => Whole, i64 => Whole, u32 => Whole, bool => TrueFalse, bool => Truth, Value => Entries);

/// A list of texts or other JSON values.
#[derive(Debug, Clone, PartialEq)]
pub struct List(Vec<Value>);

impl<T: Into<Value>, const N: usize> From<[T; N]> for List {
    fn from(elements: [T; N]) -> Self {
        Vec::from(elements).into()
    }
}

impl<T: Into<Value>> From<Vec<T>> for List {
    fn from(elements: Vec<T>) -> Self {
        Self(elements.into_iter().map(Into::into).collect())
    }
}

/// Names with values: pairs, or a JSON object.
#[derive(Debug, Clone, PartialEq)]
pub struct Entries(pub(super) Value);

impl<K: Into<String>, T: Into<Text>, const N: usize> From<[(K, T); N]> for Entries {
    fn from(entries: [(K, T); N]) -> Self {
        Vec::from(entries).into()
    }
}

impl<K: Into<String>, T: Into<Text>> From<Vec<(K, T)>> for Entries {
    fn from(entries: Vec<(K, T)>) -> Self {
        let entry = |(name, text): (K, T)| (name.into(), Value::from(text.into().0));
        Self(Value::Object(entries.into_iter().map(entry).collect()))
    }
}

/// Names with values, each of which stands in the member `Value` of its entry.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryValues(Entries);

impl<E: Into<Entries>> From<E> for EntryValues {
    fn from(entries: E) -> Self {
        Self(entries.into())
    }
}

impl Argument for EntryValues {
    fn write(self, name: &str, parameters: &mut Map<String, Value>) {
        let entries = self.0.0.as_object().cloned().unwrap_or_default();
        let wrapped = entries.into_iter().map(|(name, value)| (name, json!({"Value": value})));
        parameters.insert(name.to_owned(), Value::Object(wrapped.collect()));
    }
}

/// Something that is heard: a text, SSML, or a recorded prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Speech {
    parameter: &'static str,
    value: Value,
}

/// A text with markup, as in `ssml("<speak>…</speak>")`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ssml(Text);

/// Returns a text with SSML markup, which begins with `<speak>`.
#[must_use]
pub fn ssml(markup: impl Into<Text>) -> Ssml {
    Ssml(markup.into())
}

/// Returns a recording in S3: the value of the parameter `Media`.
#[must_use]
pub fn media(media: Value) -> Speech {
    Speech { parameter: "Media", value: media }
}

impl<T: Into<Text>> From<T> for Speech {
    fn from(text: T) -> Self {
        Self { parameter: "Text", value: text.into().0.into() }
    }
}

impl From<Ssml> for Speech {
    fn from(Ssml(markup): Ssml) -> Self {
        Self { parameter: "SSML", value: markup.0.into() }
    }
}

impl From<Ref<Prompt>> for Speech {
    fn from(prompt: Ref<Prompt>) -> Self {
        Self { parameter: "PromptId", value: prompt.to_string().into() }
    }
}

impl Argument for Speech {
    fn write(self, _name: &str, parameters: &mut Map<String, Value>) {
        parameters.insert(self.parameter.to_owned(), self.value);
    }
}

/// A list of prompts.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompts(Vec<Value>);

impl<S: Into<Speech>, const N: usize> From<[S; N]> for Prompts {
    fn from(prompts: [S; N]) -> Self {
        Vec::from(prompts).into()
    }
}

impl<S: Into<Speech>> From<Vec<S>> for Prompts {
    fn from(prompts: Vec<S>) -> Self {
        let one = |prompt: S| {
            let Speech { parameter, value } = prompt.into();
            json!({parameter: value})
        };
        Self(prompts.into_iter().map(one).collect())
    }
}

/// A flow for each of some events `E`.
#[derive(Debug, Clone, PartialEq)]
pub struct Hooks<E>(Map<String, Value>, PhantomData<E>);

impl<E: Into<Constant>, R: Into<Ref<Flow>>, const N: usize> From<[(E, R); N]> for Hooks<E> {
    fn from(hooks: [(E, R); N]) -> Self {
        let hook = |(event, flow): (E, R)| (event.into().0, Value::from(flow.into().to_string()));
        Self(hooks.into_iter().map(hook).collect(), PhantomData)
    }
}

impl<E> Argument for Hooks<E> {
    fn write(self, name: &str, parameters: &mut Map<String, Value>) {
        parameters.insert(name.to_owned(), self.0.into());
    }
}

/// A comparison of a condition: operator and operand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    pub(super) operator: &'static str,
    pub(super) operand: String,
}

/// A comparison of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberComparison(Comparison);

impl From<NumberComparison> for Comparison {
    fn from(comparison: NumberComparison) -> Self {
        comparison.0
    }
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident = $operator:literal -> $type:ident $(by $wrap:ident)?),+ $(,)?) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(operand: impl Into<Operand>) -> $type {
            $($wrap)? (Comparison { operator: $operator, operand: operand.into().0 })
        })+

        /// Functions that return a comparison, with their operators.
        pub const COMPARISONS: &[(&str, &str)] = &[$((stringify!($name), $operator)),+];
    };
}

comparisons! {
    /// The value is this one.
    equals = "Equals" -> Comparison,
    /// The value starts with this text.
    starts_with = "TextStartsWith" -> Comparison,
    /// The value ends with this text.
    ends_with = "TextEndsWith" -> Comparison,
    /// The value contains this text.
    contains = "TextContains" -> Comparison,
    /// The value is a greater number.
    greater_than = "NumberGreaterThan" -> NumberComparison by NumberComparison,
    /// The value is this number or a greater one.
    at_least = "NumberGreaterOrEqualTo" -> NumberComparison by NumberComparison,
    /// The value is a smaller number.
    less_than = "NumberLessThan" -> NumberComparison by NumberComparison,
    /// The value is this number or a smaller one.
    at_most = "NumberLessOrEqualTo" -> NumberComparison by NumberComparison,
}

/// Declares the values of a parameter. With `or`, it accepts any other text from these types.
macro_rules! parameter_values {
    ($name:ident { $($variant:ident = $value:literal),+ $(,)? } or $($source:ty),+) => {
        $crate::build::values::parameter_values!(@declare $name { $($variant = $value),+ } { #[doc = "Another value."] Other(String), } {
            $name::Other(other) => Self(other),
        });

        $(impl From<$source> for $name {
            fn from(other: $source) -> Self {
                Self::Other(other.to_string())
            }
        })+
    };
    ($name:ident { $($variant:ident = $value:literal),+ $(,)? }) => {
        $crate::build::values::parameter_values!(@declare $name { $($variant = $value),+ } {} {});
    };
    (@declare $name:ident { $($variant:ident = $value:literal),+ } { $($other:tt)* } { $($written:tt)* }) => {
        #[doc = concat!("Values of the parameter `", stringify!($name), "`.")]
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = concat!("`", $value, "`.")] $variant,)+
            $($other)*
        }

        impl From<$name> for $crate::build::values::Constant {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => Self($value.to_owned()),)+
                    $($written)*
                }
            }
        }

        impl $crate::build::attribute::Argument for $name {
            fn write(self, name: &str, parameters: &mut serde_json::Map<String, serde_json::Value>) {
                $crate::build::values::Constant::from(self).write(name, parameters);
            }
        }
    };
}
pub(crate) use parameter_values;
