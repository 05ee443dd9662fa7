//! Shared test support.

pub(crate) mod validator;
