//! Stages, each of which serves a deployment under a name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::State;
use super::api;
use super::mapping::Mapping;
use super::patch::{self, Kind, Patch, Row};
use super::plan;
use super::{bad, compact, conflict, epoch, flag, missing, not_implemented, strings, tags, unsupported};
use crate::error::AwsError;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;
use crate::stored::stored;

/// Maximum number of stages of one API (API Gateway quotas page).
const MAX_STAGES: usize = 10;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) deployment: String,
    pub(crate) description: Option<String>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) tracing: bool,
    /// Settings by method, with the service's keys: `*/*`, `~1pets/GET`.
    pub(crate) settings: BTreeMap<String, Settings>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created: OffsetDateTime,
    pub(crate) updated: OffsetDateTime,
}

stored!(Stage);

/// Settings of one method, or of all.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Settings {
    metrics: bool,
    data_trace: bool,
    burst: Option<i64>,
    rate: Option<f64>,
    caching: bool,
    cache_seconds: Option<i64>,
    cache_encrypted: bool,
    cache_open: bool,
    cache_strategy: Option<String>,
}

const PATCHES: &[Row] = &[
    Row("replace", "/deploymentId", Kind::Text),
    Row("replace", "/description", Kind::Text),
    Row("replace", "/tracingEnabled", Kind::Flag),
    Row("replace", "/documentationVersion", Kind::Text),
    Row("replace", "/clientCertificateId", Kind::Text),
    Row("replace", "/cacheClusterEnabled", Kind::Flag),
    Row("replace", "/cacheClusterSize", Kind::Text),
    Row("replace", "/variables/{name}", Kind::Text),
    Row("add", "/variables/{name}", Kind::Text),
    Row("remove", "/variables/{name}", Kind::Nothing),
    Row("replace", "/accessLogSettings/destinationArn", Kind::Text),
    Row("replace", "/accessLogSettings/format", Kind::Text),
    Row("remove", "/accessLogSettings", Kind::Nothing),
    Row("replace", "/{resource}/{method}/metrics/enabled", Kind::Flag),
    Row("replace", "/{resource}/{method}/logging/loglevel", Kind::OneOf(&["OFF", "ERROR", "INFO"])),
    Row("replace", "/{resource}/{method}/logging/dataTrace", Kind::Flag),
    Row("replace", "/{resource}/{method}/throttling/burstLimit", Kind::Whole),
    Row("replace", "/{resource}/{method}/throttling/rateLimit", Kind::Number),
    Row("replace", "/{resource}/{method}/caching/enabled", Kind::Flag),
    Row("replace", "/{resource}/{method}/caching/ttlInSeconds", Kind::Whole),
    Row("replace", "/{resource}/{method}/caching/dataEncrypted", Kind::Flag),
    Row("replace", "/{resource}/{method}/caching/requireAuthorizationForCacheControl", Kind::Flag),
    Row(
        "replace",
        "/{resource}/{method}/caching/unauthorizedCacheControlHeaderStrategy",
        Kind::OneOf(&["FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"]),
    ),
    Row("remove", "/{resource}/{method}", Kind::Nothing),
];

impl Stage {
    /// Creates a stage from the input of CreateStage.
    pub(crate) fn new(name: &str, deployment: &str, input: &Value, context: &RequestContext) -> Result<Self, AwsError> {
        if name.is_empty() || name.len() > 128 || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(bad("Stage name only allows a-zA-Z0-9_-"));
        }
        unsupported(input, &["cacheClusterEnabled", "cacheClusterSize", "canarySettings", "documentationVersion"])?;
        let variables = strings(input, "variables")?;
        for (key, value) in &variables {
            check_variable(key, value)?;
        }
        Ok(Self {
            name: name.to_owned(),
            deployment: deployment.to_owned(),
            description: string(input, "description")?.filter(|text| !text.is_empty()).map(str::to_owned),
            variables,
            tracing: flag(input, "tracingEnabled")?,
            settings: BTreeMap::new(),
            tags: tags::read(input)?,
            created: context.now,
            updated: context.now,
        })
    }

    fn describe(&self) -> Value {
        let settings: serde_json::Map<String, Value> =
            self.settings.iter().map(|(key, settings)| (key.clone(), settings.describe())).collect();
        let mut shape = compact(json!({
            "stageName": self.name, "deploymentId": self.deployment, "description": self.description,
            "cacheClusterEnabled": false, "cacheClusterStatus": "NOT_AVAILABLE", "methodSettings": settings,
            "tracingEnabled": self.tracing, "createdDate": epoch(self.created), "lastUpdatedDate": epoch(self.updated),
        }));
        if !self.variables.is_empty() {
            shape["variables"] = json!(self.variables);
        }
        if !self.tags.is_empty() {
            shape["tags"] = json!(self.tags);
        }
        shape
    }

    /// Whether the settings of a method block all requests: a limit of 0 does.
    pub(crate) fn blocks(&self, path: &str, verb: &str) -> bool {
        let key = format!("{}/{verb}", escape(path));
        let settings = self.settings.get(&key).or_else(|| self.settings.get("*/*"));
        settings.is_some_and(|settings| settings.burst == Some(0) || settings.rate == Some(0.0))
    }
}

