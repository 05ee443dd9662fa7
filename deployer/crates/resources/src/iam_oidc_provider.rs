//! The resource type `iam.oidc_provider`.

use std::collections::BTreeSet;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition, RetainPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Tags};

/// Desired and live properties of `iam.oidc_provider`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamOidcProviderProperties {
    /// The issuer, without `https://`.
    pub host: String,
    /// Accepted audiences. Other live audiences are left in place.
    pub audiences: BTreeSet<String>,
    /// Roles besides `except` that trust it and require it to be retained. Read only for a removal, where it is not `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_by: Option<Vec<String>>,
    /// Names of the roles that are removed together with it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub except: BTreeSet<String>,
    /// Tags. Other live tags are left in place.
    pub tags: Tags,
}

resource! {
    IamOidcProvider, declared as IamOidcProviderProperties, with IamOidcProviderOutputs {
        /// The ARN.
        arn: String as Arn<IamOidcProvider>,
    }
}

impl ResourceDefinition for IamOidcProvider {
    type Properties = IamOidcProviderProperties;
    type Outputs = IamOidcProviderOutputs;
    const TYPE: &'static str = "iam.oidc_provider";
    const ID_IS_A_NAME: bool = true;

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "host" => ChangeEffect::Replace("a provider keeps its issuer"),
            _ => ChangeEffect::Update,
        }
    }

    fn retain_policy(_properties: &Value, live: Option<&Value>) -> Option<RetainPolicy> {
        other_users(live).map(|others| RetainPolicy::Forget(format!("it stays, because other roles trust it: {others}")))
    }
}

/// Returns a list of the other users of a shared resource of the account; `None` if there are none.
pub(crate) fn other_users(live: Option<&Value>) -> Option<String> {
    let others: Vec<&str> = live?["used_by"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    (!others.is_empty()).then(|| others.join(", "))
}
