//! Execution of test cases: Connect's own simulation of calls, based on the flow simulator.

mod execution;
mod host;
mod language;
mod read;
mod read_action;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use deployer_flow::interpret;
use serde_json::{Map, Value};

pub(super) use execution::{Execution, serve};
use host::{Overridden, Watched};
pub(super) use language::Test;
pub(super) use read::read;
use watch::{Verdict, Watch};

use super::call::{Line, STEP_LIMIT, keep_log, loaded};
use super::flow;
use crate::Emulator;
use crate::error::AwsError;

/// Polling interval of a queued execution.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Executions that this process runs.
#[derive(Default)]
pub(crate) struct Running(Mutex<BTreeSet<String>>);

impl Running {
    /// Marks the execution as running, and returns whether it was not.
    fn take(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned())
    }

    fn leave(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// Runs the queued executions concurrently, including those left by a process that has ended.
pub(crate) fn begin(emulator: &Emulator) {
    for (instance, id) in execution::waiting(&emulator.world()) {
        if emulator.tests.take(&id) {
            let weak = Weak::clone(&emulator.runtime.emulator);
            tokio::spawn(async move {
                carry_out(&weak, &instance, &id).await;
                if let Some(emulator) = weak.upgrade() {
                    emulator.tests.leave(&id);
                }
            });
        }
    }
}

/// Runs one execution from its turn to its result, unless it ended in the meantime. Holds no strong reference to the emulator
/// while it waits.
async fn carry_out(weak: &Weak<Emulator>, instance: &str, id: &str) {
    loop {
        let Some(emulator) = weak.upgrade() else { return };
        let surroundings = emulator.surroundings();
        let turn = match execution::place(&emulator.world(), instance, id, &surroundings) {
            execution::Place::Next => emulator.change(|world| execution::turn(world, instance, id, &surroundings)).await,
            execution::Place::Behind => Ok(execution::Turn::Later),
            execution::Place::Nowhere => Ok(execution::Turn::Never),
        };
        match turn {
            Ok(execution::Turn::Now(task)) => return conclude(&emulator, instance, id, &task).await,
            Ok(execution::Turn::Later) => {}
            Ok(execution::Turn::Never) | Err(_) => return,
        }
        let pause = emulator.clock().sleep(emulator.shortened(LOOK_AGAIN));
        drop(emulator);
        tokio::task::yield_now().await;
        pause.await;
    }
}

async fn conclude(emulator: &Arc<Emulator>, instance: &str, id: &str, task: &execution::Task) {
    let result = simulate(emulator, instance, task).await;
    let surroundings = emulator.surroundings();
    // Without a stored result, the execution times out.
    let _ = emulator.change(|world| execution::finish(world, instance, id, task, result, &surroundings)).await;
}

/// Result of a simulated test case.
struct Outcome {
    contact: String,
    verdict: Verdict,
    observed: Vec<watch::Observed>,
}

/// Simulates the call of the test.
async fn simulate(emulator: &Arc<Emulator>, instance: &str, task: &execution::Task) -> Result<Outcome, AwsError> {
    let surroundings = emulator.surroundings();
    let (line, flow) = {
        let world = emulator.world();
        let found = world.connect.ready(instance, surroundings.now)?;
        let flow = flow::find(found, &task.flow).and_then(loaded);
        let line = Line::new(emulator, found.id.clone(), found.arn.clone(), world.account.clone());
        (line.starting(task.begun, None), flow)
    };
    let missing = || AwsError::new(404, "ResourceNotFoundException", format!("the flow {} is not published", task.flow));
    let contact = interpret::Call {
        from: task.from.clone(),
        to: task.to.clone(),
        contact_id: surroundings.uuid(),
        instance_arn: line.instance_arn().to_owned(),
        attributes: task.attributes.clone(),
        step_limit: STEP_LIMIT,
    };
    let values = beginnings(&task.test, &contact);
    let mut watched = Watched::new(Watch::new(Arc::clone(&task.test), values));
    let host = Overridden::new(&line, watched.clone());
    let transcript = interpret::call(&host, &mut watched, flow.ok_or_else(missing)?, &contact).await;
    // A failure to write the log does not fail the test.
    let _ = keep_log(emulator, instance, &transcript.log).await;
    let gone = !transcript.outcome.starts_with("queued") && transcript.outcome != "waiting";
    let mut watch = watched.watch();
    let verdict = watch.finish(gone);
    Ok(Outcome { contact: contact.contact_id, verdict, observed: std::mem::take(&mut watch.observed) })
}

/// Returns the values that the test refers to and the contact has before any action runs.
fn beginnings(test: &Test, contact: &interpret::Call) -> BTreeMap<String, Option<String>> {
    let asked = Watch::asked_for(test);
    let attribute = |path: &str| {
        let name = path.strip_prefix("$.Attributes.")?;
        contact.attributes.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    asked.into_iter().map(|path| (path.clone(), attribute(&path))).collect()
}

/// Returns the attributes of the initialization data: `{"Attributes": {"name": "value"}}` (administrator guide, "initial custom
/// attributes"; the form is unverified).
fn attributes(data: Option<&str>) -> Map<String, Value> {
    let data: Value = data.and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
    data.get("Attributes").and_then(Value::as_object).cloned().unwrap_or_default()
}
