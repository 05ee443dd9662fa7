//! RequestCertificate with DNS validation, and the issuance of a certificate.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::read::epoch;
use super::{Certificate, State, issue, tags, x509};
use crate::error::AwsError;
use crate::kernel::others::OtherServices;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;

/// Delay until DescribeCertificate has the validation records ("a delay of several seconds", API reference, RequestCertificate; about two
/// seconds in dylburger/create-and-validate-acm-certificate#11).
const RECORDS_AFTER: Duration = Duration::from_secs(4);
/// Time from the validation record's being known to the issuance; "may take up to several hours" (ACM user guide, "DNS validation"),
/// in practice minutes (unverified).
const ISSUED_AFTER: Duration = Duration::from_secs(60);
/// Time after which a request without validation has timed out (ACM user guide, "Troubleshoot DNS validation": 72 hours).
const TIMED_OUT_AFTER: Duration = Duration::from_secs(72 * 60 * 60);
/// Lifetime of an idempotency token (API reference, RequestCertificate).
const TOKEN_LIFETIME: Duration = Duration::from_secs(60 * 60);
/// Key algorithms of public certificates (ACM user guide, "Key algorithms").
const ALGORITHMS: [&str; 3] = ["RSA_2048", "EC_prime256v1", "EC_secp384r1"];
/// Maximum number of names of a certificate, unless raised (ACM user guide, "Quotas").
const MAX_NAMES: usize = 10;

/// The request that a certificate comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Requested {
    token: Option<String>,
    validations: Vec<Validation>,
    /// Time at which all names were validated; the certificate is issued then.
    issued: Option<OffsetDateTime>,
    /// Time at which the validation records are shown.
    records_at: OffsetDateTime,
    /// Time at which the request times out.
    times_out: OffsetDateTime,
}

/// The validation of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Validation {
    name: String,
    record: String,
    value: String,
}

impl Validation {
    /// Returns the validation of a name: the record is the same for every certificate of this name in the account, with or without a
    /// wildcard (ACM user guide, "DNS validation").
    fn of(name: &str, account: &str) -> Self {
        let base = name.strip_prefix("*.").unwrap_or(name).to_ascii_lowercase();
        let digest = hex::encode(Sha256::digest(format!("{account}/{base}")));
        let zone: String = digest[..10].bytes().map(|byte| char::from(b'a' + byte % 26)).collect();
        Self {
            name: name.to_owned(),
            record: format!("_{}.{base}.", &digest[..32]),
            value: format!("_{}.{zone}.acm-validations.aws.", &digest[32..]),
        }
    }

    /// Returns the time at which ACM has seen the record.
    fn seen_at(&self, created: OffsetDateTime, context: &RequestContext, others: &dyn OtherServices) -> Option<OffsetDateTime> {
        let times = others.published_values(&self.record).into_iter().filter(|published| published.value == self.value);
        let seen = times.filter_map(|published| {
            let at = published.from.max(created) + context.scaled(ISSUED_AFTER);
            published.until.is_none_or(|until| at <= until).then_some(at)
        });
        seen.min()
    }

    fn describe(&self, issued: bool, has_record: bool) -> Value {
        let domain = self.name.strip_prefix("*.").unwrap_or(&self.name);
        let mut validation = json!({"DomainName": self.name, "ValidationDomain": domain, "ValidationMethod": "DNS"});
        if has_record {
            validation["ValidationStatus"] = if issued { "SUCCESS" } else { "PENDING_VALIDATION" }.into();
            validation["ResourceRecord"] = json!({"Name": self.record, "Type": "CNAME", "Value": self.value});
        }
        validation
    }
}

impl Requested {
    pub(super) fn issued_at(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        self.issued.filter(|at| *at <= now)
    }

    pub(super) fn is_issued(&self, now: OffsetDateTime) -> bool {
        self.issued_at(now).is_some()
    }

    /// Returns the status of a certificate that is not issued.
    pub(super) fn pending_status(&self, now: OffsetDateTime) -> Option<&'static str> {
        match self.is_issued(now) {
            true => None,
            false if now >= self.times_out => Some("VALIDATION_TIMED_OUT"),
            false => Some("PENDING_VALIDATION"),
        }
    }

    /// Returns the error of GetCertificate. Texts unverified.
    pub(super) fn not_issued(&self, now: OffsetDateTime) -> AwsError {
        match self.pending_status(now) {
            Some("VALIDATION_TIMED_OUT") => {
                AwsError::new(400, "ResourceNotFoundException", "The certificate was not issued: its validation has timed out.")
            }
            _ => {
                let message =
                    "The certificate request is in process and the certificate in your account has not yet been issued.";
                AwsError::new(400, "RequestInProgressException", message)
            }
        }
    }

    /// Returns the members of `CertificateDetail`.
    pub(super) fn describe(
        &self,
        certificate: &Certificate,
        now: OffsetDateTime,
        users: &[String],
        usages: &[Value],
        extended: &[Value],
    ) -> Value {
        let facts = &certificate.facts;
        let issued = self.issued_at(now);
        let validations: Vec<Value> =
            self.validations.iter().map(|one| one.describe(issued.is_some(), now >= self.records_at)).collect();
        let status = self.pending_status(now).unwrap_or(if now < facts.not_after { "ISSUED" } else { "EXPIRED" });
        let mut detail = json!({
            "CertificateArn": certificate.arn,
            "DomainName": facts.domain,
            "SubjectAlternativeNames": facts.names,
            "DomainValidationOptions": validations,
            "Subject": format!("CN={}", facts.domain),
            "Issuer": "Amazon",
            "CreatedAt": epoch(certificate.created),
            "Status": status,
            "KeyAlgorithm": facts.key_algorithm.replacen('_', "-", 1),
            "SignatureAlgorithm": facts.signature_algorithm,
            "InUseBy": users,
            "Type": "AMAZON_ISSUED",
            "KeyUsages": [],
            "ExtendedKeyUsages": [],
            "RenewalEligibility": if issued.is_some() && !users.is_empty() { "ELIGIBLE" } else { "INELIGIBLE" },
            "Options": {"CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED"},
        });
        if let Some(at) = issued {
            detail["IssuedAt"] = epoch(at).into();
            detail["Serial"] = facts.serial.as_str().into();
            detail["NotBefore"] = epoch(facts.not_before).into();
            detail["NotAfter"] = epoch(facts.not_after).into();
            detail["KeyUsages"] = usages.into();
            detail["ExtendedKeyUsages"] = extended.into();
        }
        detail
    }
}

