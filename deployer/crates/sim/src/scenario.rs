//! A simulation: its steps in order, the injected faults, and all checks on the way.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::OnceLock;
use std::time::Duration;

use deployer_emulator::AccountState;
use deployer_engine::state::Superseded;
use deployer_engine::{Address, ErrorClass, Graph, PhysicalId, RunStatus, Selection, State};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::external_changes::{TAKER, change_externally, make_by_hand, recorded_id, tag_as, take_name, taken_with};
use crate::fault::{Faults, LATE};
use crate::invariants::nothing_unmanaged::unmanaged;
use crate::invariants::serves::AvailabilityProbe;
use crate::invariants::{
    Verdict, Violation, budget_is_counted, carried_out, converges, dependency_order, destroy_leaves_nothing, dry_is_dry,
    idempotent, no_duplicate, no_orphan, no_secret, nothing_foreign, nothing_unmanaged, one_writer, plan_is_truth, serves,
    state_is_rebuilt,
};
use crate::inventory::{LiveResource, inventory};
use crate::machine::{Command, Report, RunResult, RunSettings, Testbed};
use crate::mutants::Mutant;
use crate::specs::{BaseSpec, DesiredSpec, SpecEdits};
pub use crate::step::Step;
use crate::store::Store;
use crate::time::Time;

/// Name of the project in every shipped spec.
const PROJECT: &str = "vanity";

/// Age of the resources of other owners in the account: longer than the longest quota window.
const LONG_AGO: Duration = Duration::from_secs(200 * 86_400);
/// Time after which every quota is available in full again.
const BUDGETS: Duration = Duration::from_secs(181 * 86_400);

/// A scenario that can be executed repeatedly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Seed of all randomness.
    pub seed: u64,
    /// The spec of every step.
    pub spec: BaseSpec,
    /// The steps.
    pub steps: Vec<Step>,
    /// The violation seen when the scenario was found; empty once it is fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Violation>,
}

/// Statistics of a simulation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Number of runs of the deployer.
    pub runs: usize,
    /// Number of AWS calls.
    pub calls: usize,
    /// Number of faults that occurred.
    pub faults: usize,
}

impl std::ops::AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.calls += other.calls;
        self.faults += other.faults;
    }
}

/// A running simulation.
pub struct Simulation {
    time: Time,
    testbed: Testbed,
    spec: BaseSpec,
    store: Store,
    mutant: Option<Mutant>,
    /// Whether runs may adopt what has no tags that name its owner: without a state, the bot of an existing instance.
    adopts: bool,
    /// What the next run may change.
    selection: Selection,
    seed: u64,
    foreign: Vec<LiveResource>,
    /// The foreign resources that were taken over from us, as they were then.
    taken: Vec<LiveResource>,
    past: Vec<Option<Vec<u8>>>,
    /// The graph of the last complete apply; `None` after any later step.
    applied: Option<Graph>,
    /// Whether the state has existed from the beginning and no third party has touched resources that count against quotas.
    counts: bool,
    /// Operations called by the last run.
    pub last_run: Vec<&'static str>,
    /// Description of all events.
    pub trace: String,
    /// Statistics so far.
    pub stats: Stats,
}

/// A point from which simulations can be resumed.
#[derive(Clone)]
pub struct Checkpoint {
    now: OffsetDateTime,
    world: AccountState,
    spec: BaseSpec,
    foreign: Vec<LiveResource>,
}

/// Returns an account that already contains resources of other owners.
fn occupied_account() -> &'static Checkpoint {
    static INHABITED: OnceLock<Checkpoint> = OnceLock::new();
    INHABITED.get_or_init(|| {
        let time = Time::default();
        let testbed = Testbed::empty(&time);
        let wanted = SpecEdits::of(BaseSpec::Center).of_another_project();
        let wanted = wanted.unwrap_or_else(|fault| unreachable!("a spec under another name: {fault}"));
        let done = time.run(async {
            let report = testbed.run(Command::Apply(wanted), &RunSettings::without_faults(0)).await;
            for shipped in BaseSpec::ALL {
                make_by_hand(&testbed.cloud, &format!("vanity-{}", shipped.name()), "nobody").await;
            }
            report
        });
        let applied = matches!(&done, Ok(Report { result: RunResult::Ran(outcome), .. }) if outcome.status == RunStatus::Applied);
        assert!(applied, "a run without faults into an empty account: {done:?}");
        let world = testbed.cloud.account_state();
        let foreign = inventory(&world);
        // Advanced so far that the quotas used by these resources are available again.
        Checkpoint { now: time.now() + LONG_AGO, world, spec: BaseSpec::Dev, foreign }
    })
}

