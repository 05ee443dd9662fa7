//! The engine's work for a graph grows at most linearly with its size.

#[path = "../../examples/scale.rs"]
#[allow(dead_code, unreachable_pub, missing_docs)]
mod bench;

use std::sync::atomic::Ordering;

use allocation_counter::measure;
use bench::{Bench, Shape};

/// Returns the exponent of the growth from `less` to `more` for ten times as many resources.
fn slope(less: u64, more: u64) -> f64 {
    (more as f64 / less as f64).log10()
}

#[test]
fn work_grows_with_the_number_of_resources() {
    for shape in Shape::ALL {
        let cost = |resources: usize| {
            let (graph, bench) = (shape.graph(resources), Bench::default());
            let bytes = |work: &dyn Fn() -> bool| measure(|| assert!(work(), "{shape:?} of {resources} went wrong")).bytes_total;
            let first = bytes(&|| bench.plan(&graph) == resources);
            assert!(bench.apply(&graph));
            [first, bytes(&|| bench.plan(&graph) == 0)]
        };
        let (few, many) = (cost(50), cost(500));
        for (what, (few, many)) in ["first plan", "no-op plan"].iter().zip(few.into_iter().zip(many)) {
            let slope = slope(few, many);
            assert!(slope <= 1.1, "{shape:?}, {what}: {few} bytes for 50 resources, {many} for 500: slope {slope:.2}");
        }
    }
}

#[test]
fn long_chains_overflow_no_stack() {
    let (graph, bench) = (Shape::Chain.graph(2_000), Bench::default());
    assert_eq!(bench.plan(&graph), 2_000);
    assert!(bench.apply(&graph));
    assert_eq!(bench.plan(&graph), 0);
    assert!(bench.destroy());
}

#[test]
fn each_resource_takes_two_calls_then_one() {
    let (graph, bench) = (Shape::Mix.graph(200), Bench::default());
    let calls = |work: &dyn Fn() -> bool| {
        let before = bench.cloud.calls.load(Ordering::Relaxed);
        assert!(work());
        bench.cloud.calls.load(Ordering::Relaxed) - before
    };
    assert_eq!(calls(&|| bench.apply(&graph)), 400);
    assert_eq!(calls(&|| bench.plan(&graph) == 0), 200);
    assert_eq!(calls(&|| bench.destroy()), 400);
}
