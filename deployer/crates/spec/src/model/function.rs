//! `functions`: Lambda functions.

use std::collections::BTreeMap;

use crate::declare::{Format, Section, flag, integer, list, map, number_of, section, span_of, span_of_any, template, text, word};
use crate::diagnostic::Span;
use crate::names::Name;
use crate::patterns::{DEPLOYER_VARIABLE, DESCRIPTION, KEY, RETENTION_DAYS};
use crate::rule::StringPattern;
use crate::string_enum::string_enum;
use crate::template::Template;

use super::function_code::{FunctionCode, FunctionSource};

/// An environment variable (API reference, EnvironmentVariableName; Lambda developer guide, "Defined runtime environment variables",
/// reserved ones).
static VARIABLE: StringPattern = StringPattern::new(
    "an environment variable's name",
    "at least two letters, digits and `_`; a letter first",
    "^[a-zA-Z][a-zA-Z0-9_]+$",
    2,
    256,
)
.forbidding(&[(
    "^(AWS_DEFAULT_REGION|AWS_REGION|AWS_EXECUTION_ENV|AWS_ACCESS_KEY|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|\
     AWS_SESSION_TOKEN|AWS_LAMBDA_FUNCTION_NAME|AWS_LAMBDA_FUNCTION_MEMORY_SIZE|AWS_LAMBDA_FUNCTION_VERSION|\
     AWS_LAMBDA_INITIALIZATION_TYPE|AWS_LAMBDA_LOG_GROUP_NAME|AWS_LAMBDA_LOG_STREAM_NAME|AWS_LAMBDA_RUNTIME_API|\
     AWS_LAMBDA_MAX_CONCURRENCY|AWS_LAMBDA_METADATA_API|AWS_LAMBDA_METADATA_TOKEN|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$",
    "Lambda sets this variable itself",
)]);

/// A runtime (service model of Lambda, Runtime). Which ones there are is checked in `semantics/function_code.rs`.
static RUNTIME: StringPattern =
    StringPattern::new("a runtime of Lambda", "a word such as `python3.13` or `nodejs22.x`", "^[a-z][a-z0-9.-]*$", 2, 30);

/// A handler (service model of Lambda, Handler).
static HANDLER: StringPattern =
    StringPattern::new("a handler", "1 to 128 characters without spaces, such as `app.handler`", "^[^\\s]+$", 1, 128);

/// The version of a layer (service model of Lambda, LayerVersionArn; the Region and account may be another's).
static LAYER: StringPattern = StringPattern::new(
    "the ARN of a layer's version",
    "`arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION`",
    "^arn:aws:lambda:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:layer:[a-zA-Z0-9_-]+:[0-9]+$",
    30,
    200,
);

/// A queue or topic (API reference, DeadLetterConfig).
static DEAD_LETTER: StringPattern = StringPattern::new(
    "the ARN of an SQS queue or SNS topic",
    "`arn:aws:sqs:REGION:ACCOUNT:NAME` or `arn:aws:sns:REGION:ACCOUNT:NAME`",
    "^arn:aws:(sqs|sns):[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:[a-zA-Z0-9_-]{1,256}$",
    30,
    350,
);

section! {
    /// `functions.<name>`
    Function {
        /// What it is for.
        description: String = text(&DESCRIPTION).or_text("");
        /// The source of its code. The semantic checks enforce that there is exactly one.
        source: FunctionSource = FunctionSource::keys();
        /// The position of the source in the spec, for diagnostics about it.
        source_span: Span = span_of_any(&["package", "code", "existing"]);
        /// The runtime, such as `python3.13`; `provided.al2023` for a Cargo package.
        given_runtime as "runtime": Option<String> = text(&RUNTIME).optional();
        /// What Lambda calls, such as `app.handler`: the function `handler` in `app.py`. Of no importance to a `provided` runtime.
        given_handler as "handler": Option<String> = text(&HANDLER).optional();
        /// The processor.
        architecture: Architecture = word().or(Architecture::X86_64);
        /// Memory in MiB.
        memory_mb: u32 = integer(128..=10_240).or(128);
        // Bounds: service model of Lambda, EphemeralStorageSize.
        /// Size of the directory `/tmp` in MiB.
        ephemeral_storage_mb: u32 = integer(512..=10_240).or(512);
        /// Seconds after which a call is ended.
        timeout_seconds: u32 = integer(1..=900).or(3);
        /// How many calls at a time are set aside for it.
        reserved_concurrency: Option<u32> = integer(0..=100_000).optional();
        /// Days after which log events go; for ever if absent.
        log_retention_days: Option<u32> = number_of(RETENTION_DAYS).optional();
        /// The format of its log events; JSON can be filtered by level.
        log_format: LogFormat = word().or(LogFormat::Text);
        /// The lowest level of its own log events that is kept; INFO unless given. Only with `log_format: JSON`.
        log_level: Option<LogLevel> = word().optional();
        /// The lowest level of Lambda's log events about it that is kept; INFO unless given. Only with `log_format: JSON`.
        system_log_level: Option<SystemLogLevel> = word().optional();
        /// Layers, of which a later one covers files of an earlier one; at most five.
        layers: Vec<String> = list(text(&LAYER)).or_empty();
        /// The network that it reaches; no network of yours if absent.
        vpc: Option<Vpc> = Vpc::format().optional();
        /// The queue or topic that gets events of asynchronous calls that failed.
        dead_letter: Option<String> = text(&DEAD_LETTER).optional();
        /// Whether calls are traced with X-Ray.
        tracing: bool = flag().or(false);
        /// Environment variables; values are text that may hold references, or `{ secret: VARIABLE }`.
        environment: BTreeMap<String, Variable> = map(&VARIABLE, Variable::format()).entries(0..=500).or_empty();
        /// What it may do with which table.
        grants: BTreeMap<Name, Access> = map(&KEY, word()).or_empty();
        /// What else it may do.
        allow: Vec<Allowance> = list(Allowance::format()).or_empty();
    }
}

