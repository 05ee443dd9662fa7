//! Utilities shared by the tests.

pub(crate) mod bucket;
pub(crate) mod wire;
pub(crate) mod world;
