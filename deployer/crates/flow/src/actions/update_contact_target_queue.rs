use super::action_type::*;
use crate::call::queueing::chosen;
use crate::designer::parts::queue_or_agent;

pub(crate) const ACTION: ActionType = ActionType {
    name: "UpdateContactTargetQueue",
    block: "Set working queue",
    source: Source::recorded("devguide/contact-actions-updatecontacttargetqueue", "2026-11"),
    aliases: &[Aliases::designer(&["SetQueue"]), Aliases::block(&["SetWorkingQueue"]), Aliases::invented(&["Queue"])],
    parameters: &[QUEUE_ID, AGENT_ID],
    groups: &[Group::exactly_one(&["QueueId", "AgentId"])],
    errors: Errors::required(&["NoMatchingError"]),
    flow_types: BEFORE_QUEUE,
    simulation: Simulation::performed("the queue, or the agent's own", PAGE),
    forms: &[Form::new("set_queue", &["queue"])],
    effects: &[Effect::SetsQueue],
    run: Run::Later(|engine, action| Box::pin(set(engine, action))),
    converted: &[FromBlock::new("SetQueue", convert)],
    logged_as: |_| "SetQueue",
    ..ActionType::BASE
};

async fn set(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    match chosen(engine, action).await {
        Ok(Some(name)) => ActionOutcome::next(format!("The working queue is {name}")),
        Ok(None) => ActionOutcome::error("NoMatchingError", "neither queue nor agent is given"),
        Err(why) => ActionOutcome::error("NoMatchingError", why),
    }
}

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    if !queue_or_agent(block, draft)? {
        return Err("no queue is chosen".to_owned());
    }
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