impl Function {
    /// Returns the code; `None` for a function that exists already.
    pub fn code(&self) -> Option<&FunctionCode> {
        match &self.source {
            FunctionSource::Package(code) | FunctionSource::Code(code) => Some(code),
            FunctionSource::Existing(_) => None,
        }
    }

    /// Returns the name or ARN of a function that exists already.
    pub fn existing(&self) -> Option<&str> {
        if let FunctionSource::Existing(name) = &self.source { Some(name) } else { None }
    }

    /// Returns the name of a function that exists already.
    pub fn existing_name(&self) -> Option<&str> {
        self.existing().map(|given| given.rsplit(':').next().unwrap_or(given))
    }

    /// Returns the Cargo package, if its code is one.
    pub fn package(&self) -> Option<&str> {
        self.code().and_then(FunctionCode::package)
    }

    /// Returns the runtime, `provided.al2023` unless given.
    pub fn runtime(&self) -> &str {
        self.given_runtime.as_deref().unwrap_or(CARGO_RUNTIME)
    }

    /// Returns the handler, `bootstrap` unless given.
    pub fn handler(&self) -> &str {
        self.given_handler.as_deref().unwrap_or("bootstrap")
    }
}

/// The runtime of Cargo packages (Lambda developer guide, "Building Lambda functions with Rust").
pub(crate) const CARGO_RUNTIME: &str = "provided.al2023";

/// A subnet and a security group (service model of Lambda, SubnetId and SecurityGroupId; EC2's IDs are hexadecimal).
static SUBNET: StringPattern =
    StringPattern::new("a subnet's ID", "`subnet-` and hexadecimal digits", "^subnet-[0-9a-f]{8,17}$", 15, 24);
static SECURITY_GROUP: StringPattern =
    StringPattern::new("a security group's ID", "`sg-` and hexadecimal digits", "^sg-[0-9a-f]{8,17}$", 11, 20);

section! {
    /// `functions.<name>.vpc`
    Vpc {
        /// Subnets of one VPC, with a route to what the function calls; at most 16.
        subnets: Vec<String> = list(text(&SUBNET));
        /// Security groups of its network interfaces; at most five.
        security_groups: Vec<String> = list(text(&SECURITY_GROUP));
    }
}

string_enum! {
    /// The format of a function's log events (service model of Lambda, LogFormat).
    LogFormat {
        /// Lines of text.
        Text = "Text",
        /// Objects, one a line.
        Json = "JSON",
    }
}

string_enum! {
    /// A level of a function's own log events (service model of Lambda, ApplicationLogLevel).
    LogLevel {
        /// Everything.
        Trace = "TRACE",
        /// Details.
        Debug = "DEBUG",
        /// What happens.
        Info = "INFO",
        /// What may be wrong.
        Warn = "WARN",
        /// Failures.
        Error = "ERROR",
        /// Failures that end it.
        Fatal = "FATAL",
    }
}

string_enum! {
    /// A level of Lambda's log events about a function (service model of Lambda, SystemLogLevel).
    SystemLogLevel {
        /// Details.
        Debug = "DEBUG",
        /// Beginning and end of calls.
        Info = "INFO",
        /// What may be wrong.
        Warn = "WARN",
    }
}

/// An action of IAM (IAM user guide, "IAM JSON policy elements: Action"). `*` may stand for any end.
static ACTION: StringPattern = StringPattern::new(
    "an action of IAM",
    "`SERVICE:Action`, such as `s3:GetObject`; `*` may stand for its end",
    "^[a-z][a-z0-9-]*:([A-Za-z0-9]+[*]?|[*])$",
    3,
    128,
);

section! {
    /// `functions.<name>.allow[]`
    Allowance {
        /// Actions, such as `sns:Publish`.
        actions: Vec<String> = list(text(&ACTION));
        /// ARNs, which may hold references; `"*"` for everything must be written out.
        resources: Vec<Template> = list(template());
    }
}

/// `functions.<name>.environment.<variable>`
#[derive(Debug, Clone, PartialEq)]
pub enum Variable {
    /// Text that is not secret.
    Text(Template),
    /// A value that only the function can see.
    Secret(Secret),
}

impl Variable {
    fn format() -> Format<Self> {
        Secret::format().map(Self::Secret).or_template(Self::Text)
    }

    /// Returns the text, if it is one.
    pub fn as_text(&self) -> Option<&Template> {
        if let Self::Text(template) = self { Some(template) } else { None }
    }

    /// Returns the secret, if it is one.
    pub fn as_secret(&self) -> Option<&Secret> {
        if let Self::Secret(secret) = self { Some(secret) } else { None }
    }
}

section! {
    /// The source of a secret value.
    Secret {
        /// The variable of the deployer's own environment that holds the value; it is never written down.
        variable as "secret": String = text(&DEPLOYER_VARIABLE);
        /// The position of the variable's name in the spec, for diagnostics about its value.
        span: Span = span_of("secret");
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
