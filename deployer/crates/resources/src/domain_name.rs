//! The resource type `apigateway.domain_name`.

use std::time::Duration;

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Certificate, Concrete, Declared, Mode, Name, Tags};

/// Desired and live properties of `apigateway.domain_name`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct DomainNameProperties<M: Mode = Concrete> {
    /// The domain, unique in the region among all accounts.
    pub domain: String,
    /// Its certificate, in the same account and region.
    pub certificate_arn: M::Of<Arn<Certificate>>,
    /// Minimum TLS version, such as `TLS_1_2`.
    pub security_policy: String,
    /// Tags.
    pub tags: Tags,
}

resource! {
    DomainName, declared as DomainNameProperties<Declared>, with DomainNameOutputs {
        /// The domain.
        domain: String as Name<DomainName>,
        /// The host name to which the domain's DNS record points.
        regional_domain_name: String as String,
        /// The hosted zone of that host name, for an alias record in Route 53.
        regional_hosted_zone_id: String as String,
    }
}

impl ResourceDefinition for DomainName {
    type Properties = DomainNameProperties;
    type Outputs = DomainNameOutputs;
    const TYPE: &'static str = "apigateway.domain_name";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["domain"];
    const ID_IS_A_NAME: bool = true;
    const KEY: &'static [&'static str] = &["domain"];
    const CREATION_TIME: Duration = Duration::from_secs(20);
    const FOUND_BY: Option<&'static [&'static str]> = Some(&["domain"]);

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "domain" => ChangeEffect::Replace("a custom domain's name cannot be changed"),
            _ => ChangeEffect::Update,
        }
    }
}
