//! Checks whether Connect would publish the content of a flow, by this crate's own table of the Flow language.
//!
//! The table (`table.json`) holds the language that published records of real `CreateContactFlow` calls and published console
//! exports show accepted. It is independent of the flow checker's table: where the two disagree, one of them is wrong, and
//! `tests/it/two_judges.rs` reports it. A name that neither a record nor an export contains is refused here, as the service
//! refuses unknown names; the checker accepts it with a warning.

mod parameters;
mod table;
mod transitions;

use std::collections::HashSet;

use deployer_flow::{Action, Flow, ResourceKind};
use serde_json::Value;

use table::{ActionRules, Table};

/// Maximum number of problems in one response (botocore model).
const MAX_PROBLEMS: usize = 50;
/// Maximum length of a problem, in characters (botocore model).
const MAX_MESSAGE: usize = 256;
/// Maximum length of the content, in characters (botocore model).
const MAX_CONTENT: usize = 256_000;
/// Maximum number of actions in one flow (AWS page on the Flow language).
const MAX_ACTIONS: usize = 250;
/// Characters that an identifier must not contain (AWS page on the Flow language).
const FORBIDDEN: &str = "%:(\\/)=$,;[]{}";
/// Reserved words that an identifier must not be (AWS page on the Flow language).
const RESERVED: [&str; 10] = [
    "__proto__",
    "constructor",
    "__defineGetter__",
    "__defineSetter__",
    "toString",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "valueOf",
];

/// Predicate that returns whether the instance has a resource of this kind with this ARN or id.
pub type Exists<'a> = dyn Fn(ResourceKind, &str) -> bool + 'a;

/// Returns the problems that keep Connect from publishing this content; empty if it would be published.
#[must_use]
pub fn problems(content: &str, exists: &Exists<'_>) -> Vec<String> {
    let mut judge = Validator { table: Table::builtin(), exists, names: HashSet::new(), problems: Vec::new() };
    match Flow::parse(content) {
        Err(error) => judge.add(format!("Invalid contact flow content: {error}")),
        Ok(_) if content.chars().count() > MAX_CONTENT => {
            judge.add(format!("Contact flow content is longer than {MAX_CONTENT} characters"));
        }
        Ok(flow) => judge.flow(&flow),
    }
    judge.problems
}

/// A check in progress with the problems found so far.
struct Validator<'a> {
    table: &'static Table,
    exists: &'a Exists<'a>,
    /// Identifiers of the flow's actions.
    names: HashSet<String>,
    problems: Vec<String>,
}

impl Validator<'_> {
    fn add(&mut self, message: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(message.chars().take(MAX_MESSAGE).collect());
        }
    }

    fn missing(&mut self, path: &str) {
        self.add(format!("Action is missing required property. Path: {path}"));
    }

    fn bad_value(&mut self, path: &str) {
        self.add(format!("Invalid Action property value. Path: {path}"));
    }

    fn flow(&mut self, flow: &Flow) {
        let actions = flow.actions();
        self.names = actions.iter().filter_map(Action::identifier).map(str::to_owned).collect();
        match flow.as_value().get("Version") {
            Some(version) if version == "2019-10-30" => {}
            Some(_) => self.add("Invalid contact flow property value. Path: Version".to_owned()),
            None => self.add("Contact flow is missing required property. Path: Version".to_owned()),
        }
        if actions.is_empty() {
            self.add("Invalid contact flow property value. Path: Actions".to_owned());
        } else if actions.len() > MAX_ACTIONS {
            self.add(format!("Contact flow has more than {MAX_ACTIONS} actions"));
        }
        if !flow.start_action().is_some_and(|start| self.names.contains(start)) {
            self.add("Invalid contact flow property value. Path: StartAction".to_owned());
        }
        let mut seen = HashSet::new();
        for action in actions {
            if self.problems.len() >= MAX_PROBLEMS {
                return;
            }
            self.action(action, &mut seen);
        }
    }

    fn action<'f>(&mut self, action: Action<'f>, seen: &mut HashSet<&'f str>) {
        let path = action.path().to_string();
        if !action.as_value().is_object() {
            self.bad_value(&path);
            return;
        }
        match action.as_value().get("Identifier") {
            None => self.missing(&format!("{path}.Identifier")),
            Some(Value::String(name)) if is_identifier(name) => {
                if !seen.insert(name) {
                    self.add(format!("Duplicate Action identifier. Identifier: {name}, Path: {path}.Identifier"));
                }
            }
            Some(_) => self.bad_value(&format!("{path}.Identifier")),
        }
        let Some(kind) = action.as_value().get("Type") else {
            self.missing(&format!("{path}.Type"));
            return;
        };
        let rules = kind.as_str().and_then(|kind| self.table.actions.get(kind));
        match rules {
            Some(rules) => self.by_rules(action, rules, &path),
            None => {
                let written = kind.as_str().map_or_else(|| kind.to_string(), str::to_owned);
                self.add(format!("Invalid Action type. Type: {written}, Path: {path}.Type"));
            }
        }
        self.targets(action, &path);
    }

    fn by_rules(&mut self, action: Action<'_>, rules: &ActionRules, path: &str) {
        self.parameters(action, rules, path);
        self.transitions(action, rules, path);
    }
}

fn is_identifier(name: &str) -> bool {
    (1..=50).contains(&name.chars().count()) && !name.chars().any(|c| FORBIDDEN.contains(c)) && !RESERVED.contains(&name)
}
