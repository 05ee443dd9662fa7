//! Resources that the deployer does not own are unchanged.

use super::{Verdict, Violation};
use crate::inventory::LiveResource;

/// Checks that every resource of `before`, the foreign resources at the beginning, is unchanged in `things`.
pub(crate) fn check(before: &[LiveResource], things: &[LiveResource]) -> Verdict {
    for was in before {
        let is = things.iter().find(|thing| (thing.type_name, &thing.id, &thing.parent) == (was.type_name, &was.id, &was.parent));
        match is {
            None => {
                let seen = format!("{} {}, which is not ours, is gone", was.type_name, was.id);
                return Err(Violation::new("nothing_foreign", seen));
            }
            Some(is) if is.details != was.details => {
                let seen = format!("{} {}, which is not ours, was changed", was.type_name, was.id);
                return Err(Violation::new("nothing_foreign", seen));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
