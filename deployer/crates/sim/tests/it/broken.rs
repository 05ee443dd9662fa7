//! The invariants detect defects: each engine with one defect is detected, and the failing scenario is shrunk.

use sim::fault::{At, Fault, Faults};
use sim::invariants::Violation;
use sim::mutants::Mutant;
use sim::random;
use sim::scenario::{Scenario, Step};
use sim::shrink::shrink;
use sim::specs::{BaseSpec, Edit, SpecEdits};

/// Number of random simulations of a defective engine before it counts as undetected.
const SEEDS: u64 = 200;

/// Upper bound of the number of calls of an apply that can change resources.
const CHANGES: usize = 60;

fn apply(edits: &[&str], faults: Faults) -> Step {
    let edits = edits.iter().map(|name| Edit::named(name).expect("an edit")).collect();
    Step::Apply { desired: SpecEdits { spec: BaseSpec::Dev, edits }, faults }
}

/// Returns scenarios that random simulations seldom generate: this fault at one change of an apply, followed by another spec.
fn faulty(fault: Fault, then: &[&str]) -> impl Iterator<Item = Scenario> {
    (0..CHANGES).map(move |change| {
        let steps = vec![apply(&[], [(At::Change(change), fault)].into()), apply(then, Faults::new())];
        Scenario { seed: 1, spec: BaseSpec::Dev, steps, found: None }
    })
}

/// Returns the first simulation that detects a defect.
fn noticed(defect: Mutant) -> Option<(Scenario, Violation)> {
    let failing = |scenario: Scenario| Some((scenario.clone(), scenario.execute(Some(defect)).1.err()?));
    match defect {
        Mutant::RepeatsBlindly => faulty(Fault::ResponseLost, &[]).find_map(failing),
        Mutant::ForgetsIntent => faulty(Fault::CrashAfterEffect, &["no api"]).find_map(failing),
        Mutant::RemovesFirst => {
            let steps = vec![apply(&[], Faults::new()), apply(&["another stage"], Faults::new())];
            failing(Scenario { seed: 1, spec: BaseSpec::Dev, steps, found: None })
        }
        Mutant::ForgetsFormerAddresses => {
            let steps = vec![apply(&[], Faults::new()), Step::LoseState, apply(&["renamed entries"], Faults::new())];
            failing(Scenario { seed: 1, spec: BaseSpec::Dev, steps, found: None })
        }
        _ => {
            let (seed, violation) = random::first_failure(None, 0..SEEDS, defect)?;
            Some((random::scenario(seed), violation))
        }
    }
}

#[test]
fn every_broken_engine_is_noticed() {
    let unnoticed: Vec<&str> = std::thread::scope(|scope| {
        let found = Mutant::ALL.map(|defect| (defect, scope.spawn(move || noticed(defect))));
        let lost = found.into_iter().filter_map(|(defect, found)| match found.join().expect("no simulation panics") {
            Some(_) => None,
            None => Some(defect.name()),
        });
        lost.collect()
    });
    assert!(unnoticed.is_empty(), "nothing noticed an engine that {}", unnoticed.join(", or one that "));
}

#[test]
fn removing_first_is_noticed() {
    let (scenario, violation) = noticed(Mutant::RemovesFirst).expect("the stage goes before there is another one");
    assert!(["serves", "carried_out"].contains(&violation.invariant.as_str()), "{violation}");
    scenario.execute(None).1.expect("the engine without the defect holds");
}

#[test]
fn forgetting_former_addresses_is_noticed() {
    let (scenario, violation) = noticed(Mutant::ForgetsFormerAddresses).expect("renamed resources are not found again");
    assert_eq!(violation.invariant, "converges", "{violation}");
    scenario.execute(None).1.expect("the engine without the defect holds");
}

#[test]
fn what_fails_is_made_small_and_still_fails() {
    let defect = Mutant::ForgetsIntent;
    let (mut scenario, _) = noticed(defect).expect("it is noticed");
    scenario.steps.insert(0, Step::Plan { desired: SpecEdits::of(BaseSpec::Dev) });
    scenario.steps.insert(2, Step::Wait { seconds: 7 });
    let violation = scenario.execute(Some(defect)).1.expect_err("more steps change nothing");
    let smallest = shrink(&scenario, violation, Some(defect));
    let found = smallest.found.clone().expect("what was seen is kept");
    assert_eq!(smallest.execute(Some(defect)).1, Err(found));
    assert!(smallest.steps.len() < scenario.steps.len(), "{scenario:#?}\n{smallest:#?}");
    smallest.execute(None).1.expect("the engine without the defect holds");
}
