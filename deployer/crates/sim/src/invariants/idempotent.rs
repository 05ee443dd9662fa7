//! A run without pending changes makes none.

use deployer_engine::RunStatus;

use super::{Verdict, Violation};
use crate::machine::{Report, RunResult};

pub(crate) fn check(report: &Report) -> Verdict {
    let idle = matches!(&report.result, RunResult::Ran(outcome) if outcome.status == RunStatus::NothingToDo);
    match report.entries.iter().find(|entry| idle && entry.mutates) {
        None => Ok(()),
        Some(entry) => {
            let seen = format!("a run with nothing to do called {}:{}", entry.service, entry.operation);
            Err(Violation::new("idempotent", seen))
        }
    }
}
