//! The resource type `acm.certificate`.

use deployer_engine::{ChangeEffect, PropertyPath, Replacement, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Tags};

/// Desired and live properties of `acm.certificate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateProperties {
    /// The domain it is valid for.
    pub domain: String,
    /// Further names it is valid for.
    pub alternative_names: Vec<String>,
    /// The type of its key, as in ACM's `KeyAlgorithm`: `RSA_2048` or `EC_prime256v1`.
    #[serde(default = "rsa")]
    pub key_algorithm: String,
    /// Validity period in days.
    pub validity_days: u32,
    /// Number of days before expiry at which it is renewed.
    pub renew_before_days: u32,
    /// Whether it expires so soon that renewal is due. Never desired; only a live certificate has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renewal_due: bool,
    /// Tags.
    pub tags: Tags,
}

resource! {
    Certificate, declared as CertificateProperties, with CertificateOutputs {
        /// The ARN.
        arn: String as Arn<Certificate>,
        /// SHA-256 of the certificate's DER, in lower-case hex.
        sha256: String as String,
        /// Time of expiry, as in RFC 3339.
        not_after: String as String,
    }
}

impl ResourceDefinition for Certificate {
    type Properties = CertificateProperties;
    type Outputs = CertificateOutputs;
    const TYPE: &'static str = "acm.certificate";
    const CREATE_IS_IDEMPOTENT: bool = false;
    /// A domain uses the old certificate until it has the new one.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    /// Everything except the key type changes in place: a new certificate is imported under the same ARN.
    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            // ACM user guide, "Reimport a certificate".
            "key_algorithm" => ChangeEffect::Replace("a certificate that is imported again must have a key of the same type"),
            _ => ChangeEffect::Update,
        }
    }
}

fn rsa() -> String {
    "RSA_2048".to_owned()
}
