//! Amazon Connect: instances with their resources, and phone numbers (API version 2017-08-08, REST-JSON).

mod arguments;
mod association;
mod attribute;
mod bot;
pub mod call;
mod default_content;
mod flow;
mod flow_content;
mod flow_list;
mod flow_version;
mod hours;
mod instance;
mod module;
mod module_version;
mod number;
mod number_claim;
mod number_flow;
mod number_inventory;
mod prompt;
pub mod publish;
mod queue;
mod resource;
mod routes;
mod routing_profile;
mod routing_queues;
mod search;
mod security_profile;
mod storage;
mod tags;
mod test_case;
mod testing;
mod user;
mod user_check;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext};
use crate::response::Response;
use crate::stored::stored;
use flow::Flow;
use instance::Instance;
use number::Number;
use resource::Resource;

pub(crate) use routes::ROUTES;
pub(crate) use testing::{Running, begin as begin_executions};

/// State of the service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Instances by id.
    #[serde(default)]
    instances: PersistentMap<String, Instance>,
    /// Times of instance creations and deletions: an account has 100 of these in 30 days.
    attempts: Vec<OffsetDateTime>,
    /// Claimed numbers by id.
    #[serde(default)]
    numbers: PersistentMap<String, Number>,
    /// Released numbers and the end of their cooldown period.
    #[serde(default)]
    cooling: BTreeMap<String, OffsetDateTime>,
    /// Times of number claims and releases.
    #[serde(default)]
    number_moves: Vec<OffsetDateTime>,
    /// The number released with each client token.
    #[serde(default)]
    releases: BTreeMap<String, String>,
}

stored!(State: instances, numbers);

impl State {
    /// Whether an instance with this id or ARN exists, in any state.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.instance(id).is_some()
    }

    /// Returns the alias of the instance with this id or ARN, if it has one.
    pub(crate) fn alias(&self, id: &str) -> Option<&str> {
        self.instance(id).and_then(|instance| instance.alias.as_deref())
    }

    /// Returns the instance with this id or ARN, in any state.
    fn instance(&self, id: &str) -> Option<&Instance> {
        self.instances.get(instance::bare_id(id)).filter(|found| found.id == id || found.arn == id)
    }

    /// Returns the instance with this id or ARN, if it is active.
    fn ready(&self, id: &str, now: OffsetDateTime) -> Result<&Instance, AwsError> {
        let found = self.instance(id).ok_or_else(instance::not_found)?;
        found.check_active(now)?;
        Ok(found)
    }

    /// Returns the instance with this id or ARN for changes, if it is active.
    fn active(&mut self, id: &str, now: OffsetDateTime) -> Result<&mut Instance, AwsError> {
        let id = self.instance(id).ok_or_else(instance::not_found)?.id.clone();
        let found = self.instances.get_mut(&id).ok_or_else(instance::not_found)?;
        found.check_active(now)?;
        Ok(found)
    }

    /// Whether [`settle`](Self::settle) has changes to apply. Checked first, because mutable access copies the state.
    fn needs_advance(&self, now: OffsetDateTime) -> bool {
        self.instances.values().any(|instance| instance.is_gone(now)) || self.has_unsettled_numbers(now)
    }

    /// Removes instances whose deletion is complete, and applies time-dependent changes to numbers.
    fn advance(&mut self, context: &RequestContext<'_>) {
        self.instances.retain(|_, instance| !instance.is_gone(context.now));
        self.advance_numbers(context);
    }
}

/// Returns all supported operations.
pub fn operations() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().map(|(_, _, operation)| *operation)
}

type Handler = fn(&mut AccountState, &Request, &RequestContext<'_>) -> Option<Result<Response, AwsError>>;

/// Handlers; each serves the operations of its resource type and no others.
const HANDLERS: &[Handler] = &[
    instance::serve,
    attribute::serve,
    association::serve,
    flow::serve,
    flow_list::serve,
    flow_version::serve,
    module::serve,
    module_version::serve,
    hours::serve,
    queue::serve,
    routing_profile::serve,
    security_profile::serve,
    user::serve,
    number::serve,
    number_claim::serve,
    number_flow::serve,
    storage::serve,
    bot::serve,
    prompt::serve,
    test_case::serve,
    testing::serve,
    resource::serve,
    tags::serve,
];

pub(crate) fn serve(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    if world.connect.needs_advance(context.now) {
        world.connect.advance(context);
    }
    let answer = HANDLERS.iter().find_map(|serve| serve(world, call, context));
    answer.unwrap_or_else(|| Err(AwsError::new(501, "NotImplemented", call.operation)))
}
