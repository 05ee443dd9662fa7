//! Shared test support.

pub(crate) mod cloud;

/// Returns the configuration of a test over random inputs: so many, or as many times more as the variable `CASES_TIMES` says.
pub(crate) fn random_cases(cases: u32) -> proptest::test_runner::Config {
    let times = std::env::var("CASES_TIMES").map_or(1, |times| times.parse().expect("CASES_TIMES is a number"));
    proptest::test_runner::Config { cases: cases * times, failure_persistence: None, ..Default::default() }
}
