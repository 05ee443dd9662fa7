//! What several of the tests use.

pub(crate) mod bucket;
pub(crate) mod wire;
pub(crate) mod world;