impl State {
    /// Whether a requested certificate has not been issued.
    pub(super) fn awaits_validation(&self) -> bool {
        self.certificates.values().any(|certificate| certificate.requested.as_ref().is_some_and(|one| one.issued.is_none()))
    }

    /// Issues the certificates whose validation records have been seen.
    pub(crate) fn issue_validated(&mut self, context: &RequestContext, others: &dyn OtherServices) {
        let waiting = |certificate: &&Certificate| certificate.requested.as_ref().is_some_and(|one| one.issued.is_none());
        let issued: Vec<(String, OffsetDateTime)> = self
            .certificates
            .values()
            .filter(waiting)
            .filter_map(|certificate| {
                let request = certificate.requested.as_ref()?;
                let seen = request.validations.iter().map(|one| one.seen_at(certificate.created, context, others));
                let at = seen.collect::<Option<Vec<_>>>()?.into_iter().max()?;
                (at <= context.now && at < request.times_out).then(|| (certificate.arn.clone(), at))
            })
            .collect();
        for (arn, at) in issued {
            if let Some(request) = self.certificates.get_mut(&arn).and_then(|certificate| certificate.requested.as_mut()) {
                request.issued = Some(at);
            }
        }
    }
}

pub(super) fn request(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let names = names(call)?;
    let algorithm = algorithm(call)?;
    let (now, context) = (call.context.now, &call.context);
    let token = string(&call.input, "IdempotencyToken")?;
    if let Some(arn) = repeated(state, token, &names, now) {
        return Ok(Response::json(json!({"CertificateArn": arn})));
    }
    let arn = format!("arn:aws:acm:{}:{}:certificate/{}", context.region, context.account, context.uuid());
    let made = issue::certificate(&names, algorithm, now)?;
    let bundle = x509::parse_bundle(made.body.as_bytes(), made.key.as_bytes(), Some(made.chain.as_bytes()), now)?;
    let requested = Requested {
        token: token.map(str::to_owned),
        validations: names.iter().map(|name| Validation::of(name, &context.account)).collect(),
        issued: None,
        records_at: context.after(RECORDS_AFTER),
        times_out: context.after(TIMED_OUT_AFTER),
    };
    let certificate = Certificate {
        arn: arn.clone(),
        body: bundle.body,
        chain: bundle.chain,
        private_key: bundle.private_key,
        facts: bundle.facts,
        created: now,
        imported: now,
        requested: Some(requested),
        tags: tags::given(&call.input)?,
    };
    state.certificates.insert(arn.clone(), certificate);
    Ok(Response::json(json!({"CertificateArn": arn})))
}

/// Returns the key algorithm of a request for a public certificate that is validated by DNS; others are not implemented.
fn algorithm(call: &Request) -> Result<&str, AwsError> {
    let missing = |what: String| Err(AwsError::new(501, "NotImplemented", what));
    let method = string(&call.input, "ValidationMethod")?;
    if method != Some("DNS") {
        // API reference, RequestCertificate: without a method, validation is by email.
        return missing(format!("the embedded ACM validates by DNS only, not by {}", method.unwrap_or("EMAIL")));
    }
    if call.input["Options"]["Export"] == "ENABLED" {
        return missing("the embedded ACM issues no exportable certificates".to_owned());
    }
    let algorithm = string(&call.input, "KeyAlgorithm")?.unwrap_or("RSA_2048");
    if !ALGORITHMS.contains(&algorithm) {
        // Text unverified.
        return Err(invalid(format!("Algorithm {algorithm} is not supported for public certificates.")));
    }
    Ok(algorithm)
}

/// Returns the ARN of the certificate that an earlier request with the same token and names has made.
fn repeated(state: &State, token: Option<&str>, names: &[String], now: OffsetDateTime) -> Option<String> {
    let token = token?;
    let same = |certificate: &&Certificate| {
        let known = certificate.requested.as_ref().and_then(|request| request.token.as_deref());
        known == Some(token) && now - certificate.created < TOKEN_LIFETIME && certificate.facts.names == names
    };
    state.certificates.values().find(same).map(|certificate| certificate.arn.clone())
}

/// Returns the names of the request, the domain first.
fn names(call: &Request) -> Result<Vec<String>, AwsError> {
    let mut names = vec![string(&call.input, "DomainName")?.unwrap_or_default().to_owned()];
    for name in call.input["SubjectAlternativeNames"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    if names.len() > MAX_NAMES {
        // Text unverified.
        let message = format!("Error: you have reached your limit of {MAX_NAMES} domain names in a certificate.");
        return Err(AwsError::new(400, "LimitExceededException", message));
    }
    if names[0].len() > 64 {
        // "The first domain name … must have a length of 64 octets or less" (API reference, RequestCertificate). Text unverified.
        return Err(invalid("The first domain can be no longer than 64 characters."));
    }
    Ok(names)
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterException", message)
}
