//! A destroy leaves the account as it was before the first apply.

use super::{Verdict, Violation};
use crate::inventory::LiveResource;

/// Checks the resources against `foreign`, the unowned resources at the beginning.
pub(crate) fn check(foreign: &[LiveResource], things: &[LiveResource]) -> Verdict {
    let known = |thing: &LiveResource| {
        foreign.iter().any(|was| (was.type_name, &was.id, &was.parent) == (thing.type_name, &thing.id, &thing.parent))
    };
    match things.iter().find(|thing| !known(thing)) {
        None => Ok(()),
        Some(left) => {
            let seen = format!("{} {} is left", left.type_name, left.id);
            Err(Violation::new("destroy_leaves_nothing", seen))
        }
    }
}
