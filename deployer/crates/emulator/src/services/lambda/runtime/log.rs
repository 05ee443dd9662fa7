//! Log output of an invocation.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::Execution;
use crate::services::lambda::function::Configuration;
use crate::services::lambda::host::Host;

/// Maximum size of the log tail that an invocation returns (API reference, Invoke: LogResult).
const TAIL: usize = 4096;

/// Log lines of one invocation.
pub(crate) struct Log {
    id: String,
    version: String,
    json: bool,
    memory: u32,
    lines: Vec<(OffsetDateTime, String)>,
    status: Option<&'static str>,
}

impl Log {
    pub(crate) fn new(execution: &Execution, id: &str) -> Self {
        let configuration = &execution.configuration;
        Self {
            id: id.to_owned(),
            version: configuration.version.clone(),
            json: configuration.logging.format == "JSON",
            memory: configuration.memory,
            lines: Vec::new(),
            status: None,
        }
    }

    pub(crate) fn line(&mut self, now: OffsetDateTime, line: &str) {
        self.status = self.status.or_else(|| line.contains("Task timed out after").then_some("timeout"));
        self.lines.push((now, line.to_owned()));
    }

    fn platform(&mut self, now: OffsetDateTime, kind: &str, record: Value, text: String) {
        let line = if self.json { json!({"time": iso(now), "type": kind, "record": record}).to_string() } else { text };
        self.lines.push((now, line));
    }

    /// Logs the start of a process.
    pub(crate) fn init(&mut self, now: OffsetDateTime, runtime: &str) {
        let record = json!({"initializationType": "on-demand", "phase": "init", "runtimeVersion": runtime});
        self.platform(now, "platform.initStart", record, format!("INIT_START Runtime Version: {runtime}"));
    }

    /// Logs what is different from Lambda.
    pub(crate) fn note(&mut self, text: &str) {
        let now = self.lines.last().map_or(OffsetDateTime::UNIX_EPOCH, |(at, _)| *at);
        self.lines.push((now, text.to_owned()));
    }

    pub(crate) fn start(&mut self, now: OffsetDateTime) {
        let record = json!({"requestId": self.id, "version": self.version});
        let text = format!("START RequestId: {} Version: {}", self.id, self.version);
        self.platform(now, "platform.start", record, text);
    }

    /// Logs the output of the process.
    pub(crate) fn output(&mut self, output: &str) {
        let now = self.lines.last().map_or(OffsetDateTime::UNIX_EPOCH, |(at, _)| *at);
        self.lines.extend(output.lines().filter(|line| !line.is_empty()).map(|line| (now, line.to_owned())));
    }

    /// Logs the error that ended the process or prevented its start.
    pub(crate) fn failure(&mut self, payload: &Bytes) {
        let error: Value = serde_json::from_slice(payload).unwrap_or_default();
        let now = self.lines.last().map_or(OffsetDateTime::UNIX_EPOCH, |(at, _)| *at);
        self.status = Some("error");
        let text = error["errorMessage"].as_str().unwrap_or_default();
        let kind = error["errorType"].as_str().unwrap_or_default();
        self.lines.push((now, format!("{text} {kind}").trim().to_owned()));
    }

    pub(crate) fn end(&mut self, now: OffsetDateTime, took: Duration, init: Option<Duration>, used: Option<u64>) {
        let milliseconds = took.as_secs_f64() * 1000.0;
        let billed = milliseconds.ceil();
        if !self.json {
            self.lines.push((now, format!("END RequestId: {}", self.id)));
        }
        let mut text = format!(
            "REPORT RequestId: {}\tDuration: {milliseconds:.2} ms\tBilled Duration: {billed} ms\tMemory Size: {} MB\t",
            self.id, self.memory
        );
        let mut metrics = json!({"durationMs": milliseconds, "billedDurationMs": billed, "memorySizeMB": self.memory});
        if let Some(used) = used {
            text += &format!("Max Memory Used: {used} MB\t");
            metrics["maxMemoryUsedMB"] = json!(used);
        }
        if let Some(init) = init {
            let init = init.as_secs_f64() * 1000.0;
            text += &format!("Init Duration: {init:.2} ms\t");
            metrics["initDurationMs"] = json!(init);
        }
        if let Some(status) = self.status {
            text += &format!("Status: {status}");
        }
        let record = json!({"requestId": self.id, "metrics": metrics, "status": self.status.unwrap_or("success")});
        self.platform(now, "platform.report", record, text);
    }

    /// Returns the end of the log, at most 4 KB.
    pub(crate) fn tail(&self) -> String {
        let text: String = self.lines.iter().flat_map(|(_, line)| [line.as_str(), "\n"]).collect();
        let from = (text.len().saturating_sub(TAIL)..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text[from..].to_owned()
    }

    /// Writes the lines to the log stream, if the function's role has the permissions.
    pub(crate) async fn write_to_stream(&self, host: &dyn Host, configuration: &Configuration, stream: &str) {
        let place = (configuration.logging.group.as_str(), stream);
        if let Err(refusal) = host.write_log(&configuration.role, place, &self.lines).await {
            tracing::warn!("the log of {} is lost: {}", configuration.role, refusal.message);
        }
    }
}

/// Returns a time in the format of the service's own lines.
pub(crate) fn iso(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    moment.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}
