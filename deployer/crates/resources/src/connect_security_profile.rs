//! The resource type `connect.security_profile`.

use std::collections::BTreeSet;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, Mode, Name, Tags};

/// Desired and live properties of `connect.security_profile`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectSecurityProfileProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The description.
    pub description: String,
    /// The names of the permissions, such as `BasicAgentAccess`.
    pub permissions: BTreeSet<String>,
    /// The tags by which the users see resources: only those with these tags.
    pub visible_tags: Tags,
    /// The kinds of resources that `visible_tags` applies to, such as `Queue`.
    pub tag_restricted: BTreeSet<String>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectSecurityProfile, declared as ConnectSecurityProfileProperties<Declared>, with ConnectSecurityProfileOutputs {
        /// The ID within its instance.
        id: String as Id<ConnectSecurityProfile>,
        /// The ARN.
        arn: String as Arn<ConnectSecurityProfile>,
        /// The name.
        name: String as Name<ConnectSecurityProfile>,
    }
}

impl ResourceDefinition for ConnectSecurityProfile {
    type Properties = ConnectSecurityProfileProperties;
    type Outputs = ConnectSecurityProfileOutputs;
    const TYPE: &'static str = "connect.security_profile";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["name"];
    const KEY: &'static [&'static str] = &["instance_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            // UpdateSecurityProfile has no name (API reference).
            "name" => ChangeEffect::Replace("no operation of Connect renames a security profile"),
            _ => ChangeEffect::Update,
        }
    }
}
