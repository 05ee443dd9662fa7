//! Conversion of blocks with conditions.

use super::block::{Block, Branch};
use super::blocks::queue_or_agent;
use super::draft::ActionBuilder;
use super::values::{reference, resource};
use crate::resource_kind::ResourceKind;

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

pub(super) fn operand(branch: &Branch<'_>) -> Result<String, String> {
    match branch.value {
        Some(serde_json::Value::String(text)) => Ok(text.clone()),
        Some(serde_json::Value::Number(number)) => Ok(number.to_string()),
        _ => Err("a branch does not say what to compare with".to_owned()),
    }
}

fn compare(block: &Block<'_>, draft: &mut ActionBuilder, condition: &str) -> Result<(), String> {
    for branch in block.branches(condition) {
        draft.branch(operator(branch.kind)?, operand(&branch)?, branch.target);
    }
    Ok(())
}

pub(super) fn attribute(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("Compare", block);
    let name = block.text("Attribute").ok_or("it does not say which attribute")?;
    let namespace = block.text("Namespace").ok_or("it does not say in which namespace the attribute is")?;
    draft.set("ComparisonValue", reference(&namespace, &name)?);
    compare(block, &mut draft, "Evaluate")?;
    draft.error(block, "NoMatchingCondition", "NoMatch");
    Ok(draft)
}

pub(super) fn hours(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("CheckHoursOfOperation", block);
    if let Some(hours) = block.parameter("Hours") {
        let id = resource(&mut draft, "HoursOfOperationId", ResourceKind::Hours, &hours)?;
        draft.set("HoursOfOperationId", id);
    }
    draft.branch("Equals", "True", block.target_of("True"));
    draft.branch("Equals", "False", block.target_of("False"));
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

pub(super) fn staffing(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("CheckMetricData", block);
    let metric = match block.text("Status").as_deref() {
        Some("Staffed") => "NumberOfAgentsStaffed",
        Some("Available") => "NumberOfAgentsAvailable",
        Some("Online") => "NumberOfAgentsOnline",
        other => return Err(format!("the status \"{}\" is not known", other.unwrap_or_default())),
    };
    draft.set("MetricType", metric);
    queue_or_agent(block, &mut draft)?;
    draft.branch("NumberGreaterThan", "0", block.target_of("True"));
    draft.error(block, "NoMatchingCondition", "False");
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

/// Converts a check of the queue status. Times are in milliseconds in both languages (published exports).
pub(super) fn queue_status(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("CheckMetricData", block);
    let times = !block.branches("CheckQueueTime").is_empty();
    let sizes = ["CheckQueueSize", "CheckQueueCapacity"].into_iter().find(|name| !block.branches(name).is_empty());
    let (metric, condition) = match (times, sizes) {
        (true, None) => ("OldestContactInQueueAgeSeconds", "CheckQueueTime"),
        (false, Some(condition)) => ("NumberOfContactsInQueue", condition),
        (false, None) => return Err("it has no conditions".to_owned()),
        (true, Some(_)) => return Err("it asks for time and size at once; an action asks for one metric".to_owned()),
    };
    draft.set("MetricType", metric);
    queue_or_agent(block, &mut draft)?;
    compare(block, &mut draft, condition)?;
    draft.error(block, "NoMatchingCondition", "NoMatch");
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

/// Converts a distribution by percentage. The old block has a share per branch; the action draws a number from 1 to 100 and
/// compares it with rising bounds.
pub(super) fn shares(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("DistributeByPercentage", block);
    let mut bound = 1;
    for branch in block.branches("Evaluate") {
        let share = operand(&branch)?;
        bound += share.parse::<u32>().ok().filter(|share| *share <= 100).ok_or(format!("\"{share}\" is not a percentage"))?;
        draft.branch("NumberLessThan", bound.to_string(), branch.target);
    }
    if bound > 101 {
        return Err(format!("the shares are {} per cent together", bound - 1));
    }
    draft.error(block, "NoMatchingCondition", "NoMatch");
    Ok(draft)
}

pub(super) fn rounds(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("Loop", block);
    let count = block.parameter("LoopCount").ok_or("it does not say how often")?;
    draft.set("LoopCount", super::values::value(&count)?);
    draft.branch("Equals", "ContinueLooping", block.target_of("Looping"));
    draft.branch("Equals", "DoneLooping", block.target_of("Complete"));
    draft.follow(block, "Complete");
    Ok(draft)
}

/// Converts a wait for a time, or for a customer of a chat to return. The old designer's name of the return is not published;
/// any parameter or branch that mentions one is used.
pub(super) fn wait(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("Wait", block);
    let seconds = ["TimeoutSeconds", "TimeLimitSeconds", "Timeout"].into_iter().find_map(|name| block.parameter(name));
    draft.set("TimeLimitSeconds", super::values::value(&seconds.ok_or("it does not say how long")?)?);
    let done = block
        .target_of("Timeout")
        .or_else(|| block.target_matching(|name| matches!(name, "WaitCompleted" | "Complete" | "Success")));
    draft.branch("Equals", "WaitCompleted", done);
    let asked = events(block)?;
    let back = block.target_matching(speaks_of_return);
    if back.is_some() || asked {
        draft.set("Events", serde_json::json!(["CustomerReturned"]));
        draft.branch("Equals", "CustomerReturned", back);
    }
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

fn speaks_of_return(name: &str) -> bool {
    name.to_lowercase().contains("return")
}

/// Whether the block waits for the customer's return: by a list of events, or by a separate option.
fn events(block: &Block<'_>) -> Result<bool, String> {
    let mut asked = false;
    for event in block.parameters_matching(|name| matches!(name, "Event" | "Events" | "EventType")) {
        let named: Vec<&str> = match event.value {
            Some(serde_json::Value::Array(list)) => list.iter().filter_map(serde_json::Value::as_str).collect(),
            Some(serde_json::Value::String(one)) => vec![one],
            _ => Vec::new(),
        };
        match named.iter().find(|name| !speaks_of_return(name)) {
            Some(other) => return Err(format!("the event \"{other}\" is not known")),
            None => asked |= !named.is_empty(),
        }
    }
    let options = block.parameters_matching(speaks_of_return);
    let is_on = |text: &str| !matches!(text.to_lowercase().as_str(), "false" | "disable" | "disabled" | "");
    Ok(asked || options.iter().any(|option| option.text().is_some_and(|text| is_on(&text))))
}
