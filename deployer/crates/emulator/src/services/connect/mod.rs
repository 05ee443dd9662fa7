//! Amazon Connect: instances with their resources, and phone numbers (API version 2017-08-08, REST-JSON).

mod agent_status;
mod arguments;
mod association;
mod attribute;
mod bot;
pub(crate) mod call;
mod default_content;
mod document;
mod evaluation_form;
mod flow;
mod flow_content;
mod flow_list;
mod flow_reference;
mod flow_version;
mod hierarchy;
pub(crate) mod host;
mod hours;
mod hours_override;
mod instance;
mod module;
mod module_reference;
mod module_version;
mod number;
mod number_claim;
mod number_flow;
mod number_inventory;
mod overview;
mod predefined_attribute;
mod prompt;
pub mod publish;
mod queue;
mod quick_connect;
mod required_actions;
mod resource;
mod routing_profile;
mod routing_queues;
mod rule;
mod running;
mod search;
mod security_profile;
mod state;
mod storage;
mod tags;
mod task_template;
mod test_case;
mod testing;
mod types;
mod user;
mod user_check;
mod view;
mod vocabulary;

use time::OffsetDateTime;

use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second};
use crate::kernel::others::OtherServices;
use crate::kernel::permission::RequiredAction;
use crate::kernel::service::{AwsService, Protocol, ServiceInfo, TagsByArn};
use crate::model::Model;
use crate::request::{Request, RequestContext, Service};

pub(crate) use running::Running;
pub use state::State;
pub(crate) use testing::begin as begin_executions;

impl State {
    /// Whether [`settle`](Self::settle) has changes to apply. Checked first, because mutable access copies the state.
    fn needs_advance(&self, now: OffsetDateTime) -> bool {
        self.instances.values().any(|instance| instance.is_gone(now) || instance.has_gone_vocabulary(now))
            || self.has_unsettled_numbers(now)
    }

    /// Removes instances whose deletion is complete, and applies time-dependent changes to numbers.
    fn advance(&mut self, context: &RequestContext) {
        self.instances.retain(|_, instance| !instance.is_gone(context.now));
        self.advance_vocabularies(context.now);
        self.advance_numbers(context);
    }
}

/// Connect (botocore model, connect 2017-08-08).
pub(crate) struct Connect;

impl AwsService for Connect {
    type State = State;

    fn info() -> &'static ServiceInfo {
        static MODEL: Model = Model::new("connect", include_str!("../../../model/connect.json"));
        static INFO: ServiceInfo = ServiceInfo {
            id: Service::Connect,
            protocol: Protocol::RestJson { message: "Message", error_type: false },
            model: Some(&MODEL),
            // Operations on instances themselves declare only the second one.
            validation_code: |declared| match declared.iter().any(|code| code == arguments::PARAMETER) {
                true => arguments::PARAMETER,
                false => arguments::REQUEST,
            },
            denied: (403, "AccessDeniedException"),
            throttled: || AwsError::new(429, "ThrottlingException", "Rate exceeded"),
            shared_rate: None,
            // Administrator guide, "Service quotas": instances 0.1 a second, some reads 10, the rest 2 with a burst of 5.
            default_rate: Some(per_second(2, 5)),
            is_global: false,
        };
        &INFO
    }

    fn operations() -> &'static [&'static [Operation<State>]] {
        &[
            instance::OPERATIONS,
            attribute::OPERATIONS,
            association::OPERATIONS,
            flow::OPERATIONS,
            flow_list::OPERATIONS,
            flow_version::OPERATIONS,
            module::OPERATIONS,
            module_version::OPERATIONS,
            hours::OPERATIONS,
            hours_override::OPERATIONS,
            queue::OPERATIONS,
            quick_connect::OPERATIONS,
            routing_profile::OPERATIONS,
            security_profile::OPERATIONS,
            user::OPERATIONS,
            hierarchy::OPERATIONS,
            vocabulary::OPERATIONS,
            number::OPERATIONS,
            number_claim::OPERATIONS,
            number_flow::OPERATIONS,
            storage::OPERATIONS,
            bot::OPERATIONS,
            prompt::OPERATIONS,
            agent_status::OPERATIONS,
            predefined_attribute::OPERATIONS,
            view::OPERATIONS,
            task_template::OPERATIONS,
            evaluation_form::OPERATIONS,
            rule::OPERATIONS,
            test_case::OPERATIONS,
            testing::OPERATIONS,
            resource::OPERATIONS,
            tags::OPERATIONS,
        ]
    }

    fn is_due(state: &State, context: &RequestContext) -> bool {
        state.needs_advance(context.now)
    }

    fn advance(state: &mut State, context: &RequestContext) {
        state.advance(context);
    }

    fn tags(state: &State, _: &RequestContext) -> TagsByArn {
        state.tagged().collect()
    }

    fn taggable(arn: &str) -> Option<&str> {
        Some(arn)
    }

    fn required_actions(state: &State, request: &Request, others: &dyn OtherServices) -> Vec<RequiredAction> {
        required_actions::connect(state, request, others)
    }
}

/// Returns the names of all supported operations.
pub fn operations() -> impl Iterator<Item = &'static str> {
    Connect::operations().iter().copied().flatten().map(|operation| operation.row.name)
}
