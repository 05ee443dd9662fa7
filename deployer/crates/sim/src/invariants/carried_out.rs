//! A plan without a problem can be executed.

use deployer_engine::{ErrorClass, RunStatus};

use super::{Verdict, Violation};
use crate::machine::{Report, RunResult};

/// Checks that a run without faults does not fail unless its plan reported a problem. Unowned resources may be found only during the run;
/// and only AWS knows the quota usage if the record was lost.
pub(crate) fn check(report: &Report) -> Verdict {
    let (Some(plan), RunResult::Ran(outcome)) = (&report.plan, &report.result) else { return Ok(()) };
    if outcome.status != RunStatus::Failed || !plan.problems.is_empty() {
        return Ok(());
    }
    let reported = |class: ErrorClass| matches!(class, ErrorClass::AlreadyExists | ErrorClass::Quota | ErrorClass::Refused);
    match outcome.errors.iter().find(|failure| !reported(failure.error.class)) {
        Some(failure) => {
            let address = failure.address.as_ref().map_or("", |address| address.as_str());
            Err(Violation::new("carried_out", format!("{address}: {}", failure.error)))
        }
        None => Ok(()),
    }
}