fn escape(path: &str) -> String {
    path.replace('~', "~0").replace('/', "~1")
}

impl Settings {
    /// Returns the `MethodSetting` shape, with defaults for unset values (aws-behaviours.md, 7.5).
    fn describe(&self) -> Value {
        json!({
            "metricsEnabled": self.metrics, "loggingLevel": "OFF", "dataTraceEnabled": self.data_trace,
            "throttlingBurstLimit": self.burst.unwrap_or(-1), "throttlingRateLimit": self.rate.unwrap_or(-1.0),
            "cachingEnabled": self.caching, "cacheTtlInSeconds": self.cache_seconds.unwrap_or(300),
            "cacheDataEncrypted": self.cache_encrypted, "requireAuthorizationForCacheControl": !self.cache_open,
            "unauthorizedCacheControlHeaderStrategy":
                self.cache_strategy.as_deref().unwrap_or("SUCCEED_WITH_RESPONSE_HEADER"),
        })
    }

    fn set(&mut self, patch: &Patch<'_>) -> Result<(), AwsError> {
        let whole = || patch.value.parse::<i64>().ok().filter(|n| *n >= -1);
        match patch.path.strip_prefix("/{resource}/{method}/").unwrap_or_default() {
            "metrics/enabled" => self.metrics = patch.flag(),
            "logging/loglevel" if patch.value == "OFF" => {}
            "logging/loglevel" => return Err(no_log_role()),
            "logging/dataTrace" => self.data_trace = patch.flag(),
            "throttling/burstLimit" => self.burst = whole().filter(|n| *n >= 0),
            "throttling/rateLimit" => self.rate = patch.value.parse().ok().filter(|rate| *rate >= 0.0),
            "caching/enabled" => self.caching = patch.flag(),
            "caching/ttlInSeconds" => self.cache_seconds = whole(),
            "caching/dataEncrypted" => self.cache_encrypted = patch.flag(),
            "caching/requireAuthorizationForCacheControl" => self.cache_open = !patch.flag(),
            _ => self.cache_strategy = Some(patch.value.to_owned()),
        }
        Ok(())
    }
}

fn no_log_role() -> AwsError {
    bad("CloudWatch Logs role ARN must be set in account settings to enable logging")
}

fn check_variable(key: &str, value: &str) -> Result<(), AwsError> {
    let key_fits = (1..=64).contains(&key.len()) && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value_fits = value.len() <= 512 && value.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c));
    if key_fits && value_fits {
        return Ok(());
    }
    Err(bad(format!("Stage variable value or name is invalid: {key}. Values must match [A-Za-z0-9-._~:/?#&=,]+")))
}

fn unknown() -> AwsError {
    missing("Invalid Stage identifier specified")
}

pub(crate) fn create(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let input = &call.input;
    let api = api::find_mut(state, call)?;
    let name = string(input, "stageName")?.ok_or_else(|| bad("Stage name must be specified"))?;
    let deployment = string(input, "deploymentId")?.unwrap_or_default();
    let stage = Stage::new(name, deployment, input, &call.context)?;
    if api.stages.contains_key(name) {
        return Err(conflict("Stage already exists"));
    }
    if !api.deployments.contains_key(deployment) {
        return Err(bad("Deployment id does not exist"));
    }
    if api.stages.len() >= MAX_STAGES {
        return Err(AwsError::new(429, "LimitExceededException", "Maximum number of Stages for this API has been reached"));
    }
    let shape = stage.describe();
    api.stages.insert(name.to_owned(), stage);
    Ok(Response::status(201, shape))
}

