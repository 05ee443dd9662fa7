//! The resource type `acm.imported_certificate`: a certificate from the user's files.

use std::collections::BTreeSet;

use deployer_engine::{ChangeEffect, PropertyPath, Replacement, ResourceDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::declaration::resource;
use crate::{Arn, Certificate, Tags};

/// Desired and live properties of `acm.imported_certificate`. The private key is not among them: the certificate's public key tells which
/// one it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedCertificateProperties {
    /// SHA-256 of the certificate's DER, in lower-case hex.
    pub sha256: String,
    /// SHA-256 of each certificate of the chain.
    pub chain_sha256: Vec<String>,
    /// The type of its key, as in ACM's `KeyAlgorithm`.
    pub key_algorithm: String,
    /// Its key usages and extended key usages, by their object identifiers and bit names.
    pub usages: BTreeSet<String>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    ImportedCertificate, declared as ImportedCertificateProperties, with ImportedCertificateOutputs {
        /// The ARN.
        arn: String as Arn<Certificate>,
        /// SHA-256 of the certificate's DER, in lower-case hex.
        sha256: String as String,
        /// Time of expiry, as in RFC 3339.
        not_after: String as String,
    }
}

/// Client authentication, which a certificate that is imported again may lack.
const CLIENT_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.2";

impl ResourceDefinition for ImportedCertificate {
    type Properties = ImportedCertificateProperties;
    type Outputs = ImportedCertificateOutputs;
    const TYPE: &'static str = "acm.imported_certificate";
    const CREATE_IS_IDEMPOTENT: bool = false;
    /// A domain uses the old certificate until it has the new one.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    /// Another certificate is imported under the same ARN, if ACM accepts it there.
    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            // ACM user guide, "Reimport a certificate".
            "key_algorithm" => ChangeEffect::Replace("a certificate that is imported again must have a key of the same type"),
            _ => ChangeEffect::Update,
        }
    }

    /// Key usages may be added by an import, and not removed, except client authentication (ACM user guide, "Reimport a certificate").
    fn change_effect_between(path: &PropertyPath, live: &Value, wanted: &Value) -> ChangeEffect {
        let usages = |value: &Value| -> BTreeSet<String> {
            let usages = value["usages"].as_array().into_iter().flatten();
            usages.filter_map(Value::as_str).filter(|usage| *usage != CLIENT_AUTHENTICATION).map(str::to_owned).collect()
        };
        match path.first() {
            "usages" if !usages(live).is_subset(&usages(wanted)) => {
                ChangeEffect::Replace("a certificate that is imported again must keep its key usages")
            }
            _ => Self::change_effect(path),
        }
    }
}
