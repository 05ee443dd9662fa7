//! The stack as the engine sees it: resources, their wanted properties and their dependencies.

use std::collections::{BTreeMap, BTreeSet, btree_set};

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::error::{Error, ErrorClass, Result};
use crate::expr::Expr;
use crate::lifecycle::{Lifecycle, Retention};

/// A wanted resource.
#[derive(Debug, Clone)]
pub struct Node {
    /// The resource type's name, as in the [`Registry`](crate::Registry).
    pub type_name: String,
    /// The wanted properties.
    pub properties: Expr,
    /// Resources that must exist first although no property refers to them.
    pub depends_on: BTreeSet<Address>,
    /// Dependencies whose existence the provider does not check when this resource is created. If both resources are new, they are created
    /// concurrently, as far as the referenced outputs are predictable from names; every other change keeps the order.
    pub unchecked: BTreeSet<Address>,
    /// Names of the properties that identify the resource or say what it is part of.
    pub identity: Vec<&'static str>,
}

/// An existing resource that a stack uses and does not manage: no run creates, changes, tags or deletes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExternalResource {
    /// Name of its type, such as `connect.instance`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its name as the spec or a document writes it.
    pub name: String,
    /// Its id; `None` before it was looked up.
    pub id: Option<String>,
}

/// All wanted resources by address. Their order follows from references and `after`.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The resources.
    pub nodes: BTreeMap<Address, Node>,
    /// The declared lifecycles of resources that have one.
    pub lifecycles: BTreeMap<Address, Lifecycle>,
    /// Existing resources that they use.
    pub external: BTreeSet<ExternalResource>,
}

impl Graph {
    /// Adds or replaces the resource at `address`.
    pub fn insert(&mut self, address: Address, type_name: &str, properties: Expr, after: impl IntoIterator<Item = Address>) {
        let after = after.into_iter().collect();
        let node = Node {
            type_name: type_name.to_owned(),
            properties,
            depends_on: after,
            unchecked: BTreeSet::new(),
            identity: Vec::new(),
        };
        self.nodes.insert(address, node);
    }

    /// Records which properties identify the resource at `address`. Has no effect if there is no resource at `address`.
    pub fn mark_identity(&mut self, address: &Address, identity: impl IntoIterator<Item = &'static str>) {
        if let Some(node) = self.nodes.get_mut(address) {
            node.identity = identity.into_iter().collect();
        }
    }

    /// Records that the provider creates the resource at `address` whether or not the one at `dependency` exists. Has no effect if there is
    /// no resource at `address`.
    pub fn mark_unchecked(&mut self, address: &Address, dependency: Address) {
        if let Some(node) = self.nodes.get_mut(address) {
            node.unchecked.insert(dependency);
        }
    }

    /// Returns the dependencies of the resource at `address`: the addresses its properties refer to, and its `after`.
    pub fn dependencies(&self, address: &Address) -> BTreeSet<Address> {
        let Some(node) = self.nodes.get(address) else { return BTreeSet::new() };
        let referred = node.properties.references().into_iter().map(|reference| reference.address);
        referred.chain(node.depends_on.iter().cloned()).collect()
    }

    /// Returns the addresses under which the resource was declared before.
    pub fn former_addresses(&self, address: &Address) -> Vec<Address> {
        self.lifecycles.get(address).map(|lifecycle| lifecycle.renamed_from.clone()).unwrap_or_default()
    }

    /// Returns whether the resource may be removed.
    pub(crate) fn retention(&self, address: &Address) -> Retention {
        self.lifecycles.get(address).map(|lifecycle| lifecycle.retention.clone()).unwrap_or_default()
    }

    /// Returns all addresses in topological order, dependencies first; ties are broken by name, so that the order is deterministic.
    ///
    /// # Errors
    /// [`ErrorClass::Invalid`] if a resource depends on one that is not in the graph, or on itself through others: the message names the cycle.
    pub fn order(&self) -> Result<Vec<Address>> {
        self.walk(false)
    }

    /// Returns the order as [`Graph::order`] does, but ignores undefined references and cycles.
    pub(crate) fn lenient_order(&self) -> Vec<Address> {
        // A lenient walk returns no error.
        self.walk(true).unwrap_or_default()
    }

    /// Returns every address after its dependencies, depth first, in the order of addresses. Uses an explicit stack, because a chain may be
    /// long.
    fn walk(&self, lenient: bool) -> Result<Vec<Address>> {
        let mut done = Vec::with_capacity(self.nodes.len());
        let mut visits: BTreeMap<&Address, Visit> = BTreeMap::new();
        for start in self.nodes.keys() {
            let mut path = vec![(start, self.open(start, &mut visits))];
            while let Some((address, waiting)) = path.last_mut() {
                let address = *address;
                let Some(next) = waiting.as_mut().and_then(Iterator::next) else {
                    if waiting.is_some() {
                        visits.insert(address, Visit::Done);
                        done.push(address.clone());
                    }
                    path.pop();
                    continue;
                };
                let Some((next, _)) = self.nodes.get_key_value(&next) else {
                    if lenient {
                        continue;
                    }
                    let message = format!("{address} refers to {next}, and there is no such resource");
                    return Err(Error::new(ErrorClass::Invalid, message));
                };
                if !lenient && visits.get(next) == Some(&Visit::Open) {
                    return Err(cycle_error(path.iter().map(|(address, _)| *address), next));
                }
                let waiting = self.open(next, &mut visits);
                path.push((next, waiting));
            }
        }
        Ok(done)
    }

    /// Returns the dependencies of `address` that are still to be visited; `None` if the address was visited or is being visited.
    fn open<'g>(
        &'g self,
        address: &'g Address,
        visits: &mut BTreeMap<&'g Address, Visit>,
    ) -> Option<btree_set::IntoIter<Address>> {
        if visits.contains_key(address) {
            return None;
        }
        visits.insert(address, Visit::Open);
        Some(self.dependencies(address).into_iter())
    }
}

/// The state of a resource during a walk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    /// Its dependencies are being visited.
    Open,
    Done,
}

/// Creates the error for a cycle that `path` closes by reaching `again`.
fn cycle_error<'p>(path: impl Iterator<Item = &'p Address>, again: &Address) -> Error {
    let mut cycle: Vec<&str> = path.skip_while(|address| *address != again).map(Address::as_str).collect();
    cycle.push(again.as_str());
    let message = format!("resources wait for each other in a circle: {}", cycle.join(" -> "));
    Error::new(ErrorClass::Invalid, message).with_help("remove one of these references")
}
