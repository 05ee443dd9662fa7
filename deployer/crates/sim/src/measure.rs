//! What a run costs where nothing goes wrong: calls, round trips one after the other, and time. All of it is virtual, so the same again
//! is the same to the nanosecond.

mod critical;
mod generated;

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use deployer_aws::RateLimiting;
use deployer_engine::{RunStatus, Event};
use serde_json::Value;
use time::OffsetDateTime;

use crate::machine::{Command, RunResult, Testbed, Report, Setting};
use crate::network::{Cloud, Entry, Latency};
use crate::specs::{Base, DesiredSpec, wanted_of};
use crate::store::Store;
use crate::time::Time;

pub use critical::{Makespan, makespan};
pub use generated::generated;

/// A stack that is measured.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What it is called.
    pub name: String,
    /// The stack.
    pub wanted: DesiredSpec,
    /// The same with one environment variable changed.
    pub changed: DesiredSpec,
}

impl Subject {
    /// The spec `config/local.yaml`, with or without its contact center.
    ///
    /// # Errors
    /// What is wrong with the spec.
    pub fn shipped(with_connect: bool) -> Result<Self, String> {
        let mut document = Base::Local.document()?;
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

/// One command, and what it cost.
#[derive(Debug, Clone)]
pub struct Phase {
    /// Which.
    pub name: &'static str,
    /// Its calls of AWS, without those for the state.
    pub calls: Vec<Entry>,
    /// How long it took.
    pub took: Duration,
}

/// Applies a stack, applies it again, changes a variable and destroys it: with calls that take this long, and with AWS's own waits
/// shortened by `speed`.
///
/// # Errors
/// What a command came to instead of its end.
pub fn phases(subject: &Subject, latency: Latency, speed: f64) -> Result<Vec<Phase>, String> {
    let time = Time::default();
    let land = Testbed { time: time.clone(), cloud: Arc::new(Cloud::with_latency(&time, latency, speed)) };
    Store::create_bucket(&land.cloud);
    let commands = [
        ("apply", Command::Apply(subject.wanted.clone())),
        ("no-op", Command::Plan(subject.wanted.clone())),
        ("change", Command::Apply(subject.changed.clone())),
        ("destroy", Command::Destroy(subject.changed.clone())),
    ];
    let mut phases = Vec::new();
    for (name, command) in commands {
        let begun = time.now();
        let report = run(&land, command, speed)?;
        let took = since(begun, &time);
        let calls = report.entries.into_iter().filter(|entry| entry.service != "s3").collect();
        phases.push(Phase { name, calls, took });
        // What follows AWS's services from afar has caught up.
        time.pass(Duration::from_secs(3600));
    }
    Ok(phases)
}

fn since(begun: OffsetDateTime, time: &Time) -> Duration {
    Duration::try_from(time.now() - begun).unwrap_or_default()
}

/// One run with nothing going wrong.
fn run(land: &Testbed, command: Command, speed: f64) -> Result<Report, String> {
    // A deployer that knows how fast its AWS is paces its looks by it; calls are not paced where AWS's own waits are shortened.
    let pacing = if speed > 1000.0 { RateLimiting::Off } else { RateLimiting::Published };
    let speed = if speed > 1000.0 { speed as u32 } else { 1 };
    let setting = Setting { pacing, speed, ..Setting::without_faults(1) };
    let report = land.time.run(land.run(command, &setting)).map_err(|_| "a run waits for ever".to_owned())?;
    match &report.ended {
        RunResult::Planned(planned) if planned.plan.is_empty() => Ok(report),
        RunResult::Ran(outcome) if outcome.end == RunStatus::Applied => Ok(report),
        other => Err(format!("{other:?}")),
    }
}

/// How long each call takes when only round trips are counted.
const ROUND_TRIP: Duration = Duration::from_secs(1);
/// So fast that nothing of AWS is waited for.
const AT_ONCE: f64 = 1e9;

/// Calls and round trips of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Which command.
    pub name: &'static str,
    /// How many calls of AWS it makes, without those for the state.
    pub calls: usize,
    /// How many of them wait for each other, one after the other.
    pub depth: u64,
}

/// The calls and round trips of each command for a stack, where AWS does everything at once: what does not depend on how long AWS takes.
///
/// # Errors
/// As [`phases`].
pub fn costs(subject: &Subject) -> Result<Vec<Cost>, String> {
    let latency: Latency = Arc::new(|service, _| if service == "s3" { Duration::ZERO } else { ROUND_TRIP });
    let phases = phases(subject, latency, AT_ONCE)?;
    let cost = |phase: &Phase| Cost { name: phase.name, calls: phase.calls.len(), depth: phase.took.as_secs() };
    Ok(phases.iter().map(cost).collect())
}

/// Every call of the commands, with the second it was sent in.
///
/// # Errors
/// As [`phases`].
pub fn trace(subject: &Subject, speed: Option<f64>) -> Result<String, String> {
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

/// When this was told, counted from the beginning of the changes.
fn moment(report: &Report, fits: impl Fn(&Event) -> bool) -> Option<OffsetDateTime> {
    report.events.iter().zip(&report.moments).find(|(event, _)| fits(event)).map(|(_, moment)| *moment)
}
