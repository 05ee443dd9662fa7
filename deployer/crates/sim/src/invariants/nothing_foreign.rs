//! What is not ours is as it was.

use super::{Verdict, Violation};
use crate::inventory::LiveResource;

/// `before` is every foreign thing as it was at the beginning.
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
