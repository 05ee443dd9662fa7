//! The format of a spec.

mod connect;

use crate::model::{Access, Architecture, AttributeType, Auth, Encryption, KeyAlgorithm, Period, Projection};
use crate::rule::StringPattern;
use crate::rules as rule;
use crate::shape::{Field, Shape};

/// Log retention periods that CloudWatch accepts, in days (API reference, PutRetentionPolicy).
pub(crate) const RETENTION: &[i64] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Default values.
pub(crate) mod default {
    pub(crate) const REGION: &str = "us-east-1";
    pub(crate) const ACCOUNT: &str = "111122223333";
    pub(crate) const SPEED: u32 = 1;
    pub(crate) const MEMORY_MB: u32 = 128;
    pub(crate) const EPHEMERAL_STORAGE_MB: u32 = 512;
    pub(crate) const TIMEOUT_SECONDS: u32 = 3;
    pub(crate) const STAGE: &str = "live";
    pub(crate) const API_TIMEOUT_MS: u32 = 29_000;
    pub(crate) const KEY_ALGORITHM: super::KeyAlgorithm = super::KeyAlgorithm::Rsa2048;
    pub(crate) const VALIDITY_DAYS: u32 = 365;
    pub(crate) const FLOW_LOG_RETENTION_DAYS: u32 = 90;
}

/// Maximum number of entries of one kind: more than a file of the maximum size can hold. The number that an account may have is limited by
/// AWS quotas, which can be raised.
const MANY: usize = 100_000;

fn text(rule: &'static StringPattern) -> Shape {
    Shape::Text(rule)
}

fn map(key: &'static StringPattern, value: Shape, max: usize) -> Shape {
    Shape::Map { key, value: Box::new(value), min: 0, max }
}

fn description() -> Field {
    Field::optional("description", "What it is for.", text(&rule::DESCRIPTION)).with_default("")
}

/// Returns the shape of a whole spec.
pub(crate) fn format() -> Shape {
    Shape::Section(vec![
        Field::required("project", "The project; names in the cloud begin with it.", text(&rule::KEY)),
        Field::required("environment", "The environment; it follows the project in those names.", text(&rule::KEY)),
        Field::required(
            "provider",
            "Which cloud.",
            Shape::Choice(vec![
                Field::optional("aws", "Amazon's.", aws()),
                Field::optional("embedded", "The one inside the binary.", embedded()),
            ]),
        ),
        Field::required("state", "Where the deployer keeps its state.", state()),
        // Of the 50 tags that a resource may have, three state its ownership, and a fourth one the recording of a prompt.
        Field::optional("tags", "Tags for everything that takes tags.", map(&rule::TAG_KEY, text(&rule::TAG_VALUE), 46)),
        Field::optional("tables", "DynamoDB tables by name.", map(&rule::KEY, table(), MANY)),
        Field::optional("functions", "Lambda functions by name.", map(&rule::KEY, function(), MANY)),
        Field::optional("connect", "The Amazon Connect instance.", connect::connect()),
        Field::optional("api", "The REST API.", api()),
    ])
}

fn aws() -> Shape {
    Shape::Section(vec![
        Field::required("region", "The Region.", text(&rule::REGION_CODE)),
        Field::required("account", "The only account that may be changed.", text(&rule::ACCOUNT_ID)),
        Field::optional("profile", "The profile of the shared configuration files.", text(&rule::PROFILE)),
        Field::optional("assume_role", "The role to assume.", text(&rule::ROLE_ARN)),
    ])
}

fn embedded() -> Shape {
    Shape::Section(vec![
        Field::optional("speed", "By how much AWS's own waits are shortened.", Shape::Integer { min: 1, max: 1_000_000 })
            .with_default(default::SPEED),
        Field::optional("region", "The Region it pretends to be.", text(&rule::REGION_CODE)).with_default(default::REGION),
        Field::optional("account", "The account it pretends to be.", text(&rule::ACCOUNT_ID)).with_default(default::ACCOUNT),
    ])
}

fn state() -> Shape {
    let s3 = Shape::Section(vec![
        Field::optional(
            "bucket",
            "The bucket, which `deployer bootstrap` creates; deployer-state-ACCOUNT-REGION if absent.",
            text(&rule::BUCKET),
        ),
        Field::optional("prefix", "What the object keys begin with.", text(&rule::PREFIX)).with_default(""),
        Field::optional("region", "Its Region; the environment's unless given.", text(&rule::REGION_CODE)),
        Field::optional("account", "The account that owns it; the environment's unless given.", text(&rule::ACCOUNT_ID)),
    ]);
    Shape::Choice(vec![
        Field::optional("directory", "A directory on this machine.", text(&rule::FILE)),
        Field::optional("s3", "A bucket.", s3),
    ])
}

/// Returns the shape of `{ id: S }`.
fn attribute() -> Shape {
    Shape::Map { key: &rule::ATTRIBUTE, value: Box::new(Shape::OneOf(AttributeType::WORDS)), min: 1, max: 1 }
}

fn key() -> Vec<Field> {
    vec![
        Field::required("partition", "The partition key and its type.", attribute()),
        Field::optional("sort", "The sort key and its type.", attribute()),
    ]
}

