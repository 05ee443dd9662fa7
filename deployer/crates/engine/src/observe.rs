//! Reads recorded resources and looks for unrecorded ones. Makes no change.

mod lookup;
mod owner;
mod restore_superseded;
mod schedule;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use serde_json::{Map, Value};

use crate::action::{Action, Replacement};
use crate::address::{Address, PhysicalId};
use crate::backend::LeaseOwner;
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::expr::{Expr, Reference};
use crate::graph::Graph;
use crate::lifecycle::Lifecycle;
use crate::observation::{Observation, Owners};
use crate::quota;
use crate::read_cache::ReadCache;
use crate::resource::{AnyLive, AnyResource, TagOwner};
use crate::state::{PendingChange, Record, State, Superseded};

use lookup::{Candidate, LookupResult, LookupRun};
use schedule::{Query, Schedule};

/// The observations of all resources, and the state updated accordingly.
pub(crate) struct Observed {
    pub(crate) observations: BTreeMap<Address, Observation>,
    /// Recorded resources whose tags do not name this environment as their owner.
    pub(crate) owners: Owners,
    /// The state with all findings of the observation added, and with renamed resources at their new addresses.
    pub(crate) state: State,
    /// Former addresses of the resources that have moved.
    pub(crate) moves: BTreeMap<Address, Address>,
}

/// Reads everything recorded, and looks for every resource of `graph` and of an unfinished intent that does not exist, each as soon as the
/// values that its properties refer to are known.
///
/// Recorded resources that are not `wanted` are only read for their presence and owner. `beside` is the run that is changing the
/// environment meanwhile.
pub(crate) async fn observe(
    engine: &Engine,
    graph: &Graph,
    wanted: &Graph,
    mut state: State,
    beside: Option<LeaseOwner>,
) -> Result<Observed> {
    let moves = state.move_renamed(graph);
    let open = state.intent.as_ref().map(|intent| intent.pending.clone()).unwrap_or_default();
    if !open.is_empty() {
        engine.events.send(Event::Resuming { open: open.len(), holder: beside });
    }
    let everything = with_leftovers(graph, &open);
    // A pending change may have taken effect, so the resource may already use its dependencies.
    for (address, open) in &open {
        let record = state.resources.get_mut(address).filter(|record| record.type_name == open.type_name);
        record.into_iter().for_each(|record| record.dependencies.extend(open.dependencies.iter().cloned()));
    }
    restore_superseded::restore_superseded(engine, graph, &graph.order()?, &mut state);
    let order = everything.lenient_order();
    let addresses: BTreeSet<&Address> = state.resources.keys().chain(order.iter()).collect();
    engine.events.send(Event::Reading { resources: addresses.len() });
    let cache = Arc::new(ReadCache::new(names(&state, &everything)));
    let recorded = state.resources.iter().map(|(address, record)| (address, record.type_name.as_str()));
    let is_early = |address: &Address| !open.contains_key(address) && is_found_by_known(engine, &everything, address);
    let mut schedule = Schedule::new(recorded, &order, &everything, &is_early);
    let ids = state.resources.iter().map(|(address, record)| (key(&record.type_name, &record.id), address.clone())).collect();
    let (seen, outputs) = (BTreeMap::new(), BTreeMap::new());
    let owners = Owners::default();
    let mut observer =
        Observer { engine, graph, wanted, everything: &everything, open, cache, ids, observations: seen, owners, outputs, state };
    let mut running: FuturesUnordered<BoxFuture<'_, (usize, Result<QueryResult>)>> = FuturesUnordered::new();
    let mut errors = Vec::new();
    loop {
        while let Some((place, address, task)) = schedule.start() {
            running.push(observer.query(&address, task).map(move |answer| (place, answer)).boxed());
        }
        match running.next().await {
            Some((place, Ok(answer))) => schedule.complete(place, observer.handle_result(answer)),
            Some((place, Err(error))) => {
                schedule.failed(place);
                errors.push(error);
            }
            None if errors.is_empty() && schedule.break_cycle() => {}
            None => break,
        }
    }
    errors.extend(observer.read_superseded_owners().await);
    all(errors)?;
    Ok(Observed { observations: observer.observations, owners: observer.owners, state: observer.state, moves })
}

/// Returns `graph` with the resources added that an unfinished run was creating and `graph` lacks.
fn with_leftovers(graph: &Graph, open: &BTreeMap<Address, PendingChange>) -> Graph {
    let mut everything = graph.clone();
    for (address, open) in open {
        if let (false, Some(wanted)) = (graph.nodes.contains_key(address), &open.desired) {
            everything.insert(address.clone(), &open.type_name, wanted.clone(), open.dependencies.iter().cloned());
            let lifecycle = Lifecycle { retention: open.retention.clone(), ..Lifecycle::default() };
            everything.lifecycles.insert(address.clone(), lifecycle);
        }
    }
    everything
}

