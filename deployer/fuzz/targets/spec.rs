//! Fuzz target: specs.

#![no_main]

use std::path::Path;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(diagnostics) = deployer_spec::load_bytes(Path::new("config/dev.yaml"), bytes, "dev") {
        assert!(diagnostics.to_string().contains("config/dev.yaml"), "every error names its place");
    }
});
