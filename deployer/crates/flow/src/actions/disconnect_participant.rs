use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "DisconnectParticipant",
    block: "Disconnect / hang up",
    source: Source::recorded("devguide/participant-actions-disconnectparticipant", "2026-11"),
    aliases: &[
        Aliases::designer(&["Disconnect"]),
        Aliases::block(&["DisconnectHangUp"]),
        Aliases::invented(&["DisconnectContact", "End", "EndCall", "HangUp", "Terminate"]),
    ],
    next: NextRequirement::None,
    simulation: Simulation::performed("the call is over", PAGE),
    forms: &[Form::new("disconnect", &[])],
    run: Run::Now(|_, _| ActionOutcome::new(Control::End("disconnected".to_owned()), "The caller is disconnected")),
    converted: &[FromBlock::new("Disconnect", |_, _| Ok(()))],
    logged_as: |_| "Disconnect",
    ..ActionType::BASE
};
