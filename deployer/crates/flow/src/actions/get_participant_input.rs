use std::time::Duration;

use serde_json::{Map, Value, json};

use super::action_type::*;
use crate::call::buffer::{has_buffered_key, switch};
use crate::call::caller::Key;
use crate::call::outcome::hung_up;
use crate::call::stored_input::store;
use crate::call::values::{is_true, prompt, seconds};
use crate::designer::parts::{operand, prompt as legacy_prompt};
use crate::designer::values::value;
use crate::findings::numbers::{check_range, is_key};
use crate::findings::speech;
use crate::path::Path;

pub(crate) const ACTION: ActionType = ActionType {
    name: "GetParticipantInput",
    block: "Get customer input (DTMF) / Store customer input",
    source: Source::recorded("devguide/participant-actions-getparticipantinput", "2026-11"),
    aliases: &[
        Aliases::designer(&["GetUserInput", "StoreUserInput"]),
        Aliases::block(&["GetCustomerInput", "SetTouchtoneBufferBehavior", "StoreCustomerInput"]),
        Aliases::invented(&[
            "CollectDigits",
            "CollectInput",
            "Gather",
            "GatherInput",
            "GetDTMF",
            "GetDigits",
            "GetInput",
            "Menu",
        ]),
    ],
    parameters: &[
        TEXT,
        SSML,
        PROMPT_ID,
        MEDIA,
        Parameter::fixed("InputTimeLimitSeconds").required_unless("EnableDTMFBuffer").at_least(1).or_number(),
        Parameter::fixed("StoreInput").required_unless("EnableDTMFBuffer").one_of(TRUE_FALSE),
        Parameter::object("InputValidation").members(&["PhoneNumberValidation", "CustomValidation"]),
        Parameter::object("InputEncryption").members(&["EncryptionKeyId", "Key"]),
        Parameter::object("DTMFConfiguration").refuses_booleans().members(&[
            "InputTerminationSequence",
            "DisableCancelKey",
            "InterdigitTimeLimitSeconds",
        ]),
        Parameter::fixed("EnableDTMFBuffer").one_of(TRUE_FALSE).status(Status::Documented),
    ],
    groups: &[Group::at_most_one(&["Text", "SSML", "PromptId", "Media"])],
    refused: &["TextToSpeechType"],
    defaults: &[
        (&["DTMFConfiguration", "InputTerminationSequence"], "#"),
        (&["DTMFConfiguration", "DisableCancelKey"], "False"),
        (&["DTMFConfiguration", "InterdigitTimeLimitSeconds"], "5"),
    ],
    conditions: Conditions::new(ConditionMode::Dtmf, &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]),
    errors: Errors {
        required: &["NoMatchingError"],
        conditional: &[
            Conditional::if_not("StoreInput", "True", &["NoMatchingCondition", "InputTimeLimitExceeded"])
                .unless("EnableDTMFBuffer")
                .refused_otherwise(),
            Conditional::if_is("StoreInput", "True", &["InvalidPhoneNumber"])
                .with("InputValidation", "PhoneNumberValidation")
                .unless("EnableDTMFBuffer")
                .refused_otherwise(),
        ],
        ..Errors::NONE
    },
    flow_types: &[
        FlowType::ContactFlow,
        FlowType::AgentTransfer,
        FlowType::QueueTransfer,
        FlowType::CustomerQueue,
        FlowType::Module,
        FlowType::OutboundWhisper,
    ],
    channels: &["VOICE"],
    simulation: Simulation::performed(
        "one key, or several that are stored",
        "AWS page on the action; administrator guide, \"Store customer input\"",
    ),
    forms: &[
        Form::new("ask", &["speech"])
            .fixed(&[("StoreInput", "False")])
            .without(&["InputValidation", "EnableDTMFBuffer"])
            .words(&[("InputTimeLimitSeconds", "seconds")]),
        Form::new("ask_for_input", &["speech"])
            .fixed(&[("StoreInput", "True")])
            .without(&["EnableDTMFBuffer"])
            .requires(&["InputValidation"])
            .words(&[("InputTimeLimitSeconds", "seconds")]),
        Form::new("buffer_keys", &["enable_dtmf_buffer"])
            .without(&["Text", "SSML", "PromptId", "Media", "InputValidation", "InputEncryption", "DTMFConfiguration"])
            .requires(&["EnableDTMFBuffer"]),
    ],
    effects: &[Effect::Waits, Effect::Heard],
    without_conditions,
    check,
    run: Run::Later(|engine, action| Box::pin(ask(engine, action))),
    converted: &[
        FromBlock::new("GetUserInput", convert_menu),
        FromBlock::new("StoreUserInput", convert_store),
        FromBlock::new("StoreCustomerInput", convert_store),
    ],
    logged_as: |action| if action.text("StoreInput") == Some("True") { "StoreUserInput" } else { "GetUserInput" },
    ..ActionType::BASE
};

