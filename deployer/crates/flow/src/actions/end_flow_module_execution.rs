use super::action_type::*;
use crate::call::outcome::Returned;
use crate::call::values::filled;

pub(crate) const ACTION: ActionType = ActionType {
    name: "EndFlowModuleExecution",
    block: "Return (module)",
    source: Source::recorded("devguide/endflowmoduleexecution", "2026-11"),
    aliases: &[Aliases::designer(&["EndFlowModule", "ReturnFromFlowModule"]), Aliases::block(&["Return"])],
    parameters: &[Parameter::dynamic("Result").status(Status::Seen), Parameter::map("ResultData").free().status(Status::Seen)],
    next: NextRequirement::None,
    flow_types: &[FlowType::Module],
    simulation: Simulation::performed("the flow that called the module continues", PAGE),
    forms: &[Form::new("return_from_module", &[])],
    run: Run::Now(end),
    ..ActionType::BASE
};

fn end(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let data = action.parameter("ResultData").map(|data| engine.contact.interpolate_value(data));
    let result = filled(engine, action, "Result").filter(|result| !result.is_empty());
    let results = result.clone().unwrap_or_else(|| "The module has ended".to_owned());
    ActionOutcome::new(Control::Return(Returned { result, data }), results)
}
