//! Values as expressions of Rust.

use serde_json::{Map, Value};

use crate::build::references::KINDS;
use crate::build::shape::{Type, camel};
use crate::jsonpath::JsonPath;
use crate::named::SymbolicName;
use crate::resource_kind::ResourceKind;
use crate::rules::{Kind, Parameter};

/// Maximum number of values in a `json!`: its recursion is limited.
const MAX_JSON: usize = 30;

/// Returns the argument of a method that sets the parameter of this name; `None` if the method does not write this value.
pub(super) fn of(of: &Type, name: &str, value: &Value) -> Option<String> {
    match of {
        Type::Text | Type::TextOrAttribute => value.as_str().map(text),
        Type::Constant => value.as_str().map(literal),
        Type::Attribute => value.as_str().map(path),
        Type::Whole => number(value),
        Type::WholeOrAttribute => number(value).or_else(|| attribute(value.as_str()?)),
        Type::TrueFalse => truth(value, "True", "False"),
        Type::Truth => truth(value, "true", "false"),
        Type::Values(parameter) => one_of(parameter, value.as_str()?),
        Type::Ref(kind) => Some(reference(kind, value.as_str()?)),
        Type::In(member, kind) => {
            let members = value.as_object().filter(|members| members.len() == 1)?;
            Some(reference(kind, members.get(*member)?.as_str()?))
        }
        Type::QueueOrAgent if name == "AgentId" => Some(match attribute(value.as_str()?) {
            Some(attribute) => format!("Ref::<Agent>::from({attribute})"),
            None => reference("Agent", value.as_str()?),
        }),
        Type::QueueOrAgent => Some(reference("Queue", value.as_str()?)),
        Type::Speech => speech(name, value),
        Type::Prompts => prompts(value.as_array()?),
        Type::Entries => entries(value.as_object()?).or_else(|| Some(json(value))),
        Type::EntryValues => entry_values(value.as_object()?),
        Type::Hooks(parameter) => hooks(parameter, value.as_object()?),
        Type::List => list(value.as_array()?),
        Type::Json => Some(json(value)),
    }
}

/// Returns a literal: raw if the text has quotes and nothing else to escape.
pub(super) fn literal(text: &str) -> String {
    let escaped = format!("{text:?}");
    let plain = !text.contains("\"#") && escaped.replace("\\\"", "").matches('\\').count() == 0;
    if text.contains('"') && plain { format!("r#\"{text}\"#") } else { escaped }
}

/// Returns the function that returns an attribute, if the text is one JSONPath.
fn attribute(text: &str) -> Option<String> {
    JsonPath::parse(text)?;
    Some(path(text))
}

fn path(text: &str) -> String {
    let roots = [("$.Attributes.", "attribute"), ("$.External.", "external"), ("$.FlowAttributes.", "flow_attribute")];
    let short = roots.iter().find_map(|(root, function)| Some((*function, text.strip_prefix(root)?)));
    let plain = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match short {
        Some((function, name)) if plain(name) => format!("{function}({name:?})"),
        _ => format!("jsonpath({text:?})"),
    }
}

fn text(text: &str) -> String {
    attribute(text).unwrap_or_else(|| literal(text))
}

/// Returns an integer, which the builder writes as text.
fn number(value: &Value) -> Option<String> {
    let number = match value {
        Value::String(text) => text.parse::<i64>().ok().filter(|number| number.to_string() == *text)?,
        other => other.as_i64()?,
    };
    Some(if i32::try_from(number).is_ok() { number.to_string() } else { format!("{number}_i64") })
}

/// Returns the operand of a comparison.
pub(super) fn operand(value: &Value) -> Option<String> {
    number(value).or_else(|| value.as_str().map(text))
}

fn truth(value: &Value, yes: &str, no: &str) -> Option<String> {
    let text = value.as_str()?;
    (text == yes || text == no).then(|| (text == yes).to_string())
}

fn one_of(parameter: &Parameter, value: &str) -> Option<String> {
    if parameter.values.contains(&value) {
        return Some(format!("{}::{}", parameter.name, camel(value)));
    }
    let single = parameter.kind == Kind::Single;
    let attribute = attribute(value).filter(|_| single);
    attribute.or_else(|| (single || parameter.open).then(|| literal(value)))
}

/// Returns a reference to a resource of a kind, by its name in Rust.
fn reference(kind: &str, text: &str) -> String {
    if let Some(attribute) = attribute(text) {
        return attribute;
    }
    match key(kind, text) {
        Some(key) => format!("{kind}::named({key:?})"),
        None if text.starts_with("arn:") => format!("{kind}::arn({text:?})"),
        None => format!("{kind}::id({text:?})"),
    }
}

