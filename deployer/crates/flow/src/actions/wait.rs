use serde_json::{Value, json};

use super::action_type::*;
use crate::designer::values::value;

pub(crate) const ACTION: ActionType = ActionType {
    name: "Wait",
    block: "Wait",
    source: Source::recorded("devguide/flow-control-actions-wait", "2026-11"),
    aliases: &[Aliases::invented(&["Delay", "Pause", "Sleep"])],
    parameters: &[
        Parameter::single("TimeLimitSeconds").required().between(1, 604_800),
        Parameter::list("Events").such_as(&["CustomerReturned", "BotParticipantDisconnected"]),
    ],
    refused: &["TimeoutSeconds"],
    conditions: Conditions::new(ConditionMode::Equals, &["WaitCompleted", "CustomerReturned", "BotParticipantDisconnected"]),
    errors: Errors {
        required: &["NoMatchingError"],
        conditional: &[Conditional::if_has("Events", "BotParticipantDisconnected", &["ParticipantNotFound"])],
        ..Errors::NONE
    },
    channels: &["CHAT"],
    simulation: Simulation::external(
        "a voice call waits for a function or continues meanwhile, in a form that no page describes",
        "administrator guide, \"Wait\"",
    ),
    forms: &[Form::new("wait", &["seconds"])
        .requires(&["WaitCompleted"])
        .words(&[("TimeLimitSeconds", "seconds"), ("WaitCompleted", "completed")])],
    effects: &[Effect::Waits],
    check,
    converted: &[FromBlock::new("Wait", convert)],
    ..ActionType::BASE
};

fn check(report: &mut Report<'_>, action: Action<'_>) {
    let events = action.parameter("Events").and_then(Value::as_array);
    let events = events.into_iter().flatten().filter_map(Value::as_str);
    for wanted in std::iter::once("WaitCompleted").chain(events) {
        let found = action.branches().any(|branch| {
            let operand = branch.condition().and_then(|c| c.operands.first()?.as_str());
            operand == Some(wanted)
        });
        if !found {
            let path = action.path().key("Transitions").key("Conditions");
            let message = format!("Action is missing required property. Path: {path}");
            report.unrecorded_error("missing-condition", path, message).explain(format!("there is no branch for {wanted}"));
        }
    }
}

/// Converts a wait for a time, or for a customer of a chat to return. The old designer's name of the return is not published;
/// any parameter or branch that mentions one is used.
fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let seconds = ["TimeoutSeconds", "TimeLimitSeconds", "Timeout"].into_iter().find_map(|name| block.parameter(name));
    draft.set("TimeLimitSeconds", value(&seconds.ok_or("it does not say how long")?)?);
    let done = block
        .target_of("Timeout")
        .or_else(|| block.target_matching(|name| matches!(name, "WaitCompleted" | "Complete" | "Success")));
    draft.branch("Equals", "WaitCompleted", done);
    let asked = events(block)?;
    let back = block.target_matching(speaks_of_return);
    if back.is_some() || asked {
        draft.set("Events", json!(["CustomerReturned"]));
        draft.branch("Equals", "CustomerReturned", back);
    }
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}

fn speaks_of_return(name: &str) -> bool {
    name.to_lowercase().contains("return")
}

/// Whether the block waits for the customer's return: by a list of events, or by a separate option.
fn events(block: &Block<'_>) -> Result<bool, String> {
    let mut asked = false;
    for event in block.parameters_matching(|name| matches!(name, "Event" | "Events" | "EventType")) {
        let named: Vec<&str> = match event.value {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one],
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
