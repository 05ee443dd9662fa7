//! Execution of a plan.

pub(crate) mod attempts;
pub(crate) mod executor;
pub(crate) mod lease;
pub(crate) mod operation;
pub(crate) mod sent_log;
pub(crate) mod state_writer;
pub(crate) mod task_graph;
