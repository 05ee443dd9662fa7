//! Amazon Connect: instances, what they may invoke, and contact flows (API version 2017-08-08, REST-JSON).

mod arguments;
mod association;
mod attribute;
pub mod call;
mod default_content;
mod flow;
mod flow_content;
mod flow_list;
mod instance;
mod resource;
mod tags;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::call::{Call, Route, Surroundings};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;
use flow::Flow;
use instance::Instance;
use resource::Resource;

/// The routes that are known (botocore model, connect 2017-08-08).
pub(crate) const ROUTES: &[Route] = &[
    ("PUT", "/instance", "CreateInstance"),
    ("GET", "/instance", "ListInstances"),
    ("GET", "/instance/{InstanceId}", "DescribeInstance"),
    ("DELETE", "/instance/{InstanceId}", "DeleteInstance"),
    ("POST", "/instance/{InstanceId}/attribute/{AttributeType}", "UpdateInstanceAttribute"),
    ("GET", "/instance/{InstanceId}/attribute/{AttributeType}", "DescribeInstanceAttribute"),
    ("GET", "/instance/{InstanceId}/attributes", "ListInstanceAttributes"),
    ("PUT", "/instance/{InstanceId}/lambda-function", "AssociateLambdaFunction"),
    ("DELETE", "/instance/{InstanceId}/lambda-function", "DisassociateLambdaFunction"),
    ("GET", "/instance/{InstanceId}/lambda-functions", "ListLambdaFunctions"),
    ("PUT", "/contact-flows/{InstanceId}", "CreateContactFlow"),
    ("GET", "/contact-flows/{InstanceId}/{ContactFlowId}", "DescribeContactFlow"),
    ("DELETE", "/contact-flows/{InstanceId}/{ContactFlowId}", "DeleteContactFlow"),
    ("POST", "/contact-flows/{InstanceId}/{ContactFlowId}/content", "UpdateContactFlowContent"),
    ("POST", "/contact-flows/{InstanceId}/{ContactFlowId}/metadata", "UpdateContactFlowMetadata"),
    ("POST", "/contact-flows/{InstanceId}/{ContactFlowId}/name", "UpdateContactFlowName"),
    ("GET", "/contact-flows-summary/{InstanceId}", "ListContactFlows"),
    ("POST", "/search-contact-flows", "SearchContactFlows"),
    ("GET", "/queues-summary/{InstanceId}", "ListQueues"),
    ("GET", "/hours-of-operations-summary/{InstanceId}", "ListHoursOfOperations"),
    ("GET", "/routing-profiles-summary/{InstanceId}", "ListRoutingProfiles"),
    ("GET", "/security-profiles-summary/{InstanceId}", "ListSecurityProfiles"),
    ("GET", "/prompts-summary/{InstanceId}", "ListPrompts"),
    ("GET", "/users-summary/{InstanceId}", "ListUsers"),
    ("POST", "/phone-number/list", "ListPhoneNumbersV2"),
    ("POST", "/tags/{ResourceArn}", "TagResource"),
    ("DELETE", "/tags/{ResourceArn}", "UntagResource"),
    ("GET", "/tags/{ResourceArn}", "ListTagsForResource"),
];

/// What the service holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Instances by id.
    instances: BTreeMap<String, Instance>,
    /// When instances were created and deleted: an account has 100 of these in 30 days.
    attempts: Vec<OffsetDateTime>,
}

impl State {
    /// Whether there is an instance with this id or ARN, in whatever state.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.instance(id).is_some()
    }

    /// The instance with this id or ARN, in whatever state.
    fn instance(&self, id: &str) -> Option<&Instance> {
        self.instances.get(instance::bare_id(id)).filter(|found| !id.starts_with("arn:") || found.arn == id)
    }

    /// The instance with this id or ARN, if it can be worked with.
    fn active(&mut self, id: &str, now: OffsetDateTime) -> Result<&mut Instance, Refusal> {
        let arn = self.instance(id).ok_or_else(instance::not_found)?.arn.clone();
        let found = self.instances.values_mut().find(|found| found.arn == arn).ok_or_else(instance::not_found)?;
        found.check_active(now)?;
        Ok(found)
    }

    fn is_unsettled(&self, now: OffsetDateTime) -> bool {
        self.instances.values().any(|instance| instance.is_gone(now))
    }

    /// Takes away the instances whose deletion is over.
    fn settle(&mut self, now: OffsetDateTime) {
        self.instances.retain(|_, instance| !instance.is_gone(now));
    }
}

pub(crate) fn serve(world: &mut World, call: &Call, surroundings: &Surroundings<'_>) -> Result<Reply, Refusal> {
    let now = surroundings.now;
    if world.connect.is_unsettled(now) {
        world.connect.settle(now);
    }
    match call.operation {
        "CreateInstance" => instance::create(world, call, surroundings),
        "DescribeInstance" => instance::describe(world, call, now),
        "ListInstances" => instance::list(world, call, now),
        "DeleteInstance" => instance::delete(world, call, surroundings),
        "UpdateInstanceAttribute" => attribute::update(world, call, now),
        "DescribeInstanceAttribute" => attribute::describe(world, call, now),
        "ListInstanceAttributes" => attribute::list(world, call, now),
        "AssociateLambdaFunction" => association::associate(world, call, now),
        "DisassociateLambdaFunction" => association::disassociate(world, call, now),
        "ListLambdaFunctions" => association::list(world, call, now),
        "CreateContactFlow" => flow::create(world, call, surroundings),
        "DescribeContactFlow" => flow::describe(world, call, now),
        "DeleteContactFlow" => flow::delete(world, call, now),
        "UpdateContactFlowContent" => flow::update_content(world, call, now),
        "UpdateContactFlowMetadata" | "UpdateContactFlowName" => flow::update_metadata(world, call, now),
        "ListContactFlows" => flow_list::list(world, call, now),
        "SearchContactFlows" => flow_list::search(world, call, now),
        "ListPhoneNumbersV2" => resource::list_phone_numbers(world, call),
        "TagResource" => tags::add(world, call),
        "UntagResource" => tags::remove(world, call),
        "ListTagsForResource" => tags::list(world, call),
        operation => resource::list(world, call, operation, now),
    }
}
