use serde_json::Value;

use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UntagContact",
    block: "Contact tags",
    source: Source::recorded("devguide/contact-actions-untagcontact", "2026-11"),
    aliases: &[Aliases::page(&["UnTagContact"]), Aliases::block(&["ContactTags"]).rank(2)],
    parameters: &[Parameter::list("TagKeys").required().not_empty()],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::performed(
        "the contact does not have the tags any more",
        "published records of CreateContactFlow calls",
    ),
    run: Run::Now(untag),
    ..ActionType::BASE
};

fn untag(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let keys = action.parameter("TagKeys").and_then(Value::as_array);
    for key in keys.into_iter().flatten().filter_map(Value::as_str) {
        let key = engine.contact.fill(key);
        engine.contact.tags.shift_remove(&key);
    }
    ActionOutcome::next("The tags are removed")
}
