//! Takes over existing resources by their ids: marks them as owned, records them, and changes nothing else of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::{Map, Value};

use crate::action::Action;
use crate::address::{Address, PhysicalId, PropertyPath};
use crate::apply::lease::LeaseRenewer;
use crate::apply::state_writer::StateWriter;
use crate::cancellation::CancellationToken;
use crate::context::Context;
use crate::diff::{PropertyChange, diff};
use crate::engine::{Engine, Options};
use crate::error::{Error, ErrorClass, Result};
use crate::event::Event;
use crate::expr::{Expr, Reference, Resolved};
use crate::graph::{Graph, Node};
use crate::outcome::RunStatus;
use crate::plan::{Change, Counts, Plan, Warning};
use crate::planner::with_ignored;
use crate::resource::{AnyLive, AnyResource, ResourceRules, TagOwner};
use crate::retry::with_retry;
use crate::rules::ChangeEffect;
use crate::state::{Record, State};

/// The resource that an import takes over.
pub struct ImportRequest<'r> {
    /// Its address, which the graph has.
    pub address: &'r Address,
    /// Returns its id, given the desired properties: what a user writes may be an ARN, or the id without that of its parent. Fails if it
    /// names another parent than the desired one.
    pub identify: &'r (dyn Fn(&Value) -> Result<PhysicalId> + Send + Sync),
    /// Returns the live properties (second argument) with the marks of ownership that the desired ones (first argument) have.
    pub mark: &'r (dyn Fn(&Value, &Value) -> Value + Send + Sync),
    /// Whether it is taken over even if the next apply replaces it, as it does with a snapshot of other resources. The plan warns of it.
    pub may_be_replaced: bool,
}

/// The resource as it was read, and what it becomes.
struct Found {
    resource: Arc<dyn AnyResource>,
    cx: Context,
    live: AnyLive,
    marked: Value,
    plan: Plan,
}

