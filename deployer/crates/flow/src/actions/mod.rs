//! The action types of the Flow language, one file each: name, parameters, branches, checks, simulation, conversion from the old
//! designer, and the page of AWS's guides that describes it.
//!
//! Each declaration names its page, the month in which it was last compared with that page, and its [`Status`], the reliability
//! of the entry. A name that is not declared here is never an error, because the service is ahead of its guides.

mod action_type;
mod associate_contact_to_customer_profile;
mod authenticate_participant;
mod check_hours_of_operation;
mod check_metric_data;
mod check_outbound_call_status;
mod check_voice_id;
mod compare;
mod complete_outbound_call;
mod connect_participant_with_agentic_cx;
mod connect_participant_with_lex_bot;
mod create_callback_contact;
mod create_case;
mod create_contact;
mod create_customer_profile;
mod create_persistent_contact_association;
mod create_task;
mod create_wisdom_session;
mod dequeue_contact_and_transfer_to_queue;
mod disconnect_participant;
mod distribute_by_percentage;
mod end_flow_execution;
mod end_flow_module_execution;
mod evaluate_data_table_values;
mod get_calculated_attributes_for_customer_profile;
mod get_case;
mod get_customer_profile;
mod get_customer_profile_object;
mod get_metric_data;
mod get_participant_input;
mod invoke_flow_module;
mod invoke_lambda_function;
mod list_data_table_values;
mod load_contact_content;
mod r#loop;
mod message_participant;
mod message_participant_iteratively;
mod render_message_template;
mod resume_contact;
mod show_view;
mod start_outbound_chat_contact;
mod start_outbound_email_contact;
mod start_voice_id_stream;
mod tag_contact;
mod transfer_contact_to_agent;
mod transfer_contact_to_queue;
mod transfer_participant_to_third_party;
mod transfer_to_flow;
mod untag_contact;
mod update_case;
mod update_contact_attributes;
mod update_contact_callback_number;
mod update_contact_data;
mod update_contact_event_hooks;
mod update_contact_media_processing;
mod update_contact_media_streaming_behavior;
mod update_contact_recording_and_analytics_behavior;
mod update_contact_recording_behavior;
mod update_contact_routing_behavior;
mod update_contact_routing_criteria;
mod update_contact_target_queue;
mod update_contact_text_to_speech_voice;
mod update_customer_profile;
mod update_flow_attributes;
mod update_flow_logging_behavior;
mod update_previous_contact_participant_state;
mod upsert_data_table_values;
mod wait;

use std::collections::BTreeMap;
use std::sync::OnceLock;

pub use action_type::{ActionType, Aliases, NameSource};
pub(crate) use action_type::{Effect, FromBlock, Run};
pub(crate) use check_hours_of_operation::ACTION as CHECK_HOURS_OF_OPERATION;
pub(crate) use disconnect_participant::ACTION as DISCONNECT_PARTICIPANT;
pub(crate) use distribute_by_percentage::ACTION as DISTRIBUTE_BY_PERCENTAGE;
pub(crate) use invoke_lambda_function::ACTION as INVOKE_LAMBDA_FUNCTION;
pub(crate) use transfer_contact_to_queue::ACTION as TRANSFER_CONTACT_TO_QUEUE;
pub(crate) use update_flow_attributes::ACTION as UPDATE_FLOW_ATTRIBUTES;

use crate::model::Action;
pub use crate::rules::{
    ConditionMode, Conditional, Conditions, Errors, Form, Group, Kind, NextRequirement, Parameter, Rule, Simulation,
    SimulationSupport, Source, Status,
};

