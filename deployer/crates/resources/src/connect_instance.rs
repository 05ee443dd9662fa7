//! The resource type `connect.instance`.

use std::collections::BTreeMap;

use deployer_engine::{ChangeEffect, PropertyPath, Quota, ResourceDefinition, RetainPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Id, Tags};

/// Desired and live properties of `connect.instance`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectInstanceProperties {
    /// The alias, unique among all instances; part of the instance's URL.
    pub alias: String,
    /// Whether a plan that deletes it is rejected.
    #[serde(default)]
    pub deletion_protection: bool,
    /// Whether inbound calls are enabled.
    pub inbound_calls: bool,
    /// Whether outbound calls are enabled.
    pub outbound_calls: bool,
    /// Other managed attributes, such as `CONTACTFLOW_LOGS`.
    #[serde(default)]
    pub attributes: BTreeMap<String, bool>,
    /// Whether its creation has failed: never desired; set only on a live instance. Such an instance is unusable and remains visible for a
    /// day (API reference, DescribeInstance).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub creation_failed: bool,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectInstance, declared as ConnectInstanceProperties, with ConnectInstanceOutputs {
        /// The ID; absent for an instance whose creation has failed, so that nothing is looked up in it.
        id: Option<String> as Id<ConnectInstance>,
        /// The ARN; absent likewise.
        arn: Option<String> as Arn<ConnectInstance>,
        /// The alias.
        alias: String as String,
    }
}

/// Quota from "Feature specifications" in the administrator guide; above it the account is locked for 30 days
/// (terraform-provider-aws#23381).
const QUOTA_NAME: Quota = Quota { what: "creations and deletions of Connect instances", limit: 100, days: 30 };

impl ResourceDefinition for ConnectInstance {
    type Properties = ConnectInstanceProperties;
    type Outputs = ConnectInstanceOutputs;
    const TYPE: &'static str = "connect.instance";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["alias"];
    const HOLDS_DATA: bool = true;
    const QUOTA: Option<Quota> = Some(QUOTA_NAME);

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "alias" => ChangeEffect::Replace(
                "an instance's alias cannot be changed; phone numbers, users and recordings' settings are lost",
            ),
            "creation_failed" => ChangeEffect::Replace("its creation failed, and it cannot be used"),
            _ => ChangeEffect::Update,
        }
    }

    fn retain_policy(properties: &Value, _live: Option<&Value>) -> Option<RetainPolicy> {
        let protected = properties["deletion_protection"] == true && properties["creation_failed"] != true;
        protected.then(|| RetainPolicy::Refuse {
            why: "the instance is protected from deletion, which takes its phone numbers, users and settings for good".to_owned(),
            help: "write `deletion_protection: false` under `connect`, or pass --delete-instance".to_owned(),
        })
    }
}
