//! Checks that need a traversal of the flow: unreachable actions, endless loops, and reads of values that nothing can have
//! written. All of them are warnings, since published flows contain such places.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::actions::{self, Effect};
use crate::findings::report::Report;
use crate::flow_type::FlowType;
use crate::jsonpath::occurrences;
use crate::model::Action;
use crate::path::Path;
use crate::rules::{ConditionMode, NextRequirement};

/// The actions of a flow and their transitions, by index.
struct Graph<'a> {
    actions: Vec<Action<'a>>,
    next: Vec<Vec<usize>>,
    start: usize,
}

impl<'a> Graph<'a> {
    fn of(report: &Report<'a>) -> Option<Self> {
        let actions = report.flow.actions();
        let mut names = HashMap::new();
        for action in &actions {
            if let Some(name) = action.identifier() {
                names.entry(name).or_insert(action.index());
            }
        }
        let start = *names.get(report.flow.start_action()?)?;
        let next = actions.iter().map(|action| action.targets().filter_map(|name| names.get(name).copied()).collect()).collect();
        Some(Self { actions, next, start })
    }

    /// Returns the indexes reachable from these, including themselves.
    fn reached(&self, from: impl IntoIterator<Item = usize>) -> HashSet<usize> {
        self.reached_outside(from, |_| false)
    }

    /// Returns the indexes reachable from these without passing an action for which `out` is true.
    fn reached_outside(&self, from: impl IntoIterator<Item = usize>, out: impl Fn(usize) -> bool) -> HashSet<usize> {
        closure(from, |index| self.next[index].iter().copied().filter(|to| !out(*to)).collect::<Vec<_>>().into_iter())
    }
}

/// Returns everything reachable by repeating `steps`.
fn closure<I: Iterator<Item = usize>>(from: impl IntoIterator<Item = usize>, steps: impl Fn(usize) -> I) -> HashSet<usize> {
    let mut found = HashSet::new();
    let mut waiting: Vec<usize> = from.into_iter().collect();
    while let Some(index) = waiting.pop() {
        if found.insert(index) {
            waiting.extend(steps(index));
        }
    }
    found
}

/// Traverses the flow from its start.
pub(super) fn check(report: &mut Report<'_>) {
    let Some(graph) = Graph::of(report) else {
        return;
    };
    let reached = graph.reached([graph.start]);
    unreachable(report, &graph, &reached);
    endless_loops(report, &graph, &reached);
    // State left by another flow is unknown: published flows read the response of a function that the previous flow invoked,
    // and transfer to a queue that it set.
    if report.context.entry && matches!(report.flow_type(), None | Some(FlowType::ContactFlow)) {
        external(report, &graph, &reached);
        queue(report, &graph);
    }
}

/// Reports the first actions of each part of the flow that cannot be reached. If a branch has an undefined target, that
/// branch is the cause, and it is already a finding.
fn unreachable(report: &mut Report<'_>, graph: &Graph<'_>, reached: &HashSet<usize>) {
    let first = |action: &Action<'_>| action.identifier().and_then(|name| report.identifiers.get(name)) == Some(&action.index());
    let lost: Vec<usize> =
        graph.actions.iter().filter(|a| first(a) && !reached.contains(&a.index())).map(Action::index).collect();
    if lost.is_empty() || report.note_unreachable(lost.len()) {
        return;
    }
    let mut covered = HashSet::new();
    // First those without any predecessor, then one action of each cycle that has no other predecessors.
    let ways = lost.iter().flat_map(|index| graph.next[*index].iter().map(move |to| (*index, *to)));
    let aimed: HashSet<usize> = ways.filter(|(from, to)| from != to).map(|(_, to)| to).collect();
    let (heads, rest): (Vec<usize>, Vec<usize>) = lost.iter().copied().partition(|index| !aimed.contains(index));
    for index in heads.into_iter().chain(rest) {
        if covered.contains(&index) {
            continue;
        }
        let behind = graph.reached_outside([index], |one| reached.contains(&one) || covered.contains(&one));
        let others = behind.len() - 1;
        covered.extend(behind);
        let path = Path::action(index);
        let message = format!("Action is never reached. Path: {path}");
        let more = match others {
            0 => String::new(),
            1 => "; one more action is only reached from it".to_owned(),
            many => format!("; {many} more actions are only reached from it"),
        };
        report.warn("unreachable", path, message).explain(format!("no way leads from StartAction to this action{more}"));
    }
}

