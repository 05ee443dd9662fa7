//! Carrying out a plan.

pub(crate) mod attempts;
pub(crate) mod execute;
pub(crate) mod journal;
pub(crate) mod lease;
pub(crate) mod mark;
pub(crate) mod operation;
pub(crate) mod steps;
