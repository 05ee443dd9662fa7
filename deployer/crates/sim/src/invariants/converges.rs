//! However a run ended, rerunning without faults leads to the desired state.

use deployer_engine::{Plan, RunStatus};

use super::{Verdict, Violation};
use crate::machine::{Report, RunResult};

/// Maximum number of runs without faults: the first may find unowned or deleted resources only while it applies.
pub(crate) const RUNS: usize = 4;

/// Checks that the last of these runs without faults had no pending changes.
pub(crate) fn check(runs: &[Report]) -> Verdict {
    let seen = match runs.last().map(|report| &report.result) {
        Some(RunResult::Ran(outcome)) if outcome.status == RunStatus::NothingToDo => return Ok(()),
        Some(RunResult::Ran(outcome)) => {
            let errors: Vec<String> = outcome
                .errors
                .iter()
                .map(|failure| format!("{}: {}", failure.address.as_ref().map_or("", |address| address.as_str()), failure.error))
                .collect();
            format!("{:?} after {} runs without faults; {}", outcome.status, runs.len(), errors.join("; "))
        }
        Some(RunResult::Refused(error)) => format!("refused: {error}"),
        Some(other) => format!("{other:?}"),
        None => "no run".to_owned(),
    };
    Err(Violation::new("converges", seen))
}

/// Checks that the second of two runs without faults had no pending changes if the first succeeded.
pub(crate) fn check_again(first: &Report, second: &Report) -> Verdict {
    match (&first.result, &second.result) {
        (RunResult::Ran(one), RunResult::Ran(two))
            if one.status == RunStatus::Applied && two.status != RunStatus::NothingToDo =>
        {
            let changes: Vec<String> = second
                .plan
                .iter()
                .flat_map(Plan::effective)
                .map(|change| format!("{:?} {} {}", change.action, change.address, change.reasons.join(", ")))
                .collect();
            Err(Violation::new("converges", format!("after a run that did everything, another does {}", changes.join("; "))))
        }
        _ => Ok(()),
    }
}
