//! Ways around the boxes: lanes in the channels above the bands, in the gaps between columns, and in the left margin.

use std::collections::{BTreeMap, BTreeSet};

/// Space between columns, in which edges turn.
pub(super) const COLUMN_GAP: f64 = 90.0;
/// Space around the drawing.
pub(super) const MARGIN: f64 = 20.0;
/// Space between parallel edges.
const LANE: f64 = 8.0;
/// Space above and below the lanes of a channel.
const CLEARANCE: f64 = 14.0;
/// Space between a box and the first edge beside it.
const BESIDE: f64 = 12.0;
/// Width of the part of a gap in which edges leave boxes, and of that in which they arrive.
const SPREAD: f64 = 30.0;

/// The way of an edge around the boxes: right from its source, along a channel, and from the left into its target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Detour {
    /// Where it goes up or down beside its source.
    pub(super) leaves_at: f64,
    /// Height of the channel beside its source's band.
    pub(super) height: f64,
    /// Where it goes up or down in the left margin, and the height of the channel above its target's band; `None` if that is the same
    /// channel.
    pub(super) margin: Option<(f64, f64)>,
    /// Where it goes down beside its target.
    pub(super) arrives_at: f64,
}

/// The place of a box in the layout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) band: usize,
    /// Column within the band.
    pub(super) column: usize,
    /// Centre, from the top of the band.
    pub(super) centre: f64,
}

/// Lanes of all edges around the boxes. A target has one lane in each channel, gap and margin that edges to it use.
pub(super) struct Channels {
    width: f64,
    places: Vec<Place>,
    /// Left side of the first column.
    left: f64,
    /// Total width and height.
    size: (f64, f64),
    /// Upper end of each band.
    tops: Vec<f64>,
    /// Heights of the lanes of each channel, by target.
    heights: Vec<BTreeMap<usize, f64>>,
    /// Places of the lanes in the left margin, by target.
    margin: BTreeMap<usize, f64>,
    /// Distance from its source's column at which an edge leaves, by band, column and target.
    leaving: BTreeMap<(usize, usize, usize), f64>,
    /// Distance from its column at which edges arrive, by target.
    arriving: BTreeMap<usize, f64>,
}

impl Channels {
    /// Plans the ways of `edges` around boxes of one width, in bands of `length` columns and these heights.
    pub(super) fn new(width: f64, length: usize, depths: &[f64], places: &[Place], edges: &[(usize, usize)]) -> Self {
        let (leaving, arriving) = (leaving(places, edges), arriving(places, edges));
        let mut margin: Vec<usize> = edges.iter().filter(|edge| uses_margin(places, **edge)).map(|(_, to)| *to).collect();
        margin.sort_unstable();
        margin.dedup();
        // Edges arrive at the first column, and leave the last one, outside of the gaps between columns.
        let outside = |column: usize| places.iter().enumerate().filter(move |(_, place)| place.column == column);
        let before = outside(0).filter_map(|(index, _)| arriving.get(&index)).copied().fold(0.0, f64::max);
        let aside = LANE * margin.len() as f64;
        let left = MARGIN + aside + before;
        let after = leaving.iter().filter(|((_, column, _), _)| column + 1 == length).map(|(_, away)| *away).fold(0.0, f64::max);
        let right = left + length as f64 * (width + COLUMN_GAP) - COLUMN_GAP + after + MARGIN;

        let margin = margin.iter().enumerate().map(|(lane, to)| (*to, MARGIN / 2.0 + LANE * lane as f64)).collect();
        let (mut tops, mut heights) = (Vec::new(), Vec::new());
        let mut y = 0.0;
        for (depth, lanes) in depths.iter().zip(lanes(depths.len(), places, edges, &arriving)) {
            y += CLEARANCE;
            let height = |(lane, to): (usize, usize)| (to, y + LANE * lane as f64);
            heights.push(lanes.iter().copied().enumerate().map(height).collect());
            y += LANE * lanes.len() as f64 + CLEARANCE;
            tops.push(y);
            y += depth;
        }
        let size = (right, y + MARGIN);
        Self { width, places: places.to_vec(), left, size, tops, heights, margin, leaving, arriving }
    }

    /// Returns the left side of a column.
    pub(super) fn left_of(&self, column: usize) -> f64 {
        self.left + column as f64 * (self.width + COLUMN_GAP)
    }

    /// Returns the upper end of a band.
    pub(super) fn top_of(&self, band: usize) -> f64 {
        self.tops.get(band).copied().unwrap_or_default()
    }

    /// Returns the size of the drawing.
    pub(super) fn size(&self) -> (f64, f64) {
        self.size
    }

