//! The forms of names and other text, with their sources.

mod connect;

use crate::names::{ACCOUNT, NAME, REGION};
use crate::route;
use crate::rule::StringPattern;

pub(crate) use connect::*;

/// The name of a project, an environment, a table, a function or a flow.
pub(crate) static KEY: StringPattern = NAME;

/// A Region.
pub(crate) static REGION_CODE: StringPattern = REGION;

/// An account.
pub(crate) static ACCOUNT_ID: StringPattern = ACCOUNT;

/// A profile in the shared configuration files.
pub(crate) static PROFILE: StringPattern =
    StringPattern::new("a profile's name", "letters, digits and `_.@/+-`, at most 128", "^[A-Za-z0-9_.@/+-]*$", 1, 128);

/// A role's ARN (API reference, IAM identifiers).
pub(crate) static ROLE_ARN: StringPattern = StringPattern::new(
    "a role's ARN",
    "`arn:aws:iam::ACCOUNT:role/NAME`",
    "^arn:aws:iam::[0-9]{12}:role/([A-Za-z0-9+=,.@_-]+/)*[A-Za-z0-9+=,.@_-]{1,64}$",
    20,
    600,
);

/// A path in the file system.
pub(crate) static FILE: StringPattern = StringPattern::new(
    "a path",
    "a path of at most 1024 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    1024,
);

/// A bucket (S3 user guide, "General purpose bucket naming rules").
pub(crate) static BUCKET: StringPattern = StringPattern::new(
    "a bucket's name",
    "3 to 63 lower-case letters, digits, hyphens and dots, a letter or digit at both ends",
    "^[a-z0-9][a-z0-9.-]*[a-z0-9]$",
    3,
    63,
)
.forbidding(&[
    ("[.][.]", "two dots together are not allowed"),
    ("^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$", "it may not look like an IP address"),
    ("^(xn--|sthree-|amzn-s3-demo-)", "beginnings `xn--`, `sthree-` and `amzn-s3-demo-` are reserved"),
    ("(-s3alias|--ol-s3|[.]mrap|--x-s3|--table-s3)$", "this ending is reserved"),
]);

/// A prefix of object keys.
pub(crate) static PREFIX: StringPattern = StringPattern::new(
    "a key prefix",
    "letters, digits and `!_.*'()-`, with single slashes between them and none at the ends",
    "^([A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*)?$",
    0,
    512,
);

/// A tag's key, in the form that all of the services accept (API reference of each, TagKey; API Gateway developer guide, "Tagging").
pub(crate) static TAG_KEY: StringPattern =
    StringPattern::new("a tag's key", "1 to 128 letters, digits, spaces and `+-=._:/`", "^[A-Za-z0-9 +=._:/-]*$", 1, 128)
        .forbidding(&[
            ("^[aA][wW][sS]:", "tags that begin with `aws:` are AWS's own"),
            ("^[dD][eE][pP][lL][oO][yY][eE][rR]:", "tags that begin with `deployer:` say what belongs to the deployer"),
        ]);

/// A tag's value: letters, digits and spaces of any language, `[\p{L}\p{Z}\p{N}_.:/=+\-@]*` (API reference of IAM and ACM, tagValueType,
/// TagValue, the strictest of the services). The pattern, which supports no Unicode classes, only excludes the rest of ASCII.
pub(crate) static TAG_VALUE: StringPattern = StringPattern::new(
    "a tag's value",
    "at most 256 letters, digits and spaces of any language and `+-=._:/@`",
    "^([A-Za-z0-9 +=._:/@-]|[^\\x00-\\x7f])*$",
    0,
    256,
)
.with_allowed_char(|c| c.is_ascii() || c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()));

/// A description, with the characters that IAM accepts and the length that Lambda accepts (API reference, roleDescriptionType,
/// Description).
pub(crate) static DESCRIPTION: StringPattern =
    StringPattern::new("a description", "at most 256 printable characters of Latin-1", "^[\\x20-\\x7e\\u00a1-\\u00ff]*$", 0, 256)
        .forbidding(NO_REFERENCES);

