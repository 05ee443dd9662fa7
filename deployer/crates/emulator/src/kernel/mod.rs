//! What every service of the embedded AWS is built on. Nothing here knows a service.

pub(crate) mod host;
pub(crate) mod info;
pub(crate) mod operation;
pub(crate) mod others;
pub(crate) mod permission;
pub(crate) mod row;
pub(crate) mod service;
