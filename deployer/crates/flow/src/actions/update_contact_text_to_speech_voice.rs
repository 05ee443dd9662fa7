use super::action_type::*;
use crate::call::values::filled;
use crate::designer::values::value;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactTextToSpeechVoice",
    block: "Set voice",
    source: Source::recorded("devguide/contact-actions-updatecontacttexttospeechvoice", "2026-11"),
    aliases: &[Aliases::designer(&["SetVoice"]), Aliases::invented(&["SetLanguage"]).rank(2)],
    parameters: &[
        Parameter::dynamic("TextToSpeechVoice").required(),
        Parameter::dynamic("TextToSpeechEngine"),
        Parameter::dynamic("TextToSpeechStyle"),
    ],
    refused: &["VoiceId", "Engine"],
    errors: Errors::optional(&["NoMatchingError"]),
    simulation: Simulation::performed("the voice can be read afterwards", PAGE),
    forms: &[Form::new("set_voice", &["voice"]).words(&[
        ("TextToSpeechVoice", "voice"),
        ("TextToSpeechEngine", "engine"),
        ("TextToSpeechStyle", "style"),
    ])],
    run: Run::Now(set),
    converted: &[FromBlock::new("SetVoice", convert)],
    logged_as: |_| "SetVoice",
    ..ActionType::BASE
};

/// Sets the voice. Names of voices are not validated before a call (published records of `CreateContactFlow` calls); an empty
/// one is invalid (unverified).
fn set(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let name = filled(engine, action, "TextToSpeechVoice").unwrap_or_default();
    if name.is_empty() {
        return ActionOutcome::error("NoMatchingError", "the voice has no name");
    }
    engine.contact.voice = name;
    ActionOutcome::next("The voice is set")
}

/// Converts the voice, its engine and its style (AWS page on `UpdateContactTextToSpeechVoice`).
fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let voice = block.parameter("GlobalVoice").ok_or("no voice is chosen")?;
    draft.set("TextToSpeechVoice", value(&voice)?);
    for (name, member) in [("GlobalEngine", "TextToSpeechEngine"), ("SpeakingStyle", "TextToSpeechStyle")] {
        if let Some(written) = block.parameter(name).filter(|part| part.text().is_some_and(|text| !text.is_empty())) {
            draft.set(member, value(&written)?);
        }
    }
    draft.follow(block, "Success");
    if block.target_of("Error").is_some() {
        draft.error(block, "NoMatchingError", "Error");
    }
    Ok(())
}
