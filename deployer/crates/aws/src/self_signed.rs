//! Self-signed certificates: generated here with the key kept in memory only, and parsed from what ACM returns.
//!
//! Keys are named as ACM's `KeyAlgorithm` names them. Every client and every Region's API Gateway accepts RSA of 2,048 bits; P-256 is
//! smaller and faster, but it is not verified that API Gateway accepts an imported P-256 certificate for a REGIONAL domain in every Region.

use deployer_engine::{Error, Result};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::OID_EC_P256;
use x509_parser::pem::parse_x509_pem;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;
use zeroize::Zeroizing;

use crate::rsa_key::RsaKeys;

/// A new certificate with its key, both as PEM.
pub(crate) struct GeneratedCertificate {
    pub(crate) certificate: String,
    pub(crate) key: Zeroizing<String>,
}

/// The parsed contents of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateInfo {
    /// The names it is valid for, in its order.
    pub(crate) names: Vec<String>,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
    /// The type of its key: `RSA_2048`, `EC_prime256v1`; empty for a type that is not generated here.
    pub(crate) key_algorithm: String,
    /// SHA-256 of its DER, in lower-case hex.
    pub(crate) sha256: String,
}

/// Backdating of `not_before`, so that the certificate is already valid on machines whose clock runs slightly behind.
const BACKDATED: Duration = Duration::minutes(5);

/// An RSA key of 2,048 bits.
pub(crate) const RSA_2048: &str = "RSA_2048";
/// An ECDSA key on the curve P-256.
const P_256: &str = "EC_prime256v1";

/// Generates a key pair of this algorithm.
///
/// # Errors
/// `Local` for any algorithm other than these two, or when key generation fails.
pub(crate) fn key_pair(algorithm: &str, rsa_keys: RsaKeys) -> Result<KeyPair> {
    let fault = |error: rcgen::Error| Error::local(format!("cannot make a key of the type {algorithm}: {error}"));
    match algorithm {
        RSA_2048 => {
            // This key signs with SHA-256.
            KeyPair::try_from(rsa_keys()?.as_slice()).map_err(fault)
        }
        P_256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(fault),
        other => Err(Error::local(format!("no key of the type {other} can be made, only {RSA_2048} and {P_256}"))),
    }
}

/// Generates a certificate with this key for `names`, the first of which is the subject.
///
/// # Errors
/// `Local` when a name is no DNS name or the validity is out of range.
pub(crate) fn make(names: &[String], validity_days: u32, now: OffsetDateTime, key: &KeyPair) -> Result<GeneratedCertificate> {
    let fault = |error: rcgen::Error| Error::local(format!("cannot make a certificate for {}: {error}", names.join(", ")));
    let mut params = CertificateParams::new(names.to_vec()).map_err(fault)?;
    params.not_before = now.replace_nanosecond(0).unwrap_or(now) - BACKDATED;
    let end = params.not_before.checked_add(Duration::days(i64::from(validity_days)));
    params.not_after = end.ok_or_else(|| Error::local(format!("{validity_days} days is too long for a certificate")))?;
    params.distinguished_name = subject(names);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    if key.is_compatible(&rcgen::PKCS_RSA_SHA256) {
        // A TLS 1.2 client may encrypt with the key itself.
        params.key_usages.push(KeyUsagePurpose::KeyEncipherment);
    }
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.self_signed(key).map_err(fault)?;
    Ok(GeneratedCertificate { certificate: certificate.pem(), key: Zeroizing::new(key.serialize_pem()) })
}

/// Returns the subject. A common name holds 64 characters (X.520, ub-common-name); longer domains are only in the alternative names.
fn subject(names: &[String]) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    let name = names.first().map(String::as_str).filter(|name| name.len() <= 64);
    subject.push(DnType::CommonName, name.unwrap_or("self-signed"));
    subject
}

