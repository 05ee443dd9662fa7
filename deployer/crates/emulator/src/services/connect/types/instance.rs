//! Instances.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::bot::Bot;
use super::execution::Execution;
use super::flow::Flow;
use super::hierarchy::Level;
use super::module::Module;
use super::predefined_attribute::PredefinedAttribute;
use super::resource::Resource;
use super::storage::Storage;
use super::test_case::TestCase;
use super::vocabulary::Vocabulary;
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::services::connect::arguments::{REQUEST, epoch, refused};
use crate::stored::stored;

/// An instance and all its resources.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) alias: Option<String>,
    pub(crate) identity: String,
    pub(crate) created: OffsetDateTime,
    pub(crate) active_at: OffsetDateTime,
    /// Time at which the instance disappears, set when deletion has begun or creation has failed.
    pub(crate) gone_at: Option<OffsetDateTime>,
    /// Reason of a failed creation.
    #[serde(default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
    /// Client token and input of the creation request.
    pub(crate) token: Option<(String, Value)>,
    pub(crate) attributes: BTreeMap<String, bool>,
    /// ARNs of associated functions.
    pub(crate) functions: BTreeSet<String>,
    /// The function associated with each client token.
    pub(crate) function_tokens: BTreeMap<String, String>,
    /// Flows by id.
    #[serde(default)]
    pub(crate) flows: PersistentMap<String, Flow>,
    /// Queues, hours, profiles, prompts and users by id.
    #[serde(default)]
    pub(crate) resources: PersistentMap<String, Resource>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Flow modules by id.
    #[serde(default)]
    pub(crate) modules: PersistentMap<String, Module>,
    /// Storage configurations by association id.
    #[serde(default)]
    pub(crate) storage: BTreeMap<String, Storage>,
    #[serde(default)]
    pub(crate) bots: BTreeSet<Bot>,
    /// The bot associated with each client token.
    #[serde(default)]
    pub(crate) bot_tokens: BTreeMap<String, Bot>,
    /// Test cases by id.
    #[serde(default)]
    pub(crate) test_cases: PersistentMap<String, TestCase>,
    /// Test case executions by id.
    #[serde(default)]
    pub(crate) executions: PersistentMap<String, Execution>,
    /// Levels of the agent hierarchy, from the first.
    #[serde(default)]
    pub(crate) levels: Vec<Level>,
    /// Vocabularies by id.
    #[serde(default)]
    pub(crate) vocabularies: PersistentMap<String, Vocabulary>,
    /// Id of the default vocabulary of each language.
    #[serde(default)]
    pub(crate) default_vocabularies: BTreeMap<String, String>,
    /// Predefined attributes by name.
    #[serde(default)]
    pub(crate) predefined_attributes: BTreeMap<String, PredefinedAttribute>,
}

stored!(Instance: flows, resources, modules, test_cases, executions, vocabularies);

impl Instance {
    pub(crate) fn is_gone(&self, now: OffsetDateTime) -> bool {
        self.gone_at.is_some_and(|at| at <= now)
    }

    /// Whether the deletion of a vocabulary has ended.
    pub(crate) fn has_gone_vocabulary(&self, now: OffsetDateTime) -> bool {
        self.vocabularies.values().any(|vocabulary| vocabulary.is_gone(now))
    }

    /// Returns the identity management type as the API names it.
    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    pub(crate) fn status(&self, now: OffsetDateTime) -> &'static str {
        // The API has no state for an instance that is being deleted (botocore model, InstanceStatus).
        match &self.failure {
            _ if now < self.active_at => "CREATION_IN_PROGRESS",
            Some(_) => "CREATION_FAILED",
            None => "ACTIVE",
        }
    }

    /// Whether the creation has failed, so that the instance does not count against the quota and its alias is free
    /// (unverified).
    pub(crate) fn has_failed(&self, now: OffsetDateTime) -> bool {
        self.failure.is_some() && self.active_at <= now
    }

    /// Returns an error unless the instance is active. The message texts are unverified.
    pub(crate) fn check_active(&self, now: OffsetDateTime) -> Result<(), AwsError> {
        if now < self.active_at || self.failure.is_some() {
            return Err(refused(REQUEST, "Instance is not active"));
        }
        if self.gone_at.is_some() {
            return Err(refused(REQUEST, "Instance is being deleted"));
        }
        Ok(())
    }

    pub(crate) fn summary(&self, account: &str, now: OffsetDateTime) -> Value {
        let enabled = |attribute: &str| self.attributes.get(attribute).copied().unwrap_or_default();
        let role = format!("AWSServiceRoleForAmazonConnect_{}", self.id.replace('-', "").get(..20).unwrap_or_default());
        let mut summary = json!({
            "Id": self.id,
            "Arn": self.arn,
            "IdentityManagementType": self.identity,
            "CreatedTime": epoch(self.created),
            "ServiceRole": format!("arn:aws:iam::{account}:role/aws-service-role/connect.amazonaws.com/{role}"),
            "InstanceStatus": self.status(now),
            "InboundCallsEnabled": enabled("INBOUND_CALLS"),
            "OutboundCallsEnabled": enabled("OUTBOUND_CALLS"),
        });
        if let Some(alias) = &self.alias {
            summary["InstanceAlias"] = alias.as_str().into();
            summary["InstanceAccessUrl"] = format!("https://{alias}.my.connect.aws").into();
        }
        summary
    }
}

/// Returns the id of an id or ARN.
pub(crate) fn bare_id(id: &str) -> &str {
    id.rsplit_once(":instance/").map_or(id, |(_, id)| id)
}

pub(crate) fn not_found() -> AwsError {
    // The message text is unverified.
    AwsError::new(404, "ResourceNotFoundException", "Instance not found")
}
