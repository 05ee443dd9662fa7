//! The model of a checked spec, with the words and the structure of its YAML.

mod connect;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diagnostic::Span;
use crate::names::{AccountId, Name, Region};
use crate::string_enum::string_enum;
use crate::template::Template;

pub use connect::*;

/// One environment of one project. Everything in it has been checked; references name declared entries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spec {
    /// The project; names in AWS begin with it.
    pub project: Name,
    /// The environment; it follows the project in those names.
    pub environment: Name,
    /// The provider.
    pub provider: Provider,
    /// The storage location of the deployer's state.
    pub state: State,
    /// Tags for every resource that supports tags.
    pub tags: BTreeMap<String, String>,
    /// Tables by name.
    pub tables: BTreeMap<Name, Table>,
    /// Functions by name.
    pub functions: BTreeMap<Name, Function>,
    /// The Amazon Connect instance, if there is one.
    pub connect: Option<Connect>,
    /// The REST API, if there is one.
    pub api: Option<Api>,
}

impl Spec {
    /// Returns the bucket that holds the files of prompts; `None` if no prompt has a file.
    pub fn prompts_bucket(&self) -> Option<String> {
        let connect = self.connect.as_ref()?;
        let file = |prompt: &Prompt| matches!(prompt.source, PromptSource::File(_));
        connect.prompts.values().any(file).then(|| {
            let (account, region) = (self.provider.account().as_str(), self.provider.region().as_str());
            let named = || prompts_bucket(self.project.as_str(), self.environment.as_str(), account, region);
            connect.prompts_bucket.clone().unwrap_or_else(named)
        })
    }
}

/// Returns the default name of the bucket for prompts: the account in it prevents a conflict with other owners.
pub(crate) fn prompts_bucket(project: &str, environment: &str, account: &str, region: &str) -> String {
    format!("{project}-{environment}-prompts-{account}-{region}")
}

/// The provider.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// AWS.
    Aws(Aws),
    /// The AWS emulator embedded in the binary.
    Embedded(Embedded),
}

impl Provider {
    /// Returns the Region of all resources.
    pub fn region(&self) -> &Region {
        match self {
            Self::Aws(aws) => &aws.region,
            Self::Embedded(embedded) => &embedded.region,
        }
    }

    /// Returns the account of all resources.
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Aws(aws) => &aws.account,
            Self::Embedded(embedded) => &embedded.account,
        }
    }
}

/// `provider.aws`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Aws {
    /// The Region.
    pub region: Region,
    /// The only account that may be changed.
    pub account: AccountId,
    /// The profile of the shared configuration files; the choice of the default credential chain unless given.
    pub profile: Option<String>,
    /// The ARN of a role to assume with the credentials found.
    pub assume_role: Option<String>,
}

/// `provider.embedded`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Embedded {
    /// The emulated Region; `us-east-1` unless given.
    pub region: Region,
    /// The emulated account; `111122223333` unless given.
    pub account: AccountId,
    /// The factor by which AWS's own waits are shortened, 1 to 1,000,000; 1 unless given.
    pub speed: u32,
}

/// The storage location of the deployer's state.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A directory, as written: relative to the deployer's working directory, unless absolute.
    Directory(String),
    /// A bucket.
    S3(S3State),
}

/// `state.s3`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct S3State {
    /// The bucket's name.
    pub bucket: String,
    /// The prefix of the object keys; may be empty, has no slash at either end.
    pub prefix: String,
    /// The bucket's Region; the environment's unless given.
    pub region: Option<Region>,
    /// The account that owns the bucket; the environment's unless given.
    pub account: Option<AccountId>,
}

/// `tables.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// The primary key.
    pub key: Key,
    /// Global secondary indexes by name.
    pub indexes: BTreeMap<String, Index>,
    /// The kind of key that encrypts the table; an AWS owned key unless given.
    pub encryption: Encryption,
    /// Whether the table can be restored to any second of the last 35 days; not unless given.
    pub point_in_time_recovery: bool,
    /// The attribute with the time at which an item expires, if items expire.
    pub ttl: Option<String>,
    /// Whether AWS refuses to delete the table; not unless given.
    pub deletion_protection: bool,
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

