//! Storage configurations of an instance: one per resource type.

use serde_json::{Value, json};

use super::State;
use super::arguments::{PARAMETER, Paging, not_found, parsed, refused, text};
use super::types::{Config, Instance, Storage};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

impl Config {
    /// Reads and validates the storage configuration of an input. The message texts are unverified, as is the mapping of
    /// resource types to storage types.
    fn read(input: &Value, resource: &str) -> Result<Self, AwsError> {
        let config: Self = parsed(input, "StorageConfig")?.ok_or_else(|| refused(PARAMETER, "StorageConfig is required"))?;
        let bad = |message: String| Err(refused(PARAMETER, message));
        let given = [
            ("S3", config.bucket.is_some()),
            ("KINESIS_VIDEO_STREAM", config.video.is_some()),
            ("KINESIS_STREAM", config.stream.is_some()),
            ("KINESIS_FIREHOSE", config.firehose.is_some()),
        ];
        if given.iter().any(|(kind, given)| *given != (*kind == config.kind)) {
            return bad(format!("The storage type {} needs its own configuration and no other", config.kind));
        }
        if !places(resource).contains(&config.kind.as_str()) {
            return bad(format!("{resource} cannot be kept in storage of the type {}", config.kind));
        }
        // "The full ARN of the encryption key" (botocore model, EncryptionConfig).
        let own = config.bucket.as_ref().and_then(|bucket| bucket.encryption.as_ref());
        let key = own.or(config.video.as_ref().map(|video| &video.encryption)).map(|encryption| &encryption.key);
        let streams = [config.stream.as_ref().map(|one| &one.arn), config.firehose.as_ref().map(|one| &one.arn), key];
        let foreign = streams.into_iter().flatten().find(|arn| !arn.starts_with("arn:")).cloned();
        match foreign {
            Some(arn) => bad(format!("{arn} is not an ARN")),
            None => Ok(config),
        }
    }

    /// Returns the configuration as responses show it. Connect extends the prefix of a video stream (terraform-provider-aws,
    /// documentation of connect_instance_storage_config). The prefix without an alias is unverified.
    fn shown(&self, association: &str, alias: &str) -> Value {
        let mut shown = json!(self);
        shown["AssociationId"] = association.into();
        if let Some(video) = &self.video {
            shown["KinesisVideoStreamConfig"]["Prefix"] = format!("{}-connect-{alias}-contact-", video.prefix).into();
        }
        shown
    }
}

/// Returns the storage types that a resource type supports (administrator guide, "Update instance settings", data storage and
/// streaming).
fn places(resource: &str) -> &'static [&'static str] {
    match resource {
        "MEDIA_STREAMS" => &["KINESIS_VIDEO_STREAM"],
        "CONTACT_TRACE_RECORDS" => &["KINESIS_STREAM", "KINESIS_FIREHOSE"],
        "AGENT_EVENTS" => &["KINESIS_STREAM"],
        resource if resource.starts_with("REAL_TIME_CONTACT_ANALYSIS") => &["KINESIS_STREAM"],
        _ => &["S3"],
    }
}

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("AssociateInstanceStorageConfig", associate).at("PUT /instance/{InstanceId}/storage-config"),
    read("DescribeInstanceStorageConfig", describe).at("GET /instance/{InstanceId}/storage-config/{AssociationId}"),
    read("ListInstanceStorageConfigs", list).at("GET /instance/{InstanceId}/storage-configs"),
    write("UpdateInstanceStorageConfig", update).at("POST /instance/{InstanceId}/storage-config/{AssociationId}"),
    write("DisassociateInstanceStorageConfig", disassociate).at("DELETE /instance/{InstanceId}/storage-config/{AssociationId}"),
];

/// Associates a storage configuration. The caller must ensure that the bucket or stream exists (botocore model); it is not
/// checked here.
fn associate(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let (resource, token) = (text(input, "ResourceType").unwrap_or_default(), text(input, "ClientToken"));
    if input.pointer("/StorageConfig/AssociationId").is_some_and(|id| !id.is_null()) {
        // The message text is unverified.
        return Err(refused(PARAMETER, "An AssociationId cannot be chosen"));
    }
    let config = Config::read(input, resource)?;
    let id = call.context.uuid().replace('-', "");
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    if let Some((earlier, there)) = instance.storage.iter().find(|(_, one)| one.resource == resource) {
        if token.is_some() && there.token.as_deref() == token && there.config == config {
            return Ok(Response::json(json!({"AssociationId": earlier})));
        }
        // The message text is unverified.
        let message = format!("The instance has a storage configuration for {resource} already");
        return Err(AwsError::new(409, "ResourceConflictException", message));
    }
    let storage = Storage { resource: resource.to_owned(), config, token: token.map(str::to_owned) };
    instance.storage.insert(id.clone(), storage);
    Ok(Response::json(json!({"AssociationId": id})))
}

/// Returns the association of the request path, for the resource type in the query.
fn own<'a>(instance: &'a Instance, call: &Request) -> Result<&'a Storage, AwsError> {
    let (id, resource) = (call.path("AssociationId"), call.query("resourceType").unwrap_or_default());
    let found = instance.storage.get(id).filter(|one| one.resource == resource);
    found.ok_or_else(|| not_found(&format!("Storage configuration for {resource}"), id))
}

fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let alias = instance.alias.clone().unwrap_or_default();
    let shown = own(instance, call)?.config.shown(call.path("AssociationId"), &alias);
    Ok(Response::json(json!({"StorageConfig": shown})))
}

fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 10, PARAMETER)?;
    let resource = call.query("resourceType").unwrap_or_default();
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = instance.storage.iter().filter(|(_, one)| one.resource == resource);
    let alias = instance.alias.as_deref().unwrap_or_default();
    paging.response("StorageConfigs", found.map(|(id, one)| (id, one.config.shown(id, alias))))
}

/// Replaces the configuration. "This API is idempotent" (botocore model).
fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let config = Config::read(&call.input, call.query("resourceType").unwrap_or_default())?;
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    own(instance, call)?;
    if let Some(storage) = instance.storage.get_mut(call.path("AssociationId")) {
        storage.config = config;
    }
    Ok(Response::empty(200))
}

fn disassociate(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    own(instance, call)?;
    instance.storage.remove(call.path("AssociationId"));
    Ok(Response::empty(200))
}
