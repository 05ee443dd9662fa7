//! Entry points of the engine: plan, apply, destroy, state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, Either, select};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::address::Address;
use crate::apply::lease::LeaseRenewer;
use crate::backend::{Backend, LeaseOwner, StoredState};
use crate::cancellation::CancellationToken;
use crate::error::{Error, Result};
use crate::event::{Action, Event, EventSink};
use crate::graph::Graph;
use crate::observe::{Observed, observe};
use crate::plan::{Counts, Inputs, Plan, plan};
use crate::ports::{Clock, Random};
use crate::resource::{Context, Ownership, Registry};
use crate::run::{Run, RunMode};
use crate::state::{EnvironmentId, State};

/// The external dependencies of a run. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// The resource types.
    pub registry: Registry,
    /// Storage of the state and the lease.
    pub backend: Arc<dyn Backend>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub random: Arc<dyn Random>,
    /// Identity of this run, as shown to other runs.
    pub holder: LeaseOwner,
    /// The environment, with its account and region.
    pub environment_id: EnvironmentId,
    /// Receiver of events.
    pub events: EventSink,
    /// Time after which a create that was sent has had its visible effect or never will:
    /// [`CREATE_VISIBILITY_TIMEOUT`](crate::CREATE_VISIBILITY_TIMEOUT) on AWS, less where durations are shortened.
    pub create_visibility: Duration,
}

/// Options of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether existing resources that this environment does not own may be adopted.
    pub adopt: bool,
    /// Maximum number of concurrent changes.
    pub concurrency: usize,
    /// Maximum time to wait for a lease that another run holds; zero fails at once.
    pub lock_timeout: Duration,
    /// Lineage of a newly created state; random if `None`.
    pub lineage: Option<Uuid>,
    /// Resource types whose resources are deleted even if a [`RetainPolicy`](crate::RetainPolicy) would retain them.
    pub allow_delete: BTreeSet<String>,
    /// Resources to replace although they could stay.
    pub force_replace: BTreeSet<Address>,
    /// Whether a run may use more of AWS's quotas than is known to be available ([`Quota`](crate::Quota)).
    pub exceed_quota: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            adopt: false,
            concurrency: 16,
            lock_timeout: Duration::ZERO,
            lineage: None,
            allow_delete: BTreeSet::new(),
            force_replace: BTreeSet::new(),
            exceed_quota: false,
        }
    }
}

/// A plan and the state it was computed from.
#[derive(Debug, Clone)]
pub struct PlanResult {
    /// The changes that an apply would make now.
    pub plan: Plan,
    /// The recorded state, with discovered resources added; `None` if there is no state yet.
    pub state: Option<State>,
}

/// The final status of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Everything was already as desired.
    NothingToDo,
    /// The whole plan was applied.
    Applied,
    /// The plan was not approved; nothing was changed.
    Declined,
    /// A change failed; the changes that do not depend on it were applied.
    Failed,
    /// The run was cancelled before it was complete.
    Interrupted,
}

/// One failure of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// The resource; `None` if the failure does not concern one.
    pub address: Option<Address>,
    /// The action that failed.
    pub action: Option<Action>,
    /// Cause of the failure.
    pub error: Error,
}

/// The result of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Final status.
    pub status: RunStatus,
    /// Numbers of changes made.
    pub counts: Counts,
    /// All failures; at least one with [`RunStatus::Failed`].
    pub errors: Vec<Failure>,
    /// Resources whose planned change was not made.
    pub unfinished: Vec<Address>,
    /// Outputs of all existing resources.
    pub outputs: BTreeMap<Address, Value>,
}

impl Engine {
    /// Returns the changes that an apply of `graph` would make now. Reads and looks up resources, takes no lease, writes nothing.
    ///
    /// # Errors
    /// The state cannot be used, the graph cannot be ordered, or a read failed.
    pub async fn plan(&self, graph: &Graph, options: &Options) -> Result<PlanResult> {
        self.plan_only(RunMode::Apply(graph), options).await
    }

    /// Returns the changes that a destroy would make now. Reads and looks up resources, takes no lease, writes nothing.
    ///
    /// # Errors
    /// The same as [`Engine::plan`].
    pub async fn plan_destroy(&self, graph: Option<&Graph>, options: &Options) -> Result<PlanResult> {
        self.plan_only(RunMode::Destroy(graph), options).await
    }

    /// Makes the environment match `graph`, after `approve` has accepted the plan. An empty plan is not submitted for approval; no mutating
    /// call is made then, and nothing is written unless an unfinished run or changed dependencies must be recorded. An interrupted run is
    /// completed by the next one.
    ///
    /// # Errors
    /// Only errors that stop a run before its first mutation: the lease is taken, the state cannot be used or written, a read failed.
    /// Failures of changes are in the [`Outcome`].
    pub async fn apply<A>(&self, graph: &Graph, options: &Options, approve: A, interrupt: &CancellationToken) -> Result<Outcome>
    where
        A: for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send,
    {
        Run::new(self, RunMode::Apply(graph), options, interrupt).run(approve).await
    }

