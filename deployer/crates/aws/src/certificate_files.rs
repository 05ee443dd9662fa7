//! Certificates in the user's files: checked offline as ACM checks an import, and kept by digest for the import.
//!
//! Source: ACM user guide, "Prerequisites for importing certificates" and "Key algorithms". The key is never shown, stored or digested.

use std::collections::BTreeSet;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{OID_EC_P256, OID_NIST_EC_P384};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Version;
use zeroize::Zeroizing;

/// A certificate with its key and its chain, all PEM.
#[derive(Clone)]
pub struct CertificateFiles {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: Zeroizing<Vec<u8>>,
    /// The certificates of its issuers, the nearest first.
    pub chain: Option<String>,
}

impl std::fmt::Debug for CertificateFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CertificateFiles").finish_non_exhaustive()
    }
}

/// The contents of a certificate that a plan compares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateContents {
    /// SHA-256 of its DER, in lower-case hex.
    pub sha256: String,
    /// SHA-256 of each certificate of the chain.
    pub chain_sha256: Vec<String>,
    /// The type of its key, as in ACM's `KeyAlgorithm`.
    pub key_algorithm: String,
    /// Its key usages and extended key usages.
    pub usages: BTreeSet<String>,
    /// Time of expiry.
    pub not_after: Option<OffsetDateTime>,
}

/// Returns the contents of a certificate and its chain, from PEM.
///
/// # Errors
/// The reason why one of the texts is no certificate.
pub(crate) fn contents(certificate: &str, chain: Option<&str>) -> Result<CertificateContents, String> {
    let leaf = certificates(certificate.as_bytes())?;
    let leaf = leaf.first().ok_or("it has no certificate")?;
    let above = chain.map(|chain| certificates(chain.as_bytes())).transpose()?.unwrap_or_default();
    Ok(contents_of(&parsed(leaf)?, leaf, &above))
}

fn contents_of(
    certificate: &X509Certificate<'_>,
    leaf: &CertificateDer<'_>,
    above: &[CertificateDer<'_>],
) -> CertificateContents {
    CertificateContents {
        sha256: hex::encode(Sha256::digest(leaf)),
        chain_sha256: above.iter().map(|one| hex::encode(Sha256::digest(one))).collect(),
        key_algorithm: key_algorithm(certificate).unwrap_or_default(),
        usages: usages(certificate),
        not_after: Some(certificate.validity().not_after.to_datetime()),
    }
}

/// Checks that ACM would import these files and API Gateway would use them for `domain`.
///
/// # Errors
/// All reasons why not, each naming the file that is wrong: `certificate`, `key` or `chain`.
pub fn check_certificate_files(
    files: &CertificateFiles,
    domain: &str,
    now: OffsetDateTime,
) -> Result<CertificateContents, Vec<String>> {
    let leaf = certificates(files.certificate.as_bytes()).and_then(|found| match &found[..] {
        [leaf] => Ok(leaf.clone()),
        more => {
            Err(format!("it has {} certificates; leave only the first one in it, and put the others into `chain`", more.len()))
        }
    });
    let leaf = leaf.map_err(|why| vec![format!("certificate: {why}")])?;
    let certificate = parsed(&leaf).map_err(|why| vec![format!("certificate: {why}")])?;
    let mut faults: Vec<String> =
        leaf_faults(&certificate, domain, now).into_iter().map(|why| format!("certificate: {why}")).collect();
    faults.extend(key_fault(&leaf, &files.key).map(|why| format!("key: {why}")));
    let above = files.chain.as_ref().map(|chain| certificates(chain.as_bytes())).transpose();
    let above = match above {
        Ok(above) => above.unwrap_or_default(),
        Err(why) => {
            faults.push(format!("chain: {why}"));
            return Err(faults);
        }
    };
    faults.extend(chain_fault(&certificate, &above, now).map(|why| format!("chain: {why}")));
    if faults.is_empty() { Ok(contents_of(&certificate, &leaf, &above)) } else { Err(faults) }
}

fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut found = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
        match section.map_err(|_| "it is not in PEM format".to_owned())? {
            (SectionKind::Certificate, der) => found.push(CertificateDer::from(der)),
            (SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey, _) => {
                return Err("it holds a private key; that belongs only into `key`".to_owned());
            }
            _ => return Err("it holds something other than certificates".to_owned()),
        }
    }
    if found.is_empty() { Err("it holds no certificate in PEM format".to_owned()) } else { Ok(found) }
}

fn parsed<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, String> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err("bytes follow the certificate".to_owned()),
        Err(error) => Err(format!("it is no X.509 certificate: {error}")),
    }
}

