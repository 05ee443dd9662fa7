//! The resource type `connect.hours_of_operation`.

use std::collections::BTreeMap;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, Mode, Name, Tags};

/// Desired and live properties of `connect.hours_of_operation`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectHoursProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The description.
    pub description: String,
    /// The time zone, such as `Europe/Berlin`.
    pub time_zone: String,
    /// Opening times such as `08:00-18:00`, in order, by day such as `MONDAY`; a day ends at `24:00`.
    pub open: BTreeMap<String, Vec<String>>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectHours, declared as ConnectHoursProperties<Declared>, with ConnectHoursOutputs {
        /// The ID within its instance.
        id: String as Id<ConnectHours>,
        /// The ARN.
        arn: String as Arn<ConnectHours>,
        /// The name.
        name: String as Name<ConnectHours>,
    }
}

impl ResourceDefinition for ConnectHours {
    type Properties = ConnectHoursProperties;
    type Outputs = ConnectHoursOutputs;
    const TYPE: &'static str = "connect.hours_of_operation";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["name"];
    const KEY: &'static [&'static str] = &["instance_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("they belong to another instance"),
            _ => ChangeEffect::Update,
        }
    }
}
