use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "ConnectParticipantWithAgenticCX",
    block: "Agentic CX",
    source: Source::recorded("", "2026-09"),
    aliases: &[Aliases::block(&["AgenticCX"])],
    parameters: &[
        Parameter::object("AgentConfiguration").required().members(&[
            "WorkspaceId",
            "ApplicationId",
            "Alias",
            "ContextVariables",
        ]),
        Parameter::object("SpeechRecognitionConfiguration").free(),
        Parameter::object("AudioFillerConfiguration").free(),
    ],
    conditions: Conditions::new(ConditionMode::Equals, &["Escalation"]),
    errors: Errors::required(&["NoMatchingError", "NoMatchingCondition", "InputTimeLimitExceeded"]),
    simulation: Simulation::external("an AI agent talks with the caller", NO_AWS_PAGE),
    effects: &[Effect::Waits],
    ..ActionType::BASE
};
