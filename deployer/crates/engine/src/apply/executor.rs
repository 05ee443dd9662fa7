//! Execution of the tasks of a plan: each runs as soon as its dependencies are done, and the state is saved as they finish.

mod partial_tasks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::attempts::{Attempt, AttemptChannel};
use super::lease::LeaseRenewer;
use super::operation::{Applied, Converger, remove};
use super::sent_log::{RecordRequest, SendRecorder};
use super::state_writer::{StateWriter, Writer};
use super::task_graph::{self, TaskGraph, TaskKind};
use crate::action::{Action, Replacement};
use crate::address::Address;
use crate::cancellation::CancellationToken;
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{Error, ErrorClass, Result};
use crate::event::Event;
use crate::expr::Reference;
use crate::graph::Graph;
use crate::observation::Observation;
use crate::outcome::Failure;
use crate::plan::{Change, Counts, Plan};
use crate::ports::AttemptRecorder;
use crate::quota;
use crate::resource::AnyLive;
use crate::state::{Record, Superseded};

/// Time granted to running changes after an interrupt: CI runners kill the process after about 7.5 s.
const GRACE: Duration = Duration::from_secs(6);

/// Number of resources below which the state is written after every result.
const SMALL: usize = 500;
/// Pause between two writes for every [`SMALL`] resources in the state.
const PAUSE: Duration = Duration::from_secs(1);

/// The result of a task.
enum TaskOutput {
    Applied(Box<Applied>, Value),
    /// A part of a change is done; the resource now has these properties.
    PartlyApplied(Box<Applied>, Value),
    Removed,
}

type Running<'r> = FuturesUnordered<BoxFuture<'r, (usize, Result<TaskOutput>)>>;
type Saving<'r> = Option<BoxFuture<'r, (Writer, Result<()>)>>;
type SaveWaiter = oneshot::Sender<Result<()>>;

/// The progress of one change.
#[derive(Default)]
struct Progress {
    started: Option<Duration>,
    tasks_left: usize,
    action: Option<Action>,
    /// Whether an earlier task of the change has modified the resource.
    prepared: bool,
    failed: bool,
}

/// The result of running a plan.
pub(crate) struct ExecutionResult {
    pub(crate) state_writer: StateWriter,
    pub(crate) counts: Counts,
    pub(crate) errors: Vec<Failure>,
    pub(crate) unfinished: Vec<Address>,
    pub(crate) interrupted: bool,
}

pub(crate) struct Executor<'r> {
    pub(crate) engine: &'r Engine,
    pub(crate) lease_renewer: &'r LeaseRenewer<'r>,
    pub(crate) cancellation: &'r CancellationToken,
    pub(crate) graph: &'r Graph,
    pub(crate) plan: &'r Plan,
    pub(crate) observations: &'r BTreeMap<Address, Observation>,
    pub(crate) concurrency: usize,
    /// Whether what is not ours may be taken over.
    pub(crate) adopt: bool,
    pub(crate) state_writer: StateWriter,
    tasks: TaskGraph,
    ready: BTreeSet<(std::cmp::Reverse<Duration>, usize)>,
    unmet_dependencies: Vec<usize>,
    done: Vec<bool>,
    /// Tasks that were retried after capacity was freed for them.
    retried: BTreeSet<usize>,
    progress: Vec<Progress>,
    counts: Counts,
    errors: Vec<Failure>,
    stopping: bool,
    send_recorder: SendRecorder,
    send_requests: mpsc::UnboundedReceiver<RecordRequest>,
    attempts: Arc<dyn AttemptRecorder>,
    attempted: mpsc::UnboundedReceiver<Attempt>,
    /// Time at which the last write was started.
    last_save_started: Option<Duration>,
    /// Requests that wait for the next write, and those that wait for the current one.
    save_waiters: Vec<SaveWaiter>,
    current_save_waiters: Vec<SaveWaiter>,
}

