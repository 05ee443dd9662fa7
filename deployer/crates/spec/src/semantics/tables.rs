//! Consistency checks of the keys of tables and indexes.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::Node;

pub(super) fn check(root: &Node, faults: &mut Vec<Diagnostic>) {
    for (name, _, table) in root.get("tables").into_iter().flat_map(Node::members) {
        let path = format!("tables.{name}");
        let mut types: HashMap<&str, &str> = HashMap::new();
        if let Some(key) = table.get("key") {
            check_key(key, &format!("{path}.key"), &mut types, faults);
        }
        for (index, _, key) in table.get("indexes").into_iter().flat_map(Node::members) {
            check_key(key, &format!("{path}.indexes.{index}"), &mut types, faults);
        }
        ttl(table, &types, &path, faults);
    }
}

fn check_key<'n>(key: &'n Node, path: &str, types: &mut HashMap<&'n str, &'n str>, faults: &mut Vec<Diagnostic>) {
    let attribute = |part| key.get(part).and_then(|node| node.members().next());
    let partition = attribute("partition");
    let sort = attribute("sort");
    if let (Some((partition, ..)), Some((sort, at, _))) = (partition, sort)
        && partition == sort
    {
        let message = format!("the attribute `{sort}` cannot be partition key and sort key at once");
        faults.push(Diagnostic::new(Code::Conflict, at.span, message).with_path(format!("{path}.sort")));
    }
    for (part, (name, _, kind)) in
        [("partition", partition), ("sort", sort)].into_iter().filter_map(|(part, found)| Some((part, found?)))
    {
        let Some(word) = kind.text() else { continue };
        let first = *types.entry(name).or_insert(word);
        if first != word {
            let message =
                format!("the attribute `{name}` has the type `{first}` in another key of this table; it cannot be `{word}` here");
            faults.push(Diagnostic::new(Code::Conflict, kind.span, message).with_path(format!("{path}.{part}")));
        }
    }
}

/// Checks the time-to-live attribute, which DynamoDB reads as a number of seconds (developer guide, "Using time to live").
fn ttl(table: &Node, types: &HashMap<&str, &str>, path: &str, faults: &mut Vec<Diagnostic>) {
    let Some(node) = table.get("ttl") else { return };
    let Some(name) = node.text() else { return };
    if let Some(kind) = types.get(name).filter(|kind| **kind != "N") {
        let message = format!("items can expire only by a number; `{name}` has the type `{kind}` in a key of this table");
        faults.push(Diagnostic::new(Code::Conflict, node.span, message).with_path(format!("{path}.ttl")));
    }
}
