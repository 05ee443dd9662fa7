//! The resource type `connect.predefined_attribute`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Concrete, ConnectInstance, Declared, Mode, Name};

/// Desired and live properties of `connect.predefined_attribute`. It has no ID, ARN or tags: it belongs to whoever owns the instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectPredefinedAttributeProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<crate::Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The values, in alphabetical order.
    pub values: Vec<String>,
    /// The purposes, in alphabetical order.
    pub purposes: Vec<String>,
    /// Whether only these values can be given to contacts.
    pub only_these_values: bool,
}

resource! {
    ConnectPredefinedAttribute, declared as ConnectPredefinedAttributeProperties<Declared>, with ConnectPredefinedAttributeOutputs {
        /// The name.
        name: String as Name<ConnectPredefinedAttribute>,
    }
}

impl ResourceDefinition for ConnectPredefinedAttribute {
    type Properties = ConnectPredefinedAttributeProperties;
    type Outputs = ConnectPredefinedAttributeOutputs;
    const TYPE: &'static str = "connect.predefined_attribute";
    const KEY: &'static [&'static str] = &["instance_id", "name"];
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            "name" => ChangeEffect::Replace("no operation renames a predefined attribute"),
            _ => ChangeEffect::Update,
        }
    }
}