impl<'r> Executor<'r> {
    pub(crate) fn new(
        engine: &'r Engine,
        keeper: &'r LeaseRenewer<'r>,
        cancellation: &'r CancellationToken,
        graph: &'r Graph,
        plan: &'r Plan,
        observations: &'r BTreeMap<Address, Observation>,
        state_writer: StateWriter,
    ) -> Self {
        let steps = TaskGraph::of(task_graph::Inputs {
            plan,
            graph,
            state: &state_writer.state,
            observations,
            registry: &engine.registry,
        });
        let mut progress: Vec<Progress> = plan.changes.iter().map(|_| Progress::default()).collect();
        for step in &steps.0 {
            progress.get_mut(step.change).into_iter().for_each(|progress| progress.tasks_left += 1);
        }
        let waits: Vec<usize> = steps.0.iter().map(|step| step.dependencies.len()).collect();
        let (marker, asked) = SendRecorder::new();
        let (attempts, attempted) = AttemptChannel::open();
        let mut execution = Self {
            engine,
            lease_renewer: keeper,
            cancellation,
            graph,
            plan,
            observations,
            concurrency: 16,
            adopt: false,
            state_writer,
            tasks: steps,
            ready: BTreeSet::new(),
            done: vec![false; waits.len()],
            retried: BTreeSet::new(),
            unmet_dependencies: waits,
            progress,
            counts: Counts::default(),
            errors: Vec::new(),
            stopping: false,
            send_recorder: marker,
            send_requests: asked,
            attempts,
            attempted,
            last_save_started: None,
            save_waiters: Vec::new(),
            current_save_waiters: Vec::new(),
        };
        for step in 0..execution.unmet_dependencies.len() {
            if execution.unmet_dependencies[step] == 0 {
                execution.queue(step);
            }
        }
        execution
    }

