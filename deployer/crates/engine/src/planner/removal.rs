//! Planned deletions, and records that are dropped.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Planner, gone};
use crate::action::Action;
use crate::address::Address;
use crate::graph::{ExternalResource, Graph};
use crate::observation::Observation;
use crate::plan::Change;
use crate::rules::RetainPolicy;
use crate::state::{Record, State};

impl Planner<'_> {
    /// Plans the deletion of superseded resources and of those that are not wanted any more.
    pub(super) fn remove(&mut self) {
        let inputs = self.inputs;
        for old in &inputs.state.superseded {
            self.refuse_if_unmarked(&old.address, Some(&old.record));
            let (action, reason) = match inputs.owners.foreign(&old.address, &old.record.id) {
                Some(why) => (Action::Forget, not_ours(&old.record, why)),
                None => (Action::Delete, "a newer one has taken its place".to_owned()),
            };
            self.plan.changes.push(removal(&old.address, &old.record, action, reason, true));
        }
        for address in removal_order(inputs.state, inputs.graph) {
            let Some(record) = inputs.state.resources.get(&address) else { continue };
            let (action, reason) = match inputs.observations.get(&address) {
                // Whatever else was observed at this address, the recorded resource belongs to somebody else.
                _ if let Some(why) = inputs.owners.foreign(&address, &record.id) => {
                    self.refuse_if_unmarked(&address, Some(record));
                    self.kept.push(address.clone());
                    (Action::Forget, not_ours(record, why))
                }
                Some(Observation::Missing) => (Action::Forget, gone(Some(record))),
                _ if self.is_used(record) => {
                    let message = format!(
                        "the spec uses {} as an existing resource, and it is recorded as the environment's own, to be deleted",
                        record.id
                    );
                    let help =
                        format!("release it first, with what belongs to it: deployer state rm {address}; it stays as it is");
                    self.refuse(&address, message, help);
                    (Action::Delete, inputs.removal.to_owned())
                }
                // The resource that has taken the name is not owned and must not be deleted.
                Some(Observation::Unowned { live, why }) => {
                    (Action::Forget, format!("{} is no longer managed by this environment: {why}", live.id))
                }
                _ => match self.keep(&address, &record.type_name, &record.properties) {
                    Some(RetainPolicy::Forget(why)) => {
                        self.kept.push(address.clone());
                        (Action::Forget, why)
                    }
                    Some(RetainPolicy::Leave(why)) => (Action::Forget, why),
                    Some(RetainPolicy::Refuse { why, help }) => {
                        self.refuse(&address, why, help);
                        (Action::Delete, inputs.removal.to_owned())
                    }
                    None => {
                        self.refuse_if_unmarked(&address, Some(record));
                        (Action::Delete, inputs.removal.to_owned())
                    }
                },
            };
            self.plan.changes.push(removal(&address, record, action, reason, false));
        }
    }

    /// Whether the spec uses this resource as an existing one.
    fn is_used(&self, record: &Record) -> bool {
        let is_this = |one: &ExternalResource| one.type_name == record.type_name && one.id.as_deref() == Some(record.id.as_str());
        self.inputs.declared.external.iter().any(is_this)
    }

    /// Returns why a recorded resource is retained, by the declared properties, else the recorded ones, and by the live ones; `None` if it
    /// is deleted.
    pub(super) fn keep(&self, address: &Address, type_name: &str, recorded: &Value) -> Option<RetainPolicy> {
        if let Some(policy) = self.declared_policy(address) {
            return Some(policy);
        }
        if self.inputs.allow_delete.contains(type_name) {
            return None;
        }
        let declared = self.inputs.declared.nodes.get(address).filter(|node| node.type_name == type_name);
        let declared = declared.map(|node| node.properties.resolve(&|_| None).value);
        let resource = self.inputs.registry.get(type_name).ok()?;
        let mut properties = recorded.clone();
        if let (Some(properties), Some(Value::Object(declared))) = (properties.as_object_mut(), declared) {
            properties.extend(declared);
        }
        resource.retain_policy(&properties, self.inputs.observations.get(address).and_then(Observation::properties))
    }
}

impl Planner<'_> {
    /// Returns what the spec declares about removing the resource, else what the spec of the last apply declared; `None` if it may be
    /// removed.
    pub(super) fn declared_policy(&self, address: &Address) -> Option<RetainPolicy> {
        let is_declared = self.inputs.declared.nodes.contains_key(address);
        let retention = match is_declared {
            true => self.inputs.declared.retention(address),
            false => self.inputs.state.resources.get(address)?.retention.clone(),
        };
        let place = &retention.declared_at;
        match (retention.retain, retention.protect, is_declared) {
            (true, ..) => {
                let when = if is_declared { "" } else { ", as last applied" };
                Some(RetainPolicy::Forget(format!("it stays in the cloud, with its tags: {place}.retain{when}")))
            }
            (false, true, true) => Some(RetainPolicy::Refuse {
                why: format!("{address} is protected: {place}.protect"),
                help: format!("set `{place}.protect` to false in the spec to allow it"),
            }),
            (false, true, false) => Some(RetainPolicy::Refuse {
                why: format!("{address} is protected: {place}.protect, as last applied"),
                help: "put it back into the spec without `protect` and apply, then remove it".to_owned(),
            }),
            (false, false, _) => None,
        }
    }
}

fn not_ours(record: &Record, why: &str) -> String {
    format!("{} is no longer managed by this environment: {why}", record.id)
}

fn removal(address: &Address, record: &Record, action: Action, reason: String, superseded: bool) -> Change {
    Change {
        reasons: vec![reason],
        id: Some(record.id.clone()),
        dependencies: record.dependencies.clone(),
        superseded,
        ..Change::new(address.clone(), &record.type_name, action)
    }
}

/// Returns the recorded resources that are not wanted, each before its dependencies. Uses an explicit stack, because dependency chains may
/// be long.
fn removal_order(state: &State, graph: &Graph) -> Vec<Address> {
    let unwanted = |address: &Address| !graph.nodes.contains_key(address);
    let (mut done, mut seen) = (Vec::new(), BTreeSet::new());
    for start in state.resources.keys().filter(|address| unwanted(address)) {
        let mut path = vec![(start, None)];
        while let Some((address, waiting)) = path.pop() {
            let mut waiting = match waiting {
                Some(waiting) => waiting,
                // `seen` also ends a cycle, which only a manually edited state can contain.
                None if !unwanted(address) || !seen.insert(address) => continue,
                None => match state.resources.get(address) {
                    Some(record) => record.dependencies.iter(),
                    None => continue,
                },
            };
            match waiting.next() {
                Some(next) => path.extend([(address, Some(waiting)), (next, None)]),
                None => done.push(address.clone()),
            }
        }
    }
    done.reverse();
    done
}
