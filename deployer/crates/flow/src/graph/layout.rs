//! Layered layout: each box is in the column given by its longest path from the start, in an order with few crossings.

use std::collections::{BTreeMap, BTreeSet};

/// Space between columns, in which edges turn.
const COLUMN_GAP: f64 = 90.0;
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
    /// Heights at which a forward edge crosses the columns between its ends, with the left sides of the columns.
    pub(super) passages: BTreeMap<(usize, usize), Vec<(f64, f64)>>,
    /// Backward edges.
    pub(super) back: Vec<(usize, usize)>,
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

/// Computes the layout of boxes with one width and these heights. Box 0 is the start.
pub(super) fn layout(width: f64, heights: &[f64], edges: &[(usize, usize)]) -> Layout {
    layout_with(width, heights, edges, MAX_PASSAGES)
}

/// Computes the layout with at most this number of passages. Without passages boxes do not make room for edges that cross their column,
/// and the time is that of the boxes alone.
pub(super) fn layout_with(width: f64, heights: &[f64], edges: &[(usize, usize)], max_passages: usize) -> Layout {
    let Walk { back, order, finished } = walk(heights.len(), edges);
    let backward: BTreeSet<(usize, usize)> = back.iter().copied().collect();
    let forward: Vec<(usize, usize)> = edges.iter().copied().filter(|edge| !backward.contains(edge)).collect();
    let ranks = ranks(heights.len(), &forward, &finished);
    let (mut items, chains) = items(heights, &ranks, &forward, max_passages);
    let mut columns = columns(&items, &order);
    for sweep in 0..SWEEPS {
        sort(&mut columns, &items, sweep % 2 == 0);
    }
    place(&mut items, &columns);
    let lanes = 16.0 + 8.0 * back.len() as f64;
    let top = items.iter().map(|item| item.centre - item.height / 2.0).fold(f64::INFINITY, f64::min);
    let x = |column: usize| 20.0 + column as f64 * (width + COLUMN_GAP);
    let y = |centre: f64| centre - top + lanes;
    let corners = (0..heights.len()).filter_map(|index| {
        let item = items.get(index)?;
        Some((x(item.column), y(item.centre) - item.height / 2.0))
    });
    let passages = chains.into_iter().map(|(edge, chain)| {
        let points = chain.iter().filter_map(|at| items.get(*at)).map(|item| (x(item.column), y(item.centre)));
        (edge, points.collect())
    });
    let bottom = items.iter().map(|item| y(item.centre) + item.height / 2.0).fold(0.0, f64::max);
    let size = (x(columns.len()) - COLUMN_GAP + 20.0, bottom + 20.0);
    Layout { corners: corners.collect(), passages: passages.collect(), back, size }
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

fn items(heights: &[f64], ranks: &[usize], forward: &[(usize, usize)], max_passages: usize) -> (Vec<Item>, Chains) {
    let item = |column, height| Item { column, height, left: Vec::new(), right: Vec::new(), centre: 0.0 };
    let mut items: Vec<Item> = heights.iter().zip(ranks).map(|(height, rank)| item(*rank, *height)).collect();
    let mut chains = Chains::new();
    for &(from, to) in forward {
        let between = if items.len() - heights.len() < max_passages { ranks[from] + 1..ranks[to] } else { 0..0 };
        let mut chain = Vec::new();
        let mut last = from;
        for column in between {
            let new = items.len();
            items.push(item(column, PASSAGE));
            items[last].right.push(new);
            items[new].left.push(last);
            chain.push(new);
            last = new;
        }
        items[last].right.push(to);
        items[to].left.push(last);
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

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn boxes_do_not_overlap_and_edges_lead_right(
            heights in prop::collection::vec(20.0..120.0, 1..30),
            ends in prop::collection::vec((any::<usize>(), any::<usize>()), 0..60),
        ) {
            let count = heights.len();
            let mut edges: Vec<_> = ends.into_iter().map(|(from, to)| (from % count, to % count)).collect();
            edges.sort_unstable();
            edges.dedup();
            let made = layout(100.0, &heights, &edges);
            for (one, (x, y)) in made.corners.iter().enumerate() {
                prop_assert!(*x >= 0.0 && *y >= 0.0 && x + 100.0 <= made.size.0 && y + heights[one] <= made.size.1);
                for (other, (left, top)) in made.corners.iter().enumerate().skip(one + 1) {
                    let apart = x != left || y + heights[one] < *top || top + heights[other] < *y;
                    prop_assert!(apart, "{one} and {other}");
                }
            }
            for edge in &edges {
                let forward = made.corners[edge.0].0 < made.corners[edge.1].0;
                prop_assert_eq!(forward, !made.back.contains(edge), "{:?}", edge);
                prop_assert_eq!(made.passages.contains_key(edge), forward);
            }
        }
    }
}
