//! Fuzz target: parsing scenario files and running them.

#![no_main]

use std::sync::Arc;

use deployer_flow::Flow;
use deployer_flow::scenario::{Files, junit, suite};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let read = match suite(text) {
        Ok(read) => read,
        Err(faults) => {
            assert!(!faults.is_empty());
            return;
        }
    };
    let vanity = include_str!("../../../flows/vanity.json");
    let flow = Arc::new(Flow::parse(vanity).expect("the shipped flow is one"));
    let files: Files = read.files().iter().map(|file| (file.path.clone(), Arc::clone(&flow))).collect();
    let report = futures::executor::block_on(read.run(&files, None));
    assert_eq!(report.outcomes.len(), read.cases.len());
    let _ = junit(&[("fuzz".to_owned(), report)]);
});
