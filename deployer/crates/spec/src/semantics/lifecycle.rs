//! Checks of lifecycles: entries that exist, and renames that are unambiguous. Addresses and properties are checked against the resources
//! that the stack makes.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::suggest::{closest, listed};
use crate::yaml::{Node, Value};

pub(super) fn check(root: &Node, faults: &mut Vec<Diagnostic>) {
    let entries = entries(root);
    let mut renamed = Renamed::new();
    for (key, at, lifecycle) in root.get("lifecycle").into_iter().flat_map(Node::members) {
        let path = format!("lifecycle.{key}");
        let is_entry = matches!(key.split('.').next(), Some("tables" | "functions" | "connect" | "api"));
        if is_entry && !entries.iter().any(|entry| entry == key) {
            let fault = Diagnostic::new(Code::Dangling, at.span, format!("the spec has no entry `{key}`"));
            let help = "remove it here too: what is no longer declared follows the lifecycle of the last apply";
            let meant = closest(key, entries.iter().map(String::as_str)).map(str::to_owned);
            faults.push(fault.with_path(&path).with_suggestion(meant).help(help));
            continue;
        }
        let Some(former) = lifecycle.get("renamed_from") else { continue };
        match key.rsplit_once('.').filter(|_| is_entry) {
            Some((section, own)) => renames(root, (section, own), former, &mut renamed, faults),
            None => {
                let message = format!("`{key}` has no key that could have been renamed");
                let fault = Diagnostic::new(Code::Conflict, former.span, message).with_path(format!("{path}.renamed_from"));
                let help = "name the entry that was renamed, such as `functions.convert`: all of its resources move with it";
                faults.push(fault.help(help));
            }
        }
    }
}

/// Returns the key under which a renamed entry was first declared.
pub(super) fn first_key<'n>(root: &'n Node, entry: &str) -> Option<&'n str> {
    root.find(&["lifecycle", entry, "renamed_from"])?.elements().last()?.text()
}

/// The present key by section and former key.
type Renamed = BTreeMap<(String, String), String>;

/// Checks the former keys of the entry `own` of a section.
fn renames(root: &Node, (section, own): (&str, &str), former: &Node, renamed: &mut Renamed, faults: &mut Vec<Diagnostic>) {
    let declared: Vec<&str> = root.find(&steps(section)).into_iter().flat_map(Node::members).map(|(name, ..)| name).collect();
    for node in former.elements() {
        let Some(from) = node.text() else { continue };
        let (message, help) = if from == own {
            (format!("`{own}` cannot have been renamed from itself"), "write the key that it had before")
        } else if declared.contains(&from) {
            let message = format!("`{section}` still declares `{from}`, so `{own}` cannot be the new key of it");
            (message, "remove the old entry, or this line; keys that change places need a third key and two applies")
        } else if let Some(first) = renamed.insert((section.to_owned(), from.to_owned()), own.to_owned()) {
            let message = format!("both {} claim to be the former `{from}`", listed(&[first.as_str(), own]));
            (message, "only one of them can be; the other one is created")
        } else {
            continue;
        };
        let path = format!("lifecycle.{section}.{own}.renamed_from");
        faults.push(Diagnostic::new(Code::Conflict, node.span, message).with_path(path).help(help));
    }
}

fn steps(path: &str) -> Vec<&str> {
    path.split('.').collect()
}

/// Returns all entries of the spec that stand for resources: `tables.X`, `connect.queues.X`, `api`.
fn entries(root: &Node) -> Vec<String> {
    let is_map = |node: &Node| matches!(node.value, Value::Map(_));
    let keys = |section: &str| -> Vec<String> {
        let members = root.find(&steps(section)).into_iter().flat_map(Node::members);
        members.filter(|(_, _, entry)| is_map(entry)).map(|(key, ..)| format!("{section}.{key}")).collect()
    };
    let mut all = [keys("tables"), keys("functions")].concat();
    all.extend(["connect", "api"].into_iter().filter(|whole| root.get(whole).is_some()).map(str::to_owned));
    for (section, _, node) in root.get("connect").into_iter().flat_map(Node::members) {
        if is_map(node) && node.members().all(|(_, _, entry)| is_map(entry)) {
            all.extend(keys(&format!("connect.{section}")));
        }
    }
    all
}
