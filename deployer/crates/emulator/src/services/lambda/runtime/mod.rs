//! Execution of functions in warm processes, each with one event at a time.

mod api;
pub(crate) mod confine;
pub(crate) mod interpreter;
mod log;
mod output;
mod program;
mod sandbox;
mod watchdog;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::json;
use tempfile::TempDir;
use time::OffsetDateTime;

use self::api::Answer;
use self::log::Log;
use self::sandbox::{EventOutcome, Sandbox, StartFailure};
use super::code::{CodeStore, UNFINISHED};
use super::function::Configuration;
use super::host::Host;
use super::read::CONCURRENCY;
use crate::error::AwsError;
use crate::kernel::host::Outcome;

/// Maximum time until a process requests its first event (Lambda guide, lambda-runtime-environment).
const INIT: Duration = Duration::from_secs(10);

/// Name prefix of directories with unpacked code.
const RUN: &str = "run-";

/// All running functions. Dropping it ends every process.
pub struct Runtime {
    host: Weak<dyn Host>,
    pub(crate) code_store: Arc<CodeStore>,
    pools: Mutex<BTreeMap<Key, Arc<Pool>>>,
    running: Arc<Mutex<BTreeMap<String, u32>>>,
    directory: Mutex<Option<Arc<TempDir>>>,
}

/// An event to process.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) payload: Bytes,
    pub(crate) context: Option<String>,
}

/// Function version that an invocation runs.
#[derive(Debug, Clone)]
pub(crate) struct Execution {
    pub(crate) name: String,
    /// The invoked ARN.
    pub(crate) arn: String,
    pub(crate) function_arn: String,
    pub(crate) reserved: Option<u32>,
    pub(crate) configuration: Configuration,
}

/// Key of the processes of one version with the same settings and code.
type Key = (String, String, OffsetDateTime, String);

impl Execution {
    fn key(&self) -> Key {
        key(&self.function_arn, &self.configuration)
    }
}

fn key(arn: &str, configuration: &Configuration) -> Key {
    (arn.to_owned(), configuration.version.clone(), configuration.modified, configuration.code.sha256.clone())
}

#[derive(Default)]
struct Pool {
    idle: Mutex<Vec<Sandbox>>,
    code: tokio::sync::OnceCell<Arc<TempDir>>,
    retired: AtomicBool,
}

/// One of the function's concurrent executions, released on drop.
pub(crate) struct Slot {
    running: Arc<Mutex<BTreeMap<String, u32>>>,
    arn: String,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.arn) {
            *count = count.saturating_sub(1);
        }
    }
}

impl Runtime {
    /// Returns the account and Region of the functions, unless they are being closed.
    pub(crate) fn host(&self) -> Result<Arc<dyn Host>, AwsError> {
        self.host.upgrade().ok_or_else(|| AwsError::internal("the embedded AWS is being closed"))
    }

    pub(crate) fn new(host: Weak<dyn Host>) -> Self {
        Self { host, code_store: Arc::default(), pools: Mutex::default(), running: Arc::default(), directory: Mutex::default() }
    }

    /// Removes files of a killed process: unpacked code, incomplete zips, and unreferenced zips. The lock on the account state
    /// guarantees that no process uses them.
    pub(crate) fn remove_stale_files(&self, blobs: Option<&Path>, state: &super::State) {
        for entry in blobs.and_then(|blobs| std::fs::read_dir(blobs).ok()).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            // A failed removal is retried when the state is next opened.
            if name.starts_with(RUN) {
                let _ = std::fs::remove_dir_all(entry.path());
            } else if name.starts_with(UNFINISHED) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
        self.code_store.sweep(blobs, || Some(state.code()));
    }

    /// Reserves a concurrent execution, or returns a throttling error (API reference, Invoke: TooManyRequestsException).
    pub(crate) fn slot(&self, execution: &Execution) -> Result<Slot, AwsError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.get(&execution.function_arn).copied().unwrap_or_default();
        let (limit, taken, reason) = match execution.reserved {
            Some(reserved) => (reserved, count, "ReservedFunctionConcurrentInvocationLimitExceeded"),
            None => (CONCURRENCY, running.values().sum(), "ConcurrentInvocationLimitExceeded"),
        };
        if taken >= limit {
            return Err(AwsError::new(429, "TooManyRequestsException", "Rate Exceeded.").with("Reason", reason));
        }
        running.insert(execution.function_arn.clone(), count + 1);
        Ok(Slot { running: Arc::clone(&self.running), arn: execution.function_arn.clone() })
    }

    /// Ends idle processes of functions that were changed or deleted; busy ones end after their event.
    pub(crate) fn retire(&self, state: &super::State) {
        let functions = state.functions.values().filter(|function| function.deleted_at.is_none());
        let current: Vec<Key> =
            functions.flat_map(|function| function.all().map(|version| key(&function.arn, version))).collect();
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).retain(|key, pool| {
            let keep = current.contains(key);
            if !keep {
                pool.retired.store(true, Ordering::Release);
                pool.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
            }
            keep
        });
    }

    fn pool(&self, key: Key) -> Arc<Pool> {
        Arc::clone(self.pools.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }

    /// Returns the directory for unpacked code: under the blob directory, or in the system's temporary directory.
    fn directory(&self, blobs: Option<&Path>) -> std::io::Result<Arc<TempDir>> {
        let mut directory = self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(directory) = &*directory {
            return Ok(Arc::clone(directory));
        }
        let mut builder = tempfile::Builder::new();
        let made = match blobs {
            Some(blobs) => builder.prefix(RUN).tempdir_in(blobs)?,
            None => builder.prefix("deployer-lambda-").tempdir()?,
        };
        Ok(Arc::clone(directory.insert(Arc::new(made))))
    }
}

