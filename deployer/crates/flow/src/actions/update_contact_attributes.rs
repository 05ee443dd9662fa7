use serde_json::json;

use super::action_type::*;
use crate::call::values::{interpolated_map, set_all};
use crate::designer::parts::keyed;
use crate::designer::values::value;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactAttributes",
    block: "Set contact attributes",
    source: Source::recorded("devguide/contact-actions-updatecontactattributes", "2026-11"),
    aliases: &[
        Aliases::designer(&["SetAttributes"]),
        Aliases::block(&["SetContactAttributes"]),
        Aliases::invented(&["SetVariable", "UpdateAttributes"]),
    ],
    parameters: &[Parameter::map("Attributes").required(), Parameter::fixed("TargetContact").such_as(&["Current", "Related"])],
    defaults: &[(&["TargetContact"], "Current")],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::performed("all of them or none, up to 32 KB", PAGE),
    forms: &[Form::new("set_attributes", &["attributes"])],
    run: Run::Now(set),
    converted: &[
        FromBlock::new("SetAttributes", convert),
        // The name used in 2018, for a block that sets one attribute.
        FromBlock::new("SetScreenPop", screen_pop),
    ],
    logged_as: |_| "SetAttributes",
    ..ActionType::BASE
};

fn set(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let added = interpolated_map(engine, action, "Attributes");
    // All or nothing (AWS page on UpdateContactAttributes).
    set_all(&mut engine.contact.attributes, added, "attributes")
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let map = keyed(draft, &block.parameters("Attribute"))?;
    draft.set("Attributes", map);
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}

fn screen_pop(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let key = block.text("key").filter(|key| !key.is_empty()).ok_or("it does not say which attribute")?;
    let written = value(&block.parameter("value").ok_or("it does not say what the attribute is set to")?)?;
    if written.is_empty() {
        return Err(format!("\"{key}\" has an empty text, which Connect refuses"));
    }
    draft.set("Attributes", json!({key: written}));
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
