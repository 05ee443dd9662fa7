//! One run, from acquiring the lease to releasing it.

mod contents;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::BoxFuture;

use crate::action::Action;
use crate::address::Address;
use crate::apply::executor::{ExecutionResult, Executor};
use crate::apply::lease::LeaseRenewer;
use crate::apply::state_writer::StateWriter;
use crate::backend::Version;
use crate::cancellation::CancellationToken;
use crate::engine::{Engine, Options};
use crate::error::{ErrorClass, Result};
use crate::event::Event;
use crate::expr::Reference;
use crate::graph::Graph;
use crate::history::RunResult;
use crate::observation::Observation;
use crate::observe::Observed;
use crate::outcome::{Failure, Outcome, RunStatus};
use crate::plan::{Counts, Plan};
use crate::planning::RunMode;
use crate::quota::QuotaUsage;
use crate::state::{Intent, LastRun, PendingChange, State};

pub use contents::RestoredRun;

impl Engine {
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

    /// Runs `work` while holding the lease, so that no other run changes the environment meanwhile. `wait` is the maximum time to wait for
    /// the lease. Losing the lease does not stop `work`.
    ///
    /// # Errors
    /// The lease cannot be acquired; `work` was not run.
    pub async fn with_lease<T>(&self, wait: Duration, interrupt: &CancellationToken, work: impl Future<Output = T>) -> Result<T> {
        let keeper = LeaseRenewer::acquire(self, interrupt, wait).await?;
        let result = keeper.renew_during(work).await;
        keeper.release().await;
        Ok(result)
    }
}

pub(crate) struct Run<'r> {
    engine: &'r Engine,
    options: &'r Options,
    cancellation: &'r CancellationToken,
    mode: RunMode<'r>,
    /// Desired resources; empty in a destroy.
    wanted: Graph,
}

impl<'r> Run<'r> {
    pub(crate) fn new(engine: &'r Engine, goal: RunMode<'r>, options: &'r Options, interrupt: &'r CancellationToken) -> Self {
        let wanted = match goal {
            RunMode::Apply(graph) => graph.clone(),
            RunMode::Destroy(_) => Graph::default(),
        };
        Self { engine, options, cancellation: interrupt, mode: goal, wanted }
    }

    /// Acquires the lease, runs, and releases the lease.
    pub(crate) async fn run<A>(mut self, approve: A) -> Result<Outcome>
    where
        A: for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send,
    {
        let keeper = LeaseRenewer::acquire(self.engine, self.cancellation, self.options.lock_timeout).await?;
        let result = keeper.renew_during(self.under_lease(&keeper, approve)).await;
        keeper.release().await;
        if let Ok(outcome) = &result {
            self.engine.events.send(Event::Finished { status: outcome.status, counts: outcome.counts });
        }
        result
    }

