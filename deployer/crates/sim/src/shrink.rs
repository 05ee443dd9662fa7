//! Shrinks a failing simulation to a minimal one that violates the same invariant.

use crate::fault::Faults;
use crate::invariants::Violation;
use crate::mutants::Mutant;
use crate::scenario::{Scenario, Step};
use crate::specs::SpecEdits;

/// Returns the smallest scenario found that violates the same invariant, with the observed violation.
pub fn shrink(scenario: &Scenario, violation: Violation, defect: Option<Mutant>) -> Scenario {
    let mut smallest = Scenario { found: Some(violation), ..scenario.clone() };
    while let Some(smaller) = smaller(&smallest).into_iter().find_map(|candidate| still_fails(candidate, &smallest, defect)) {
        smallest = smaller;
    }
    smallest
}

fn still_fails(candidate: Scenario, original: &Scenario, defect: Option<Mutant>) -> Option<Scenario> {
    let found = candidate.execute(defect).1.err()?;
    let same = original.found.as_ref().is_some_and(|violation| violation.invariant == found.invariant);
    same.then_some(Scenario { found: Some(found), ..candidate })
}

/// Returns all scenarios with one element less, the largest elements first.
fn smaller(scenario: &Scenario) -> Vec<Scenario> {
    let with = |steps: Vec<Step>| Scenario { steps, ..scenario.clone() };
    let mut candidates = Vec::new();
    for index in 0..scenario.steps.len() {
        let mut steps = scenario.steps.clone();
        steps.remove(index);
        candidates.push(with(steps));
    }
    for (index, step) in scenario.steps.iter().enumerate() {
        for simpler in simpler(step) {
            let mut steps = scenario.steps.clone();
            steps[index] = simpler;
            candidates.push(with(steps));
        }
    }
    // An edit that is made in all specs is removed from all of them.
    let mut steps = scenario.steps.clone();
    let mut edits: Vec<_> = steps.iter_mut().filter_map(desired_of).flat_map(|desired| desired.edits.clone()).collect();
    edits.sort_unstable();
    edits.dedup();
    for edit in edits {
        let steps = scenario.steps.iter().cloned().map(|mut step| {
            if let Some(desired) = desired_of(&mut step) {
                desired.edits.retain(|other| *other != edit);
            }
            step
        });
        candidates.push(with(steps.collect()));
    }
    candidates
}

fn simpler(step: &Step) -> Vec<Step> {
    let mut simpler = Vec::new();
    if let Step::Together { desired, faults, .. } = step {
        simpler.push(Step::Apply { desired: desired.clone(), faults: faults.clone() });
    }
    if let Step::ApplySelected { desired, faults, .. } = step {
        simpler.push(Step::Apply { desired: desired.clone(), faults: faults.clone() });
    }
    for at in faults_of(step).into_iter().flat_map(Faults::keys) {
        let mut without = step.clone();
        if let Step::Apply { faults, .. }
        | Step::ApplySelected { faults, .. }
        | Step::Destroy { faults, .. }
        | Step::Together { faults, .. } = &mut without
        {
            faults.remove(at);
        }
        simpler.push(without);
    }
    simpler
}

fn faults_of(step: &Step) -> Option<&Faults> {
    match step {
        Step::Apply { faults, .. }
        | Step::ApplySelected { faults, .. }
        | Step::Destroy { faults, .. }
        | Step::Together { faults, .. } => Some(faults),
        _ => None,
    }
}

fn desired_of(step: &mut Step) -> Option<&mut SpecEdits> {
    match step {
        Step::Apply { desired, .. }
        | Step::ApplySelected { desired, .. }
        | Step::Destroy { desired, .. }
        | Step::Plan { desired }
        | Step::Together { desired, .. }
        | Step::Converge { desired }
        | Step::Occupy { desired }
        | Step::Vacate { desired } => Some(desired),
        Step::TakeOver { .. }
        | Step::GiveBack
        | Step::ForgeState { .. }
        | Step::LoseState
        | Step::RollBackState { .. }
        | Step::Wait { .. }
        | Step::ExternalChange { .. } => None,
    }
}
