//! Exhaustive fault injection: every fault at every call of a workload, one at a time.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::fault::{At, Fault, Faults};
use crate::invariants::Violation;
use crate::machine::Command;
use crate::mutants::Mutant;
use crate::scenario::{Checkpoint, Simulation, Stats};
use crate::specs::{BaseSpec, Edit, SpecEdits};

/// The operation during which a fault is injected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Workload {
    /// Applying a spec to an account without its resources.
    Apply(BaseSpec),
    /// Applying these edits to an applied spec; the text names them.
    Update(BaseSpec, &'static str, Vec<Edit>),
    /// Destroying an applied spec.
    Destroy(BaseSpec),
}

/// Edits that are all made in place.
const IN_PLACE: [&str; 20] = [
    "more memory",
    "another time-out",
    "other retention",
    "another variable",
    "other code",
    "fewer grants",
    "items that expire",
    "another tag",
    "outbound calls",
    "another flow description",
    "another api description",
    "throttled",
    "other hours",
    "hours that come with the instance",
    "a limit of the queue",
    "a telephone of the user",
    "another attribute",
    "a queue that calls",
    "an archived module beside",
    "other storage",
];
/// Edits that replace, add or remove a resource.
const REPLACEMENTS: [&str; 15] = [
    "another type of the certificate's key",
    "another architecture",
    "another key",
    "another alias",
    "another stage",
    "another domain",
    "one more function",
    "one route less",
    "flows in a circle",
    "one more routing profile",
    "another name of the user",
    "a phone number",
    "another bot",
    "no storage but one",
    "a prompt",
];

/// In-place edits of resources that only the spec with all resource types has, and of their dependents.
const IN_CONNECT: [&str; 10] = [
    "another tag",
    "another recording",
    "other words for the number",
    "other turns",
    "another module",
    "other storage",
    "a queue that calls",
    "other rights of the user",
    "other name of the hours",
    "another flow description",
];
/// In-place edits of what is managed in an existing instance.
const IN_EXISTING: [&str; 8] = [
    "another tag",
    "another recording",
    "other words for the number",
    "another module",
    "a queue that calls",
    "other rights of the user",
    "other name of the hours",
    "another flow description",
];
/// Edits of that spec that replace resources, among them the instance.
const CONNECT_REPLACEMENTS: [&str; 8] = [
    "another alias",
    "a number of another country",
    "another bot",
    "no storage but one",
    "one more routing profile",
    "another name of the user",
    "no queue",
    "another bucket for prompts",
];

/// Edits that rename entries while something else changes.
const RENAMES: [&str; 2] = ["renamed entries", "more memory"];

impl Workload {
    /// Returns all workloads of a shipped spec: create, update in place, replace, destroy.
    pub fn all(spec: BaseSpec) -> Vec<Self> {
        let edits = |names: &[&str]| names.iter().filter_map(|name| Edit::named(name)).collect();
        if spec == BaseSpec::Center {
            return Self::of_the_center(edits);
        }
        if spec == BaseSpec::Existing {
            return vec![Self::Apply(spec), Self::Update(spec, "update", edits(&IN_EXISTING)), Self::Destroy(spec)];
        }
        vec![
            Self::Apply(spec),
            Self::Update(spec, "update", edits(&IN_PLACE)),
            Self::Update(spec, "replace", edits(&REPLACEMENTS)),
            Self::Update(spec, "rename", edits(&RENAMES)),
            Self::Destroy(spec),
        ]
    }

    /// Returns the workloads of the spec with all resource types that differ from those of the other specs.
    fn of_the_center(edits: impl Fn(&[&str]) -> Vec<Edit>) -> Vec<Self> {
        vec![
            Self::Apply(BaseSpec::Center),
            Self::Update(BaseSpec::Center, "update", edits(&IN_CONNECT)),
            Self::Update(BaseSpec::Center, "replace", edits(&CONNECT_REPLACEMENTS)),
            Self::Destroy(BaseSpec::Center),
        ]
    }

    /// Returns its name in the table.
    pub fn name(&self) -> String {
        match self {
            Self::Apply(spec) => format!("{}: apply", spec.name()),
            Self::Update(spec, name, _) => format!("{}: {name}", spec.name()),
            Self::Destroy(spec) => format!("{}: destroy", spec.name()),
        }
    }