pub(crate) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let wanted = call.query("deploymentId");
    let stages = api::find(state, call)?.stages.values().filter(|stage| wanted.is_none_or(|wanted| stage.deployment == wanted));
    Ok(Response::json(json!({"item": stages.map(Stage::describe).collect::<Vec<_>>()})))
}

pub(crate) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    let stage = api::find(state, call)?.stages.get(call.path("stage_name")).ok_or_else(unknown)?;
    Ok(Response::json(stage.describe()))
}

pub(crate) fn update(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let api = api::find_mut(state, call)?;
    let mut stage = api.stages.get(call.path("stage_name")).cloned().ok_or_else(unknown)?;
    for patch in patch::read(&call.input, PATCHES)? {
        match (patch.op, patch.path) {
            (_, "/deploymentId") if !api.deployments.contains_key(patch.value) => {
                return Err(missing("Invalid Deployment identifier specified"));
            }
            (_, "/deploymentId") => stage.deployment = patch.value.to_owned(),
            (_, "/description") => stage.description = Some(patch.value.to_owned()).filter(|text| !text.is_empty()),
            (_, "/tracingEnabled") => stage.tracing = patch.flag(),
            ("remove", "/variables/{name}") => {
                stage.variables.remove(patch.part(0)).ok_or_else(|| bad("Invalid stage variable specified"))?;
            }
            (_, "/variables/{name}") => {
                check_variable(patch.part(0), patch.value)?;
                stage.variables.insert(patch.part(0).to_owned(), patch.value.to_owned());
            }
            (_, "/accessLogSettings/destinationArn" | "/accessLogSettings/format") => return Err(no_log_role()),
            (_, "/accessLogSettings") => {}
            (_, "/cacheClusterEnabled") if !patch.flag() => {}
            (_, "/documentationVersion" | "/clientCertificateId" | "/cacheClusterSize") if patch.value.is_empty() => {}
            (_, "/documentationVersion" | "/clientCertificateId" | "/cacheClusterSize" | "/cacheClusterEnabled") => {
                return Err(not_implemented(&format!("the patch path {}", patch.path)));
            }
            ("remove", _) => {
                let key = format!("{}/{}", key_of(patch.part(0)), patch.part(1));
                stage.settings.remove(&key).ok_or_else(|| {
                    bad(format!("Cannot remove method setting {key} because there is no method setting for this method"))
                })?;
            }
            _ => {
                let key = format!("{}/{}", key_of(patch.part(0)), patch.part(1));
                stage.settings.entry(key).or_default().set(&patch)?;
            }
        }
    }
    stage.updated = call.context.now;
    let shape = stage.describe();
    api.stages.insert(stage.name.clone(), stage);
    Ok(Response::json(shape))
}

/// Returns the settings key of a resource path as spelled in patches: `pets~1{id}` and, for the root, `~1`.
fn key_of(resource: &str) -> String {
    match resource {
        "*" => "*".to_owned(),
        path if path.starts_with('/') => escape(path),
        path => escape(&format!("/{path}")),
    }
}

pub(crate) fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let api = api::find(state, call)?;
    let stage = api.stages.get(call.path("stage_name")).ok_or_else(unknown)?;
    let leads = |mapping: &Mapping| mapping.api == api.id && mapping.stage.as_ref() == Some(&stage.name);
    // hashicorp/terraform-provider-aws#41651. That mappings without a stage do not count is unverified.
    if state.domains.values().any(|domain| domain.mappings.values().any(leads)) {
        return Err(bad(format!(
            "Deleting stage {} failed. Please remove all base path mappings related to the stage in your domains.",
            stage.name
        )));
    }
    api::find_mut(state, call)?.stages.remove(call.path("stage_name"));
    plan::forget(state, call.path("restapi_id"), Some(call.path("stage_name")));
    Ok(Response::empty(202))
}
