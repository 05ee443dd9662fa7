//! One process of a function with its resources.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::json;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::api::{Answer, Api, Event, Progress};
use super::confine::{self, Limits};
use super::log::Log;
use super::output::Output;
use super::program::Program;
use super::watchdog::Watchdog;
use super::{Execution, Invocation};
use crate::error::AwsError;
use crate::services::lambda::function::Configuration;
use crate::services::lambda::host::Host;

/// Lifetime of a process's credentials, which exceeds that of the process.
const SESSION: Duration = Duration::from_secs(12 * 3600);
/// Maximum lifetime of a process; its credentials last longer.
const MAX_AGE: Duration = Duration::from_secs(6 * 3600);
/// Maximum time between a process's response and its next request before it counts as idle.
const SETTLE: Duration = Duration::from_millis(50);
/// The same after an error, which some runtimes report before they exit.
const SETTLE_AFTER_ERROR: Duration = Duration::from_secs(1);
/// Polling interval of a process's memory while it runs.
const WATCH: Duration = Duration::from_millis(40);
/// AWS's message for a process that exceeded the function's memory.
const KILLED: &str = "Runtime exited with error: signal: killed";

/// A process that is idle or runs an event. Dropping it ends the process and all its children.
pub(crate) struct Sandbox {
    /// Log stream of the process.
    pub(crate) stream: String,
    child: Child,
    _guard: Option<Watchdog>,
    events: mpsc::Sender<Event>,
    progress: watch::Receiver<Progress>,
    server: JoinHandle<()>,
    output: Output,
    /// Memory size of the function, in MB.
    size: u64,
    expires: OffsetDateTime,
    _directory: TempDir,
    // Unpacked code must live as long as the process.
    _code: Arc<TempDir>,
}

/// Result of an event.
pub(crate) enum EventOutcome {
    Answered(Answer),
    TimedOut,
    /// The process exited, with this message.
    Exited(String),
}

/// Reason why a process did not start.
pub(crate) struct StartFailure {
    pub(crate) stream: String,
    /// Whether the process timed out, so that a retry is possible.
    pub(crate) late: bool,
    kind: &'static str,
    text: String,
    /// Error reported by the process itself.
    reported: Option<Bytes>,
}

impl StartFailure {
    /// Returns the error response of the invocation that required the process.
    pub(crate) fn payload(&self, id: &str) -> Bytes {
        let own = || {
            Bytes::from(
                json!({"errorType": self.kind, "errorMessage": format!("RequestId: {id} Error: {}", self.text)}).to_string(),
            )
        };
        self.reported.clone().unwrap_or_else(own)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
        end(&mut self.child);
    }
}

#[cfg(unix)]
fn end(child: &mut Child) {
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
        // The process may have exited by itself.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
    let _ = child.start_kill();
}

#[cfg(not(unix))]
fn end(child: &mut Child) {
    let _ = child.start_kill();
}

impl Sandbox {
    /// Starts a process and waits until it requests an event, at most `limit`.
    pub(crate) async fn start(
        host: &Arc<dyn Host>,
        execution: &Execution,
        code: &Arc<TempDir>,
        base: &TempDir,
        limit: Duration,
        log: &mut Log,
    ) -> Result<Result<Self, StartFailure>, AwsError> {
        let request_context = host.context();
        let configuration = &execution.configuration;
        let stream = stream(&request_context, configuration);
        let failed = |kind, text: String| StartFailure { stream: stream.clone(), late: false, kind, text, reported: None };
        log.init(request_context.now, &configuration.runtime);
        let internal = |error: std::io::Error| AwsError::internal(format!("cannot start {}: {error}", execution.name));
        let directory = tempfile::Builder::new().prefix("process-").tempdir_in(base.path()).map_err(internal)?;
        let program = match Program::find(configuration, code.path(), directory.path()).await.map_err(internal)? {
            Ok(program) => program,
            Err((kind, text)) => return Ok(Err(failed(kind, text))),
        };
        program.notes(configuration).iter().for_each(|note| log.note(note));
        let socket = TcpListener::bind("127.0.0.1:0").await.map_err(internal)?;
        let address = socket.local_addr().map_err(internal)?;
        let (output, written) = Output::open().map_err(internal)?;
        let endpoint = host.endpoint().await?;
        let limits = Limits {
            code: code.path().to_owned(),
            directory: directory.path().to_owned(),
            libraries: program.libraries.clone(),
            ports: vec![endpoint.port(), address.port()],
            memory: configuration.memory,
        };
        let mut command = Command::new(&program.path);
        command
            .args(&program.arguments)
            .env_clear()
            .envs(environment(host, execution, code.path(), &stream, (endpoint, address))?)
            .env("TMPDIR", directory.path())
            .current_dir(code.path())
            .stdin(Stdio::null())
            .stdout(written.try_clone().map_err(internal)?)
            .stderr(written)
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = match confine::spawn(command, limits).await {
            Ok(child) => child,
            Err(error) => {
                let why = match error.raw_os_error() {
                    Some(8) => "exec format error".to_owned(),
                    Some(13) => "permission denied".to_owned(),
                    Some(2) => "no such file or directory".to_owned(),
                    _ => error.to_string(),
                };
                let text = format!("fork/exec {}: {why}", program.shown);
                return Ok(Err(failed("Runtime.InvalidEntrypoint", text)));
            }
        };
        let (api, events, progress) = Api::new();
        let mut sandbox = Self {
            _guard: child.id().and_then(Watchdog::for_process_group),
            child,
            events,
            progress,
            server: tokio::spawn(api.serve(socket)),
            output,
            size: u64::from(configuration.memory),
            expires: request_context.now + MAX_AGE,
            stream: stream.clone(),
            _directory: directory,
            _code: Arc::clone(code),
        };
        Ok(sandbox.initialise(limit, log).await.map(|()| sandbox))
    }

