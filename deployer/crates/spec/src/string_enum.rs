//! Types whose values are written as text.

/// A type whose values are written as text of a certain form.
pub(crate) trait FromText: Sized {
    /// Parses a value; `None` if there is no such value.
    fn from_text(text: &str) -> Option<Self>;
}

impl FromText for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// An enumeration whose values are written as text; see [`string_enum`].
pub(crate) trait StringEnum: FromText + Copy + Ord + 'static {
    /// All values, in the order in which they are presented.
    const ALL: &'static [Self];

    /// The text of each value, in the same order.
    const WORDS: &'static [&'static str];

    /// The documentation of each value, in the same order.
    const DOCS: &'static [&'static str];
}

/// Defines an enumeration together with the text of each value.
macro_rules! string_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub enum $name {
            $($(#[doc = $doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All values, in the order in which they are presented.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The text of each value, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($text),+];

            /// Returns the text of the value.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// Parses a value from its text; `None` if there is no such value.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }

        impl $crate::string_enum::FromText for $name {
            fn from_text(text: &str) -> Option<Self> {
                Self::parse(text)
            }
        }

        impl $crate::string_enum::StringEnum for $name {
            const ALL: &'static [Self] = Self::ALL;
            const WORDS: &'static [&'static str] = Self::WORDS;
            const DOCS: &'static [&'static str] = &[$(concat!($($doc),*)),+];
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub(crate) use string_enum;
