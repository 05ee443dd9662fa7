//! `functions`: Lambda functions.

use std::collections::BTreeMap;

use crate::declare::{Format, Section, flag, integer, map, number_of, section, span_of, text, word};
use crate::diagnostic::Span;
use crate::names::Name;
use crate::patterns::{DEPLOYER_VARIABLE, DESCRIPTION, KEY, RETENTION_DAYS};
use crate::rule::StringPattern;
use crate::string_enum::string_enum;
use crate::template::Template;

/// A Cargo package.
static PACKAGE: StringPattern = StringPattern::new(
    "a Cargo package's name",
    "letters, digits, `-` and `_`; a letter first; at most 64 characters",
    "^[A-Za-z][A-Za-z0-9_-]*$",
    1,
    64,
);

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
     AWS_LAMBDA_METADATA_API|AWS_LAMBDA_METADATA_TOKEN|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$",
    "Lambda sets this variable itself",
)]);

section! {
    /// `functions.<name>`
    Function {
        /// What it is for.
        description: String = text(&DESCRIPTION).or_text("");
        /// The Cargo package whose binary it is.
        package: String = text(&PACKAGE);
        /// The position of the package's name in the spec, for diagnostics about it.
        package_span: Span = span_of("package");
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
        /// Whether calls are traced with X-Ray.
        tracing: bool = flag().or(false);
        /// Environment variables; values are text that may hold references, or `{ secret: VARIABLE }`.
        environment: BTreeMap<String, Variable> = map(&VARIABLE, Variable::format()).entries(0..=500).or_empty();
        /// What it may do with which table.
        grants: BTreeMap<Name, Access> = map(&KEY, word()).or_empty();
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
