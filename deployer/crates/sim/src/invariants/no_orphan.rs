//! Every resource of this project is wanted and recorded.

use deployer_engine::Address;
use serde_json::Value;

use super::{Verdict, Violation};
use crate::inventory::{LiveResource, wanted_counts};
use crate::specs::DesiredSpec;

/// Checks the resources against `state`, the recorded state after the last run.
pub(crate) fn check(things: &[LiveResource], wanted: &DesiredSpec, state: Option<&[u8]>) -> Verdict {
    let types = wanted_counts(&wanted.graph);
    for thing in things.iter().filter(|thing| thing.belongs_to(wanted)) {
        let known = match thing.address() {
            Some(address) => Address::parse(address).is_some_and(|address| wanted.graph.nodes.contains_key(&address)),
            None => types.contains_key(thing.type_name),
        };
        if !known {
            let seen = format!("{} {} exists and is not wanted", thing.type_name, thing.id);
            return Err(Violation::new("no_orphan", seen));
        }
    }
    let state: Value = state.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
    for address in wanted.graph.nodes.keys() {
        if state["resources"].get(address.as_str()).is_none() {
            return Err(Violation::new("no_orphan", format!("{address} is not recorded")));
        }
    }
    if !state["intent"].is_null() {
        return Err(Violation::new("no_orphan", "the intent is still open"));
    }
    Ok(())
}
