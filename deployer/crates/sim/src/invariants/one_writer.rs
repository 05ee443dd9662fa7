//! No run changes anything while another one holds the lease.

use super::{Verdict, Violation};
use crate::machine::Report;

pub(crate) fn check(report: &Report) -> Verdict {
    match report.entries.iter().find(|entry| entry.lacks_lease) {
        None => Ok(()),
        Some(entry) => {
            let seen = format!("{}:{} was sent while another run held the lease", entry.service, entry.operation);
            Err(Violation::new("one_writer", seen))
        }
    }
}
