//! Shared test support.

pub(crate) mod cloud;
