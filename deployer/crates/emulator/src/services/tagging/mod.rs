//! Resource Groups Tagging: an index of the tags of this Region's resources. It follows the services with a delay, as AWS's does: a tag
//! appears some time after it was set, and a deleted resource stays in the index for longer.

mod read;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::request::{Request, RequestContext, Service};
use crate::response::Response;
use crate::stored::stored;

pub(crate) const OPERATIONS: &[&str] = &["GetResources", "GetTagKeys", "GetTagValues"];

/// Delay until a new tag is visible: seconds to minutes according to users, no promise by AWS (unverified).
const TAG_VISIBILITY_DELAY: Duration = Duration::from_secs(20);
/// Delay until a deletion is visible: users have waited for over 45 minutes (unverified).
const DELETION_VISIBILITY_DELAY: Duration = Duration::from_secs(45 * 60);

pub(crate) type Tags = BTreeMap<String, String>;

/// Resources that are tagged, or were once ("tagged or previously tagged", BC resourcegroupstaggingapi.GetResources), by ARN.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    #[serde(default)]
    index: PersistentMap<String, Entry>,
}

stored!(State: index);

/// The index entry of one resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    /// Tags that are visible until `at`; `None` if the resource is not visible.
    before: Option<Tags>,
    /// Tags that are visible from then on.
    after: Option<Tags>,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

stored!(Entry);

impl Entry {
    fn seen(&self, now: OffsetDateTime) -> Option<&Tags> {
        if self.at <= now { self.after.as_ref() } else { self.before.as_ref() }
    }
}

impl State {
    /// Returns the visible entries at this time, in the order of the ARNs.
    fn seen(&self, now: OffsetDateTime) -> impl Iterator<Item = (&String, &Tags)> {
        self.index.iter().filter_map(move |(arn, entry)| Some((arn, entry.seen(now)?)))
    }

    /// Records that a resource has these tags now, or is deleted.
    fn put(&mut self, arn: &str, tags: Option<&Tags>, context: &RequestContext<'_>) {
        let now = context.now;
        let known = self.index.get(arn);
        if known.is_none() && tags.is_none_or(Tags::is_empty) {
            return;
        }
        let before = match tags {
            Some(_) => known.and_then(|entry| entry.seen(now)).cloned(),
            None => known.and_then(|entry| entry.after.clone()),
        };
        let at = context.after(if tags.is_some() { TAG_VISIBILITY_DELAY } else { DELETION_VISIBILITY_DELAY });
        self.index.insert(arn.to_owned(), Entry { before, after: tags.cloned(), at });
    }
}

/// Records the changes of tags by a request, given the state before it. Services with an unchanged state and requests that only move data
/// are skipped.
pub(crate) fn update_index(before: &AccountState, world: &mut AccountState, call: &Request, context: &RequestContext<'_>) {
    if moves_data(call.operation) || !changed(before, world, call.service) {
        return;
    }
    let (old, new) = (tagged(before, call.service), tagged(world, call.service));
    let changes: Vec<(&String, Option<&Tags>)> = new
        .iter()
        .filter(|(arn, tags)| old.get(*arn) != Some(*tags))
        .map(|(arn, tags)| (arn, Some(tags)))
        .chain(old.keys().filter(|arn| !new.contains_key(*arn)).map(|arn| (arn, None)))
        .collect();
    if changes.is_empty() {
        return;
    }
    let state = &mut *world.tagging;
    state.index.retain(|_, entry| entry.after.is_some() || entry.at > context.now);
    for (arn, tags) in changes {
        state.put(arn, tags, context);
    }
}

fn moves_data(operation: &str) -> bool {
    const DATA: [&str; 10] = [
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "TransactWriteItems",
        "PutLogEvents",
        "CreateLogStream",
        "PutObject",
        "DeleteObject",
        "DeleteObjects",
    ];
    DATA.contains(&operation)
}

fn changed(before: &AccountState, world: &AccountState, service: Service) -> bool {
    match service {
        Service::Acm => !world.acm.same(&before.acm),
        Service::ApiGateway => !world.apigateway.same(&before.apigateway),
        Service::Connect => !world.connect.same(&before.connect),
        Service::DynamoDb => !world.dynamodb.same(&before.dynamodb),
        Service::Lambda => !world.lambda.same(&before.lambda),
        Service::Logs => !world.logs.same(&before.logs),
        Service::S3 => !world.s3.same(&before.s3),
        // Not covered (BC: "does not currently support" IAM's users and roles), or without tags.
        Service::Iam | Service::Sts | Service::Tagging => false,
    }
}

/// Returns the taggable resources of a service with their tags, by ARN.
fn tagged(world: &AccountState, service: Service) -> BTreeMap<String, Tags> {
    let (account, region) = (world.account.as_str(), world.region.as_str());
    match service {
        Service::Acm => world.acm.tagged().collect(),
        Service::ApiGateway => world.apigateway.tagged(region).collect(),
        Service::Connect => world.connect.tagged().collect(),
        Service::DynamoDb => world.dynamodb.tagged(account, region).collect(),
        Service::Lambda => world.lambda.tagged().collect(),
        Service::Logs => world.logs.tagged(account, region).collect(),
        Service::S3 => world.s3.tagged(region).collect(),
        Service::Iam | Service::Sts | Service::Tagging => BTreeMap::new(),
    }
}

/// Returns the tags of the resource with this ARN, which are empty if it does not exist; `None` for resources whose tags are not stored
/// here.
pub(crate) fn tags_of(world: &AccountState, arn: &str) -> Option<Tags> {
    let service = Service::from_signing_name(arn.split(':').nth(2)?)?;
    // A group is authorized as `…:log-stream:`, an index as `…/index/NAME`, a version with its qualifier; the tags are those of the whole
    // resource.
    let whole = match service {
        Service::Lambda => arn.match_indices(':').nth(6).map_or(arn, |(at, _)| &arn[..at]),
        Service::Logs => arn.split(":log-stream:").next().unwrap_or(arn),
        Service::DynamoDb => arn.split("/index/").next().unwrap_or(arn),
        Service::Acm | Service::ApiGateway | Service::Connect => arn,
        Service::S3 if !arn.contains('/') => arn,
        Service::S3 | Service::Iam | Service::Sts | Service::Tagging => return None,
    };
    Some(tagged(world, service).remove(whole).unwrap_or_default())
}

pub(crate) fn serve(world: &mut AccountState, call: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    let (state, input, now) = (&world.tagging, &call.input, context.now);
    match call.operation {
        "GetResources" => read::resources(state, input, now),
        "GetTagKeys" => read::keys(state, input, now),
        "GetTagValues" => read::values(state, input, now),
        other => Err(AwsError::new(501, "NotImplemented", other)),
    }
}
