//! An instance of somebody else that a spec uses: under faults, and under engines that treat it as their own, nothing unmanaged may change.

use sim::exhaustive::Workload;
use sim::fault::{Fault, Faults};
use sim::invariants::Violation;
use sim::machine::{Command, RunResult};
use sim::mutants::Mutant;
use sim::scenario::Simulation;
use sim::specs::{BaseSpec, Edit, SpecEdits};

/// Injects faults at calls that are spread over the workload: each fault at every nth call, beginning at a different one.
fn holds(workload: Workload, every: usize) {
    let name = workload.name();
    let ready = workload.prepare().unwrap_or_else(|violation| panic!("{name}, without a fault: {violation}"));
    let mut visited = 0;
    for (shift, fault) in Fault::ALL.into_iter().enumerate() {
        let calls = (shift * 7 % every..ready.calls.len()).step_by(every);
        for call in calls.filter(|call| fault.applies_to(ready.calls[*call])) {
            let point = ready.run_with_fault(call, fault, None);
            visited += 1;
            if let Some(violation) = point.violation {
                panic!("{name}, call {call}, {}: {violation}\n{}", fault.name(), point.trace);
            }
        }
    }
    assert!(visited > 0, "{name}");
}

#[test]
fn faults_change_nothing_unmanaged() {
    std::thread::scope(|scope| {
        for workload in Workload::all(BaseSpec::Existing) {
            scope.spawn(move || holds(workload, 211));
        }
    });
}

/// Applies a spec with a bot that the instance has already, and destroys it.
fn uses_their_bot(mutant: Option<Mutant>) -> Result<(), Violation> {
    let mut play = Simulation::begin(BaseSpec::Existing, 1, mutant);
    let wish = SpecEdits::of(BaseSpec::Existing).with(Edit::named("a bot that is there").expect("an edit"));
    let wanted = wish.resolve().expect("a spec");
    let report = play.run(Command::Apply(wanted.clone()), &Faults::new())?;
    if mutant.is_none() {
        let RunResult::Ran(outcome) = &report.result else { panic!("{report:?}") };
        assert_eq!(outcome.counts.changes(), 0, "the whole plan is refused: {outcome:?}");
    }
    play.run(Command::Destroy(wanted), &Faults::new()).map(drop)
}

#[test]
fn their_bot_stays_and_taking_it_is_noticed() {
    uses_their_bot(None).unwrap_or_else(|violation| panic!("{violation}"));
    let violation = uses_their_bot(Some(Mutant::TakesAssociations)).expect_err("their bot was removed");
    assert_eq!(violation.invariant, "nothing_foreign", "{violation}");
}

#[test]
fn managing_the_instance_is_noticed() {
    let mut play = Simulation::begin(BaseSpec::Existing, 1, Some(Mutant::ManagesExisting));
    let wanted = SpecEdits::of(BaseSpec::Existing).resolve().expect("a spec");
    let violation = play.run(Command::Apply(wanted), &Faults::new()).map(drop).expect_err("the instance was tagged");
    assert!(["nothing_foreign", "nothing_unmanaged"].contains(&violation.invariant.as_str()), "{violation}");
}
