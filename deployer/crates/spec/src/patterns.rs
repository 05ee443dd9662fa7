//! The forms of text that several sections share, with their sources.

use crate::names::{ACCOUNT, NAME, REGION};
use crate::rule::StringPattern;

/// The name of a project, an environment, a table, a function or a flow.
pub(crate) static KEY: StringPattern = NAME;

/// A Region.
pub(crate) static REGION_CODE: StringPattern = REGION;

/// An account.
pub(crate) static ACCOUNT_ID: StringPattern = ACCOUNT;

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

/// A description, with the characters that IAM accepts and the length that Lambda accepts (API reference, roleDescriptionType,
/// Description).
pub(crate) static DESCRIPTION: StringPattern =
    StringPattern::new("a description", "at most 256 printable characters of Latin-1", "^[\\x20-\\x7e\\u00a1-\\u00ff]*$", 0, 256);

/// A variable of the deployer's own environment (POSIX, "Environment Variable Definition").
pub(crate) static DEPLOYER_VARIABLE: StringPattern = StringPattern::new(
    "an environment variable's name",
    "letters, digits and `_`; no digit first",
    "^[a-zA-Z_][a-zA-Z0-9_]*$",
    1,
    256,
);

/// The name of a queue, of hours, of a profile or of a module in Connect (API reference, CommonNameLength127).
pub(crate) static CONNECT_NAME: StringPattern = StringPattern::new(
    "a name in Connect",
    "1 to 127 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    127,
);

/// The description of a queue, of hours or of a routing profile (API reference, QueueDescription and similar).
pub(crate) static CONNECT_DESCRIPTION: StringPattern = StringPattern::new(
    "a description",
    "1 to 250 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    250,
);

/// Log retention periods that CloudWatch accepts, in days (API reference, PutRetentionPolicy).
pub(crate) const RETENTION_DAYS: &[i64] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