fn table() -> Shape {
    let mut index = key();
    index.push(
        Field::optional("projection", "What it holds.", Shape::OneOf(Projection::WORDS)).with_default(Projection::All.as_str()),
    );
    Shape::Section(vec![
        Field::required("key", "The primary key.", Shape::Section(key())),
        // Amazon DynamoDB developer guide, "Quotas".
        Field::optional("indexes", "Global secondary indexes by name.", map(&rule::INDEX, Shape::Section(index), 20)),
        Field::optional("encryption", "Whose key encrypts it.", Shape::OneOf(Encryption::WORDS))
            .with_default(Encryption::AwsOwned.as_str()),
        Field::optional("point_in_time_recovery", "Whether it can be restored to any second of the last 35 days.", Shape::Bool)
            .with_default(false),
        Field::optional("ttl", "The attribute with the time at which an item may go.", text(&rule::ATTRIBUTE)),
        Field::optional("deletion_protection", "Whether AWS is to refuse its deletion.", Shape::Bool).with_default(false),
    ])
}

fn function() -> Shape {
    Shape::Section(vec![
        description(),
        Field::required("package", "The Cargo package whose binary it is.", text(&rule::PACKAGE)),
        Field::optional("architecture", "The processor.", Shape::OneOf(Architecture::WORDS))
            .with_default(Architecture::X86_64.as_str()),
        Field::optional("memory_mb", "Memory in MiB.", Shape::Integer { min: 128, max: 10_240 }).with_default(default::MEMORY_MB),
        // Bounds: service model of Lambda, EphemeralStorageSize.
        Field::optional("ephemeral_storage_mb", "Size of the directory `/tmp` in MiB.", Shape::Integer { min: 512, max: 10_240 })
            .with_default(default::EPHEMERAL_STORAGE_MB),
        Field::optional("timeout_seconds", "Seconds after which a call is ended.", Shape::Integer { min: 1, max: 900 })
            .with_default(default::TIMEOUT_SECONDS),
        Field::optional(
            "reserved_concurrency",
            "How many calls at a time are set aside for it.",
            Shape::Integer { min: 0, max: 100_000 },
        ),
        Field::optional("log_retention_days", "Days after which log events go; for ever if absent.", Shape::Numbers(RETENTION)),
        Field::optional("tracing", "Whether calls are traced with X-Ray.", Shape::Bool).with_default(false),
        Field::optional(
            "environment",
            "Environment variables; values are text that may hold references, or `{ secret: VARIABLE }`.",
            map(&rule::VARIABLE, Shape::TemplateOr(Box::new(secret())), 500),
        ),
        Field::optional("grants", "What it may do with which table.", map(&rule::KEY, Shape::OneOf(Access::WORDS), MANY)),
    ])
}

fn secret() -> Shape {
    let doc = "The variable of the deployer's own environment that holds the value; it is never written down.";
    Shape::Section(vec![Field::required("secret", doc, text(&rule::OWN_VARIABLE))])
}

fn api() -> Shape {
    let days = |min| Shape::Integer { min, max: 825 };
    let self_signed = Shape::Section(vec![
        Field::optional("key_algorithm", "The type of its key.", Shape::OneOf(KeyAlgorithm::WORDS))
            .with_default(default::KEY_ALGORITHM.as_str()),
        Field::optional("validity_days", "Days from making to expiry.", days(2)).with_default(default::VALIDITY_DAYS),
        Field::optional(
            "renew_before_days",
            "How many days before expiry a new one is made; a twelfth of the validity if absent.",
            days(1),
        ),
    ]);
    let throttling = || {
        Shape::Section(vec![
            Field::required("rate_limit", "Calls a second.", Shape::Positive { max: 1_000_000.0 }),
            Field::required("burst_limit", "Calls at once.", Shape::Integer { min: 1, max: 1_000_000 }),
        ])
    };
    let quota = Shape::Section(vec![
        Field::required("limit", "Calls in the period.", Shape::Integer { min: 1, max: i64::from(i32::MAX) }),
        Field::required("period", "When the count begins again.", Shape::OneOf(Period::WORDS)),
    ]);
    let api_key = Shape::Section(vec![
        Field::optional("throttling", "Limits of the key, besides those of all routes together.", throttling()),
        Field::optional("quota", "How many calls the key has.", quota),
    ]);
    let route = Shape::Section(vec![
        Field::required("function", "The function that answers.", text(&rule::KEY)),
        Field::optional("auth", "What a request must bring.", Shape::OneOf(Auth::WORDS)).with_default(Auth::None.as_str()),
    ]);
    Shape::Section(vec![
        description(),
        Field::optional("stage", "The stage's name.", text(&rule::STAGE)).with_default(default::STAGE),
        Field::optional("domain", "The custom domain.", text(&rule::DOMAIN)),
        Field::optional(
            "certificate",
            "The domain's certificate.",
            Shape::Choice(vec![Field::optional("self_signed", "Made by the deployer, signed with its own key.", self_signed)]),
        ),
        Field::optional("throttling", "Limits of all routes together.", throttling()),
        Field::optional("api_key", "The key that routes with `auth: api_key` ask for, with its usage plan.", api_key),
        Field::optional("timeout_ms", "Milliseconds the API waits for a function.", Shape::Integer { min: 50, max: 29_000 })
            .with_default(default::API_TIMEOUT_MS),
        Field::optional("tracing", "Whether calls are traced with X-Ray.", Shape::Bool).with_default(false),
        Field::required(
            "routes",
            "Which function answers what: its name, or `{ function: NAME, auth: none | api_key | iam }`.",
            Shape::Map { key: &rule::ROUTE, value: Box::new(Shape::TextOr(&rule::KEY, Box::new(route))), min: 1, max: 300 },
        ),
    ])
}