impl Engine {
    /// Takes over existing resources at addresses of `graph`, each after those that it refers to, after `approve` has accepted the plan: sets
    /// their marks of ownership and records them. All other properties stay as they are; the plan warns of those that the next apply changes.
    /// Each resource is recorded as soon as it is marked, so an import that was interrupted is completed by another one of the rest, or by
    /// the next apply, which finds the resources by their marks.
    ///
    /// # Errors
    /// Nothing was changed: the lease is taken, the state has an unfinished run or a record at one of the addresses or of one of the
    /// resources, a resource does not exist, it belongs to somebody else, or the next apply would replace it; all such errors at once. Or a
    /// resource was marked and could not be recorded.
    pub async fn import<A>(
        &self,
        graph: &Graph,
        requests: &[ImportRequest<'_>],
        options: &Options,
        approve: A,
        interrupt: &CancellationToken,
    ) -> Result<RunStatus>
    where
        A: for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send,
    {
        let keeper = LeaseRenewer::acquire(self, interrupt, options.lock_timeout).await?;
        let result = keeper.renew_during(self.import_under_lease(&keeper, graph, requests, options, approve, interrupt)).await;
        keeper.release().await;
        result
    }

    async fn import_under_lease<A>(
        &self,
        keeper: &LeaseRenewer<'_>,
        graph: &Graph,
        requests: &[ImportRequest<'_>],
        options: &Options,
        approve: A,
        interrupt: &CancellationToken,
    ) -> Result<RunStatus>
    where
        A: for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send,
    {
        let stored = self.load_state().await?;
        let (state, version) = match stored {
            Some(stored) => (stored.state, Some(stored.version)),
            None => (self.new_state(options), None),
        };
        state.ensure_no_intent()?;
        let found = self.look_for_all(graph, requests, &state).await?;
        let mut plan = Plan::default();
        for found in &found {
            plan.changes.extend(found.plan.changes.iter().cloned());
            plan.warnings.extend(found.plan.warnings.iter().cloned());
            plan.external.clone_from(&found.plan.external);
            plan.summary.adopt += 1;
        }
        self.events.send(Event::Planned { plan: Arc::new(plan.clone()) });
        if !approve(&plan).await {
            return Ok(RunStatus::Declined);
        }
        let mut journal = StateWriter::new(state, version);
        journal.state.fence = keeper.lease().fence;
        for found in found {
            if interrupt.is_cancelled() {
                return Ok(RunStatus::Interrupted);
            }
            let address = found.cx.address.clone();
            let live = take_over(keeper, &found).await?;
            journal.record_applied(&address, recorded(&found, live, graph), false);
            journal.save(self, &keeper.lease()).await?;
        }
        Ok(RunStatus::Applied)
    }

    /// Looks for all resources, each after those that it refers to, which count as recorded from then on.
    async fn look_for_all(&self, graph: &Graph, requests: &[ImportRequest<'_>], state: &State) -> Result<Vec<Found>> {
        let (mut state, mut all, mut errors) = (state.clone(), Vec::new(), Vec::new());
        let order: BTreeMap<Address, usize> =
            graph.lenient_order().into_iter().enumerate().map(|(place, address)| (address, place)).collect();
        let mut requests: Vec<&ImportRequest<'_>> = requests.iter().collect();
        requests.sort_by_key(|request| order.get(request.address));
        for request in requests {
            match self.look_for(graph, request, &state).await {
                Ok(found) => {
                    state.resources.insert(request.address.clone(), recorded(&found, found.live.clone(), graph));
                    all.push(found);
                }
                Err(error) => errors.push(error),
            }
        }
        let mut errors = errors.into_iter();
        let Some(mut first) = errors.next() else { return Ok(all) };
        first.problems.extend(errors.map(|error| error.to_string()));
        Err(first)
    }

    /// Reads the resource and its owner, and plans the import.
    async fn look_for(&self, graph: &Graph, request: &ImportRequest<'_>, state: &State) -> Result<Found> {
        let address = request.address;
        let node = graph.nodes.get(address).ok_or_else(|| not_declared(graph, address))?;
        if let Some(record) = state.resources.get(address) {
            let message = format!("{address} is recorded already, as {}", record.id);
            let help = format!("to record another one there, first: deployer state rm {address}");
            return Err(Error::new(ErrorClass::Refused, message).with_help(help));
        }
        let resource = Arc::clone(self.registry.get(&node.type_name)?);
        let wanted = self.desired(&node.properties, graph, state);
        if let Some(error) = unknown_parent(address, &wanted) {
            return Err(error);
        }
        let id = (request.identify)(&wanted.value)?;
        if let Some(other) = state.recorded_elsewhere(address, &node.type_name, &id) {
            let message = format!("{id} is recorded as {other}");
            let help = format!("if {address} is its new name: deployer state mv {other} {address}");
            return Err(Error::new(ErrorClass::Refused, message).with_help(help));
        }
        let cx = self.context(state, address, 0);
        let read = with_retry(&cx, || resource.read(&cx, &id, &wanted.value)).await?;
        let live = read.ok_or_else(|| {
            let message = format!("there is no {} with the id {id}", node.type_name);
            Error::new(ErrorClass::NotFound, message).with_help("check the id, the account and the Region")
        })?;
        let owner = with_retry(&cx, || resource.owner(&cx, &live)).await?;
        if let TagOwner::Other(why) = owner {
            let help = "its owner can release it: deployer state rm there, and remove its deployer: tags";
            return Err(Error::new(ErrorClass::AlreadyExists, format!("{id}: {why}")).with_help(help));
        }
        let marked = (request.mark)(&wanted.value, &live.properties);
        let wanted = match graph.lifecycles.get(address).filter(|lifecycle| !lifecycle.ignore_changes.is_empty()) {
            Some(lifecycle) => self.desired(&with_ignored(node, &lifecycle.ignore_changes, &marked).properties, graph, state),
            None => wanted,
        };
        if let (false, Some(error)) = (request.may_be_replaced, would_be_replaced(&*resource, &live, &marked, &wanted)) {
            return Err(error);
        }
        let plan = planned(address, node, graph, &*resource, (&live, &marked, &wanted));
        Ok(Found { resource, cx, live, marked, plan })
    }

    /// Returns the desired properties, with the outputs that are recorded or follow from names.
    fn desired(&self, properties: &Expr, graph: &Graph, state: &State) -> Resolved {
        let mut outputs: BTreeMap<Address, Map<String, Value>> = BTreeMap::new();
        for address in graph.lenient_order() {
            let Some(other) = graph.nodes.get(&address) else { continue };
            let known = |on: &Reference| outputs.get(&on.address)?.get(&on.output).filter(|value| !value.is_null()).cloned();
            let properties = other.properties.resolve(&known).value;
            let predicted = self.registry.get(&other.type_name).map(|resource| resource.predict(&properties)).unwrap_or_default();
            let recorded = state.resources.get(&address).and_then(|record| record.outputs.as_object().cloned());
            outputs.insert(address, recorded.unwrap_or(predicted));
        }
        properties.resolve(&|on| outputs.get(&on.address)?.get(&on.output).filter(|value| !value.is_null()).cloned())
    }
}

/// Marks the resource as owned; all other properties stay as they are.
async fn take_over(keeper: &LeaseRenewer<'_>, found: &Found) -> Result<AnyLive> {
    let changes = found.plan.changes.iter().flat_map(|change| &change.properties);
    let changed: Vec<PropertyPath> = changes.map(|change| change.path.clone()).collect();
    if changed.is_empty() {
        return Ok(found.live.clone());
    }
    let cx = Context { lease_guard: Some(keeper.guard()), ..found.cx.clone() };
    keeper.check().await?;
    with_retry(&cx, || found.resource.update(&cx, &found.live, &found.marked, &changed)).await
}

fn recorded(found: &Found, live: AnyLive, graph: &Graph) -> Record {
    let address = &found.cx.address;
    Record {
        type_name: found.resource.type_name().to_owned(),
        id: live.id,
        properties: live.properties,
        outputs: live.outputs,
        dependencies: graph.dependencies(address),
        generation: 0,
        retention: graph.retention(address),
    }
}

fn not_declared(graph: &Graph, address: &Address) -> Error {
    let alike: Vec<&str> = graph.nodes.keys().filter(|other| other.kind() == address.kind()).map(Address::as_str).collect();
    let has = if alike.is_empty() { format!("it has no {}", address.kind()) } else { format!("it has {}", alike.join(", ")) };
    let help = format!("declare the resource in the spec first; {has}");
    Error::new(ErrorClass::NotFound, format!("the spec has no resource with the address {address}")).with_help(help)
}

/// Returns the error for a resource whose desired properties refer to what does not exist yet.
fn unknown_parent(address: &Address, wanted: &Resolved) -> Option<Error> {
    let missing: BTreeSet<&Address> = wanted.unknown.values().flatten().map(|reference| &reference.address).collect();
    let first = missing.first()?;
    let message = format!("{address} refers to {first}, which is not recorded yet");
    let names: Vec<&str> = missing.iter().map(|address| address.as_str()).collect();
    Some(Error::new(ErrorClass::Refused, message).with_help(format!("import or apply first: {}", names.join(", "))))
}

/// Returns the changes that make the properties `from` the properties `to`.
fn changes(resource: &dyn AnyResource, to: &Resolved, from: &Value) -> Vec<PropertyChange> {
    diff(to, None, from, &ResourceRules { resource, live: from, wanted: &to.value })
}

/// Returns the error for a resource that the next apply would replace, and so delete.
fn would_be_replaced(resource: &dyn AnyResource, live: &AnyLive, marked: &Value, wanted: &Resolved) -> Option<Error> {
    let changes = changes(resource, wanted, marked);
    let replaces = |change: &PropertyChange| match change.effect {
        ChangeEffect::Replace(why) => Some((change.path.to_string(), why)),
        ChangeEffect::Update | ChangeEffect::Rebuild(_) | ChangeEffect::RecordOnly(_) | ChangeEffect::Ignore => None,
    };
    let (path, why) = changes.iter().find_map(replaces)?;
    let message = format!("{} cannot be imported: {path} differs, and the next apply would replace it ({why})", live.id);
    Some(
        Error::new(ErrorClass::Refused, message)
            .with_help(format!("change {path} in the spec to what the resource has, or import another one")),
    )
}

/// Returns the plan of an import, with a warning if the next apply changes the resource.
fn planned(
    address: &Address,
    node: &Node,
    graph: &Graph,
    resource: &dyn AnyResource,
    (live, marked, wanted): (&AnyLive, &Value, &Resolved),
) -> Plan {
    let to_mark = changes(resource, &Resolved { value: marked.clone(), unknown: BTreeMap::new() }, &live.properties);
    let later = changes(resource, wanted, marked);
    let mut plan = Plan { summary: Counts { adopt: 1, ..Counts::default() }, ..Plan::default() };
    plan.external = graph.external.iter().filter(|external| external.type_name != node.type_name).cloned().collect();
    if !later.is_empty() {
        let replaces = later.iter().any(|change| matches!(change.effect, ChangeEffect::Replace(_)));
        let what = if replaces { "replaces it for" } else { "changes" };
        let paths: BTreeSet<String> = later.iter().map(|change| change.path.to_string()).collect();
        let paths: Vec<String> = paths.into_iter().collect();
        let message = format!("the spec differs from the resource, and the next apply {what} {}", paths.join(", "));
        let help = "to keep the resource as it is, change the spec to its values".to_owned();
        plan.warnings.push(Warning { address: address.clone(), message, help });
    }
    plan.changes.push(Change {
        reasons: vec![format!("import of {}", live.id)],
        properties: to_mark,
        id: Some(live.id.clone()),
        dependencies: graph.dependencies(address),
        live: Some(live.properties.clone()),
        wanted: Some(marked.clone()),
        ..Change::new(address.clone(), &node.type_name, Action::Adopt)
    });
    plan
}
