use super::action_type::*;

pub(crate) const ACTION: ActionType = ActionType {
    name: "ResumeContact",
    block: "Resume contact",
    source: Source::documented("devguide/contact-actions-resumecontact", "2026-11"),
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::not_in_voice("it resumes tasks only", "administrator guide, \"Resume contact\""),
    ..ActionType::BASE
};
