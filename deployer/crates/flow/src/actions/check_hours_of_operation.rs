use super::action_type::*;
use crate::call::values::{filled, missing_resource_message};
use crate::designer::values::resource;
use crate::resource_kind::ResourceKind;

pub(crate) const ACTION: ActionType = ActionType {
    name: "CheckHoursOfOperation",
    block: "Check hours of operation",
    source: Source::recorded("devguide/flow-control-actions-checkhoursofoperation", "2026-11"),
    aliases: &[Aliases::block(&["HoursOfOperation"])],
    parameters: &[Parameter::single("HoursOfOperationId").refers_to("hours")],
    conditions: Conditions::new(ConditionMode::Fixed, &["True", "False"]),
    errors: Errors { required: &["NoMatchingError"], rejected: &["NoMatchingCondition"], ..Errors::NONE },
    flow_types: WITH_CALLER,
    simulation: Simulation::performed("by the hours and the clock of the call", PAGE).or_stubbed(),
    forms: &[Form::new("check_hours", &[]).words(&[("HoursOfOperationId", "hours"), ("True", "open"), ("False", "closed")])],
    effects: &[Effect::AsksOutside],
    run: Run::Later(|engine, action| Box::pin(ask(engine, action))),
    converted: &[FromBlock::new("CheckHoursOfOperation", convert)],
    ..ActionType::BASE
};

async fn ask(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let hours = filled(engine, action, "HoursOfOperationId");
    let queue = engine.contact.queue.as_ref();
    match engine.host.is_open(hours.as_deref(), queue).await {
        Some(open) => {
            let result = if open { "True" } else { "False" };
            ActionOutcome::new(Control::Result(Some(result.to_owned())), result)
        }
        None => {
            let why = hours.map(|id| missing_resource_message("schedule of hours of operation", &id));
            ActionOutcome::error("NoMatchingError", why.unwrap_or_else(|| "there are no such hours of operation".to_owned()))
        }
    }
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    if let Some(hours) = block.parameter("Hours") {
        let id = resource(draft, "HoursOfOperationId", ResourceKind::Hours, &hours)?;
        draft.set("HoursOfOperationId", id);
    }
    draft.branch("Equals", "True", block.target_of("True"));
    draft.branch("Equals", "False", block.target_of("False"));
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
