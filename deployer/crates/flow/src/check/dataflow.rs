//! What can only be seen by following the flow: actions nobody reaches, values
//! read before anything can have written them. All of it warnings, since
//! published flows have such places.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::Value;

use super::{FlowType, Report};
use crate::jsonpath::occurrences;
use crate::model::Action;
use crate::path::Path;

/// Walks the flow from its start.
pub(super) fn check(report: &mut Report<'_>) {
    let actions = report.flow.actions();
    let mut graph = HashMap::new();
    for action in &actions {
        if let Some(name) = action.identifier() {
            graph.entry(name).or_insert(*action);
        }
    }
    let Some(start) = report.flow.start_action().filter(|s| graph.contains_key(s)) else {
        return;
    };
    unreachable(report, &actions, &walk(&graph, start, |_| false));
    external(report, &graph, start);
    if matches!(report.flow_type(), None | Some(FlowType::ContactFlow)) {
        queue(report, &graph, start);
    }
}

/// The indexes of the actions reached from the start when no contact gets past
/// the success of an action for which `stops` holds.
fn walk<'a>(graph: &HashMap<&'a str, Action<'a>>, start: &'a str, stops: impl Fn(&Action<'a>) -> bool) -> HashSet<usize> {
    let mut reached = HashSet::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(name) = waiting.pop_front() {
        let Some(action) = graph.get(name) else {
            continue;
        };
        if !reached.insert(action.index()) {
            continue;
        }
        if stops(action) {
            waiting.extend(action.errors().filter_map(|branch| branch.target()));
        } else {
            waiting.extend(action.targets());
        }
    }
    reached
}

fn unreachable(report: &mut Report<'_>, actions: &[Action<'_>], reached: &HashSet<usize>) {
    for action in actions {
        let first = action.identifier().and_then(|name| report.identifiers.get(name));
        if first == Some(&action.index()) && !reached.contains(&action.index()) {
            let message = format!("Action is never reached. Path: {}", action.path());
            report.warn("unreachable", action.path(), message).explain("no way leads from StartAction to this action");
        }
    }
}

fn external<'a>(report: &mut Report<'_>, graph: &HashMap<&'a str, Action<'a>>, start: &'a str) {
    let answers = |action: &Action<'_>| matches!(action.kind(), Some("InvokeLambdaFunction" | "InvokeFlowModule"));
    let reached = walk(graph, start, answers);
    for action in graph.values() {
        if !reached.contains(&action.index()) {
            continue;
        }
        let Some(parameters) = action.as_value().get("Parameters") else {
            continue;
        };
        if let Some(place) = reads_external(parameters, &action.path().key("Parameters")) {
            let message = format!("$.External is read before any function ran. Path: {place}");
            report.warn("external", place, message).explain(
                "on at least one way to this action no Lambda function has answered in this \
                 flow, so the value is empty",
            );
        }
    }
}

fn reads_external(value: &Value, path: &Path) -> Option<Path> {
    match value {
        Value::String(text) => {
            occurrences(text).iter().any(|(_, reference)| reference.root() == "External").then(|| path.clone())
        }
        Value::Array(elements) => {
            elements.iter().enumerate().find_map(|(index, element)| reads_external(element, &path.index(index)))
        }
        Value::Object(members) => members.iter().find_map(|(name, member)| reads_external(member, &path.key(name))),
        _ => None,
    }
}

fn queue<'a>(report: &mut Report<'_>, graph: &HashMap<&'a str, Action<'a>>, start: &'a str) {
    let sets = |action: &Action<'_>| matches!(action.kind(), Some("UpdateContactTargetQueue" | "InvokeFlowModule"));
    let reached = walk(graph, start, sets);
    for action in graph.values() {
        if action.kind() == Some("TransferContactToQueue") && reached.contains(&action.index()) {
            let path = action.path();
            let message = format!("Transfer without a working queue. Path: {path}");
            report.warn("no-queue", path, message).explain(
                "on at least one way to this action no UpdateContactTargetQueue has set a \
                 queue, so the transfer takes its error branch",
            );
        }
    }
}
