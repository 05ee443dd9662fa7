//! Findings in a flow, their collector, and the checks of single values that the action types share.

pub(crate) mod finding;
pub(crate) mod numbers;
pub(crate) mod report;
pub(crate) mod resource;
pub(crate) mod speech;
pub(crate) mod suggest;