/// Returns an account that already contains resources of other owners, among them a Connect instance, and its time.
pub fn account_of_others() -> (AccountState, OffsetDateTime) {
    let there = occupied_account();
    (there.world.clone(), there.now)
}

impl Simulation {
    /// Starts a simulation in an account that already contains resources of other owners.
    pub fn begin(spec: BaseSpec, seed: u64, defect: Option<Mutant>) -> Self {
        Self::resume(&Checkpoint { spec, ..occupied_account().clone() }, seed, defect)
    }

    /// Resumes a simulation from a checkpoint.
    pub fn resume(from: &Checkpoint, seed: u64, defect: Option<Mutant>) -> Self {
        let time = Time::at(from.now);
        let testbed = Testbed::from_world(&time, from.world.clone(), seed);
        let store = Store::new(&testbed.cloud, PROJECT, from.spec.name());
        let (foreign, past) = (from.foreign.clone(), Vec::new());
        Self {
            time,
            testbed,
            spec: from.spec,
            store,
            mutant: defect,
            adopts: false,
            selection: Selection::default(),
            seed,
            foreign,
            taken: Vec::new(),
            past,
            applied: None,
            counts: true,
            last_run: Vec::new(),
            trace: String::new(),
            stats: Stats::default(),
        }
    }

    /// Returns a checkpoint of the present point. No run may be in progress.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            now: self.time.now(),
            world: self.testbed.cloud.account_state(),
            spec: self.spec,
            foreign: self.foreign.clone(),
        }
    }

    fn setting(&mut self, faults: &Faults) -> RunSettings {
        self.stats.runs += 1;
        // Makes the seeds of different simulations and runs distinct.
        let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(self.stats.runs as u64);
        let selection = std::mem::take(&mut self.selection);
        RunSettings {
            faults: faults.clone(),
            mutant: self.mutant,
            adopt: self.adopts,
            selection,
            ..RunSettings::without_faults(seed)
        }
    }

    fn drive<F: Future>(&self, work: F) -> Result<F::Output, Violation> {
        let done = self.time.run(work);
        self.time.clear();
        done.map_err(|_| Violation::new("converges", "a run waits for ever"))
    }

    /// Executes a run and checks it.
    ///
    /// # Errors
    /// Returns the first violated invariant.
    pub fn run(&mut self, command: Command, faults: &Faults) -> Result<Report, Violation> {
        let setting = self.setting(faults);
        let graph = self.true_dependencies(&command);
        let before = self.store.bytes();
        let wanted = command.wanted().clone();
        let used = wanted.unresolved.is_some().then(|| unmanaged(&self.testbed.cloud.account_state(), &wanted));
        let watch = match &command {
            // An excluded resource may be one that a route needs.
            Command::Apply(wanted) if setting.selection.is_everything() => {
                Some(AvailabilityProbe::of(&self.testbed.cloud.account_state(), wanted))
            }
            Command::Apply(_) | Command::Plan(_) | Command::Destroy(_) => None,
        };
        *self.testbed.cloud.watch() = watch;
        let report = self.drive(self.testbed.run(command, &setting))?;
        let watch = self.testbed.cloud.watch().take();
        self.note(&report);
        watch.as_ref().map_or(Ok(()), serves::check)?;
        let after = self.store.bytes();
        dry_is_dry::check(&report, (&before, &after))?;
        self.check_run(&report, &graph)?;
        if let Some(used) = used {
            nothing_unmanaged::check(&used, &unmanaged(&self.testbed.cloud.account_state(), &wanted))?;
        }
        self.past.push(after);
        Ok(report)
    }

    /// Returns the dependencies known without the engine: those of the spec or, for a destroy, of the last apply.
    fn true_dependencies(&mut self, command: &Command) -> Graph {
        let graph = &command.wanted().graph;
        let applied = match command {
            Command::Plan(_) => return graph.clone(),
            Command::Apply(_) => {
                self.applied = None;
                return graph.clone();
            }
            Command::Destroy(_) => self.applied.take(),
        };
        applied.filter(|applied| applied.nodes.keys().eq(graph.nodes.keys())).unwrap_or_default()
    }

    fn check_run(&self, report: &Report, graph: &Graph) -> Verdict {
        one_writer::check(report)?;
        idempotent::check(report)?;
        plan_is_truth::check(report)?;
        dependency_order::check(report, graph)?;
        no_secret::check(report, self.store.bytes().as_deref(), &self.testbed.cloud.emulator.account_state())?;
        nothing_foreign::check(&self.foreign, &inventory(&self.testbed.cloud.emulator.account_state()))
    }

    fn note(&mut self, report: &Report) {
        self.last_run = report.entries.iter().map(|entry| entry.operation).collect();
        self.stats.calls += report.entries.len();
        self.stats.faults += report.entries.iter().filter(|entry| entry.fault.is_some()).count();
        for entry in &report.entries {
            let fault = entry.fault.map(|fault| format!("  <- {}", fault.name())).unwrap_or_default();
            let _ = writeln!(self.trace, "{} {}:{} {}{fault}", entry.at, entry.service, entry.operation, entry.status);
        }
        let _ = writeln!(self.trace, "{} {}", self.time.now(), ended(&report.result));
    }

    /// Executes two concurrent runs, the second starting a moment later.
    fn together(&mut self, wanted: &DesiredSpec, faults: &Faults, seconds: u64) -> Verdict {
        let (first, second) = (self.setting(faults), self.setting(&Faults::new()));
        let (testbed, time) = (self.testbed.clone(), self.time.clone());
        let (one, two) = self.drive(async {
            let one = testbed.run(Command::Apply(wanted.clone()), &first);
            let two = async {
                time.sleep(Duration::from_secs(seconds)).await;
                testbed.run(Command::Apply(wanted.clone()), &second).await
            };
            futures::join!(one, two)
        })?;
        for report in [&one, &two] {
            self.note(report);
            self.check_run(report, &wanted.graph)?;
        }
        self.past.push(self.store.bytes());
        Ok(())
    }

    /// Executes a step.
    ///
    /// # Errors
    /// Returns the first violated invariant.
    pub fn step(&mut self, step: &Step) -> Verdict {
        let _ = writeln!(self.trace, "== {}", serde_json::to_string(step).unwrap_or_default());
        match step {
            Step::Apply { desired, faults } => self.run(Command::Apply(wanted(desired)?), faults).map(drop),
            Step::ApplySelected { desired, number, excludes, faults } => {
                let wanted = wanted(desired)?;
                self.selection = self.selection_of(&wanted, *number, *excludes);
                self.run(Command::Apply(wanted), faults).map(drop)
            }
            Step::Destroy { desired, faults } => self.run(Command::Destroy(wanted(desired)?), faults).map(drop),
            Step::Plan { desired } => self.run(Command::Plan(wanted(desired)?), &Faults::new()).map(drop),
            Step::Together { desired, faults, seconds } => self.together(&wanted(desired)?, faults, *seconds),
            Step::Converge { desired } => {
                self.give_back()?;
                self.settle()?;
                self.conclude(desired, false)
            }
            Step::Occupy { desired } => self.occupy(&wanted(desired)?, true),
            Step::Vacate { desired } => self.occupy(&wanted(desired)?, false),
            Step::TakeOver { number } => self.take_over(*number),
            Step::GiveBack => self.give_back(),
            Step::ForgeState { number, beside } => self.forge(*number, *beside),
            Step::LoseState => {
                self.counts = false;
                self.store.replace(None);
                Ok(())
            }
            Step::RollBackState { runs } => {
                self.counts = false;
                let past = self.past.len().checked_sub(runs + 1).and_then(|index| self.past.get(index));
                if let Some(past) = past {
                    self.store.replace(past.clone());
                }
                Ok(())
            }
            Step::Wait { seconds } => {
                self.time.pass(Duration::from_secs(*seconds));
                Ok(())
            }
            Step::ExternalChange { number, deletes } => self.external_change(*number, *deletes),
        }
    }

    /// Returns a selection by one of the addresses that the spec or the state has.
    fn selection_of(&self, wanted: &DesiredSpec, number: usize, excludes: bool) -> Selection {
        let state = self.store.bytes().and_then(|bytes| serde_json::from_slice::<State>(&bytes).ok());
        let mut addresses: BTreeSet<Address> = wanted.graph.nodes.keys().cloned().collect();
        addresses.extend(state.into_iter().flat_map(|state| state.resources.into_keys()));
        let chosen: BTreeSet<Address> = addresses.iter().nth(number % addresses.len().max(1)).cloned().into_iter().collect();
        match excludes {
            true => Selection { excludes: chosen, ..Selection::default() },
            false => Selection { targets: chosen, ..Selection::default() },
        }
    }

    /// Creates or deletes a third party's resource under a name that the spec uses; no effect if the name is taken.
    fn occupy(&mut self, wanted: &DesiredSpec, makes: bool) -> Verdict {
        let Some(name) = log_group(wanted) else { return Ok(()) };
        let before = inventory(&self.testbed.cloud.emulator.account_state());
        let there = before.iter().find(|thing| thing.type_name == "logs.group" && thing.id == name);
        if makes != there.is_none() || there.is_some_and(|thing| thing.belongs_to(wanted)) {
            return Ok(());
        }
        self.drive(take_name(&self.testbed.cloud, &name, makes))?;
        self.foreign.retain(|thing| !(thing.type_name == "logs.group" && thing.id == name));
        let after = inventory(&self.testbed.cloud.emulator.account_state());
        self.foreign.extend(after.into_iter().filter(|thing| makes && thing.type_name == "logs.group" && thing.id == name));
        Ok(())
    }

    /// Waits for all effects still in progress.
    fn settle(&mut self) -> Verdict {
        if self.testbed.cloud.is_anything_under_way() {
            self.time.pass(LATE);
        }
        self.drive(self.testbed.cloud.settle())
    }

    fn external_change(&mut self, number: usize, deletes: bool) -> Verdict {
        let things = inventory(&self.testbed.cloud.emulator.account_state());
        let ours: Vec<&LiveResource> = things.iter().filter(|thing| !self.foreign.contains(thing)).collect();
        let Some(thing) = ours.get(number % ours.len().max(1)) else { return Ok(()) };
        self.counts &= !(deletes && ["connect.instance", "connect.phone_number"].contains(&thing.type_name));
        let did = self.drive(change_externally(&self.testbed.cloud, thing, deletes))?;
        let _ = writeln!(self.trace, "{} {did}", self.time.now());
        Ok(())
    }

    /// Transfers one of our resources and its dependents to another project.
    fn take_over(&mut self, number: usize) -> Verdict {
        self.settle()?;
        // By then pending creations and changes are complete and no run is active any more.
        self.time.pass(LATE);
        let things = inventory(&self.testbed.cloud.emulator.account_state());
        let ours: Vec<&LiveResource> = things.iter().filter(|thing| !self.foreign.contains(thing)).collect();
        let known: Vec<&&LiveResource> = ours.iter().filter(|thing| !taken_with(thing.type_name).is_empty()).collect();
        let Some(chosen) = known.get(number % known.len().max(1)) else { return Ok(()) };
        let types = taken_with(chosen.type_name);
        let belongs = |thing: &&&LiveResource| match types {
            // A single resource and its children.
            [one] if !one.ends_with('.') => thing.id == chosen.id || thing.parent.as_ref() == Some(&chosen.id),
            some => some.iter().any(|prefix| thing.type_name.starts_with(prefix)),
        };
        let taken: Vec<LiveResource> = ours.iter().filter(belongs).map(|thing| (*thing).clone()).collect();
        self.counts &= !taken.iter().any(|thing| ["connect.instance", "connect.phone_number"].contains(&thing.type_name));
        let testbed = self.testbed.clone();
        self.drive(async {
            for thing in &taken {
                tag_as(&testbed.cloud, thing, TAKER).await;
            }
        })?;
        let _ = writeln!(self.trace, "{} taken over: {} and {} more", self.time.now(), chosen.id, taken.len() - 1);
        let after = inventory(&self.testbed.cloud.emulator.account_state());
        let is_taken = |thing: &LiveResource| taken.iter().any(|was| same(was, thing));
        self.foreign.extend(after.into_iter().filter(is_taken));
        self.taken.extend(taken);
        Ok(())
    }

    fn give_back(&mut self) -> Verdict {
        let testbed = self.testbed.clone();
        let taken = std::mem::take(&mut self.taken);
        self.drive(async {
            for thing in &taken {
                tag_as(&testbed.cloud, thing, PROJECT).await;
            }
        })?;
        self.foreign.retain(|thing| !taken.iter().any(|was| same(was, thing)));
        Ok(())
    }

    /// Writes the id of a foreign resource into the state: of one whose tags name an owner. One without any tags is taken for ours that has
    /// lost them, see `security.md`.
    fn forge(&mut self, number: usize, beside: bool) -> Verdict {
        let state = self.store.bytes().and_then(|bytes| serde_json::from_slice::<State>(&bytes).ok());
        let Some(mut state) = state else { return Ok(()) };
        let theirs = |type_name: &str| {
            let is_owned = |thing: &&LiveResource| thing.type_name == type_name && thing.tags.contains_key("deployer:project");
            let mut theirs = self.foreign.iter().filter(is_owned);
            theirs.find_map(recorded_id)
        };
        let forged: Vec<_> = state
            .resources
            .iter()
            .filter_map(|(address, record)| Some((address.clone(), PhysicalId(theirs(&record.type_name)?))))
            .collect();
        let Some((address, id)) = forged.get(number % forged.len().max(1)) else { return Ok(()) };
        let _ = writeln!(self.trace, "{} forged: {address} is {id}", self.time.now());
        self.counts = false;
        let Some(record) = state.resources.get_mut(address) else { return Ok(()) };
        if beside {
            let record = deployer_engine::Record { id: id.clone(), ..record.clone() };
            state.superseded.push(Superseded { address: address.clone(), record });
        } else {
            record.id = id.clone();
        }
        let bytes = state.to_bytes().map_err(|error| Violation::new("scenario", error.to_string()))?;
        self.store.replace(Some(bytes));
        Ok(())
    }

    /// Runs without faults until nothing is left to do, and checks that the account matches the spec.
    ///
    /// # Errors
    /// Returns the first violated invariant.
    pub fn conclude(&mut self, desired: &SpecEdits, destroyed: bool) -> Verdict {
        let wanted = wanted(desired)?;
        let _ = writeln!(self.trace, "== conclude");
        let command = if destroyed { Command::Destroy(wanted.clone()) } else { Command::Apply(wanted.clone()) };
        let mut runs = Vec::new();
        let (mut waited, mut restored) = (0, 0);
        while runs.len() < converges::RUNS {
            let report = self.run(command.clone(), &Faults::new())?;
            if has_no_budget(&report) && restored < 2 {
                restored += 1;
                self.time.pass(BUDGETS);
                continue;
            }
            carried_out::check(&report)?;
            let end = match &report.result {
                RunResult::Ran(outcome) => Some(outcome.status),
                // The lease owner has crashed: the lease expires.
                RunResult::Refused(error) if error.class == ErrorClass::Conflict && waited < 60 => {
                    waited += 10;
                    self.time.pass(Duration::from_secs(10));
                    continue;
                }
                _ => None,
            };
            if let Some(first) = runs.last() {
                converges::check_again(first, &report)?;
            }
            runs.push(report);
            if end == Some(RunStatus::NothingToDo) {
                break;
            }
        }
        converges::check(&runs)?;
        if self.counts {
            let world = self.testbed.cloud.account_state();
            budget_is_counted::check(self.store.bytes().as_deref(), &world, occupied_account().now, self.time.now())?;
        }
        let things = inventory(&self.testbed.cloud.emulator.account_state());
        if destroyed {
            return destroy_leaves_nothing::check(&self.foreign, &things);
        }
        no_duplicate::check(&things, &wanted)?;
        no_orphan::check(&things, &wanted, self.store.bytes().as_deref())?;
        self.applied = Some(wanted.graph);
        Ok(())
    }

    /// Loses the state and checks that the next plan finds every resource again.
    ///
    /// # Errors
    /// Returns a violation if it does not.
    pub fn lose_and_rebuild(&mut self, desired: &SpecEdits) -> Verdict {
        let state = self.store.bytes();
        self.store.replace(None);
        self.adopts = desired.spec == BaseSpec::Existing;
        let report = self.run(Command::Plan(wanted(desired)?), &Faults::new());
        self.adopts = false;
        let report = report?;
        self.store.replace(state);
        state_is_rebuilt::check(&report)
    }
}

