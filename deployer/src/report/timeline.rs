//! The timeline of a run as SVG: a bar for each change, with the chain of changes that decided how long the run took.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deployer_engine::{Action, Address, Event, EventSink, Plan};

use super::style::sign;
use super::svg::escaped;

/// One attempt of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bar {
    address: Address,
    action: Action,
    start: Duration,
    /// `None` while it is in flight.
    end: Option<Duration>,
    failed: bool,
}

/// A recorder of a run's changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timeline(Arc<Mutex<Recorded>>);

#[derive(Debug, Default)]
struct Recorded {
    since: Option<Instant>,
    bars: Vec<Bar>,
    /// For each resource, those whose change it waits for.
    waits_for: BTreeMap<Address, BTreeSet<Address>>,
}

impl Timeline {
    /// Returns a receiver that records events and passes them on.
    pub(crate) fn before(&self, sink: EventSink) -> EventSink {
        let this = self.clone();
        EventSink::to(move |event| {
            this.0.lock().unwrap_or_else(PoisonError::into_inner).record(&event, Instant::now());
            sink.send(event);
        })
    }

    /// Returns the picture; `None` if nothing was changed.
    pub(crate) fn svg(&self, title: &str) -> Option<String> {
        let recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!recorded.bars.is_empty()).then(|| recorded.svg(title))
    }
}

impl Recorded {
    fn record(&mut self, event: &Event, now: Instant) {
        if let Event::Planned { plan } = event {
            self.waits_for = waits_for(plan);
        }
        if let Event::Started { .. } = event {
            self.since.get_or_insert(now);
        }
        let at = self.since.map(|since| now.saturating_duration_since(since)).unwrap_or_default();
        match event {
            Event::Started { address, action } => {
                self.bars.push(Bar { address: address.clone(), action: *action, start: at, end: None, failed: false });
            }
            Event::Done { address, .. } => self.ended(address, at, false),
            Event::Failed { address, .. } => self.ended(address, at, true),
            _ => {}
        }
    }

    fn ended(&mut self, address: &Address, at: Duration, failed: bool) {
        if let Some(bar) = self.bars.iter_mut().rev().find(|bar| &bar.address == address && bar.end.is_none()) {
            (bar.end, bar.failed) = (Some(at), failed);
        }
    }

    fn total(&self) -> Duration {
        self.bars.iter().map(|bar| bar.end.unwrap_or(bar.start)).max().unwrap_or_default()
    }

    /// Returns the bars that decided the duration: the last one to end, the last of those that it waited for, and so on.
    fn critical(&self) -> BTreeSet<usize> {
        let end = |bar: &Bar| bar.end.unwrap_or(bar.start);
        let mut critical = BTreeSet::new();
        let mut at = (0..self.bars.len()).max_by_key(|index| end(&self.bars[*index]));
        while let Some(index) = at.filter(|index| critical.insert(*index)) {
            let bar = &self.bars[index];
            let waits = self.waits_for.get(&bar.address);
            let before = |other: &usize| {
                let other = &self.bars[*other];
                let same = other.address == bar.address;
                end(other) <= bar.start && (same || waits.is_some_and(|waits| waits.contains(&other.address)))
            };
            let others = || (0..self.bars.len()).filter(|other| *other != index);
            // A deletion also waits until everything is created and updated.
            let made = |other: &usize| {
                let other = &self.bars[*other];
                bar.action == Action::Delete && other.action != Action::Delete && end(other) <= bar.start
            };
            let last = |found: &usize| end(&self.bars[*found]);
            at = others().filter(before).max_by_key(last).or_else(|| others().filter(made).max_by_key(last));
        }
        critical
    }

