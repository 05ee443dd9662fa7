//! Transfer of names between resources: the current holder gives up a name before another resource takes it, using a temporary name where
//! needed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ApplyTasks, Inputs, Task, TaskGraph, TaskKind};
use crate::action::Action;
use crate::address::Address;
use crate::key::{Key, key, name};
use crate::observation::Observation;
use crate::plan::Change;
use crate::state::Record;

/// The current holder of a name, and the task that releases the name.
struct Holder<'a> {
    address: &'a Address,
    change: usize,
    leaves: usize,
}

impl TaskGraph {
    /// Adds the edges from the task that releases a name to the task that takes it, either for types whose name `can_change` in place or
    /// for the others.
    ///
    /// If a holder can release the name only after the other resource has taken it (a swap, or the deletion of a resource that is in use
    /// until then), the holder first gets a temporary name in a task of its own, if its name can change.
    pub(super) fn add_name_transfer_edges(&mut self, inputs: Inputs<'_>, makes: &ApplyTasks<'_>, can_change: bool) {
        let holders = self.holders(inputs, makes);
        let mut renamed: BTreeMap<usize, usize> = BTreeMap::new();
        for (taker, key, take) in takers(inputs, makes) {
            let Some(holder) = holders.get(&key).filter(|holder| holder.address != taker) else { continue };
            let changes = inputs.registry.get(&key.0).is_ok_and(|resource| name(&**resource).is_some());
            if changes != can_change {
                continue;
            }
            if let Some(&rename) = renamed.get(&holder.change) {
                self.link(rename, take);
            } else if !self.transitive_dependents(take).contains(&holder.leaves) {
                self.link(holder.leaves, take);
            } else if can_change {
                let rename = self.0.len();
                self.0.push(Task::new(holder.change, TaskKind::RenameAside));
                self.link(rename, holder.leaves);
                self.link(rename, take);
                renamed.insert(holder.change, rename);
            }
        }
    }

    /// Returns the holder of each key that is released.
    fn holders<'a>(&self, inputs: Inputs<'a>, makes: &ApplyTasks<'_>) -> BTreeMap<(String, Key), Holder<'a>> {
        let mut holders = BTreeMap::new();
        for (index, step) in self.0.iter().enumerate() {
            let change = &inputs.plan.changes[step.change];
            let (address, change_index, leaves) = (&change.address, step.change, index);
            let old = match (&step.kind, change.action) {
                (TaskKind::Remove(record), _) => current_key(inputs, change, record),
                // The first task of a change already sets the new name.
                (TaskKind::Apply | TaskKind::ApplyAdditions, Action::Update) if makes.first.get(address) == Some(&index) => {
                    let record = inputs.state.resources.get(address);
                    let old = record.and_then(|record| current_key(inputs, change, record));
                    old.filter(|old| desired_key(inputs, change).as_ref() != Some(old))
                }
                _ => None,
            };
            if let Some(old) = old {
                holders.insert(old, Holder { address, change: change_index, leaves });
            }
        }
        holders
    }
}

/// Returns the resources that get a key which they do not have yet.
fn takers<'a>(inputs: Inputs<'a>, makes: &ApplyTasks<'_>) -> Vec<(&'a Address, (String, Key), usize)> {
    let mut takers = Vec::new();
    for change in inputs.plan.effective().filter(|change| !change.superseded) {
        let (Some(&take), Some(new)) = (makes.first.get(&change.address), desired_key(inputs, change)) else { continue };
        let old = inputs.state.resources.get(&change.address).and_then(|record| current_key(inputs, change, record));
        if change.action != Action::Update || old.as_ref() != Some(&new) {
            takers.push((&change.address, new, take));
        }
    }
    takers
}

/// Returns the key that a recorded resource has at the provider.
fn current_key(inputs: Inputs<'_>, change: &Change, record: &Record) -> Option<(String, Key)> {
    let resource = inputs.registry.get(&record.type_name).ok()?;
    let live = match inputs.observations.get(&change.address) {
        Some(Observation::Live(live) | Observation::Discovered(live)) if live.id == record.id => &live.properties,
        _ => &record.properties,
    };
    Some((record.type_name.clone(), key(&**resource, live)?))
}

/// Returns the wanted key of a resource, as far as it is known before the run.
fn desired_key(inputs: Inputs<'_>, change: &Change) -> Option<(String, Key)> {
    let node = inputs.graph.nodes.get(&change.address)?;
    let resource = inputs.registry.get(&node.type_name).ok()?;
    let resources = &inputs.state.resources;
    let wanted = node.properties.resolve(&|on| resources.get(&on.address)?.outputs.get(&on.output).cloned());
    Some((node.type_name.clone(), key(&**resource, &wanted.value)?))
}

/// Returns the properties with a temporary name that no other resource wants: the resource's own name and the end of its token.
pub(crate) fn with_temporary_name(name: &str, live: &Value, token: &str) -> Value {
    let mut aside = live.clone();
    let own: String = live[name].as_str().unwrap_or_default().chars().take(LONGEST).collect();
    let end: String = token.chars().filter(char::is_ascii_hexdigit).take(8).collect();
    aside[name] = format!("{own}-{end}").into();
    aside
}

/// Maximum number of characters of the own name in a temporary name: names in Connect have up to 127 characters; for those of flows no
/// limit is published.
const LONGEST: usize = 100;
