use serde_json::Value;

use super::action_type::*;
use crate::call::values::{interpolated_map, set_all};

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateFlowAttributes",
    block: "Set contact attributes (Flow namespace)",
    source: Source::recorded("devguide/flow-control-actions-updateflowattributes", "2026-11"),
    aliases: &[Aliases::invented(&["SetFlowAttributes"]), Aliases::invented(&["SetVariable"]).rank(2)],
    parameters: &[Parameter::map("FlowAttributes").required().entries_in("Value")],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::performed("seen by this flow only", PAGE),
    forms: &[Form::new("set_flow_attributes", &["flow_attributes"])],
    check,
    run: Run::Now(set),
    logged_as: |_| "SetAttributes",
    ..ActionType::BASE
};

fn check(report: &mut Report<'_>, action: Action<'_>) {
    let map = action.parameter("FlowAttributes").and_then(Value::as_object);
    for (name, value) in map.into_iter().flatten() {
        if value.get("Value").and_then(Value::as_str).is_none() {
            report
                .bad_value("value-kind", action.parameter_path("FlowAttributes").key(name))
                .explain("a flow attribute is written {\"Value\": \"…\"}");
        }
    }
}

fn set(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let entries = interpolated_map(engine, action, "FlowAttributes").into_iter();
    let added = entries.map(|(name, entry)| (name, entry.get("Value").cloned().unwrap_or(Value::Null))).collect();
    set_all(&mut engine.contact.scope.flow_attributes, added, "flow attributes")
}
