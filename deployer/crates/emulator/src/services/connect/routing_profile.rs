//! Routing profiles: the queues and channels an agent works on.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, epoch, in_use, parsed, refused, text};
use super::resource;
use super::types::{Instance, Kind, Media, QueueAssignment, RoutingProfile, TIMERS, User};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, per_second, read, write};
use crate::request::Request;
use crate::response::Response;

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("CreateRoutingProfile", create).at("PUT /routing-profiles/{InstanceId}"),
    read("DescribeRoutingProfile", describe).at("GET /routing-profiles/{InstanceId}/{RoutingProfileId}").rate(per_second(10, 10)),
    write("DeleteRoutingProfile", delete).at("DELETE /routing-profiles/{InstanceId}/{RoutingProfileId}"),
    write("UpdateRoutingProfileName", rename).at("POST /routing-profiles/{InstanceId}/{RoutingProfileId}/name"),
    write("UpdateRoutingProfileConcurrency", |state, call| {
        update(state, call, |profile, _, input| {
            profile.media = media(input)?;
            Ok(())
        })
    }).at("POST /routing-profiles/{InstanceId}/{RoutingProfileId}/concurrency"),
    write("UpdateRoutingProfileDefaultOutboundQueue", |state, call| {
        update(state, call, |profile, instance, input| {
            profile.outbound_queue = outbound_queue(instance, input)?;
            Ok(())
        })
    }).at("POST /routing-profiles/{InstanceId}/{RoutingProfileId}/default-outbound-queue"),
    write("UpdateRoutingProfileAgentAvailabilityTimer", |state, call| {
        update(state, call, |profile, _, input| {
            text(input, "AgentAvailabilityTimer").unwrap_or_default().clone_into(&mut profile.timer);
            Ok(())
        })
    }).at("POST /routing-profiles/{InstanceId}/{RoutingProfileId}/agent-availability-timer"),
    write("UpdateRoutingProfileQueues", |state, call| {
        update(state, call, |profile, instance, input| {
            QueueAssignment::change(&mut profile.queues, QueueAssignment::read(instance, input, "QueueConfigs")?)
        })
    }).at("POST /routing-profiles/{InstanceId}/{RoutingProfileId}/queues"),
    write("AssociateRoutingProfileQueues", |state, call| {
        update(state, call, |profile, instance, input| {
            let (queues, manual) = (
                QueueAssignment::read(instance, input, "QueueConfigs")?,
                QueueAssignment::read(instance, input, "ManualAssignmentQueueConfigs")?,
            );
            QueueAssignment::some(&queues, &manual)?;
            QueueAssignment::add(&mut profile.queues, queues)?;
            QueueAssignment::add(&mut profile.manual, manual)
        })
    }).at("POST /routing-profiles/{InstanceId}/{RoutingProfileId}/associate-queues"),
    write("DisassociateRoutingProfileQueues", |state, call| {
        update(state, call, |profile, instance, input| {
            let (queues, manual) = (
                QueueAssignment::read(instance, input, "QueueReferences")?,
                QueueAssignment::read(instance, input, "ManualAssignmentQueueReferences")?,
            );
            QueueAssignment::some(&queues, &manual)?;
            QueueAssignment::remove(&mut profile.queues, queues)?;
            QueueAssignment::remove(&mut profile.manual, manual)
        })
    }).at("POST /routing-profiles/{InstanceId}/{RoutingProfileId}/disassociate-queues"),
    read("ListRoutingProfileQueues", |state, call| list_queues(state, call, "RoutingProfileQueueConfigSummaryList"))
        .at("GET /routing-profiles/{InstanceId}/{RoutingProfileId}/queues"),
    read("ListRoutingProfileManualAssignmentQueues", |state, call| {
        list_queues(state, call, "RoutingProfileManualAssignmentQueueConfigSummaryList")
    }).at("GET /routing-profiles/{InstanceId}/{RoutingProfileId}/manual-assignment-queues"),
];

/// Returns the concurrencies by channel: one call at a time and at most ten of the others (botocore model, MediaConcurrency).
/// The message texts are unverified, as is that a channel occurs only once and that at least one is required.
fn media(input: &Value) -> Result<Vec<Media>, AwsError> {
    let media: Vec<Media> = parsed(input, "MediaConcurrencies")?.unwrap_or_default();
    let mut channels = BTreeSet::new();
    for one in &media {
        let most = if one.channel == "VOICE" { 1 } else { 10 };
        if !(1..=most).contains(&one.concurrency) {
            let message = format!("The concurrency of {} must be between 1 and {most}", one.channel);
            return Err(refused(PARAMETER, message));
        }
        if !channels.insert(&one.channel) {
            return Err(refused(PARAMETER, format!("The channel {} is given more than once", one.channel)));
        }
    }
    match media.is_empty() {
        true => Err(refused(PARAMETER, "A routing profile needs at least one channel")),
        false => Ok(media),
    }
}

