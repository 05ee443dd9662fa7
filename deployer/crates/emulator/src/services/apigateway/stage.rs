//! Stages, each of which serves a deployment under a name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::patch::{Kind, Patch, Row};
use super::{bad, compact, epoch, flag, missing, strings, tags, unsupported};
use crate::error::AwsError;
use crate::request::{RequestContext, string};
use crate::stored::stored;

/// Maximum number of stages of one API (API Gateway quotas page).
pub(super) const MAX_STAGES: usize = 10;

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

pub(super) const PATCHES: &[Row] = &[
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

    pub(super) fn describe(&self) -> Value {
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

pub(super) fn escape(path: &str) -> String {
    path.replace('~', "~0").replace('/', "~1")
}

impl Settings {
    /// Returns the `MethodSetting` shape, with defaults for unset values (aws-behaviours.md, 7.5).
    pub(super) fn describe(&self) -> Value {
        json!({
            "metricsEnabled": self.metrics, "loggingLevel": "OFF", "dataTraceEnabled": self.data_trace,
            "throttlingBurstLimit": self.burst.unwrap_or(-1), "throttlingRateLimit": self.rate.unwrap_or(-1.0),
            "cachingEnabled": self.caching, "cacheTtlInSeconds": self.cache_seconds.unwrap_or(300),
            "cacheDataEncrypted": self.cache_encrypted, "requireAuthorizationForCacheControl": !self.cache_open,
            "unauthorizedCacheControlHeaderStrategy":
                self.cache_strategy.as_deref().unwrap_or("SUCCEED_WITH_RESPONSE_HEADER"),
        })
    }

    pub(super) fn set(&mut self, patch: &Patch<'_>) -> Result<(), AwsError> {
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

pub(super) fn no_log_role() -> AwsError {
    bad("CloudWatch Logs role ARN must be set in account settings to enable logging")
}

pub(super) fn check_variable(key: &str, value: &str) -> Result<(), AwsError> {
    let key_fits = (1..=64).contains(&key.len()) && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value_fits = value.len() <= 512 && value.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c));
    if key_fits && value_fits {
        return Ok(());
    }
    Err(bad(format!("Stage variable value or name is invalid: {key}. Values must match [A-Za-z0-9-._~:/?#&=,]+")))
}

pub(super) fn unknown() -> AwsError {
    missing("Invalid Stage identifier specified")
}