fn leaf_faults(certificate: &X509Certificate<'_>, domain: &str, now: OffsetDateTime) -> Vec<String> {
    let mut faults = Vec::new();
    if certificate.version() != X509Version::V3 {
        faults.push("it is not of X.509 version 3".to_owned());
    }
    faults.extend(validity_fault(certificate, now));
    if let Err(why) = key_algorithm(certificate) {
        faults.push(why);
    }
    let names = names(certificate);
    if !names.iter().any(|name| covers(name, domain)) {
        let names = if names.is_empty() { "no name".to_owned() } else { names.join(", ") };
        faults.push(format!("it is for {names}, not for {domain}"));
    }
    faults
}

fn validity_fault(certificate: &X509Certificate<'_>, now: OffsetDateTime) -> Option<String> {
    let shown = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    let (from, until) = (certificate.validity().not_before.to_datetime(), certificate.validity().not_after.to_datetime());
    if now < from {
        Some(format!("it is not valid before {}", shown(from)))
    } else if now >= until {
        Some(format!("it expired at {}", shown(until)))
    } else {
        None
    }
}

/// Returns the key's type if API Gateway takes it for a Regional domain and this program can check it (API Gateway developer guide,
/// "Certificates for custom domain names": RSA of 2,048 bits and more, ECDSA on P-256 and P-384).
fn key_algorithm(certificate: &X509Certificate<'_>) -> Result<String, String> {
    let key = certificate.public_key();
    let curve = key.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) if [2048, 3072, 4096].contains(&rsa.key_size()) => Ok(format!("RSA_{}", rsa.key_size())),
        Ok(PublicKey::RSA(rsa)) => Err(format!("its RSA key has {} bits; 2048, 3072 and 4096 are accepted", rsa.key_size())),
        Ok(PublicKey::EC(_)) if curve == Some(OID_EC_P256) => Ok("EC_prime256v1".to_owned()),
        Ok(PublicKey::EC(_)) if curve == Some(OID_NIST_EC_P384) => Ok("EC_secp384r1".to_owned()),
        _ => Err("its key is neither RSA nor ECDSA on P-256 or P-384".to_owned()),
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    let dns = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    };
    match alternatives {
        Some(alternatives) => alternatives.value.general_names.iter().filter_map(dns).collect(),
        // "ACM first checks for a Subject Alternative Name, and, if it finds one, ignores the common name" (API reference).
        None => certificate.subject().iter_common_name().filter_map(|name| name.as_str().ok()).map(str::to_owned).collect(),
    }
}

/// Whether a name of a certificate, which may be a wildcard, is for this domain; a wildcard stands for one label.
pub(crate) fn covers(name: &str, domain: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(parent) => domain.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
        None => name.eq_ignore_ascii_case(domain),
    }
}

/// Says nothing about the contents of the key.
fn key_fault(leaf: &CertificateDer<'static>, key: &[u8]) -> Option<String> {
    if String::from_utf8_lossy(key).contains("ENCRYPTED") {
        return Some("it is encrypted; ACM takes only a key without a passphrase".to_owned());
    }
    let Ok(key) = PrivateKeyDer::from_pem_slice(key) else { return Some("it holds no private key in PEM format".to_owned()) };
    let Ok(key) = default_provider().key_provider.load_private_key(key) else {
        return Some("it is no private key that ACM accepts".to_owned());
    };
    let matches = CertifiedKey::new(vec![leaf.clone()], key).keys_match().is_ok();
    (!matches).then(|| "it does not belong to the certificate".to_owned())
}

fn chain_fault(leaf: &X509Certificate<'_>, above: &[CertificateDer<'_>], now: OffsetDateTime) -> Option<String> {
    if above.is_empty() {
        let own = leaf.subject() == leaf.issuer() && leaf.verify_signature(None).is_ok();
        let why = format!("it is needed: {} signed the certificate, which is not self-signed", leaf.issuer());
        return (!own).then_some(why);
    }
    let mut lower = leaf.clone();
    for (n, der) in above.iter().enumerate() {
        let upper = match parsed(der) {
            Ok(upper) => upper,
            Err(why) => return Some(format!("certificate {}: {why}", n + 1)),
        };
        if upper.as_raw() == leaf.as_raw() {
            return Some("it repeats the certificate itself; it begins with the certificate's issuer".to_owned());
        }
        if lower.issuer() != upper.subject() || lower.verify_signature(Some(upper.public_key())).is_err() {
            let of = if n == 0 { "the certificate".to_owned() } else { format!("certificate {n}") };
            return Some(format!(
                "certificate {} ({}) did not sign {of}; each one signs the one before it",
                n + 1,
                upper.subject()
            ));
        }
        if let Some(why) = validity_fault(&upper, now) {
            return Some(format!("certificate {} ({}): {why}", n + 1, upper.subject()));
        }
        lower = upper;
    }
    None
}

