use serde_json::{Value, json};

use super::action_type::*;
use crate::call::values::interpolated_map;
use crate::designer::values::resource;
use crate::jsonpath::JsonPath;
use crate::resource_kind::ResourceKind;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactEventHooks",
    block: "Set whisper / hold / customer queue / disconnect flow",
    source: Source::recorded("devguide/contact-actions-updatecontacteventhooks", "2026-11"),
    aliases: &[
        Aliases::designer(&["SetContactFlow", "SetEventHook"]),
        Aliases::block(&["SetCustomerQueueFlow", "SetDisconnectFlow", "SetEventFlow", "SetHoldFlow", "SetWhisperFlow"]),
    ],
    parameters: &[
        Parameter::map("EventHooks").required_unless("EventHooksConfiguration").refers_to("flow").members(&EVENTS),
        Parameter::map("EventHooksConfiguration").members(&EVENTS).status(Status::Seen),
    ],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::performed("the flows run at their events", PAGE),
    forms: &[Form::new("set_event_hooks", &["event_hooks"])],
    check,
    run: Run::Now(set),
    converted: &[FromBlock::new("SetContactFlow", convert), FromBlock::new("SetEventHook", convert)],
    logged_as: |_| "SetContactFlow",
    ..ActionType::BASE
};

/// The events for which a flow can be set.
const EVENTS: [&str; 10] = [
    "AgentHold",
    "AgentWhisper",
    "CustomerHold",
    "CustomerQueue",
    "CustomerRemaining",
    "CustomerWhisper",
    "DefaultAgentUI",
    "DisconnectAgentUI",
    "PauseContact",
    "ResumeContact",
];

/// Checks event hooks. Published exports switch a whisper off by `{"CustomerWhisper": {"DisableExecution": "true"}}`.
fn check(report: &mut Report<'_>, action: Action<'_>) {
    let place = action.parameter_path("EventHooksConfiguration");
    let hooks = action.parameter("EventHooksConfiguration").and_then(Value::as_object);
    for (name, hook) in hooks.into_iter().flatten() {
        let path = place.key(name).key("DisableExecution");
        match hook.get("DisableExecution") {
            Some(Value::String(text)) if !text.is_empty() => {
                let known = text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
                if !known && !report.is_symbolic(text) && JsonPath::parse(text).is_none() {
                    let message = format!("Value is not documented. Path: {path}");
                    report.warn("enum", path, message).explain("exports have \"true\" or \"false\" here");
                }
            }
            _ => {}
        }
    }
}

/// Maximum number of event hooks; more than there are events.
const MAX_HOOKS: usize = 20;

fn set(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    for (event, flow) in interpolated_map(engine, action, "EventHooks") {
        let known = engine.contact.hooks.contains_key(&event) || engine.contact.hooks.len() < MAX_HOOKS;
        if let Some(flow) = flow.as_str().filter(|_| known) {
            engine.contact.hooks.insert(event, flow.to_owned());
        }
    }
    ActionOutcome::next("The event hooks are set")
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let event = block.text("Type").ok_or("it does not say which event")?;
    if !EVENTS.contains(&event.as_str()) {
        return Err(format!("there is no event hook {event}"));
    }
    let flow = block.parameter("ContactFlowId").ok_or("no flow is chosen")?;
    let id = resource(draft, &format!("EventHooks.{event}"), ResourceKind::Flow, &flow)?;
    draft.set("EventHooks", json!({event: id}));
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