/// An action that stores the input, or that switches touchtone buffering, has no conditions.
fn without_conditions(action: Action<'_>) -> Option<&'static str> {
    let stores = is_true(action, "StoreInput").then_some(" that stores the input");
    stores.or_else(|| action.parameter("EnableDTMFBuffer").map(|_| ""))
}

fn check(report: &mut Report<'_>, action: Action<'_>) {
    let buffers = action.parameter("EnableDTMFBuffer").is_some();
    match (action.text("StoreInput"), action.parameter("InputValidation")) {
        (Some("True"), None) if !buffers => report.missing_parameter(action, "InputValidation", Severity::Error),
        (Some("False"), Some(_)) => {
            let path = action.parameter_path("InputValidation");
            let message = format!("Invalid Action property name. Path: {path}");
            report.error("unknown-parameter", path, message).explain("a menu (StoreInput \"False\") has nothing to validate");
        }
        _ => {}
    }
    if let Some(validation) = action.parameter("InputValidation") {
        input_validation(report, &action.parameter_path("InputValidation"), validation);
    }
    dtmf(report, action);
    speech::check(report, action);
}

/// Checks `InputValidation` (AWS page on `GetParticipantInput`).
fn input_validation(report: &mut Report<'_>, place: &Path, validation: &Value) {
    if let Some(format) = validation.pointer("/PhoneNumberValidation/NumberFormat").and_then(Value::as_str) {
        let path = place.key("PhoneNumberValidation").key("NumberFormat");
        if !matches!(format, "Local" | "E164") && !report.is_symbolic(format) {
            report.bad_value("enum", path).explain("NumberFormat is Local or E164");
        }
    }
    if let Some(length) = validation.pointer("/CustomValidation/MaximumLength") {
        let path = place.key("CustomValidation").key("MaximumLength");
        check_range(report, path, length, 1..=i64::MAX, "the longest input is a number of at least 1");
    }
}

/// Checks `DTMFConfiguration` (AWS page on `GetParticipantInput`).
fn dtmf(report: &mut Report<'_>, action: Action<'_>) {
    let Some(keypad) = action.parameter("DTMFConfiguration") else {
        return;
    };
    let place = action.parameter_path("DTMFConfiguration");
    let text = |name: &str| keypad.get(name).and_then(Value::as_str);
    let cancel = text("DisableCancelKey");
    if cancel.is_some_and(|value| !matches!(value, "True" | "False") && !report.is_symbolic(value)) {
        report.bad_value("enum", place.key("DisableCancelKey")).explain("DisableCancelKey is \"True\" or \"False\"");
    }
    if let Some(end) = text("InputTerminationSequence").filter(|end| !end.is_empty()) {
        let path = place.key("InputTerminationSequence");
        let fault = if end.chars().count() > 5 || !end.chars().all(is_key) {
            Some("the terminator is 1 to 5 of 0-9, * and #")
        } else if end.contains('*') && cancel != Some("True") {
            Some("* clears the input; in a terminator it needs DisableCancelKey \"True\"")
        } else {
            None
        };
        if let Some(fault) = fault.filter(|_| !report.is_symbolic(end)) {
            report.bad_value("terminator", path).explain(fault);
        }
    }
    if let Some(between) = keypad.get("InterdigitTimeLimitSeconds") {
        check_range(
            report,
            place.key("InterdigitTimeLimitSeconds"),
            between,
            1..=20,
            "the time between two keys is 1 to 20 seconds",
        );
    }
}

async fn ask(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    if let Some(on) = action.text("EnableDTMFBuffer") {
        return switch(engine, action, on.eq_ignore_ascii_case("true")).await;
    }
    let parameters = action.parameter_value().unwrap_or(&Value::Null);
    let ahead = has_buffered_key(engine).await;
    match prompt(engine, parameters) {
        Ok(_) if ahead => {}
        Ok(sentences) => engine.play(sentences),
        Err(why) => return ActionOutcome::error("NoMatchingError", why),
    }
    let Some(limit) = seconds(engine, action, "InputTimeLimitSeconds") else {
        return ActionOutcome::error("NoMatchingError", "InputTimeLimitSeconds is not a number");
    };
    if is_true(action, "StoreInput") { store(engine, action, limit).await } else { menu(engine, limit).await }
}

async fn menu(engine: &mut Engine<'_>, limit: Duration) -> ActionOutcome {
    match engine.key(limit).await {
        Key::Press(key) => ActionOutcome::new(Control::Result(Some(key.to_string())), key),
        Key::Silence => {
            engine.advance_time(limit);
            ActionOutcome::new(Control::Error("InputTimeLimitExceeded".into()), "Timeout")
        }
        Key::HangUp => hung_up(),
    }
}

fn convert_menu(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    legacy_prompt(block, draft)?;
    draft.set("StoreInput", "False");
    time_limit(block, draft);
    if let Some(most) = block.text("MaxDigits").filter(|most| most != "1") {
        return Err(format!("it takes {most} keys, and a menu of the Flow language takes one"));
    }
    for branch in block.branches("Evaluate") {
        draft.branch("Equals", operand(&branch)?, branch.target);
    }
    draft.error(block, "NoMatchingCondition", "NoMatch");
    draft.error(block, "InputTimeLimitExceeded", "Timeout");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}

fn convert_store(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    legacy_prompt(block, draft)?;
    draft.set("StoreInput", "True");
    time_limit(block, draft);
    let phone = block.text("CustomerInputType").as_deref() == Some("PhoneNumber");
    let validation = if phone { convert_phone_number(block)? } else { custom(block)? };
    draft.set("InputValidation", validation);
    keypad(block, draft)?;
    leftovers(block, phone);
    if block.parameter("EncryptEntry").is_some_and(|encrypt| encrypt.is_true()) {
        let part = |name: &str| block.parameter(name).ok_or(format!("it encrypts the input and has no {name}"));
        let (id, key) = (value(&part("EncryptionKeyId")?)?, value(&part("EncryptionKey")?)?);
        draft.set("InputEncryption", json!({"EncryptionKeyId": id, "Key": key}));
    }
    draft.follow(block, "Success");
    if phone {
        draft.error(block, "InvalidPhoneNumber", "InvalidNumber");
    }
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}

/// The designer's default timeout for a first key, in seconds.
const SECONDS: &str = "5";

fn time_limit(block: &Block<'_>, draft: &mut ActionBuilder) {
    let seconds = block.text("Timeout").unwrap_or_else(|| {
        draft.assume(format!("the block has no time limit; it is {SECONDS} seconds, the designer's own"));
        SECONDS.to_owned()
    });
    draft.set("InputTimeLimitSeconds", seconds);
}

/// Marks as read the values that the designer keeps for an option that is not chosen, which have no meaning.
fn leftovers(block: &Block<'_>, phone: bool) {
    let encrypts = block.parameter("EncryptEntry").is_some_and(|encrypt| encrypt.is_true());
    let unchosen: &[&str] = if phone { &["MaxDigits"] } else { &["PhoneNumberFormat", "CountryCode"] };
    let keys: &[&str] = if encrypts { &[] } else { &["EncryptionKeyId", "EncryptionKey"] };
    for name in unchosen.iter().chain(keys) {
        block.parameters(name);
    }
}

fn convert_phone_number(block: &Block<'_>) -> Result<Value, String> {
    match (block.text("PhoneNumberFormat").as_deref(), block.text("CountryCode")) {
        (Some("Local"), Some(country)) => Ok(json!({"PhoneNumberValidation": {"NumberFormat": "Local", "CountryCode": country}})),
        (Some("Local"), None) => Err("it takes local numbers and names no country".to_owned()),
        (Some("International" | "E164"), _) => Ok(json!({"PhoneNumberValidation": {"NumberFormat": "E164"}})),
        (other, _) => Err(format!("the number format \"{}\" is not known", other.unwrap_or_default())),
    }
}

fn custom(block: &Block<'_>) -> Result<Value, String> {
    let most = block.text("MaxDigits").ok_or("it does not say how many keys it takes")?;
    Ok(json!({"CustomValidation": {"MaximumLength": most}}))
}

fn keypad(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let mut keypad = Map::new();
    if let Some(end) = block.parameter("TerminatorDigits") {
        keypad.insert("InputTerminationSequence".to_owned(), value(&end)?.into());
    }
    if let Some(disabled) = block.parameter("DisableCancel") {
        keypad.insert("DisableCancelKey".to_owned(), if disabled.is_true() { "True" } else { "False" }.into());
    }
    if !keypad.is_empty() {
        draft.set("DTMFConfiguration", keypad);
    }
    Ok(())
}
