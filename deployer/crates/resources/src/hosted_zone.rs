//! The resource type `route53.existing_zone`: a hosted zone that the deployer looks up and never changes.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition, RetainPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Id;
use crate::declaration::resource;

/// Desired and live properties of `route53.existing_zone`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostedZoneProperties {
    /// Its name, or its ID.
    pub zone: String,
    /// The domain whose records are to be in it.
    pub domain: String,
    /// The zone's name as it is. Never desired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why it cannot be used. Never desired; only a live zone has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

resource! {
    HostedZone, declared as HostedZoneProperties, with HostedZoneOutputs {
        /// The ID, without `/hostedzone/`.
        id: String as Id<HostedZone>,
        /// The name, without the dot at its end.
        name: String as String,
    }
}

impl ResourceDefinition for HostedZone {
    type Properties = HostedZoneProperties;
    type Outputs = HostedZoneOutputs;
    const TYPE: &'static str = "route53.existing_zone";

    /// The address of this type contains the zone.
    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "zone" => ChangeEffect::Replace("it is another zone"),
            "name" => ChangeEffect::Ignore,
            _ => ChangeEffect::Update,
        }
    }

    fn retain_policy(_properties: &Value, _live: Option<&Value>) -> Option<RetainPolicy> {
        Some(RetainPolicy::Leave("it existed before and only has records added".to_owned()))
    }
}
