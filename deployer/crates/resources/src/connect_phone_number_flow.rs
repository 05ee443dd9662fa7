//! The resource type `connect.phone_number_flow`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectContactFlow, ConnectInstance, ConnectPhoneNumber, Declared, Id, Mode};

/// Desired and live properties of `connect.phone_number_flow`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectPhoneNumberFlowProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The phone number.
    pub phone_number_id: M::Of<Id<ConnectPhoneNumber>>,
    /// The phone number's ARN.
    pub phone_number_arn: M::Of<Arn<ConnectPhoneNumber>>,
    /// The flow's ID.
    pub flow_id: M::Of<Id<ConnectContactFlow>>,
}

resource! {
    ConnectPhoneNumberFlow, declared as ConnectPhoneNumberFlowProperties<Declared>, with ConnectPhoneNumberFlowOutputs {
        /// The flow's ID.
        flow_id: String as Id<ConnectContactFlow>,
    }
}

impl ResourceDefinition for ConnectPhoneNumberFlow {
    type Properties = ConnectPhoneNumberFlowProperties;
    type Outputs = ConnectPhoneNumberFlowOutputs;
    const TYPE: &'static str = "connect.phone_number_flow";

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "instance_id" | "phone_number_id" => ChangeEffect::Replace("it is about another number"),
            "phone_number_arn" => ChangeEffect::Ignore,
            _ => ChangeEffect::Update,
        }
    }
}
