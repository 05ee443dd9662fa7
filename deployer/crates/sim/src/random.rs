//! Scenarios generated from a seed.

use std::ops::Range;

use fastrand::Rng;

use crate::fault::{At, Fault, Faults};
use crate::invariants::Violation;
use crate::mutants::Mutant;
use crate::scenario::{Scenario, Step};
use crate::specs::{BaseSpec, Edit, SpecEdits};

/// Maximum position of a planned fault in a run, in calls and in changes. Shorter runs meet fewer faults.
const REACH: (usize, usize) = (140, 60);

/// Generates the scenario of a shipped spec from `seed`.
pub fn scenario(seed: u64) -> Scenario {
    scenario_of(None, seed)
}

/// Generates a scenario for this spec, or for a spec chosen by the seed.
pub fn scenario_of(spec: Option<BaseSpec>, seed: u64) -> Scenario {
    let mut rng = Rng::with_seed(seed);
    let drawn = BaseSpec::SHIPPED[rng.usize(..BaseSpec::SHIPPED.len())];
    let spec = spec.unwrap_or(drawn);
    let mut steps = Vec::new();
    let mut desired = SpecEdits::of(spec);
    for _ in 0..rng.usize(..3) {
        desired = edited(&mut rng, desired);
    }
    if rng.usize(..12) == 0 {
        steps.push(Step::Occupy { desired: desired.clone() });
        steps.push(Step::Apply { desired: desired.clone(), faults: faults(&mut rng) });
        steps.push(Step::Vacate { desired: desired.clone() });
    }
    for _ in 0..rng.usize(1..=5) {
        step(&mut rng, &mut desired, &mut steps);
    }
    // Resources of another project block every later apply, so no step follows.
    if rng.usize(..12) == 0 {
        steps.push(Step::TakeOver { number: rng.usize(..100) });
        steps.push(Step::Destroy { desired: desired.clone(), faults: faults(&mut rng) });
    }
    // Without a step that applies a spec there is nothing to converge to at the end.
    if !steps.iter().any(|step| {
        matches!(step, Step::Apply { .. } | Step::ApplySelected { .. } | Step::Together { .. } | Step::Converge { .. })
    }) {
        steps.insert(0, Step::Apply { desired, faults: faults(&mut rng) });
    }
    Scenario { seed, spec, steps, found: None }
}

/// Returns the first of these seeds whose simulation detects the mutant, with the violation.
pub fn first_failure(spec: Option<BaseSpec>, seeds: Range<u64>, defect: Mutant) -> Option<(u64, Violation)> {
    seeds.into_iter().find_map(|seed| Some((seed, scenario_of(spec, seed).execute(Some(defect)).1.err()?)))
}

fn step(rng: &mut Rng, desired: &mut SpecEdits, steps: &mut Vec<Step>) {
    match rng.usize(..118) {
        // Resources that a crashed run began to create are no longer in the spec of the next run.
        0..10 => {
            let other = edited(rng, desired.clone());
            let dies = [Fault::CrashBeforeSend, Fault::CrashAfterEffect][rng.usize(..2)];
            steps.push(Step::Converge { desired: desired.clone() });
            steps.push(Step::Apply { desired: other, faults: Faults::from([(At::Change(rng.usize(..8)), dies)]) });
            steps.push(if rng.usize(..4) > 0 {
                Step::Apply { desired: desired.clone(), faults: Faults::new() }
            } else {
                Step::Destroy { desired: desired.clone(), faults: Faults::new() }
            });
        }
        10..60 => {
            *desired = edited(rng, desired.clone());
            steps.push(Step::Apply { desired: desired.clone(), faults: faults(rng) });
        }
        60..68 => steps.push(Step::Destroy { desired: desired.clone(), faults: faults(rng) }),
        68..72 => steps.push(Step::Plan { desired: desired.clone() }),
        72..80 => {
            *desired = edited(rng, desired.clone());
            steps.push(Step::Together { desired: desired.clone(), faults: faults(rng), seconds: rng.u64(..40) });
        }
        80..84 => steps.push(Step::Wait { seconds: rng.u64(1..200) }),
        84..92 => steps.push(Step::ExternalChange { number: rng.usize(..100), deletes: rng.bool() }),
        // Another project takes over resources that the state and the spec still name.
        92..98 => {
            steps.push(Step::Converge { desired: desired.clone() });
            steps.push(Step::TakeOver { number: rng.usize(..100) });
            steps.push(Step::Apply { desired: desired.clone(), faults: faults(rng) });
            steps.push(Step::GiveBack);
        }
        // As for a lost state: resources named by it are found only while they are in the spec.
        98..104 => {
            steps.push(Step::Converge { desired: desired.clone() });
            steps.push(Step::ForgeState { number: rng.usize(..100), beside: rng.usize(..3) == 0 });
            steps.push(match rng.usize(..3) {
                0 => Step::Destroy { desired: desired.clone(), faults: faults(rng) },
                1 => Step::Apply { desired: desired.clone(), faults: faults(rng) },
                _ => Step::Plan { desired: desired.clone() },
            });
            steps.push(Step::Converge { desired: desired.clone() });
        }
        104..110 => {
            *desired = edited(rng, desired.clone());
            let (number, excludes) = (rng.usize(..1_000), rng.bool());
            steps.push(Step::ApplySelected { desired: desired.clone(), number, excludes, faults: faults(rng) });
        }
        // If the state is lost together with a change of the spec, nothing knows the resources it named, so the spec is the same before and
        // after.
        loss => {
            steps.push(Step::Converge { desired: desired.clone() });
            steps.push(if loss % 2 == 0 { Step::LoseState } else { Step::RollBackState { runs: rng.usize(1..4) } });
            steps.push(Step::Converge { desired: desired.clone() });
        }
    }
}

/// Adds or removes one edit if the result is a valid spec; returns it unchanged otherwise.
fn edited(rng: &mut Rng, desired: SpecEdits) -> SpecEdits {
    let edits: Vec<Edit> = Edit::drawn_for(desired.spec).collect();
    for _ in 0..5 {
        let mut other = desired.clone();
        if other.edits.is_empty() || rng.usize(..3) > 0 {
            let edit = edits[rng.usize(..edits.len())];
            if other.edits.contains(&edit) {
                continue;
            }
            other.edits.push(edit);
        } else {
            other.edits.remove(rng.usize(..other.edits.len()));
        }
        if other.resolve().is_ok() {
            return other;
        }
    }
    desired
}

fn faults(rng: &mut Rng) -> Faults {
    let many = [0, 1, 1, 1, 2, 2, 3, 4][rng.usize(..8)];
    (0..many).map(|_| fault(rng)).collect()
}

fn fault(rng: &mut Rng) -> (At, Fault) {
    // A run with little to do makes few calls.
    let within = [1, 4][rng.usize(..2)];
    let at = if rng.bool() { At::Call(rng.usize(..REACH.0 / within)) } else { At::Change(rng.usize(..REACH.1 / within)) };
    // An effect whose response is lost is the hardest case.
    let fault = match rng.usize(..4) {
        0 => [Fault::CrashAfterEffect, Fault::ResponseLost, Fault::LateEffect][rng.usize(..3)],
        _ => Fault::ALL[rng.usize(..Fault::ALL.len())],
    };
    (at, fault)
}
