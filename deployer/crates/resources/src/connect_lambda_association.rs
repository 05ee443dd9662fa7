//! The resource type `connect.lambda_association`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, ConnectInstance, Declared, Id, LambdaFunction, Mode};

/// Desired and live properties of `connect.lambda_association`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ConnectLambdaAssociationProperties<M: Mode = Concrete> {
    /// The instance.
    pub instance_id: M::Of<Id<ConnectInstance>>,
    /// The function.
    pub function_arn: M::Of<Arn<LambdaFunction>>,
    /// The statement of the function's policy by which the same environment lets the instance invoke the function. An association has no
    /// tags: in an instance that is not managed, this statement names its owner.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub statement_id: String,
    /// Whether the function exists without us, so that its tags do not name the owner of the statement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_existing_function: bool,
}

resource! {
    ConnectLambdaAssociation, declared as ConnectLambdaAssociationProperties<Declared>, with ConnectLambdaAssociationOutputs {
        /// The function.
        function_arn: String as Arn<LambdaFunction>,
    }
}

impl ResourceDefinition for ConnectLambdaAssociation {
    type Properties = ConnectLambdaAssociationProperties;
    type Outputs = ConnectLambdaAssociationOutputs;
    const TYPE: &'static str = "connect.lambda_association";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["function_arn"];
    const KEY: &'static [&'static str] = &["instance_id", "function_arn"];

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "statement_id" | "of_existing_function" => ChangeEffect::Ignore,
            "instance_id" => ChangeEffect::Replace("it belongs to another instance"),
            _ => ChangeEffect::Replace("it is for another function"),
        }
    }
}
