//! The resource type `connect.hierarchy_group`: a group on a level of the agent hierarchy.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, Mode, Name, Tags};

/// Desired and live properties of `connect.hierarchy_group`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectHierarchyGroupProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The ID of the group on the level above; absent on the first level.
    pub parent_id: Option<M::Of<Id<ConnectHierarchyGroup>>>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectHierarchyGroup, declared as ConnectHierarchyGroupProperties<Declared>, with ConnectHierarchyGroupOutputs {
        /// The ID within its instance.
        id: String as Id<ConnectHierarchyGroup>,
        /// The ARN.
        arn: String as Arn<ConnectHierarchyGroup>,
        /// The name.
        name: String as Name<ConnectHierarchyGroup>,
    }
}

impl ResourceDefinition for ConnectHierarchyGroup {
    type Properties = ConnectHierarchyGroupProperties;
    type Outputs = ConnectHierarchyGroupOutputs;
    const TYPE: &'static str = "connect.hierarchy_group";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["name"];
    const KEY: &'static [&'static str] = &["instance_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            // UpdateUserHierarchyGroupName is the only change of a group (API reference).
            "parent_id" => ChangeEffect::Replace("no operation of Connect moves a hierarchy group"),
            _ => ChangeEffect::Update,
        }
    }
}
