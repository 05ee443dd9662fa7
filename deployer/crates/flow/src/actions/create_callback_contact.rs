use super::action_type::*;
use crate::call::queueing::chosen;
use crate::designer::parts::{creates_callback, queue_or_agent};

pub(crate) const ACTION: ActionType = ActionType {
    name: "CreateCallbackContact",
    block: "Transfer to queue (callback)",
    source: Source::recorded("devguide/interactions-createcallbackcontact", "2026-11"),
    aliases: &[Aliases::invented(&["Callback", "CreateCallback"])],
    parameters: &[
        QUEUE_ID,
        AGENT_ID,
        Parameter::fixed("InitialCallDelaySeconds").required().between(1, 259_200),
        Parameter::fixed("MaximumConnectionAttempts").required().at_least(1).status(Status::Seen),
        Parameter::fixed("RetryDelaySeconds").required().between(1, 259_200),
        Parameter::single("ContactFlowId").refers_to("flow"),
        Parameter::single("CallerId"),
    ],
    groups: &[Group::at_most_one(&["QueueId", "AgentId"])],
    errors: Errors::required(&["NoMatchingError"]),
    flow_types: WITH_CALLER,
    simulation: Simulation::performed("the callback is a contact of its own, the call continues", PAGE),
    forms: &[Form::new("create_callback", &[])],
    run: Run::Later(|engine, action| Box::pin(create(engine, action))),
    converted: &CALLBACKS,
    ..ActionType::BASE
};

/// Creates a callback. A callback is a separate contact, and this call continues.
async fn create(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    if let Err(why) = chosen(engine, action).await {
        return ActionOutcome::error("NoMatchingError", why);
    }
    let Some(queue) = &engine.contact.queue else {
        return ActionOutcome::error("NoMatchingError", "no working queue is set");
    };
    let number = engine.contact.callback_number.as_ref().unwrap_or(&engine.contact.caller);
    ActionOutcome::next(format!("A callback of {number} is in queue {}", queue.name))
}

const CALLBACKS: [FromBlock; 4] = {
    let [block, own, in_queue] = FromBlock::queue_transfers(Some(|block, _| creates_callback(block)), convert);
    [FromBlock::new("CreateCallback", convert), block, own, in_queue]
};

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    queue_or_agent(block, draft)?;
    let number = |name: &str| block.text(name).ok_or(format!("it has no {name}"));
    draft.set("InitialCallDelaySeconds", number("InitialDelaySeconds")?);
    draft.set("RetryDelaySeconds", number("RetryDelaySeconds")?);
    let retries = number("MaxRetryAttempts")?;
    let attempts = retries.parse::<u32>().map_err(|_| format!("\"{retries}\" is not a number of retries"))?.saturating_add(1);
    draft.set("MaximumConnectionAttempts", attempts.to_string());
    draft.assume(format!("{retries} retries are {attempts} attempts, the first included"));
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
