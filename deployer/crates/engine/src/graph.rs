//! The stack as the engine sees it: resources, their wanted properties and what they wait for.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
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
}
