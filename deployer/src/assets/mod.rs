//! The files that a spec names besides its functions and flows, read and checked without AWS.

pub(crate) mod certificates;
pub(crate) mod documents;
pub(crate) mod kept;
pub(crate) mod modules;
pub(crate) mod recordings;