/// Returns whether both are the same resource, whatever has changed.
fn same(one: &LiveResource, other: &LiveResource) -> bool {
    (one.type_name, &one.id, &one.parent) == (other.type_name, &other.id, &other.parent)
}

/// Returns whether a run stopped because an account quota is exhausted: by its plan or, if the state records less than was used, by AWS.
fn has_no_budget(report: &Report) -> bool {
    let RunResult::Ran(outcome) = &report.result else { return false };
    let spent = |error: &deployer_engine::Error| {
        error.class == ErrorClass::Refused || error.message.contains("200 %") || error.message.contains("has been flagged")
    };
    outcome.status == RunStatus::Failed && outcome.errors.iter().all(|failure| spent(&failure.error))
}

/// Returns a name that the spec uses and that a third party may have taken.
fn log_group(wanted: &DesiredSpec) -> Option<String> {
    let node = wanted.graph.nodes.values().find(|node| node.type_name == "logs.group")?;
    node.properties.resolve(&|_| None).value["name"].as_str().map(str::to_owned)
}

fn wanted(desired: &SpecEdits) -> Result<DesiredSpec, Violation> {
    desired.resolve().map_err(|fault| Violation::new("scenario", fault))
}

fn ended(ended: &RunResult) -> String {
    match ended {
        RunResult::Crashed => "crashed".to_owned(),
        RunResult::Planned(planned) => format!("planned {:?}", planned.plan.summary),
        RunResult::Ran(outcome) => {
            let mut text = format!("{:?} {:?}", outcome.status, outcome.counts);
            for failure in &outcome.errors {
                let address = failure.address.as_ref().map_or("", |address| address.as_str());
                let _ = write!(text, "\n  {address}: {}", failure.error);
            }
            text
        }
        RunResult::Refused(error) => format!("refused: {error}"),
    }
}