    async fn initialise(&mut self, limit: Duration, log: &mut Log) -> Result<(), StartFailure> {
        let stream = self.stream.clone();
        let failed = |kind, text: String| StartFailure { stream, late: false, kind, text, reported: None };
        let mut progress = self.progress.clone();
        let pid = self.child.id();
        let ended = tokio::select! {
            biased;
            reached = progress.wait_for(|progress| progress.asked > 0 || progress.init_error.is_some()) => {
                match reached.ok().and_then(|progress| progress.init_error.clone()) {
                    None => return Ok(()),
                    Some(reported) => StartFailure { reported: Some(reported), ..failed("Runtime.InitError", String::new()) },
                }
            }
            status = self.child.wait() => failed("Runtime.ExitError", how(status)),
            () = wait_for_memory_excess(pid, self.size) => failed("Runtime.ExitError", KILLED.to_owned()),
            () = tokio::time::sleep(limit) => StartFailure {
                late: true,
                ..failed("Sandbox.Timedout", format!("Task timed out after {:.2} seconds", limit.as_secs_f64()))
            },
        };
        log.output(&self.output());
        // The process may have reported an error and exited at the same time.
        let reported = self.progress.borrow().init_error.clone();
        Err(StartFailure { reported: ended.reported.or(reported), ..ended })
    }

    /// Whether the process is running and can take an event.
    pub(crate) fn usable(&mut self, now: OffsetDateTime) -> bool {
        now < self.expires && matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends the process one event and waits for a response, the timeout, or the end of the process.
    pub(crate) async fn handle(&mut self, execution: &Execution, work: &Invocation) -> EventOutcome {
        let limit = Duration::from_secs(u64::from(execution.configuration.timeout));
        // The process uses the system clock, so that the deadline does too.
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + limit;
        let (answer, mut answered) = oneshot::channel();
        let event = Event {
            id: work.id.clone(),
            payload: work.payload.clone(),
            arn: execution.arn.clone(),
            deadline_ms: deadline.as_millis(),
            trace: trace(&work.id, deadline.as_secs()),
            context: work.context.clone(),
            answer,
        };
        let asked = self.progress.borrow().asked;
        // The queue holds one event and the process has none, so there is room.
        let _ = self.events.try_send(event);
        let pid = self.child.id();
        let ended = tokio::select! {
            biased;
            Ok(answer) = &mut answered => EventOutcome::Answered(answer),
            status = self.child.wait() => match answered.try_recv() {
                Ok(answer) => return EventOutcome::Answered(answer),
                Err(_) => EventOutcome::Exited(how(status)),
            },
            () = wait_for_memory_excess(pid, self.size) => EventOutcome::Exited(KILLED.to_owned()),
            () = tokio::time::sleep(limit) => EventOutcome::TimedOut,
        };
        // The system records the peak, however short it was.
        let ended = match ended {
            EventOutcome::Answered(_) if self.memory().is_some_and(|most| most > self.size) => {
                EventOutcome::Exited(KILLED.to_owned())
            }
            ended => ended,
        };
        match &ended {
            EventOutcome::Answered(answer) => {
                // If the process does not return, the next event detects that. One that has reported an error may be about to exit.
                let limit = if matches!(answer, Answer::Error(_)) { SETTLE_AFTER_ERROR } else { SETTLE };
                let settled = async {
                    tokio::select! {
                        _ = self.progress.wait_for(|progress| progress.asked > asked) => {}
                        _ = self.child.wait() => {}
                    }
                };
                let _ = tokio::time::timeout(limit, settled).await;
            }
            EventOutcome::TimedOut | EventOutcome::Exited(_) => end(&mut self.child),
        }
        ended
    }

    /// Returns the process's output since the last call.
    pub(crate) fn output(&self) -> String {
        self.output.take()
    }

    /// Returns the peak memory of the process, in MB, if the system provides it.
    pub(crate) fn memory(&self) -> Option<u64> {
        confine::memory(self.child.id()?).map(|memory| memory.peak)
    }
}

/// Completes when a process and its descendants use more than `size` MB.
async fn wait_for_memory_excess(pid: Option<u32>, size: u64) {
    loop {
        tokio::time::sleep(WATCH).await;
        if pid.and_then(confine::memory).is_some_and(|memory| memory.now.max(memory.peak) > size) {
            return;
        }
    }
}

fn how(status: std::io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) if status.success() => "Runtime exited without providing a reason".to_owned(),
        Ok(status) => match status.code() {
            Some(code) => format!("Runtime exited with error: exit status {code}"),
            None => format!("Runtime exited with error: {}", signal(status)),
        },
        Err(error) => format!("Runtime exited with error: {error}"),
    }
}

