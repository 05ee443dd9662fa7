//! Constraints on the input, gathered and reported as the service does (constraints: botocore model, lambda).

use std::collections::BTreeMap;

use serde_json::Value;

use super::refused;
use crate::call::string;
use crate::refusal::Refusal;

/// Runtimes of which functions can be created (botocore model, Runtime; deprecated ones left out).
const RUNTIMES: &[&str] = &[
    "provided.al2",
    "provided.al2023",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "dotnet8",
    "dotnet10",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
    "ruby4.0",
];

/// Environment keys that only the service sets (Lambda guide, configuration-envvars).
const RESERVED: &[&str] = &[
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
];

/// All keys and values of an environment together (Lambda quotas page: 4 KB).
const MAX_ENVIRONMENT: usize = 4 * 1024;

/// What a text member must be.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    min: usize,
    max: usize,
    allowed: fn(char) -> bool,
}

impl Text {
    pub(crate) fn new(min: usize, max: usize, allowed: fn(char) -> bool) -> Self {
        Self { min, max, allowed }
    }
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// Broken constraints, answered together.
#[derive(Default)]
pub(crate) struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, member: &str, value: &str, must: &str) {
        let member = lower_first(member);
        self.0.push(format!("Value {value} at '{member}' failed to satisfy constraint: {must}"));
    }

    pub(crate) fn pattern(&mut self, member: &str, value: &str, pattern: &str) {
        self.add(member, &format!("'{value}'"), &format!("Member must satisfy regular expression pattern: {pattern}"));
    }

    pub(crate) fn required<'a>(&mut self, input: &'a Value, member: &str, text: Text) -> Result<&'a str, Refusal> {
        let found = self.optional(input, member, text)?;
        if found.is_none() {
            self.add(member, "null", "Member must not be null");
        }
        Ok(found.unwrap_or_default())
    }

    pub(crate) fn optional<'a>(&mut self, input: &'a Value, member: &str, text: Text) -> Result<Option<&'a str>, Refusal> {
        let found = string(input, member)?;
        if let Some(value) = found {
            self.text(member, value, text);
        }
        Ok(found)
    }

    pub(crate) fn text(&mut self, member: &str, value: &str, text: Text) {
        let length = value.chars().count();
        let quoted = format!("'{value}'");
        if length > text.max {
            self.add(member, &quoted, &format!("Member must have length less than or equal to {}", text.max));
        }
        if length < text.min {
            self.add(member, &quoted, &format!("Member must have length greater than or equal to {}", text.min));
        }
        if !value.chars().all(text.allowed) {
            let pattern = if (text.allowed)('.') { "[^\\s]+" } else { "[a-zA-Z0-9-_]+" };
            self.add(member, &quoted, &format!("Member must satisfy regular expression pattern: {pattern}"));
        }
    }

    pub(crate) fn number(&mut self, input: &Value, member: &str, min: u32, max: u32) -> Result<Option<u32>, Refusal> {
        let value = match input.get(member) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value.as_i64().ok_or_else(|| Refusal::serialization(member, "an integer"))?,
        };
        if value > i64::from(max) {
            self.add(member, &format!("'{value}'"), &format!("Member must have value less than or equal to {max}"));
        }
        if value < i64::from(min) {
            self.add(member, &format!("'{value}'"), &format!("Member must have value greater than or equal to {min}"));
        }
        Ok(u32::try_from(value).ok())
    }

    pub(crate) fn one_of<'a>(&mut self, input: &'a Value, member: &str, allowed: &[&str]) -> Result<Option<&'a str>, Refusal> {
        let found = string(input, member)?;
        if let Some(value) = found.filter(|value| !allowed.contains(value)) {
            self.add(member, &format!("'{value}'"), &format!("Member must satisfy enum value set: [{}]", allowed.join(", ")));
        }
        Ok(found)
    }

    /// Refuses if anything was wrong.
    pub(crate) fn settle(self) -> Result<(), Refusal> {
        match self.0.len() {
            0 => Ok(()),
            1 => Err(Refusal::new(400, "ValidationException", format!("1 validation error detected: {}", self.0.join("; ")))),
            n => Err(Refusal::new(400, "ValidationException", format!("{n} validation errors detected: {}", self.0.join("; ")))),
        }
    }
}

fn lower_first(member: &str) -> String {
    let mut chars = member.chars();
    chars.next().map(|first| first.to_ascii_lowercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// Members that this double does not carry out: refused by name, never ignored. Empty values ask for nothing.
pub(crate) fn unsupported(input: &Value, members: &[&str]) -> Result<(), Refusal> {
    let asks = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.values().all(|value| match value {
            Value::Array(items) => items.is_empty(),
            Value::String(text) => text.is_empty() || text == "None",
            value => value.is_null() || value == false,
        }),
        _ => true,
    };
    match members.iter().find(|member| input.get(**member).is_some_and(asks)) {
        Some(member) => Err(Refusal::new(501, "NotImplemented", format!("the embedded AWS does not implement {member}"))),
        None => Ok(()),
    }
}

/// Settings as given; what is absent stays as it is.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) runtime: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) handler: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) timeout: Option<u32>,
    pub(crate) memory: Option<u32>,
    pub(crate) environment: Option<BTreeMap<String, String>>,
    pub(crate) ephemeral: Option<u32>,
    pub(crate) tracing: Option<String>,
    pub(crate) logging: Option<Value>,
}

