//! Exact costs of runs without faults, in virtual time.

use sim::measure::{Cost, MeasuredStack, costs};

fn cost(name: &'static str, calls: usize, depth: u64) -> Cost {
    Cost { name, calls, depth }
}

#[test]
fn shipped_stack_costs_these_calls() {
    let subject = MeasuredStack::shipped(false).expect("the spec is good");
    let costs = costs(&subject).expect("nothing goes wrong");
    // Four of the calls of the apply wait for new resources: they are omitted where the resources are available immediately.
    assert_eq!(costs, [cost("apply", 34, 6), cost("no-op", 23, 1), cost("change", 25, 3), cost("destroy", 30, 6)]);
}
