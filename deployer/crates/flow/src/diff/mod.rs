//! Semantic differences between two flows: actions, parameters, branches.

mod normalize;
mod renamed;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::model::{Action, Flow};
pub use normalize::normalized_content;
pub(crate) use normalize::remove_default;
use renamed::Renamed;

/// A difference between two flows.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// A member of the document differs, such as `StartAction`.
    Document {
        /// Name of the member.
        member: String,
        /// Value before, if present.
        before: Option<Value>,
        /// Value after, if present.
        after: Option<Value>,
    },
    /// An action was added.
    Added {
        /// Identifier of the action.
        action: String,
        /// Type of the action.
        kind: String,
        /// Parts of the action: parameters, branches and the next action.
        parts: Vec<(String, Value)>,
    },
    /// An action was removed.
    Removed {
        /// Identifier of the action.
        action: String,
        /// Type of the action.
        kind: String,
        /// Parts of the action.
        parts: Vec<(String, Value)>,
    },
    /// An action has another identifier but is otherwise the same: type, parameters and position.
    Renamed {
        /// Identifier before.
        before: String,
        /// Identifier after.
        after: String,
        /// Type of the action.
        kind: String,
    },
    /// A part of an action differs.
    Changed {
        /// Identifier of the action.
        action: String,
        /// Name of the part: `Type`, `Text` or another parameter, `branch Equals "1"`, `error X`, `next`.
        what: String,
        /// Value before, if present.
        before: Option<Value>,
        /// Value after, if present.
        after: Option<Value>,
    },
}

/// Values are printed in full: a truncated difference cannot be reviewed.
impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document { member, before, after } => write!(out, "~ {member} {}", arrow(before.as_ref(), after.as_ref())),
            Self::Added { action, kind, parts } => all(out, '+', action, kind, parts),
            Self::Removed { action, kind, parts } => all(out, '-', action, kind, parts),
            Self::Renamed { before, after, kind } => write!(out, "= {before} is called {after} ({kind})"),
            Self::Changed { action, what, before, after } => {
                write!(out, "~ {action}: {what} {}", arrow(before.as_ref(), after.as_ref()))
            }
        }
    }
}

/// Writes an action with each of its parts on a line.
fn all(out: &mut fmt::Formatter<'_>, sign: char, action: &str, kind: &str, parts: &[(String, Value)]) -> fmt::Result {
    write!(out, "{sign} {action} ({kind})")?;
    parts.iter().try_for_each(|(what, value)| write!(out, "\n    {what} {value}"))
}

/// Name of the part that holds the order of the conditions.
const ORDER: &str = "order of branches";

fn arrow(before: Option<&Value>, after: Option<&Value>) -> String {
    let shown = |value: Option<&Value>| value.map_or_else(|| "(none)".to_owned(), Value::to_string);
    format!("{} → {}", shown(before), shown(after))
}

/// Returns the differences between two flows after [`normalized_content`] has normalised both: layout, the order of actions and of
/// members, defaults and empty lists are ignored; the order of conditions is not. Empty if the flows behave alike.
#[must_use]
pub fn diff(before: &Flow, after: &Flow) -> Vec<Difference> {
    let (before, after) = (&normalize::normalized(before), &normalize::normalized(after));
    let mut found = Vec::new();
    let (old, new) = (by_identifier(before), by_identifier(after));
    let renamed = Renamed::find((before, &old), (after, &new));
    document(&mut found, &renamed, before, after);
    let kind = |action: &Action<'_>| action.kind().unwrap_or_default().to_owned();
    for (name, action) in &new {
        let was = renamed.before(name);
        match old.get(was) {
            Some(known) => {
                if was != name {
                    found.push(Difference::Renamed { before: was.to_owned(), after: name.clone(), kind: kind(action) });
                }
                actions(&mut found, &renamed, name, known, action);
            }
            None => found.push(Difference::Added { action: name.clone(), kind: kind(action), parts: listed(action) }),
        }
    }
    for (name, action) in old.iter().filter(|(name, _)| !new.contains_key(renamed.after(name))) {
        found.push(Difference::Removed { action: name.clone(), kind: kind(action), parts: listed(action) });
    }
    found
}

fn document(found: &mut Vec<Difference>, renamed: &Renamed<'_>, before: &Flow, after: &Flow) {
    let members = |flow: &Flow| {
        let canonical = flow.canonical();
        let all = canonical.as_object().cloned().unwrap_or_default();
        let all = all.into_iter().filter(|(name, _)| name != "Actions");
        all.collect::<BTreeMap<_, _>>()
    };
    let mut old = members(before);
    if let Some(Value::String(start)) = old.get_mut("StartAction") {
        *start = renamed.after(start).to_owned();
    }
    for (member, before, after) in pairs(&old, &members(after)) {
        found.push(Difference::Document { member, before, after });
    }
}

