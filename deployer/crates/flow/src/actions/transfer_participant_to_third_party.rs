use super::action_type::*;
use crate::call::resources::ThirdParty;
use crate::call::values::{filled, is_e164, not_e164_message};
use crate::designer::values::value;
use crate::findings::numbers::is_key;

pub(crate) const ACTION: ActionType = ActionType {
    name: "TransferParticipantToThirdParty",
    block: "Transfer to phone number",
    source: Source::recorded("devguide/participant-actions-transferparticipanttothirdparty", "2026-11"),
    aliases: &[
        Aliases::block(&["TransferToPhoneNumber"]),
        Aliases::invented(&["Dial", "DialNumber", "TransferCall", "TransferToNumber", "TransferToThirdParty"]),
    ],
    parameters: &[
        Parameter::dynamic("ThirdPartyPhoneNumber").required(),
        Parameter::single("ThirdPartyConnectionTimeLimitSeconds").between(0, 600),
        Parameter::fixed("ContinueFlowExecution").one_of(&["True", "False"]),
        Parameter::single("ThirdPartyDTMFDigits"),
        Parameter::object("CallerId").members(&["Number", "Name"]),
    ],
    defaults: &[(&["ContinueFlowExecution"], "False")],
    errors: Errors {
        required: &["NoMatchingError"],
        conditional: &[Conditional::if_is("ContinueFlowExecution", "True", &["CallFailed", "ConnectionTimeLimitExceeded"])
            .refused_otherwise()],
        ..Errors::NONE
    },
    flow_types: WITH_CALLER,
    channels: &["VOICE"],
    simulation: Simulation::performed("the number answers, fails or does not answer, as given", PAGE),
    forms: &[Form::new("transfer_to_phone_number", &["number"]).words(&[
        ("ThirdPartyPhoneNumber", "number"),
        ("ThirdPartyConnectionTimeLimitSeconds", "seconds"),
        ("ThirdPartyDTMFDigits", "digits"),
        ("ConnectionTimeLimitExceeded", "timeout"),
    ])],
    effects: &[Effect::Waits],
    leaves: |action| action.text("ContinueFlowExecution") != Some("True"),
    check,
    run: Run::Now(call),
    converted: &[FromBlock::new("Transfer", convert).to("PhoneNumber"), FromBlock::new("TransferToPhoneNumber", convert)],
    logged_as: |_| "Transfer",
    ..ActionType::BASE
};

fn check(report: &mut Report<'_>, action: Action<'_>) {
    let digits = action.text("ThirdPartyDTMFDigits").unwrap_or_default();
    let fixed = !digits.starts_with('$') && !report.is_symbolic(digits);
    if fixed && (digits.chars().count() > 50 || !digits.chars().all(|c| is_key(c) || c == ',')) {
        report
            .bad_value("keys", action.parameter_path("ThirdPartyDTMFDigits"))
            .explain("the keys to send are at most 50 of 0-9, comma, * and #");
    }
}

/// Calls a third party. The flow continues after the other call only if it is configured to (AWS page on the action).
fn call(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let number = filled(engine, action, "ThirdPartyPhoneNumber").unwrap_or_default();
    let goes_on = action.text("ContinueFlowExecution") == Some("True");
    if !is_e164(&number) {
        return ActionOutcome::error("CallFailed", not_e164_message(&number));
    }
    match engine.host.third_party(&number) {
        ThirdParty::Answers if goes_on => ActionOutcome::next(format!("The call with {number} is over")),
        ThirdParty::Answers => {
            ActionOutcome::new(Control::End(format!("transferred: {number}")), format!("Transferred to {number}"))
        }
        ThirdParty::Fails => ActionOutcome::error("CallFailed", format!("{number} cannot be called")),
        ThirdParty::DoesNotAnswer => ActionOutcome::error("ConnectionTimeLimitExceeded", format!("{number} does not answer")),
    }
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let number = block.parameter("PhoneNumber").ok_or("no number is given")?;
    draft.set("ThirdPartyPhoneNumber", value(&number)?);
    if let Some(seconds) = block.text("TimeLimit") {
        draft.set("ThirdPartyConnectionTimeLimitSeconds", seconds);
    }
    let goes_on = block.parameter("BlindTransfer").is_some_and(|blind| !blind.is_true());
    draft.set("ContinueFlowExecution", if goes_on { "True" } else { "False" });
    if goes_on {
        draft.follow(block, "Success");
        draft.error(block, "CallFailed", "CallFailure");
        draft.error(block, "ConnectionTimeLimitExceeded", "Timeout");
    }
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
