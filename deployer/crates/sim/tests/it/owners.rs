//! Takeover of each kind of resource by another project, and state records forged to name foreign resources.

use sim::fault::{At, Fault, Faults};
use sim::scenario::{Scenario, Step};
use sim::specs::{BaseSpec, SpecEdits};

/// More than the number of records of the spec with everything.
const ALL: usize = 40;

/// Applies, executes the step, and destroys. The simulation checks after every run that foreign resources are unchanged, and at the end
/// that nothing else is left.
fn holds(spec: BaseSpec, then: Step, faults: Faults) {
    let desired = SpecEdits::of(spec);
    let destroy = Step::Destroy { desired: desired.clone(), faults };
    let steps = vec![Step::Converge { desired }, then.clone(), destroy];
    let played = Scenario { seed: 1, spec, steps, found: None }.execute(None);
    played.1.unwrap_or_else(|violation| panic!("{then:?}: {violation}"));
}

fn in_parallel(cases: impl Iterator<Item = (usize, Step)>) {
    let cases: Vec<(usize, Step)> = cases.collect();
    std::thread::scope(|scope| {
        for part in cases.chunks(cases.len().div_ceil(2)) {
            scope.spawn(move || {
                for (number, step) in part {
                    let dies: Faults = [(At::Change(number % 7), Fault::CrashAfterEffect)].into();
                    let faults = if number % 2 == 0 { Faults::new() } else { dies };
                    holds(BaseSpec::Center, step.clone(), faults);
                }
            });
        }
    });
}

#[test]
fn taken_over_things_are_left_alone() {
    in_parallel((0..ALL).step_by(8).map(|number| (number, Step::TakeOver { number })));
}

#[test]
fn forged_records_are_not_believed() {
    in_parallel((0..ALL).step_by(5).map(|number| (number, Step::ForgeState { number, beside: number % 4 == 0 })));
}
