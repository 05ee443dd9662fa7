//! The graph as text: Mermaid and DOT.

use std::collections::BTreeMap;
use std::fmt::Write;

use deployer_engine::Address;

use super::Stack;

/// Returns a Mermaid flowchart; an arrow leads from a resource to what it depends on (Mermaid docs, "Flowcharts").
pub(super) fn mermaid(stack: &Stack) -> String {
    let ids: BTreeMap<&Address, usize> = stack.nodes.keys().enumerate().map(|(id, address)| (address, id)).collect();
    let mut text = String::from("flowchart LR\n");
    for (address, node) in &stack.nodes {
        let _ =
            writeln!(text, "  n{}[\"{}<br/><small>{}</small>\"]", ids[address], plain(address.as_str()), plain(&node.type_name));
    }
    for (from, to) in stack.edges() {
        let _ = writeln!(text, "  n{} --> n{}", ids[from], ids[to]);
    }
    text
}

/// Replaces what ends a quoted label or is markup in it.
fn plain(text: &str) -> String {
    text.replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}

/// Returns a directed graph in the DOT language (Graphviz docs, "DOT Language"); an arrow leads from a resource to what it depends on.
pub(super) fn dot(stack: &Stack, title: &str) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = format!("digraph {} {{\n  rankdir = LR;\n  node [shape = box];\n", quoted(title));
    for (address, node) in &stack.nodes {
        let _ = writeln!(text, "  {} [tooltip = {}];", quoted(address.as_str()), quoted(&node.type_name));
    }
    for (from, to) in stack.edges() {
        let _ = writeln!(text, "  {} -> {};", quoted(from.as_str()), quoted(to.as_str()));
    }
    text + "}\n"
}
