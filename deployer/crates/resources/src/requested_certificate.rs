//! The resource types of a certificate that ACM issues after a validation by DNS: the request, `acm.requested_certificate`, and the
//! issuance that others wait for, `acm.certificate_validation`.

use std::time::Duration;

use deployer_engine::{ChangeEffect, PropertyPath, Replacement, ResourceDefinition};
use serde::{Deserialize, Serialize};

use crate::declaration::resource;
use crate::{Arn, Certificate, Concrete, Declared, Mode, Tags};

/// Desired and live properties of `acm.requested_certificate`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedCertificateProperties {
    /// The domain it is valid for.
    pub domain: String,
    /// The type of its key, as in ACM's `KeyAlgorithm`.
    pub key_algorithm: String,
    /// The status that no issuance follows (`VALIDATION_TIMED_OUT`, `FAILED`, `EXPIRED`, …). Never desired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Tags.
    pub tags: Tags,
}

resource! {
    RequestedCertificate, declared as RequestedCertificateProperties, with RequestedCertificateOutputs {
        /// The ARN.
        arn: String as Arn<Certificate>,
        /// Name of the DNS record that validates the domain.
        record_name: String as String,
        /// Type of that record: `CNAME`.
        record_type: String as String,
        /// Value of that record.
        record_value: String as String,
    }
}

impl ResourceDefinition for RequestedCertificate {
    type Properties = RequestedCertificateProperties;
    type Outputs = RequestedCertificateOutputs;
    const TYPE: &'static str = "acm.requested_certificate";
    /// A domain uses the old certificate until it has the new one.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;
    const CREATION_TIME: Duration = Duration::from_secs(5);

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "domain" => ChangeEffect::Replace("the names of a certificate cannot be changed"),
            "key_algorithm" => ChangeEffect::Replace("the key of a certificate cannot be changed"),
            "failed" => ChangeEffect::Replace("ACM does not issue a certificate whose request has failed"),
            _ => ChangeEffect::Update,
        }
    }
}

/// Desired and live properties of `acm.certificate_validation`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct CertificateValidationProperties<M: Mode = Concrete> {
    /// The certificate.
    pub certificate_arn: M::Of<Arn<Certificate>>,
    /// Name of the DNS record that ACM looks for.
    pub record_name: M::Of<String>,
    /// Type of that record.
    pub record_type: M::Of<String>,
    /// Value of that record.
    pub record_value: M::Of<String>,
    /// Whether the deployer creates the record; otherwise somebody else has to.
    pub automatic: bool,
    /// Minutes that a run waits for the issuance.
    pub wait_minutes: u32,
}

resource! {
    CertificateValidation, declared as CertificateValidationProperties<Declared>, with CertificateValidationOutputs {
        /// The ARN of the certificate, which has been issued.
        arn: String as Arn<Certificate>,
    }
}

impl ResourceDefinition for CertificateValidation {
    type Properties = CertificateValidationProperties;
    type Outputs = CertificateValidationOutputs;
    const TYPE: &'static str = "acm.certificate_validation";
    const PARENT: Option<&'static str> = Some("certificate_arn");
    const DELETED_WITH_PARENT: bool = true;
    const CREATION_TIME: Duration = Duration::from_secs(120);

    fn change_effect(path: &PropertyPath) -> ChangeEffect {
        match path.first() {
            "certificate_arn" => ChangeEffect::Replace("it is another certificate"),
            // ACM names the record, and an issued certificate waits for nothing.
            _ => ChangeEffect::Ignore,
        }
    }
}
