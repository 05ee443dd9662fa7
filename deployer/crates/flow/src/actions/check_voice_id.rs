use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "CheckVoiceId",
    block: "Check Voice ID",
    source: Source::documented("devguide/flow-control-actions-checkvoiceid", "2026-11"),
    parameters: &[Parameter::fixed("CheckVoiceIdOption").required().such_as(&[
        "enrollmentStatus",
        "voiceAuthentication",
        "fraudDetection",
    ])],
    conditions: Conditions::new(
        ConditionMode::Equals,
        &[
            "Enrolled",
            "NotEnrolled",
            "OptedOut",
            "Authenticated",
            "NotAuthenticated",
            "Inconclusive",
            "HighRisk",
            "LowRisk",
            "Not enrolled",
            "Opted out",
            "Not authenticated",
            "High risk",
            "Low risk",
        ],
    ),
    errors: Errors::required(&["NoMatchingError"]),
    channels: &["VOICE"],
    simulation: Simulation::external("Voice ID, which ended in May 2026, says what it knows of the voice", PAGE),
    ..ActionType::BASE
};
