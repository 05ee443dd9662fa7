//! The resource type `lambda.permission`.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Concrete, Declared, LambdaFunction, Mode, Name};

/// Desired and live properties of `lambda.permission`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct LambdaPermissionProperties<M: Mode = Concrete> {
    /// The function.
    pub function_name: M::Of<Name<LambdaFunction>>,
    /// The statement's ID, unique in the function's policy.
    pub statement_id: String,
    /// The service or account that may invoke.
    pub principal: String,
    /// ARN of the resource on whose behalf it may invoke.
    pub source_arn: Option<M::Of<String>>,
    /// The account of that resource.
    pub source_account: Option<String>,
    /// Whether the function exists without us: then its tags say nothing, and the statement's ID alone says whose the statement is.
    #[serde(default)]
    pub of_existing_function: bool,
}

resource! {
    LambdaPermission, declared as LambdaPermissionProperties<Declared>, with LambdaPermissionOutputs {
        /// The statement's ID.
        statement_id: String as String,
    }
}

impl ResourceDefinition for LambdaPermission {
    type Properties = LambdaPermissionProperties;
    type Outputs = LambdaPermissionOutputs;
    const TYPE: &'static str = "lambda.permission";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["statement_id"];
    const ID_IS_A_NAME: bool = true;
    const KEY: &'static [&'static str] = &["function_name", "statement_id"];
    const PARENT: Option<&'static str> = Some("function_name");
    /// The statements of a function's policy go with it.
    const DELETED_WITH_PARENT: bool = true;

    fn change_effect(_path: &PropertyPath) -> ChangeEffect {
        ChangeEffect::Replace("a statement of a function's policy cannot be changed")
    }
}
