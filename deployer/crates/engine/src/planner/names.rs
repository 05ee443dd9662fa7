//! Unique names of resources: which resource gives one up, and the resulting order of replacements.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Planner;
use crate::action::{Action, Replacement};
use crate::address::Address;
use crate::expr::{Expr, Reference};
use crate::graph::Node;
use crate::key::{Key, key, name};
use crate::observation::Observation;
use crate::plan::Change;
use crate::resource::{AnyLive, AnyResource};

/// The keys of a resource before and after its change.
pub(super) struct Keys {
    type_name: String,
    old: Option<Key>,
    new: Option<Key>,
}

/// Current holder of each key, by type.
pub(super) type Holders = BTreeMap<(String, Key), Address>;

impl Planner<'_> {
    /// Returns the order in which the resource is replaced if it is: the new one first if both can exist at once.
    pub(super) fn order(&mut self, address: &Address, node: &Node, resource: &dyn AnyResource, wanted: &Value) -> Replacement {
        let live = self.inputs.observations.get(address).and_then(Observation::properties).unwrap_or(&Value::Null);
        let keys = Keys { type_name: node.type_name.clone(), old: key(resource, live), new: key(resource, wanted) };
        if let (Some(name), Some(new)) = (name(resource), &keys.new)
            && keys.old.as_ref() != Some(new)
            && self.holder(&node.type_name, new).is_some_and(|holder| &holder != address)
        {
            self.taken.insert(address.clone(), wanted[name].clone());
        }
        self.keys.insert(address.clone(), keys);
        let differs = |name: &&str| match (&live[*name], &wanted[*name]) {
            (Value::Null, _) => false,
            // The property is the id of a resource that is replaced by a new one.
            (_, Value::Null) => self.gets_another(node, name),
            (old, new) => old != new,
        };
        if resource.key().iter().any(differs) { Replacement::CreateFirst } else { resource.replacement() }
    }

    /// Returns the address of the resource that has this key now.
    fn holder(&mut self, type_name: &str, key_of: &Key) -> Option<Address> {
        let inputs = self.inputs;
        let holders = self.holders.get_or_insert_with(|| {
            let held = inputs.observations.iter().filter_map(|(address, seen)| {
                let record = inputs.state.resources.get(address)?;
                let resource = inputs.registry.get(&record.type_name).ok()?;
                Some(((record.type_name.clone(), key(&**resource, seen.properties()?)?), address.clone()))
            });
            held.collect()
        });
        holders.get(&(type_name.to_owned(), key_of.clone())).cloned()
    }

    /// Returns the resource that has the wanted key of the one at `address` now.
    pub(super) fn name_holder(&mut self, address: &Address) -> Option<Address> {
        let keys = self.keys.get(address)?;
        let (type_name, new) = (keys.type_name.clone(), keys.new.clone()?);
        self.holder(&type_name, &new).filter(|holder| holder != address)
    }

    /// Returns why a resource has to be updated although its properties may stay the same: it refers to another resource by a name that
    /// belongs to a third one until this run, and AWS remembers which resource that was.
    pub(super) fn name_transfer_reason(&self, address: &Address, wanted: &Value) -> Option<String> {
        if self.taken.is_empty() {
            return None;
        }
        let text = wanted.to_string();
        let names = self.inputs.graph.dependencies(address);
        let mut taken = names.iter().filter_map(|on| Some((on, self.taken.get(on)?)));
        let (on, name) = taken.find(|(_, name)| text.contains(&name.to_string()))?;
        Some(format!("{on} gets the name {name}, which another resource has now"))
    }

    /// Whether a property refers to a resource whose replacement is created while the old one still exists.
    fn gets_another(&self, node: &Node, property: &str) -> bool {
        let Expr::Map(properties) = &node.properties else { return false };
        let references = properties.get(property).map(Expr::references).unwrap_or_default();
        let replaced =
            |on: &Reference| self.decided.get(&on.address).is_some_and(|(_, order)| *order == Some(Replacement::CreateFirst));
        references.iter().any(replaced)
    }

    /// Whether the resource that has the desired name is recorded elsewhere and gives the name up.
    pub(super) fn is_name_released(&self, address: &Address, node: &Node, live: &AnyLive) -> bool {
        let holder = self.inputs.state.recorded_elsewhere(address, &node.type_name, &live.id);
        holder.is_some_and(|holder| self.gives_up_its_name(holder))
    }

    /// Whether this plan changes the name of the recorded resource at `address`, so that another one can take it over.
    fn gives_up_its_name(&self, address: &Address) -> bool {
        let inputs = self.inputs;
        let (Some(record), Some(Observation::Live(live) | Observation::Discovered(live))) =
            (inputs.state.resources.get(address), inputs.observations.get(address))
        else {
            return false;
        };
        let Ok(resource) = inputs.registry.get(&record.type_name) else { return false };
        // A resource that is no longer wanted at this address has more likely been moved to another one.
        let Some(node) = inputs.graph.nodes.get(address).filter(|node| node.type_name == record.type_name) else { return false };
        let wanted = node.properties.resolve(&|on| {
            let seen = || inputs.observations.get(&on.address)?.outputs().get(&on.output).cloned();
            self.expected_outputs(on).or_else(seen)
        });
        let (old, new) = (key(&**resource, &live.properties), key(&**resource, &wanted.value));
        new.is_some() && old != new
    }

    /// Breaks cycles of replacements that take over each other's names: one resource per cycle is deleted first.
    pub(super) fn break_name_cycles(&mut self) {
        let new_first = |change: &&Change| change.replacement == Some(Replacement::CreateFirst) && !change.superseded;
        let replaced: Vec<Address> = self.plan.changes.iter().filter(new_first).map(|change| change.address.clone()).collect();
        let holder: BTreeMap<(&str, &Key), &Address> = replaced
            .iter()
            .filter_map(|address| {
                let keys = self.keys.get(address)?;
                Some(((keys.type_name.as_str(), keys.old.as_ref()?), address))
            })
            .collect();
        let next = |address: &Address| {
            let keys = self.keys.get(address)?;
            holder.get(&(keys.type_name.as_str(), keys.new.as_ref()?)).copied()
        };
        let mut first = Vec::new();
        for start in &replaced {
            let mut at = Some(start);
            for _ in 0..replaced.len() {
                at = at.and_then(next).filter(|at| !first.contains(*at));
                if at == Some(start) {
                    first.push(start.clone());
                    break;
                }
            }
        }
        for change in self.plan.changes.iter_mut().filter(|change| change.action == Action::Replace) {
            if first.contains(&change.address) {
                change.replacement = Some(Replacement::DeleteFirst);
            }
        }
    }
}