/// Parses a certificate's PEM.
///
/// # Errors
/// `Local` when it is no X.509 certificate.
pub(crate) fn read(pem: &str) -> Result<CertificateInfo> {
    let unreadable = |what: String| Error::local(format!("cannot read the certificate ACM gave: {what}"));
    let (_, pem) = parse_x509_pem(pem.as_bytes()).map_err(|error| unreadable(error.to_string()))?;
    let certificate = pem.parse_x509().map_err(|error| unreadable(error.to_string()))?;
    let names = certificate.subject_alternative_name().map_err(|error| unreadable(error.to_string()))?;
    let names = names.map(|names| names.value.general_names.iter().filter_map(dns_name).collect()).unwrap_or_default();
    let validity = certificate.validity();
    Ok(CertificateInfo {
        names,
        not_before: validity.not_before.to_datetime(),
        not_after: validity.not_after.to_datetime(),
        key_algorithm: key_algorithm(certificate.public_key()),
        sha256: hex::encode(Sha256::digest(&pem.contents)),
    })
}

fn key_algorithm(key: &SubjectPublicKeyInfo<'_>) -> String {
    let curve = key.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("RSA_{}", rsa.key_size()),
        Ok(PublicKey::EC(_)) if curve == Some(OID_EC_P256) => P_256.to_owned(),
        _ => String::new(),
    }
}

fn dns_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rsa_key::generate_rsa_key;
    use time::macros::datetime;

    fn names() -> Vec<String> {
        ["api.numbers.example", "www.numbers.example"].map(str::to_owned).to_vec()
    }

    fn made(names: &[String], days: u32, now: OffsetDateTime) -> GeneratedCertificate {
        make(names, days, now, &key_pair(P_256, generate_rsa_key).expect("a key")).expect("made")
    }

    #[test]
    fn certificate_contains_requested_names_and_validity() {
        let now = datetime!(2030-06-01 12:00:00.7 UTC);
        let facts = read(&made(&names(), 397, now).certificate).expect("readable");
        assert_eq!(facts.names, names());
        assert_eq!(facts.not_after - facts.not_before, Duration::days(397));
        assert!(facts.not_before < now && now - facts.not_before < Duration::minutes(6));
        assert_eq!(facts.sha256.len(), 64);
    }

    #[test]
    fn each_key_type_signs_its_own_server_certificate() {
        for (algorithm, signature, encipherment) in
            [(RSA_2048, "1.2.840.113549.1.1.11", true), (P_256, "1.2.840.10045.4.3.2", false)]
        {
            let key = key_pair(algorithm, generate_rsa_key).expect("a key");
            let fresh = make(&names(), 90, OffsetDateTime::UNIX_EPOCH, &key).expect("made");
            assert_eq!(read(&fresh.certificate).expect("readable").key_algorithm, algorithm);
            let (_, pem) = parse_x509_pem(fresh.certificate.as_bytes()).expect("PEM");
            let certificate = pem.parse_x509().expect("X.509");
            assert_eq!(certificate.issuer(), certificate.subject());
            assert_eq!(certificate.signature_algorithm.algorithm.to_id_string(), signature);
            let usage = certificate.key_usage().expect("well formed").expect("present").value;
            assert_eq!((usage.digital_signature(), usage.key_encipherment()), (true, encipherment));
            let usage = certificate.extended_key_usage().expect("well formed").expect("present");
            assert!(usage.value.server_auth && !usage.value.client_auth);
            let key = KeyPair::from_pem(&fresh.key).expect("a key");
            assert_eq!(key.public_key_raw(), &*certificate.public_key().subject_public_key.data);
        }
        assert!(key_pair("RSA_512", generate_rsa_key).is_err());
    }

    #[test]
    fn every_certificate_has_its_own_key() {
        for algorithm in [RSA_2048, P_256] {
            let pem = || key_pair(algorithm, generate_rsa_key).expect("a key").serialize_pem();
            assert_ne!(pem(), pem());
        }
    }

    #[test]
    fn domain_too_long_for_common_name_is_covered() {
        let long = vec![format!("{}.{}.example", "a".repeat(40), "b".repeat(40))];
        let facts = read(&made(&long, 90, OffsetDateTime::UNIX_EPOCH).certificate).expect("readable");
        assert_eq!(facts.names, long);
    }

    #[test]
    fn what_is_no_certificate_is_an_error() {
        assert!(read("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err());
        assert!(read("nonsense").is_err());
    }
}
