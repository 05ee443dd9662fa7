//! The same seed gives the same trace.

#[test]
fn placeholder() {}
