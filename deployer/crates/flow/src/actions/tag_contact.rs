use super::action_type::*;
use crate::call::values::{interpolated_map, set_all};

pub(crate) const ACTION: ActionType = ActionType {
    name: "TagContact",
    block: "Contact tags",
    source: Source::recorded("devguide/contact-actions-tagcontact", "2026-11"),
    aliases: &[Aliases::block(&["ContactTags"])],
    parameters: &[Parameter::map("Tags").required().at_most_entries(6)],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::performed("the contact has the tags", PAGE),
    run: Run::Now(tag),
    ..ActionType::BASE
};

fn tag(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let tags = interpolated_map(engine, action, "Tags");
    set_all(&mut engine.contact.tags, tags, "tags")
}
