//! Reading what is recorded and looking for what is not. Makes no change.

mod lookup;
mod owner;
mod returning;
mod schedule;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use serde_json::{Map, Value};

use crate::address::{Address, PhysicalId};
use crate::backend::LeaseOwner;
use crate::quota;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::event::{Action, Event, Replacement};
use crate::expr::{Expr, Reference};
use crate::graph::Graph;
use crate::plan::{Owners, Observation};
use crate::read_cache::ReadCache;
use crate::resource::{AnyLive, Context, TagOwner};
use crate::state::{PendingChange, Record, State, Superseded};

use lookup::{Candidate, LookupRun, Probe};
use schedule::{Schedule, Task};

/// What is there, and the record as it must be for that.
pub(crate) struct Observed {
    pub(crate) seen: BTreeMap<Address, Observation>,
    /// What the tags of what is recorded say, where that is not that it is ours.
    pub(crate) owners: Owners,
    /// The state with everything found put in, and nothing else changed.
    pub(crate) state: State,
}

/// Reads everything recorded, and looks for everything of `graph` and of an unfinished intent that is not there: each as soon as what
/// its own properties refer to is known.
///
/// Of what is recorded and not `wanted`, only that it is there and whose it is. `beside` is the run that is changing it meanwhile.
pub(crate) async fn observe(
    engine: &Engine,
    graph: &Graph,
    wanted: &Graph,
    mut state: State,
    beside: Option<LeaseOwner>,
) -> Result<Observed> {
    let open = state.intent.as_ref().map(|intent| intent.open.clone()).unwrap_or_default();
    if !open.is_empty() {
        engine.events.send(Event::Resuming { open: open.len(), holder: beside });
    }
    let everything = with_leftovers(graph, &open);
    // What an unfinished change was to use it may use already.
    for (address, open) in &open {
        let record = state.resources.get_mut(address).filter(|record| record.type_name == open.type_name);
        record.into_iter().for_each(|record| record.dependencies.extend(open.dependencies.iter().cloned()));
    }
    returning::take_back(engine, graph, &graph.order()?, &mut state);
    let order = everything.lenient_order();
    let addresses: BTreeSet<&Address> = state.resources.keys().chain(order.iter()).collect();
    engine.events.send(Event::Reading { resources: addresses.len() });
    let cache = Arc::new(ReadCache::new(names(&state, &everything)));
    let recorded = state.resources.iter().map(|(address, record)| (address, record.type_name.as_str()));
    let mut schedule = Schedule::new(recorded, &order, &everything);
    let ids = state.resources.iter().map(|(address, record)| (key(&record.type_name, &record.id), address.clone())).collect();
    let (seen, outputs) = (BTreeMap::new(), BTreeMap::new());
    let owners = Owners::default();
    let mut observer =
        Observer { engine, graph, wanted, everything: &everything, open, cache, ids, seen, owners, outputs, state };
    let mut running: FuturesUnordered<BoxFuture<'_, (usize, Result<Answer>)>> = FuturesUnordered::new();
    let mut errors = Vec::new();
    loop {
        while let Some((place, address, task)) = schedule.start() {
            running.push(observer.ask(&address, task).map(move |answer| (place, answer)).boxed());
        }
        match running.next().await {
            Some((place, Ok(answer))) => schedule.answered(place, observer.note(answer)),
            Some((place, Err(error))) => {
                schedule.failed(place);
                errors.push(error);
            }
            None if errors.is_empty() && schedule.break_circle() => {}
            None => break,
        }
    }
    errors.extend(observer.ask_about_superseded().await);
    all(errors)?;
    Ok(Observed { seen: observer.seen, owners: observer.owners, state: observer.state })
}

/// `graph` and what an unfinished run was making that `graph` does not hold.
fn with_leftovers(graph: &Graph, open: &BTreeMap<Address, PendingChange>) -> Graph {
    let mut everything = graph.clone();
    for (address, open) in open {
        if let (false, Some(wanted)) = (graph.nodes.contains_key(address), &open.wanted) {
            everything.insert(address.clone(), &open.type_name, wanted.clone(), open.dependencies.iter().cloned());
        }
    }
    everything
}

/// The ids of what is recorded and the property `name` of what is wanted, by type.
fn names(state: &State, graph: &Graph) -> BTreeMap<String, BTreeSet<String>> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in state.resources.values() {
        names.entry(record.type_name.clone()).or_default().insert(record.id.to_string());
    }
    for node in graph.nodes.values() {
        let Expr::Map(properties) = &node.properties else { continue };
        if let Some(Expr::Value(Value::String(name))) = properties.get("name") {
            names.entry(node.type_name.clone()).or_default().insert(name.clone());
        }
    }
    names
}

/// By what the thing that a record names is known: one thing is never recorded twice.
fn key(type_name: &str, id: &PhysicalId) -> (String, PhysicalId) {
    (type_name.to_owned(), id.clone())
}

