//! The sections of a spec. Each declares its keys, with everything that the crate knows about them, and the type that it is lowered to.

mod api;
mod app;
mod connect;
mod contact_center;
mod content;
mod function;
mod function_code;
mod lifecycle;
mod table;
mod transfer;
mod workspace;

use std::collections::BTreeMap;

use crate::declare::{Entry, choice, integer, map, section, text};
use crate::names::{AccountId, Name, Region};
use crate::patterns::{ACCOUNT_ID, BUCKET, FILE, KEY, REGION_CODE};
use crate::rule::StringPattern;
use crate::template::{Reference, Template};
use crate::yaml::Node;

pub use api::*;
pub use app::*;
pub use connect::*;
pub use contact_center::*;
pub use content::*;
pub use function::*;
pub use function_code::*;
pub use lifecycle::*;
pub use table::*;
pub use transfer::*;
pub use workspace::*;

/// A tag's key: letters, digits and separators of any language. IAM (tagKeyType), ACM (TagKey), CloudWatch Logs (TagKey), Connect (TagKey)
/// and S3 Control (TagKeyString) take `[\p{L}\p{Z}\p{N}_.:/=+\-@]` in their service models. Lambda, DynamoDB and API Gateway restrict only
/// the length. Services of Connect that the deployer does not tag are stricter: Customer Profiles, Wisdom and Q in Connect take only
/// `[a-zA-Z+-=._:/]`. The pattern, which supports no Unicode classes, only excludes the rest of ASCII.
static TAG_KEY: StringPattern = StringPattern::new(
    "a tag's key",
    "1 to 128 letters, digits and spaces of any language and `+-=._:/@`",
    "^([A-Za-z0-9 +=._:/@-]|[^\\x00-\\x7f])*$",
    1,
    128,
)
.with_allowed_char(is_tag_char)
.forbidding(&[
    ("^[aA][wW][sS]:", "tags that begin with `aws:` are AWS's own"),
    ("^[dD][eE][pP][lL][oO][yY][eE][rR]:", "tags that begin with `deployer:` say what belongs to the deployer"),
]);

/// A tag's value, of the same characters (service models, IAM tagValueType, ACM, CloudWatch Logs and S3 Control likewise; the others
/// restrict only the length).
static TAG_VALUE: StringPattern = StringPattern::new(
    "a tag's value",
    "at most 256 letters, digits and spaces of any language and `+-=._:/@`",
    "^([A-Za-z0-9 +=._:/@-]|[^\\x00-\\x7f])*$",
    0,
    256,
)
.with_allowed_char(is_tag_char);

/// Whether a character is in `[\p{L}\p{Z}\p{N}_.:/=+\-@]`. Combining marks, which some scripts write vowels with, are not.
fn is_tag_char(c: char) -> bool {
    use unicode_general_category::{GeneralCategory as G, get_general_category};
    let letter = [G::UppercaseLetter, G::LowercaseLetter, G::TitlecaseLetter, G::ModifierLetter, G::OtherLetter];
    let number = [G::DecimalNumber, G::LetterNumber, G::OtherNumber];
    let separator = [G::SpaceSeparator, G::LineSeparator, G::ParagraphSeparator];
    let category = get_general_category(c);
    "_.:/=+-@".contains(c) || [&letter[..], &number, &separator].iter().any(|group| group.contains(&category))
}

section! {
    /// One environment of one project. Everything in it has been checked; references name declared entries.
    Spec {
        /// The file that this one is laid over, relative to this one: maps are merged key by key, `null` removes a key, everything else
        /// replaces what is there. That file may extend another one.
        extends: Option<String> = text(&FILE).optional();
        /// The project; names in the cloud begin with it.
        project: Name = text(&KEY);
        /// The environment; it follows the project in those names.
        environment: Name = text(&KEY);
        /// Which cloud.
        provider: Provider = Provider::format();
        /// Where the deployer keeps its state.
        state: State = State::format();
        /// Tags for everything that takes tags.
        // Of the 50 tags that a resource may have, three state its ownership, and a fourth one the recording of a prompt.
        tags: BTreeMap<String, String> = map(&TAG_KEY, text(&TAG_VALUE)).entries(0..=46).or_empty();
        /// The program that declares the rest: tables, functions, `connect` and `api` are constructs in Rust, and no sections of this file.
        app: Option<App> = App::format().optional();
        /// DynamoDB tables by name.
        tables: BTreeMap<Name, Table> = map(&KEY, Table::format()).or_empty();
        /// Lambda functions by name.
        functions: BTreeMap<Name, Function> = map(&KEY, Function::format()).or_empty();
        /// The Amazon Connect instance.
        connect: Option<Connect> = Connect::format().optional();
        /// The REST API.
        api: Option<Api> = Api::format().optional();
        /// What may happen to which entry of the spec, such as `functions.convert`, or to a single resource by its address, such as
        /// `log_group.convert`.
        lifecycle: BTreeMap<String, Lifecycle> = map(&LIFECYCLE_KEY, Lifecycle::format()).or_empty();
    }
}