/// Runs one event, in a warm process if there is one, and logs it.
pub(crate) async fn run(
    runtime: &Runtime,
    host: &Arc<dyn Host>,
    execution: &Execution,
    work: Invocation,
) -> Result<Outcome, AwsError> {
    let pool = runtime.pool(execution.key());
    let mut log = Log::new(execution, &work.id);
    let (sandbox, init) = match warm(&**host, &pool) {
        Some(sandbox) => (Ok(sandbox), None),
        None => cold_start(runtime, host, &pool, execution, &mut log).await?,
    };
    let started = Instant::now();
    log.start(host.context().now);
    let (payload, failed, stream) = match sandbox {
        Ok(mut sandbox) => {
            let ended = sandbox.handle(execution, &work).await;
            log.output(&sandbox.output());
            let memory = sandbox.memory();
            let (payload, failed, usable) = invocation_result(&work.id, execution, ended, &mut log, host.context().now);
            log.end(host.context().now, started.elapsed(), init, memory);
            let stream = sandbox.stream.clone();
            if usable && !pool.retired.load(Ordering::Acquire) {
                pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sandbox);
            }
            (payload, failed, stream)
        }
        Err(failure) => {
            let payload = failure.payload(&work.id);
            log.failure(&payload);
            log.end(host.context().now, started.elapsed(), init, None);
            (payload, true, failure.stream)
        }
    };
    log.write_to_stream(&**host, &execution.configuration, &stream).await;
    Ok(Outcome {
        payload,
        function_error: failed.then(|| "Unhandled".to_owned()),
        log_tail: log.tail(),
        executed_version: execution.configuration.version.clone(),
    })
}

fn warm(host: &dyn Host, pool: &Pool) -> Option<Sandbox> {
    let now = host.context().now;
    let mut idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let mut sandbox = idle.pop()?;
        if sandbox.usable(now) {
            return Some(sandbox);
        }
    }
}

type Started = (Result<Sandbox, StartFailure>, Option<Duration>);

/// Starts a process. An initialization that times out is retried once, with the function's own timeout (Lambda guide,
/// lambda-runtime-environment).
async fn cold_start(
    runtime: &Runtime,
    host: &Arc<dyn Host>,
    pool: &Pool,
    execution: &Execution,
    log: &mut Log,
) -> Result<Started, AwsError> {
    let configuration = &execution.configuration;
    let code = pool
        .code
        .get_or_try_init(|| async {
            let blobs = host.blobs();
            let zip = runtime.code_store.zip(blobs.as_deref(), &configuration.code.sha256)?;
            let unpack = || {
                let directory =
                    tempfile::Builder::new().prefix("code-").tempdir_in(runtime.directory(blobs.as_deref())?.path())?;
                super::code::unpack(&zip, directory.path())?;
                Ok::<_, std::io::Error>(Arc::new(directory))
            };
            unpack().map_err(|error| AwsError::internal(format!("cannot unpack {}: {error}", execution.name)))
        })
        .await?;
    let base = runtime.directory(host.blobs().as_deref()).map_err(|error| AwsError::internal(error.to_string()))?;
    let begun = Instant::now();
    let mut started = Sandbox::start(host, execution, code, &base, INIT, log).await?;
    if matches!(&started, Err(failure) if failure.late) {
        let limit = Duration::from_secs(u64::from(configuration.timeout));
        started = Sandbox::start(host, execution, code, &base, limit, log).await?;
    }
    Ok((started, Some(begun.elapsed())))
}

/// Returns the payload of a completed event, whether it is an error, and whether the process can take another event.
fn invocation_result(
    id: &str,
    execution: &Execution,
    ended: EventOutcome,
    log: &mut Log,
    now: OffsetDateTime,
) -> (Bytes, bool, bool) {
    let error = |kind: &str, text: String| {
        Bytes::from(json!({"errorType": kind, "errorMessage": format!("RequestId: {id} Error: {text}")}).to_string())
    };
    match ended {
        EventOutcome::Answered(Answer::Response(payload)) => (payload, false, true),
        EventOutcome::Answered(Answer::Error(payload)) => (payload, true, true),
        EventOutcome::Answered(Answer::TooLarge) => {
            let text = "Response payload size exceeded maximum allowed payload size (6291556 bytes).";
            (Bytes::from(json!({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": text}).to_string()), true, true)
        }
        EventOutcome::TimedOut => {
            let text = format!("Task timed out after {}.00 seconds", execution.configuration.timeout);
            log.line(now, &format!("{} {id} {text}", log::iso(now)));
            (error("Sandbox.Timedout", text), true, false)
        }
        EventOutcome::Exited(how) => {
            let payload = error("Runtime.ExitError", how);
            log.failure(&payload);
            (payload, true, false)
        }
    }
}
