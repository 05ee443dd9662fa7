//! What several of the tests use.

mod clean;
pub(crate) mod drive;
pub(crate) mod instance;
pub(crate) mod legacy_blocks;
pub(crate) mod mutations;
pub(crate) mod systematic;

pub(crate) use clean::clean;