fn usages(certificate: &X509Certificate<'_>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Ok(Some(usage)) = certificate.key_usage() {
        let bits = usage.value.flags;
        found.extend((0..9).filter(|bit| bits & (1 << bit) != 0).map(|bit| format!("key usage {bit}")));
    }
    if let Ok(Some(extended)) = certificate.extended_key_usage() {
        let usage = extended.value;
        let known = [
            (usage.any, "2.5.29.37.0"),
            (usage.server_auth, "1.3.6.1.5.5.7.3.1"),
            (usage.client_auth, "1.3.6.1.5.5.7.3.2"),
            (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
            (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
            (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
            (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
        ];
        found.extend(known.into_iter().filter(|(set, _)| *set).map(|(_, oid)| oid.to_owned()));
        found.extend(usage.other.iter().map(|oid| oid.to_id_string()));
    }
    found
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2030-06-01 0:00 UTC);
    const DOMAIN: &str = "api.voice.example";

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = datetime!(2030-01-01 0:00 UTC);
        params.not_after = datetime!(2031-01-01 0:00 UTC);
        params
    }

    fn authority(name: &str, above: Option<&CertifiedIssuer<'static, KeyPair>>) -> CertifiedIssuer<'static, KeyPair> {
        let mut params = params("ca.example");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        match above {
            Some(above) => CertifiedIssuer::signed_by(params, key, above),
            None => CertifiedIssuer::self_signed(params, key),
        }
        .expect("an authority")
    }

    /// Returns good files: a certificate of an intermediate authority, its key, and the chain up to the root.
    fn good() -> (CertificateFiles, [String; 2]) {
        let root = authority("root", None);
        let middle = authority("middle", Some(&root));
        let key = KeyPair::generate().expect("a key");
        let leaf = params(DOMAIN).signed_by(&key, &middle).expect("a certificate").pem();
        let chain = [middle.pem(), root.pem()];
        let key = Zeroizing::new(key.serialize_pem().into_bytes());
        (CertificateFiles { certificate: leaf, key, chain: Some(chain.concat()) }, chain)
    }

    fn fault(files: &CertificateFiles, domain: &str, now: OffsetDateTime) -> String {
        check_certificate_files(files, domain, now).expect_err("refused").join("; ")
    }

    #[test]
    fn good_files_are_accepted_with_their_contents() {
        let (files, _) = good();
        let found = check_certificate_files(&files, DOMAIN, NOW).expect("accepted");
        assert_eq!((found.key_algorithm.as_str(), found.chain_sha256.len()), ("EC_prime256v1", 2));
        assert_eq!(contents(&files.certificate, files.chain.as_deref()).expect("readable"), found);
        let own = CertificateFiles { chain: files.chain.map(|chain| chain.replace('\n', "\r\n")), ..files };
        assert!(check_certificate_files(&own, DOMAIN, NOW).is_ok(), "lines may end as on Windows");
    }

    #[test]
    fn each_fault_names_its_file_and_no_key() {
        let (files, [middle, root]) = good();
        let with = |chain: Option<String>| CertificateFiles { chain, ..files.clone() };
        let other = Zeroizing::new(KeyPair::generate().expect("a key").serialize_pem().into_bytes());
        let cases = [
            (fault(&files, "www.voice.example", NOW), "certificate: it is for api.voice.example, not for www.voice.example"),
            (fault(&files, DOMAIN, datetime!(2031-01-01 0:00 UTC)), "certificate: it expired at 2031-01-01T00:00:00Z"),
            (fault(&files, DOMAIN, datetime!(2029-12-31 0:00 UTC)), "certificate: it is not valid before 2030-01-01T00:00:00Z"),
            (fault(&with(None), DOMAIN, NOW), "chain: it is needed"),
            (fault(&with(Some(format!("{root}{middle}"))), DOMAIN, NOW), "did not sign the certificate"),
            (fault(&with(Some(files.certificate.clone())), DOMAIN, NOW), "it repeats the certificate itself"),
            (fault(&with(Some("nonsense".to_owned())), DOMAIN, NOW), "chain: it holds no certificate"),
            (fault(&CertificateFiles { key: other, ..files.clone() }, DOMAIN, NOW), "key: it does not belong to the certificate"),
            (
                fault(&CertificateFiles { certificate: format!("{}{middle}", files.certificate), ..files.clone() }, DOMAIN, NOW),
                "it has 2 certificates",
            ),
            (
                fault(
                    &CertificateFiles { certificate: String::from_utf8_lossy(&files.key).into_owned(), ..files.clone() },
                    DOMAIN,
                    NOW,
                ),
                "it holds a private key",
            ),
        ];
        let secret: Vec<String> = String::from_utf8_lossy(&files.key).lines().skip(1).map(str::to_owned).collect();
        for (found, wanted) in cases {
            assert!(found.contains(wanted), "{found}");
            assert!(!secret.iter().any(|line| found.contains(line.as_str())), "{found}");
        }
        assert!(!format!("{files:?}").contains("PRIVATE"));
    }

    #[test]
    fn wildcard_stands_for_one_label() {
        assert!(covers("*.voice.example", DOMAIN) && covers("API.voice.example", DOMAIN));
        assert!(!covers("*.example", DOMAIN) && !covers("*.api.voice.example", DOMAIN));
    }
}
