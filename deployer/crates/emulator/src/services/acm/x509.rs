//! Parses PEM texts, and checks that certificate, chain and key belong together.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry as oid;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Name, X509Version};

use crate::error::AwsError;

/// Contents of a certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CertInfo {
    pub(crate) serial: String,
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) domain: String,
    /// All names that it is for, the common name first.
    pub(crate) names: Vec<String>,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
    /// Key algorithm as in the enumeration `KeyAlgorithm`: `RSA_2048`, `EC_prime256v1`.
    pub(crate) key_algorithm: String,
    pub(crate) signature_algorithm: String,
    pub(crate) key_usages: Vec<String>,
    /// Names and object identifiers.
    pub(crate) extended_key_usages: Vec<(String, String)>,
}

/// A certificate, chain and key that belong together.
pub(crate) struct CertificateBundle {
    pub(crate) body: String,
    pub(crate) chain: Option<String>,
    pub(crate) private_key: String,
    pub(crate) facts: CertInfo,
}

/// Returns the error for invalid fields. The texts are those of the page "Certificate import problems" of the ACM user guide where it has
/// one; the others are unverified.
fn refused(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}

/// Checks the three fields of `ImportCertificate` (ACM user guide, "Prerequisites for importing ACM certificates").
pub(crate) fn parse_bundle(
    body: &[u8],
    private_key: &[u8],
    chain: Option<&[u8]>,
    now: OffsetDateTime,
) -> Result<CertificateBundle, AwsError> {
    let leaf = match &certificates(body, "Certificate")?[..] {
        [leaf] => leaf.clone(),
        _ => {
            return Err(refused(
                "Certificate field contains more than one certificate. You must specify only one certificate in this field.",
            ));
        }
    };
    let above = chain.map(|chain| certificates(chain, "CertificateChain")).transpose()?;
    let certificate = parse(&leaf)?;
    let facts = facts(&certificate)?;
    if now < facts.not_before {
        return Err(refused("The certificate is not valid yet."));
    }
    if now >= facts.not_after {
        return Err(refused("The certificate has expired."));
    }
    check_chain(&certificate, above.as_deref())?;
    check_key(&leaf, private_key, &facts.key_algorithm)?;
    Ok(CertificateBundle {
        body: pem(&leaf),
        chain: above.map(|above| above.iter().map(|one| pem(one)).collect()),
        private_key: String::from_utf8_lossy(private_key).into_owned(),
        facts,
    })
}

fn certificates(text: &[u8], field: &str) -> Result<Vec<CertificateDer<'static>>, AwsError> {
    let unparsable = || refused(format!("Unable to parse {field}. Please ensure the certificate is in PEM format."));
    let mut found = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
        match section.map_err(|_| unparsable())? {
            (SectionKind::Certificate, der) => found.push(CertificateDer::from(der)),
            _ => return Err(unparsable()),
        }
    }
    if found.is_empty() { Err(unparsable()) } else { Ok(found) }
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, AwsError> {
    let unparsable = || refused("Unable to parse certificate. Please ensure the certificate is in PEM format.");
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| unparsable())?;
    if !rest.is_empty() {
        return Err(unparsable());
    }
    if certificate.version() != X509Version::V3 {
        return Err(refused("The certificate must be an X.509 version 3 certificate."));
    }
    Ok(certificate)
}

/// Checks the chain: a self-signed certificate has none; any other is signed by the first of the chain, that by the next, and so on.
fn check_chain(leaf: &X509Certificate<'_>, above: Option<&[CertificateDer<'_>]>) -> Result<(), AwsError> {
    let Some(above) = above else {
        let own = leaf.subject() == leaf.issuer() && leaf.verify_signature(None).is_ok();
        let message = "Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.";
        return if own { Ok(()) } else { Err(refused(message)) };
    };
    let broken = || refused("Could not validate the certificate with the certificate chain.");
    let mut lower = leaf.clone();
    for der in above {
        let upper = parse(der)?;
        let signed = lower.issuer() == upper.subject() && lower.verify_signature(Some(upper.public_key())).is_ok();
        if !signed || upper.as_raw() == lower.as_raw() {
            return Err(broken());
        }
        lower = upper;
    }
    Ok(())
}

