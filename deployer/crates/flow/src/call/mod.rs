//! A simulated call as the actions see it: host, caller, contact, queue, prompts, record.

pub(crate) mod bot;
pub(crate) mod buffer;
pub(crate) mod caller;
pub(crate) mod contact;
pub(crate) mod engine;
pub(crate) mod host;
pub(crate) mod metrics;
pub(crate) mod outcome;
pub(crate) mod queued;
pub(crate) mod queueing;
pub(crate) mod resources;
pub(crate) mod start;
pub(crate) mod stored_input;
pub(crate) mod transcript;
pub(crate) mod values;