fn outbound_queue(instance: &Instance, input: &Value) -> Result<String, AwsError> {
    resource::id_of(instance, Kind::Queue, text(input, "DefaultOutboundQueueId").unwrap_or_default())
}

fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let mut profile = RoutingProfile {
        outbound_queue: outbound_queue(instance, input)?,
        media: media(input)?,
        queues: Vec::new(),
        manual: Vec::new(),
        timer: text(input, "AgentAvailabilityTimer").unwrap_or(TIMERS[0]).to_owned(),
        default: false,
    };
    QueueAssignment::add(&mut profile.queues, QueueAssignment::read(instance, input, "QueueConfigs")?)?;
    QueueAssignment::add(&mut profile.manual, QueueAssignment::read(instance, input, "ManualAssignmentQueueConfigs")?)?;
    let (id, arn) = resource::add(instance, text(input, "Name").unwrap_or_default(), input, profile, &call.context)?;
    Ok(Response::json(json!({"RoutingProfileId": id, "RoutingProfileArn": arn})))
}

fn users<'a>(instance: &'a Instance, profile: &'a str) -> impl Iterator<Item = resource::Found<'a, User>> {
    resource::all::<User>(instance).filter(move |user| user.details.routing_profile == profile)
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<RoutingProfile>(instance, call.path("RoutingProfileId"))?;
    let profile = found.details;
    let ids = |queues: &[QueueAssignment]| queues.iter().map(|one| one.queue.clone()).collect::<BTreeSet<_>>();
    let mut described = json!({
        "InstanceId": instance.id,
        "RoutingProfileId": found.id,
        "RoutingProfileArn": found.resource.arn,
        "Name": found.resource.name,
        "DefaultOutboundQueueId": profile.outbound_queue,
        "MediaConcurrencies": profile.media,
        "NumberOfAssociatedQueues": profile.queues.len(),
        "NumberOfAssociatedManualAssignmentQueues": profile.manual.len(),
        "NumberOfAssociatedUsers": users(instance, found.id).count(),
        "AgentAvailabilityTimer": profile.timer,
        "IsDefault": profile.default,
        "AssociatedQueueIds": ids(&profile.queues),
        "AssociatedManualAssignmentQueueIds": ids(&profile.manual),
    });
    found.resource.describe(&mut described, &call.context.region);
    Ok(Response::json(json!({"RoutingProfile": described})))
}

fn rename(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    resource::rename::<RoutingProfile>(instance, call.path("RoutingProfileId"), call, call.context.now)
}

fn update(
    state: &mut State,
    call: &Request,
    change: impl FnOnce(&mut RoutingProfile, &Instance, &Value) -> Result<(), AwsError>,
) -> Result<Response, AwsError> {
    let given = call.path("RoutingProfileId");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let mut profile = resource::find::<RoutingProfile>(instance, given)?.details.clone();
    change(&mut profile, instance, &call.input)?;
    *resource::edit::<RoutingProfile>(instance, given, call.context.now)?.details = profile;
    Ok(Response::empty(200))
}

fn list_queues(state: &State, call: &Request, member: &str) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 100, PARAMETER)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<RoutingProfile>(instance, call.path("RoutingProfileId"))?;
    let queues = match call.operation() {
        "ListRoutingProfileQueues" => &found.details.queues,
        _ => &found.details.manual,
    };
    let mut summaries: Vec<(String, Value)> = queues.iter().filter_map(|queue| queue.summary(instance)).collect();
    summaries.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut body = paging.body(member, summaries.into_iter())?;
    body["LastModifiedTime"] = epoch(found.resource.modified).into();
    body["LastModifiedRegion"] = call.context.region.as_str().into();
    Ok(Response::json(body))
}

/// Deletes a profile unless users have it or it came with the instance (the latter unverified).
fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    let found = resource::find::<RoutingProfile>(instance, call.path("RoutingProfileId"))?;
    let id = found.id.to_owned();
    if found.details.default {
        return Err(in_use(Kind::RoutingProfile.noun(), &id, "the instance, whose default it is"));
    }
    if let Some(user) = users(instance, &id).next() {
        return Err(in_use(Kind::RoutingProfile.noun(), &id, &format!("the user {}", user.resource.name)));
    }
    instance.resources.remove(&id);
    Ok(Response::empty(200))
}
