//! The forms of text under `connect`, with their sources.

use super::NO_REFERENCES;
use crate::rule::StringPattern;

/// The alias of a Connect instance (API reference, DirectoryAlias).
pub(crate) static ALIAS: StringPattern = StringPattern::new(
    "an instance's alias",
    "1 to 45 letters, digits and hyphens, a letter or digit at both ends",
    "^[0-9a-zA-Z]+(-*[0-9a-zA-Z])*$",
    1,
    45,
)
.forbidding(&[("^d-", "it may not begin with `d-`")]);

/// The name of a flow in Connect.
pub(crate) static FLOW_NAME: StringPattern = StringPattern::new(
    "a flow's name",
    "1 to 127 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    127,
)
.forbidding(NO_REFERENCES);

/// The name of a queue, of hours, of a profile or of a module in Connect (API reference, CommonNameLength127).
pub(crate) static THING_NAME: StringPattern = StringPattern::new(
    "a name in Connect",
    "1 to 127 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    127,
)
.forbidding(NO_REFERENCES);

/// The description of a queue, of hours or of a routing profile (API reference, QueueDescription and similar).
pub(crate) static THING_DESCRIPTION: StringPattern = StringPattern::new(
    "a description",
    "1 to 250 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    250,
)
.forbidding(NO_REFERENCES);

/// A time zone of the tz database; its existence is checked against the database itself.
pub(crate) static TIME_ZONE: StringPattern = StringPattern::new(
    "a time zone",
    "a name of the tz database, such as `Europe/Berlin`, `America/New_York` or `UTC`",
    "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
    1,
    64,
);

/// A time range of opening hours.
pub(crate) static OPEN_TIME: StringPattern = StringPattern::new(
    "a time of the day",
    "two times of day with a hyphen between them, such as `08:00-18:00`; a day ends at `24:00`",
    "^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
    11,
    11,
);

/// The username of a user whom Connect manages (API reference, CreateUser, Username).
pub(crate) static USERNAME: StringPattern =
    StringPattern::new("a username", "1 to 20 letters, digits and `_-.@`", "^[a-zA-Z0-9_.@-]*$", 1, 20);

/// A person's first or last name (API reference, AgentFirstName and AgentLastName).
pub(crate) static PERSON_NAME: StringPattern = StringPattern::new(
    "a person's name",
    "1 to 255 characters, none of them a control character",
    "^[^\\x00-\\x1f\\x7f]*$",
    1,
    255,
)
.forbidding(NO_REFERENCES);

/// An email address; the accepted form is not published.
pub(crate) static EMAIL: StringPattern = StringPattern::new(
    "a mail address",
    "such as `ada@voice.example`",
    "^[^@ \\x00-\\x1f\\x7f]+@[^@ \\x00-\\x1f\\x7f]+$",
    3,
    254,
);

/// A phone number (API reference, PhoneNumber).
pub(crate) static PHONE_NUMBER: StringPattern = StringPattern::new(
    "a phone number",
    "`+`, the country's code and the number, digits only: `+18005550100`",
    "^[+][1-9][0-9]+$",
    3,
    16,
);

/// A prefix of a phone number, including the country's calling code (API reference, PhoneNumberPrefix).
pub(crate) static PHONE_PREFIX: StringPattern = StringPattern::new(
    "the beginning of a phone number",
    "`+`, the country's code and at most 10 more digits: `+1800`",
    "^[+][1-9][0-9]*$",
    2,
    12,
);

/// A country (API reference, PhoneNumberCountryCode; ISO 3166-1).
pub(crate) static COUNTRY: StringPattern =
    StringPattern::new("a country", "two capital letters, such as `US` or `DE`", "^[A-Z]{2}$", 2, 2);

/// A prefix of the keys of Connect's objects (API reference, Prefix).
pub(crate) static STORAGE_PREFIX: StringPattern = StringPattern::new(
    "a prefix",
    "1 to 128 letters, digits and `!_.*'()-`, with single slashes between them and none at the ends",
    "^[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*$",
    1,
    128,
);

/// An object in a bucket (API reference, CreatePrompt, S3Uri).
pub(crate) static OBJECT: StringPattern = StringPattern::new(
    "the place of an object",
    "`s3://BUCKET/KEY`",
    "^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^\\x00-\\x1f\\x7f]+$",
    10,
    1_100,
);

/// A KMS key (API reference, EncryptionConfig: the full ARN is required).
pub(crate) static KMS_KEY: StringPattern = StringPattern::new(
    "a key's ARN",
    "`arn:aws:kms:REGION:ACCOUNT:key/ID`",
    "^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$",
    20,
    128,
);

/// A Kinesis data stream.
pub(crate) static STREAM: StringPattern = StringPattern::new(
    "a Kinesis stream's ARN",
    "`arn:aws:kinesis:REGION:ACCOUNT:stream/NAME`",
    "^arn:aws[a-z-]*:kinesis:[a-z0-9-]+:[0-9]{12}:stream/[A-Za-z0-9_.-]+$",
    20,
    256,
);

/// A Firehose delivery stream.
pub(crate) static FIREHOSE: StringPattern = StringPattern::new(
    "a Firehose stream's ARN",
    "`arn:aws:firehose:REGION:ACCOUNT:deliverystream/NAME`",
    "^arn:aws[a-z-]*:firehose:[a-z0-9-]+:[0-9]{12}:deliverystream/[A-Za-z0-9_.-]+$",
    20,
    256,
);

/// The alias of a Lex V2 bot (API reference, LexV2Bot AliasArn: at most 100 characters).
pub(crate) static BOT_ALIAS: StringPattern = StringPattern::new(
    "the ARN of a Lex V2 bot's alias",
    "`arn:aws:lex:REGION:ACCOUNT:bot-alias/BOT/ALIAS`",
    "^arn:aws[a-z-]*:lex:[a-z0-9-]+:[0-9]{12}:bot-alias/[A-Z0-9]{10}/[A-Z0-9]{10}$",
    20,
    100,
);