/// The exclusion of references: where none are resolved, they would silently be taken as text.
const NO_REFERENCES: &[(&str, &str)] = &[("[$][{]", "references `${…}` stand only in `environment` and in flow files")];

/// A global secondary index (API reference, IndexName).
pub(crate) static INDEX: StringPattern =
    StringPattern::new("an index's name", "3 to 255 letters, digits, `_`, `.` and `-`", "^[a-zA-Z0-9_.-]*$", 3, 255);

/// An attribute of a table (API reference, KeySchemaAttributeName).
pub(crate) static ATTRIBUTE: StringPattern = StringPattern::new(
    "an attribute's name",
    "1 to 255 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    255,
);

/// A Cargo package.
pub(crate) static PACKAGE: StringPattern = StringPattern::new(
    "a Cargo package's name",
    "letters, digits, `-` and `_`; a letter first; at most 64 characters",
    "^[A-Za-z][A-Za-z0-9_-]*$",
    1,
    64,
);

/// An environment variable (API reference, EnvironmentVariableName; Lambda developer guide, "Defined runtime environment variables",
/// reserved ones).
pub(crate) static VARIABLE: StringPattern = StringPattern::new(
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

/// A variable of the deployer's own environment (POSIX, "Environment Variable Definition").
pub(crate) static OWN_VARIABLE: StringPattern = StringPattern::new(
    "an environment variable's name",
    "letters, digits and `_`; no digit first",
    "^[a-zA-Z_][a-zA-Z0-9_]*$",
    1,
    256,
);

/// A stage (API Gateway developer guide, "Quotas").
pub(crate) static STAGE: StringPattern =
    StringPattern::new("a stage's name", "1 to 128 letters, digits, `_` and `-`", "^[A-Za-z0-9_-]*$", 1, 128);

/// A domain without wildcards (API reference of ACM, DomainNameString; API Gateway requires lower case).
pub(crate) static DOMAIN: StringPattern = StringPattern::new(
    "a domain",
    "lower-case labels of letters, digits and inner hyphens, with dots between them, such as `api.voice.example`",
    "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])$",
    4,
    253,
);

/// A route.
pub(crate) static ROUTE: StringPattern =
    StringPattern::new("a route", route::ALLOWED, route::PATTERN, 5, 1024).explained(route::explain);

#[cfg(test)]
static ALL: [&StringPattern; 37] = [
    &KEY,
    &REGION_CODE,
    &ACCOUNT_ID,
    &PROFILE,
    &ROLE_ARN,
    &FILE,
    &BUCKET,
    &PREFIX,
    &TAG_KEY,
    &TAG_VALUE,
    &DESCRIPTION,
    &INDEX,
    &ATTRIBUTE,
    &PACKAGE,
    &VARIABLE,
    &OWN_VARIABLE,
    &ALIAS,
    &FLOW_NAME,
    &THING_NAME,
    &THING_DESCRIPTION,
    &TIME_ZONE,
    &OPEN_TIME,
    &USERNAME,
    &PERSON_NAME,
    &EMAIL,
    &PHONE_NUMBER,
    &PHONE_PREFIX,
    &COUNTRY,
    &STORAGE_PREFIX,
    &OBJECT,
    &KMS_KEY,
    &STREAM,
    &FIREHOSE,
    &BOT_ALIAS,
    &STAGE,
    &DOMAIN,
    &ROUTE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_compile_and_match_the_whole_text() {
        for rule in ALL {
            assert!(regex_lite::Regex::new(rule.pattern).is_ok(), "{}", rule.pattern);
            assert!(rule.pattern.starts_with('^') && rule.pattern.ends_with('$'), "{}", rule.pattern);
            for (never, _) in rule.forbidden {
                assert!(regex_lite::Regex::new(never).is_ok(), "{never}");
            }
        }
    }

    #[test]
    fn no_rule_accepts_a_trailing_line_break() {
        for rule in ALL {
            assert!(!rule.accepts("us-east-1\n") && !rule.accepts("GET /\n"), "{}", rule.what);
        }
    }
}