/// Returns every action by its identifier. An action without one, or with one that an earlier action has, is keyed by its
/// position.
fn by_identifier(flow: &Flow) -> BTreeMap<String, Action<'_>> {
    let mut named = BTreeMap::new();
    for action in flow.actions() {
        let name = action.identifier().map(str::to_owned);
        let name = name.filter(|name| !named.contains_key(name));
        named.insert(name.unwrap_or_else(|| action.path().to_string()), action);
    }
    named
}

fn actions(found: &mut Vec<Difference>, renamed: &Renamed<'_>, name: &str, before: &Action<'_>, after: &Action<'_>) {
    let mut old = flatten_action(before, &|target| renamed.after(target).to_owned());
    let mut new = flatten_action(after, &str::to_owned);
    keep_common(&mut old, &mut new);
    for (what, before, after) in pairs(&old, &new) {
        found.push(Difference::Changed { action: name.to_owned(), what, before, after });
    }
}

/// Removes added and removed conditions from both orders, since they are differences of their own.
fn keep_common(before: &mut BTreeMap<String, Value>, after: &mut BTreeMap<String, Value>) {
    let names = |parts: &BTreeMap<String, Value>| parts.get(ORDER).and_then(Value::as_array).cloned().unwrap_or_default();
    let (old, new) = (names(before), names(after));
    let common = |own: &[Value], other: &[Value]| own.iter().filter(|name| other.contains(name)).cloned().collect::<Value>();
    before.insert(ORDER.to_owned(), common(&old, &new));
    after.insert(ORDER.to_owned(), common(&new, &old));
}

/// Returns the parts of an added or removed action, except for its type and the order of its branches, which the list shows
/// anyway.
fn listed(action: &Action<'_>) -> Vec<(String, Value)> {
    let mut parts = flatten_action(action, &str::to_owned);
    parts.retain(|name, _| name != "Type" && name != ORDER);
    parts.into_iter().collect()
}

type Called<'r> = dyn Fn(&str) -> String + 'r;

/// Splits an action into its parts, each under a readable name; targets are renamed by `called`.
fn flatten_action(action: &Action<'_>, called: &Called<'_>) -> BTreeMap<String, Value> {
    let mut parts = BTreeMap::new();
    let members = action.as_value().as_object();
    for (name, value) in members.into_iter().flatten() {
        match (name.as_str(), value) {
            ("Identifier", _) => {}
            ("Parameters", Value::Object(parameters)) => {
                for (name, value) in parameters {
                    leaves(&mut parts, name.clone(), value);
                }
            }
            ("Transitions", Value::Object(transitions)) => branches(&mut parts, action, transitions, called),
            (name, value) => {
                parts.insert(name.to_owned(), value.clone());
            }
        }
    }
    parts
}

/// Adds a parameter, with one entry for each leaf under its path.
fn leaves(parts: &mut BTreeMap<String, Value>, path: String, value: &Value) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(name, member)| leaves(parts, format!("{path}.{name}"), member));
        }
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(index, element)| leaves(parts, format!("{path}[{index}]"), element));
        }
        _ => insert(parts, path, value.clone()),
    }
}

fn branches(
    parts: &mut BTreeMap<String, Value>,
    action: &Action<'_>,
    transitions: &serde_json::Map<String, Value>,
    called: &Called<'_>,
) {
    for (name, value) in transitions {
        match (name.as_str(), value) {
            ("NextAction", value) => {
                let value = value.as_str().map_or_else(|| value.clone(), |target| called(target).into());
                parts.insert("next".to_owned(), value);
            }
            ("Conditions" | "Errors", Value::Array(_)) => {}
            (name, value) => {
                parts.insert(format!("Transitions.{name}"), value.clone());
            }
        }
    }
    let mut order = Vec::new();
    for branch in action.branches() {
        let (name, value) = match (branch.condition(), branch.target()) {
            (Some(condition), Some(target)) => {
                let operands: Vec<String> = condition.operands.iter().map(Value::to_string).collect();
                (format!("{} {}", condition.operator, operands.join(", ")), called(target).into())
            }
            _ => (format!("number {}", branch.index), branch.as_value().clone()),
        };
        insert(parts, format!("branch {name} to"), value);
        order.push(Value::from(name));
    }
    parts.insert(ORDER.to_owned(), order.into());
    for branch in action.errors() {
        let (name, value) = match (branch.error_type(), branch.target()) {
            (Some(error), Some(target)) => (error.to_owned(), called(target).into()),
            _ => (format!("number {}", branch.index), branch.as_value().clone()),
        };
        insert(parts, format!("error {name} to"), value);
    }
}