/// Reads the settings that creation and update share, and gathers their faults.
pub(crate) fn settings(input: &Value, faults: &mut Faults) -> Result<Settings, Refusal> {
    let owned = |found: Option<&str>| found.map(str::to_owned);
    let role = string(input, "Role")?;
    if let Some(role) = role.filter(|role| !is_role_arn(role)) {
        faults.pattern("role", role, "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+");
    }
    let tracing = input.get("TracingConfig").unwrap_or(&Value::Null);
    let ephemeral = input.get("EphemeralStorage").unwrap_or(&Value::Null);
    let logging = input.get("LoggingConfig").filter(|value| !value.is_null());
    if let Some(logging) = logging {
        faults.one_of(logging, "LogFormat", &["JSON", "Text"])?;
        faults.one_of(logging, "ApplicationLogLevel", &["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"])?;
        faults.one_of(logging, "SystemLogLevel", &["DEBUG", "INFO", "WARN"])?;
        faults.optional(logging, "LogGroup", Text::new(1, 512, |c| is_word(c) || "./#".contains(c)))?;
    }
    Ok(Settings {
        runtime: owned(faults.one_of(input, "Runtime", RUNTIMES)?),
        role: owned(role),
        handler: owned(faults.optional(input, "Handler", Text::new(1, 128, |c| !c.is_whitespace()))?),
        description: owned(faults.optional(input, "Description", Text::new(0, 256, |_| true))?),
        timeout: faults.number(input, "Timeout", 1, 900)?,
        memory: faults.number(input, "MemorySize", 128, 10_240)?,
        ephemeral: faults.number(ephemeral, "Size", 512, 10_240)?,
        tracing: owned(faults.one_of(tracing, "Mode", &["Active", "PassThrough"])?),
        logging: logging.cloned(),
        environment: environment(input, faults)?,
    })
}

fn is_role_arn(arn: &str) -> bool {
    let Some((account, name)) = arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role")) else { return false };
    let name = name.strip_prefix('/').unwrap_or(name);
    account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@-_/".contains(c))
}

/// `Environment: {}` without `Variables` changes nothing (aws-behaviours.md, 6.1).
fn environment(input: &Value, faults: &mut Faults) -> Result<Option<BTreeMap<String, String>>, Refusal> {
    let Some(variables) = input.get("Environment").and_then(|environment| environment.get("Variables")).filter(|v| !v.is_null())
    else {
        return Ok(None);
    };
    let variables: BTreeMap<String, String> =
        serde_json::from_value(variables.clone()).map_err(|_| Refusal::serialization("Variables", "a map of strings"))?;
    for key in variables.keys() {
        let mut chars = key.chars();
        let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
        let fits = first && key.len() >= 2 && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
        // `_HANDLER` breaks the pattern too, but the service names it as reserved.
        if !fits && !RESERVED.contains(&key.as_str()) {
            faults.pattern(
                "environment.variables",
                &format!("{{{key}}}"),
                "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
            );
        }
    }
    Ok(Some(variables))
}

/// What the service checks after the constraints: reserved keys and the size of the environment.
pub(crate) fn environment_fits(variables: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let reserved: Vec<&str> = variables.keys().map(String::as_str).filter(|key| RESERVED.contains(key)).collect();
    if !reserved.is_empty() {
        return Err(refused(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
            reserved.join(", ")
        )));
    }
    let measured = serde_json::to_string(variables).unwrap_or_default();
    if measured.len() > MAX_ENVIRONMENT {
        return Err(refused(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    Ok(())
}

/// Tags (botocore model: TagKey, TagValue are unconstrained; the guide: 50 tags, 128 and 256 characters, no `aws:`).
pub(crate) fn tags(value: Option<&Value>) -> Result<BTreeMap<String, String>, Refusal> {
    let tags: BTreeMap<String, String> = match value.filter(|value| !value.is_null()) {
        None => BTreeMap::new(),
        Some(value) => serde_json::from_value(value.clone()).map_err(|_| Refusal::serialization("Tags", "a map of strings"))?,
    };
    for (key, value) in &tags {
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(refused(format!("Tag {key} is too long: at most 128 characters in a key and 256 in a value")));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(refused("System tags cannot be added/updated by requester"));
        }
    }
    if tags.len() > 50 {
        return Err(refused("Number of tags exceeds resource tag limit (50)."));
    }
    Ok(tags)
}
