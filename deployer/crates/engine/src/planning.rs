//! Planning: from the recorded state to the plan, by observation.

use std::sync::Arc;

use crate::backend::LeaseOwner;
use crate::engine::{Engine, Options};
use crate::error::Result;
use crate::event::Event;
use crate::graph::Graph;
use crate::observe::{Observed, observe};
use crate::plan::Plan;
use crate::planner::{Inputs, plan};
use crate::state::{State, StateIdentity};

/// The purpose of a run.
#[derive(Clone, Copy)]
pub(crate) enum RunMode<'g> {
    /// Make the environment match this graph.
    Apply(&'g Graph),
    /// Delete everything that is recorded or in this graph.
    Destroy(Option<&'g Graph>),
}

/// A plan and the state it was computed from.
#[derive(Debug, Clone)]
pub struct PlanResult {
    /// The changes that an apply would make now.
    pub plan: Plan,
    /// The recorded state, with discovered resources added; `None` if there is no state yet.
    pub state: Option<State>,
    /// Version of the stored state that the plan was computed from; `None` if no state is stored.
    pub stored: Option<StateIdentity>,
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

    async fn plan_only(&self, goal: RunMode<'_>, options: &Options) -> Result<PlanResult> {
        let recorded = self.state().await?;
        let stored = recorded.as_ref().map(State::identity).transpose()?;
        let state = recorded.unwrap_or_else(|| self.new_state(options));
        let beside = self.running_beside(&state).await;
        let (plan, observed) = self.observe_and_plan(goal, state, options, beside).await?;
        let worth_showing = stored.is_some() || !observed.state.is_empty();
        Ok(PlanResult { plan, state: worth_showing.then_some(observed.state), stored })
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
            moves: &observed.moves,
            selection: &options.selection,
        };
        let plan = plan(inputs)?;
        self.events.send(Event::Planned { plan: Arc::new(plan.clone()) });
        Ok((plan, observed))
    }
}