/// Adds a part; a second part of the same name gets a numbered name.
fn insert(parts: &mut BTreeMap<String, Value>, name: String, value: Value) {
    let free = match parts.contains_key(&name) {
        true => format!("{name}, again ({})", parts.len()),
        false => name,
    };
    parts.insert(free, value);
}

/// Returns the names for which two maps differ, with both values.
fn pairs(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<(String, Option<Value>, Option<Value>)> {
    let mut names: Vec<_> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            let of = |map: &BTreeMap<String, Value>| map.get(name).cloned();
            (name.clone(), of(before), of(after))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: &str = r#"{"Version":"2019-10-30","StartAction":"a","Metadata":{"x":1},"Actions":[
      {"Identifier":"a","Type":"Compare","Parameters":{"ComparisonValue":"$.Channel"},"Transitions":{"NextAction":"b",
        "Conditions":[{"NextAction":"b","Condition":{"Operator":"Equals","Operands":["1"]}},
                      {"NextAction":"b","Condition":{"Operator":"Equals","Operands":["2"]}}],
        "Errors":[{"NextAction":"b","ErrorType":"NoMatchingCondition"}]}},
      {"Identifier":"b","Type":"DisconnectParticipant","Parameters":{},"Transitions":{"Errors":[]}}]}"#;

    fn changes(edit: fn(&mut Value)) -> Vec<String> {
        let before = Flow::parse(FLOW).unwrap();
        let mut document = before.as_value().clone();
        edit(&mut document);
        let after = Flow::from_value(document).unwrap();
        diff(&before, &after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn layout_and_order_of_actions_are_no_difference() {
        assert!(changes(|_| {}).is_empty());
        let found = changes(|flow| {
            flow["Metadata"] = Value::Null;
            flow["Actions"].as_array_mut().unwrap().reverse();
            flow["Actions"][0]["Transitions"] = serde_json::json!({});
        });
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn each_change_is_named_by_what_it_means() {
        let found = changes(|flow| {
            flow["StartAction"] = "b".into();
            flow["Actions"][0]["Parameters"]["ComparisonValue"] = "$.Name".into();
            flow["Actions"][0]["Transitions"]["Errors"][0]["NextAction"] = "c".into();
            flow["Actions"][1]["Identifier"] = "c".into();
        });
        assert_eq!(
            found,
            [
                "~ StartAction \"a\" → \"b\"",
                "~ a: ComparisonValue \"$.Channel\" → \"$.Name\"",
                "~ a: branch Equals \"1\" to \"c\" → \"b\"",
                "~ a: branch Equals \"2\" to \"c\" → \"b\"",
                "~ a: next \"c\" → \"b\"",
                "= b is called c (DisconnectParticipant)",
            ]
        );
    }

    #[test]
    fn renamed_action_is_one_difference() {
        let found = changes(|flow| {
            let text = flow.to_string().replace("\"b\"", "\"Hang up\"").replace("\"a\"", "\"Which channel\"");
            *flow = serde_json::from_str(&text).unwrap();
        });
        assert_eq!(found, ["= b is called Hang up (DisconnectParticipant)", "= a is called Which channel (Compare)"]);
    }

    #[test]
    fn changed_action_is_not_a_rename() {
        let found = changes(|flow| {
            flow["StartAction"] = "c".into();
            flow["Actions"][0]["Identifier"] = "c".into();
            flow["Actions"][0]["Parameters"]["ComparisonValue"] = "$.Name".into();
        });
        let ways = "branch Equals \"1\" to \"b\"\n    branch Equals \"2\" to \"b\"\n    error NoMatchingCondition to \"b\"\n    next \"b\"";
        let added = format!("+ c (Compare)\n    ComparisonValue \"$.Name\"\n    {ways}");
        let removed = format!("- a (Compare)\n    ComparisonValue \"$.Channel\"\n    {ways}");
        assert_eq!(found, ["~ StartAction \"a\" → \"c\"", added.as_str(), removed.as_str()]);
    }

    #[test]
    fn new_condition_leaves_the_order_unchanged() {
        let found = changes(|flow| {
            let conditions = flow["Actions"][0]["Transitions"]["Conditions"].as_array_mut().unwrap();
            let mut third = conditions[0].clone();
            third["Condition"]["Operands"][0] = "3".into();
            conditions.insert(0, third);
        });
        assert_eq!(found, ["~ a: branch Equals \"3\" to (none) → \"b\""]);
    }

    #[test]
    fn order_of_conditions_is_a_difference() {
        let found = changes(|flow| {
            flow["Actions"][0]["Transitions"]["Conditions"].as_array_mut().unwrap().reverse();
        });
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("~ a: order of branches"), "{found:?}");
    }
}