/// Returns the signal that ended a process, with the name from Go's library, as in Lambda's messages
/// (`syscall/zerrors_linux_amd64.go`).
#[cfg(unix)]
fn signal(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    let name = match status.signal() {
        Some(1) => "hangup",
        Some(2) => "interrupt",
        Some(3) => "quit",
        Some(4) => "illegal instruction",
        Some(5) => "trace/breakpoint trap",
        Some(6) => "aborted",
        Some(7) => "bus error",
        Some(8) => "floating point exception",
        Some(9) => "killed",
        Some(11) => "segmentation fault",
        Some(13) => "broken pipe",
        Some(14) => "alarm clock",
        Some(15) => "terminated",
        Some(25) => "file size limit exceeded",
        _ => return status.to_string(),
    };
    format!("signal: {name}")
}

#[cfg(not(unix))]
fn signal(status: ExitStatus) -> String {
    status.to_string()
}

fn trace(id: &str, seconds: u64) -> String {
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).collect();
    format!(
        "Root=1-{seconds:08x}-{};Parent={};Sampled=0",
        digits.get(..24).unwrap_or_default(),
        digits.get(16..).unwrap_or_default()
    )
}

/// Returns the log stream name `2026/11/23/[$LATEST]…`, unique for every process.
fn stream(request_context: &crate::request::RequestContext, configuration: &Configuration) -> String {
    let now = request_context.now.to_offset(time::UtcOffset::UTC);
    let id: String = request_context.uuid().chars().filter(|c| *c != '-').collect();
    format!("{:04}/{:02}/{:02}/[{}]{id}", now.year(), u8::from(now.month()), now.day(), configuration.version)
}

/// Returns the environment of a process (Lambda guide, configuration-envvars); nothing is inherited from this process.
fn environment(
    host: &Arc<dyn Host>,
    execution: &Execution,
    task: &Path,
    stream: &str,
    (aws, api): (SocketAddr, SocketAddr),
) -> Result<Vec<(String, String)>, AwsError> {
    let configuration = &execution.configuration;
    let region = host.context().region;
    // The message text is unverified.
    let gone = || AwsError::new(403, "AccessDeniedException", "The role defined for the function cannot be assumed by Lambda.");
    let credentials = host.session(&configuration.role, &execution.name, SESSION).ok_or_else(gone)?;
    let endpoint = format!("http://{aws}");
    let mut all: Vec<(String, String)> = [("LANG", "en_US.UTF-8"), ("TZ", ":UTC"), ("AWS_ENDPOINT_URL", &endpoint)]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec();
    all.push(("PATH".into(), "/usr/local/bin:/usr/bin:/bin:/opt/bin".into()));
    all.extend(configuration.environment.clone());
    let mut set = |key: &str, value: &str| all.push((key.to_owned(), value.to_owned()));
    set("_HANDLER", &configuration.handler);
    if !configuration.runtime.starts_with("provided") {
        set("AWS_EXECUTION_ENV", &format!("AWS_Lambda_{}", configuration.runtime));
    }
    set("AWS_REGION", &region);
    set("AWS_DEFAULT_REGION", &region);
    set("AWS_LAMBDA_FUNCTION_NAME", &execution.name);
    set("AWS_LAMBDA_FUNCTION_VERSION", &configuration.version);
    set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &configuration.memory.to_string());
    set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
    set("AWS_LAMBDA_LOG_GROUP_NAME", &configuration.logging.group);
    set("AWS_LAMBDA_LOG_STREAM_NAME", stream);
    set("AWS_LAMBDA_LOG_FORMAT", &configuration.logging.format);
    if let Some(level) = &configuration.logging.application_level {
        set("AWS_LAMBDA_LOG_LEVEL", level);
    }
    set("AWS_LAMBDA_RUNTIME_API", &api.to_string());
    set("LAMBDA_TASK_ROOT", &task.to_string_lossy());
    set("LAMBDA_RUNTIME_DIR", "/var/runtime");
    set("AWS_ACCESS_KEY_ID", &credentials.access_key);
    set("AWS_SECRET_ACCESS_KEY", &credentials.secret_key);
    set("AWS_SESSION_TOKEN", &credentials.token);
    Ok(all)
}
