//! Layered layout: each box is in the column given by its longest path from the start, in an order with few crossings. Columns that would
//! be wider than a page continue in a band below, as words do in lines of text.
//!
//! An edge to a later column of its band goes through the columns between. Every other edge, back or to another band, runs around the
//! boxes: in the gaps between columns, in the channels above the bands, and in the left margin. Edges to one box share their way there, so
//! that ten error branches to one block are one line.

use std::collections::{BTreeMap, BTreeSet};

use super::channels::{COLUMN_GAP, Channels, Detour, MARGIN, Place};

/// Space between boxes of a column.
const ROW_GAP: f64 = 26.0;
/// Height of an edge where it crosses a column.
const PASSAGE: f64 = 6.0;
const SWEEPS: usize = 12;
/// Maximum number of passages. A flow of 250 actions has some hundreds; beyond the maximum, edges are drawn straight.
const MAX_PASSAGES: usize = 20_000;

/// Positions of all boxes and edges.
pub(super) struct Layout {
    /// Upper left corner of each box.
    pub(super) corners: Vec<(f64, f64)>,
    /// Heights at which a forward edge within a band crosses the columns between its ends, with the left sides of the columns.
    pub(super) passages: BTreeMap<(usize, usize), Vec<(f64, f64)>>,
    /// Edges around the boxes.
    pub(super) detours: BTreeMap<(usize, usize), Detour>,
    /// Total size.
    pub(super) size: (f64, f64),
}

/// A box, or the place where an edge crosses a column.
struct Item {
    column: usize,
    height: f64,
    left: Vec<usize>,
    right: Vec<usize>,
    centre: f64,
}

/// Computes the layout of boxes with one width and these heights, not wider than `max_width` unless a single column is. Box 0 is the start.
pub(super) fn layout(width: f64, heights: &[f64], edges: &[(usize, usize)], max_width: f64) -> Layout {
    layout_with(width, heights, edges, max_width, MAX_PASSAGES)
}

/// Computes the layout with at most this number of passages. Without passages boxes do not make room for edges that cross their column,
/// and the time is that of the boxes alone.
pub(super) fn layout_with(width: f64, heights: &[f64], edges: &[(usize, usize)], max_width: f64, max_passages: usize) -> Layout {
    let Walk { back, order, finished } = walk(heights.len(), edges);
    let backward: BTreeSet<(usize, usize)> = back.into_iter().collect();
    let forward: Vec<(usize, usize)> = edges.iter().copied().filter(|edge| !backward.contains(edge)).collect();
    let ranks = ranks(heights.len(), &forward, &finished);
    let columns = ranks.iter().max().map_or(1, |last| last + 1);
    let fitting = ((max_width - 2.0 * MARGIN + COLUMN_GAP) / (width + COLUMN_GAP)).clamp(1.0, columns as f64) as usize;
    let graph = Graph { width, heights, edges, forward, backward, order, ranks, columns, max_passages };
    // The margins depend on the edges around the boxes, and so on the bands.
    let mut in_a_band = fitting;
    loop {
        let layout = graph.in_bands_of(in_a_band);
        if layout.size.0 <= max_width || in_a_band <= 1 {
            return layout;
        }
        in_a_band -= 1;
    }
}

/// What is laid out.
struct Graph<'a> {
    width: f64,
    heights: &'a [f64],
    edges: &'a [(usize, usize)],
    forward: Vec<(usize, usize)>,
    backward: BTreeSet<(usize, usize)>,
    /// Boxes in preorder.
    order: Vec<usize>,
    /// Column of each box, if there were one band.
    ranks: Vec<usize>,
    columns: usize,
    max_passages: usize,
}

impl Graph<'_> {
    /// Returns the layout with at most this number of columns in a band, and no more than the number of bands then needs.
    fn in_bands_of(&self, most: usize) -> Layout {
        let bands = self.columns.div_ceil(most);
        let length = self.columns.div_ceil(bands);
        let band_of = |index: usize| self.ranks[index] / length;
        let within: Vec<(usize, usize)> =
            self.forward.iter().copied().filter(|(from, to)| band_of(*from) == band_of(*to)).collect();
        let (mut items, chains) = items(self.heights, &self.ranks, &within, self.max_passages);
        let mut columns = columns(&items, &self.order);
        for sweep in 0..SWEEPS {
            sort(&mut columns, &items, sweep % 2 == 0);
        }
        place(&mut items, &columns);
        for band in columns.chunks(length) {
            close_gaps(&mut items, band.concat());
        }
        let (tops, depths) = extents(&items, length, bands);
        let centre = |item: &Item| item.centre - tops.get(item.column / length).copied().unwrap_or_default();
        let places: Vec<Place> = items
            .iter()
            .take(self.heights.len())
            .map(|item| Place { band: item.column / length, column: item.column % length, centre: centre(item) })
            .collect();
        let around: Vec<(usize, usize)> = self.edges.iter().copied().filter(|edge| !chains.contains_key(edge)).collect();
        debug_assert!(self.backward.iter().all(|edge| !chains.contains_key(edge)), "a backward edge goes through no column");
        let channels = Channels::new(self.width, length, &depths, &places, &around);
        let corners = places
            .iter()
            .zip(self.heights)
            .map(|(place, height)| (channels.left_of(place.column), channels.top_of(place.band) + place.centre - height / 2.0));
        let passages = chains.into_iter().map(|(edge, chain)| {
            let points = chain
                .iter()
                .filter_map(|at| items.get(*at))
                .map(|item| (channels.left_of(item.column % length), channels.top_of(item.column / length) + centre(item)));
            (edge, points.collect())
        });
        Layout {
            corners: corners.collect(),
            passages: passages.collect(),
            detours: around.iter().map(|edge| (*edge, channels.detour(*edge))).collect(),
            size: channels.size(),
        }
    }
}

