//! Execution of the tasks of a plan: each runs as soon as its dependencies are done, and the state is saved as they finish.

mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::attempts::{Attempt, AttemptRecorder};
use super::state_writer::{StateWriter, Writer};
use super::lease::LeaseRenewer;
use super::sent_log::{RecordRequest, SendRecorder};
use super::operation::{Applied, Converger, remove};
use super::task_graph::{self, TaskGraph, TaskKind};
use crate::address::Address;
use crate::quota;
use crate::engine::{Engine, Failure};
use crate::error::{Class, Error, Result};
use crate::event::{Action, Event, Replacement};
use crate::expr::Reference;
use crate::graph::Graph;
use crate::cancellation::CancellationToken;
use crate::plan::{Change, Counts, Plan, Observation};
use crate::resource::{AnyLive, Context};
use crate::state::{Record, Superseded};

/// Time granted to running changes after an interrupt: CI runners kill the process after about 7.5 s.
const GRACE: Duration = Duration::from_secs(6);

/// Number of resources below which the state is written after every result.
const SMALL: usize = 500;
/// Pause between two writes for every [`SMALL`] resources in the state.
const PAUSE: Duration = Duration::from_secs(1);

/// The result of a task.
enum Ended {
    Made(Box<Applied>, Value),
    /// A part of a change is done; the resource now has these properties.
    Prepared(Box<Applied>, Value),
    Removed,
}

type Running<'r> = FuturesUnordered<BoxFuture<'r, (usize, Result<Ended>)>>;
type Saving<'r> = Option<BoxFuture<'r, (Writer, Result<()>)>>;
type Waiting = oneshot::Sender<Result<()>>;

/// The progress of one change.
#[derive(Default)]
struct Progress {
    started: Option<Duration>,
    steps_left: usize,
    did: Option<Action>,
    /// Whether an earlier task of the change has modified the resource.
    prepared: bool,
    failed: bool,
}

/// The result of running a plan.
pub(crate) struct Executed {
    pub(crate) journal: StateWriter,
    pub(crate) counts: Counts,
    pub(crate) errors: Vec<Failure>,
    pub(crate) unfinished: Vec<Address>,
    pub(crate) interrupted: bool,
}

pub(crate) struct Executor<'r> {
    pub(crate) engine: &'r Engine,
    pub(crate) keeper: &'r LeaseRenewer<'r>,
    pub(crate) interrupt: &'r CancellationToken,
    pub(crate) graph: &'r Graph,
    pub(crate) plan: &'r Plan,
    pub(crate) seen: &'r BTreeMap<Address, Observation>,
    pub(crate) concurrency: usize,
    /// Whether what is not ours may be taken over.
    pub(crate) adopt: bool,
    pub(crate) journal: StateWriter,
    steps: TaskGraph,
    ready: BTreeSet<(std::cmp::Reverse<Duration>, usize)>,
    waits: Vec<usize>,
    done: Vec<bool>,
    /// Tasks that were retried after capacity was freed for them.
    again: BTreeSet<usize>,
    progress: Vec<Progress>,
    counts: Counts,
    errors: Vec<Failure>,
    stopping: bool,
    marker: SendRecorder,
    asked: mpsc::UnboundedReceiver<RecordRequest>,
    attempts: AttemptRecorder,
    attempted: mpsc::UnboundedReceiver<Attempt>,
    /// Time at which the last write was started.
    saved: Option<Duration>,
    /// Requests that wait for the next write, and those that wait for the current one.
    unwritten: Vec<Waiting>,
    being_written: Vec<Waiting>,
}

