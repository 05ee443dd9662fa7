//! The same seed gives the same trace, byte for byte, in another process too.

use std::process::Command;

/// Returns everything that the simulation of `seed` prints, in a process of its own.
fn trace(seed: u64) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_sim")).args(["replay", &seed.to_string()]).output().expect("sim runs");
    assert!(output.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&output.stdout));
    output.stdout
}

#[test]
fn same_seed_gives_the_same_trace() {
    for seed in [2, 7, 11] {
        let (first, second) = (trace(seed), trace(seed));
        assert!(first.len() > 1000, "seed {seed} does next to nothing");
        assert_eq!(String::from_utf8_lossy(&first), String::from_utf8_lossy(&second), "seed {seed}");
        assert_ne!(first, trace(seed + 100), "seeds {seed} and {} are one simulation", seed + 100);
    }
}