/// A primary key: `{ partition: { id: S }, sort: { at: N } }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// The partition key.
    pub partition: Attribute,
    /// The sort key, if there is one.
    pub sort: Option<Attribute>,
}

/// An attribute that is part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attribute {
    /// The attribute's name.
    pub name: String,
    /// The attribute's type.
    #[serde(rename = "type")]
    pub kind: AttributeType,
}

/// `tables.<name>.indexes.<index>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Index {
    /// The index's key.
    #[serde(flatten)]
    pub key: Key,
    /// The projected attributes; all attributes unless given.
    pub projection: Projection,
}

/// `functions.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Function {
    /// The description; may be empty.
    pub description: String,
    /// The Cargo package whose binary is deployed.
    pub package: String,
    /// The position of the package's name in the spec, for diagnostics about it.
    #[serde(skip)]
    pub package_span: Span,
    /// The processor architecture; x86_64 unless given.
    pub architecture: Architecture,
    /// Memory in MiB, 128 to 10,240; 128 unless given.
    pub memory_mb: u32,
    /// Size of the directory `/tmp` in MiB, 512 to 10,240; 512 unless given.
    pub ephemeral_storage_mb: u32,
    /// Timeout of a call in seconds, 1 to 900; 3 unless given.
    pub timeout_seconds: u32,
    /// Number of concurrent calls that are reserved for the function and not exceeded; no such limit unless given.
    pub reserved_concurrency: Option<u32>,
    /// Days after which log events expire; never unless given.
    pub log_retention_days: Option<u32>,
    /// Whether calls are traced with X-Ray; not unless given.
    pub tracing: bool,
    /// Environment variables.
    pub environment: BTreeMap<String, Variable>,
    /// The granted access by table.
    pub grants: BTreeMap<Name, Access>,
}

/// `functions.<name>.environment.<variable>`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Variable {
    /// Text that is not secret.
    Text(Template),
    /// A value that only the function can see.
    Secret(Secret),
}

impl Variable {
    /// Returns the text, if it is one.
    pub fn as_text(&self) -> Option<&Template> {
        if let Self::Text(template) = self { Some(template) } else { None }
    }

    /// Returns the secret, if it is one.
    pub fn as_secret(&self) -> Option<&Secret> {
        if let Self::Secret(secret) = self { Some(secret) } else { None }
    }
}

/// The source of a secret value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// The variable of the deployer's own environment.
    #[serde(rename = "secret")]
    pub variable: String,
    /// The position of the variable's name in the spec, for diagnostics about its value.
    #[serde(skip)]
    pub span: Span,
}

/// `api`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Api {
    /// The description; may be empty.
    pub description: String,
    /// The stage's name; `live` unless given.
    pub stage: String,
    /// The custom domain, if there is one. It always comes with a certificate.
    pub domain: Option<Domain>,
    /// Limits of all routes together; only the account's unless given.
    pub throttling: Option<Throttling>,
    /// Time in milliseconds for which the API waits for a function, 50 to 29,000; 29,000 unless given.
    pub timeout_ms: u32,
    /// Whether calls are traced with X-Ray; not unless given.
    pub tracing: bool,
    /// The key that routes may require.
    pub api_key: Option<ApiKey>,
    /// The target of each route.
    pub routes: BTreeMap<Route, Target>,
}

/// `api.routes.<route>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The function that answers requests.
    pub function: Name,
    /// The authentication that a request requires; none unless given.
    pub auth: Auth,
}

/// `api.api_key`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApiKey {
    /// Limits of the key, in addition to those of all routes together.
    pub throttling: Option<Throttling>,
    /// The number of calls of the key; unlimited unless given.
    pub quota: Option<Quota>,
}

/// `api.api_key.quota`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Number of calls in a period.
    pub limit: u32,
    /// The period after which the count restarts.
    pub period: Period,
}

/// `api.domain` with `api.certificate`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Domain {
    /// The domain, in lower case.
    pub name: String,
    /// The domain's certificate.
    pub certificate: Certificate,
}

