//! Flow-log entries as Connect writes them to CloudWatch Logs
//! (AWS administrator guide, "Track events as customers interact with flows").

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::actions;
use crate::call::engine::Engine;
use crate::model::Action;

/// Returns one entry; the module types have the names of the old designer.
pub(super) fn entry(engine: &Engine<'_>, action: Action<'_>, results: &str, external: Option<&Value>) -> Value {
    let contact = &engine.contact;
    let flow = &engine.frame.flow;
    let parameters = action.parameter_value().map_or_else(|| json!({}), |parameters| contact.interpolate_value(parameters));
    let mut entry = json!({
        "ContactId": contact.id,
        "ContactFlowId": flow.arn,
        "ContactFlowName": flow.name,
        "ContactFlowModuleType": module_type(action),
        "Identifier": action.identifier(),
        "Timestamp": timestamp(engine),
        "Parameters": parameters,
        "Results": results,
    });
    if let Some(external) = external {
        entry["ExternalResults"] = external.clone();
    }
    if !engine.call_stack.is_empty() {
        let stack: Vec<_> = engine
            .call_stack
            .iter()
            .skip(1)
            .map(|waiting| &waiting.frame)
            .chain(std::iter::once(&engine.frame))
            .map(|frame| frame.flow.arn.as_str())
            .collect();
        entry["ModuleExecutionStack"] = json!(stack);
    }
    entry
}

fn timestamp(engine: &Engine<'_>) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from(engine.host.now()).format(&format).unwrap_or_default()
}

/// Returns the name of the action's block in the old designer, or else its type.
fn module_type(action: Action<'_>) -> &str {
    let kind = action.kind().unwrap_or_default();
    match actions::get(kind).map(|rules| (rules.logged_as)(action)) {
        None | Some("") => kind,
        Some(name) => name,
    }
}