impl Scenario {
    /// Executes every step, then concludes: applies (or destroys) the last spec until nothing is left to do, loses the state and finds
    /// every resource again, and destroys everything.
    pub fn execute(&self, defect: Option<Mutant>) -> (Simulation, Verdict) {
        let mut simulation = Simulation::begin(self.spec, self.seed, defect);
        let verdict = self.execute_in(&mut simulation);
        (simulation, verdict)
    }

    fn execute_in(&self, simulation: &mut Simulation) -> Verdict {
        let mut last: Option<(&SpecEdits, bool)> = None;
        for step in &self.steps {
            simulation.step(step)?;
            last = match step {
                Step::Apply { desired, .. }
                | Step::ApplySelected { desired, .. }
                | Step::Together { desired, .. }
                | Step::Converge { desired } => Some((desired, false)),
                Step::Destroy { desired, .. } => Some((desired, true)),
                _ => last,
            };
        }
        let Some((desired, destroyed)) = last else { return Ok(()) };
        if !destroyed {
            simulation.give_back()?;
        }
        simulation.settle()?;
        simulation.conclude(desired, destroyed)?;
        if !destroyed {
            simulation.lose_and_rebuild(desired)?;
            simulation.conclude(desired, true)?;
        }
        Ok(())
    }
}
