use super::action_type::*;
use crate::call::resources::ThirdParty;
use crate::call::values::{filled, is_e164, not_e164_message};
use crate::designer::values::value;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactCallbackNumber",
    block: "Set callback number",
    source: Source::recorded("devguide/contact-actions-updatecontactcallbacknumber", "2026-11"),
    aliases: &[Aliases::designer(&["SetCallbackNumber"])],
    parameters: &[Parameter::jsonpath("CallbackNumber").required()],
    errors: Errors {
        required: &["InvalidCallbackNumber", "CallbackNumberNotDialable"],
        rejected: &["NoMatchingError"],
        ..Errors::NONE
    },
    flow_types: WITH_CALLER,
    simulation: Simulation::performed("a number in E.164 form that can be called, as given", PAGE),
    forms: &[Form::new("set_callback_number", &["number"]).words(&[("CallbackNumber", "number")])],
    run: Run::Now(set),
    converted: &[FromBlock::new("SetCallBackNumber", convert), FromBlock::new("SetCallbackNumber", convert)],
    logged_as: |_| "SetCallbackNumber",
    ..ActionType::BASE
};

fn set(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let number = filled(engine, action, "CallbackNumber").unwrap_or_default();
    if !is_e164(&number) {
        return ActionOutcome::error("InvalidCallbackNumber", not_e164_message(&number));
    }
    if engine.host.third_party(&number) == ThirdParty::Fails {
        return ActionOutcome::error("CallbackNumberNotDialable", format!("{number} cannot be called"));
    }
    engine.contact.callback_number = Some(number);
    ActionOutcome::next("The callback number is set")
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let number = ["CallBackNumber", "CallbackNumber"].into_iter().find_map(|name| block.parameter(name));
    draft.set("CallbackNumber", value(&number.ok_or("no number is given")?)?);
    draft.follow(block, "Success");
    draft.error(block, "InvalidCallbackNumber", "InvalidPhoneNumber");
    draft.error(block, "CallbackNumberNotDialable", "NonDialableNumber");
    Ok(())
}
