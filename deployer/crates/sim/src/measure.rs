//! Cost of runs without faults: calls, sequential round trips, and time. All time is virtual, so results are reproducible to the
//! nanosecond.

mod critical;
mod generated;

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use deployer_aws::RateLimiting;
use deployer_engine::{Event, RunStatus};
use serde_json::Value;
use time::OffsetDateTime;

use crate::machine::{Command, Report, RunResult, RunSettings, Testbed};
use crate::network::{Cloud, Entry, Latency};
use crate::specs::{BaseSpec, DesiredSpec, wanted_of};
use crate::store::Store;
use crate::time::Time;

pub use critical::{Makespan, makespan};
pub use generated::generated;

/// A measured stack.
#[derive(Debug, Clone)]
pub struct MeasuredStack {
    /// Name of the stack.
    pub name: String,
    /// Stack to apply.
    pub wanted: DesiredSpec,
    /// The same stack with one environment variable changed.
    pub changed: DesiredSpec,
}

impl MeasuredStack {
    /// Returns the spec `config/local.yaml`, with or without its contact center.
    ///
    /// # Errors
    /// Returns a description of an invalid spec.
    pub fn shipped(with_connect: bool) -> Result<Self, String> {
        let mut document = BaseSpec::Local.document()?;
        if let (false, Some(members)) = (with_connect, document.as_object_mut()) {
            members.remove("connect");
        }
        let name = if with_connect { "local" } else { "local without Connect" };
        Self::of(name, document, "local")
    }

    fn of(name: &str, mut document: Value, environment: &str) -> Result<Self, String> {
        let wanted = wanted_of(&document, environment)?;
        let functions = document["functions"].as_object_mut().into_iter().flatten();
        if let Some((_, function)) = functions.last() {
            function["environment"]["GREETING"] = "hello".into();
        }
        Ok(Self { name: name.to_owned(), wanted, changed: wanted_of(&document, environment)? })
    }
}

/// A command and its cost.
#[derive(Debug, Clone)]
pub struct Phase {
    /// Name of the command.
    pub name: &'static str,
    /// Its calls of AWS, without those for the state.
    pub calls: Vec<Entry>,
    /// Duration of the command.
    pub took: Duration,
}

/// Applies a stack, applies it again, changes a variable and destroys it, with these call latencies and with AWS's own delays shortened by
/// `speed`.
///
/// # Errors
/// Returns the result of a command that did not succeed.
pub fn phases(subject: &MeasuredStack, latency: Latency, speed: f64) -> Result<Vec<Phase>, String> {
    let time = Time::default();
    let testbed = Testbed { time: time.clone(), cloud: Arc::new(Cloud::with_latency(&time, latency, speed)) };
    Store::create_bucket(&testbed.cloud);
    let commands = [
        ("apply", Command::Apply(subject.wanted.clone())),
        ("no-op", Command::Plan(subject.wanted.clone())),
        ("change", Command::Apply(subject.changed.clone())),
        ("destroy", Command::Destroy(subject.changed.clone())),
    ];
    let mut phases = Vec::new();
    for (name, command) in commands {
        let begun = time.now();
        let report = run(&testbed, command, speed)?;
        let took = since(begun, &time);
        let calls = report.entries.into_iter().filter(|entry| entry.service != "s3").collect();
        phases.push(Phase { name, calls, took });
        // The indexes that follow AWS's services with a delay have caught up.
        time.pass(Duration::from_secs(3600));
    }
    Ok(phases)
}

fn since(begun: OffsetDateTime, time: &Time) -> Duration {
    Duration::try_from(time.now() - begun).unwrap_or_default()
}

/// Runs a command without faults.
fn run(testbed: &Testbed, command: Command, speed: f64) -> Result<Report, String> {
    // A deployer that knows the speed of its AWS polls accordingly; calls are not rate-limited where AWS's own delays are shortened.
    let pacing = if speed > 1000.0 { RateLimiting::Off } else { RateLimiting::Published };
    let speed = if speed > 1000.0 { speed as u32 } else { 1 };
    let setting = RunSettings { pacing, speed, ..RunSettings::without_faults(1) };
    let report = testbed.time.run(testbed.run(command, &setting)).map_err(|_| "a run waits for ever".to_owned())?;
    match &report.result {
        RunResult::Planned(planned) if planned.plan.is_empty() => Ok(report),
        RunResult::Ran(outcome) if outcome.status == RunStatus::Applied => Ok(report),
        other => Err(format!("{other:?}")),
    }
}

/// Latency of each call when only round trips are counted.
const ROUND_TRIP: Duration = Duration::from_secs(1);
/// Speed at which AWS's own delays vanish.
const AT_ONCE: f64 = 1e9;

/// The calls and round trips of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Name of the command.
    pub name: &'static str,
    /// Number of its calls of AWS, without those for the state.
    pub calls: usize,
    /// Number of sequential calls on the longest chain.
    pub depth: u64,
}

/// Returns the calls and round trips of each command for a stack without AWS's own delays: the part that does not depend on them.
///
/// # Errors
/// See [`phases`].
pub fn costs(subject: &MeasuredStack) -> Result<Vec<Cost>, String> {
    let latency: Latency = Arc::new(|service, _| if service == "s3" { Duration::ZERO } else { ROUND_TRIP });
    let phases = phases(subject, latency, AT_ONCE)?;
    let cost = |phase: &Phase| Cost { name: phase.name, calls: phase.calls.len(), depth: phase.took.as_secs() };
    Ok(phases.iter().map(cost).collect())
}

/// Returns every call of the commands, with the second in which it was sent.
///
/// # Errors
/// See [`phases`].
pub fn trace(subject: &MeasuredStack, speed: Option<f64>) -> Result<String, String> {
    let latency: Latency = Arc::new(|service, _| if service == "s3" { Duration::ZERO } else { Duration::from_millis(100) });
    let mut text = String::new();
    for Phase { name, calls, took } in phases(subject, latency, speed.unwrap_or(AT_ONCE))? {
        let begun = calls.first().map(|call| call.at);
        let _ = writeln!(text, "== {}: {name}: {} calls, {:.1} s", subject.name, calls.len(), took.as_secs_f64());
        for call in &calls {
            let at = begun.map_or(0.0, |begun| (call.at - begun).as_seconds_f64());
            let _ = writeln!(text, "{at:8.2} {}:{} {}", call.service, call.operation, call.status);
        }
    }
    Ok(text)
}

/// Returns the time of the first matching event.
fn moment(report: &Report, fits: impl Fn(&Event) -> bool) -> Option<OffsetDateTime> {
    report.events.iter().zip(&report.event_times).find(|(event, _)| fits(event)).map(|(_, moment)| *moment)
}