    /// Returns the way of an edge.
    pub(super) fn detour(&self, (from, to): (usize, usize)) -> Detour {
        let (source, target) = (self.places[from], self.places[to]);
        let height = |channel: usize| self.heights.get(channel).and_then(|lanes| lanes.get(&to)).copied().unwrap_or_default();
        let away = self.leaving.get(&(source.band, source.column, to)).copied().unwrap_or(BESIDE);
        let margin = uses_margin(&self.places, (from, to)).then(|| {
            let lane = self.margin.get(&to).copied().unwrap_or_default();
            (lane, height(target.band))
        });
        Detour {
            leaves_at: self.left_of(source.column) + self.width + away,
            height: height(channel_of(source, target)),
            margin,
            arrives_at: self.left_of(target.column) - self.arriving.get(&to).copied().unwrap_or(BESIDE),
        }
    }
}

/// Returns the channel in which an edge leaves its source's band: the one below if it goes down, or else the one above. Channel `n` is above
/// band `n`.
fn channel_of(source: Place, target: Place) -> usize {
    if target.band > source.band { source.band + 1 } else { source.band }
}

/// Whether an edge changes from one channel to another, in the left margin.
fn uses_margin(places: &[Place], (from, to): (usize, usize)) -> bool {
    channel_of(places[from], places[to]) != places[to].band
}

/// Returns the targets of the edges in each channel, the uppermost lane first: lanes that leave to the left run above those that come down
/// before, so that they do not cross.
fn lanes(count: usize, places: &[Place], edges: &[(usize, usize)], arriving: &BTreeMap<usize, f64>) -> Vec<Vec<usize>> {
    let mut channels = vec![BTreeSet::new(); count];
    for &(from, to) in edges {
        for channel in [channel_of(places[from], places[to]), places[to].band] {
            channels.get_mut(channel).map(|lanes| lanes.insert(to));
        }
    }
    let sorted = |(channel, lanes): (usize, BTreeSet<usize>)| {
        let key = |to: &usize| {
            let place = places[*to];
            let passes = place.band != channel;
            ((!passes, if passes { place.band } else { place.column }), -arriving.get(to).copied().unwrap_or_default())
        };
        let mut lanes: Vec<usize> = lanes.into_iter().collect();
        lanes.sort_by(|one, other| {
            let (one, other) = (key(one), key(other));
            one.0.cmp(&other.0).then(one.1.total_cmp(&other.1))
        });
        lanes
    };
    channels.into_iter().enumerate().map(sorted).collect()
}

/// Spreads this number of edges: the distance of one from the boxes.
fn spread(nth: usize, count: usize) -> f64 {
    BESIDE + (SPREAD / count.max(1) as f64).min(LANE) * nth as f64
}

/// Returns how far from its source's column an edge goes up or down. Of those that go down, the lower one is nearer, and of those that go up
/// the upper one, so that they do not cross.
fn leaving(places: &[Place], edges: &[(usize, usize)]) -> BTreeMap<(usize, usize, usize), f64> {
    let mut gaps: BTreeMap<(usize, usize), (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    let mut sorted: Vec<(usize, usize)> = edges.to_vec();
    // Stable: the edges of a box stay in the order of its rows.
    sorted.sort_by(|(one, _), (other, _)| places[*one].centre.total_cmp(&places[*other].centre));
    let mut seen = BTreeSet::new();
    for (from, to) in sorted {
        if !seen.insert((places[from].band, places[from].column, to)) {
            continue;
        }
        let (down, up) = gaps.entry((places[from].band, places[from].column)).or_default();
        if places[to].band > places[from].band { down.push(to) } else { up.push(to) }
    }
    let mut leaving = BTreeMap::new();
    for ((band, column), (down, up)) in gaps {
        let count = down.len() + up.len();
        for (nth, to) in down.into_iter().rev().chain(up).enumerate() {
            leaving.insert((band, column, to), spread(nth, count));
        }
    }
    leaving
}

/// Returns how far from its column edges to each target come down: nearer for an upper one than for a lower one.
fn arriving(places: &[Place], edges: &[(usize, usize)]) -> BTreeMap<usize, f64> {
    let mut gaps: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for to in edges.iter().map(|(_, to)| *to).collect::<BTreeSet<usize>>() {
        gaps.entry((places[to].band, places[to].column)).or_default().push(to);
    }
    let mut arriving = BTreeMap::new();
    for mut lanes in gaps.into_values() {
        lanes.sort_by(|one, other| places[*one].centre.total_cmp(&places[*other].centre));
        let count = lanes.len();
        arriving.extend(lanes.into_iter().enumerate().map(|(nth, to)| (to, spread(nth, count))));
    }
    arriving
}
