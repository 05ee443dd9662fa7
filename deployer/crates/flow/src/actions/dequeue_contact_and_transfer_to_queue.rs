use super::action_type::*;
use crate::call::queueing::{chosen, enter_queue};
use crate::designer::parts::{creates_callback, queue_or_agent, transfer_errors};

pub(crate) const ACTION: ActionType = ActionType {
    name: "DequeueContactAndTransferToQueue",
    block: "Transfer to queue (in customer queue flow)",
    source: Source::recorded("devguide/contact-actions-dequeuecontactandtransfertoqueue", "2026-11"),
    parameters: &[QUEUE_ID, AGENT_ID],
    groups: &[Group::at_most_one(&["QueueId", "AgentId"])],
    errors: Errors::required(&["QueueAtCapacity", "NoMatchingError"]),
    flow_types: &[FlowType::CustomerQueue, FlowType::Module],
    simulation: Simulation::performed("to the queue that is named, or again to the working queue", PAGE),
    forms: &[Form::new("dequeue_and_transfer", &[])],
    leaves: |_| true,
    run: Run::Later(|engine, action| Box::pin(transfer(engine, action))),
    converted: &FROM_QUEUE,
    ..ActionType::BASE
};

/// Transfers from inside a queue to the given queue, or back to the working queue.
async fn transfer(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    match chosen(engine, action).await {
        Ok(_) => enter_queue(engine).await,
        Err(why) => ActionOutcome::error("NoMatchingError", why),
    }
}

const FROM_QUEUE: [FromBlock; 3] = FromBlock::queue_transfers(Some(is_in_queue), convert);

fn is_in_queue(block: &Block<'_>, flow_type: Option<FlowType>) -> bool {
    flow_type == Some(FlowType::CustomerQueue) && !creates_callback(block)
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    queue_or_agent(block, draft)?;
    transfer_errors(block, draft)
}