/// Moves the items of a band together where it is empty over its whole length: parts that no edge within the band connects are placed
/// without regard to each other.
fn close_gaps(items: &mut [Item], mut order: Vec<usize>) {
    let top = |item: &Item| item.centre - item.height / 2.0;
    order.sort_by(|one, other| top(&items[*one]).total_cmp(&top(&items[*other])));
    let (mut end, mut excess) = (f64::INFINITY, 0.0);
    for index in order {
        let item = &mut items[index];
        item.centre -= excess;
        let empty = top(item) - end;
        if empty > 2.0 * ROW_GAP {
            excess += empty - 2.0 * ROW_GAP;
            item.centre -= empty - 2.0 * ROW_GAP;
        }
        let bottom = item.centre + item.height / 2.0;
        end = if end.is_finite() { end.max(bottom) } else { bottom };
    }
}

/// Returns the upper end of each band in the coordinates of its items, and its height.
fn extents(items: &[Item], length: usize, bands: usize) -> (Vec<f64>, Vec<f64>) {
    let mut ends = vec![(f64::INFINITY, f64::NEG_INFINITY); bands];
    for item in items {
        if let Some((top, bottom)) = ends.get_mut(item.column / length) {
            *top = top.min(item.centre - item.height / 2.0);
            *bottom = bottom.max(item.centre + item.height / 2.0);
        }
    }
    ends.into_iter().map(|(top, bottom)| if top.is_finite() { (top, bottom - top) } else { (0.0, 0.0) }).unzip()
}

/// A depth-first traversal of all boxes.
struct Walk {
    /// Edges to a box that is still being traversed.
    back: Vec<(usize, usize)>,
    /// Boxes in preorder.
    order: Vec<usize>,
    /// Boxes in postorder: each after all its successors.
    finished: Vec<usize>,
}

fn walk(count: usize, edges: &[(usize, usize)]) -> Walk {
    let mut targets = vec![Vec::new(); count];
    for (from, to) in edges {
        if let Some(targets) = targets.get_mut(*from) {
            targets.push(*to);
        }
    }
    let (mut open, mut seen) = (vec![false; count], vec![false; count]);
    let mut walk = Walk { back: Vec::new(), order: Vec::new(), finished: Vec::new() };
    for root in 0..count {
        let mut stack = vec![(root, 0)];
        while let Some((at, next)) = stack.pop() {
            if next == 0 {
                if seen[at] {
                    continue;
                }
                seen[at] = true;
                open[at] = true;
                walk.order.push(at);
            }
            match targets[at].get(next) {
                Some(&to) => {
                    stack.push((at, next + 1));
                    if open[to] {
                        walk.back.push((at, to));
                    } else if !seen[to] {
                        stack.push((to, 0));
                    }
                }
                None => {
                    open[at] = false;
                    walk.finished.push(at);
                }
            }
        }
    }
    walk
}

/// Returns the length of the longest path to each box. Forward edges have no cycle, so each box finishes after all its
/// successors.
fn ranks(count: usize, forward: &[(usize, usize)], finished: &[usize]) -> Vec<usize> {
    let mut ranks = vec![0; count];
    let mut from = vec![Vec::new(); count];
    for (source, target) in forward {
        from[*source].push(*target);
    }
    for &source in finished.iter().rev() {
        for &target in &from[source] {
            ranks[target] = ranks[target].max(ranks[source] + 1);
        }
    }
    ranks
}

type Chains = BTreeMap<(usize, usize), Vec<usize>>;