struct Observer<'a> {
    engine: &'a Engine,
    graph: &'a Graph,
    wanted: &'a Graph,
    everything: &'a Graph,
    open: BTreeMap<Address, PendingChange>,
    cache: Arc<ReadCache>,
    /// Where each thing is recorded.
    ids: HashMap<(String, PhysicalId), Address>,
    seen: BTreeMap<Address, Observation>,
    owners: Owners,
    /// Outputs that are there or follow from properties.
    outputs: BTreeMap<Address, Map<String, Value>>,
    state: State,
}

/// What a question about a resource came to.
enum Answer {
    Read(Address, Option<(AnyLive, TagOwner)>),
    Looked(Address, Probe),
}

impl<'a> Observer<'a> {
    fn ask(&self, address: &Address, task: Task) -> BoxFuture<'a, Result<Answer>> {
        let begun = match task {
            Task::Read => self.read(address),
            Task::Look => self.look(address),
        };
        begun.unwrap_or_else(|error| std::future::ready(Err(error)).boxed())
    }

    fn read(&self, address: &Address) -> Result<BoxFuture<'a, Result<Answer>>> {
        let Some(record) = self.state.resources.get(address) else {
            return Err(Error::local(format!("{address} is not recorded")));
        };
        let resource = Arc::clone(self.engine.registry.get(&record.type_name)?);
        let presence_only = !self.wanted.nodes.contains_key(address);
        let cx = Context { presence_only, ..self.context(address, record.generation) };
        let (id, hint) = (record.id.clone(), record.properties.clone());
        Ok(async move {
            let read = owner::read(&cx, &*resource, &id, &hint).await?;
            Ok(Answer::Read(cx.address.clone(), read))
        }
        .boxed())
    }

    fn look(&self, address: &Address) -> Result<BoxFuture<'a, Result<Answer>>> {
        let node = self.graph.nodes.get(address);
        let open = self.open.get(address);
        let left = open.and_then(|open| Some((open.type_name.as_str(), open.wanted.as_ref()?)));
        let left = left.filter(|(_, properties)| node.is_none_or(|node| node.properties != **properties));
        let recorded = match self.seen.get(address) {
            Some(Observation::Live(recorded)) => Some(recorded.id.clone()),
            _ => None,
        };
        let superseded = self.state.superseded.iter().filter(|old| &old.address == address).map(|old| old.record.id.clone());
        let look = LookupRun {
            cx: self.context(address, open.map_or(0, |open| open.generation)),
            left: left.map(|(type_name, properties)| self.candidate(type_name, properties)).transpose()?,
            wanted: node.map(|node| self.candidate(&node.type_name, &node.properties)).transpose()?,
            begun: open.and_then(|open| open.sent_at),
            old: recorded.into_iter().chain(superseded).collect(),
        };
        let address = address.clone();
        Ok(async move { Ok(Answer::Looked(address, look.run().await?)) }.boxed())
    }

    fn context(&self, address: &Address, generation: u64) -> Context {
        Context { cache: Some(Arc::clone(&self.cache)), ..self.engine.context(&self.state, address, generation) }
    }

    fn candidate(&self, type_name: &str, properties: &Expr) -> Result<Candidate> {
        let resource = Arc::clone(self.engine.registry.get(type_name)?);
        let resolved = properties.resolve(&|reference: &Reference| {
            self.outputs.get(&reference.address)?.get(&reference.output).filter(|value| !value.is_null()).cloned()
        });
        let predicted = resource.predict(&resolved.value);
        let (wanted, otherwise) = if self.lacks_whole(resource.parent(), properties) {
            (None, Observation::Absent)
        } else {
            (resolved.is_known().then_some(resolved.value), Observation::Unlooked)
        };
        Ok(Candidate { type_name: type_name.to_owned(), resource, wanted, otherwise, predicted })
    }

    /// Whether what it would be a part of is not there, so that it is not there either.
    fn lacks_whole(&self, part_of: Option<&str>, properties: &Expr) -> bool {
        let (Some(part_of), Expr::Map(properties)) = (part_of, properties) else { return false };
        let whole = properties.get(part_of).map(Expr::references).unwrap_or_default();
        let missing = |on: &Reference| matches!(self.seen.get(&on.address), Some(Observation::Absent | Observation::Gone));
        !whole.is_empty() && whole.iter().all(missing)
    }

    /// Puts an answer in, and says whether the resource must be looked for now.
    fn note(&mut self, answer: Answer) -> bool {
        match answer {
            Answer::Read(address, read) => {
                let seen = read.map_or(Observation::Gone, |(live, owner)| self.owned(&address, live, owner));
                if matches!(seen, Observation::Gone) {
                    self.count_removal(&address);
                }
                self.put(address.clone(), seen, Map::new());
                self.is_missing(&address)
            }
            Answer::Looked(address, probe) => {
                self.settle(address, probe);
                false
            }
        }
    }

    /// Counts what an unfinished run was removing, and has removed, against its budget.
    fn count_removal(&mut self, address: &Address) {
        let removing = |open: &PendingChange| matches!(open.action, Action::Delete | Action::Replace);
        let Some(record) = self.state.resources.get(address) else { return };
        if self.open.get(address).is_some_and(removing) {
            let (type_name, removed) = (record.type_name.clone(), quota::removed(&record.id));
            self.spend(&type_name, removed);
        }
    }

    fn spend(&mut self, type_name: &str, mark: String) {
        let meter = self.engine.registry.get(type_name).ok().and_then(|resource| resource.quota());
        if let Some(meter) = meter {
            self.state.spend(type_name, meter, self.engine.clock.now(), &[mark]);
        }
    }

    fn put(&mut self, address: Address, seen: Observation, predicted: Map<String, Value>) {
        let outputs = match &seen {
            Observation::Live(live) | Observation::Found(live) | Observation::Foreign { live, .. } => live.outputs.as_object().cloned(),
            Observation::Gone | Observation::Absent | Observation::Unlooked => Some(predicted),
        };
        self.outputs.insert(address.clone(), outputs.unwrap_or_default());
        self.seen.insert(address, seen);
    }

    /// Whether it must be looked for although it is recorded.
    fn is_missing(&self, address: &Address) -> bool {
        let wanted = self.everything.nodes.contains_key(address);
        match self.seen.get(address) {
            // Beside another's, which is recorded, there may be one of ours, or none.
            None | Some(Observation::Gone | Observation::Foreign { .. }) => wanted,
            // The new one of an unfinished replacement may exist beside the recorded old one.
            Some(Observation::Live(_)) => self.open.get(address).is_some_and(|open| {
                let usual = || self.engine.registry.get(&open.type_name).ok().map(|resource| resource.replacement());
                let order = open.replacement.or_else(usual);
                wanted && open.action == Action::Replace && order == Some(Replacement::CreateFirst)
            }),
            Some(_) => false,
        }
    }

    fn settle(&mut self, address: Address, probe: Probe) {
        let Probe { type_name, seen, predicted } = probe;
        let seen = match seen {
            // One thing is never recorded twice: removing it at one address would remove it at the other.
            Observation::Found(live) => match self.ids.get(&key(&type_name, &live.id)).filter(|other| **other != address) {
                Some(other) => Observation::Foreign { why: format!("it is recorded as {other}"), live },
                None => Observation::Found(live),
            },
            other => other,
        };
        match &seen {
            Observation::Found(live) if !self.record(&address, &type_name, live) => return,
            Observation::Found(_) => {}
            // A recorded one that was read stays as it was read; a recorded one that is gone stays gone.
            Observation::Absent | Observation::Unlooked if self.seen.contains_key(&address) => {
                if self.is_another(&address, &type_name) {
                    self.put(address, seen, predicted);
                    return;
                }
                if let Some(Observation::Gone) = self.seen.get(&address) {
                    self.outputs.insert(address, predicted);
                }
                return;
            }
            Observation::Foreign { .. } if matches!(self.seen.get(&address), Some(Observation::Live(_))) => return,
            // The one that is recorded: whose it is now is known already.
            Observation::Foreign { live, .. } if matches!(self.seen.get(&address), Some(Observation::Foreign { live: read, .. }) if read.id == live.id) =>
            {
                return;
            }
            // What is left over and not ours is nobody's business here.
            _ if !self.graph.nodes.contains_key(&address) => return,
            _ => {}
        }
        self.put(address, seen, predicted);
    }

    /// Records what was found, and says whether it is what is at this address now.
    fn record(&mut self, address: &Address, type_name: &str, live: &AnyLive) -> bool {
        // Who made it could not record it, or the record was lost: then nobody knows when that was, and it counts from now.
        self.spend(type_name, quota::made(&live.id));
        let record = Record {
            type_name: type_name.to_owned(),
            id: live.id.clone(),
            properties: live.properties.clone(),
            outputs: live.outputs.clone(),
            dependencies: self.everything.dependencies(address),
            generation: self.open.get(address).map_or(0, |open| open.generation),
        };
        self.ids.insert(key(&record.type_name, &record.id), address.clone());
        let present = self.state.resources.get(address).filter(|_| matches!(self.seen.get(address), Some(Observation::Live(_))));
        if present.is_some_and(|present| returning::is_wanted_again(self.engine, self.graph, &self.outputs, address, present)) {
            self.state.superseded.push(Superseded { address: address.clone(), record });
            return false;
        }
        // The run that made it died with what it had to tell.
        let made = self.open.get(address).is_some_and(|open| matches!(open.action, Action::Create | Action::Replace));
        let resource = self.engine.registry.get(&record.type_name);
        if made && resource.is_ok_and(|resource| resource.one_time_secret(&record.properties).is_some()) {
            self.state.unshown_secrets.insert(address.clone());
        }
        let old = self.state.resources.insert(address.clone(), record);
        if let (Some(old), Some(Observation::Live(_))) = (old, self.seen.get(address)) {
            self.state.superseded.push(Superseded { address: address.clone(), record: old });
        }
        true
    }
}

fn about(address: &Address, what: &str, mut error: Error) -> Error {
    error.message = format!("cannot {what} {address}: {}", error.message);
    error
}

/// One error that names every failure, if there is any.
fn all(errors: Vec<Error>) -> Result<()> {
    let mut errors = errors.into_iter();
    let Some(mut first) = errors.next() else { return Ok(()) };
    first.problems.extend(errors.map(|error| error.to_string()));
    Err(first)
}
