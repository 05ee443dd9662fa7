//! Types for text of a certain form, which is checked on construction.

use std::borrow::Borrow;
use std::fmt;

use serde::Serialize;

use crate::rule::{Explanation, StringPattern};
use crate::string_enum::FromText;
use crate::suggest::closest;

/// Defines a type for text whose constructor checks the form.
macro_rules! text {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromText for $name {
            fn from_text(text: &str) -> Option<Self> {
                Self::new(text)
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
    /// The name of a project, an environment, a table, a function or a flow in the spec: lower-case letters, digits and single hyphens
    /// between them, starting with a letter, at most 40 characters. All of the services, addresses and references accept this form.
    Name
}

text! {
    /// A Region's code, such as `us-east-1`.
    Region
}

text! {
    /// An account ID of twelve digits.
    AccountId
}

/// The form of a [`Name`].
pub(crate) const NAME: StringPattern = StringPattern::new(
    "a name",
    "lower-case letters, digits and single hyphens between them; a letter first; at most 40 characters",
    "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
    1,
    40,
);

/// The form of a [`Region`]: the present Regions of the partition `aws`, and future ones of the same form.
pub(crate) const REGION: StringPattern = StringPattern::new(
    "a Region",
    "the code of a Region of the partition `aws`, such as `us-east-1`",
    "^(us|eu|ap|sa|ca|me|af|il|mx)-(north|south|east|west|central|northeast|northwest|southeast|southwest)-[1-9]$",
    1,
    20,
)
.explained(similar_region);

/// The form of an [`AccountId`].
pub(crate) const ACCOUNT: StringPattern =
    StringPattern::new("an account's id", "twelve digits, in quotes", "^[0-9]{12}$", 12, 12);

/// The Regions to choose suggestions from (botocore, endpoints of the partition `aws`).
const REGIONS: [&str; 34] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

fn similar_region(text: &str) -> Option<Explanation> {
    let elsewhere = ["cn-", "us-gov-", "us-iso", "eu-iso", "eusc-"].iter().any(|start| text.starts_with(start));
    if elsewhere {
        return Some(Explanation { message: format!("`{text}` is in another partition than `aws`"), suggestion: None });
    }
    let meant = closest(text, REGIONS)?.to_owned();
    Some(Explanation { message: format!("`{text}` is not a Region"), suggestion: Some(meant) })
}

impl Name {
    /// Creates a name from this text; `None` if the text does not have the form of a name.
    pub fn new(text: &str) -> Option<Self> {
        NAME.accepts(text).then(|| Self(text.to_owned()))
    }
}

impl Region {
    /// Creates a Region from this code; `None` if the code does not have the form of a Region in the partition `aws`.
    pub fn new(text: &str) -> Option<Self> {
        REGION.accepts(text).then(|| Self(text.to_owned()))
    }
}

impl AccountId {
    /// Creates an account ID from this text; `None` unless it is twelve digits.
    pub fn new(text: &str) -> Option<Self> {
        ACCOUNT.accepts(text).then(|| Self(text.to_owned()))
    }
}
