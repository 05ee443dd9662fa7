//! Every wanted resource exists exactly once.

use std::collections::BTreeMap;

use super::nothing_unmanaged::associations;
use super::{Verdict, Violation};
use crate::inventory::{LiveResource, counts, wanted_counts};
use crate::specs::DesiredSpec;

pub(crate) fn check(things: &[LiveResource], wanted: &DesiredSpec) -> Verdict {
    let arns = if wanted.unresolved.is_some() { associations(wanted) } else { Vec::new() };
    // The tags of an existing instance do not say whose its associations are.
    let associated = |thing: &LiveResource| {
        ["connect.bot", "connect.lambda_association"].contains(&thing.type_name) && arns.contains(&thing.id)
    };
    let ours = |thing: &&LiveResource| thing.belongs_to(wanted) || associated(thing);
    let ours: Vec<LiveResource> = things.iter().filter(ours).cloned().collect();
    let mut by_address: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for thing in &ours {
        if let Some(address) = thing.address() {
            by_address.entry(address).or_default().push(&thing.id);
        }
    }
    if let Some((address, ids)) = by_address.iter().find(|(_, ids)| ids.len() > 1) {
        return Err(Violation::new("no_duplicate", format!("{address} exists {} times: {}", ids.len(), ids.join(", "))));
    }
    let (there, wanted) = (counts(&ours), wanted_counts(&wanted.graph));
    for (type_name, wanted) in wanted {
        let there = there.get(type_name).copied().unwrap_or(0);
        if there != wanted {
            let seen = format!("{wanted} of {type_name} are wanted, {there} exist");
            return Err(Violation::new(if there > wanted { "no_duplicate" } else { "converges" }, seen));
        }
    }
    Ok(())
}
