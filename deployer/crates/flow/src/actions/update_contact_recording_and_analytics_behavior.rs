use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactRecordingAndAnalyticsBehavior",
    block: "Set recording, analytics and processing behavior",
    source: Source::recorded("devguide/contact-actions-updatecontactrecordingandanalyticsbehavior", "2026-11"),
    aliases: &[Aliases::block(&["SetRecordingAndAnalyticsBehavior"]).rank(2)],
    parameters: &[
        Parameter::object("VoiceBehavior").free(),
        Parameter::object("ChatBehavior").free(),
        Parameter::object("ScreenRecordingBehavior").free(),
    ],
    groups: &[Group::exactly_one(&["VoiceBehavior", "ChatBehavior", "ScreenRecordingBehavior"])],
    errors: Errors {
        required: &["NoMatchingError", "ChannelMismatch"],
        conditional: &[Conditional::if_present("ChatBehavior", &["InFlightRedactionConfigurationFailed"])],
        ..Errors::NONE
    },
    simulation: Simulation::performed(
        "nothing is recorded; behaviour of chats does not fit the channel",
        "published records of CreateContactFlow calls; that the error is this one is inferred from its name (unverified)",
    ),
    forms: &[Form::new("set_recording_and_analytics", &[])],
    run: Run::Now(set),
    ..ActionType::BASE
};

/// Sets the recording behaviour. Settings for chats do not apply to a call.
fn set(_: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    match action.parameter("ChatBehavior") {
        Some(_) => ActionOutcome::error("ChannelMismatch", "ChatBehavior is for chats, this is a voice call"),
        None => ActionOutcome::next("Nothing is recorded in a simulated call"),
    }
}
