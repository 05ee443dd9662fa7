//! Reading what is recorded and looking for what is not. Makes no change.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::{Map, Value};

use crate::address::Address;
use crate::budget;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::event::{Action, Event};
use crate::expr::Reference;
use crate::graph::{Graph, Node};
use crate::patience::{UNDER_WAY, patiently};
use crate::plan::Seen;
use crate::resource::{AnyLive, Found, Replacement};
use crate::state::{Open, Record, State, Superseded};

/// How many reads are under way at once.
const READS: usize = 32;
/// How long until the next look for what may still be under way.
const AGAIN: Duration = Duration::from_secs(5);
/// How long ago a run must have ended by the wall clock for nothing of it to be under way, however the clock was corrected since.
const LONG_AGO: Duration = Duration::from_secs(24 * 3600);

/// What is there, and the record as it must be for that.
pub(crate) struct Observed {
    pub(crate) seen: BTreeMap<Address, Seen>,
    /// The state with everything found put in, and nothing else changed.
    pub(crate) state: State,
}

/// Reads everything recorded, and looks for everything of `graph` and of an unfinished intent that is not there.
pub(crate) async fn observe(engine: &Engine, graph: &Graph, state: State) -> Result<Observed> {
    let open = state.intent.as_ref().map(|intent| intent.open.clone()).unwrap_or_default();
    if !open.is_empty() {
        engine.events.send(Event::Resuming { open: open.len() });
    }
    let everything = with_leftovers(graph, &open);
    graph.order()?;
    let order = everything.lenient_order();
    let addresses: BTreeSet<&Address> = state.resources.keys().chain(order.iter()).collect();
    engine.events.send(Event::Reading { resources: addresses.len() });
    let mut observer =
        Observer { engine, graph, everything: &everything, open, seen: BTreeMap::new(), outputs: BTreeMap::new(), state };
    observer.read_recorded().await?;
    observer.look_for_the_rest(order).await?;
    Ok(Observed { seen: observer.seen, state: observer.state })
}

/// `graph` and what an unfinished run was making that `graph` does not hold.
fn with_leftovers(graph: &Graph, open: &BTreeMap<Address, Open>) -> Graph {
    let mut everything = graph.clone();
    for (address, open) in open {
        if let (false, Some(wanted)) = (graph.nodes.contains_key(address), &open.wanted) {
            everything.insert(address.clone(), &open.type_name, wanted.clone(), open.dependencies.iter().cloned());
        }
    }
    everything
}

struct Observer<'a> {
    engine: &'a Engine,
    graph: &'a Graph,
    everything: &'a Graph,
    open: BTreeMap<Address, Open>,
    seen: BTreeMap<Address, Seen>,
    /// Outputs that are there or follow from properties.
    outputs: BTreeMap<Address, Map<String, Value>>,
    state: State,
}

/// What looking for one resource came to.
struct Probe {
    address: Address,
    type_name: String,
    seen: Seen,
    /// What follows from the properties it was looked for with.
    predicted: Map<String, Value>,
}

