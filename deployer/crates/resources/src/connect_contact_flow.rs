//! The resource type `connect.contact_flow`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, Mode, Tags};

/// Desired and live properties of `connect.contact_flow`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectContactFlowProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The name, unique in the instance.
    pub name: String,
    /// The type of flow, `CONTACT_FLOW` for one that takes calls.
    #[serde(rename = "type")]
    pub kind: String,
    /// The description; may be empty.
    pub description: String,
    /// The flow in the Connect Flow language; `null` if the content is a resource of its own, because it names flows that name this one.
    pub content: M::Of<Value>,
    /// `PUBLISHED`, or `SAVED`: then only the draft is managed, whatever is published.
    #[serde(default = "published")]
    pub status: String,
    /// `ACTIVE` or `ARCHIVED`.
    #[serde(default = "active")]
    pub state: String,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ConnectContactFlow, declared as ConnectContactFlowProperties<Declared>, with ConnectContactFlowOutputs {
        /// The ID within its instance.
        id: String as Id<ConnectContactFlow>,
        /// The ARN.
        arn: String as Arn<ConnectContactFlow>,
    }
}

impl ResourceDefinition for ConnectContactFlow {
    type Properties = ConnectContactFlowProperties;
    type Outputs = ConnectContactFlowOutputs;
    const TYPE: &'static str = "connect.contact_flow";
    const KEY: &'static [&'static str] = &["instance_id", "name"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            "type" => ChangeEffect::Replace("a flow's type cannot be changed"),
            "content" if path.0.get(1).is_some_and(|member| member == "Metadata") => ChangeEffect::Ignore,
            _ => ChangeEffect::Update,
        }
    }
}

/// Returns the status for records that were written before the property existed.
fn published() -> String {
    "PUBLISHED".to_owned()
}

fn active() -> String {
    "ACTIVE".to_owned()
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn moving_blocks_in_the_console_is_no_change() {
        let path = |steps: &[&str]| PropertyPath(steps.iter().map(|step| (*step).to_owned()).collect());
        assert_eq!(ConnectContactFlow::change_effect(&path(&["content", "Metadata", "x"])), ChangeEffect::Ignore);
        assert_eq!(ConnectContactFlow::change_effect(&path(&["content", "Actions", "0"])), ChangeEffect::Update);
    }
}