impl Spec {
    /// Returns the references to outputs of other environments, each with its path in the spec.
    pub fn outputs_of_others(&self) -> Vec<(String, &Reference)> {
        let mut found = Vec::new();
        for (name, function) in &self.functions {
            for (variable, value) in &function.environment {
                let references = value.as_text().into_iter().flat_map(Template::references);
                let others = references.filter(|reference| reference.environment.is_some());
                found.extend(others.map(|reference| (format!("functions.{name}.environment.{variable}"), reference)));
            }
            for (index, allowance) in function.allow.iter().enumerate() {
                let others = allowance.resources.iter().flat_map(Template::references);
                let others = others.filter(|reference| reference.environment.is_some());
                found.extend(others.map(|reference| (format!("functions.{name}.allow[{index}].resources"), reference)));
            }
        }
        found
    }

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

choice! {
    /// The provider.
    Provider {
        /// Amazon's.
        Aws(Aws) = "aws": Aws::format().map(Self::Aws);
        /// The one inside the binary.
        Embedded(Embedded) = "embedded": Embedded::format().map(Self::Embedded);
    }
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

/// A profile in the shared configuration files.
static PROFILE: StringPattern =
    StringPattern::new("a profile's name", "letters, digits and `_.@/+-`, at most 128", "^[A-Za-z0-9_.@/+-]*$", 1, 128);

/// A role's ARN (API reference, IAM identifiers).
static ROLE_ARN: StringPattern = StringPattern::new(
    "a role's ARN",
    "`arn:aws:iam::ACCOUNT:role/NAME`",
    "^arn:aws:iam::[0-9]{12}:role/([A-Za-z0-9+=,.@_-]+/)*[A-Za-z0-9+=,.@_-]{1,64}$",
    20,
    600,
);

section! {
    /// `provider.aws`
    Aws {
        /// The Region.
        region: Region = text(&REGION_CODE);
        /// The only account that may be changed.
        account: AccountId = text(&ACCOUNT_ID);
        /// The profile of the shared configuration files.
        profile: Option<String> = text(&PROFILE).optional();
        /// The role to assume.
        assume_role: Option<String> = text(&ROLE_ARN).optional();
    }
}

const EMBEDDED_REGION: &str = "us-east-1";
const EMBEDDED_ACCOUNT: &str = "111122223333";

section! {
    /// `provider.embedded`
    Embedded {
        /// By how much AWS's own waits are shortened.
        speed: u32 = integer(1..=1_000_000).or(1);
        /// The Region it pretends to be.
        region: Region = text(&REGION_CODE).or_text(EMBEDDED_REGION);
        /// The account it pretends to be.
        account: AccountId = text(&ACCOUNT_ID).or_text(EMBEDDED_ACCOUNT);
    }
}

/// Returns the account and the Region that the provider of a tree has, as far as the tree has them.
pub(crate) fn account_and_region(root: &Node) -> Option<(&str, &str)> {
    let text = |section, key| root.find(&["provider", section, key]).and_then(Node::text);
    match root.find(&["provider", "embedded"]) {
        Some(_) => {
            Some((text("embedded", "account").unwrap_or(EMBEDDED_ACCOUNT), text("embedded", "region").unwrap_or(EMBEDDED_REGION)))
        }
        None => Some((text("aws", "account")?, text("aws", "region")?)),
    }
}

/// Whether the provider is AWS, where resources whose loss is costly are protected by default.
fn is_on_aws(entry: Entry<'_>) -> bool {
    entry.root.find(&["provider", "aws"]).is_some()
}

choice! {
    /// The storage location of the deployer's state.
    State {
        /// A directory on this machine.
        Directory(String) = "directory": text(&FILE).map(Self::Directory);
        /// A bucket.
        S3(S3State) = "s3": S3State::format().map(Self::S3);
    }
}

/// A prefix of object keys.
static PREFIX: StringPattern = StringPattern::new(
    "a key prefix",
    "letters, digits and `!_.*'()-`, with single slashes between them and none at the ends",
    "^([A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*)?$",
    0,
    512,
);

section! {
    /// `state.s3`
    S3State {
        /// The bucket, which `deployer bootstrap` creates; deployer-state-ACCOUNT-REGION if absent.
        bucket: String = text(&BUCKET).or_else(state_bucket);
        /// What the object keys begin with.
        prefix: String = text(&PREFIX).or_text("");
        /// Its Region; the environment's unless given.
        region: Option<Region> = text(&REGION_CODE).optional();
        /// The account that owns it; the environment's unless given.
        account: Option<AccountId> = text(&ACCOUNT_ID).optional();
    }
}

/// Returns the default name of the bucket for state. The account is part of it because bucket names are globally unique, and the Region
/// because a bucket is in one.
fn state_bucket(section: Entry<'_>) -> Option<String> {
    let (account, region) = account_and_region(section.root)?;
    let owner = section.text("account").unwrap_or(account);
    Some(format!("deployer-state-{owner}-{}", section.text("region").unwrap_or(region)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declare::Section;
    use crate::shape::Shape;

    /// Returns the patterns of a shape and of everything in it.
    fn patterns(shape: &Shape) -> Vec<&'static StringPattern> {
        match shape {
            Shape::Text(pattern) => vec![pattern],
            Shape::TextOr(pattern, inner) | Shape::Map { key: pattern, value: inner, .. } => {
                [vec![*pattern], patterns(inner)].concat()
            }
            Shape::TemplateOr(inner) | Shape::List(inner) => patterns(inner),
            Shape::Section(fields) | Shape::Choice(fields) => fields.iter().flat_map(|field| patterns(&field.shape)).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn patterns_compile_and_match_the_whole_text() {
        let patterns = patterns(&Spec::format().shape);
        assert!(patterns.len() > 100, "{}", patterns.len());
        for pattern in patterns {
            assert!(regex_lite::Regex::new(pattern.pattern).is_ok(), "{}", pattern.pattern);
            assert!(pattern.pattern.starts_with('^') && pattern.pattern.ends_with('$'), "{}", pattern.pattern);
            for (never, _) in pattern.forbidden {
                assert!(regex_lite::Regex::new(never).is_ok(), "{never}");
            }
            assert!(!pattern.accepts("us-east-1\n") && !pattern.accepts("GET /\n"), "{}", pattern.what);
        }
    }
}
