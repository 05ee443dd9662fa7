//! However a run ended, running again without faults brings the world to what is wanted.

use deployer_engine::{RunStatus, Plan};

use super::{Verdict, Violation};
use crate::machine::{RunResult, Report};

/// How many calm runs it may take: the first may find what is foreign or gone only while it works.
pub(crate) const RUNS: usize = 4;

/// Holds when the last of these calm runs found nothing more to do.
pub(crate) fn check(runs: &[Report]) -> Verdict {
    let seen = match runs.last().map(|report| &report.ended) {
        Some(RunResult::Ran(outcome)) if outcome.end == RunStatus::NothingToDo => return Ok(()),
        Some(RunResult::Ran(outcome)) => {
            let errors: Vec<String> = outcome
                .errors
                .iter()
                .map(|failure| format!("{}: {}", failure.address.as_ref().map_or("", |address| address.as_str()), failure.error))
                .collect();
            format!("{:?} after {} calm runs; {}", outcome.end, runs.len(), errors.join("; "))
        }
        Some(RunResult::Refused(error)) => format!("refused: {error}"),
        Some(other) => format!("{other:?}"),
        None => "no run".to_owned(),
    };
    Err(Violation::new("converges", seen))
}

/// Holds unless the second of two calm runs found something to do after the first had done everything.
pub(crate) fn check_again(first: &Report, second: &Report) -> Verdict {
    match (&first.ended, &second.ended) {
        (RunResult::Ran(one), RunResult::Ran(two)) if one.end == RunStatus::Applied && two.end != RunStatus::NothingToDo => {
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
