//! The displayed plan is the executed plan.

use std::collections::BTreeSet;

use deployer_engine::{Action, Address, Event, RunStatus};

use super::{Verdict, Violation};
use crate::machine::{Report, RunResult};

/// Checks that no unplanned change is started, and that all planned changes are made if the run reports success.
pub(crate) fn check(report: &Report) -> Verdict {
    let Some(plan) = &report.plan else {
        return match report.entries.iter().find(|entry| entry.mutates) {
            None => Ok(()),
            Some(entry) => Err(Violation::new("plan_is_truth", format!("{}:{} without a plan", entry.service, entry.operation))),
        };
    };
    let planned: BTreeSet<&Address> = plan.effective().map(|change| &change.address).collect();
    let done: BTreeSet<&Address> = report
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Done { address, .. } => Some(address),
            _ => None,
        })
        .collect();
    for event in &report.events {
        if let Event::Started { address, action } = event
            && !planned.contains(address)
        {
            return Err(Violation::new("plan_is_truth", format!("{action:?} of {address} was begun and not planned")));
        }
    }
    let applied = matches!(&report.result, RunResult::Ran(outcome) if outcome.status == RunStatus::Applied);
    let missing = plan.effective().find(|change| change.action != Action::Forget && !done.contains(&change.address));
    match missing.filter(|_| applied) {
        Some(change) => Err(Violation::new("plan_is_truth", format!("{} was planned and not done", change.address))),
        None => Ok(()),
    }
}