    async fn under_lease<A>(&mut self, keeper: &LeaseRenewer<'_>, approve: A) -> Result<Outcome>
    where
        A: for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send,
    {
        let (state, version) = self.load_state(keeper).await?;
        let Some(decided) =
            self.unless_interrupted(self.engine.observe_and_plan(self.mode, state.clone(), self.options, None)).await
        else {
            return Ok(outcome(RunStatus::Interrupted, &state));
        };
        let (plan, observed) = decided?;
        if let Some(check) = &self.options.check {
            check.check_plan(&plan)?;
        }
        self.wanted.nodes.extend(plan.adjusted.iter().map(|(address, node)| (address.clone(), node.clone())));
        if plan.is_empty() {
            return self.prune_records(keeper, &plan, observed, StateWriter::new(state, version)).await;
        }
        if !plan.problems.is_empty() {
            self.save_quota_entries(keeper, &plan, &state, observed.state, version).await?;
            return Ok(blocked(&plan, &state));
        }
        match self.unless_interrupted(approve(&plan)).await {
            None => return Ok(outcome(RunStatus::Interrupted, &state)),
            Some(false) => return Ok(outcome(RunStatus::Declined, &state)),
            Some(true) => {}
        }
        self.execute(keeper, &plan, observed, version).await
    }

    /// Returns the recorded state and the version of its last write. After a lease was taken over, the state is written again first: a
    /// holder that was wrongly presumed dead cannot overwrite it afterwards.
    async fn load_state(&self, keeper: &LeaseRenewer<'_>) -> Result<(State, Option<Version>)> {
        let mut tries = 0;
        loop {
            tries += 1;
            let stored = self.engine.backend.load().await?;
            let mut state = match &stored {
                Some(stored) => self.engine.parse_state(stored)?,
                None => self.engine.new_state(self.options),
            };
            if let Some(check) = &self.options.check {
                check.check_state(stored.is_some().then_some(&state))?;
            }
            let (lease, version) = (keeper.lease(), stored.map(|stored| stored.version));
            state.fence = lease.fence;
            if !lease.taken_over {
                return Ok((state, version));
            }
            let mut journal = StateWriter::new(state, version);
            match journal.save(self.engine, &lease).await {
                Ok(()) => {
                    keeper.clear_taken_over();
                    let version = journal.writer.and_then(|writer| writer.version);
                    return Ok((journal.state, version));
                }
                // The former holder wrote last; reload its state.
                Err(error) if error.class == ErrorClass::Conflict && tries < 3 => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Saves newly noticed quota entries if a quota blocks the plan. They count from now; if they counted from the next run, the reported
    /// day would move from run to run.
    async fn save_quota_entries(
        &self,
        keeper: &LeaseRenewer<'_>,
        plan: &Plan,
        state: &State,
        observed: State,
        version: Option<Version>,
    ) -> Result<()> {
        let exceeds = !self.options.exceed_quota && plan.quota_usage.iter().any(QuotaUsage::exceeds);
        if !exceeds || observed.quota_entries == state.quota_entries {
            return Ok(());
        }
        let mut journal = StateWriter::new(State { quota_entries: observed.quota_entries, ..state.clone() }, version);
        match keeper.check().await {
            Err(_) if self.cancellation.is_cancelled() => return Ok(()),
            passed => passed?,
        }
        journal.save(self.engine, &keeper.lease()).await
    }

    async fn unless_interrupted<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => None,
            done = work => Some(done),
        }
    }

    /// Ends a run with an empty plan. Writes only the state that an unfinished run left to be written, changed dependencies and lifecycles,
    /// or moved records.
    async fn prune_records(
        &self,
        keeper: &LeaseRenewer<'_>,
        plan: &Plan,
        observed: Observed,
        recorded: StateWriter,
    ) -> Result<Outcome> {
        let mut journal = StateWriter { state: observed.state, ..recorded };
        let reordered = plan.changes.iter().any(|change| {
            let record = journal.state.resources.get(&change.address);
            record.is_some_and(|record| {
                record.dependencies != change.dependencies
                    || (self.wanted.nodes.contains_key(&change.address)
                        && record.retention != self.wanted.retention(&change.address))
            })
        });
        // While changes are held back, nothing says what became of a killed run.
        let settled =
            plan.held_back.is_empty() && journal.state.history.settle(self.graph_digest().as_deref(), self.engine.clock.now());
        if reordered || !observed.moves.is_empty() || journal.state.intent.is_some() || settled {
            if !observed.moves.is_empty() {
                journal.state.history.begin(self.entry(plan, None));
                journal.state.history.end(self.engine.holder.id, RunResult::Applied, BTreeSet::new(), self.engine.clock.now());
            }
            self.refresh(&mut journal, plan, &observed.observations);
            journal.state.intent = held_intent(journal.state.intent.take(), plan, &journal.state);
            match keeper.check().await {
                Err(_) if self.cancellation.is_cancelled() => return Ok(outcome(RunStatus::Interrupted, &journal.state)),
                passed => passed?,
            }
            journal.save(self.engine, &keeper.lease()).await?;
        }
        Ok(Outcome { counts: plan.summary, ..outcome(RunStatus::NothingToDo, &journal.state) })
    }

    /// Updates the records of resources that stay to what was read.
    fn refresh(&self, journal: &mut StateWriter, plan: &Plan, seen: &BTreeMap<Address, Observation>) {
        for (address, seen) in seen {
            // Resources that are not wanted were only read for their presence.
            if let (Observation::Live(live) | Observation::Discovered(live), true) =
                (seen, self.wanted.nodes.contains_key(address))
            {
                journal.refresh(address, live);
            }
        }
        // A resource that is about to change will have other outputs: the recorded ones say nothing about desired properties.
        let (stay, change): (Vec<_>, Vec<_>) = plan.changes.iter().partition(|change| change.action == Action::NoOp);
        let changing: BTreeSet<&Address> = change.into_iter().map(|change| &change.address).collect();
        for change in stay {
            let Some(node) = self.wanted.nodes.get(&change.address) else { continue };
            let resources = &journal.state.resources;
            let lasting = |on: &Reference| resources.get(&on.address).filter(|_| !changing.contains(&on.address));
            let wanted = node.properties.resolve(&|on| lasting(on)?.outputs.get(&on.output).cloned());
            let Some(record) = journal.state.resources.get_mut(&change.address) else { continue };
            record.dependencies.clone_from(&change.dependencies);
            record.retention = self.wanted.retention(&change.address);
            if wanted.is_known() {
                record.properties = wanted.value;
            }
        }
    }

    async fn execute(
        &self,
        keeper: &LeaseRenewer<'_>,
        plan: &Plan,
        observed: Observed,
        version: Option<Version>,
    ) -> Result<Outcome> {
        let mut journal = StateWriter::new(observed.state, version);
        self.refresh(&mut journal, plan, &observed.observations);
        let contents = self.store_contents(keeper, &mut journal.state.history).await;
        if self.cancellation.is_cancelled() {
            return Ok(outcome(RunStatus::Interrupted, &journal.state));
        }
        journal.state.history.begin(self.entry(plan, contents));
        self.write_intent(&mut journal.state, plan);
        match keeper.check().await {
            Err(_) if self.cancellation.is_cancelled() => return Ok(outcome(RunStatus::Interrupted, &journal.state)),
            passed => passed?,
        }
        journal.save(self.engine, &keeper.lease()).await?;
        self.engine.events.send(Event::Applying { changes: plan.summary.changes() });
        let mut execution =
            Executor::new(self.engine, keeper, self.cancellation, &self.wanted, plan, &observed.observations, journal);
        execution.concurrency = self.options.concurrency.max(1);
        execution.adopt = self.options.adopt;
        let executed = execution.run().await;
        Ok(self.finish(keeper, executed).await)
    }

    /// Writes the intent into the state: every change of the plan, with the data needed to find its result again.
    fn write_intent(&self, state: &mut State, plan: &Plan) {
        let kept = held_intent(state.intent.clone(), plan, state);
        let before = state.intent.take().map(|intent| intent.pending).unwrap_or_default();
        let mut open = kept.map(|intent| intent.pending).unwrap_or_default();
        for change in plan.effective().filter(|change| !change.superseded && change.action != Action::Forget) {
            let wanted = self.wanted.nodes.get(&change.address).map(|node| node.properties.clone());
            // The same change gets the same generation again, and so the same token.
            let same = before.get(&change.address).filter(|open| open.action == change.action && open.desired == wanted);
            let generation = same.map_or(state.generation + 1, |open| open.generation);
            state.generation = state.generation.max(generation);
            // A deletion that began stays begun until it is done.
            let sent_at = same.filter(|open| open.has_begun_deletion()).and_then(|open| open.sent_at);
            let (type_name, dependencies) = (change.type_name.clone(), change.dependencies.clone());
            let replacement = change.replacement;
            let (action, completes_creation) = (change.action, change.completes_creation);
            let opened = PendingChange {
                action,
                type_name,
                desired: wanted,
                dependencies,
                generation,
                replacement,
                sent_at,
                completes_creation,
                token_address: same.and_then(|open| open.token_address.clone()),
                retention: self.wanted.retention(&change.address),
            };
            open.insert(change.address.clone(), opened);
        }
        let holder = &self.engine.holder;
        state.intent =
            Some(Intent { run: holder.id, command: holder.command.clone(), since: self.engine.clock.now(), pending: open });
    }

    /// Removes an intent without pending changes, saves the state for the last time and returns the outcome.
    async fn finish(&self, keeper: &LeaseRenewer<'_>, executed: ExecutionResult) -> Outcome {
        let ExecutionResult { state_writer: mut journal, counts, mut errors, unfinished, interrupted } = executed;
        if journal.state.intent.as_ref().is_some_and(|intent| intent.pending.is_empty()) {
            journal.state.intent = None;
        }
        journal.state.last_run = Some(LastRun {
            command: self.engine.holder.command.clone(),
            ended_at: self.engine.clock.now(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        });
        let result = match (interrupted, errors.is_empty()) {
            (true, _) => RunResult::Interrupted,
            (false, true) => RunResult::Applied,
            (false, false) => RunResult::Failed,
        };
        let failed = errors.iter().filter_map(|failure| failure.address.clone()).collect();
        journal.state.history.end(self.engine.holder.id, result, failed, self.engine.clock.now());
        if keeper.lost().is_none()
            && let Err(error) = journal.save(self.engine, &keeper.lease()).await
        {
            errors.push(Failure { address: None, action: None, error });
        }
        let end = match (interrupted, errors.is_empty()) {
            (true, _) => RunStatus::Interrupted,
            (false, false) => RunStatus::Failed,
            (false, true) => RunStatus::Applied,
        };
        Outcome { counts, errors, unfinished, ..outcome(end, &journal.state) }
    }
}

/// Returns what of an unfinished run's intent must stay because its change is held back: a creation that may still become visible or be
/// completed, with the token that it was sent with, and a deletion that has begun. The lookup has settled everything else.
fn held_intent(intent: Option<Intent>, plan: &Plan, state: &State) -> Option<Intent> {
    let mut intent = intent?;
    intent.pending.retain(|address, open| {
        let is_recorded = state.resources.contains_key(address);
        let unsettled = if is_recorded { open.has_begun_deletion() || open.completes_creation } else { open.may_have_created() };
        plan.held_back.contains_key(address) && unsettled
    });
    Some(intent).filter(|intent| !intent.pending.is_empty())
}

fn outcome(end: RunStatus, state: &State) -> Outcome {
    Outcome { status: end, counts: Counts::default(), errors: Vec::new(), unfinished: Vec::new(), outputs: state.outputs() }
}

fn blocked(plan: &Plan, state: &State) -> Outcome {
    let problems = plan.problems.iter().map(|problem| Failure {
        address: Some(problem.address.clone()),
        action: plan.change(&problem.address).map(|change| change.action),
        error: problem.error.clone(),
    });
    let unfinished = plan.effective().map(|change| change.address.clone()).collect();
    Outcome { errors: problems.collect(), unfinished, ..outcome(RunStatus::Failed, state) }
}
