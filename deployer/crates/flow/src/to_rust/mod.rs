//! Writes a flow as Rust source that builds it with [`crate::build`].
//!
//! The source builds a flow of the same meaning: [`crate::diff`] finds no difference. What the builder's types do not have is written
//! with its escape hatches, `raw` and the methods that follow it. Positions and notes of the designer are not kept.

mod call;
mod expression;
mod labels;

use std::fmt::Write;

use serde_json::Value;

use crate::flow_type::FlowType;
use crate::model::{Action, Flow};
use crate::path::Path;
use labels::{Labels, identifier};

/// Width of a line of source.
const WIDTH: usize = 120;

/// How a flow is written.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Name of the function that returns the flow; `new_flow` if it is empty.
    pub name: String,
    /// Whether actions keep identifiers that are UUIDs. Without it they are called by what they do.
    pub keep_ids: bool,
}

/// A flow as Rust source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustSource {
    /// The source of a module with one function.
    pub source: String,
    /// The function alone.
    pub function: String,
    /// Every identifier of an action, with the identifier that the action of the built flow has.
    pub identifiers: Vec<(String, String)>,
    /// Identifiers of actions that need an escape hatch.
    pub raw: Vec<String>,
}

/// Writes a flow as Rust source.
///
/// # Errors
/// Why the flow cannot be written, with the place of each reason: a branch that leads nowhere, an identifier that is missing or occurs
/// twice, a member that the Flow language does not have. [`crate::check()`] reports all of them too.
pub fn to_rust(flow: &Flow, options: &Options) -> Result<RustSource, Vec<String>> {
    let reasons = reasons(flow);
    if !reasons.is_empty() {
        return Err(reasons);
    }
    let labels = Labels::of(flow, options.keep_ids);
    let name = match identifier(&options.name).as_str() {
        _ if options.name.is_empty() => "new_flow".to_owned(),
        // A function of this name would hide the builder's.
        name if name == "main" || labels::is_builder_function(name) => format!("{name}_flow"),
        name => name.to_owned(),
    };
    let mut function = format!("/// Returns the flow.\npub fn {name}() -> NewFlow {{\n    flow! {{\n");
    let mut raw = Vec::new();
    for action in labels.ordered(flow) {
        let id = action.identifier().unwrap_or_default();
        let calls = call::of(action, &labels);
        raw.extend(calls.is_raw().then(|| id.to_owned()));
        let label = labels.declaration(id);
        let _ = writeln!(function, "        {label}: {},", calls.written(label.len() + 10));
    }
    function.push_str("    }");
    if let Some(flow_type) = flow.recorded_type().and_then(FlowType::from_name) {
        let _ = write!(function, "\n    .of_type(deployer_flow::FlowType::{flow_type:?})");
    }
    if let Some(settings) = flow.as_value().get("Settings") {
        let _ = write!(function, "\n    .settings({})", expression::json(settings));
    }
    function.push_str("\n}\n");
    let json = if function.contains("json!(") { "use serde_json::json;\n" } else { "" };
    let source = format!("use deployer_flow::build::*;\nuse deployer_flow::flow;\n{json}\n{function}");
    Ok(RustSource { source, function, identifiers: labels.identifiers(), raw })
}

/// Returns why a flow cannot be written.
fn reasons(flow: &Flow) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut add = |path: Path, why: &str| {
        let at = flow.locate(&path).map_or_else(String::new, |at| format!("line {}, column {}: ", at.line, at.column));
        reasons.push(format!("{at}{path}: {why}"));
    };
    let start = flow.start_action().and_then(|start| flow.action(start));
    if start.is_none() {
        add(Path::root().key("StartAction"), "no action has this identifier");
    }
    members(flow.as_value(), &["Version", "StartAction", "Metadata", "Actions", "Settings"], &Path::root(), &mut add);
    if flow.version() != Some("2019-10-30") {
        add(Path::root().key("Version"), "the version is not 2019-10-30");
    }
    for action in flow.actions() {
        let path = action.path();
        let first = action.identifier().and_then(|id| flow.action(id));
        match first {
            None => add(path.key("Identifier"), "an identifier is missing"),
            Some(first) if first.index() != action.index() => {
                add(path.key("Identifier"), "an earlier action has this identifier");
            }
            Some(_) => {}
        }
        if action.identifier().is_some_and(|id| id.is_empty() || id.chars().count() > 50) {
            add(path.key("Identifier"), "an identifier has 1 to 50 characters");
        }
        if action.kind().is_none() {
            add(path.key("Type"), "a type is missing");
        }
        members(action.as_value(), &["Identifier", "Type", "Parameters", "Transitions"], &path, &mut add);
        if action.as_value().get("Parameters").is_some_and(|value| !value.is_object()) {
            add(path.key("Parameters"), "the parameters are not an object");
        }
        transitions(flow, action, &mut add);
    }
    reasons
}

fn members(value: &Value, known: &[&str], path: &Path, add: &mut impl FnMut(Path, &str)) {
    match value.as_object() {
        None => add(path.clone(), "this is not an object"),
        Some(members) => {
            members.keys().filter(|name| !known.contains(&name.as_str())).for_each(|name| {
                add(path.key(name), "the Flow language does not have this member");
            });
        }
    }
}

fn transitions(flow: &Flow, action: Action<'_>, add: &mut impl FnMut(Path, &str)) {
    let path = action.path().key("Transitions");
    let Some(transitions) = action.as_value().get("Transitions") else { return };
    members(transitions, &["NextAction", "Conditions", "Errors"], &path, add);
    let rules = action.kind().and_then(crate::actions::get);
    if rules.is_some_and(|rules| rules.next == crate::rules::NextRequirement::Required) && action.next().is_none() {
        add(path.key("NextAction"), "it is missing");
    }
    for member in ["Conditions", "Errors"] {
        if transitions.get(member).is_some_and(|list| !list.is_array()) {
            add(path.key(member), "this is not a list");
        }
    }
    let target = |target: Option<&str>, path: Path, add: &mut dyn FnMut(Path, &str)| {
        if target.and_then(|target| flow.action(target)).is_none() {
            add(path.key("NextAction"), "no action has this identifier");
        }
    };
    if transitions.get("NextAction").is_some() {
        target(action.next(), path.clone(), add);
    }
    for branch in action.branches() {
        let place = path.key("Conditions").index(branch.index);
        target(branch.target(), place.clone(), add);
        if branch.condition().is_none_or(|condition| condition.operands.len() != 1) {
            add(place.key("Condition"), "a condition has an operator and one operand");
        }
    }
    for branch in action.errors() {
        let place = path.key("Errors").index(branch.index);
        target(branch.target(), place.clone(), add);
        if branch.error_type().is_none() {
            add(place.key("ErrorType"), "an error type is missing");
        }
    }
}
