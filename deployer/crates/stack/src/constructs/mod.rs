//! The constructs, one file each.

pub(crate) mod api;
pub(crate) mod connect;
pub(crate) mod contact_center;
pub(crate) mod domain;
pub(crate) mod function;
pub(crate) mod function_handle;
pub(crate) mod table;
pub(crate) mod transfer;
pub(crate) mod workspace;
