//! SVG diagrams of flows: each action is a box with a row for each of its branches, as in the console's designer.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use super::channels::Detour;
use super::layout::{Layout, layout};
use super::{Edge, names, outgoing_edges};
use crate::model::{Action, Flow};

const WIDTH: f64 = 230.0;
const HEADER: f64 = 42.0;
const ROW: f64 = 18.0;
/// Width of a drawing for a page, in pixels: four actions beside each other.
pub const PAGE_WIDTH: u32 = 1340;
/// Radius of the corners of edges.
const CORNER: f64 = 5.0;
/// Maximum number of characters in a line of a box.
const FITS: usize = 29;

const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#1b2430}.id{font-weight:600}.kind{font-size:10px;fill:#5b6b7c}\
.row{font-size:11px}.row.error{fill:#a33a2a}.box{fill:#fff;stroke:#8796a5}.end{fill:#eef1f4}.head{stroke:#d5dce3}\
.way{fill:none;stroke:#3a6ea5;stroke-width:1.4}.way.error{stroke:#c0584a;stroke-dasharray:4 3}.way.next{stroke:#44525f}\
.tip{fill:#44525f}.board{fill:#fbfcfd}";

/// A box: the start, or an action.
struct Shape {
    /// Identifier of the action; `None` for the start.
    identifier: Option<String>,
    name: String,
    kind: String,
    rows: Vec<(Edge<'static>, usize)>,
}

impl Shape {
    fn height(&self) -> f64 {
        HEADER + ROW * self.rows.len() as f64 + if self.rows.is_empty() { 0.0 } else { 6.0 }
    }
}

/// Returns the flow as an SVG document. Actions are arranged in columns by the longest path to them, columns in bands of at most
/// `max_width` pixels, one below the other; a single column may be wider. Error branches are dashed. Branches back, or to another band, run
/// around the boxes, and those to one action share a line.
///
/// The group of each action has its identifier in `data-action`.
#[must_use]
pub fn svg(flow: &Flow, max_width: f64) -> String {
    drawing(flow, max_width, &format!("<style>{STYLE}</style>\n"))
}

/// Returns the flow as [`svg`] does, without a style: for a page that has its own, by the same classes.
#[must_use]
pub fn svg_without_style(flow: &Flow, max_width: f64) -> String {
    drawing(flow, max_width, "")
}

fn drawing(flow: &Flow, max_width: f64, style: &str) -> String {
    let shapes = shapes(flow);
    let heights: Vec<f64> = shapes.iter().map(Shape::height).collect();
    let mut seen = HashSet::new();
    let all = shapes.iter().enumerate().flat_map(|(from, shape)| shape.rows.iter().map(move |(_, to)| (from, *to)));
    let edges: Vec<(usize, usize)> = all.filter(|edge| seen.insert(*edge)).collect();
    let layout = layout(WIDTH, &heights, &edges, max_width);
    let (width, height) = layout.size;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\">\n{style}<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" \
         refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"/>\
         </marker></defs>\n<rect class=\"board\" width=\"100%\" height=\"100%\"/>\n"
    );
    for (from, shape) in shapes.iter().enumerate() {
        draw_ways(&mut out, &layout, from, shape);
    }
    for (index, shape) in shapes.iter().enumerate() {
        draw_box(&mut out, &layout, index, shape);
    }
    out.push_str("</svg>\n");
    out
}

/// Returns the start and all actions, with the boxes that their transitions lead to.
fn shapes(flow: &Flow) -> Vec<Shape> {
    let actions = flow.actions();
    let places: HashMap<&str, usize> = names(&actions);
    let start = flow.start_action().and_then(|start| places.get(start));
    let row = |to: &usize| (Edge { label: String::new(), target: None, class: "next" }, to + 1);
    let mut shapes = vec![Shape {
        identifier: None,
        name: "Start".to_owned(),
        kind: String::new(),
        rows: start.map(row).into_iter().collect(),
    }];
    for action in &actions {
        let mut rows = Vec::new();
        for way in outgoing_edges(action) {
            if let Some(to) = way.target.and_then(|target| places.get(target)).copied() {
                rows.push((Edge { label: way.label, target: None, class: way.class }, to + 1));
            }
        }
        let text = |text: Option<&str>| text.unwrap_or("?").to_owned();
        let (mut name, mut kind) = (text(action.identifier()), text(action.kind()));
        if is_uuid(&name) {
            // The console's generated identifiers mean nothing to a reader, so a summary of the action is shown instead.
            let about = caption(action).unwrap_or(name);
            (name, kind) = (kind, about);
        }
        let identifier = action.identifier().map(str::to_owned);
        shapes.push(Shape { identifier, name, kind, rows });
    }
    shapes
}

/// Returns what distinguishes an action from others of its type: the name or the end of the ARN of its target, or its text.
fn caption(action: &Action<'_>) -> Option<String> {
    const CAPTION_PARAMETERS: [&str; 12] = [
        "Text",
        "SSML",
        "PromptId",
        "ComparisonValue",
        "LambdaFunctionARN",
        "QueueId",
        "ContactFlowId",
        "FlowModuleId",
        "HoursOfOperationId",
        "MetricType",
        "TextToSpeechVoice",
        "LoopCount",
    ];
    let text = CAPTION_PARAMETERS.iter().find_map(|name| action.text(name))?;
    let end = text.starts_with("arn:").then(|| text.rsplit(['/', ':']).next()).flatten();
    Some(end.unwrap_or(text).to_owned()).filter(|text| !text.is_empty())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

fn port(layout: &Layout, from: usize, row: usize) -> Option<(f64, f64)> {
    let (x, y) = layout.corners.get(from)?;
    Some((x + WIDTH, y + HEADER + ROW * (row as f64 + 0.5)))
}

fn draw_ways(out: &mut String, layout: &Layout, from: usize, shape: &Shape) {
    for (row, (way, to)) in shape.rows.iter().enumerate() {
        let (Some(start), Some((left, top))) = (port(layout, from, row), layout.corners.get(*to)) else { continue };
        let end = (*left, top + HEADER / 2.0);
        let path = match layout.detours.get(&(from, *to)) {
            Some(detour) => around(*detour, start, end),
            None => {
                let passages = layout.passages.get(&(from, *to)).map_or(&[][..], Vec::as_slice);
                through(passages, start, end)
            }
        };
        let class = way.class;
        // Writing to a String does not fail.
        let _ = writeln!(out, "<path class=\"way {class}\" d=\"{path}\" marker-start=\"url(#tip)\"/>");
    }
}

// Paths are written from their end to their start: the dashes of those that share a line to their common end then coincide.

/// Returns the path of an edge around the boxes, with rounded corners.
fn around(detour: Detour, start: (f64, f64), end: (f64, f64)) -> String {
    let Detour { leaves_at, height, margin, arrives_at } = detour;
    let mut corners = vec![end, (arrives_at, end.1)];
    match margin {
        Some((x, above)) => corners.extend([(arrives_at, above), (x, above), (x, height)]),
        None => corners.push((arrives_at, height)),
    }
    corners.extend([(leaves_at, height), (leaves_at, start.1), start]);
    corners.dedup();
    let mut path = format!("M{:.1} {:.1}", end.0, end.1);
    for corner in corners.windows(3) {
        let [before, (x, y), after] = *corner else { continue };
        let towards = |(to_x, to_y): (f64, f64)| {
            let length = (to_x - x).abs() + (to_y - y).abs();
            let share = (CORNER / length).min(0.5);
            (x + (to_x - x) * share, y + (to_y - y) * share)
        };
        let ((from_x, from_y), (to_x, to_y)) = (towards(before), towards(after));
        let _ = write!(path, "L{from_x:.1} {from_y:.1}Q{x:.1} {y:.1} {to_x:.1} {to_y:.1}");
    }
    let _ = write!(path, "L{:.1} {:.1}", start.0, start.1);
    path
}

/// Returns the path of an edge through the columns between its ends.
fn through(passages: &[(f64, f64)], start: (f64, f64), end: (f64, f64)) -> String {
    let mut path = format!("M{:.1} {:.1}", end.0, end.1);
    let (mut x, mut y) = end;
    let points = passages.iter().rev().map(|(x, y)| (x + WIDTH, *y, WIDTH)).chain(std::iter::once((start.0, start.1, 0.0)));
    for (to_x, to_y, along) in points {
        let middle = f64::midpoint(x, to_x);
        let _ = write!(path, "C{middle:.1} {y:.1} {middle:.1} {to_y:.1} {to_x:.1} {to_y:.1}");
        (x, y) = (to_x - along, to_y);
        if along > 0.0 {
            let _ = write!(path, "L{x:.1} {y:.1}");
        }
    }
    path
}

fn draw_box(out: &mut String, layout: &Layout, index: usize, shape: &Shape) {
    let Some(&(x, y)) = layout.corners.get(index) else { return };
    let height = shape.height();
    let ends = if shape.rows.is_empty() { " end" } else { "" };
    let _ = writeln!(
        out,
        "<g{}><title>{}</title><rect class=\"box{ends}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\"/>",
        shape
            .identifier
            .as_ref()
            .map(|identifier| format!(" data-action=\"{}\"", escaped(identifier, usize::MAX)))
            .unwrap_or_default(),
        escaped(&format!("{}: {}", shape.name, shape.kind), usize::MAX)
    );
    let text = |out: &mut String, class: &str, x: f64, y: f64, anchor: &str, text: &str| {
        let fits = match class {
            "kind" => FITS + 8,
            "id" => FITS - 2,
            _ => FITS,
        };
        let text = escaped(text, fits);
        let _ = writeln!(out, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
    };
    text(out, "id", x + 10.0, y + 17.0, "start", &shape.name);
    text(out, "kind", x + 10.0, y + 33.0, "start", &shape.kind);
    if !shape.rows.is_empty() {
        let (right, line) = (x + WIDTH, y + HEADER - 2.0);
        let _ = writeln!(out, "<path class=\"head\" d=\"M{x:.1} {line:.1}L{right:.1} {line:.1}\"/>");
    }
    for (row, (way, _)) in shape.rows.iter().enumerate() {
        if let Some((right, middle)) = port(layout, index, row) {
            text(out, &format!("row {}", way.class), right - 8.0, middle + 4.0, "end", &way.label);
        }
    }
    out.push_str("</g>\n");
}

/// Escapes text for XML and truncates it to `most` characters. Characters that XML 1.0 does not allow are replaced.
fn escaped(text: &str, most: usize) -> String {
    let cut = text.chars().count() > most;
    let mut out = String::new();
    for c in text.chars().take(if cut { most.saturating_sub(1) } else { most }) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(' '),
            c => out.push(c),
        }
    }
    if cut {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_and_branch_is_drawn_once() {
        let flow = Flow::parse(
            r#"{"StartAction":"Ask","Actions":[
              {"Identifier":"Ask","Type":"GetParticipantInput","Transitions":{"NextAction":"Bye",
               "Conditions":[{"NextAction":"Ask","Condition":{"Operator":"Equals","Operands":["<1>"]}}],
               "Errors":[{"NextAction":"Bye","ErrorType":"NoMatchingCondition"}]}},
              {"Identifier":"Island","Type":"MessageParticipant","Transitions":{"NextAction":"Nowhere"}},
              {"Identifier":"Bye","Type":"DisconnectParticipant","Transitions":{}}]}"#,
        )
        .unwrap();
        let picture = svg(&flow, f64::from(PAGE_WIDTH));
        assert_eq!(picture.matches("<rect class=\"box").count(), 4, "{picture}");
        assert_eq!(picture.matches("class=\"way").count(), 3, "{picture}");
        assert!(picture.contains(">&lt;1&gt;</text>"), "{picture}");
        assert!(picture.contains("class=\"way error\""), "{picture}");
    }

    #[test]
    fn unnamed_actions_are_labelled_by_their_content() {
        let flow = |parameters: &str| {
            let id = "2f7fb657-68d3-49ab-9c6c-beeb602f5957";
            let text =
                format!(r#"{{"Actions":[{{"Identifier":"{id}","Type":"InvokeLambdaFunction","Parameters":{parameters}}}]}}"#);
            svg(&Flow::parse(&text).unwrap(), f64::from(PAGE_WIDTH))
        };
        let arn = r#"{"LambdaFunctionARN":"arn:aws:lambda:us-east-1:111122223333:function:convert"}"#;
        assert!(flow(arn).contains(">convert</text>"));
        assert!(flow("{}").contains(">2f7fb657-68d3-49ab-9c6c-beeb602f5957</text>"));
    }
}