impl<'r> Executor<'r> {
    pub(crate) fn new(
        engine: &'r Engine,
        keeper: &'r LeaseRenewer<'r>,
        interrupt: &'r CancellationToken,
        graph: &'r Graph,
        plan: &'r Plan,
        seen: &'r BTreeMap<Address, Observation>,
        journal: StateWriter,
    ) -> Self {
        let steps = TaskGraph::of(task_graph::Inputs { plan, graph, state: &journal.state, seen, registry: &engine.registry });
        let mut progress: Vec<Progress> = plan.changes.iter().map(|_| Progress::default()).collect();
        for step in &steps.0 {
            progress.get_mut(step.change).into_iter().for_each(|progress| progress.steps_left += 1);
        }
        let waits: Vec<usize> = steps.0.iter().map(|step| step.waits_for.len()).collect();
        let (marker, asked) = SendRecorder::new();
        let (attempts, attempted) = AttemptRecorder::new();
        let mut execution = Self {
            engine,
            keeper,
            interrupt,
            graph,
            plan,
            seen,
            concurrency: 16,
            adopt: false,
            journal,
            steps,
            ready: BTreeSet::new(),
            done: vec![false; waits.len()],
            again: BTreeSet::new(),
            waits,
            progress,
            counts: Counts::default(),
            errors: Vec::new(),
            stopping: false,
            marker,
            asked,
            attempts,
            attempted,
            saved: None,
            unwritten: Vec::new(),
            being_written: Vec::new(),
        };
        for step in 0..execution.waits.len() {
            if execution.waits[step] == 0 {
                execution.queue(step);
            }
        }
        execution
    }

