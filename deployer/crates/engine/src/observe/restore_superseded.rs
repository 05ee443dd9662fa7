//! Restores a resource that an unfinished replacement has replaced, or was about to replace, if it is wanted again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::address::Address;
use crate::engine::Engine;
use crate::expr::Reference;
use crate::graph::Graph;
use crate::key::key;
use crate::state::{Record, State, Superseded};

/// Swaps the record with the superseded one if that one has the desired key: it still exists, so it cannot be created again. `order`
/// contains every desired address, after its dependencies.
pub(super) fn restore_superseded(engine: &Engine, graph: &Graph, order: &[Address], state: &mut State) {
    let replaced: BTreeSet<Address> = state.superseded.iter().map(|old| old.address.clone()).collect();
    for address in order.iter().filter(|address| replaced.contains(*address)) {
        let outputs = |on: &Reference| state.resources.get(&on.address)?.outputs.get(&on.output).cloned();
        let wanted = |record: &Record| has_wanted_key(engine, graph, &outputs, address, record);
        let Some(present) = state.resources.get(address) else { continue };
        let old = state.superseded.iter().rposition(|old| &old.address == address && wanted(&old.record));
        let Some(old) = old.filter(|_| !wanted(present)) else { continue };
        let Superseded { record, .. } = state.superseded.remove(old);
        if let Some(present) = state.resources.insert(address.clone(), record) {
            state.superseded.push(Superseded { address: address.clone(), record: present });
        }
    }
}

/// Whether `record` has the key that is desired at `address`, as far as `outputs` are known.
pub(super) fn has_desired_key(
    engine: &Engine,
    graph: &Graph,
    outputs: &BTreeMap<Address, Map<String, Value>>,
    address: &Address,
    record: &Record,
) -> bool {
    let output = |on: &Reference| outputs.get(&on.address)?.get(&on.output).cloned();
    has_wanted_key(engine, graph, &output, address, record)
}

fn has_wanted_key(
    engine: &Engine,
    graph: &Graph,
    outputs: &dyn Fn(&Reference) -> Option<Value>,
    address: &Address,
    record: &Record,
) -> bool {
    let Some(node) = graph.nodes.get(address).filter(|node| node.type_name == record.type_name) else { return false };
    let Ok(resource) = engine.registry.get(&node.type_name) else { return false };
    let wanted = key(&**resource, &node.properties.resolve(outputs).value);
    wanted.is_some() && wanted == key(&**resource, &record.properties)
}