    /// Runs until every change is done, has failed, or depends on one that failed; or until the run is stopped.
    pub(crate) async fn run(mut self) -> ExecutionResult {
        let mut running: Running<'r> = FuturesUnordered::new();
        let mut saving: Saving<'r> = None;
        let mut grace: Option<BoxFuture<'static, ()>> = None;
        loop {
            self.stopping |= self.lease_renewer.lost().is_some();
            self.start(&mut running);
            self.begin_save(&mut saving);
            if running.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                (writer, result) = pending_or(&mut saving) => self.end_save(&mut saving, writer, &result),
                () = self.cancellation.cancelled(), if grace.is_none() => {
                    self.engine.events.send(Event::Interrupted { running: running.len() });
                    self.stopping = true;
                    grace = Some(self.engine.clock.sleep(GRACE));
                }
                Some(ask) = self.send_requests.recv() => self.record_sent(ask),
                Some(attempt) = self.attempted.recv() => self.attempt(&attempt),
                () = self.lease_renewer.wait_until_lost(), if !self.stopping => self.stopping = true,
                Some((step, result)) = running.next() => self.end(step, result),
                () = wait_for(&mut grace) => break,
            }
        }
        if let Some(save) = saving.take() {
            let (writer, result) = save.await;
            self.state_writer.end_write(self.engine, writer, &result);
        }
        self.finish(!running.is_empty())
    }

    fn start(&mut self, running: &mut Running<'r>) {
        while !self.stopping && !self.cancellation.is_cancelled() && running.len() < self.concurrency {
            let Some((_, step)) = self.ready.pop_first() else { break };
            if matches!(self.tasks.0[step].kind, TaskKind::CleanupBarrier) {
                self.release(step);
                continue;
            }
            match self.prepare(step) {
                Ok(Some(operation)) => running.push(operation.map(move |result| (step, result)).boxed()),
                Ok(None) => self.succeed(step, None),
                Err(error) => self.fail(step, error),
            }
        }
    }

    fn record_sent(&mut self, ask: RecordRequest) {
        self.state_writer.record_sent(&ask.address, self.engine.clock.now());
        self.save_waiters.push(ask.done);
    }

    fn attempt(&mut self, attempt: &Attempt) {
        if let Some(change) = self.plan.change(&attempt.address) {
            self.spend(&change.type_name, &attempt.dedup_keys);
        }
    }

    fn begin_save(&mut self, saving: &mut Saving<'r>) {
        if let Some(lost) = self.lease_renewer.lost() {
            let error = Error::new(ErrorClass::Interrupted, format!("not started: the lease was lost: {}", lost.message));
            notify(&mut self.save_waiters, &Err(error));
            return;
        }
        if saving.is_some() || !self.state_writer.dirty || !self.is_save_due() {
            return;
        }
        match self.state_writer.begin_write() {
            Ok(Some((writer, bytes))) => {
                self.current_save_waiters.append(&mut self.save_waiters);
                self.last_save_started = Some(self.engine.clock.monotonic());
                let (engine, lease) = (self.engine, self.lease_renewer.lease());
                *saving = Some(async move { writer.write(engine, &lease, bytes).await }.boxed());
            }
            Ok(None) => {}
            Err(error) => {
                self.engine.events.send(Event::StateSaveFailed { error: error.clone() });
                notify(&mut self.save_waiters, &Err(error));
            }
        }
    }

    /// Whether the state should be written now.
    ///
    /// A write contains the whole state, so a large state is written less often: writing after each result would be quadratic in the number
    /// of resources. Requests that wait for a write are exempt from the pause, and the recorded intent lets the next run recover whatever a
    /// write has missed.
    fn is_save_due(&self) -> bool {
        let pause = PAUSE * u32::try_from(self.state_writer.state.resources.len() / SMALL).unwrap_or(u32::MAX);
        let due = |saved: Duration| self.engine.clock.monotonic() >= saved + pause;
        !self.save_waiters.is_empty() || self.last_save_started.is_none_or(due)
    }

    fn end_save(&mut self, saving: &mut Saving<'r>, writer: Writer, result: &Result<()>) {
        *saving = None;
        self.state_writer.end_write(self.engine, writer, result);
        notify(&mut self.current_save_waiters, result);
        if result.is_err() {
            // No immediate retry: the next result or the end of the run writes it.
            self.state_writer.dirty = !self.save_waiters.is_empty();
        }
    }

    fn change(&self, step: usize) -> &'r Change {
        &self.plan.changes[self.tasks.0[step].change]
    }

    fn queue(&mut self, step: usize) {
        self.ready.insert((std::cmp::Reverse(self.tasks.0[step].critical_path), step));
    }

    /// Returns the operation of a task; `None` if it needs no call.
    fn prepare(&mut self, step: usize) -> Result<Option<BoxFuture<'r, Result<TaskOutput>>>> {
        let change = self.change(step);
        let work = self.tasks.0[step].kind.clone();
        let begins = change.action != Action::NoOp && !matches!(work, TaskKind::RenameAside);
        if begins && self.progress[self.tasks.0[step].change].started.is_none() {
            self.progress[self.tasks.0[step].change].started = Some(self.engine.clock.monotonic());
            self.engine.events.send(Event::Started { address: change.address.clone(), action: change.action });
        }
        match work {
            TaskKind::Apply if change.action == Action::NoOp => Ok(None),
            TaskKind::Apply => {
                let again = self.progress[self.tasks.0[step].change].prepared || change.reread;
                self.make(change, again).map(Some)
            }
            TaskKind::ApplyAdditions => self.add(change).map(Some),
            TaskKind::RenameAside => self.rename(change).map(Some),
            TaskKind::CleanupBarrier => Ok(None),
            TaskKind::Forget if change.superseded => {
                let forgotten = |old: &Superseded| old.address == change.address && Some(&old.record.id) == change.id.as_ref();
                self.state_writer.state.superseded.retain(|old| !forgotten(old));
                self.state_writer.dirty = true;
                Ok(None)
            }
            TaskKind::Forget => {
                self.state_writer.state.resources.remove(&change.address);
                self.state_writer.dirty = true;
                Ok(None)
            }
            TaskKind::Remove(record) if self.is_still_needed(change, &record) => Ok(None),
            TaskKind::Remove(record) => self.remove(change, *record).map(Some),
            TaskKind::RemovedWithParent(record) => {
                self.note_removal(change, &record);
                Ok(None)
            }
        }
    }

    /// Whether the old resource of a replacement is retained because no new one was needed.
    fn is_still_needed(&self, change: &Change, record: &Record) -> bool {
        let present = self.state_writer.state.resources.get(&change.address);
        change.replacement == Some(Replacement::CreateFirst) && present.is_some_and(|present| present.id == record.id)
    }

    fn make(&self, change: &'r Change, again: bool) -> Result<BoxFuture<'r, Result<TaskOutput>>> {
        let making = self.converger(change)?;
        let seen = self.observations.get(&change.address);
        let action = change.action;
        let new_first = change.replacement == Some(Replacement::CreateFirst);
        Ok(async move {
            let made = match (action, seen) {
                (
                    Action::Update | Action::Adopt,
                    Some(Observation::Live(live) | Observation::Discovered(live) | Observation::Unowned { live, .. }),
                ) => {
                    let now = if again { making.read(&live.id).await? } else { Some(live.clone()) };
                    let gone = || Error::new(ErrorClass::NotFound, format!("{} was deleted after the plan was made", live.id));
                    making.converge(now.ok_or_else(gone)?).await?
                }
                (Action::Replace, Some(Observation::Live(live) | Observation::Discovered(live))) if new_first => {
                    create_replacement(&making, live).await?
                }
                // A resource found under this name but owned by another address has released the name by now.
                (Action::Create, seen) => {
                    making
                        .create(!matches!(seen, Some(Observation::NotFound | Observation::Missing | Observation::Unowned { .. })))
                        .await?
                }
                _ => making.create(false).await?,
            };
            Ok(TaskOutput::Applied(Box::new(made), making.wanted))
        }
        .boxed())
    }

    fn converger(&self, change: &Change) -> Result<Converger<'r>> {
        let state = &self.state_writer.state;
        let address = &change.address;
        let node = self.graph.nodes.get(address).ok_or_else(|| Error::local(format!("{address} is not wanted")))?;
        let wanted = node.properties.resolve(&|reference| match state.resources.get(&reference.address) {
            Some(record) => record.outputs.get(&reference.output).filter(|value| !value.is_null()).cloned(),
            None => self.predicted(reference),
        });
        if let Some(missing) = wanted.unknown.values().flatten().next() {
            let message = format!("{} has no output {}, which {address} refers to", missing.address, missing.output);
            return Err(Error::new(ErrorClass::Invalid, message));
        }
        let superseded = state.superseded.iter().filter(|old| &old.address == address).map(|old| old.record.id.clone());
        let present = state.resources.get(address).map(|record| record.id.clone());
        let present = present.filter(|_| change.replacement == Some(Replacement::CreateFirst));
        Ok(Converger {
            lease_renewer: self.lease_renewer,
            send_recorder: self.send_recorder.clone(),
            resource: Arc::clone(self.engine.registry.get(&node.type_name)?),
            cx: self.change_context(address),
            wanted: wanted.value,
            adopt: self.adopt && matches!(self.observations.get(address), None | Some(Observation::Undetermined)),
            recorded: {
                let superseded = state.superseded.iter().map(|old| &old.record);
                let all = state.resources.values().chain(superseded).filter(|record| record.type_name == node.type_name);
                all.map(|record| record.id.clone()).collect()
            },
            old: superseded.chain(present).collect(),
        })
    }

    /// Returns a predicted output of a resource that is being created concurrently.
    fn predicted(&self, reference: &Reference) -> Option<Value> {
        let node = self.graph.nodes.get(&reference.address)?;
        let resource = self.engine.registry.get(&node.type_name).ok()?;
        let outputs = resource.predict(&node.properties.resolve(&|_| None).value);
        outputs.get(&reference.output).filter(|value| !value.is_null()).cloned()
    }

    fn remove(&self, change: &Change, record: Record) -> Result<BoxFuture<'r, Result<TaskOutput>>> {
        let resource = Arc::clone(self.engine.registry.get(&record.type_name)?);
        let cx = self.change_context(&change.address);
        let keeper = self.lease_renewer;
        // Only a deletion that the run was to make is undone; what a replacement deletes is made again.
        let recorded = change.action == Action::Delete && !change.superseded && resource.deleted_in_steps();
        let recorder = recorded.then(|| self.send_recorder.clone());
        Ok(async move {
            if let Some(recorder) = recorder {
                recorder.record_sent(&cx.address).await?;
            }
            remove(keeper, resource.as_ref(), &cx, &record.id, &record.properties).await?;
            Ok(TaskOutput::Removed)
        }
        .boxed())
    }

    /// Returns the context of a mutating operation.
    fn change_context(&self, address: &Address) -> Context {
        let (lease_guard, attempts) = (Some(self.lease_renewer.guard()), Some(Arc::clone(&self.attempts)));
        let former_addresses = self.graph.former_addresses(address);
        let cx = self.engine.context(&self.state_writer.state, address, self.generation(address));
        Context { lease_guard, attempts, former_addresses, ..cx }
    }

    fn generation(&self, address: &Address) -> u64 {
        let open = self.state_writer.state.intent.as_ref().and_then(|intent| intent.pending.get(address));
        open.map_or(0, |open| open.generation)
    }

    fn end(&mut self, step: usize, result: Result<TaskOutput>) {
        let change = self.change(step);
        match result {
            Err(error) if error.class == ErrorClass::Quota && self.wait_for_removals(step) => {}
            Err(error) => self.fail(step, error),
            Ok(TaskOutput::PartlyApplied(made, properties)) => {
                self.state_writer.record_partial(&change.address, &made.live, properties);
                self.progress[self.tasks.0[step].change].prepared = true;
                self.succeed(step, Some(made.action).filter(|did| *did != Action::NoOp));
            }
            Ok(TaskOutput::Removed) => {
                if let TaskKind::Remove(record) = self.tasks.0[step].kind.clone() {
                    self.note_removal(change, &record);
                }
                self.succeed(step, None);
            }
            Ok(TaskOutput::Applied(made, wanted)) => {
                let Applied { live, action: did } = *made;
                let record = Record {
                    type_name: change.type_name.clone(),
                    id: live.id,
                    properties: wanted,
                    outputs: live.outputs,
                    dependencies: self.graph.dependencies(&change.address),
                    generation: self.generation(&change.address),
                    retention: self.graph.retention(&change.address),
                };
                let new_first = change.replacement == Some(Replacement::CreateFirst) && did == Action::Create;
                let made = quota::created_key(&record.id);
                let tells = self.has_one_time_secret(&record);
                self.state_writer.record_applied(&change.address, record, new_first);
                // A resource that was to be created and was found instead has been created by an earlier run.
                if did == Action::Create || change.action == Action::Create {
                    self.spend(&change.type_name, &[made]);
                    self.state_writer.record_unshown_secret(&change.address, tells);
                }
                self.succeed(step, Some(did));
            }
        }
    }

    fn note_removal(&mut self, change: &Change, record: &Record) {
        let new_exists = change.superseded || change.replacement == Some(Replacement::CreateFirst);
        self.state_writer.record_removed(&change.address, record, new_exists);
        self.spend(&record.type_name, &[quota::removed_key(&record.id)]);
    }

    /// Whether creating this resource yields a one-time secret.
    fn has_one_time_secret(&self, record: &Record) -> bool {
        let resource = self.engine.registry.get(&record.type_name);
        resource.is_ok_and(|resource| resource.one_time_secret(&record.properties).is_some())
    }

    fn spend(&mut self, type_name: &str, marks: &[String]) {
        let meter = self.engine.registry.get(type_name).ok().and_then(|resource| resource.quota());
        if let Some(meter) = meter {
            self.state_writer.record_quota_use(type_name, meter, self.engine.clock.now(), marks);
        }
    }

    fn succeed(&mut self, step: usize, did: Option<Action>) {
        let change = self.change(step);
        let progress = &mut self.progress[self.tasks.0[step].change];
        progress.tasks_left -= 1;
        progress.action = progress.action.or(did);
        if progress.tasks_left == 0 && !progress.failed {
            let action = performed(change.action, progress.action);
            self.counts.add(action);
            if let Some(started) = progress.started {
                let elapsed = self.engine.clock.monotonic().saturating_sub(started);
                self.engine.events.send(Event::Done { address: change.address.clone(), action, elapsed });
            }
            if !change.superseded {
                self.state_writer.complete_change(&change.address);
            }
        }
        self.release(step);
    }

    /// Marks the task as done and queues the tasks that waited only for it.
    fn release(&mut self, step: usize) {
        self.done[step] = true;
        for after in self.tasks.0[step].dependents.clone() {
            self.unmet_dependencies[after] -= 1;
            if self.unmet_dependencies[after] == 0 {
                self.queue(after);
            }
        }
    }

    fn fail(&mut self, step: usize, error: Error) {
        let change = self.change(step);
        self.progress[self.tasks.0[step].change].failed = true;
        if error.class == ErrorClass::Interrupted {
            return;
        }
        if error.class == ErrorClass::Invalid && !change.superseded {
            self.state_writer.assign_new_generation(&change.address);
        }
        self.engine.events.send(Event::Failed { address: change.address.clone(), action: change.action, error: error.clone() });
        self.errors.push(Failure { address: Some(change.address.clone()), action: Some(change.action), error });
        for after in self.tasks.transitive_dependents(step) {
            let Some(skipped) = self.plan.changes.get(self.tasks.0[after].change) else { continue };
            let progress = &mut self.progress[self.tasks.0[after].change];
            if std::mem::replace(&mut progress.failed, true) || skipped.action == Action::NoOp || progress.started.is_some() {
                continue;
            }
            let because = Some(change.address.clone());
            self.engine.events.send(Event::Skipped { address: skipped.address.clone(), action: skipped.action, because });
        }
    }

    /// Builds the result once nothing runs any more.
    ///
    /// `cut_off`: the grace period ended before every running change did.
    fn finish(mut self, cut_off: bool) -> ExecutionResult {
        while let Ok(attempt) = self.attempted.try_recv() {
            self.attempt(&attempt);
        }
        let mut unfinished = Vec::new();
        for (change, progress) in self.plan.changes.iter().zip(&self.progress) {
            if change.action == Action::NoOp || (progress.tasks_left == 0 && !progress.failed) {
                continue;
            }
            unfinished.push(change.address.clone());
            if progress.started.is_some() {
                continue;
            }
            if !change.superseded {
                self.state_writer.complete_change(&change.address);
            }
            if !progress.failed {
                let (address, action) = (change.address.clone(), change.action);
                self.engine.events.send(Event::Skipped { address, action, because: None });
            }
        }
        if let Some(error) = self.lease_renewer.lost() {
            self.errors.push(Failure { address: None, action: None, error });
        }
        let interrupted = self.cancellation.is_cancelled() && (cut_off || !unfinished.is_empty());
        ExecutionResult { state_writer: self.state_writer, counts: self.counts, errors: self.errors, unfinished, interrupted }
    }
}

