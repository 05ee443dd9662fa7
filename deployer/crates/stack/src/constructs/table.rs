//! A DynamoDB table.

use std::collections::BTreeMap;

use deployer_engine::{Address, Expr};
use serde_json::{Value, json};

use crate::constructs::function::Function;
use crate::policy::Statement;
use crate::stack::Stack;

/// The type of a key attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// Text.
    S,
    /// A number.
    N,
    /// Bytes.
    B,
}

impl KeyType {
    fn code(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
        }
    }
}

/// The attributes that an index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Projection {
    /// All of them.
    All,
    /// Only the keys.
    KeysOnly,
}

/// A global secondary index.
#[derive(Debug, Clone)]
pub struct Index {
    /// The partition key.
    pub partition: (String, KeyType),
    /// The sort key.
    pub sort: Option<(String, KeyType)>,
    /// The attributes that it holds.
    pub projection: Projection,
}

/// The owner of the key that encrypts the table at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// A key that AWS owns; free of charge.
    AwsOwned,
    /// The account's key `aws/dynamodb`.
    AwsManaged,
}

/// Properties of a table with on-demand capacity.
#[derive(Debug, Clone)]
pub struct TableProps {
    /// The partition key.
    pub partition: (String, KeyType),
    /// The sort key.
    pub sort: Option<(String, KeyType)>,
    /// Global secondary indexes by name.
    pub indexes: BTreeMap<String, Index>,
    /// Encryption at rest.
    pub encryption: Encryption,
    /// Whether it can be restored to any second of the last 35 days.
    pub point_in_time_recovery: bool,
    /// The attribute with the expiry time of an item, in epoch seconds.
    pub ttl_attribute: Option<String>,
    /// Whether AWS rejects its deletion.
    pub deletion_protection: bool,
}

impl TableProps {
    /// Returns the properties of a table with one text key and defaults for the rest.
    pub fn keyed_by(partition: &str) -> Self {
        Self {
            partition: (partition.to_owned(), KeyType::S),
            sort: None,
            indexes: BTreeMap::new(),
            encryption: Encryption::AwsOwned,
            point_in_time_recovery: false,
            ttl_attribute: None,
            deletion_protection: false,
        }
    }

    /// Returns every key attribute with its type: DynamoDB requires exactly those to be declared.
    fn attributes(&self) -> BTreeMap<&str, &'static str> {
        let own = std::iter::once(&self.partition).chain(&self.sort);
        let indexed = self.indexes.values().flat_map(|index| std::iter::once(&index.partition).chain(&index.sort));
        own.chain(indexed).map(|(name, kind)| (name.as_str(), kind.code())).collect()
    }

    fn indexes(&self) -> Value {
        let index = |index: &Index| {
            let projection = if index.projection == Projection::All { "ALL" } else { "KEYS_ONLY" };
            json!({
                "partition": index.partition.0,
                "sort": index.sort.as_ref().map(|(name, _)| name),
                "projection": projection,
            })
        };
        self.indexes.iter().map(|(name, given)| (name.clone(), index(given))).collect()
    }
}

/// A table in a stack.
#[derive(Debug, Clone)]
pub struct Table {
    stack: Stack,
    address: Address,
    name: String,
    indexed: bool,
}

impl Table {
    /// Adds the table `project-environment-name`.
    pub fn new(stack: &Stack, name: &str, props: TableProps) -> Self {
        let address = Address::new("table", name);
        let full_name = stack.settings().name(name);
        let encryption = if props.encryption == Encryption::AwsOwned { "aws-owned" } else { "aws-managed" };
        let properties = Expr::map([
            ("name", Expr::from(full_name.as_str())),
            ("attributes", Expr::Value(json!(props.attributes()))),
            ("key", Expr::Value(json!({"partition": props.partition.0, "sort": props.sort.as_ref().map(|(name, _)| name)}))),
            ("indexes", Expr::Value(props.indexes())),
            ("encryption", Expr::from(encryption)),
            ("point_in_time_recovery", Expr::Value(json!(props.point_in_time_recovery))),
            ("ttl_attribute", Expr::Value(json!(props.ttl_attribute))),
            ("deletion_protection", Expr::Value(json!(props.deletion_protection))),
            ("tags", stack.settings().tags_of(&address)),
        ]);
        stack.add(&address, "dynamodb.table", properties, []);
        Self { stack: stack.clone(), address, name: full_name, indexed: !props.indexes.is_empty() }
    }

    /// Returns the table's address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the table's name; resources that use it wait for the table.
    pub fn name(&self) -> Expr {
        Expr::output(&self.address, "name")
    }

    /// Returns the table's ARN; resources that use it wait for the table.
    pub fn arn(&self) -> Expr {
        Expr::output(&self.address, "arn")
    }

    /// Lets the function read items: get, batch get, query and condition checks; never scan.
    pub fn grant_read(&self, function: &Function) {
        self.grant(function, READ);
    }

    /// Lets the function write items: put, update, delete and batch write.
    pub fn grant_write(&self, function: &Function) {
        self.grant(function, WRITE);
    }

    /// Lets the function read and write items.
    pub fn grant_read_write(&self, function: &Function) {
        self.grant(function, &[READ, WRITE].concat());
    }

    fn grant(&self, function: &Function, actions: &[&'static str]) {
        // The ARN is composed instead of referenced, so that a role need not wait for the table.
        let arn = self.stack.settings().arn("dynamodb", &format!("table/{}", self.name));
        let mut resources = vec![Expr::from(arn.as_str())];
        if self.indexed {
            resources.push(Expr::from(format!("{arn}/index/*")));
        }
        function.add_statement(&format!("table-{}", self.address.name()), Statement { actions: actions.to_vec(), resources });
    }
}

const READ: &[&str] = &["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"];
const WRITE: &[&str] = &["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"];
