//! The end of a run: passwords that are shown once, and the exit code.

use std::collections::BTreeSet;

use deployer_aws::{Secrets, Zeroizing};
use deployer_engine::{Address, Outcome, RunStatus};

use super::print;
use crate::failure::{Exit, Failure};

/// Prints every password that this run has generated, on standard output and nowhere else. If it is unknown whether the user was created,
/// the output says so: a password that is not shown now is lost.
///
/// Returns the addresses of the users whose passwords were printed.
pub(super) fn show_passwords(secrets: &Secrets, outcome: Option<&Outcome>, json: bool) -> Result<BTreeSet<Address>, Failure> {
    let mut shown_of = BTreeSet::new();
    for (address, password) in secrets.take_generated() {
        let made = outcome.and_then(|outcome| outcome.outputs.get(&address));
        let username = made.and_then(|outputs| outputs["username"].as_str());
        let shown = serde_json::json!({"address": address, "username": username, "password": password.as_str()});
        let text = Zeroizing::new(match (json, username) {
            (true, _) => format!("{}\n", serde_json::json!({"shown_once": shown})),
            (false, Some(username)) => format!("\nThe password of {username}, shown this once: {}\n", password.as_str()),
            (false, None) => format!("\nIf {address} was made, its password is, shown this once: {}\n", password.as_str()),
        });
        print(&text)?;
        shown_of.insert(address);
    }
    Ok(shown_of)
}

/// Returns the exit code of a run.
pub(crate) fn run_exit(outcome: &Outcome) -> Result<Exit, Failure> {
    let taken = |failure: &deployer_engine::Failure| {
        matches!(failure.error.class, deployer_engine::ErrorClass::AlreadyExists | deployer_engine::ErrorClass::Refused)
    };
    Ok(match outcome.status {
        RunStatus::NothingToDo | RunStatus::Applied => Exit::Success,
        RunStatus::Declined => Exit::Refused,
        RunStatus::Interrupted => Exit::Interrupted,
        // After any change the run counts as failed, whatever stopped it.
        RunStatus::Failed if outcome.counts.changes() == 0 && outcome.errors.iter().all(taken) => Exit::Refused,
        RunStatus::Failed => Exit::Failed,
    })
}
