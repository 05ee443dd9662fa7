//! Diagrams of a flow: in Mermaid notation and in SVG.

mod channels;
mod layout;
mod svg;

use std::collections::HashMap;
use std::fmt::Write;

pub use svg::{PAGE_WIDTH, svg, svg_without_style};

use crate::actions;
use crate::model::{Action, Flow};

/// Returns the flow as a Mermaid flowchart: actions are boxes, actions that end the flow are rounded, condition branches show
/// operator and operand, error branches are dotted. Actions are in document order.
#[must_use]
pub fn mermaid(flow: &Flow) -> String {
    let actions = flow.actions();
    let names = names(&actions);
    let mut out = String::from("flowchart LR\n");
    if let Some(start) = flow.start_action().and_then(|start| names.get(start)) {
        // Writing to a String does not fail.
        let _ = writeln!(out, "  start((start)) --> a{start}");
    }
    for action in &actions {
        node(&mut out, action);
    }
    for action in &actions {
        edges(&mut out, action, &names);
    }
    out
}

fn node(out: &mut String, action: &Action<'_>) {
    let kind = action.kind().unwrap_or("?");
    let label = format!("{}<br/>{}", quoted(action.identifier().unwrap_or("?")), quoted(kind));
    let (open, close) = match action.targets().next() {
        Some(_) => ("[", "]"),
        None => ("([", "])"),
    };
    let _ = writeln!(out, "  a{}{open}\"{label}\"{close}", action.index());
}

fn edges(out: &mut String, action: &Action<'_>, names: &HashMap<&str, usize>) {
    let from = action.index();
    for way in outgoing_edges(action) {
        let Some(to) = way.target.and_then(|target| names.get(target)) else { continue };
        let arrow = if way.class == "error" { "-.->" } else { "-->" };
        let _ = match way.class {
            "next" => writeln!(out, "  a{from} {arrow} a{to}"),
            _ => writeln!(out, "  a{from} {arrow}|\"{}\"| a{to}", quoted(&way.label)),
        };
    }
}

/// Returns the upper left corner of each box of a layered layout: boxes of one width and these heights, connected by edges. Box 0 is
/// the start.
pub(crate) fn positions(width: f64, heights: &[f64], edges: &[(usize, usize)]) -> Vec<(f64, f64)> {
    layout::layout_with(width, heights, edges, f64::INFINITY, 0).corners
}

/// Returns the index of the first action with each identifier.
fn names<'a>(actions: &[Action<'a>]) -> HashMap<&'a str, usize> {
    let mut names = HashMap::new();
    for action in actions {
        if let Some(identifier) = action.identifier() {
            names.entry(identifier).or_insert(action.index());
        }
    }
    names
}

/// A transition of an action.
struct Edge<'a> {
    label: String,
    target: Option<&'a str>,
    /// `condition`, `error` or `next`.
    class: &'static str,
}

/// Returns the transitions of an action: conditions, errors, and the next action.
fn outgoing_edges<'a>(action: &Action<'a>) -> Vec<Edge<'a>> {
    let mut ways = Vec::new();
    for branch in action.branches() {
        let label = branch.condition().map_or_else(String::new, |condition| {
            let text = |operand: &serde_json::Value| operand.as_str().map_or_else(|| operand.to_string(), str::to_owned);
            let operand = condition.operands.first().map(text).unwrap_or_default();
            match condition.operator {
                "Equals" => operand,
                operator => format!("{operator} {operand}"),
            }
        });
        ways.push(Edge { label, target: branch.target(), class: "condition" });
    }
    for branch in action.errors() {
        let label = branch.error_type().unwrap_or("error").to_owned();
        ways.push(Edge { label, target: branch.target(), class: "error" });
    }
    if !actions::is_next_action_unused(*action) {
        ways.push(Edge { label: "next".to_owned(), target: action.next(), class: "next" });
    }
    ways
}

/// Quotes a label. Mermaid accepts entities in place of characters of its own notation.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '<' | '>' | '&' | '#' | '|' | '`' | '\\' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_conditions_and_errors_are_drawn() {
        let flow = Flow::parse(
            r##"{"StartAction":"Ask","Actions":[
              {"Identifier":"Ask","Type":"GetParticipantInput","Transitions":{"NextAction":"Bye",
               "Conditions":[{"NextAction":"Bye","Condition":{"Operator":"Equals","Operands":["#"]}}],
               "Errors":[{"NextAction":"Bye","ErrorType":"NoMatchingCondition"}]}},
              {"Identifier":"Say \"it\"","Type":"MessageParticipant","Transitions":{"NextAction":"Bye"}},
              {"Identifier":"Bye","Type":"DisconnectParticipant","Transitions":{}}]}"##,
        )
        .unwrap();
        let expected = "flowchart LR
  start((start)) --> a0
  a0[\"Ask<br/>GetParticipantInput\"]
  a1[\"Say #34;it#34;<br/>MessageParticipant\"]
  a2([\"Bye<br/>DisconnectParticipant\"])
  a0 -->|\"#35;\"| a2
  a0 -.->|\"NoMatchingCondition\"| a2
  a1 --> a2
";
        assert_eq!(mermaid(&flow), expected);
    }
}
