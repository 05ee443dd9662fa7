//! Every scenario file replays without a violation, so that no fixed bug returns.

use std::path::Path;

use sim::random;
use sim::scenario::{Scenario, Step};

#[test]
fn every_scenario_that_once_failed_holds() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut played = 0;
    for entry in std::fs::read_dir(&directory).expect("the directory exists").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("scenarios are text");
        let scenario: Scenario =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", entry.path().display()));
        let (simulation, verdict) = scenario.execute(None);
        let has_external_change = scenario.steps.iter().any(|step| matches!(step, Step::ExternalChange { .. }));
        assert!(simulation.stats.faults > 0 || has_external_change, "nothing goes wrong in {}", entry.path().display());
        verdict.unwrap_or_else(|violation| panic!("{}: {violation}\n{}", entry.path().display(), simulation.trace));
        played += 1;
    }
    assert!(played > 0, "there are scenarios in {}", directory.display());
}

#[test]
fn scenario_round_trips_through_its_file() {
    for seed in 0..200 {
        let scenario = random::scenario(seed);
        let text = serde_json::to_string_pretty(&scenario).expect("a scenario is JSON");
        assert_eq!(serde_json::from_str::<Scenario>(&text).expect("it was just written"), scenario);
    }
}
