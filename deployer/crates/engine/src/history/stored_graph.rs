//! A graph as it is kept in the history.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::address::{Address, PropertyPath};
use crate::error::{Error, ErrorClass, Result};
use crate::expr::Expr;
use crate::graph::{ExternalResource, Graph, Node};
use crate::lifecycle::{Lifecycle, Retention};

/// The format that this version reads and writes.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredGraph {
    format: u32,
    nodes: BTreeMap<Address, StoredNode>,
    lifecycles: BTreeMap<Address, StoredLifecycle>,
    external: BTreeSet<ExternalResource>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredNode {
    #[serde(rename = "type")]
    type_name: String,
    properties: Expr,
    depends_on: BTreeSet<Address>,
    unchecked: BTreeSet<Address>,
    identity: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLifecycle {
    ignore_changes: BTreeSet<PropertyPath>,
    retention: Retention,
    renamed_from: Vec<Address>,
}

/// Serializes a graph; equal graphs have equal bytes.
///
/// # Errors
/// [`ErrorClass::Local`] if it cannot be written as JSON.
pub(crate) fn to_bytes(graph: &Graph) -> Result<Vec<u8>> {
    let node = |node: &Node| StoredNode {
        type_name: node.type_name.clone(),
        properties: node.properties.clone(),
        depends_on: node.depends_on.clone(),
        unchecked: node.unchecked.clone(),
        identity: node.identity.iter().map(|&name| name.to_owned()).collect(),
    };
    let lifecycle = |lifecycle: &Lifecycle| StoredLifecycle {
        ignore_changes: lifecycle.ignore_changes.clone(),
        retention: lifecycle.retention.clone(),
        renamed_from: lifecycle.renamed_from.clone(),
    };
    let stored = StoredGraph {
        format: FORMAT,
        nodes: graph.nodes.iter().map(|(address, declared)| (address.clone(), node(declared))).collect(),
        lifecycles: graph.lifecycles.iter().map(|(address, declared)| (address.clone(), lifecycle(declared))).collect(),
        external: graph.external.clone(),
    };
    serde_json::to_vec(&stored).map_err(|error| Error::local(format!("the graph cannot be written as JSON: {error}")))
}

/// Parses a stored graph strictly.
///
/// # Errors
/// [`ErrorClass::State`] if it is of another format.
pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Graph> {
    let unreadable = |what: String| Error::new(ErrorClass::State, format!("the graph of an earlier run cannot be read: {what}"));
    let stored: StoredGraph = serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
    if stored.format != FORMAT {
        return Err(unreadable(format!("it has format {}, this version of deployer reads {FORMAT}", stored.format)));
    }
    let mut graph = Graph { external: stored.external, ..Graph::default() };
    for (address, node) in stored.nodes {
        let StoredNode { type_name, properties, depends_on, unchecked, identity } = node;
        // Names are constants of resource types; the read ones live as long as the process, which reads one graph.
        let identity = identity.into_iter().map(|name| &*name.leak()).collect();
        graph.nodes.insert(address, Node { type_name, properties, depends_on, unchecked, identity });
    }
    for (address, lifecycle) in stored.lifecycles {
        let StoredLifecycle { ignore_changes, retention, renamed_from } = lifecycle;
        graph.lifecycles.insert(address, Lifecycle { ignore_changes, retention, renamed_from });
    }
    Ok(graph)
}
