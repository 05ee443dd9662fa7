//! The resource type `connect.hours_override`.

use std::collections::BTreeMap;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Concrete, ConnectHours, ConnectInstance, Declared, Id, Mode};

/// Desired and live properties of `connect.hours_override`. It has no tags: it belongs to whoever owns the hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectHoursOverrideProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The hours of operation.
    pub hours_id: M::Of<Id<ConnectHours>>,
    /// The name, unique among the overrides of the hours.
    pub name: String,
    /// The description; not empty.
    pub description: String,
    /// The first date, such as `2026-12-24`, in the time zone of the hours.
    pub from: String,
    /// The last date.
    pub until: String,
    /// `STANDARD`, `OPEN` or `CLOSED`.
    pub kind: String,
    /// Times such as `08:00-18:00`, in order, by day such as `MONDAY`; a day ends at `24:00`.
    pub open: BTreeMap<String, Vec<String>>,
}

resource! {
    ConnectHoursOverride, declared as ConnectHoursOverrideProperties<Declared>, with ConnectHoursOverrideOutputs {
        /// The ID within its hours.
        id: String as Id<ConnectHoursOverride>,
    }
}

impl ResourceDefinition for ConnectHoursOverride {
    type Properties = ConnectHoursOverrideProperties;
    type Outputs = ConnectHoursOverrideOutputs;
    const TYPE: &'static str = "connect.hours_override";
    const KEY: &'static [&'static str] = &["hours_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" | "hours_id" => ChangeEffect::Replace("it belongs to other hours"),
            _ => ChangeEffect::Update,
        }
    }
}
