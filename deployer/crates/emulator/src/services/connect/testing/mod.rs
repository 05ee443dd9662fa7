//! Execution of test cases: Connect's own simulation of calls, based on the flow simulator.

mod execution;
mod host;
mod language;
pub(super) mod read;
mod read_action;
mod watch;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use deployer_flow::interpret;
use serde_json::{Map, Value};

pub(super) use execution::OPERATIONS;
use host::{OverriddenHost, SharedObserver};
pub(super) use language::Test;
pub(super) use read::read;
use watch::{TestObserver, Verdict};

use super::call::{CallHost, STEP_LIMIT, loaded, write_flow_log};
use super::host::Host;
use super::{State, flow_reference};
use crate::error::AwsError;

/// Polling interval of a queued execution.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Runs the queued executions concurrently, including those left by a process that has ended.
pub(crate) fn begin(host: &Arc<dyn Host>) {
    for (instance, id) in execution::waiting(&host.connect()) {
        if host.tests().take(&id) {
            let weak = Arc::downgrade(host);
            tokio::spawn(async move {
                execute(&weak, &instance, &id).await;
                if let Some(host) = weak.upgrade() {
                    host.tests().leave(&id);
                }
            });
        }
    }
}

/// Runs one execution from its turn to its result, unless it ended in the meantime. Holds no strong reference to the host
/// while it waits.
async fn execute(weak: &Weak<dyn Host>, instance: &str, id: &str) {
    loop {
        let Some(host) = weak.upgrade() else { return };
        let context = host.context();
        let turn = match execution::queue_position(&host.connect(), instance, id, &context) {
            execution::QueuePosition::Next => {
                let mut decision = execution::StartDecision::Never;
                let begin = |state: &mut State| {
                    decision = execution::try_begin(state, instance, id, &context)?;
                    Ok(())
                };
                host.change(Box::new(begin)).await.map(|()| decision)
            }
            execution::QueuePosition::Behind => Ok::<_, AwsError>(execution::StartDecision::Later),
            execution::QueuePosition::Nowhere => Ok(execution::StartDecision::Never),
        };
        match turn {
            Ok(execution::StartDecision::Now(task)) => return conclude(&host, instance, id, &task).await,
            Ok(execution::StartDecision::Later) => {}
            Ok(execution::StartDecision::Never) | Err(_) => return,
        }
        let pause = host.clock().sleep(context.scaled(LOOK_AGAIN));
        drop(host);
        tokio::task::yield_now().await;
        pause.await;
    }
}

async fn conclude(host: &Arc<dyn Host>, instance: &str, id: &str, task: &execution::Task) {
    let result = simulate(host, instance, task).await;
    let context = host.context();
    // Without a stored result, the execution times out.
    let _ = host.change(Box::new(|state| execution::finish(state, instance, id, task, result, &context))).await;
}

/// Result of a simulated test case.
struct Outcome {
    contact: String,
    verdict: Verdict,
    observed: Vec<watch::Observed>,
}

/// Simulates the call of the test.
async fn simulate(host: &Arc<dyn Host>, instance: &str, task: &execution::Task) -> Result<Outcome, AwsError> {
    let context = host.context();
    let (line, flow) = {
        let state = host.connect();
        let found = state.ready(instance, context.now)?;
        let flow = flow_reference::find(found, &task.flow).and_then(loaded);
        let line = CallHost::new(host, found.id.clone(), found.arn.clone(), context.account.clone());
        (line.starting(task.begun, None), flow)
    };
    let missing = || AwsError::new(404, "ResourceNotFoundException", format!("the flow {} is not published", task.flow));
    let contact = interpret::Call {
        from: task.from.clone(),
        to: task.to.clone(),
        contact_id: context.uuid(),
        instance_arn: line.instance_arn().to_owned(),
        attributes: task.attributes.clone(),
        step_limit: STEP_LIMIT,
    };
    let values = beginnings(&task.test, &contact);
    let mut watched = SharedObserver::new(TestObserver::new(Arc::clone(&task.test), values));
    let overridden = OverriddenHost::new(&line, watched.clone());
    let transcript = interpret::call(&overridden, &mut watched, flow.ok_or_else(missing)?, &contact).await;
    // A failure to write the log does not fail the test.
    let _ = write_flow_log(&**host, instance, &transcript.log).await;
    let gone = !transcript.outcome.starts_with("queued") && transcript.outcome != "waiting";
    let mut watch = watched.watch();
    let verdict = watch.finish(gone);
    Ok(Outcome { contact: contact.contact_id, verdict, observed: std::mem::take(&mut watch.observed) })
}

/// Returns the values that the test refers to and the contact has before any action runs.
fn beginnings(test: &Test, contact: &interpret::Call) -> BTreeMap<String, Option<String>> {
    let asked = TestObserver::referenced_values(test);
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
