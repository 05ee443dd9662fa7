use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "TransferContactToAgent",
    block: "Transfer to agent (beta)",
    source: Source::recorded("devguide/contact-actions-transfercontacttoagent", "2026-11"),
    aliases: &[Aliases::block(&["TransferToAgent"]), Aliases::invented(&["ConnectParticipant", "ConnectToAgent"])],
    next: NextRequirement::None,
    flow_types: &[FlowType::AgentTransfer, FlowType::QueueTransfer, FlowType::Module],
    channels: &["VOICE"],
    simulation: Simulation::performed(
        "the flow is over and an agent has the call",
        "administrator guide, \"Transfer to agent (beta)\"",
    ),
    forms: &[Form::new("transfer_to_agent", &[])],
    run: Run::Now(transfer),
    converted: &[FromBlock::new("Transfer", |_, _| Ok(())).to("Agent"), FromBlock::new("TransferToAgent", |_, _| Ok(()))],
    ..ActionType::BASE
};

/// Transfers to an agent. An agent who is busy with another contact cannot take the call (administrator guide, "Transfer to
/// agent (beta)"); here every agent is free.
fn transfer(engine: &mut Engine<'_>, _: Action<'_>) -> ActionOutcome {
    let queue = engine.contact.queue.as_ref();
    let whose = queue.map_or_else(|| "an agent".to_owned(), |queue| format!("the agent of {}", queue.name));
    ActionOutcome::new(Control::End(format!("transferred: {whose}")), format!("Transferred to {whose}"))
}
