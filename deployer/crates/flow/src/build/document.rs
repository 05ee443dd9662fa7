//! From built actions to the document of a flow.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::draft::{Draft, IntoAction, IntoTarget, Label, Target};
use crate::actions;
use crate::check::check;
use crate::findings::finding::Finding;
use crate::findings::report::Context;
use crate::flow_type::FlowType;
use crate::graph::positions;
use crate::model::Flow;
use crate::rules::NextRequirement;

/// Maximum length of an identifier (AWS page on the Flow language, "Identifier").
const MAX_IDENTIFIER: usize = 50;
/// Size of an action in the designer, as far as the layout is concerned: published exports place actions some 200 to 280 apart.
const WIDTH: f64 = 170.0;
const HEIGHT: f64 = 110.0;
const ROW: f64 = 24.0;

/// A flow that is built in Rust: what [`flow!`](crate::flow!) returns.
///
/// It becomes a [`Flow`], a `serde_json::Value`, JSON text, or the target of a branch of another flow, whose part its actions then
/// are.
#[derive(Debug, Clone)]
#[must_use]
pub struct NewFlow {
    entries: Vec<(Label, Draft)>,
    flow_type: Option<FlowType>,
    settings: Option<Value>,
}

impl NewFlow {
    /// Creates a flow of actions with labels; the first is the start. [`flow!`](crate::flow!) is this with variables for the labels.
    pub fn new(entries: Vec<(Label, Draft)>) -> Self {
        Self { entries, flow_type: None, settings: None }
    }

    /// Creates a flow that starts with this action, which contains all others.
    pub fn starting_with(action: impl IntoAction) -> Self {
        let action = action.into_action();
        let label = Label::new(action.word);
        Self::new(vec![(label, action)])
    }

    /// Records the type of the flow in its metadata, as console exports do.
    pub fn of_type(mut self, flow_type: FlowType) -> Self {
        self.flow_type = Some(flow_type);
        self
    }

    /// Sets the member `Settings` of the document, where a module declares its inputs, results and branches.
    pub fn settings(mut self, settings: Value) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Returns the problems that the crate's checks find, with symbolic references.
    #[must_use]
    pub fn check(&self) -> Vec<Finding> {
        let context = Context { flow_type: self.flow_type, symbolic: true, ..Context::default() };
        check(&Flow::from(self.clone()), &context)
    }

    /// Returns the document as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        format!("{:#}", Value::from(self.clone()))
    }
}

impl IntoTarget for NewFlow {
    fn into_target(self) -> Target {
        Target::Actions(self.entries)
    }
}

impl From<NewFlow> for Flow {
    fn from(flow: NewFlow) -> Self {
        Flow::of_document(flow.into())
    }
}

impl From<NewFlow> for Value {
    fn from(flow: NewFlow) -> Self {
        let NewFlow { entries, flow_type, settings } = flow;
        let mut assembly = Assembly::default();
        let start = assembly.entries(entries);
        let actions = assembly.finish();
        let mut document = json!({"Version": "2019-10-30", "StartAction": start});
        document["Metadata"] = metadata(&start, &actions, flow_type);
        document["Actions"] = actions.into();
        if let Some(settings) = settings {
            document["Settings"] = settings;
        }
        document
    }
}

/// Actions with identifiers; their targets are numbers of labels, or identifiers.
#[derive(Default)]
struct Assembly {
    actions: Vec<(String, Draft)>,
    labels: HashMap<u64, String>,
    /// Names that actions have, each with the last number that was added to it.
    used: HashMap<String, u32>,
}

impl Assembly {
    /// Adds actions with labels and returns the identifier of the first.
    fn entries(&mut self, entries: Vec<(Label, Draft)>) -> String {
        // First all labels get their identifiers, so that those of actions in place do not take them.
        let mut named = Vec::new();
        for (label, draft) in entries {
            let wanted = label.identifier.map_or_else(|| readable(label.name), str::to_owned);
            let identifier = self.unused(&wanted);
            self.labels.insert(label.number, identifier.clone());
            named.push((identifier, draft));
        }
        let start = named.first().map(|(identifier, _)| identifier.clone());
        for (identifier, draft) in named {
            self.add(identifier, draft);
        }
        start.unwrap_or_default()
    }

    /// Adds an action, and after it those that it contains.
    fn add(&mut self, identifier: String, mut draft: Draft) {
        let place = self.actions.len();
        self.actions.push((identifier, Draft::new("", "")));
        let conditions = draft.conditions.iter_mut().map(|(.., target)| target);
        let errors = draft.errors.iter_mut().map(|(_, target)| target);
        for target in draft.next.iter_mut().chain(conditions).chain(errors) {
            self.place(target);
        }
        self.actions[place].1 = draft;
    }

    /// Adds what a target contains, and leaves its label.
    fn place(&mut self, target: &mut Target) {
        let placed = std::mem::replace(target, Target::Label(Label { number: 0, name: "", identifier: None }));
        let (number, name) = match placed {
            Target::Label(label) => {
                *target = Target::Label(label);
                return;
            }
            Target::Action(draft) => {
                let label = Label::new(draft.word);
                let identifier = self.unused(&readable(draft.word));
                self.labels.insert(label.number, identifier.clone());
                self.add(identifier, *draft);
                (label.number, label.name)
            }
            Target::Actions(entries) => {
                let Some((first, _)) = entries.first() else { return };
                let label = *first;
                self.entries(entries);
                (label.number, label.name)
            }
        };
        *target = Target::Label(Label { number, name, identifier: None });
    }

