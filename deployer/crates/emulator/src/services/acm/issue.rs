//! Certificates as an authority of this process issues them.

use std::sync::LazyLock;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use time::OffsetDateTime;

use super::rsa;
use crate::error::AwsError;

/// Validity of a public certificate in days (ACM user guide, "Public certificate characteristics": 198 days since 2026).
const VALIDITY_DAYS: i64 = 198;

/// A certificate with its key and the issuer's certificate, all PEM.
pub(super) struct Issued {
    pub(super) body: String,
    pub(super) chain: String,
    pub(super) key: String,
}

/// The authority; its certificates say where they come from.
static AUTHORITY: LazyLock<Result<CertifiedIssuer<'static, KeyPair>, String>> = LazyLock::new(|| {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(|error| error.to_string())?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Embedded AWS");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, key).map_err(|error| error.to_string())
});

/// Issues a certificate for these names.
pub(super) fn certificate(names: &[String], algorithm: &str, now: OffsetDateTime) -> Result<Issued, AwsError> {
    let failed = |error: rcgen::Error| AwsError::internal(format!("the embedded ACM cannot issue a certificate: {error}"));
    let key = match algorithm {
        "RSA_2048" => KeyPair::try_from(rsa::key().as_slice()).map_err(failed)?,
        "EC_secp384r1" => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).map_err(failed)?,
        _ => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(failed)?,
    };
    let authority = AUTHORITY.as_ref().map_err(AwsError::internal)?;
    let mut params = CertificateParams::new(names.to_vec()).map_err(failed)?;
    params.not_before = now.replace_nanosecond(0).unwrap_or(now);
    params.not_after = params.not_before + time::Duration::days(VALIDITY_DAYS);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, names[0].as_str());
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.signed_by(&key, authority).map_err(failed)?;
    Ok(Issued { body: certificate.pem(), chain: authority.pem(), key: key.serialize_pem() })
}
