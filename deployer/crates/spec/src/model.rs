//! What a checked spec says, in the words and the shape of its YAML.

mod connect;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diagnostic::Span;
use crate::names::{AccountId, Name, Region};
use crate::template::Template;
use crate::string_enum::string_enum;

pub use connect::*;

/// One environment of one project. Everything in it has been checked; references name things that exist.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spec {
    /// The project; names in the cloud begin with it.
    pub project: Name,
    /// The environment; it follows the project in those names.
    pub environment: Name,
    /// Which cloud.
    pub provider: Provider,
    /// Where the deployer keeps its state.
    pub state: State,
    /// Tags for everything that takes tags.
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
    /// The bucket that holds the files of prompts; `None` if no prompt has a file.
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

/// What the bucket of an environment is called unless it is named: the account in it keeps others from having it.
pub(crate) fn prompts_bucket(project: &str, environment: &str, account: &str, region: &str) -> String {
    format!("{project}-{environment}-prompts-{account}-{region}")
}

/// Which cloud.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Amazon's.
    Aws(Aws),
    /// The one inside the binary.
    Embedded(Embedded),
}

impl Provider {
    /// The Region that everything is in.
    pub fn region(&self) -> &Region {
        match self {
            Self::Aws(aws) => &aws.region,
            Self::Embedded(embedded) => &embedded.region,
        }
    }

    /// The account that everything is in.
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
    /// The profile of the shared configuration files, instead of the default credential chain's choice.
    pub profile: Option<String>,
    /// The ARN of the role to assume with the credentials found.
    pub assume_role: Option<String>,
}

/// `provider.embedded`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Embedded {
    /// The Region it pretends to be; `us-east-1` unless given.
    pub region: Region,
    /// The account it pretends to be; `111122223333` unless given.
    pub account: AccountId,
    /// By how much AWS's own waits are shortened, 1 to 1,000,000; 1 unless given.
    pub speed: u32,
}

/// Where the deployer keeps its state.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A directory, as written: relative to where the deployer runs, unless absolute.
    Directory(String),
    /// A bucket.
    S3(S3State),
}

/// `state.s3`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct S3State {
    /// The bucket's name.
    pub bucket: String,
    /// What the object keys begin with; may be empty, has no slash at either end.
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
    /// Whose key encrypts it; AWS's unless given.
    pub encryption: Encryption,
    /// Whether it can be restored to any second of the last 35 days; not unless given.
    pub point_in_time_recovery: bool,
    /// The attribute with the time at which an item may go, if items expire.
    pub ttl: Option<String>,
    /// Whether AWS is to refuse its deletion; not unless given.
    pub deletion_protection: bool,
}

impl Table {
    /// Every attribute that a key of the table or of an index names, with its type.
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
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: AttributeType,
}

/// `tables.<name>.indexes.<index>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Index {
    /// Its key.
    #[serde(flatten)]
    pub key: Key,
    /// What it holds; all attributes unless given.
    pub projection: Projection,
}

/// `functions.<name>`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Function {
    /// What it is for; may be empty.
    pub description: String,
    /// The Cargo package whose binary it is.
    pub package: String,
    /// Where the package's name stands in the spec, for faults about it.
    #[serde(skip)]
    pub package_span: Span,
    /// The processor; x86_64 unless given.
    pub architecture: Architecture,
    /// Memory in MiB, 128 to 10,240; 128 unless given.
    pub memory_mb: u32,
    /// Seconds after which a call is ended, 1 to 900; 3 unless given.
    pub timeout_seconds: u32,
    /// How many calls at a time are set aside for it and not exceeded; no such limit unless given.
    pub reserved_concurrency: Option<u32>,
    /// Days after which log events go; they stay for ever unless given.
    pub log_retention_days: Option<u32>,
    /// Whether calls are traced with X-Ray; not unless given.
    pub tracing: bool,
    /// Environment variables.
    pub environment: BTreeMap<String, Variable>,
    /// What it may do with which table.
    pub grants: BTreeMap<Name, Access>,
}

/// `functions.<name>.environment.<variable>`
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Variable {
    /// Text that everybody may see.
    Text(Template),
    /// A value that only the function sees.
    Secret(Secret),
}

impl Variable {
    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&Template> {
        if let Self::Text(template) = self { Some(template) } else { None }
    }

    /// The secret, if it is one.
    pub fn as_secret(&self) -> Option<&Secret> {
        if let Self::Secret(secret) = self { Some(secret) } else { None }
    }
}

