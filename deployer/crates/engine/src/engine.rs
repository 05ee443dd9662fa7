//! The engine's door: plan, apply, destroy, state.

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

/// Everything a run needs from outside. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// The resource types.
    pub registry: Registry,
    /// Where state and lease are kept.
    pub backend: Arc<dyn Backend>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Who runs, as others see it.
    pub holder: LeaseOwner,
    /// Which environment, in which account and region.
    pub environment_id: EnvironmentId,
    /// Where events go.
    pub events: EventSink,
}

/// How a run is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether what exists and is not ours may be taken over.
    pub adopt: bool,
    /// How many changes are under way at once.
    pub concurrency: usize,
    /// How long to wait for a lease that another run holds; zero fails at once.
    pub lock_timeout: Duration,
    /// The lineage of the state that is begun where there is none; a fresh one unless given.
    pub lineage: Option<Uuid>,
    /// The resource types whose resources are removed even where they would be kept ([`RetainPolicy`](crate::RetainPolicy)).
    pub allow_delete: BTreeSet<String>,
    /// What is made anew although it could stay.
    pub force_replace: BTreeSet<Address>,
    /// Whether more of the cloud's budgets may be spent than is known to be there ([`Quota`](crate::Quota)).
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

/// A plan and what it was made from.
#[derive(Debug, Clone)]
pub struct PlanResult {
    /// What an apply would do now.
    pub plan: Plan,
    /// What is recorded, with what was found added; `None` if there is no state yet.
    pub state: Option<State>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Everything was as wanted already.
    NothingToDo,
    /// The whole plan was carried out.
    Applied,
    /// The plan was not approved; nothing was done.
    Declined,
    /// Something failed; what does not depend on it was done.
    Failed,
    /// The run was asked to stop before it was through.
    Interrupted,
}

/// One failure of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// The resource; `None` if it is not about one.
    pub address: Option<Address>,
    /// What was to be done.
    pub action: Option<Action>,
    /// Why it was not.
    pub error: Error,
}

/// What a run came to.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// How it ended.
    pub status: RunStatus,
    /// What was done.
    pub counts: Counts,
    /// Every failure; with [`RunStatus::Failed`] at least one.
    pub errors: Vec<Failure>,
    /// What was planned and is not done.
    pub unfinished: Vec<Address>,
    /// The outputs of every resource there is now.
    pub outputs: BTreeMap<Address, Value>,
}

impl Engine {
    /// What an apply of `graph` would do now. Reads and looks, takes no lease, writes nothing.
    ///
    /// # Errors
    /// A state that cannot be used, a graph that cannot be ordered, or a read that failed.
    pub async fn plan(&self, graph: &Graph, options: &Options) -> Result<PlanResult> {
        self.plan_only(RunMode::Apply(graph), options).await
    }

    /// What a destroy would do now. Reads and looks, takes no lease, writes nothing.
    ///
    /// # Errors
    /// As [`Engine::plan`].
    pub async fn plan_destroy(&self, graph: Option<&Graph>, options: &Options) -> Result<PlanResult> {
        self.plan_only(RunMode::Destroy(graph), options).await
    }

    /// Makes the world as `graph` says, after `approve` has seen the plan. An empty plan is not shown for approval,
    /// and then no mutating call is made and nothing is written. A run that ends half-way is completed by the next.
    ///
    /// # Errors
    /// Only what stops a run before its first mutation: the lease is taken, the state cannot be used or written, a
    /// read failed. Failures of changes are in the [`Outcome`].
    pub async fn apply<A>(&self, graph: &Graph, options: &Options, approve: A, interrupt: &CancellationToken) -> Result<Outcome>
    where
        A: for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send,
    {
        Run::new(self, RunMode::Apply(graph), options, interrupt).run(approve).await
    }

    /// Does `work` while this run holds the environment, so that no other run changes it meanwhile; waits for the lease so long.
    /// A lease that is lost ends nothing: the work goes on to its end.
    ///
    /// # Errors
    /// The lease cannot be taken; then nothing was done.
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

    /// Removes everything that is recorded or that an unfinished run left; with a `graph`, also what of it exists and
    /// is ours without being recorded. What remains is an empty state.
    ///
    /// # Errors
    /// As [`Engine::apply`].
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

    /// The recorded state; `None` if there is none.
    ///
    /// # Errors
    /// A state that cannot be read or used, see [`State::parse`] and [`State::check_types`].
    pub async fn state(&self) -> Result<Option<State>> {
        let Some(stored) = self.backend.load().await? else { return Ok(None) };
        self.parse_state(&stored).map(Some)
    }

    /// A stored state, strictly checked.
    pub(crate) fn parse_state(&self, stored: &StoredState) -> Result<State> {
        let place = self.backend.location();
        let state = State::parse(&stored.bytes, &self.environment_id, &place)?;
        state.check_types(&self.registry, &place)?;
        Ok(state)
    }

    /// The state that is begun where there is none.
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

    /// The run that has the changes open which `state` holds, if it still lives. That it cannot be told who it is, is no failure.
    async fn running_beside(&self, state: &State) -> Option<LeaseOwner> {
        state.intent.as_ref().filter(|intent| !intent.pending.is_empty())?;
        let held = self.backend.current_lease().await.ok().flatten()?;
        held.expires.is_none_or(|expires| expires > self.clock.now()).then_some(held.holder)
    }

    /// Reads, looks and decides; `beside` is the run that is changing the environment meanwhile.
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

    /// The context of an operation on the resource at `address`, for change number `generation`.
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
        }
    }
}