impl Observer<'_> {
    async fn read_recorded(&mut self) -> Result<()> {
        let reads = self.state.resources.iter().map(|(address, record)| self.read(address, record));
        let results: Vec<Result<(Address, Option<AnyLive>)>> = stream::iter(reads).buffer_unordered(READS).collect().await;
        for (address, live) in all(results)? {
            let seen = live.map_or(Seen::Gone, Seen::Live);
            if matches!(seen, Seen::Gone) {
                self.count_removal(&address);
            }
            self.note(address, seen, Map::new());
        }
        Ok(())
    }

    /// Counts what an unfinished run was removing, and has removed, against its budget.
    fn count_removal(&mut self, address: &Address) {
        let removing = |open: &Open| matches!(open.action, Action::Delete | Action::Replace);
        let Some(record) = self.state.resources.get(address) else { return };
        if self.open.get(address).is_some_and(removing) {
            let (type_name, removed) = (record.type_name.clone(), budget::removed(&record.id));
            self.spend(&type_name, removed);
        }
    }

    fn spend(&mut self, type_name: &str, mark: String) {
        let meter = self.engine.registry.get(type_name).ok().and_then(|resource| resource.meter());
        if let Some(meter) = meter {
            self.state.spend(type_name, meter, self.engine.clock.now(), &[mark]);
        }
    }

    async fn read(&self, address: &Address, record: &Record) -> Result<(Address, Option<AnyLive>)> {
        let resource = self.engine.registry.get(&record.type_name)?;
        let cx = self.engine.context(&self.state, address, record.generation);
        let live = patiently(&cx, || resource.read(&cx, &record.id, &record.properties)).await;
        live.map(|live| (address.clone(), live)).map_err(|error| about(address, "read", error))
    }

    fn note(&mut self, address: Address, seen: Seen, predicted: Map<String, Value>) {
        let outputs = match &seen {
            Seen::Live(live) | Seen::Found(live) | Seen::Foreign { live, .. } => live.outputs.as_object().cloned(),
            Seen::Gone | Seen::Absent | Seen::Unlooked => Some(predicted),
        };
        self.outputs.insert(address.clone(), outputs.unwrap_or_default());
        self.seen.insert(address, seen);
    }

    /// Looks for everything missing, each as soon as what it waits for has been looked for.
    async fn look_for_the_rest(&mut self, order: Vec<Address>) -> Result<()> {
        let mut pending: Vec<Address> = order.into_iter().filter(|address| self.is_missing(address)).collect();
        while !pending.is_empty() {
            let waits = |address: &Address| self.everything.dependencies(address).iter().any(|on| pending.contains(on));
            let mut wave: Vec<Address> = pending.iter().filter(|address| !waits(address)).cloned().collect();
            if wave.is_empty() {
                // Leftovers of an earlier spec may wait for each other in a circle with the present one.
                wave.extend(pending.first().cloned());
            }
            let probes = wave.iter().map(|address| self.probe(address));
            let results: Vec<Result<Probe>> = stream::iter(probes).buffered(READS).collect().await;
            for probe in all(results)? {
                self.settle(probe);
            }
            pending.retain(|address| !wave.contains(address));
        }
        Ok(())
    }

    fn is_missing(&self, address: &Address) -> bool {
        match self.seen.get(address) {
            None | Some(Seen::Gone) => true,
            // The new one of an unfinished replacement may exist beside the recorded old one.
            Some(Seen::Live(_)) => self.open.get(address).is_some_and(|open| {
                let order = self.engine.registry.get(&open.type_name).map(|resource| resource.replacement());
                open.action == Action::Replace && order.is_ok_and(|order| order == Replacement::CreateFirst)
            }),
            Some(_) => false,
        }
    }

    async fn probe(&self, address: &Address) -> Result<Probe> {
        let node = self.graph.nodes.get(address);
        let left = self.open.get(address).and_then(|open| {
            let wanted = open.wanted.clone()?;
            Some(Node { type_name: open.type_name.clone(), properties: wanted, after: open.dependencies.clone() })
        });
        // What an unfinished run was making is looked for as that run would have made it, even if the wish has changed.
        if let Some(left) = left.filter(|left| node.is_none_or(|node| node.properties != left.properties)) {
            let probe = self.probe_as(address, &left).await?;
            if node.is_none() || matches!(probe.seen, Seen::Found(_)) {
                return Ok(probe);
            }
        }
        match node {
            Some(node) => self.probe_as(address, node).await,
            None => Err(Error::local(format!("{address} is neither wanted nor left open"))),
        }
    }

    async fn probe_as(&self, address: &Address, node: &Node) -> Result<Probe> {
        let resource = self.engine.registry.get(&node.type_name)?;
        let wanted = node.properties.resolve(&|reference: &Reference| {
            self.outputs.get(&reference.address)?.get(&reference.output).filter(|value| !value.is_null()).cloned()
        });
        let predicted = resource.predict(&wanted.value);
        let probe = |seen| Probe { address: address.clone(), type_name: node.type_name.clone(), seen, predicted };
        if !wanted.is_known() {
            return Ok(probe(Seen::Unlooked));
        }
        let open = self.open.get(address);
        let cx = self.engine.context(&self.state, address, open.map_or(0, |open| open.generation));
        let begun = open.and_then(|open| open.begun);
        let since = self.engine.clock.monotonic();
        let found = loop {
            let now = self.engine.clock.now();
            let looked = self.engine.clock.monotonic().saturating_sub(since);
            let found = patiently(&cx, || resource.find(&cx, &wanted.value)).await;
            let found = found.map_err(|error| about(address, "look for", error))?;
            let is_new = matches!(&found, Found::Ours(live) if !self.is_old(address, live));
            // What was about to be sent when a run ended may still be under way. When that was is known by a wall clock only, which may
            // have been set since, so it counts only when it is long ago.
            let recent = begun.is_some_and(|begun| now - begun < LONG_AGO);
            match UNDER_WAY.checked_sub(looked).filter(|rest| recent && !is_new && !rest.is_zero()) {
                Some(rest) => {
                    let seconds = rest.as_secs() + 1;
                    cx.progress(format!("an interrupted run may have made it: looking for it for up to {seconds} s"));
                    cx.clock.sleep(AGAIN).await;
                }
                None => break found,
            }
        };
        Ok(probe(match found {
            Found::Ours(live) if self.is_old(address, &live) => Seen::Absent,
            Found::Ours(live) => Seen::Found(live),
            Found::Absent => Seen::Absent,
            Found::Foreign { live, why } => Seen::Foreign { live, why },
        }))
    }

    /// Whether what was found is the old one of a replacement, and not the new one that was looked for.
    fn is_old(&self, address: &Address, live: &AnyLive) -> bool {
        let recorded = matches!(self.seen.get(address), Some(Seen::Live(recorded)) if recorded.id == live.id);
        recorded || self.state.is_superseded(address, &live.id)
    }

    fn settle(&mut self, probe: Probe) {
        let Probe { address, type_name, seen, predicted } = probe;
        let seen = match seen {
            // One thing is never recorded twice: removing it at one address would remove it at the other.
            Seen::Found(live) => match self.state.recorded_elsewhere(&address, &type_name, &live.id) {
                Some(other) => Seen::Foreign { why: format!("it is recorded as {other}"), live },
                None => Seen::Found(live),
            },
            other => other,
        };
        match &seen {
            Seen::Found(live) => self.record(&address, type_name, live),
            // A recorded one that was read stays as it was read; a recorded one that is gone stays gone.
            Seen::Absent | Seen::Unlooked if self.seen.contains_key(&address) => {
                if let Some(Seen::Gone) = self.seen.get(&address) {
                    self.outputs.insert(address, predicted);
                }
                return;
            }
            Seen::Foreign { .. } if matches!(self.seen.get(&address), Some(Seen::Live(_))) => return,
            // What is left over and not ours is nobody's business here.
            _ if !self.graph.nodes.contains_key(&address) => return,
            _ => {}
        }
        self.note(address, seen, predicted);
    }

    fn record(&mut self, address: &Address, type_name: String, live: &AnyLive) {
        // Who made it could not record it, or the record was lost: then nobody knows when that was, and it counts from now.
        self.spend(&type_name, budget::made(&live.id));
        let record = Record {
            type_name,
            id: live.id.clone(),
            properties: live.properties.clone(),
            outputs: live.outputs.clone(),
            dependencies: self.everything.dependencies(address),
            generation: self.open.get(address).map_or(0, |open| open.generation),
        };
        // The run that made it died with what it had to tell.
        let made = self.open.get(address).is_some_and(|open| matches!(open.action, Action::Create | Action::Replace));
        let resource = self.engine.registry.get(&record.type_name);
        if made && resource.is_ok_and(|resource| resource.told_once(&record.properties).is_some()) {
            self.state.untold.insert(address.clone());
        }
        let old = self.state.resources.insert(address.clone(), record);
        if let (Some(old), Some(Seen::Live(_))) = (old, self.seen.get(address)) {
            self.state.superseded.push(Superseded { address: address.clone(), record: old });
        }
    }
}

fn about(address: &Address, what: &str, mut error: Error) -> Error {
    error.message = format!("cannot {what} {address}: {}", error.message);
    error
}

/// All results, or one error that names every failure.
fn all<T>(results: Vec<Result<T>>) -> Result<Vec<T>> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(error) => bad.push(error),
        }
    }
    let mut bad = bad.into_iter();
    let Some(mut first) = bad.next() else { return Ok(good) };
    first.problems.extend(bad.map(|error| error.to_string()));
    Err(first)
}
