use super::action_type::*;
use crate::designer::parts::enabled;
use crate::references::is_symbolic;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateFlowLoggingBehavior",
    block: "Set logging behavior",
    source: Source::recorded("devguide/flow-control-actions-updateflowloggingbehavior", "2026-11"),
    aliases: &[
        Aliases::designer(&["SetLoggingBehavior"]),
        Aliases::block(&["SetLoggingBehaviour"]),
        Aliases::invented(&["LogBehavior"]),
    ],
    parameters: &[Parameter::fixed("FlowLoggingBehavior").required().one_of(&["Enabled", "Disabled"])],
    refused: &["LoggingBehavior"],
    simulation: Simulation::performed("log entries from here on, or none", PAGE),
    forms: &[Form::new("set_logging", &["behavior"]).words(&[("FlowLoggingBehavior", "behavior")])],
    run: Run::Now(set),
    converted: &[FromBlock::new("SetLoggingBehavior", convert)],
    logged_as: |_| "SetLoggingBehavior",
    ..ActionType::BASE
};

fn set(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    engine.logging = action.text("FlowLoggingBehavior") == Some("Enabled");
    ActionOutcome::next("The flow logging behavior has been set")
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let written = block.text("LoggingBehavior");
    match written.filter(|text| is_symbolic(text)) {
        Some(placeholder) => draft.set("FlowLoggingBehavior", placeholder),
        None => draft.set("FlowLoggingBehavior", enabled(block.text("LoggingBehavior"))?),
    }
    draft.follow(block, "Success");
    Ok(())
}