/// Returns, by type, the ids of recorded resources and the `name` properties of desired ones.
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

/// Whether the properties that decide whether the resource exists refer to no other resource.
fn is_found_by_known(engine: &Engine, graph: &Graph, address: &Address) -> bool {
    let Some(node) = graph.nodes.get(address) else { return false };
    let Ok(resource) = engine.registry.get(&node.type_name) else { return false };
    resource.found_by().is_some_and(|found_by| are_known(found_by, &node.properties, &|_| false))
}

/// Whether a look-up finds the resource although other properties of it are unknown.
fn is_identity_known(resource: &dyn AnyResource, properties: &Expr, is_known: &dyn Fn(&Reference) -> bool) -> bool {
    let key = Some(resource.key()).filter(|key| !key.is_empty());
    resource.found_by().or(key).is_some_and(|names| are_known(names, properties, is_known))
}

/// Whether all references in the properties with these names are known.
fn are_known(names: &[&str], properties: &Expr, is_known: &dyn Fn(&Reference) -> bool) -> bool {
    let Expr::Map(properties) = properties else { return false };
    let known = |name: &&str| properties.get(*name).is_none_or(|property| property.references().iter().all(is_known));
    names.iter().all(known)
}

/// Returns the outputs of a resource that exists, or those that follow from the properties of one that does not.
fn outputs_of(seen: &Observation, predicted: Map<String, Value>) -> Map<String, Value> {
    match seen {
        Observation::Live(live) | Observation::Discovered(live) | Observation::Unowned { live, .. } => {
            live.outputs.as_object().cloned().unwrap_or_default()
        }
        Observation::Missing | Observation::NotFound | Observation::Undetermined => predicted,
    }
}

/// Returns the identity of a recorded resource; no two records have the same one.
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
    /// Address at which each resource is recorded.
    ids: HashMap<(String, PhysicalId), Address>,
    observations: BTreeMap<Address, Observation>,
    owners: Owners,
    /// Outputs that exist or follow from properties.
    outputs: BTreeMap<Address, Map<String, Value>>,
    state: State,
}

/// The result of one query about a resource.
enum QueryResult {
    Read(Address, Option<(AnyLive, TagOwner)>),
    Looked(Address, LookupResult),
    LookedEarly(Address, LookupResult),
}

