//! The resource type `iam.policy`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Tags};

/// Desired and live properties of `iam.policy`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IamPolicyProperties {
    /// The name, unique in the account.
    pub name: String,
    /// The description set at creation; may be empty. It cannot be changed and is not compared.
    pub description: String,
    /// The default version.
    pub document: Value,
    /// Tags.
    pub tags: Tags,
}

resource! {
    IamPolicy, declared as IamPolicyProperties, with IamPolicyOutputs {
        /// The ARN.
        arn: String as Arn<IamPolicy>,
    }
}

impl ResourceDefinition for IamPolicy {
    type Properties = IamPolicyProperties;
    type Outputs = IamPolicyOutputs;
    const TYPE: &'static str = "iam.policy";
    const ID_IS_A_NAME: bool = true;

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "name" => ChangeEffect::Replace("a policy's name cannot be changed"),
            _ => ChangeEffect::Update,
        }
    }
}
