//! DescribeCertificate, GetCertificate and ListCertificates.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::State;
use super::{Certificate, not_found, required_arn};
use crate::error::AwsError;
use crate::page::page;
use crate::request::{self, Request};
use crate::response::Response;

/// Key types that `ListCertificates` returns without a filter (API reference, Filters).
const DEFAULT_KEY_TYPES: [&str; 2] = ["RSA_1024", "RSA_2048"];
/// Half of the maximum page size.
const PAGE: i64 = 500;

pub(super) fn describe(state: &State, call: &Request) -> Result<Response, AwsError> {
    let arn = required_arn(&call.input)?;
    let certificate = state.certificate(&arn).ok_or_else(|| not_found(&arn))?;
    let facts = &certificate.facts;
    let users: Vec<String> = state.users(&arn, call.context.now).map(|user| user_arn(&call.context.region, user)).collect();
    let usages: Vec<Value> = facts.key_usages.iter().map(|name| json!({"Name": name})).collect();
    let extended: Vec<Value> = facts.extended_key_usages.iter().map(|(name, oid)| json!({"Name": name, "OID": oid})).collect();
    if let Some(request) = &certificate.requested {
        let described = request.describe(certificate, call.context.now, &users, &usages, &extended);
        return Ok(Response::json(json!({"Certificate": described})));
    }
    Ok(Response::json(json!({"Certificate": {
        "CertificateArn": arn,
        "DomainName": facts.domain,
        "SubjectAlternativeNames": facts.names,
        "Serial": facts.serial,
        "Subject": facts.subject,
        "Issuer": facts.issuer,
        "CreatedAt": epoch(certificate.created),
        "ImportedAt": epoch(certificate.imported),
        "Status": status(certificate, call.context.now),
        "NotBefore": epoch(facts.not_before),
        "NotAfter": epoch(facts.not_after),
        // With a hyphen here, unlike in the enumeration: documented for RSA, for curves by analogy (unverified).
        "KeyAlgorithm": facts.key_algorithm.replacen('_', "-", 1),
        "SignatureAlgorithm": facts.signature_algorithm,
        "InUseBy": users,
        "Type": "IMPORTED",
        "KeyUsages": usages,
        "ExtendedKeyUsages": extended,
        "RenewalEligibility": "INELIGIBLE",
        "Options": {"CertificateTransparencyLoggingPreference": "DISABLED"},
    }})))
}

pub(super) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    let arn = required_arn(&call.input)?;
    let certificate = state.certificate(&arn).ok_or_else(|| not_found(&arn))?;
    if let Some(request) = certificate.requested.as_ref().filter(|request| !request.is_issued(call.context.now)) {
        return Err(request.not_issued(call.context.now));
    }
    let mut body = json!({"Certificate": certificate.body});
    if let Some(chain) = &certificate.chain {
        body["CertificateChain"] = chain.as_str().into();
    }
    Ok(Response::json(body))
}

pub(super) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    let wanted = ListFilters::read(&call.input)?;
    let all = state.certificates.iter().filter(|(_, certificate)| wanted.takes(certificate, call.context.now));
    let all = all.map(|(arn, certificate)| {
        (arn, summary(certificate, state.users(arn, call.context.now).next().is_some(), call.context.now))
    });
    // Text unverified.
    let (found, next) = page(all, wanted.token.as_deref(), wanted.size)
        .ok_or_else(|| AwsError::new(400, "ValidationException", "The NextToken is invalid."))?;
    let mut body = json!({"CertificateSummaryList": found});
    if let Some(next) = next {
        body["NextToken"] = next.into();
    }
    Ok(Response::json(body))
}

/// The filters of `ListCertificates`.
struct ListFilters {
    statuses: Vec<String>,
    key_types: Vec<String>,
    key_usages: Vec<String>,
    extended: Vec<String>,
    token: Option<String>,
    size: usize,
}