    /// Returns the desired spec at the end.
    pub fn final_spec(&self) -> SpecEdits {
        match self {
            Self::Apply(spec) | Self::Destroy(spec) => SpecEdits::of(*spec),
            Self::Update(spec, _, edits) => SpecEdits { spec: *spec, edits: edits.clone() },
        }
    }

    fn is_destroy(&self) -> bool {
        matches!(self, Self::Destroy(_))
    }

    fn command(&self) -> Result<Command, Violation> {
        let wanted = self.final_spec().resolve().map_err(|fault| Violation::new("scenario", fault))?;
        Ok(if self.is_destroy() { Command::Destroy(wanted) } else { Command::Apply(wanted) })
    }

    /// Returns the workload with its initial account state and the calls that it makes without faults.
    ///
    /// # Errors
    /// Returns the violation if it fails even without faults.
    pub fn prepare(self) -> Result<PreparedWorkload, Violation> {
        let mut simulation = Simulation::begin(self.final_spec().spec, 0, None);
        if !matches!(self, Self::Apply(_)) {
            simulation.conclude(&SpecEdits::of(self.final_spec().spec), false)?;
        }
        let start = simulation.checkpoint();
        let command = self.command()?;
        let mut faultless = Simulation::resume(&start, 0, None);
        faultless.run(command.clone(), &Faults::new())?;
        let calls = faultless.last_run.clone();
        faultless.conclude(&self.final_spec(), self.is_destroy())?;
        Ok(PreparedWorkload { workload: self, start, command, calls })
    }
}

/// A workload that is ready for fault injection.
pub struct PreparedWorkload {
    /// The workload.
    pub workload: Workload,
    start: Checkpoint,
    command: Command,
    /// Operations of the calls that it makes without faults.
    pub calls: Vec<&'static str>,
}

/// One injected fault and its result.
#[derive(Debug, Clone)]
pub struct FaultPoint {
    /// Number of the call.
    pub call: usize,
    /// Injected fault.
    pub fault: Fault,
    /// Violated invariant, if any.
    pub violation: Option<Violation>,
    /// Trace of everything that happened.
    pub trace: String,
    /// Statistics of the runs.
    pub stats: Stats,
}

impl PreparedWorkload {
    /// Runs the workload with `fault` at `call`, and then without faults until no change is pending.
    pub fn run_with_fault(&self, call: usize, fault: Fault, defect: Option<Mutant>) -> FaultPoint {
        let mut simulation = Simulation::resume(&self.start, 1 + call as u64, defect);
        let verdict = simulation
            .run(self.command.clone(), &Faults::from([(At::Call(call), fault)]))
            .map(drop)
            .and_then(|()| simulation.conclude(&self.workload.final_spec(), self.workload.is_destroy()));
        FaultPoint { call, fault, violation: verdict.err(), trace: simulation.trace, stats: simulation.stats }
    }
}

/// The results of visited points, by workload.
#[derive(Debug, Default)]
pub struct Table {
    rows: BTreeMap<String, Row>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Row {
    calls: usize,
    visited: usize,
    failed: usize,
    stats: Stats,
}

impl Table {
    /// Adds a visited point of a workload that makes `calls` calls.
    pub fn add(&mut self, workload: &str, calls: usize, point: &FaultPoint) {
        let row = self.rows.entry(workload.to_owned()).or_default();
        row.calls = calls;
        row.visited += 1;
        row.failed += usize::from(point.violation.is_some());
        row.stats += point.stats;
    }

    /// Returns the number of points with a violation.
    pub fn failed(&self) -> usize {
        self.rows.values().map(|row| row.failed).sum()
    }

    /// Returns the table as in the README.
    pub fn markdown(&self) -> String {
        let mut text =
            String::from("| workload | calls | faults | points visited | violations | calls made |\n|---|--:|--:|--:|--:|--:|\n");
        let mut sum = Row::default();
        for (name, row) in &self.rows {
            let faults = Fault::ALL.len();
            let (calls, visited, failed, made) = (row.calls, row.visited, row.failed, row.stats.calls);
            let _ = writeln!(text, "| {name} | {calls} | {faults} | {visited} | {failed} | {made} |");
            sum.visited += visited;
            sum.failed += failed;
            sum.stats += row.stats;
        }
        let _ = writeln!(text, "| **all** | | | **{}** | **{}** | **{}** |", sum.visited, sum.failed, sum.stats.calls);
        text
    }
}
