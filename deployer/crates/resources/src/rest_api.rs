//! The resource type `apigateway.rest_api`.

use std::collections::BTreeMap;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Concrete, Declared, Id, LambdaFunction, Mode, Tags};

/// The target of one route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Route<M: Mode = Concrete> {
    /// ARN of the function that handles the requests.
    pub function_arn: M::Of<Arn<LambdaFunction>>,
    /// Integration timeout in milliseconds.
    pub timeout_ms: u32,
    /// Authorization that a request needs.
    #[serde(default)]
    pub auth: Auth,
}

/// Authorization that requests to a route need.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// No authorization.
    #[default]
    None,
    /// An API key of a usage plan, in the header `x-api-key`.
    ApiKey,
    /// A signature with AWS credentials that may invoke the API (`execute-api:Invoke`).
    Iam,
}

/// Routes by `VERB /path`.
pub type Routes<M = Concrete> = BTreeMap<String, Route<M>>;

/// Desired and live properties of `apigateway.rest_api`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct RestApiProperties<M: Mode = Concrete> {
    /// The name; not unique.
    pub name: String,
    /// The description; may be empty.
    pub description: String,
    /// The targets of requests, by `VERB /path`.
    pub routes: Routes<M>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    RestApi, declared as RestApiProperties<Declared>, with RestApiOutputs {
        /// The ID.
        id: String as Id<RestApi>,
        /// Prefix of the ARNs in permissions to invoke the API.
        execution_arn: String as String,
    }
}

impl ResourceDefinition for RestApi {
    type Properties = RestApiProperties;
    type Outputs = RestApiOutputs;
    const TYPE: &'static str = "apigateway.rest_api";
    const CREATE_IS_IDEMPOTENT: bool = false;
    const FOUND_BY: Option<&'static [&'static str]> = Some(&[]);

    fn change_effect(_path: &PropertyPath) -> ChangeEffect {
        ChangeEffect::Update
    }
}