impl<'a> Observer<'a> {
    fn query(&self, address: &Address, task: Query) -> BoxFuture<'a, Result<QueryResult>> {
        let begun = match task {
            Query::Read => self.read(address),
            Query::Lookup => self.lookup(address),
            Query::EarlyLookup => self.early_lookup(address),
        };
        begun.unwrap_or_else(|error| std::future::ready(Err(error)).boxed())
    }

    fn read(&self, address: &Address) -> Result<BoxFuture<'a, Result<QueryResult>>> {
        let Some(record) = self.state.resources.get(address) else {
            return Err(Error::local(format!("{address} is not recorded")));
        };
        let resource = Arc::clone(self.engine.registry.get(&record.type_name)?);
        let presence_only = !self.wanted.nodes.contains_key(address);
        let cx = Context { presence_only, ..self.context(address, record.generation) };
        let (id, hint) = (record.id.clone(), record.properties.clone());
        Ok(async move {
            let read = owner::read(&cx, &*resource, &id, &hint).await?;
            Ok(QueryResult::Read(cx.address.clone(), read))
        }
        .boxed())
    }

    fn lookup(&self, address: &Address) -> Result<BoxFuture<'a, Result<QueryResult>>> {
        let node = self.graph.nodes.get(address);
        let open = self.open.get(address);
        let left = open.and_then(|open| Some((open.type_name.as_str(), open.desired.as_ref()?)));
        let left = left.filter(|(_, properties)| node.is_none_or(|node| node.properties != **properties));
        let recorded = match self.observations.get(address) {
            Some(Observation::Live(recorded)) => Some(recorded.id.clone()),
            _ => None,
        };
        let superseded = self.state.superseded.iter().filter(|old| &old.address == address).map(|old| old.record.id.clone());
        let look = LookupRun {
            cx: Context {
                creation_pending: open.is_some_and(PendingChange::has_begun_creation),
                ..self.context(address, open.map_or(0, |open| open.generation))
            },
            leftover: left.map(|(type_name, properties)| self.candidate(type_name, properties)).transpose()?,
            wanted: node.map(|node| self.candidate(&node.type_name, &node.properties)).transpose()?,
            create_sent_at: open.and_then(PendingChange::create_sent_at),
            old: recorded.into_iter().chain(superseded).collect(),
        };
        let address = address.clone();
        Ok(async move { Ok(QueryResult::Looked(address, look.run().await?)) }.boxed())
    }

    /// Looks for a resource whose dependencies are not known yet.
    fn early_lookup(&self, address: &Address) -> Result<BoxFuture<'a, Result<QueryResult>>> {
        let Some(node) = self.graph.nodes.get(address) else {
            return Err(Error::local(format!("{address} is not in the spec")));
        };
        let resource = Arc::clone(self.engine.registry.get(&node.type_name)?);
        let resolved = node.properties.resolve(&|_| None).value;
        let wanted = Candidate {
            type_name: node.type_name.clone(),
            predicted: resource.predict(&resolved),
            resource,
            wanted: Some(node.properties.resolve(&|_| Some(Value::from(""))).value),
            fallback: Observation::Undetermined,
        };
        let cx = self.context(address, 0);
        let look = LookupRun { cx, leftover: None, wanted: Some(wanted), create_sent_at: None, old: BTreeSet::new() };
        let address = address.clone();
        Ok(async move { Ok(QueryResult::LookedEarly(address, look.run().await?)) }.boxed())
    }

    fn context(&self, address: &Address, generation: u64) -> Context {
        let former_addresses = self.graph.former_addresses(address);
        let cx = self.engine.context(&self.state, address, generation);
        Context { cache: Some(Arc::clone(&self.cache)), former_addresses, ..cx }
    }

    fn candidate(&self, type_name: &str, properties: &Expr) -> Result<Candidate> {
        let resource = Arc::clone(self.engine.registry.get(type_name)?);
        let output = |reference: &Reference| {
            self.outputs.get(&reference.address)?.get(&reference.output).filter(|value| !value.is_null()).cloned()
        };
        let resolved = properties.resolve(&output);
        let predicted = resource.predict(&resolved.value);
        let (wanted, otherwise) = if self.is_parent_missing(resource.parent(), properties) {
            (None, Observation::NotFound)
        } else if resolved.is_known() {
            (Some(resolved.value), Observation::Undetermined)
        } else if is_identity_known(&*resource, properties, &|reference| output(reference).is_some()) {
            // A dependency that is gone must not hide what an interrupted run has created with it.
            let wanted = properties.resolve(&|reference| output(reference).or_else(|| Some(Value::from("")))).value;
            (Some(wanted), Observation::Undetermined)
        } else {
            (None, Observation::Undetermined)
        };
        Ok(Candidate { type_name: type_name.to_owned(), resource, wanted, fallback: otherwise, predicted })
    }

    /// Whether the parent of the resource does not exist, so that the resource does not exist either.
    fn is_parent_missing(&self, part_of: Option<&str>, properties: &Expr) -> bool {
        let (Some(part_of), Expr::Map(properties)) = (part_of, properties) else { return false };
        let whole = properties.get(part_of).map(Expr::references).unwrap_or_default();
        let missing =
            |on: &Reference| matches!(self.observations.get(&on.address), Some(Observation::NotFound | Observation::Missing));
        !whole.is_empty() && whole.iter().all(missing)
    }

    /// Stores a result; returns whether the resource must be looked up now.
    fn handle_result(&mut self, answer: QueryResult) -> bool {
        match answer {
            QueryResult::Read(address, read) => {
                let seen = read.map_or(Observation::Missing, |(live, owner)| self.owned(&address, live, owner));
                if matches!(seen, Observation::Missing) {
                    self.count_removal(&address);
                }
                self.put(address.clone(), seen, Map::new());
                self.is_missing(&address)
            }
            QueryResult::LookedEarly(_, probe) if !matches!(probe.observation, Observation::NotFound) => true,
            QueryResult::Looked(address, probe) | QueryResult::LookedEarly(address, probe) => {
                self.finish_lookup(address, probe);
                false
            }
        }
    }

    /// Counts a deletion that an unfinished run has completed against its quota.
    fn count_removal(&mut self, address: &Address) {
        let removing = |open: &PendingChange| matches!(open.action, Action::Delete | Action::Replace);
        let Some(record) = self.state.resources.get(address) else { return };
        if self.open.get(address).is_some_and(removing) {
            let (type_name, removed) = (record.type_name.clone(), quota::removed_key(&record.id));
            self.record_quota_use(&type_name, removed);
        }
    }

    fn record_quota_use(&mut self, type_name: &str, mark: String) {
        let meter = self.engine.registry.get(type_name).ok().and_then(|resource| resource.quota());
        if let Some(meter) = meter {
            self.state.record_quota_use(type_name, meter, self.engine.clock.now(), &[mark]);
        }
    }

    fn put(&mut self, address: Address, seen: Observation, predicted: Map<String, Value>) {
        self.outputs.insert(address.clone(), outputs_of(&seen, predicted));
        self.observations.insert(address, seen);
    }

    /// Whether the resource must be looked up although it is recorded.
    fn is_missing(&self, address: &Address) -> bool {
        let wanted = self.everything.nodes.contains_key(address);
        match self.observations.get(address) {
            // If the recorded resource belongs to somebody else, one of this environment may exist as well.
            None | Some(Observation::Missing | Observation::Unowned { .. }) => wanted,
            // The new resource of an unfinished replacement may exist beside the recorded old one.
            Some(Observation::Live(_)) => self.open.get(address).is_some_and(|open| {
                let usual = || self.engine.registry.get(&open.type_name).ok().map(|resource| resource.replacement());
                let order = open.replacement.or_else(usual);
                wanted && open.action == Action::Replace && order == Some(Replacement::CreateFirst)
            }),
            Some(_) => false,
        }
    }

    fn finish_lookup(&mut self, address: Address, probe: LookupResult) {
        let LookupResult { type_name, observation: seen, predicted } = probe;
        let seen = match seen {
            // No resource is recorded twice: deleting it at one address would delete it at the other.
            Observation::Discovered(live) => match self.ids.get(&key(&type_name, &live.id)).filter(|other| **other != address) {
                Some(other) => Observation::Unowned { why: format!("it is recorded as {other}"), live },
                None => Observation::Discovered(live),
            },
            other => other,
        };
        match &seen {
            Observation::Discovered(live) if !self.record(&address, &type_name, live) => return,
            Observation::Discovered(_) => {}
            // A recorded resource that was read stays as read; a recorded one that is missing stays missing.
            Observation::NotFound | Observation::Undetermined if self.observations.contains_key(&address) => {
                if self.is_unrelated(&address, &type_name) {
                    self.put(address, seen, predicted);
                    return;
                }
                if let Some(Observation::Missing) = self.observations.get(&address) {
                    self.outputs.insert(address, predicted);
                }
                return;
            }
            Observation::Unowned { .. } if matches!(self.observations.get(&address), Some(Observation::Live(_))) => return,
            // This is the recorded resource, whose owner is already known.
            Observation::Unowned { live, .. } if matches!(self.observations.get(&address), Some(Observation::Unowned { live: read, .. }) if read.id == live.id) =>
            {
                return;
            }
            // A leftover of an unfinished run that does not exist or that somebody else owns is none of this run's concern; what refers to
            // it may exist.
            _ if !self.graph.nodes.contains_key(&address) => {
                self.outputs.insert(address, outputs_of(&seen, predicted));
                return;
            }
            _ => {}
        }
        self.put(address, seen, predicted);
    }

    /// Records a discovered resource; returns whether it is the current one at this address.
    fn record(&mut self, address: &Address, type_name: &str, live: &AnyLive) -> bool {
        // The creating run could not record it, or the record was lost: the time of creation is unknown, so it counts from now.
        self.record_quota_use(type_name, quota::created_key(&live.id));
        let record = Record {
            type_name: type_name.to_owned(),
            id: live.id.clone(),
            properties: live.properties.clone(),
            outputs: live.outputs.clone(),
            dependencies: self.everything.dependencies(address),
            generation: self.open.get(address).map_or(0, |open| open.generation),
            retention: self.everything.retention(address),
        };
        self.ids.insert(key(&record.type_name, &record.id), address.clone());
        let present =
            self.state.resources.get(address).filter(|_| matches!(self.observations.get(address), Some(Observation::Live(_))));
        if present
            .is_some_and(|present| restore_superseded::has_desired_key(self.engine, self.graph, &self.outputs, address, present))
        {
            self.state.superseded.push(Superseded { address: address.clone(), record });
            return false;
        }
        // The creating run was killed before it could show the secret.
        let made = self.open.get(address).is_some_and(|open| matches!(open.action, Action::Create | Action::Replace));
        let resource = self.engine.registry.get(&record.type_name);
        if made && resource.is_ok_and(|resource| resource.one_time_secret(&record.properties).is_some()) {
            self.state.unshown_secrets.insert(address.clone());
        }
        let old = self.state.resources.insert(address.clone(), record);
        if let (Some(old), Some(Observation::Live(_))) = (old, self.observations.get(address)) {
            self.state.superseded.push(Superseded { address: address.clone(), record: old });
        }
        true
    }
}

fn about(address: &Address, what: &str, mut error: Error) -> Error {
    error.message = format!("cannot {what} {address}: {}", error.message);
    error
}

/// Combines all failures into one error, if there are any.
fn all(errors: Vec<Error>) -> Result<()> {
    let mut errors = errors.into_iter();
    let Some(mut first) = errors.next() else { return Ok(()) };
    first.problems.extend(errors.map(|error| error.to_string()));
    Err(first)
}