    /// Runs `work` while holding the lease, so that no other run changes the environment meanwhile. `wait` is the maximum time to wait for
    /// the lease. Losing the lease does not stop `work`.
    ///
    /// # Errors
    /// The lease cannot be acquired; `work` was not run.
    pub async fn with_lease<T>(&self, wait: Duration, interrupt: &CancellationToken, work: impl Future<Output = T>) -> Result<T> {
        let keeper = LeaseRenewer::acquire(self, interrupt, wait).await?;
        let result = {
            let work = Box::pin(work);
            match select(work, Box::pin(keeper.renew_until_lost())).await {
                Either::Left((result, _)) => result,
                Either::Right(((), work)) => work.await,
            }
        };
        if let Err(error) = keeper.release().await {
            self.events.send(Event::LeaseLost { error });
        }
        Ok(result)
    }

    /// Deletes everything that is recorded or that an unfinished run left behind; with a `graph`, also its resources that exist and are
    /// owned by this environment without being recorded. An empty state remains.
    ///
    /// # Errors
    /// The same as [`Engine::apply`].
    pub async fn destroy<A>(
        &self,
        graph: Option<&Graph>,
        options: &Options,
        approve: A,
        interrupt: &CancellationToken,
    ) -> Result<Outcome>
    where
        A: for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send,
    {
        Run::new(self, RunMode::Destroy(graph), options, interrupt).run(approve).await
    }

    /// Returns the recorded state; `None` if there is none.
    ///
    /// # Errors
    /// The state cannot be read or used, see [`State::parse`] and [`State::check_types`].
    pub async fn state(&self) -> Result<Option<State>> {
        let Some(stored) = self.backend.load().await? else { return Ok(None) };
        self.parse_state(&stored).map(Some)
    }

    /// Parses and strictly validates a stored state.
    pub(crate) fn parse_state(&self, stored: &StoredState) -> Result<State> {
        let place = self.backend.location();
        let state = State::parse(&stored.bytes, &self.environment_id, &place)?;
        state.check_types(&self.registry, &place)?;
        Ok(state)
    }

    /// Returns the initial state of an environment that has none.
    pub(crate) fn new_state(&self, options: &Options) -> State {
        State::new(&self.environment_id, options.lineage.unwrap_or_else(|| self.random.uuid()))
    }

    async fn plan_only(&self, goal: RunMode<'_>, options: &Options) -> Result<PlanResult> {
        let recorded = self.state().await?;
        let existed = recorded.is_some();
        let state = recorded.unwrap_or_else(|| self.new_state(options));
        let beside = self.running_beside(&state).await;
        let (plan, observed) = self.observe_and_plan(goal, state, options, beside).await?;
        let worth_showing = existed || !observed.state.is_empty();
        Ok(PlanResult { plan, state: worth_showing.then_some(observed.state) })
    }

    /// Returns the run that is making the pending changes of `state`, if it is still alive. An error reading the lease is ignored.
    async fn running_beside(&self, state: &State) -> Option<LeaseOwner> {
        state.intent.as_ref().filter(|intent| !intent.pending.is_empty())?;
        let held = self.backend.current_lease().await.ok().flatten()?;
        held.expires.is_none_or(|expires| expires > self.clock.now()).then_some(held.holder)
    }

    /// Reads and looks up resources and computes the plan; `beside` is the run that is changing the environment meanwhile.
    pub(crate) async fn observe_and_plan(
        &self,
        goal: RunMode<'_>,
        state: State,
        options: &Options,
        beside: Option<LeaseOwner>,
    ) -> Result<(Plan, Observed)> {
        let nothing = Graph::default();
        let (wanted, removal) = match goal {
            RunMode::Apply(graph) => (graph, "it is not wanted any more"),
            RunMode::Destroy(_) => (&nothing, "everything is destroyed"),
        };
        let looked_for = match goal {
            RunMode::Apply(graph) | RunMode::Destroy(Some(graph)) => graph,
            RunMode::Destroy(None) => &nothing,
        };
        let observed = observe(self, looked_for, wanted, state, beside).await?;
        let inputs = Inputs {
            registry: &self.registry,
            graph: wanted,
            state: &observed.state,
            observations: &observed.observations,
            owners: &observed.owners,
            adopt: options.adopt,
            force_replace: &options.force_replace,
            removal,
            declared: looked_for,
            allow_delete: &options.allow_delete,
            now: self.clock.now(),
            exceed_quota: options.exceed_quota,
        };
        let plan = plan(inputs)?;
        self.events.send(Event::Planned { plan: Arc::new(plan.clone()) });
        Ok((plan, observed))
    }

    /// Returns the context of an operation on the resource at `address`, for change number `generation`.
    pub(crate) fn context(&self, state: &State, address: &Address, generation: u64) -> Context {
        Context {
            address: address.clone(),
            owner: Arc::new(Ownership {
                project: self.environment_id.project.clone(),
                environment: self.environment_id.environment.clone(),
            }),
            token: state.token(address, generation),
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            events: self.events.clone(),
            lease_guard: None,
            attempts: None,
            cache: None,
            presence_only: false,
            create_visibility: self.create_visibility,
        }
    }
}