/// All action types, in alphabetical order.
static ALL: &[&ActionType] = &[
    &associate_contact_to_customer_profile::ACTION,
    &authenticate_participant::ACTION,
    &check_hours_of_operation::ACTION,
    &check_metric_data::ACTION,
    &check_outbound_call_status::ACTION,
    &check_voice_id::ACTION,
    &compare::ACTION,
    &complete_outbound_call::ACTION,
    &connect_participant_with_agentic_cx::ACTION,
    &connect_participant_with_lex_bot::ACTION,
    &create_callback_contact::ACTION,
    &create_case::ACTION,
    &create_contact::ACTION,
    &create_customer_profile::ACTION,
    &create_persistent_contact_association::ACTION,
    &create_task::ACTION,
    &create_wisdom_session::ACTION,
    &dequeue_contact_and_transfer_to_queue::ACTION,
    &disconnect_participant::ACTION,
    &distribute_by_percentage::ACTION,
    &end_flow_execution::ACTION,
    &end_flow_module_execution::ACTION,
    &evaluate_data_table_values::ACTION,
    &get_calculated_attributes_for_customer_profile::ACTION,
    &get_case::ACTION,
    &get_customer_profile::ACTION,
    &get_customer_profile_object::ACTION,
    &get_metric_data::ACTION,
    &get_participant_input::ACTION,
    &invoke_flow_module::ACTION,
    &invoke_lambda_function::ACTION,
    &list_data_table_values::ACTION,
    &load_contact_content::ACTION,
    &r#loop::ACTION,
    &message_participant::ACTION,
    &message_participant_iteratively::ACTION,
    &render_message_template::ACTION,
    &resume_contact::ACTION,
    &show_view::ACTION,
    &start_outbound_chat_contact::ACTION,
    &start_outbound_email_contact::ACTION,
    &start_voice_id_stream::ACTION,
    &tag_contact::ACTION,
    &transfer_contact_to_agent::ACTION,
    &transfer_contact_to_queue::ACTION,
    &transfer_participant_to_third_party::ACTION,
    &transfer_to_flow::ACTION,
    &untag_contact::ACTION,
    &update_case::ACTION,
    &update_contact_attributes::ACTION,
    &update_contact_callback_number::ACTION,
    &update_contact_data::ACTION,
    &update_contact_event_hooks::ACTION,
    &update_contact_media_processing::ACTION,
    &update_contact_media_streaming_behavior::ACTION,
    &update_contact_recording_and_analytics_behavior::ACTION,
    &update_contact_recording_behavior::ACTION,
    &update_contact_routing_behavior::ACTION,
    &update_contact_routing_criteria::ACTION,
    &update_contact_target_queue::ACTION,
    &update_contact_text_to_speech_voice::ACTION,
    &update_customer_profile::ACTION,
    &update_flow_attributes::ACTION,
    &update_flow_logging_behavior::ACTION,
    &update_previous_contact_participant_state::ACTION,
    &upsert_data_table_values::ACTION,
    &wait::ACTION,
];

/// Returns all action types, in alphabetical order.
pub fn all() -> impl Iterator<Item = &'static ActionType> {
    ALL.iter().copied()
}

/// Returns the action type of this name.
#[must_use]
pub fn get(name: &str) -> Option<&'static ActionType> {
    ALL.binary_search_by(|rules| rules.name.cmp(name)).ok().map(|at| ALL[at])
}

/// Whether an action has this effect.
pub(crate) fn has(action: Action<'_>, effect: Effect) -> bool {
    action.kind().and_then(get).is_some_and(|rules| rules.has(effect))
}

/// Whether success of an action leaves the flow.
pub(crate) fn leaves(action: Action<'_>) -> bool {
    action.kind().and_then(get).is_some_and(|rules| (rules.leaves)(action))
}

/// Whether a contact never takes this action's `NextAction`, although it is required: where conditions decide it is only a copy
/// of another branch, and where success leaves the flow nothing follows.
pub(crate) fn is_next_action_unused(action: Action<'_>) -> bool {
    let no_match = action.errors().any(|branch| branch.error_type() == Some("NoMatchingCondition"));
    action.branches().next().is_some() || no_match || leaves(action)
}

/// Returns the reason why a test may not define the result of an action of this type; `None` if it may. Results of unknown types
/// may be defined.
pub(crate) fn stub_refusal_reason(name: &str) -> Option<String> {
    let simulation = get(name)?.simulation;
    match simulation.support {
        _ if simulation.accepts_stubbed_result => None,
        SimulationSupport::NotInVoice => {
            Some(format!("{name} takes its error branch in a voice call: {}", simulation.description))
        }
        _ => Some(format!("{name} is simulated; define its inputs, or make it fail with `fails`")),
    }
}