    /// Runs until every change is done, has failed, or depends on one that failed; or until the run is stopped.
    pub(crate) async fn run(mut self) -> Executed {
        let mut running: Running<'r> = FuturesUnordered::new();
        let mut saving: Saving<'r> = None;
        let mut grace: Option<BoxFuture<'static, ()>> = None;
        loop {
            self.stopping |= self.keeper.lost().is_some();
            self.start(&mut running);
            self.begin_save(&mut saving);
            if running.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                (writer, result) = pending_or(&mut saving) => self.end_save(&mut saving, writer, &result),
                () = self.interrupt.requested(), if grace.is_none() => {
                    self.engine.events.send(Event::Interrupted { running: running.len() });
                    self.stopping = true;
                    grace = Some(self.engine.clock.sleep(GRACE));
                }
                Some(ask) = self.asked.recv() => self.record_sent(ask),
                Some(attempt) = self.attempted.recv() => self.attempt(&attempt),
                () = self.keeper.gone(), if !self.stopping => self.stopping = true,
                Some((step, result)) = running.next() => self.end(step, result),
                () = wait_for(&mut grace) => break,
            }
        }
        if let Some(save) = saving.take() {
            let (writer, result) = save.await;
            self.journal.end(self.engine, writer, &result);
        }
        self.finish(!running.is_empty())
    }

    fn start(&mut self, running: &mut Running<'r>) {
        while !self.stopping && !self.interrupt.is_requested() && running.len() < self.concurrency {
            let Some((_, step)) = self.ready.pop_first() else { break };
            if matches!(self.steps.0[step].work, TaskKind::Switched) {
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
        self.journal.record_sent(&ask.address, self.engine.clock.now());
        self.unwritten.push(ask.done);
    }

    fn attempt(&mut self, attempt: &Attempt) {
        if let Some(change) = self.plan.change(&attempt.address) {
            self.spend(&change.type_name, &attempt.marks);
        }
    }

    fn begin_save(&mut self, saving: &mut Saving<'r>) {
        if let Some(lost) = self.keeper.lost() {
            let error = Error::new(Class::Interrupted, format!("not started: the lease was lost: {}", lost.message));
            tell(&mut self.unwritten, &Err(error));
            return;
        }
        if saving.is_some() || !self.journal.dirty || !self.is_save_due() {
            return;
        }
        match self.journal.begin() {
            Ok(Some((writer, bytes))) => {
                self.being_written.append(&mut self.unwritten);
                self.saved = Some(self.engine.clock.monotonic());
                let (engine, lease) = (self.engine, self.keeper.lease());
                *saving = Some(async move { writer.write(engine, &lease, bytes).await }.boxed());
            }
            Ok(None) => {}
            Err(error) => {
                self.engine.events.send(Event::NotSaved { error: error.clone() });
                tell(&mut self.unwritten, &Err(error));
            }
        }
    }

    /// Whether the state should be written now.
    ///
    /// A write contains the whole state, so a large state is written less often: writing after each result would be quadratic in the number
    /// of resources. Requests that wait for a write are exempt from the pause, and the recorded intent lets the next run recover whatever a
    /// write has missed.
    fn is_save_due(&self) -> bool {
        let pause = PAUSE * u32::try_from(self.journal.state.resources.len() / SMALL).unwrap_or(u32::MAX);
        let due = |saved: Duration| self.engine.clock.monotonic() >= saved + pause;
        !self.unwritten.is_empty() || self.saved.is_none_or(due)
    }

    fn end_save(&mut self, saving: &mut Saving<'r>, writer: Writer, result: &Result<()>) {
        *saving = None;
        self.journal.end(self.engine, writer, result);
        tell(&mut self.being_written, result);
        if result.is_err() {
            // No immediate retry: the next result or the end of the run writes it.
            self.journal.dirty = !self.unwritten.is_empty();
        }
    }

    fn change(&self, step: usize) -> &'r Change {
        &self.plan.changes[self.steps.0[step].change]
    }

    fn queue(&mut self, step: usize) {
        self.ready.insert((std::cmp::Reverse(self.steps.0[step].remaining), step));
    }

    /// Returns the operation of a task; `None` if it needs no call.
    fn prepare(&mut self, step: usize) -> Result<Option<BoxFuture<'r, Result<Ended>>>> {
        let change = self.change(step);
        let work = self.steps.0[step].work.clone();
        let begins = change.action != Action::NoOp && !matches!(work, TaskKind::Rename);
        if begins && self.progress[self.steps.0[step].change].started.is_none() {
            self.progress[self.steps.0[step].change].started = Some(self.engine.clock.monotonic());
            self.engine.events.send(Event::Started { address: change.address.clone(), action: change.action });
        }
        match work {
            TaskKind::Make if change.action == Action::NoOp => Ok(None),
            TaskKind::Make => {
                let again = self.progress[self.steps.0[step].change].prepared || change.reread;
                self.make(change, again).map(Some)
            }
            TaskKind::Add => self.add(change).map(Some),
            TaskKind::Rename => self.rename(change).map(Some),
            TaskKind::Switched => Ok(None),
            TaskKind::Forget if change.superseded => {
                let forgotten = |old: &Superseded| old.address == change.address && Some(&old.record.id) == change.id.as_ref();
                self.journal.state.superseded.retain(|old| !forgotten(old));
                self.journal.dirty = true;
                Ok(None)
            }
            TaskKind::Forget => {
                self.journal.state.resources.remove(&change.address);
                self.journal.dirty = true;
                Ok(None)
            }
            TaskKind::Remove(record) if self.is_spared(change, &record) => Ok(None),
            TaskKind::Remove(record) => self.remove(change, *record).map(Some),
            TaskKind::Vanish(record) => {
                self.note_removal(change, &record);
                Ok(None)
            }
        }
    }

    /// Whether the old resource of a replacement is retained because no new one was needed.
    fn is_spared(&self, change: &Change, record: &Record) -> bool {
        let present = self.journal.state.resources.get(&change.address);
        change.replacement == Some(Replacement::CreateFirst) && present.is_some_and(|present| present.id == record.id)
    }

    fn make(&self, change: &'r Change, again: bool) -> Result<BoxFuture<'r, Result<Ended>>> {
        let making = self.making(change)?;
        let seen = self.seen.get(&change.address);
        let action = change.action;
        let new_first = change.replacement == Some(Replacement::CreateFirst);
        Ok(async move {
            let made = match (action, seen) {
                (Action::Update | Action::Adopt, Some(Observation::Live(live) | Observation::Found(live) | Observation::Foreign { live, .. })) => {
                    let now = if again { making.read(&live.id).await? } else { Some(live.clone()) };
                    let gone = || Error::new(Class::NotFound, format!("{} was deleted after the plan was made", live.id));
                    making.converge(now.ok_or_else(gone)?).await?
                }
                (Action::Replace, Some(Observation::Live(live) | Observation::Found(live))) if new_first => {
                    replace_first(&making, live).await?
                }
                // A resource found under this name but owned by another address has released the name by now.
                (Action::Create, seen) => {
                    making.create(!matches!(seen, Some(Observation::Absent | Observation::Gone | Observation::Foreign { .. }))).await?
                }
                _ => making.create(false).await?,
            };
            Ok(Ended::Made(Box::new(made), making.wanted))
        }
        .boxed())
    }

    fn making(&self, change: &Change) -> Result<Converger<'r>> {
        let state = &self.journal.state;
        let address = &change.address;
        let node = self.graph.nodes.get(address).ok_or_else(|| Error::local(format!("{address} is not wanted")))?;
        let wanted = node.properties.resolve(&|reference| match state.resources.get(&reference.address) {
            Some(record) => record.outputs.get(&reference.output).filter(|value| !value.is_null()).cloned(),
            None => self.predicted(reference),
        });
        if let Some(missing) = wanted.unknown.values().flatten().next() {
            let message = format!("{} has no output {}, which {address} refers to", missing.address, missing.output);
            return Err(Error::new(Class::Invalid, message));
        }
        let superseded = state.superseded.iter().filter(|old| &old.address == address).map(|old| old.record.id.clone());
        let present = state.resources.get(address).map(|record| record.id.clone());
        let present = present.filter(|_| change.replacement == Some(Replacement::CreateFirst));
        Ok(Converger {
            keeper: self.keeper,
            marker: self.marker.clone(),
            resource: Arc::clone(self.engine.registry.get(&node.type_name)?),
            cx: self.changing(address),
            wanted: wanted.value,
            adopt: self.adopt,
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

    fn remove(&self, change: &Change, record: Record) -> Result<BoxFuture<'r, Result<Ended>>> {
        let resource = Arc::clone(self.engine.registry.get(&record.type_name)?);
        let cx = self.changing(&change.address);
        let keeper = self.keeper;
        Ok(async move {
            remove(keeper, resource.as_ref(), &cx, &record.id, &record.properties).await?;
            Ok(Ended::Removed)
        }
        .boxed())
    }

    /// Returns the context of a mutating operation.
    fn changing(&self, address: &Address) -> Context {
        let cx = self.engine.context(&self.journal.state, address, self.generation(address));
        Context { gate: Some(self.keeper.gate()), attempts: Some(self.attempts.clone()), ..cx }
    }

    fn generation(&self, address: &Address) -> u64 {
        let open = self.journal.state.intent.as_ref().and_then(|intent| intent.open.get(address));
        open.map_or(0, |open| open.generation)
    }

    fn end(&mut self, step: usize, result: Result<Ended>) {
        let change = self.change(step);
        match result {
            Err(error) if error.class == Class::Quota && self.make_room(step) => {}
            Err(error) => self.fail(step, error),
            Ok(Ended::Prepared(made, properties)) => {
                self.journal.prepared(&change.address, &made.live, properties);
                self.progress[self.steps.0[step].change].prepared = true;
                self.succeed(step, Some(made.did).filter(|did| *did != Action::NoOp));
            }
            Ok(Ended::Removed) => {
                if let TaskKind::Remove(record) = self.steps.0[step].work.clone() {
                    self.note_removal(change, &record);
                }
                self.succeed(step, None);
            }
            Ok(Ended::Made(made, wanted)) => {
                let Applied { live, did } = *made;
                let record = Record {
                    type_name: change.type_name.clone(),
                    id: live.id,
                    properties: wanted,
                    outputs: live.outputs,
                    dependencies: self.graph.dependencies(&change.address),
                    generation: self.generation(&change.address),
                };
                let new_first = change.replacement == Some(Replacement::CreateFirst) && did == Action::Create;
                let made = quota::made(&record.id);
                let tells = self.tells(&record);
                self.journal.made(&change.address, record, new_first);
                // A resource that was to be created and was found instead has been created by an earlier run.
                if did == Action::Create || change.action == Action::Create {
                    self.spend(&change.type_name, &[made]);
                    self.journal.record_unshown_secret(&change.address, tells);
                }
                self.succeed(step, Some(did));
            }
        }
    }

    fn note_removal(&mut self, change: &Change, record: &Record) {
        let new_exists = change.superseded || change.replacement == Some(Replacement::CreateFirst);
        self.journal.removed(&change.address, record, new_exists);
        self.spend(&record.type_name, &[quota::removed(&record.id)]);
    }

    /// Whether creating this resource yields a one-time secret.
    fn tells(&self, record: &Record) -> bool {
        let resource = self.engine.registry.get(&record.type_name);
        resource.is_ok_and(|resource| resource.one_time_secret(&record.properties).is_some())
    }

    fn spend(&mut self, type_name: &str, marks: &[String]) {
        let meter = self.engine.registry.get(type_name).ok().and_then(|resource| resource.quota());
        if let Some(meter) = meter {
            self.journal.spend(type_name, meter, self.engine.clock.now(), marks);
        }
    }

    fn succeed(&mut self, step: usize, did: Option<Action>) {
        let change = self.change(step);
        let progress = &mut self.progress[self.steps.0[step].change];
        progress.steps_left -= 1;
        progress.did = progress.did.or(did);
        if progress.steps_left == 0 && !progress.failed {
            let action = performed(change.action, progress.did);
            self.counts.add(action);
            if let Some(started) = progress.started {
                let elapsed = self.engine.clock.monotonic().saturating_sub(started);
                self.engine.events.send(Event::Done { address: change.address.clone(), action, elapsed });
            }
            if !change.superseded {
                self.journal.close(&change.address);
            }
        }
        self.release(step);
    }

    /// Marks the task as done and queues the tasks that waited only for it.
    fn release(&mut self, step: usize) {
        self.done[step] = true;
        for after in self.steps.0[step].waited_for_by.clone() {
            self.waits[after] -= 1;
            if self.waits[after] == 0 {
                self.queue(after);
            }
        }
    }

    fn fail(&mut self, step: usize, error: Error) {
        let change = self.change(step);
        self.progress[self.steps.0[step].change].failed = true;
        if error.class == Class::Interrupted {
            return;
        }
        if error.class == Class::Invalid && !change.superseded {
            self.journal.renumber(&change.address);
        }
        self.engine.events.send(Event::Failed { address: change.address.clone(), action: change.action, error: error.clone() });
        self.errors.push(Failure { address: Some(change.address.clone()), action: Some(change.action), error });
        for after in self.steps.after(step) {
            let Some(skipped) = self.plan.changes.get(self.steps.0[after].change) else { continue };
            let progress = &mut self.progress[self.steps.0[after].change];
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
    fn finish(mut self, cut_off: bool) -> Executed {
        while let Ok(attempt) = self.attempted.try_recv() {
            self.attempt(&attempt);
        }
        let mut unfinished = Vec::new();
        for (change, progress) in self.plan.changes.iter().zip(&self.progress) {
            if change.action == Action::NoOp || (progress.steps_left == 0 && !progress.failed) {
                continue;
            }
            unfinished.push(change.address.clone());
            if progress.started.is_some() {
                continue;
            }
            if !change.superseded {
                self.journal.close(&change.address);
            }
            if !progress.failed {
                let (address, action) = (change.address.clone(), change.action);
                self.engine.events.send(Event::Skipped { address, action, because: None });
            }
        }
        if let Some(error) = self.keeper.lost() {
            self.errors.push(Failure { address: None, action: None, error });
        }
        let interrupted = self.interrupt.is_requested() && (cut_off || !unfinished.is_empty());
        Executed { journal: self.journal, counts: self.counts, errors: self.errors, unfinished, interrupted }
    }
}

/// Executes a create-before-delete replacement, unless the real outputs make it unnecessary.
async fn replace_first(making: &Converger<'_>, live: &AnyLive) -> Result<Applied> {
    let replaces = |change: &crate::PropertyChange| matches!(change.rule, crate::ChangeEffect::Replace(_));
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

fn tell(waiting: &mut Vec<Waiting>, result: &Result<()>) {
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
