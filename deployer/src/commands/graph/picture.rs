//! The graph as SVG: rows of resources, each below everything that it depends on, wrapped at the width of a page.

use std::collections::BTreeMap;
use std::fmt::Write;

use deployer_engine::Address;

use super::Stack;
use crate::report::svg::{colour, escaped};

/// Sizes in pixels.
const BOX: (usize, usize) = (188, 40);
const GAP: (usize, usize) = (16, 22);
/// Additional distance between two depths.
const BETWEEN: usize = 26;
const MARGIN: usize = 20;
const HEAD: usize = 34;
/// Maximum number of boxes in a row.
const MAX_ROW: usize = 6;

/// Returns the picture.
pub(super) fn svg(stack: &Stack, title: &str) -> String {
    let layout = Layout::of(stack);
    let (width, height) = (layout.width(), layout.height);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-sans-serif, system-ui, sans-serif\">\n<title>Resources of {0}</title>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0 L8 4 L0 8 z\" fill=\"#8a8f98\"/></marker></defs>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"{MARGIN}\" y=\"24\" font-size=\"15\" font-weight=\"600\" fill=\"#1f2328\">{0}: an arrow leads to what a resource depends on</text>\n",
        escaped(title)
    );
    for (from, to) in stack.edges() {
        let (Some(&(x1, y1)), Some(&(x2, y2))) = (layout.places.get(from), layout.places.get(to)) else { continue };
        let (x1, x2, y2) = (x1 + BOX.0 / 2, x2 + BOX.0 / 2, y2 + BOX.1);
        let middle = y1.saturating_sub(BETWEEN);
        let _ = writeln!(
            text,
            "<path class=\"edge\" d=\"M{x1} {y1} C{x1} {middle} {x2} {} {x2} {y2}\" fill=\"none\" stroke=\"#8a8f98\" stroke-opacity=\"0.7\" marker-end=\"url(#tip)\"/>",
            y2 + BETWEEN
        );
    }
    for (address, node) in &stack.nodes {
        let Some((x, y)) = layout.places.get(address) else { continue };
        let (fill, line) = colour(&node.type_name);
        let _ = writeln!(
            text,
            "<g><title>{0} ({1})</title><rect x=\"{x}\" y=\"{y}\" width=\"{2}\" height=\"{3}\" rx=\"5\" fill=\"{fill}\" stroke=\"{line}\"/>\
             <text x=\"{4}\" y=\"{5}\" font-size=\"12\" fill=\"#1f2328\">{6}</text><text x=\"{4}\" y=\"{7}\" font-size=\"10\" fill=\"#57606a\">{1}</text></g>",
            escaped(address.as_str()),
            escaped(&node.type_name),
            BOX.0,
            BOX.1,
            x + 9,
            y + 17,
            escaped(&shortened(address.as_str())),
            y + 31
        );
    }
    text + "</svg>\n"
}

/// Shortens a text to what fits into a box.
fn shortened(text: &str) -> String {
    match text.chars().count() {
        ..=27 => text.to_owned(),
        _ => format!("{}…", text.chars().take(26).collect::<String>()),
    }
}

/// The places of the boxes.
struct Layout<'s> {
    places: BTreeMap<&'s Address, (usize, usize)>,
    columns: usize,
    height: usize,
}

impl<'s> Layout<'s> {
    fn of(stack: &'s Stack) -> Self {
        let mut depths: BTreeMap<usize, Vec<&Address>> = BTreeMap::new();
        stack.nodes.iter().for_each(|(address, node)| depths.entry(node.depth).or_default().push(address));
        let columns = depths.values().map(Vec::len).max().unwrap_or(1).clamp(1, MAX_ROW);
        let mut layout = Self { places: BTreeMap::new(), columns, height: HEAD + MARGIN };
        for row in depths.values_mut() {
            // Each resource near the middle of its dependencies, so that arrows cross less.
            row.sort_by_key(|address| layout.middle_of_dependencies(stack, address));
            for part in row.chunks(columns) {
                let left = MARGIN + (columns - part.len()) * (BOX.0 + GAP.0) / 2;
                for (at, address) in part.iter().enumerate() {
                    layout.places.insert(address, (left + at * (BOX.0 + GAP.0), layout.height));
                }
                layout.height += BOX.1 + GAP.1;
            }
            layout.height += BETWEEN;
        }
        layout.height += MARGIN;
        layout
    }

    fn width(&self) -> usize {
        // The heading needs some room, too.
        (2 * MARGIN + self.columns * BOX.0 + (self.columns - 1) * GAP.0).max(520)
    }

    fn middle_of_dependencies(&self, stack: &Stack, address: &Address) -> usize {
        let places: Vec<usize> =
            stack.dependencies(address).iter().filter_map(|on| self.places.get(on)).map(|(x, _)| *x).collect();
        if places.is_empty() { 0 } else { places.iter().sum::<usize>() / places.len() }
    }
}
