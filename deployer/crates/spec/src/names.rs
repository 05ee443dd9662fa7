//! Text of a certain form: once it is made, it has that form.

use std::borrow::Borrow;
use std::fmt;

use serde::Serialize;

/// Text that can only be made where its form is checked.
macro_rules! text {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

text! {
    /// The name of a project, an environment, a table, a function or a flow in the spec: lower-case letters, digits and
    /// hyphens, first a letter, last no hyphen, no two hyphens together, at most 40 characters. That is what all of the
    /// services, and addresses and references, take.
    Name
}

text! {
    /// A Region's code, such as `us-east-1`.
    Region
}

text! {
    /// An account's id: twelve digits.
    AccountId
}

/// The longest [`Name`].
pub(crate) const MAX_NAME: usize = 40;

impl Name {
    /// The name with this text, if it has the form.
    pub fn new(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        let joined = !text.ends_with('-') && !text.contains("--");
        (plain && begins && joined && text.len() <= MAX_NAME).then(|| Self(text.to_owned()))
    }
}

impl Region {
    /// The Region with this code, if it has the form of one (`xx-direction-1`, `us-gov-west-1`).
    pub fn new(text: &str) -> Option<Self> {
        let (place, number) = text.rsplit_once('-')?;
        let words: Vec<&str> = place.split('-').collect();
        let lower = |word: &&str| word.len() >= 2 && word.len() <= 12 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let number = number.len() == 1 && number.bytes().all(|byte| matches!(byte, b'1'..=b'9'));
        let country = words.first().is_some_and(|word| (2..=4).contains(&word.len()));
        (number && country && (2..=3).contains(&words.len()) && words.iter().all(lower)).then(|| Self(text.to_owned()))
    }
}

impl AccountId {
    /// The account with this id, if it is twelve digits.
    pub fn new(text: &str) -> Option<Self> {
        (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(text.to_owned()))
    }
}
