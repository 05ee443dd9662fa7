//! The resource type `connect.hierarchy_structure`: the levels of the agent hierarchy.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Concrete, ConnectInstance, Declared, Id, Mode};

/// Desired and live properties of `connect.hierarchy_structure`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectHierarchyStructureProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The names of the levels, from the first; 1 to 5.
    pub levels: Vec<String>,
}

resource! {
    ConnectHierarchyStructure, declared as ConnectHierarchyStructureProperties<Declared>, with ConnectHierarchyStructureOutputs {
        /// The ID of the instance.
        instance_id: String as Id<ConnectInstance>,
    }
}

impl ResourceDefinition for ConnectHierarchyStructure {
    type Properties = ConnectHierarchyStructureProperties;
    type Outputs = ConnectHierarchyStructureOutputs;
    const TYPE: &'static str = "connect.hierarchy_structure";
    const PARENT: Option<&'static str> = Some("instance_id");

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            _ => ChangeEffect::Update,
        }
    }
}
