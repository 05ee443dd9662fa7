//! A DynamoDB table.

use std::collections::BTreeMap;

use deployer_engine::{Address, Expr};
use deployer_resources::{Arn, DynamodbTable, DynamodbTableProperties, Handle, Key, Name, Prop};

use crate::constructs::function_handle::Function;
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
    fn attributes(&self) -> BTreeMap<String, String> {
        let own = std::iter::once(&self.partition).chain(&self.sort);
        let indexed = self.indexes.values().flat_map(|index| std::iter::once(&index.partition).chain(&index.sort));
        own.chain(indexed).map(|(name, kind)| (name.clone(), kind.code().to_owned())).collect()
    }

    fn indexes(&self) -> BTreeMap<String, deployer_resources::Index> {
        let index = |index: &Index| deployer_resources::Index {
            partition: index.partition.0.clone(),
            sort: index.sort.as_ref().map(|(name, _)| name.clone()),
            projection: if index.projection == Projection::All { "ALL" } else { "KEYS_ONLY" }.to_owned(),
        };
        self.indexes.iter().map(|(name, given)| (name.clone(), index(given))).collect()
    }
}

/// A table in a stack.
#[derive(Debug, Clone)]
pub struct Table {
    stack: Stack,
    handle: Handle<DynamodbTable>,
    name: String,
    indexed: bool,
}

impl Table {
    /// Adds the table `project-environment-name`.
    pub fn new(stack: &Stack, name: &str, props: TableProps) -> Self {
        let address = Address::new("table", name);
        let full_name = stack.settings().name_of("tables", name);
        let encryption = if props.encryption == Encryption::AwsOwned { "aws-owned" } else { "aws-managed" };
        let (attributes, indexes) = (props.attributes(), props.indexes());
        let indexed = !indexes.is_empty();
        let properties = DynamodbTableProperties {
            name: full_name.clone(),
            attributes,
            key: Key { partition: props.partition.0, sort: props.sort.map(|(name, _)| name) },
            indexes,
            encryption: encryption.to_owned(),
            point_in_time_recovery: props.point_in_time_recovery,
            ttl_attribute: props.ttl_attribute,
            deletion_protection: props.deletion_protection,
            tags: stack.settings().tags_of(&address),
        };
        let handle = stack.add(address, &properties, []);
        Self { stack: stack.clone(), handle, name: full_name, indexed }
    }

    /// Returns the table's address.
    pub fn address(&self) -> &Address {
        self.handle.address()
    }

    /// Returns the table's name; resources that use it wait for the table.
    pub fn name(&self) -> Prop<Name<DynamodbTable>> {
        self.handle.name()
    }

    /// Returns the table's ARN; resources that use it wait for the table.
    pub fn arn(&self) -> Prop<Arn<DynamodbTable>> {
        self.handle.arn()
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
        let key = self.stack.settings().first_key("tables", self.address().name());
        function.add_statement(&format!("table-{key}"), Statement::new(actions, resources));
    }
}

const READ: &[&str] = &["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"];
const WRITE: &[&str] = &["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"];