fn check_key(leaf: &CertificateDer<'static>, private_key: &[u8], algorithm: &str) -> Result<(), AwsError> {
    let encrypted = String::from_utf8_lossy(private_key).contains("ENCRYPTED");
    let unsupported = if encrypted {
        "The private key is encrypted. Please provide an unencrypted private key."
    } else {
        "The private key is not supported."
    };
    let key = PrivateKeyDer::from_pem_slice(private_key).map_err(|_| refused(unsupported))?;
    let key = default_provider().key_provider.load_private_key(key).map_err(|_| match algorithm {
        // AWS accepts these; the cryptography of this emulator cannot load their keys.
        "RSA_1024" | "EC_secp521r1" => AwsError::new(501, "NotImplemented", format!("keys of type {algorithm}")),
        _ => refused(unsupported),
    })?;
    CertifiedKey::new(vec![leaf.clone()], key)
        .keys_match()
        .map_err(|_| refused("The private key does not match the certificate."))
}

fn facts(certificate: &X509Certificate<'_>) -> Result<CertInfo, AwsError> {
    if certificate.issuer().iter().next().is_none() {
        return Err(refused("The issuer field of the certificate must not be empty."));
    }
    let names = names(certificate);
    let domain = names.first().cloned().ok_or_else(|| refused("The certificate names no domain."))?;
    let moment = |at: x509_parser::time::ASN1Time| at.to_datetime();
    Ok(CertInfo {
        serial: certificate.raw_serial_as_string(),
        subject: distinguished(certificate.subject()),
        issuer: issuer(certificate.issuer()),
        domain,
        names,
        not_before: moment(certificate.validity().not_before),
        not_after: moment(certificate.validity().not_after),
        key_algorithm: key_algorithm(certificate.public_key())?,
        signature_algorithm: signature_algorithm(certificate)?,
        key_usages: key_usages(certificate),
        extended_key_usages: extended_key_usages(certificate),
    })
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let mut names: Vec<String> = certificate
        .subject()
        .iter_common_name()
        .filter_map(|name| name.as_str().ok())
        .filter(|name| is_domain(name))
        .map(str::to_owned)
        .collect();
    let alternatives = certificate.subject_alternative_name().ok().flatten();
    for name in alternatives.iter().flat_map(|extension| &extension.value.general_names) {
        let name = match name {
            GeneralName::DNSName(name) => (*name).to_owned(),
            GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
                Ok(four) => std::net::Ipv4Addr::from(four).to_string(),
                Err(_) => continue,
            },
            _ => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Whether a text is a fully qualified domain name, optionally with a leading wildcard.
fn is_domain(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    name.contains('.')
        && name.split('.').all(|label| !label.is_empty() && crate::check::word(label, "-") && !label.starts_with('-'))
}

fn distinguished(name: &X509Name<'_>) -> String {
    // ACM separates the parts with commas only.
    name.to_string().replace(", ", ",")
}

/// Returns the issuer's organization or else its common name ("the name of the certificate authority", API reference, CertificateDetail;
/// which part ACM takes is unverified).
fn issuer(name: &X509Name<'_>) -> String {
    let first = name.iter_organization().chain(name.iter_common_name()).find_map(|part| part.as_str().ok());
    first.map_or_else(|| distinguished(name), str::to_owned)
}

fn key_algorithm(key: &SubjectPublicKeyInfo<'_>) -> Result<String, AwsError> {
    let curve = key.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    let named = match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => match rsa.key_size() {
            size @ (1024 | 2048 | 3072 | 4096) => Some(format!("RSA_{size}")),
            _ => None,
        },
        Ok(PublicKey::EC(_)) => curve.and_then(|curve| {
            let known =
                [(oid::OID_EC_P256, "prime256v1"), (oid::OID_NIST_EC_P384, "secp384r1"), (oid::OID_NIST_EC_P521, "secp521r1")];
            known.into_iter().find(|(oid, _)| *oid == curve).map(|(_, name)| format!("EC_{name}"))
        }),
        _ => None,
    };
    named.ok_or_else(|| refused("The key algorithm or size of the certificate is not supported."))
}

fn signature_algorithm(certificate: &X509Certificate<'_>) -> Result<String, AwsError> {
    let known = [
        (oid::OID_PKCS1_SHA1WITHRSA, "SHA1WITHRSA"),
        (oid::OID_PKCS1_SHA256WITHRSA, "SHA256WITHRSA"),
        (oid::OID_PKCS1_SHA384WITHRSA, "SHA384WITHRSA"),
        (oid::OID_PKCS1_SHA512WITHRSA, "SHA512WITHRSA"),
        (oid::OID_SIG_ECDSA_WITH_SHA256, "SHA256WITHECDSA"),
        (oid::OID_SIG_ECDSA_WITH_SHA384, "SHA384WITHECDSA"),
        (oid::OID_SIG_ECDSA_WITH_SHA512, "SHA512WITHECDSA"),
    ];
    let given = &certificate.signature_algorithm.algorithm;
    let named = known.into_iter().find(|(oid, _)| oid == given).map(|(_, name)| name.to_owned());
    named.ok_or_else(|| refused("The signature algorithm of the certificate is not supported."))
}

fn key_usages(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.key_usage() else { return Vec::new() };
    let usage = extension.value;
    [
        (usage.digital_signature(), "DIGITAL_SIGNATURE"),
        (usage.non_repudiation(), "NON_REPUDIATION"),
        (usage.key_encipherment(), "KEY_ENCIPHERMENT"),
        (usage.data_encipherment(), "DATA_ENCIPHERMENT"),
        (usage.key_agreement(), "KEY_AGREEMENT"),
        (usage.key_cert_sign(), "CERTIFICATE_SIGNING"),
        (usage.crl_sign(), "CRL_SIGNING"),
        (usage.encipher_only(), "ENCIPHER_ONLY"),
        (usage.decipher_only(), "DECIPHER_ONLY"),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, name)| name.to_owned())
    .collect()
}

