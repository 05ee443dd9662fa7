//! An instance of somebody else that a spec uses: under faults, and under engines that treat it as their own, nothing unmanaged may change.

use sim::exhaustive::Workload;
use sim::fault::{Fault, Faults};
use sim::invariants::Violation;
use sim::machine::{Command, RunResult};
use sim::mutants::Mutant;
use sim::scenario::Simulation;
use sim::specs::{BaseSpec, Edit, SpecEdits};

/// Injects the fault at the first call of each of these operations. `sim exhaustive --spec existing` visits every point.
fn holds(workload: Workload, fault: Fault, operations: &[&str]) {
    let name = workload.name();
    let ready = workload.prepare().unwrap_or_else(|violation| panic!("{name}, without a fault: {violation}"));
    for operation in operations {
        let call = ready.calls.iter().position(|call| call == operation).unwrap_or_else(|| panic!("{name} calls no {operation}"));
        let point = ready.run_with_fault(call, fault, None);
        if let Some(violation) = point.violation {
            panic!("{name}, {operation}, {}: {violation}\n{}", fault.name(), point.trace);
        }
    }
}

#[test]
fn associations_of_a_killed_run_are_found_again() {
    holds(Workload::Apply(BaseSpec::Existing), Fault::CrashAfterEffect, &["AssociateBot", "AssociateLambdaFunction"]);
}

#[test]
fn lost_answers_of_a_destroy_change_nothing_unmanaged() {
    holds(Workload::Destroy(BaseSpec::Existing), Fault::ResponseLost, &["DisassociateBot"]);
}

/// Applies a spec with a bot that the instance has already, and destroys it.
fn uses_their_bot(mutant: Option<Mutant>) -> Result<(), Violation> {
    let mut simulation = Simulation::begin(BaseSpec::Existing, 1, mutant);
    let desired = SpecEdits::of(BaseSpec::Existing).with(Edit::named("a bot that is there").expect("an edit"));
    let wanted = desired.resolve().expect("a spec");
    let report = simulation.run(Command::Apply(wanted.clone()), &Faults::new())?;
    if mutant.is_none() {
        let RunResult::Ran(outcome) = &report.result else { panic!("{report:?}") };
        assert_eq!(outcome.counts.changes(), 0, "the whole plan is refused: {outcome:?}");
    }
    simulation.run(Command::Destroy(wanted), &Faults::new()).map(drop)
}

#[test]
fn their_bot_stays_and_taking_it_is_noticed() {
    uses_their_bot(None).unwrap_or_else(|violation| panic!("{violation}"));
    let violation = uses_their_bot(Some(Mutant::TakesAssociations)).expect_err("their bot was removed");
    assert_eq!(violation.invariant, "nothing_foreign", "{violation}");
}

#[test]
fn managing_the_instance_is_noticed() {
    let mut simulation = Simulation::begin(BaseSpec::Existing, 1, Some(Mutant::ManagesExisting));
    let wanted = SpecEdits::of(BaseSpec::Existing).resolve().expect("a spec");
    let violation = simulation.run(Command::Apply(wanted), &Faults::new()).map(drop).expect_err("the instance was tagged");
    assert!(["nothing_foreign", "nothing_unmanaged"].contains(&violation.invariant.as_str()), "{violation}");
}