/// Where a secret value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// The variable of the deployer's own environment.
    #[serde(rename = "secret")]
    pub variable: String,
    /// Where its name stands in the spec, for faults about its value.
    #[serde(skip)]
    pub span: Span,
}

/// `api`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Api {
    /// What it is for; may be empty.
    pub description: String,
    /// The stage's name; `live` unless given.
    pub stage: String,
    /// The custom domain, if there is one. It always comes with a certificate.
    pub domain: Option<Domain>,
    /// Limits of all routes together; only the account's unless given.
    pub throttling: Option<Throttling>,
    /// Milliseconds the API waits for a function, 50 to 29,000; 29,000 unless given.
    pub timeout_ms: u32,
    /// Whether calls are traced with X-Ray; not unless given.
    pub tracing: bool,
    /// The key that routes may ask for.
    pub api_key: Option<ApiKey>,
    /// Which function answers what.
    pub routes: BTreeMap<Route, Target>,
}

/// `api.routes.<route>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The function that answers.
    pub function: Name,
    /// What a request must bring; nothing unless given.
    pub auth: Auth,
}

/// `api.api_key`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApiKey {
    /// Limits of the key, besides those of all routes together.
    pub throttling: Option<Throttling>,
    /// How many calls the key has; any number unless given.
    pub quota: Option<Quota>,
}

/// `api.api_key.quota`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Calls in the period.
    pub limit: u32,
    /// When the count begins again.
    pub period: Period,
}

/// `api.domain` with `api.certificate`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Domain {
    /// The domain, in lower case.
    pub name: String,
    /// Its certificate.
    pub certificate: Certificate,
}

/// `api.certificate`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// Made by the deployer, signed with its own key.
    SelfSigned(SelfSigned),
}

/// `api.certificate.self_signed`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SelfSigned {
    /// The type of its key; RSA of 2,048 bits unless given.
    pub key_algorithm: KeyAlgorithm,
    /// Days from making to expiry, 2 to 825 (Apple's clients take no more); 365 unless given.
    pub validity_days: u32,
    /// How many days before expiry an apply makes a new one; at least 1, fewer than `validity_days`; a twelfth of them unless given.
    pub renew_before_days: u32,
}

/// `api.throttling`
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Throttling {
    /// Calls a second.
    pub rate_limit: f64,
    /// Calls at once.
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
    /// What a request to a route must bring.
    Auth {
        /// Nothing.
        None = "none",
        /// The API's key, in the header `x-api-key`.
        ApiKey = "api_key",
        /// A signature with credentials of AWS that may invoke the API.
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
    /// Whose key encrypts a table.
    Encryption {
        /// A key of AWS that nobody sees; free.
        AwsOwned = "aws-owned",
        /// The account's key `aws/dynamodb`.
        AwsManaged = "aws-managed",
    }
}

string_enum! {
    /// What an index holds.
    Projection {
        /// All attributes.
        All = "all",
        /// The keys of the index and of the table.
        KeysOnly = "keys-only",
    }
}

string_enum! {
    /// The processor a function runs on (API reference, FunctionConfiguration).
    Architecture {
        /// Intel and AMD.
        X86_64 = "x86_64",
        /// Graviton.
        Arm64 = "arm64",
    }
}

string_enum! {
    /// What a function may do with a table.
    Access {
        /// Read items.
        Read = "read",
        /// Write items.
        Write = "write",
        /// Both.
        ReadWrite = "read-write",
    }
}

string_enum! {
    /// What a flow is for (API reference, CreateContactFlow).
    FlowType {
        /// Callers come in here.
        ContactFlow = "CONTACT_FLOW",
        /// Heard while waiting for an agent.
        CustomerQueue = "CUSTOMER_QUEUE",
        /// Heard by the customer on hold.
        CustomerHold = "CUSTOMER_HOLD",
        /// Heard by the customer before the agent.
        CustomerWhisper = "CUSTOMER_WHISPER",
        /// Heard by the agent on hold.
        AgentHold = "AGENT_HOLD",
        /// Heard by the agent before the customer.
        AgentWhisper = "AGENT_WHISPER",
        /// Heard by the person called before the agent.
        OutboundWhisper = "OUTBOUND_WHISPER",
        /// What happens when a call is passed to an agent.
        AgentTransfer = "AGENT_TRANSFER",
        /// What happens when a call is passed to a queue.
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
        /// Every method that has no route of its own.
        Any = "ANY",
    }
}