/// Returns the boxes and the passages of these edges, with each edge's passages. Edges to one box share the passages that they have in
/// common.
fn items(heights: &[f64], ranks: &[usize], edges: &[(usize, usize)], max_passages: usize) -> (Vec<Item>, Chains) {
    let item = |column, height| Item { column, height, left: Vec::new(), right: Vec::new(), centre: 0.0 };
    let mut items: Vec<Item> = heights.iter().zip(ranks).map(|(height, rank)| item(*rank, *height)).collect();
    let mut chains = Chains::new();
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for &(from, to) in edges {
        let between = if items.len() - heights.len() < max_passages { ranks[from] + 1..ranks[to] } else { 0..0 };
        let mut chain = Vec::new();
        let mut last = from;
        let mut joined = false;
        for column in between {
            let known = shared.get(&(to, column)).copied();
            let at = known.unwrap_or(items.len());
            if known.is_none() {
                items.push(item(column, PASSAGE));
                shared.insert((to, column), at);
            }
            if !joined {
                items[last].right.push(at);
                items[at].left.push(last);
            }
            joined |= known.is_some();
            chain.push(at);
            last = at;
        }
        if !joined {
            items[last].right.push(to);
            items[to].left.push(last);
        }
        chains.insert((from, to), chain);
    }
    (items, chains)
}

fn columns(items: &[Item], order: &[usize]) -> Vec<Vec<usize>> {
    let count = items.iter().map(|item| item.column + 1).max().unwrap_or(1);
    let mut columns = vec![Vec::new(); count];
    for index in order.iter().copied().chain(order.len()..items.len()) {
        columns[items[index].column].push(index);
    }
    columns
}

/// Sorts each column by the mean position of the neighbours in the column before it (or after it).
fn sort(columns: &mut [Vec<usize>], items: &[Item], rightward: bool) {
    let mut places = vec![0.0; items.len()];
    for column in columns.iter() {
        note(&mut places, column);
    }
    let count = columns.len();
    for step in 0..count {
        let at = if rightward { step } else { count - 1 - step };
        let column = &mut columns[at];
        let mut keyed: Vec<(f64, usize)> = column
            .iter()
            .map(|&index| {
                let neighbours = if rightward { &items[index].left } else { &items[index].right };
                (mean(neighbours, &places).unwrap_or(places[index]), index)
            })
            .collect();
        keyed.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        *column = keyed.into_iter().map(|(_, index)| index).collect();
        note(&mut places, column);
    }
}

fn note(places: &mut [f64], column: &[usize]) {
    let last = column.len().max(2) - 1;
    for (place, index) in column.iter().enumerate() {
        places[*index] = place as f64 / last as f64;
    }
}

fn mean(indexes: &[usize], values: &[f64]) -> Option<f64> {
    let sum: f64 = indexes.iter().map(|index| values[*index]).sum();
    (!indexes.is_empty()).then(|| sum / indexes.len() as f64)
}

/// Sets the heights as near to those of the neighbours as the order of the columns allows.
fn place(items: &mut [Item], columns: &[Vec<usize>]) {
    for column in columns {
        let mut top = 0.0;
        for &index in column {
            items[index].centre = top + items[index].height / 2.0;
            top += items[index].height + ROW_GAP;
        }
    }
    for sweep in 0..SWEEPS {
        let rightward = sweep % 2 == 0;
        for step in 0..columns.len() {
            let at = if rightward { step } else { columns.len() - 1 - step };
            settle(items, &columns[at], rightward);
        }
    }
}