    /// Returns a name that no action has, and keeps it.
    fn unused(&mut self, wanted: &str) -> String {
        let wanted: String = wanted.chars().take(MAX_IDENTIFIER).collect();
        let mut name = wanted.clone();
        while self.used.contains_key(&name) {
            let number = self.used.entry(wanted.clone()).or_insert(1);
            *number += 1;
            let end = format!(" {number}");
            name = wanted.chars().take(MAX_IDENTIFIER - end.len()).chain(end.chars()).collect();
        }
        self.used.insert(name.clone(), 1);
        name
    }

    fn finish(self) -> Vec<Value> {
        let Self { actions, labels, .. } = self;
        // A label of another flow has no action here; its name makes the checks report it.
        let named = |target: &Target| match target {
            Target::Label(label) => labels.get(&label.number).map_or_else(|| readable(label.name), Clone::clone),
            Target::Action(_) | Target::Actions(_) => String::new(),
        };
        actions.iter().map(|(identifier, draft)| action(identifier, draft, &named)).collect()
    }
}

/// Returns the words of a label as a text for people: `say_goodbye` becomes `Say goodbye`.
pub(crate) fn readable(label: &str) -> String {
    let text = label.trim_start_matches("r#").replace('_', " ");
    let mut chars = text.trim().chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn action(identifier: &str, draft: &Draft, named: &dyn Fn(&Target) -> String) -> Value {
    let mut transitions = Map::new();
    if let Some(next) = draft.next.as_ref().or_else(|| implied_next(draft)) {
        transitions.insert("NextAction".to_owned(), named(next).into());
    }
    let condition = |(operator, operand, target): &(String, Value, Target)| json!({"NextAction": named(target), "Condition": {"Operator": operator, "Operands": [operand]}});
    let error = |(kind, target): &(String, Target)| json!({"NextAction": named(target), "ErrorType": kind});
    if !draft.conditions.is_empty() {
        transitions.insert("Conditions".to_owned(), draft.conditions.iter().map(condition).collect());
    }
    if !draft.errors.is_empty() {
        transitions.insert("Errors".to_owned(), draft.errors.iter().map(error).collect());
    }
    json!({"Identifier": identifier, "Type": draft.kind, "Parameters": draft.parameters, "Transitions": transitions})
}

/// Returns the target of `NextAction` where Connect requires one that no contact takes: that of the branch without match or of the
/// error, as in the console.
pub(super) fn implied_next(draft: &Draft) -> Option<&Target> {
    let required = actions::get(&draft.kind).is_some_and(|rules| rules.next == NextRequirement::Required);
    let of = |kind: &str| draft.errors.iter().find(|(known, _)| known == kind).map(|(_, target)| target);
    let fallback = || draft.conditions.last().map(|(.., target)| target);
    required.then(|| of("NoMatchingCondition").or_else(|| of("NoMatchingError")).or_else(fallback)).flatten()
}

/// Returns what the designer shows: the places of the actions.
fn metadata(start: &str, actions: &[Value], flow_type: Option<FlowType>) -> Value {
    let names: HashMap<&str, usize> =
        actions.iter().enumerate().filter_map(|(index, action)| Some((action["Identifier"].as_str()?, index))).collect();
    let mut heights = vec![HEIGHT];
    let mut edges: Vec<(usize, usize)> = names.get(start).map(|first| (0, first + 1)).into_iter().collect();
    for (index, action) in actions.iter().enumerate() {
        let lists =
            ["Conditions", "Errors"].map(|member| action["Transitions"][member].as_array().map_or(&[][..], Vec::as_slice));
        let branches = lists.iter().flat_map(|list| list.iter());
        let mut targets: Vec<&Value> = branches.map(|branch| &branch["NextAction"]).collect();
        heights.push(HEIGHT + ROW * targets.len() as f64);
        targets.insert(0, &action["Transitions"]["NextAction"]);
        let known = targets.into_iter().filter_map(|target| names.get(target.as_str()?));
        edges.extend(known.map(|to| (index + 1, to + 1)));
    }
    edges.sort_unstable();
    edges.dedup();
    let corners = positions(WIDTH, &heights, &edges);
    let point = |at: usize| corners.get(at).map_or(Value::Null, |(x, y)| json!({"x": x.round() as i64, "y": y.round() as i64}));
    let place = |(index, action): (usize, &Value)| {
        let identifier = action["Identifier"].as_str().unwrap_or_default().to_owned();
        (identifier, json!({"position": point(index + 1), "isFriendlyName": true}))
    };
    let placed: Map<String, Value> = actions.iter().enumerate().map(place).collect();
    let mut metadata = json!({"entryPointPosition": point(0), "ActionMetadata": placed, "Annotations": []});
    if let Some(flow_type) = flow_type {
        metadata["type"] = flow_type.in_exports().into();
    }
    metadata
}
