//! Parts that several blocks of the old designer have: prompts, keys with values, queues, comparisons.

use serde_json::{Map, Value};

use super::block::{Block, Branch, Parameter};
use super::builder::ActionBuilder;
use super::values::{resource, value};
use crate::resource_kind::ResourceKind;

/// Converts the prompt in a block's parameters, if there is one.
pub(crate) fn prompt(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<bool, String> {
    let speech = block.text("TextToSpeechType");
    if let Some(text) = block.parameter("Text") {
        let written = value(&text)?;
        if written.is_empty() {
            return Err("its text is empty, which Connect refuses".to_owned());
        }
        let member = if speech.as_deref() == Some("ssml") { "SSML" } else { "Text" };
        draft.set(member, written);
        return Ok(true);
    }
    for name in ["AudioPrompt", "PromptId", "Prompt"] {
        if let Some(prompt) = block.parameter(name) {
            let id = resource(draft, "PromptId", ResourceKind::Prompt, &prompt)?;
            draft.set("PromptId", id);
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns parameters with keys as a map. An empty text is left out, since Connect rejects it.
pub(crate) fn keyed(draft: &mut ActionBuilder, parameters: &[Parameter<'_>]) -> Result<Map<String, Value>, String> {
    let mut map = Map::new();
    for parameter in parameters {
        let key = parameter.key.ok_or("a value has no key")?;
        let written = value(parameter)?;
        if written.is_empty() {
            draft.drop_meaning(format!("\"{key}\" has an empty text, which Connect refuses; it is left out"));
        } else {
            map.insert(key.to_owned(), written.into());
        }
    }
    Ok(map)
}

pub(crate) fn enabled(text: Option<String>) -> Result<&'static str, String> {
    match text.as_deref() {
        Some("Enable" | "Enabled") => Ok("Enabled"),
        Some("Disable" | "Disabled") => Ok("Disabled"),
        other => Err(format!("\"{}\" is neither Enable nor Disable", other.unwrap_or_default())),
    }
}

/// Converts the queue or agent of a block: a parameter `Queue`, `Agent`, or neither.
pub(crate) fn queue_or_agent(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<bool, String> {
    for (name, member, kind) in [("Queue", "QueueId", ResourceKind::Queue), ("Agent", "AgentId", ResourceKind::Agent)] {
        if let Some(parameter) = block.parameter(name) {
            let id = resource(draft, member, kind, &parameter)?;
            draft.set(member, id);
            return Ok(true);
        }
    }
    Ok(false)
}

fn operator(name: Option<&str>) -> Result<&'static str, String> {
    Ok(match name.unwrap_or("Equals") {
        "Equals" => "Equals",
        "StartsWith" => "TextStartsWith",
        "EndsWith" => "TextEndsWith",
        "Contains" => "TextContains",
        "GreaterThan" => "NumberGreaterThan",
        "GreaterThanOrEqualTo" | "GreaterOrEqualTo" => "NumberGreaterOrEqualTo",
        "LessThan" => "NumberLessThan",
        "LessThanOrEqualTo" | "LessOrEqualTo" => "NumberLessOrEqualTo",
        other => return Err(format!("the comparison \"{other}\" is not known")),
    })
}

pub(crate) fn operand(branch: &Branch<'_>) -> Result<String, String> {
    match branch.value {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => Err("a branch does not say what to compare with".to_owned()),
    }
}

/// Converts the branches with this condition.
pub(crate) fn compare(block: &Block<'_>, draft: &mut ActionBuilder, condition: &str) -> Result<(), String> {
    for branch in block.branches(condition) {
        draft.branch(operator(branch.kind)?, operand(&branch)?, branch.target);
    }
    Ok(())
}

/// Whether a block that transfers to a queue creates a callback there.
pub(crate) fn creates_callback(block: &Block<'_>) -> bool {
    block.text("RetryDelaySeconds").is_some()
}

/// Converts the error branches of a transfer to a queue.
pub(crate) fn transfer_errors(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    draft.error(block, "QueueAtCapacity", "AtCapacity");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