/// Returns the key of a reference `${connect.queues.KEY.arn}` to a resource of this kind.
fn key(kind: &str, text: &str) -> Option<String> {
    let (name, _) = KINDS.iter().find(|(_, rust)| *rust == kind)?;
    let kind = ResourceKind::from_name(name)?;
    let named = SymbolicName::parse(text.strip_prefix("${")?.strip_suffix('}')?)?;
    (named.kind == kind && SymbolicName::arn(kind, named.key.clone()).to_string() == text).then_some(named.key)
}

fn speech(name: &str, value: &Value) -> Option<String> {
    match name {
        "Text" => value.as_str().map(text),
        "SSML" => Some(format!("ssml({})", text(value.as_str()?))),
        "PromptId" => Some(match attribute(value.as_str()?) {
            Some(attribute) => format!("Ref::<Prompt>::from({attribute})"),
            None => reference("Prompt", value.as_str()?),
        }),
        _ => Some(format!("media({})", json(value))),
    }
}

fn prompts(list: &[Value]) -> Option<String> {
    let one = |prompt: &Value| {
        let (name, value) = prompt.as_object().filter(|members| members.len() == 1)?.iter().next()?;
        let known = matches!(name.as_str(), "Text" | "SSML" | "PromptId" | "Media");
        Some(format!("Speech::from({})", speech(name, value).filter(|_| known)?))
    };
    let prompts: Vec<String> = list.iter().map(one).collect::<Option<_>>()?;
    (!prompts.is_empty()).then(|| format!("[{}]", prompts.join(", ")))
}

/// Returns pairs of names and texts.
fn entries(members: &Map<String, Value>) -> Option<String> {
    let texts: Vec<(&String, &str)> = members.iter().map(|(name, value)| Some((name, value.as_str()?))).collect::<Option<_>>()?;
    // The values of an array have one type.
    let all = texts.iter().all(|(_, value)| attribute(value).is_some());
    let pair = |(name, value): &(&String, &str)| format!("({name:?}, {})", if all { path(value) } else { literal(value) });
    (!texts.is_empty()).then(|| format!("[{}]", texts.iter().map(pair).collect::<Vec<_>>().join(", ")))
}

fn entry_values(members: &Map<String, Value>) -> Option<String> {
    let value = |(name, entry): (&String, &Value)| {
        let only = entry.as_object().filter(|members| members.len() == 1)?;
        Some((name.clone(), only.get("Value")?.clone()))
    };
    let values: Map<String, Value> = members.iter().map(value).collect::<Option<_>>()?;
    entries(&values).or_else(|| Some(json(&values.into())))
}

fn hooks(parameter: &Parameter, members: &Map<String, Value>) -> Option<String> {
    let hook = |(event, flow): (&String, &Value)| {
        let known = parameter.members.contains(&event.as_str());
        let flow = flow.as_str()?;
        let flow = if attribute(flow).is_some() { format!("Flow::id({flow:?})") } else { reference("Flow", flow) };
        known.then(|| format!("({}::{}, {flow})", parameter.name, camel(event)))
    };
    let hooks: Vec<String> = members.iter().map(hook).collect::<Option<_>>()?;
    (!hooks.is_empty()).then(|| format!("[{}]", hooks.join(", ")))
}

fn list(elements: &[Value]) -> Option<String> {
    if elements.is_empty() {
        return None;
    }
    let texts: Option<Vec<String>> = elements.iter().map(|element| element.as_str().map(literal)).collect();
    let all = texts.unwrap_or_else(|| elements.iter().map(json).collect());
    Some(format!("[{}]", all.join(", ")))
}

/// Returns an expression for any JSON value.
pub(super) fn json(value: &Value) -> String {
    if count(value) > MAX_JSON {
        return format!("json_text({})", literal(&value.to_string()));
    }
    format!("json!({})", inside(value))
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(count).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

/// Returns a value as it is written inside `json!`.
fn inside(value: &Value) -> String {
    match value {
        Value::String(text) => literal(text),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(small), _) if i32::try_from(small).is_ok() => small.to_string(),
            (Some(large), _) => format!("{large}_i64"),
            (None, Some(large)) => format!("{large}_u64"),
            (None, None) => format!("{:?}", number.as_f64().unwrap_or_default()),
        },
        Value::Array(elements) => format!("[{}]", elements.iter().map(inside).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{name:?}: {}", inside(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
