//! `tables`: DynamoDB tables.

use std::collections::BTreeMap;

use crate::declare::{Format, flag, map, section, text, word};
use crate::rule::StringPattern;
use crate::string_enum::string_enum;

/// A global secondary index (API reference, IndexName).
static INDEX: StringPattern =
    StringPattern::new("an index's name", "3 to 255 letters, digits, `_`, `.` and `-`", "^[a-zA-Z0-9_.-]*$", 3, 255);

/// An attribute of a table (API reference, KeySchemaAttributeName).
static ATTRIBUTE: StringPattern = StringPattern::new(
    "an attribute's name",
    "1 to 255 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    255,
);

section! {
    /// `tables.<name>`
    Table {
        /// The primary key.
        key: Key = Key::format();
        /// Global secondary indexes by name.
        // Amazon DynamoDB developer guide, "Quotas".
        indexes: BTreeMap<String, Index> = map(&INDEX, Index::format()).entries(0..=20).or_empty();
        /// Whose key encrypts it.
        encryption: Encryption = word().or(Encryption::AwsOwned);
        /// Whether it can be restored to any second of the last 35 days.
        point_in_time_recovery: bool = flag().or(false);
        /// The attribute with the time at which an item may go.
        ttl: Option<String> = text(&ATTRIBUTE).optional();
        /// Whether AWS is to refuse its deletion.
        deletion_protection: bool = flag().or(false);
    }
}

impl Table {
    /// Returns every attribute that a key of the table or of an index names, with its type.
    pub fn attributes(&self) -> BTreeMap<&str, AttributeType> {
        let keys = std::iter::once(&self.key).chain(self.indexes.values().map(|index| &index.key));
        keys.flat_map(|key| std::iter::once(&key.partition).chain(&key.sort))
            .map(|attribute| (attribute.name.as_str(), attribute.kind))
            .collect()
    }
}

section! {
    /// A primary key: `{ partition: { id: S }, sort: { at: N } }`.
    Key {
        /// The partition key and its type.
        partition: Attribute = Attribute::format();
        /// The sort key and its type.
        sort: Option<Attribute> = Attribute::format().optional();
    }
}

/// An attribute that is part of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The attribute's name.
    pub name: String,
    /// The attribute's type.
    pub kind: AttributeType,
}

impl Attribute {
    /// Declares `{ id: S }`.
    fn format() -> Format<Self> {
        map(&ATTRIBUTE, word()).entries(1..=1).and_then(|entries, _| {
            let (name, kind) = entries.into_iter().next()?;
            Some(Self { name, kind })
        })
    }
}

section! {
    /// `tables.<name>.indexes.<index>`
    Index {
        /// The index's key.
        key: Key = Key::keys();
        /// What it holds.
        projection: Projection = word().or(Projection::All);
    }
}

string_enum! {
    /// The type of a key attribute (API reference, AttributeDefinition).
    AttributeType {
        /// Text.
        String = "S",
        /// A number.
        Number = "N",
        /// Bytes.
        Binary = "B",
    }
}

string_enum! {
    /// The owner of the key that encrypts a table.
    Encryption {
        /// A key that AWS owns and that nobody can see; free.
        AwsOwned = "aws-owned",
        /// The account's key `aws/dynamodb`.
        AwsManaged = "aws-managed",
    }
}

string_enum! {
    /// The attributes projected into an index.
    Projection {
        /// All attributes.
        All = "all",
        /// The keys of the index and of the table.
        KeysOnly = "keys-only",
    }
}
