//! The resource type `acm.existing_certificate`: a certificate that the deployer uses and never changes.

use deployer_engine::{ChangeEffect, PropertyPath, ResourceDefinition, RetainPolicy};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Certificate};

/// Desired and live properties of `acm.existing_certificate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExistingCertificateProperties {
    /// Its ARN.
    pub arn: String,
    /// The domain that it must be valid for.
    pub domain: String,
    /// The names that it is valid for. Never desired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Why it cannot be used. Never desired; only a live certificate has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

resource! {
    ExistingCertificate, declared as ExistingCertificateProperties, with ExistingCertificateOutputs {
        /// The ARN.
        arn: String as Arn<Certificate>,
    }
}

impl ResourceDefinition for ExistingCertificate {
    type Properties = ExistingCertificateProperties;
    type Outputs = ExistingCertificateOutputs;
    const TYPE: &'static str = "acm.existing_certificate";
    const OUTPUTS_FROM_PROPERTIES: &'static [&'static str] = &["arn"];
    const KEY: &'static [&'static str] = &["arn"];

    /// The address of this type contains the ARN, so only the domain or the certificate's fitness changes.
    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "arn" => ChangeEffect::Replace("it is another certificate"),
            "names" => ChangeEffect::Ignore,
            _ => ChangeEffect::Update,
        }
    }

    fn retain_policy(_properties: &Value, _live: Option<&Value>) -> Option<RetainPolicy> {
        Some(RetainPolicy::Leave("it existed before and is only used".to_owned()))
    }
}
