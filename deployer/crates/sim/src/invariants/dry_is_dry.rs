//! Planning changes neither resources nor the state nor the lease.

use super::{Verdict, Violation};
use crate::machine::{Report, RunResult};

/// Checks a plan with `state`, the stored states before and after it.
pub(crate) fn check(report: &Report, state: (&Option<Vec<u8>>, &Option<Vec<u8>>)) -> Verdict {
    if !matches!(report.result, RunResult::Planned(_)) {
        return Ok(());
    }
    let writes = |entry: &&crate::network::Entry| entry.mutates || !crate::fault::is_read(entry.operation);
    if let Some(entry) = report.entries.iter().find(writes) {
        return Err(Violation::new("dry_is_dry", format!("a plan called {}:{}", entry.service, entry.operation)));
    }
    if state.0 != state.1 {
        return Err(Violation::new("dry_is_dry", "a plan wrote the state"));
    }
    Ok(())
}
