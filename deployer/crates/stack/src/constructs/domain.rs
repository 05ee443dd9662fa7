//! A custom domain with its certificate, and its records in a hosted zone.

use std::collections::BTreeSet;

use deployer_engine::Address;
use deployer_resources::{
    AliasRecord, AliasRecordProperties, Arn, CertificateProperties, CertificateValidation, CertificateValidationProperties,
    DomainName, DomainNameProperties, ExistingCertificate, ExistingCertificateProperties, Handle, HostedZone,
    HostedZoneProperties, ImportedCertificate, ImportedCertificateProperties, Prop, RequestedCertificate,
    RequestedCertificateProperties, ValidationRecord, ValidationRecordProperties,
};

use crate::stack::Stack;

/// A custom domain.
#[derive(Debug, Clone)]
pub struct Domain {
    /// The domain name.
    pub domain: String,
    /// The hosted zone in which the domain is made an alias of the API: its name or its ID.
    pub zone: Option<String>,
    /// Its certificate.
    pub certificate: Certificate,
}

/// The certificate of a domain.
#[derive(Debug, Clone)]
pub enum Certificate {
    /// Made and signed by the deployer.
    SelfSigned {
        /// The type of its key, as in ACM's `KeyAlgorithm`: `RSA_2048` or `EC_prime256v1`.
        key_algorithm: String,
        /// Validity period in days.
        validity_days: u32,
        /// Number of days before expiry at which it is renewed.
        renew_before_days: u32,
    },
    /// A certificate of this ARN, which is only used.
    Existing(String),
    /// Imported from files.
    Files(CertificateFromFiles),
    /// Requested from ACM and validated by DNS.
    Dns {
        /// The type of its key, as in ACM's `KeyAlgorithm`.
        key_algorithm: String,
        /// The hosted zone in which the validation record is made; without it, somebody else makes it.
        zone: Option<String>,
        /// Minutes that a run waits for the issuance.
        wait_minutes: u32,
    },
}

/// The contents of a certificate from files, without its key.
#[derive(Debug, Clone, Default)]
pub struct CertificateFromFiles {
    /// SHA-256 of the certificate's DER, in lower-case hex.
    pub sha256: String,
    /// SHA-256 of each certificate of the chain.
    pub chain_sha256: Vec<String>,
    /// The type of its key, as in ACM's `KeyAlgorithm`.
    pub key_algorithm: String,
    /// Its key usages and extended key usages.
    pub usages: BTreeSet<String>,
}

impl Domain {
    /// Adds the domain with its certificate and its records; `name` is that of the API.
    pub(crate) fn write(&self, stack: &Stack, name: &str) -> Handle<DomainName> {
        let certificate_arn = self.certificate_arn(stack, name);
        let address = Address::new("domain", name);
        let properties = DomainNameProperties {
            domain: self.domain.clone(),
            certificate_arn,
            security_policy: "TLS_1_2".to_owned(),
            tags: stack.settings().tags_of(&address),
        };
        let domain = stack.add::<DomainName>(address, &properties, []);
        if let Some(zone) = &self.zone {
            let address = Address::new("alias", name);
            let properties = AliasRecordProperties {
                zone_id: self.zone(stack, zone).id(),
                name: self.domain.clone(),
                target: domain.regional_domain_name(),
                target_zone_id: domain.regional_hosted_zone_id(),
                tags: stack.settings().ownership_tags(&address),
            };
            stack.add::<AliasRecord>(address, &properties, []);
        }
        domain
    }

    fn certificate_arn(&self, stack: &Stack, name: &str) -> Prop<Arn<deployer_resources::Certificate>> {
        match &self.certificate {
            Certificate::SelfSigned { key_algorithm, validity_days, renew_before_days } => {
                let address = Address::new("certificate", name);
                let properties = CertificateProperties {
                    domain: self.domain.clone(),
                    alternative_names: Vec::new(),
                    key_algorithm: key_algorithm.clone(),
                    validity_days: *validity_days,
                    renew_before_days: *renew_before_days,
                    renewal_due: false,
                    tags: stack.settings().tags_of(&address),
                };
                stack.add::<deployer_resources::Certificate>(address, &properties, []).arn()
            }
            Certificate::Existing(arn) => {
                let properties = ExistingCertificateProperties {
                    arn: arn.clone(),
                    domain: self.domain.clone(),
                    names: Vec::new(),
                    problem: None,
                };
                let id = arn.rsplit('/').next().unwrap_or_default();
                stack.add::<ExistingCertificate>(Address::new("existing_certificate", id), &properties, []).arn()
            }
            Certificate::Files(files) => {
                let address = Address::new("imported_certificate", name);
                let properties = ImportedCertificateProperties {
                    sha256: files.sha256.clone(),
                    chain_sha256: files.chain_sha256.clone(),
                    key_algorithm: files.key_algorithm.clone(),
                    usages: files.usages.clone(),
                    tags: stack.settings().tags_of(&address),
                };
                stack.add::<ImportedCertificate>(address, &properties, []).arn()
            }
            Certificate::Dns { key_algorithm, zone, wait_minutes } => {
                self.requested(stack, name, key_algorithm, zone.as_deref(), *wait_minutes)
            }
        }
    }

    fn requested(
        &self,
        stack: &Stack,
        name: &str,
        key_algorithm: &str,
        zone: Option<&str>,
        wait_minutes: u32,
    ) -> Prop<Arn<deployer_resources::Certificate>> {
        let address = Address::new("requested_certificate", name);
        let properties = RequestedCertificateProperties {
            domain: self.domain.clone(),
            key_algorithm: key_algorithm.to_owned(),
            failed: None,
            tags: stack.settings().tags_of(&address),
        };
        let request = stack.add::<RequestedCertificate>(address, &properties, []);
        let record = zone.map(|zone| self.validation_record(stack, name, zone, &request));
        let properties = CertificateValidationProperties {
            certificate_arn: request.arn(),
            record_name: request.record_name(),
            record_type: request.record_type(),
            record_value: request.record_value(),
            automatic: zone.is_some(),
            wait_minutes,
        };
        stack.add::<CertificateValidation>(Address::new("validation", name), &properties, record).arn()
    }

    fn validation_record(&self, stack: &Stack, name: &str, zone: &str, request: &Handle<RequestedCertificate>) -> Address {
        let address = Address::new("validation_record", name);
        let properties = ValidationRecordProperties {
            zone_id: self.zone(stack, zone).id(),
            name: request.record_name(),
            kind: request.record_type(),
            value: request.record_value(),
        };
        stack.add::<ValidationRecord>(address.clone(), &properties, []);
        address
    }

    /// Adds the zone, under the text by which the spec names it.
    fn zone(&self, stack: &Stack, zone: &str) -> Handle<HostedZone> {
        let zone = zone.trim_end_matches('.');
        let properties = HostedZoneProperties { zone: zone.to_owned(), domain: self.domain.clone(), name: None, problem: None };
        stack.add(Address::new("zone", zone), &properties, [])
    }
}