/// A name by which people call an action type: place, origin, and the type that is called so.
type Alias = (u8, NameSource, &'static str);

/// Returns the names by which people call action types.
fn aliases() -> impl Iterator<Item = (&'static str, Alias)> {
    let groups = all().flat_map(|rules| rules.aliases.iter().map(move |group| (group, rules.name)));
    groups.flat_map(|(group, of)| group.names.iter().map(move |name| (*name, (group.rank, group.source, of))))
}

/// Returns the names that [`canonical_names`] knows.
pub(crate) fn alias_names() -> impl Iterator<Item = &'static str> {
    aliases().map(|(name, _)| name)
}

/// Returns the action types probably meant by a wrong name, best first, and the origin of that name. Letter case and punctuation
/// are ignored.
#[must_use]
pub fn canonical_names(name: &str) -> Option<(NameSource, Vec<&'static str>)> {
    static BY_LETTERS: OnceLock<BTreeMap<String, Vec<Alias>>> = OnceLock::new();
    let by_letters = BY_LETTERS.get_or_init(|| {
        let mut all: BTreeMap<String, Vec<Alias>> = BTreeMap::new();
        for (name, alias) in aliases() {
            all.entry(letters(name)).or_default().push(alias);
        }
        all.values_mut().for_each(|meant| meant.sort_by_key(|(rank, ..)| *rank));
        all
    });
    let meant = by_letters.get(&letters(name))?;
    Some((meant.first()?.1, meant.iter().map(|(.., name)| *name).collect()))
}

/// Returns the letters and digits of a name in lower case.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_is_sorted() {
        assert!(ALL.is_sorted_by(|one, other| one.name < other.name));
        assert!(all().all(|rules| get(rules.name).is_some_and(|found| found.name == rules.name)));
    }

    #[test]
    fn rules_name_their_own_parameters() {
        for rules in all() {
            let name = rules.name;
            let grouped = rules.groups.iter().flat_map(|group| group.keys).copied();
            let deciding = rules.errors.conditional.iter().map(|rule| rule.parameter);
            let excluding = rules.errors.conditional.iter().filter_map(|rule| rule.unless);
            let replacing = rules.parameters.iter().filter_map(|rule| rule.required_unless);
            let defaulted = rules.defaults.iter().map(|(path, _)| path[0]);
            for parameter in grouped.chain(deciding).chain(excluding).chain(replacing).chain(defaulted) {
                assert!(rules.parameter(parameter).is_some(), "{name}: {parameter}");
            }
            for refused in rules.refused {
                assert!(rules.parameter(refused).is_none(), "{name}: {refused} is taken and refused");
            }
            let simulation = rules.simulation;
            assert!(!simulation.description.is_empty() && !simulation.source.is_empty(), "{name}");
            let is_run = !matches!(rules.run, Run::Nothing);
            assert_eq!(simulation.support == SimulationSupport::Performed, is_run, "{name}");
            let in_voice = rules.channels.is_empty() || rules.channels.contains(&"VOICE");
            let fails = matches!(simulation.support, SimulationSupport::NotInVoice | SimulationSupport::External);
            assert!(in_voice || fails, "{name}");
        }
    }

    #[test]
    fn aliases_are_no_action_types() {
        for (name, (rank, source, of)) in aliases() {
            assert!(get(name).is_none(), "{name} is a real type");
            let (first, meant) = canonical_names(name).unwrap();
            assert_eq!((first, meant.get(usize::from(rank) - 1)), (source, Some(&of)), "{name}");
        }
    }

    #[test]
    fn documented_types_name_their_page_and_month() {
        for rules in all() {
            let name = rules.name;
            let Source { status, page, month } = rules.source;
            let number = month.strip_prefix("2026-").and_then(|month| month.parse::<u8>().ok());
            assert!(number.is_some_and(|month| (1..=12).contains(&month)), "{name}: {month}");
            if status == Status::Documented {
                assert!(page.starts_with("devguide/") || page.starts_with("adminguide/"), "{name}: {page}");
            }
        }
    }
}