/// `api.certificate`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// A certificate generated by the deployer and signed with its own key.
    SelfSigned(SelfSigned),
}

/// `api.certificate.self_signed`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SelfSigned {
    /// The type of the key; RSA of 2,048 bits unless given.
    pub key_algorithm: KeyAlgorithm,
    /// Validity in days from generation to expiry, 2 to 825 (Apple's clients accept no more); 365 unless given.
    pub validity_days: u32,
    /// Days before expiry from which an apply renews the certificate; at least 1, fewer than `validity_days`; a twelfth of them unless
    /// given.
    pub renew_before_days: u32,
}

/// `api.throttling`
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Throttling {
    /// Calls per second.
    pub rate_limit: f64,
    /// Maximum number of calls at once.
    pub burst_limit: u32,
}

/// `GET /vanity-numbers/{phone}`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Route {
    /// `GET`, …, or `ANY`.
    pub method: Method,
    /// The path, with variables in braces.
    pub path: String,
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

impl From<Route> for String {
    fn from(route: Route) -> Self {
        route.to_string()
    }
}

string_enum! {
    /// The authentication that a request to a route requires.
    Auth {
        /// None.
        None = "none",
        /// The API's key, in the header `x-api-key`.
        ApiKey = "api_key",
        /// A signature with AWS credentials that may invoke the API.
        Iam = "iam",
    }
}

string_enum! {
    /// The period of a quota (API reference of API Gateway, QuotaSettings).
    Period {
        /// A day.
        Day = "DAY",
        /// A week.
        Week = "WEEK",
        /// A month.
        Month = "MONTH",
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
    /// The type of a certificate's key (API reference of ACM, KeyAlgorithm).
    KeyAlgorithm {
        /// RSA of 2,048 bits.
        Rsa2048 = "RSA_2048",
        /// ECDSA on the curve P-256.
        P256 = "EC_prime256v1",
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

string_enum! {
    /// The processor architecture of a function (API reference, FunctionConfiguration).
    Architecture {
        /// Intel and AMD.
        X86_64 = "x86_64",
        /// Graviton.
        Arm64 = "arm64",
    }
}

string_enum! {
    /// The access of a function to a table.
    Access {
        /// Read access to items.
        Read = "read",
        /// Write access to items.
        Write = "write",
        /// Read and write access to items.
        ReadWrite = "read-write",
    }
}

string_enum! {
    /// The type of a flow (API reference, CreateContactFlow).
    FlowType {
        /// The entry point for callers.
        ContactFlow = "CONTACT_FLOW",
        /// Played while a customer waits for an agent.
        CustomerQueue = "CUSTOMER_QUEUE",
        /// Played to the customer on hold.
        CustomerHold = "CUSTOMER_HOLD",
        /// Played to the customer before the agent is connected.
        CustomerWhisper = "CUSTOMER_WHISPER",
        /// Played to the agent on hold.
        AgentHold = "AGENT_HOLD",
        /// Played to the agent before the customer is connected.
        AgentWhisper = "AGENT_WHISPER",
        /// Played to the called person before the agent is connected.
        OutboundWhisper = "OUTBOUND_WHISPER",
        /// Run when a call is transferred to an agent.
        AgentTransfer = "AGENT_TRANSFER",
        /// Run when a call is transferred to a queue.
        QueueTransfer = "QUEUE_TRANSFER",
        /// Used by outbound campaigns.
        Campaign = "CAMPAIGN",
    }
}

string_enum! {
    /// The HTTP method of a route (API Gateway developer guide, "Set up an HTTP method").
    Method {
        /// `GET`
        Get = "GET",
        /// `POST`
        Post = "POST",
        /// `PUT`
        Put = "PUT",
        /// `PATCH`
        Patch = "PATCH",
        /// `DELETE`
        Delete = "DELETE",
        /// `HEAD`
        Head = "HEAD",
        /// `OPTIONS`
        Options = "OPTIONS",
        /// Every method without a route of its own.
        Any = "ANY",
    }
}
