use super::action_type::*;
use crate::call::queueing::enter_queue;
use crate::designer::parts::transfer_errors;

pub(crate) const ACTION: ActionType = ActionType {
    name: "TransferContactToQueue",
    block: "Transfer to queue",
    source: Source::recorded("devguide/contact-actions-transfercontacttoqueue", "2026-11"),
    aliases: &[
        Aliases::designer(&["Transfer"]),
        Aliases::block(&["TransferToQueue"]),
        Aliases::invented(&["ConnectToAgent", "Queue", "TransferCall"]).rank(2),
        Aliases::invented(&["Enqueue"]),
    ],
    errors: Errors::required(&["QueueAtCapacity", "NoMatchingError"]),
    flow_types: BEFORE_QUEUE,
    simulation: Simulation::performed("the contact is queued, heard from the queue's flow and answered as given", PAGE),
    forms: &[Form::new("transfer_to_queue", &[])],
    effects: &[Effect::NeedsQueue],
    leaves: |_| true,
    run: Run::Later(|engine, _| Box::pin(enter_queue(engine))),
    converted: &TO_QUEUE,
    logged_as: |_| "Transfer",
    ..ActionType::BASE
};

/// The blocks that transfer to a queue. In a queue flow they become `DequeueContactAndTransferToQueue`, and with a delay between
/// attempts `CreateCallbackContact`.
const TO_QUEUE: [FromBlock; 3] = FromBlock::queue_transfers(None, transfer_errors);