fn settle(items: &mut [Item], column: &[usize], rightward: bool) {
    let centres: Vec<f64> = items.iter().map(|item| item.centre).collect();
    let mut offset = 0.0;
    let mut offsets = Vec::new();
    // Runs of touching boxes, each with its weight and the mean of the preferred positions of its boxes.
    let mut runs: Vec<(f64, f64, usize)> = Vec::new();
    for &index in column {
        let item = &items[index];
        offset += item.height / 2.0;
        let neighbours = if rightward { &item.left } else { &item.right };
        let wanted = mean(neighbours, &centres).unwrap_or(item.centre) - offset;
        offsets.push(offset);
        offset += item.height / 2.0 + if item.height > PASSAGE { ROW_GAP } else { ROW_GAP / 2.0 };
        let weight = if item.height > PASSAGE { 1.0 } else { 3.0 };
        runs.push((weight, wanted, 1));
        while let [.., (one_weight, one, one_count), (weight, other, count)] = runs[..] {
            if one <= other {
                break;
            }
            let both = one_weight + weight;
            runs.truncate(runs.len() - 2);
            runs.push((both, (one * one_weight + other * weight) / both, one_count + count));
        }
    }
    let bases = runs.into_iter().flat_map(|(_, base, count)| std::iter::repeat_n(base, count));
    for ((index, base), offset) in column.iter().zip(bases).zip(offsets) {
        items[*index].centre = base + offset;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIDTH: f64 = 100.0;

    fn graph() -> impl Strategy<Value = (Vec<f64>, Vec<(usize, usize)>)> {
        let ends = prop::collection::vec((any::<usize>(), any::<usize>()), 0..60);
        (prop::collection::vec(20.0..120.0, 1..30), ends).prop_map(|(heights, ends)| {
            let count = heights.len();
            let mut edges: Vec<_> = ends.into_iter().map(|(from, to)| (from % count, to % count)).collect();
            edges.sort_unstable();
            edges.dedup();
            (heights, edges)
        })
    }

    /// The corners of a detour, from the right side of its source at the height of its centre.
    fn way(made: &Layout, heights: &[f64], (from, to): (usize, usize)) -> Vec<(f64, f64)> {
        let Detour { leaves_at, height, margin, arrives_at } = made.detours[&(from, to)];
        let middle = |index: usize| made.corners[index].1 + heights[index] / 2.0;
        let mut way = vec![(made.corners[from].0 + WIDTH, middle(from)), (leaves_at, middle(from)), (leaves_at, height)];
        let last = margin.map_or(height, |(x, height_above)| {
            way.extend([(x, height), (x, height_above)]);
            height_above
        });
        way.extend([(arrives_at, last), (arrives_at, middle(to)), (made.corners[to].0, middle(to))]);
        way
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn boxes_do_not_overlap_and_edges_lead_right((heights, edges) in graph()) {
            let made = layout(WIDTH, &heights, &edges, f64::INFINITY);
            for (one, (x, y)) in made.corners.iter().enumerate() {
                prop_assert!(*x >= 0.0 && *y >= 0.0 && x + WIDTH <= made.size.0 && y + heights[one] <= made.size.1);
                for (other, (left, top)) in made.corners.iter().enumerate().skip(one + 1) {
                    let apart = x != left || y + heights[one] < *top || top + heights[other] < *y;
                    prop_assert!(apart, "{one} and {other}");
                }
            }
            for edge in &edges {
                let forward = made.corners[edge.0].0 < made.corners[edge.1].0;
                prop_assert_eq!(forward, !made.detours.contains_key(edge), "{:?}", edge);
                prop_assert_eq!(made.passages.contains_key(edge), forward);
            }
        }

        #[test]
        fn bands_fit_the_page((heights, edges) in graph(), max_width in 150.0..2000.0) {
            let made = layout(WIDTH, &heights, &edges, max_width);
            let lefts: BTreeSet<u64> = made.corners.iter().map(|(x, _)| x.to_bits()).collect();
            prop_assert!(made.size.0 <= max_width || lefts.len() == 1, "{} of {max_width}", made.size.0);
            for (one, (x, y)) in made.corners.iter().enumerate() {
                prop_assert!(*x >= 0.0 && *y >= 0.0 && x + WIDTH <= made.size.0 && y + heights[one] <= made.size.1);
                for (other, (left, top)) in made.corners.iter().enumerate().skip(one + 1) {
                    let apart = x + WIDTH < *left || left + WIDTH < *x || y + heights[one] < *top || top + heights[other] < *y;
                    prop_assert!(apart, "{one} and {other}");
                }
            }
            for edge in &edges {
                prop_assert!(made.passages.contains_key(edge) != made.detours.contains_key(edge), "{:?} has one way", edge);
            }
        }

        #[test]
        fn detours_cross_no_box((heights, edges) in graph(), max_width in 150.0..2000.0) {
            let made = layout(WIDTH, &heights, &edges, max_width);
            for edge in made.detours.keys() {
                let way = way(&made, &heights, *edge);
                prop_assert!(way.iter().all(|(x, y)| (0.0..=made.size.0).contains(x) && (0.0..=made.size.1).contains(y)), "{way:?}");
                for pair in way.windows(2) {
                    let (left, right) = (pair[0].0.min(pair[1].0), pair[0].0.max(pair[1].0));
                    let (top, bottom) = (pair[0].1.min(pair[1].1), pair[0].1.max(pair[1].1));
                    for (index, (x, y)) in made.corners.iter().enumerate() {
                        let beside = right <= *x || left >= x + WIDTH || bottom <= *y || top >= y + heights[index];
                        prop_assert!(beside, "{edge:?} crosses {index}: {pair:?}");
                    }
                }
            }
        }

        #[test]
        fn detours_to_different_boxes_share_no_line((heights, edges) in graph(), max_width in 400.0..2000.0) {
            let made = layout(WIDTH, &heights, &edges, max_width);
            // A level or upright line that two detours share belongs to one target.
            let mut level: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
            for ((_, to), detour) in &made.detours {
                let heights = [Some(detour.height), detour.margin.map(|(_, height)| height)];
                for height in heights.into_iter().flatten() {
                    level.entry(height.to_bits()).or_default().insert(*to);
                }
            }
            prop_assert!(level.values().all(|targets| targets.len() == 1), "{level:?}");
        }
    }
}