impl ListFilters {
    fn read(input: &Value) -> Result<Self, AwsError> {
        let includes = input.get("Includes").cloned().unwrap_or_else(|| Map::new().into());
        let statuses = strings(input, "CertificateStatuses")?;
        let mut key_types = strings(&includes, "keyTypes")?;
        let size = input.get("MaxItems").and_then(Value::as_i64);
        if key_types.is_empty() {
            key_types = DEFAULT_KEY_TYPES.map(str::to_owned).to_vec();
        }
        Ok(Self {
            statuses,
            key_types,
            key_usages: strings(&includes, "keyUsage")?,
            extended: strings(&includes, "extendedKeyUsage")?,
            token: request::string(input, "NextToken")?.map(str::to_owned),
            size: usize::try_from(size.unwrap_or(PAGE)).unwrap_or(1),
        })
    }

    fn takes(&self, certificate: &Certificate, now: OffsetDateTime) -> bool {
        let facts = &certificate.facts;
        let any = |wanted: &[String], has: &mut dyn FnMut(&str) -> bool| wanted.is_empty() || wanted.iter().any(|one| has(one));
        any(&self.statuses, &mut |wanted| wanted == status(certificate, now))
            && self.key_types.contains(&facts.key_algorithm)
            && any(&self.key_usages, &mut |wanted| facts.key_usages.iter().any(|usage| usage == wanted))
            && any(&self.extended, &mut |wanted| facts.extended_key_usages.iter().any(|(usage, _)| usage == wanted))
    }
}

fn strings(input: &Value, member: &str) -> Result<Vec<String>, AwsError> {
    match input.get(member) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(list) => serde_json::from_value(list.clone()).map_err(|_| AwsError::serialization(member, "a list of strings")),
    }
}

fn kind(certificate: &Certificate) -> &'static str {
    if certificate.requested.is_some() { "AMAZON_ISSUED" } else { "IMPORTED" }
}

fn summary(certificate: &Certificate, in_use: bool, now: OffsetDateTime) -> Value {
    let facts = &certificate.facts;
    let mut summary = json!({
        "CertificateArn": certificate.arn,
        "DomainName": facts.domain,
        "SubjectAlternativeNameSummaries": facts.names,
        "HasAdditionalSubjectAlternativeNames": false,
        "Status": status(certificate, now),
        "Type": kind(certificate),
        "KeyAlgorithm": facts.key_algorithm,
        "KeyUsages": facts.key_usages,
        "ExtendedKeyUsages": facts.extended_key_usages.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "InUse": in_use,
        "RenewalEligibility": "INELIGIBLE",
        "NotBefore": epoch(facts.not_before),
        "NotAfter": epoch(facts.not_after),
        "CreatedAt": epoch(certificate.created),
        "ImportedAt": epoch(certificate.imported),
    });
    if let (Some(request), Value::Object(members)) = (&certificate.requested, &mut summary) {
        members.remove("ImportedAt");
        match request.issued_at(now) {
            Some(at) => drop(members.insert("IssuedAt".to_owned(), epoch(at).into())),
            None => {
                members.retain(|name, _| !matches!(name.as_str(), "NotBefore" | "NotAfter" | "KeyUsages" | "ExtendedKeyUsages"));
            }
        }
    }
    summary
}

fn status(certificate: &Certificate, now: OffsetDateTime) -> &'static str {
    if let Some(status) = certificate.requested.as_ref().and_then(|request| request.pending_status(now)) {
        return status;
    }
    if now < certificate.facts.not_after { "ISSUED" } else { "EXPIRED" }
}

/// Returns the ARN of a regional custom domain's user: ACM names a load balancer of API Gateway in an account of AWS's (unverified in
/// detail).
fn user_arn(region: &str, user: &str) -> String {
    let id = hex::encode(&Sha256::digest(user)[..8]);
    format!("arn:aws:elasticloadbalancing:{region}:444455556666:loadbalancer/net/apigateway-{id}/{id}")
}

/// Returns seconds since 1970, the timestamp format of JSON 1.1.
pub(super) fn epoch(at: OffsetDateTime) -> f64 {
    let milliseconds = at.unix_timestamp_nanos() / 1_000_000;
    let milliseconds = milliseconds as f64;
    milliseconds / 1000.0
}
