//! Self-signed certificates: made here, the key kept in memory only, and read back from what ACM holds.

use deployer_engine::{Error, Result};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};
use x509_parser::extensions::GeneralName;
use x509_parser::pem::parse_x509_pem;
use zeroize::Zeroizing;

/// A new certificate with its key, both as PEM.
pub(crate) struct Fresh {
    pub(crate) certificate: String,
    pub(crate) key: Zeroizing<String>,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The names it is for, in its order.
    pub(crate) names: Vec<String>,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
    /// SHA-256 of its DER, in lower-case hex.
    pub(crate) sha256: String,
}

/// A machine whose clock runs a little behind must not find the certificate not valid yet.
const BACKDATED: Duration = Duration::minutes(5);

/// Makes a key pair (ECDSA P-256) and a certificate for `names`, the first of which is the subject.
///
/// # Errors
/// `Local` when a name is no DNS name or the validity is out of range.
pub(crate) fn make(names: &[String], validity_days: u32, now: OffsetDateTime) -> Result<Fresh> {
    let fault = |error: rcgen::Error| Error::local(format!("cannot make a certificate for {}: {error}", names.join(", ")));
    let mut params = CertificateParams::new(names.to_vec()).map_err(fault)?;
    params.not_before = now.replace_nanosecond(0).unwrap_or(now) - BACKDATED;
    let end = params.not_before.checked_add(Duration::days(i64::from(validity_days)));
    params.not_after = end.ok_or_else(|| Error::local(format!("{validity_days} days is too long for a certificate")))?;
    params.distinguished_name = subject(names);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(fault)?;
    let certificate = params.self_signed(&key).map_err(fault)?;
    Ok(Fresh { certificate: certificate.pem(), key: Zeroizing::new(key.serialize_pem()) })
}

/// A common name holds 64 characters (X.520, ub-common-name); longer domains stand in the alternative names only.
fn subject(names: &[String]) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    let name = names.first().map(String::as_str).filter(|name| name.len() <= 64);
    subject.push(DnType::CommonName, name.unwrap_or("self-signed"));
    subject
}

/// Reads a certificate's PEM.
///
/// # Errors
/// `Local` when it is no X.509 certificate.
pub(crate) fn read(pem: &str) -> Result<Facts> {
    let unreadable = |what: String| Error::local(format!("cannot read the certificate ACM gave: {what}"));
    let (_, pem) = parse_x509_pem(pem.as_bytes()).map_err(|error| unreadable(error.to_string()))?;
    let certificate = pem.parse_x509().map_err(|error| unreadable(error.to_string()))?;
    let names = certificate.subject_alternative_name().map_err(|error| unreadable(error.to_string()))?;
    let names = names.map(|names| names.value.general_names.iter().filter_map(dns_name).collect()).unwrap_or_default();
    let validity = certificate.validity();
    Ok(Facts {
        names,
        not_before: validity.not_before.to_datetime(),
        not_after: validity.not_after.to_datetime(),
        sha256: hex::encode(Sha256::digest(&pem.contents)),
    })
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
    use time::macros::datetime;

    fn names() -> Vec<String> {
        ["api.numbers.example", "www.numbers.example"].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_certificate_says_what_it_was_made_for() {
        let now = datetime!(2030-06-01 12:00:00.7 UTC);
        let facts = read(&make(&names(), 397, now).expect("made").certificate).expect("readable");
        assert_eq!(facts.names, names());
        assert_eq!(facts.not_after - facts.not_before, Duration::days(397));
        assert!(facts.not_before < now && now - facts.not_before < Duration::minutes(6));
        assert_eq!(facts.sha256.len(), 64);
    }

    #[test]
    fn it_is_signed_with_its_own_p256_key_and_is_for_servers() {
        let fresh = make(&names(), 90, OffsetDateTime::UNIX_EPOCH).expect("made");
        let (_, pem) = parse_x509_pem(fresh.certificate.as_bytes()).expect("PEM");
        let certificate = pem.parse_x509().expect("X.509");
        assert_eq!(certificate.issuer(), certificate.subject());
        assert_eq!(certificate.signature_algorithm.algorithm.to_id_string(), "1.2.840.10045.4.3.2");
        let usage = certificate.extended_key_usage().expect("well formed").expect("present");
        assert!(usage.value.server_auth && !usage.value.client_auth);
        let key = KeyPair::from_pem(&fresh.key).expect("a key");
        assert_eq!(key.public_key_raw(), &*certificate.public_key().subject_public_key.data);
    }

    #[test]
    fn every_certificate_has_its_own_key() {
        let make = || make(&names(), 90, OffsetDateTime::UNIX_EPOCH).expect("made");
        assert_ne!(*make().key, *make().key);
    }

    #[test]
    fn a_domain_too_long_for_a_common_name_is_still_covered() {
        let long = vec![format!("{}.{}.example", "a".repeat(40), "b".repeat(40))];
        let facts = read(&make(&long, 90, OffsetDateTime::UNIX_EPOCH).expect("made").certificate).expect("readable");
        assert_eq!(facts.names, long);
    }

    #[test]
    fn what_is_no_certificate_is_an_error() {
        assert!(read("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err());
        assert!(read("nonsense").is_err());
    }
}
