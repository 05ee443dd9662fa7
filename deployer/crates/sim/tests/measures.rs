//! What runs cost where nothing goes wrong: exact, because time is virtual.

use sim::measure::{Cost, Subject, costs, generated, makespan};

fn cost(name: &'static str, calls: usize, depth: u64) -> Cost {
    Cost { name, calls, depth }
}

#[test]
fn shipped_stack_costs_these_calls() {
    let subject = Subject::shipped(false).expect("the spec is good");
    let costs = costs(&subject).expect("nothing goes wrong");
    assert_eq!(costs, [cost("apply", 0, 0), cost("no-op", 0, 0), cost("change", 0, 0), cost("destroy", 0, 0)]);
}

#[test]
fn shipped_stack_with_connect_costs_these_calls() {
    let subject = Subject::shipped(true).expect("the spec is good");
    let costs = costs(&subject).expect("nothing goes wrong");
    assert_eq!(costs, [cost("apply", 0, 0), cost("no-op", 0, 0), cost("change", 0, 0), cost("destroy", 0, 0)]);
}

#[test]
fn applies_come_near_the_critical_path() {
    let mut ratios: Vec<f64> = Vec::new();
    for seed in 0..10 {
        let subject = if seed % 2 == 0 { Subject::shipped(false) } else { generated(seed) };
        let makespan = makespan(&subject.expect("a good spec"), seed).expect("nothing goes wrong");
        assert!(makespan.ratio() <= 1.15, "seed {seed}: {makespan:?}");
        ratios.push(makespan.ratio());
    }
    ratios.sort_by(f64::total_cmp);
    assert!(ratios[ratios.len() / 2] <= 1.05, "{ratios:?}");
}
