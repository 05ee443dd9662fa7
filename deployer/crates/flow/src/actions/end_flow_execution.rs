use std::time::Duration;

use super::action_type::*;
use crate::call::queueing::{next_event_flow, wait_for_agent};

pub(crate) const ACTION: ActionType = ActionType {
    name: "EndFlowExecution",
    block: "End flow / resume",
    source: Source::recorded("devguide/flow-control-actions-endflowexecution", "2026-11"),
    aliases: &[
        Aliases::designer(&["Resume"]),
        Aliases::block(&["EndFlow", "EndFlowResume"]),
        Aliases::invented(&["End"]).rank(2),
    ],
    next: NextRequirement::None,
    flow_types: &[
        FlowType::CustomerWhisper,
        FlowType::AgentWhisper,
        FlowType::OutboundWhisper,
        FlowType::CustomerQueue,
        FlowType::Module,
    ],
    simulation: Simulation::performed("the flow is over; what was interrupted continues", PAGE),
    forms: &[Form::new("end_flow", &[])],
    run: Run::Later(|engine, action| Box::pin(end(engine, action))),
    converted: &[FromBlock::new("Resume", |_, _| Ok(()))],
    logged_as: |_| "Resume",
    ..ActionType::BASE
};

/// Handles the end of a flow: a contact that still waits in a queue is answered when its agent is due, and an answered one
/// continues with the next event.
async fn end(engine: &mut Engine<'_>, _: Action<'_>) -> ActionOutcome {
    wait_for_agent(engine, Duration::MAX);
    match next_event_flow(engine).await {
        Some(flow) => ActionOutcome::new(Control::Transfer(flow), "The flow has ended"),
        None => ActionOutcome::new(Control::End("ended".to_owned()), "The flow has ended"),
    }
}