/// Reports `$.External` where no function can have responded on any path.
fn external(report: &mut Report<'_>, graph: &Graph<'_>, reached: &HashSet<usize>) {
    let asks = |index: &usize| actions::has(graph.actions[*index], Effect::SetsExternal);
    let answered = graph.reached(reached.iter().copied().filter(asks).flat_map(|index| graph.next[index].clone()));
    let mut places = Vec::new();
    for action in &graph.actions {
        let index = action.index();
        let parameters = action.as_value().get("Parameters");
        if let Some(parameters) = parameters.filter(|_| reached.contains(&index) && !answered.contains(&index)) {
            places.extend(reads_external(parameters, &action.path().key("Parameters")));
        }
    }
    let count = places.len();
    if let Some(place) = places.into_iter().next() {
        let message = format!("$.External is read before any function ran. Path: {place}");
        let more = match count {
            1 => String::new(),
            2 => "; so it is in one more action".to_owned(),
            many => format!("; so it is in {} more actions", many - 1),
        };
        report.warn("external", place, message).explain(format!(
            "on no way to this action a Lambda function has answered in this flow, so the value is empty{more}"
        ));
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

/// Reports actions from which no path leads to an end, to another flow or to a waiting action: the contact loops until
/// Connect stops it. Flows that play while something else is awaited are meant to loop, so they are skipped.
fn endless_loops(report: &mut Report<'_>, graph: &Graph<'_>, reached: &HashSet<usize>) {
    use FlowType::{AgentHold, CustomerHold, CustomerQueue};
    if matches!(report.flow_type(), Some(CustomerQueue | CustomerHold | AgentHold)) {
        return;
    }
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); graph.actions.len()];
    for (index, next) in graph.next.iter().enumerate() {
        next.iter().for_each(|to| before[*to].push(index));
    }
    let ways_out = graph.actions.iter().filter(|action| ends_or_waits(**action)).map(Action::index);
    let free = closure(ways_out, |index| before[index].iter().copied());
    let mut trapped: BTreeSet<usize> = reached.iter().copied().filter(|index| !free.contains(index)).collect();
    // Removes the actions that only lead into a cycle, starting at those without predecessors.
    let mut ahead: HashMap<usize, usize> =
        trapped.iter().map(|index| (*index, before[*index].iter().filter(|from| trapped.contains(from)).count())).collect();
    let mut first: Vec<usize> = ahead.iter().filter(|(_, count)| **count == 0).map(|(index, _)| *index).collect();
    while let Some(index) = first.pop() {
        trapped.remove(&index);
        for to in &graph.next[index] {
            if let Some(count) = ahead.get_mut(to) {
                *count -= 1;
                first.extend((*count == 0).then_some(*to));
            }
        }
    }
    let mut covered: HashSet<usize> = HashSet::new();
    for index in trapped {
        if covered.contains(&index) {
            continue;
        }
        let around = graph.reached_outside(graph.next[index].iter().copied(), |one| covered.contains(&one));
        if !around.contains(&index) {
            continue;
        }
        let path = Path::action(index);
        let message = format!("Round without end. Path: {path}");
        let count = around.len();
        covered.extend(around);
        report.warn("endless-round", path, message).explain(match count {
            1 => "the action leads only to itself and waits for nobody".to_owned(),
            many => format!("no way leads from these {many} actions to an end, and none of them waits for the caller"),
        });
    }
}

/// Whether a contact can end at this action, leave the flow or wait.
fn ends_or_waits(action: Action<'_>) -> bool {
    let Some(rules) = action.kind().and_then(actions::get) else {
        return true;
    };
    let fixed = rules.conditions.is_some_and(|conditions| conditions.mode == ConditionMode::Fixed);
    let falls_off = action.next().is_none() && rules.next == NextRequirement::Required && !fixed;
    rules.is_terminal() || falls_off || rules.has(Effect::Waits) || actions::leaves(action)
}

/// Reports a transfer to a queue without a previously set queue, in a flow that no other flow leads to.
fn queue(report: &mut Report<'_>, graph: &Graph<'_>) {
    let sets = |index: usize| actions::has(graph.actions[index], Effect::SetsQueue);
    let unset = closure([graph.start], |index| {
        // The error branches of an action that sets the queue leave it unset.
        let errors: Vec<&str> = graph.actions[index].errors().filter_map(|branch| branch.target()).collect();
        let all = graph.next[index].iter().copied();
        let passes = !sets(index);
        all.filter(move |to| passes || graph.actions[*to].identifier().is_some_and(|name| errors.contains(&name)))
    });
    for action in &graph.actions {
        if actions::has(*action, Effect::NeedsQueue) && unset.contains(&action.index()) {
            let path = action.path();
            let message = format!("Transfer without a working queue. Path: {path}");
            report.warn("no-queue", path, message).explain(
                "no other flow leads to this one, and on at least one way to this action no UpdateContactTargetQueue has set a \
                 queue; then the transfer takes its error branch",
            );
        }
    }
}
