//! The state of an instance and of numbers, without the operations on it.

mod bot;
mod content;
mod execution;
pub(super) mod flow;
mod hours;
pub(super) mod instance;
mod module;
mod number;
mod prompt;
mod queue;
mod resource;
mod routing_profile;
mod security_profile;
mod storage;
mod test_case;
mod user;
mod version;

pub(super) use bot::Bot;
pub(super) use content::{Content, invalid};
pub(super) use execution::{Execution, Finished, Record};
pub(super) use flow::{Flow, STATES, STATUSES, TYPES, flow_type};
pub(super) use hours::Hours;
pub(super) use instance::{Instance, bare_id};
pub(super) use module::{Alias, Module};
pub(super) use number::Number;
pub(super) use prompt::Prompt;
pub(super) use queue::{Outbound, Queue};
pub(super) use resource::{Detail, Details, Kind, Resource};
pub(super) use routing_profile::{Media, QueueAssignment, RoutingProfile, TIMERS};
pub(super) use security_profile::SecurityProfile;
pub(super) use storage::{Config, Storage};
pub(super) use test_case::{Entry, TestCase};
pub(super) use user::{Identity, Phone, User};
pub(super) use version::Version;
