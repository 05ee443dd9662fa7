//! After the loss of the state, the next plan finds all resources: it changes only the record.

use super::{Verdict, Violation};
use crate::machine::{Report, RunResult};

pub(crate) fn check(report: &Report) -> Verdict {
    let seen = match &report.result {
        RunResult::Planned(planned) if planned.plan.is_record_only() => return Ok(()),
        RunResult::Planned(planned) => {
            let changes: Vec<String> =
                planned.plan.effective().map(|change| format!("{:?} {}", change.action, change.address)).collect();
            format!("without its state the plan is {}", changes.join(", "))
        }
        other => format!("no plan: {other:?}"),
    };
    Err(Violation::new("state_is_rebuilt", seen))
}
