//! The stack as the engine sees it: resources, their wanted properties and what they wait for.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::error::{Class, Error, Result};
use crate::expr::Expr;

/// One wanted resource.
#[derive(Debug, Clone)]
pub struct Node {
    /// The resource type's name, as in the [`Registry`](crate::Registry).
    pub type_name: String,
    /// The wanted properties.
    pub properties: Expr,
    /// Resources that must exist first although no property refers to them.
    pub after: BTreeSet<Address>,
}

/// All wanted resources by address. The order of anything follows from references and `after`.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The resources.
    pub nodes: BTreeMap<Address, Node>,
}

impl Graph {
    /// Adds or replaces the resource at `address`.
    pub fn insert(&mut self, address: Address, type_name: &str, properties: Expr, after: impl IntoIterator<Item = Address>) {
        let node = Node { type_name: type_name.to_owned(), properties, after: after.into_iter().collect() };
        self.nodes.insert(address, node);
    }

    /// What the resource at `address` waits for: the addresses its properties refer to, and its `after`.
    pub fn dependencies(&self, address: &Address) -> BTreeSet<Address> {
        let Some(node) = self.nodes.get(address) else { return BTreeSet::new() };
        let referred = node.properties.references().into_iter().map(|reference| reference.address);
        referred.chain(node.after.iter().cloned()).collect()
    }

    /// All addresses, each after everything it waits for; equal ones by name, so that the order is always the same.
    ///
    /// # Errors
    /// [`Class::Invalid`] if a resource waits for one that is not in the graph, or for itself through others: the
    /// message names the cycle.
    pub fn order(&self) -> Result<Vec<Address>> {
        for address in self.nodes.keys() {
            if let Some(missing) = self.dependencies(address).into_iter().find(|wanted| !self.nodes.contains_key(wanted)) {
                let message = format!("{address} refers to {missing}, and there is no such resource");
                return Err(Error::new(Class::Invalid, message));
            }
        }
        let mut walk = Walk { graph: self, lenient: false, done: Vec::new(), seen: BTreeSet::new(), path: Vec::new() };
        self.nodes.keys().try_for_each(|address| walk.visit(address))?;
        Ok(walk.done)
    }

    /// As [`Graph::order`], where references to nothing and circles are passed over.
    pub(crate) fn lenient_order(&self) -> Vec<Address> {
        let mut walk = Walk { graph: self, lenient: true, done: Vec::new(), seen: BTreeSet::new(), path: Vec::new() };
        for address in self.nodes.keys() {
            // A lenient walk has no error.
            let _ = walk.visit(address);
        }
        walk.done.retain(|address| self.nodes.contains_key(address));
        walk.done
    }
}

struct Walk<'g> {
    lenient: bool,
    graph: &'g Graph,
    done: Vec<Address>,
    seen: BTreeSet<Address>,
    path: Vec<Address>,
}

impl Walk<'_> {
    fn visit(&mut self, address: &Address) -> Result<()> {
        let circle = self.path.iter().position(|on_path| on_path == address);
        if let (Some(start), false) = (circle, self.lenient) {
            let mut cycle: Vec<_> = self.path[start..].iter().map(Address::as_str).collect();
            cycle.push(address.as_str());
            let message = format!("resources wait for each other in a circle: {}", cycle.join(" -> "));
            return Err(Error::new(Class::Invalid, message).with_help("remove one of these references"));
        }
        if !self.seen.insert(address.clone()) {
            return Ok(());
        }
        self.path.push(address.clone());
        for next in self.graph.dependencies(address) {
            self.visit(&next)?;
        }
        self.path.pop();
        self.done.push(address.clone());
        Ok(())
    }
}
