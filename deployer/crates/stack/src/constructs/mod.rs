//! One file per construct.

pub(crate) mod api;
pub(crate) mod connect;
pub(crate) mod function;
pub(crate) mod table;
