//! Labels for the actions of a flow, and the order in which they are written.

use std::collections::{HashMap, HashSet};

use crate::actions;
use crate::build::document::readable;
use crate::build::shape::{shapes, snake};
use crate::model::{Action, Flow};
use crate::resource_kind::is_resource_id;

/// Maximum length of a label that is derived from an identifier.
const MAX_LABEL: usize = 40;

/// Names of the builder's functions besides those of the actions.
const FUNCTIONS: [&str; 20] = [
    "at_least",
    "at_most",
    "attribute",
    "contains",
    "ends_with",
    "equals",
    "external",
    "flow_attribute",
    "greater_than",
    "json_text",
    "jsonpath",
    "less_than",
    "media",
    "needs",
    "raw",
    "references",
    "ssml",
    "starts_with",
    "values",
    "flow",
];

/// Rust's keywords, those of later editions included (reference, "Keywords").
const KEYWORDS: &str = " abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if \
    impl in let loop macro match mod move mut override priv pub ref return self static struct super trait true try type typeof unsafe \
    unsized use virtual where while yield _ ";

/// A label, and the identifier that stands beside it.
struct Label {
    name: String,
    identifier: Option<String>,
}

/// The labels of a flow's actions, by their identifiers.
pub(super) struct Labels {
    labels: HashMap<String, Label>,
    order: Vec<String>,
}

/// Returns the names of the builder's functions.
fn builder_functions() -> HashSet<String> {
    let of_actions = actions::all().flat_map(shapes).map(|shape| shape.function);
    FUNCTIONS.iter().map(|name| (*name).to_owned()).chain(of_actions).collect()
}

/// Whether the builder has a function of this name.
pub(super) fn is_builder_function(name: &str) -> bool {
    builder_functions().contains(name)
}

impl Labels {
    pub(super) fn of(flow: &Flow, keep_ids: bool) -> Self {
        let order = order(flow);
        let functions = builder_functions();
        let mut used = functions.clone();
        let mut labels = HashMap::new();
        // Names that are derived from identifiers come first, so that they do not depend on the others.
        for named in [true, false] {
            for id in order.iter().filter(|id| is_resource_id(id) != named) {
                let Some(action) = flow.action(id) else { continue };
                let wanted = if named { short(id) } else { by_type(action) };
                let wanted = if named && functions.contains(&wanted) { format!("{wanted}_step") } else { wanted };
                let name = unused(&mut used, &wanted, !named);
                let keeps = (named || keep_ids) && readable(&name) != *id;
                labels.insert(id.clone(), Label { name, identifier: keeps.then(|| id.clone()) });
            }
        }
        Self { labels, order }
    }

    /// Returns the label of an action.
    pub(super) fn label(&self, id: &str) -> &str {
        self.labels.get(id).map_or("", |label| &label.name)
    }

    /// Returns the label of an action, with the identifier if it is not derived from the label.
    pub(super) fn declaration(&self, id: &str) -> String {
        match self.labels.get(id) {
            Some(Label { name, identifier: Some(identifier) }) => format!("{name} as {identifier:?}"),
            _ => self.label(id).to_owned(),
        }
    }

    /// Returns the actions in the order in which they are written: along the call, the start first.
    pub(super) fn ordered<'f>(&self, flow: &'f Flow) -> Vec<Action<'f>> {
        self.order.iter().filter_map(|id| flow.action(id)).collect()
    }

    /// Returns all identifiers, each with that of the built flow.
    pub(super) fn identifiers(&self) -> Vec<(String, String)> {
        let new = |id: &String| match self.labels.get(id) {
            Some(Label { identifier: None, name }) => readable(name),
            _ => id.clone(),
        };
        self.order.iter().map(|id| (id.clone(), new(id))).collect()
    }
}

/// Returns the identifiers in the order of a walk along the call: what follows, then conditions, then errors. Those that no contact
/// reaches come last.
fn order(flow: &Flow) -> Vec<String> {
    let mut order = Vec::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let actions = flow.actions();
    let all = actions.iter().filter_map(Action::identifier);
    for root in flow.start_action().into_iter().chain(all) {
        let mut stack = vec![root];
        while let Some(id) = stack.pop() {
            let Some(action) = flow.action(id).filter(|_| !seen.contains(id)) else { continue };
            seen.insert(id);
            order.push(id.to_owned());
            let unused = actions::is_next_action_unused(action);
            let next = action.next().filter(|_| !unused);
            let conditions = action.branches().filter_map(|branch| branch.target());
            let errors = action.errors().filter_map(|branch| branch.target());
            let targets: Vec<&str> = next.into_iter().chain(conditions).chain(errors).chain(action.next()).collect();
            stack.extend(targets.into_iter().rev());
        }
    }
    order
}

/// Returns the function that makes such an action.
fn by_type(action: Action<'_>) -> String {
    let rules = action.kind().and_then(actions::get);
    rules.and_then(|rules| shapes(rules).into_iter().next()).map_or_else(|| "action".to_owned(), |shape| shape.function)
}

fn unused(used: &mut HashSet<String>, wanted: &str, numbered: bool) -> String {
    let mut name = if numbered { format!("{wanted}_1") } else { wanted.to_owned() };
    let mut number = 1;
    while !used.insert(name.clone()) {
        number += 1;
        name = format!("{wanted}_{number}");
    }
    name
}

/// Returns a name as an identifier of Rust, not too long for a label.
fn short(name: &str) -> String {
    let mut text = identifier(name);
    text.truncate(MAX_LABEL);
    text.trim_end_matches('_').to_owned()
}

/// Returns a name as an identifier of Rust.
pub(super) fn identifier(name: &str) -> String {
    let ascii: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<String> = ascii.split_whitespace().map(snake).collect();
    let text = words.join("_");
    match text.as_str() {
        "" => "step".to_owned(),
        text if text.starts_with(|c: char| c.is_ascii_digit()) => format!("step_{text}"),
        text if KEYWORDS.contains(&format!(" {text} ")) => format!("{text}_step"),
        text => text.to_owned(),
    }
}