fn extended_key_usages(certificate: &X509Certificate<'_>) -> Vec<(String, String)> {
    let Ok(Some(extension)) = certificate.extended_key_usage() else { return Vec::new() };
    let usage = extension.value;
    let named = [
        (usage.any, "ANY", "2.5.29.37.0"),
        (usage.server_auth, "TLS_WEB_SERVER_AUTHENTICATION", "1.3.6.1.5.5.7.3.1"),
        (usage.client_auth, "TLS_WEB_CLIENT_AUTHENTICATION", "1.3.6.1.5.5.7.3.2"),
        (usage.code_signing, "CODE_SIGNING", "1.3.6.1.5.5.7.3.3"),
        (usage.email_protection, "EMAIL_PROTECTION", "1.3.6.1.5.5.7.3.4"),
        (usage.time_stamping, "TIME_STAMPING", "1.3.6.1.5.5.7.3.8"),
        (usage.ocsp_signing, "OCSP_SIGNING", "1.3.6.1.5.5.7.3.9"),
    ];
    let named = named.into_iter().filter(|(set, ..)| *set).map(|(_, name, oid)| (name.to_owned(), oid.to_owned()));
    named.chain(usage.other.iter().map(|oid| ("CUSTOM".to_owned(), oid.to_id_string()))).collect()
}

/// Returns PEM as ACM formats it: lines of 64 characters.
fn pem(der: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