    fn svg(&self, title: &str) -> String {
        const LEFT: usize = 250;
        const ROW: usize = 18;
        const TOP: usize = 62;
        const AREA: usize = 820;
        let total = self.total().as_secs_f64().max(0.001);
        let critical = self.critical();
        let (width, height) = (LEFT + AREA + 70, TOP + self.bars.len() * ROW + 20);
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"ui-sans-serif, system-ui, sans-serif\">\n<title>Timeline of {0}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
             <text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"600\" fill=\"#1f2328\">{0}: {1} in {total:.1} s; the chain that decided that is dark</text>\n",
            escaped(title),
            crate::output::count(self.bars.len(), "change", "changes")
        );
        for tick in 0..=4u32 {
            let x = LEFT + AREA * tick as usize / 4;
            let _ = writeln!(
                text,
                "<line x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{}\" stroke=\"#d8dce1\"/><text x=\"{x}\" y=\"{}\" font-size=\"10\" text-anchor=\"middle\" fill=\"#57606a\">{:.1} s</text>",
                TOP - 6,
                height - 14,
                TOP - 10,
                total * f64::from(tick) / 4.0
            );
        }
        for (row, (index, bar)) in self.in_order().into_iter().enumerate() {
            let (end, scale) = (bar.end.unwrap_or_else(|| self.total()), AREA as f64 / total);
            let took = end.saturating_sub(bar.start).as_secs_f64();
            let (x, length) = (LEFT as f64 + bar.start.as_secs_f64() * scale, took * scale);
            let fill = match (bar.failed, critical.contains(&index)) {
                (true, _) => "#cf222e",
                (false, true) => "#1f4e9c",
                (false, false) => "#a9c5f2",
            };
            let y = TOP + row * ROW;
            let _ = writeln!(
                text,
                "<text x=\"{}\" y=\"{}\" font-size=\"11\" text-anchor=\"end\" fill=\"#1f2328\">{} {}</text>\
                 <rect class=\"bar\" x=\"{x:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\" fill=\"{fill}\"/>\
                 <text x=\"{:.1}\" y=\"{}\" font-size=\"10\" fill=\"#57606a\">{:.1} s{}</text>",
                LEFT - 8,
                y + 12,
                sign(bar.action),
                escaped(&bar.address.as_str().chars().take(36).collect::<String>()),
                y + 3,
                length.max(1.5),
                ROW - 6,
                x + length.max(1.5) + 4.0,
                y + 12,
                took,
                if bar.failed { ", failed" } else { "" }
            );
        }
        text + "</svg>\n"
    }

    fn in_order(&self) -> Vec<(usize, &Bar)> {
        let mut bars: Vec<(usize, &Bar)> = self.bars.iter().enumerate().collect();
        bars.sort_by_key(|(_, bar)| (bar.start, bar.end, bar.address.clone()));
        bars
    }
}

/// Returns, for each change, the resources whose changes it waits for: its dependencies, and for a deletion all that depend on it.
fn waits_for(plan: &Plan) -> BTreeMap<Address, BTreeSet<Address>> {
    let mut waits: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    for change in &plan.changes {
        for on in &change.dependencies {
            match change.action {
                Action::Delete => waits.entry(on.clone()).or_default().insert(change.address.clone()),
                _ => waits.entry(change.address.clone()).or_default().insert(on.clone()),
            };
        }
    }
    waits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, start: u64, end: u64) -> Bar {
        let [start, end] = [start, end].map(Duration::from_secs);
        Bar { address: Address::new("thing", name), action: Action::Create, start, end: Some(end), failed: false }
    }

    #[test]
    fn critical_chain_follows_what_was_waited_for() {
        let bars = vec![bar("a", 0, 3), bar("b", 0, 5), bar("c", 3, 6), bar("d", 5, 7), bar("e", 6, 9)];
        let at = |name: &str| Address::new("thing", name);
        let waits_for = BTreeMap::from([
            (at("c"), BTreeSet::from([at("a")])),
            (at("d"), BTreeSet::from([at("b")])),
            (at("e"), BTreeSet::from([at("c"), at("a")])),
        ]);
        let mut recorded = Recorded { since: None, bars, waits_for };
        let delete = |bar: Bar| Bar { action: Action::Delete, ..bar };
        recorded.bars.push(delete(bar("f", 9, 10)));
        assert_eq!(recorded.critical(), BTreeSet::from([0, 2, 4, 5]), "deletions wait for all that is created");
        recorded.bars.pop();
        assert_eq!(recorded.critical(), BTreeSet::from([0, 2, 4]));
        let svg = recorded.svg("shop <dev>");
        let document = roxmltree::Document::parse(&svg).expect("well-formed");
        let bars: Vec<_> = document.descendants().filter(|node| node.attribute("class") == Some("bar")).collect();
        assert_eq!(bars.len(), 5);
        assert_eq!(bars.iter().filter(|node| node.attribute("fill") == Some("#1f4e9c")).count(), 3);
        let right = |node: &roxmltree::Node<'_, '_>| {
            let [x, width] = ["x", "width"].map(|name| node.attribute(name).and_then(|text| text.parse::<f64>().ok()));
            x.zip(width).map_or(f64::MAX, |(x, width)| x + width)
        };
        assert!(bars.iter().all(|bar| right(bar) <= 1_071.0), "no bar is beyond the axis");
    }
}
