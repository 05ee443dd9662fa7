//! Helpers shared by several tests.

mod clean;
pub(crate) mod drive;
pub(crate) mod instance;
pub(crate) mod legacy_blocks;
pub(crate) mod mutations;
pub(crate) mod systematic;

pub(crate) use clean::clean;
