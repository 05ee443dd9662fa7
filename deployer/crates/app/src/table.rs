//! DynamoDB tables.

use std::panic::Location as Caller;

use deployer_spec::{AttributeType, Encryption, Projection};
use serde_json::{Value, json};

use crate::entry::{Entry, construct, keys};
use crate::function::Function;
use crate::stack::Stack;
use crate::text::Text;

/// The type of a key attribute.
pub use deployer_spec::AttributeType as KeyType;

/// A DynamoDB table with on-demand capacity.
///
/// ```
/// use deployer_app::{App, Function, Index, KeyType, Request, Table};
///
/// let app = App::new(Request::embedded("vanity", "dev"));
/// let numbers = Table::keyed_by(app.stack(), "numbers", "id")
///     .index("recent", Index::keyed_by("feed").sort_key("updated_at", KeyType::Number))
///     .ttl("expires_at")
///     .point_in_time_recovery(true);
/// let get = Function::cargo(app.stack(), "get").environment("TABLE_NAME", numbers.name());
/// numbers.grant_read(&get);
/// assert_eq!(app.graph().unwrap().nodes.len(), 4); // table, log group, role, function
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    entry: Entry,
}

construct!(Table);

impl Table {
    /// Adds the table `project-environment-key` with one text key, `partition`.
    #[track_caller]
    pub fn keyed_by(stack: &Stack, key: &str, partition: &str) -> Self {
        Self::with_key(stack, key, partition, AttributeType::String)
    }

    /// Adds a table with a partition key of this type.
    #[track_caller]
    pub fn with_key(stack: &Stack, key: &str, partition: &str, of: KeyType) -> Self {
        let value = json!({"key": {"partition": attribute(partition, of)}});
        Self { entry: Entry::declare(stack, "Table", &["tables", key], value, Caller::caller()) }
    }

    /// Adds a sort key.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn sort_key(self, name: &str, of: KeyType) -> Self {
        self.entry.put(&["key", "sort"], attribute(name, of), Caller::caller());
        self
    }

    /// Adds a global secondary index.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn index(self, name: &str, index: Index) -> Self {
        self.entry.put(&["indexes", name], index.0, Caller::caller());
        self
    }

    keys! {
        /// Sets the attribute with the time at which an item may go, in epoch seconds.
        ttl(&str) => "ttl";
        /// Sets whether it can be restored to any second of the last 35 days; `false` by default.
        point_in_time_recovery(bool) => "point_in_time_recovery";
        /// Sets whether AWS refuses its deletion; `false` by default.
        deletion_protection(bool) => "deletion_protection";
    }

    /// Sets whose key encrypts it; a key that AWS owns by default.
    #[track_caller]
    #[must_use = "it returns the construct"]
    pub fn encryption(self, encryption: Encryption) -> Self {
        self.entry.put(&["encryption"], encryption.as_str(), Caller::caller());
        self
    }

    /// Returns the table's name in AWS.
    pub fn name(&self) -> Text {
        Text::reference(&format!("tables.{}.name", self.entry.key()))
    }

    /// Returns the table's ARN.
    pub fn arn(&self) -> Text {
        Text::reference(&format!("tables.{}.arn", self.entry.key()))
    }

    /// Lets the function read items: get, batch get, query and condition checks; never scan.
    #[track_caller]
    pub fn grant_read(&self, function: &Function) {
        function.grant(self.entry.key(), "read", Caller::caller());
    }

    /// Lets the function write items: put, update, delete and batch write.
    #[track_caller]
    pub fn grant_write(&self, function: &Function) {
        function.grant(self.entry.key(), "write", Caller::caller());
    }

    /// Lets the function read and write items.
    #[track_caller]
    pub fn grant_read_write(&self, function: &Function) {
        function.grant(self.entry.key(), "read-write", Caller::caller());
    }
}

/// A global secondary index of a table.
#[derive(Debug, Clone)]
pub struct Index(Value);

impl Index {
    /// Returns an index with one text key that holds all attributes.
    pub fn keyed_by(partition: &str) -> Self {
        Self::with_key(partition, AttributeType::String)
    }

    /// Returns an index with a partition key of this type that holds all attributes.
    pub fn with_key(partition: &str, of: KeyType) -> Self {
        Self(json!({"partition": attribute(partition, of)}))
    }

    /// Adds a sort key.
    #[must_use]
    pub fn sort_key(mut self, name: &str, of: KeyType) -> Self {
        self.0["sort"] = attribute(name, of);
        self
    }

    /// Lets it hold only the keys.
    #[must_use]
    pub fn keys_only(mut self) -> Self {
        self.0["projection"] = Projection::KeysOnly.as_str().into();
        self
    }
}

fn attribute(name: &str, of: AttributeType) -> Value {
    json!({name: of.as_str()})
}