/// Executes a create-before-delete replacement, unless the real outputs make it unnecessary.
async fn create_replacement(making: &Converger<'_>, live: &AnyLive) -> Result<Applied> {
    let replaces = |change: &crate::PropertyChange| matches!(change.effect, crate::ChangeEffect::Replace(_));
    if making.differences(live).iter().any(replaces) { making.create(false).await } else { making.converge(live.clone()).await }
}

/// Returns the action that a change performed, given the action of its create or update task.
fn performed(planned: Action, made: Option<Action>) -> Action {
    match (planned, made) {
        (Action::Update, Some(Action::NoOp)) => Action::NoOp,
        (Action::Replace, Some(did @ (Action::NoOp | Action::Update))) => did,
        _ => planned,
    }
}

fn notify(waiting: &mut Vec<SaveWaiter>, result: &Result<()>) {
    for done in waiting.drain(..) {
        // The requesting operation may have been dropped in the meantime.
        let _ = done.send(result.clone());
    }
}

async fn pending_or(saving: &mut Saving<'_>) -> (Writer, Result<()>) {
    match saving {
        Some(save) => save.await,
        None => std::future::pending().await,
    }
}

async fn wait_for(grace: &mut Option<BoxFuture<'static, ()>>) {
    match grace {
        Some(grace) => grace.await,
        None => std::future::pending().await,
    }
}
