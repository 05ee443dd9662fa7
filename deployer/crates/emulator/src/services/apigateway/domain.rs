//! Custom domain names with an imported certificate.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::State;
use super::mapping::Mapping;
use super::patch::{self, Kind, Row};
use super::{api, bad, conflict, epoch, missing, not_implemented, page, tags, unsupported};
use crate::error::AwsError;
use crate::kernel::others::OtherServices;
use crate::request::{Request, RequestContext, string};
use crate::response::Response;
use crate::stored::stored;

/// Durations on AWS (aws-behaviours.md, 2.8: seconds; a certificate counts as in use for minutes after its domain).
const CREATION: Duration = Duration::from_secs(20);
const UPDATE: Duration = Duration::from_secs(60);
const RELEASE: Duration = Duration::from_secs(300);
/// Maximum number of custom domains of one account and Region (API Gateway quotas page).
const MAX_DOMAINS: usize = 120;

/// A custom domain name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Domain {
    pub(crate) name: String,
    pub(crate) certificate: String,
    /// Certificate that is served while an update is in progress.
    pub(crate) previous: Option<String>,
    security_policy: String,
    ip_address_type: String,
    pub(crate) tags: BTreeMap<String, String>,
    regional: String,
    uploaded: OffsetDateTime,
    created: OffsetDateTime,
    /// End of the `PENDING` status.
    pending_until: OffsetDateTime,
    /// End of the `UPDATING` status.
    updating_until: OffsetDateTime,
    pub(crate) mappings: BTreeMap<String, Mapping>,
}

stored!(Domain);

const PATCHES: &[Row] = &[
    Row("replace", "/regionalCertificateArn", Kind::Text),
    Row("replace", "/securityPolicy", Kind::Text),
    Row("replace", "/endpointConfiguration/types/{type}", Kind::OneOf(&["REGIONAL", "EDGE", "PRIVATE"])),
    Row("replace", "/endpointConfiguration/ipAddressType", Kind::OneOf(&["ipv4", "dualstack"])),
    Row("replace", "/regionalCertificateName", Kind::Text),
    Row("replace", "/certificateArn", Kind::Text),
    Row("replace", "/certificateName", Kind::Text),
    Row("replace", "/endpointAccessMode", Kind::Text),
    Row("replace", "/ownershipVerificationCertificateArn", Kind::Text),
    Row("replace", "/mutualTlsAuthentication/truststoreUri", Kind::Text),
    Row("replace", "/mutualTlsAuthentication/truststoreVersion", Kind::Text),
    Row(
        "replace",
        "/routingMode",
        Kind::OneOf(&["BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING"]),
    ),
];

impl Domain {
    /// Returns PENDING, UPDATING or AVAILABLE (botocore model, DomainNameStatus).
    pub(super) fn status(&self, now: OffsetDateTime) -> &'static str {
        if now < self.pending_until {
            "PENDING"
        } else if now < self.updating_until {
            "UPDATING"
        } else {
            "AVAILABLE"
        }
    }

    /// Returns the certificate that is currently served; none while the domain is being created.
    pub(crate) fn current_certificate(&self, now: OffsetDateTime) -> Option<&str> {
        match self.status(now) {
            "PENDING" => None,
            "UPDATING" => Some(self.previous.as_deref().unwrap_or(&self.certificate)),
            _ => Some(&self.certificate),
        }
    }

    fn describe(&self, context: &RequestContext) -> Value {
        let mut shape = json!({
            "domainName": self.name,
            "domainNameArn": format!("arn:aws:apigateway:{}::/domainnames/{}", context.region, self.name),
            "regionalCertificateArn": self.certificate,
            "certificateUploadDate": epoch(self.uploaded),
            "regionalDomainName": format!("{}.execute-api.{}.amazonaws.com", self.regional, context.region),
            "regionalHostedZoneId": zone(&context.region),
            "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": self.ip_address_type},
            "domainNameStatus": self.status(context.now), "securityPolicy": self.security_policy,
            "routingMode": "BASE_PATH_MAPPING_ONLY",
        });
        if !self.tags.is_empty() {
            shape["tags"] = json!(self.tags);
        }
        shape
    }
}

/// Returns the Route 53 hosted zone of API Gateway's regional endpoints (AWS general reference, apigateway endpoints).
fn zone(region: &str) -> &'static str {
    match region {
        "us-east-1" => "Z1UJRXOUMOOFQ8",
        "us-east-2" => "ZOJJZC49E0EPZ",
        "us-west-1" => "Z2MUQ32089INYE",
        "us-west-2" => "Z2OJLYMUO9EFXC",
        "eu-west-1" => "ZLY8HYME6SFDD",
        "eu-west-2" => "ZJ5UAJN8Y3Z2Q",
        _ => "Z1U9ULNL0V5AJ3",
    }
}

pub(crate) fn find_mut<'a>(state: &'a mut State, call: &Request) -> Result<&'a mut Domain, AwsError> {
    state.domains.get_mut(call.path("domain_name")).ok_or_else(unknown)
}

pub(crate) fn find<'a>(state: &'a State, call: &Request) -> Result<&'a Domain, AwsError> {
    state.domains.get(call.path("domain_name")).ok_or_else(unknown)
}

fn unknown() -> AwsError {
    missing("Invalid domain name identifier specified")
}

pub(crate) fn create(state: &mut State, call: &Request, others: &dyn OtherServices) -> Result<Response, AwsError> {
    let input = &call.input;
    let name = string(input, "domainName")?.unwrap_or_default();
    check_name(name)?;
    let (endpoint, addresses) = api::endpoint(input)?;
    if endpoint.as_deref() != Some("REGIONAL") {
        return Err(not_implemented("edge-optimized custom domain names; give the endpoint type REGIONAL"));
    }
    for member in ["certificateBody", "certificatePrivateKey", "certificateChain"] {
        if input.get(member).is_some_and(|value| !value.is_null()) {
            return Err(bad("Uploading certificates is not supported for REGIONAL."));
        }
    }
    if input.get("certificateArn").is_some_and(|value| !value.is_null()) {
        return Err(bad("Cannot import certificates for EDGE while REGIONAL is active."));
    }
    unsupported(input, &["mutualTlsAuthentication", "ownershipVerificationCertificateArn", "policy", "endpointAccessMode"])?;
    if string(input, "routingMode")?.is_some_and(|mode| mode != "BASE_PATH_MAPPING_ONLY") {
        return Err(not_implemented("routingMode"));
    }
    let security = security_policy(string(input, "securityPolicy")?)?;
    let tags = tags::read(input)?;
    let certificate = string(input, "regionalCertificateArn")?.unwrap_or_default().to_owned();
    check_certificate(call, others, &certificate, name)?;
    if state.domains.contains_key(name) {
        return Err(bad("The domain name you provided already exists."));
    }
    if state.domains.len() >= MAX_DOMAINS {
        return Err(AwsError::new(
            429,
            "LimitExceededException",
            "Maximum number of Domain Names for this account has been reached",
        ));
    }
    let domain = Domain {
        name: name.to_owned(),
        certificate: certificate.clone(),
        previous: None,
        security_policy: security,
        ip_address_type: addresses.unwrap_or_else(|| "ipv4".into()),
        tags,
        regional: format!("d-{}", call.context.id(10)),
        uploaded: call.context.now,
        created: call.context.now,
        pending_until: call.context.after(CREATION),
        updating_until: call.context.now,
        mappings: BTreeMap::new(),
    };
    let shape = domain.describe(&call.context);
    others.associate_certificate(&certificate, name);
    state.domains.insert(name.to_owned(), domain);
    Ok(Response::status(201, shape))
}

fn check_name(name: &str) -> Result<(), AwsError> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.starts_with("*.") {
        // Requires a certificate issued by ACM (guide, how-to-custom-domains), which the emulator does not support.
        return Err(not_implemented("wildcard custom domain names"));
    }
    if name.len() <= 253 && name.contains('.') && name.split('.').all(label) {
        return Ok(());
    }
    // The message text is unverified.
    Err(bad(format!(
        "The domain name '{name}' is not valid: lower-case letters, digits, hyphens and at least one dot are allowed"
    )))
}

fn security_policy(given: Option<&str>) -> Result<String, AwsError> {
    match given {
        None | Some("TLS_1_2") => Ok("TLS_1_2".to_owned()),
        Some("TLS_1_0") => Ok("TLS_1_0".to_owned()),
        Some(other) if other.starts_with("SecurityPolicy_") => Err(not_implemented(&format!("the security policy {other}"))),
        Some(other) => Err(bad(format!("Invalid security policy specified: {other}"))),
    }
}

fn check_certificate(call: &Request, others: &dyn OtherServices, arn: &str, domain: &str) -> Result<(), AwsError> {
    if arn.is_empty() {
        // The message text is unverified.
        return Err(bad("A certificate ARN must be specified for a REGIONAL domain name"));
    }
    let own = arn.starts_with(&format!("arn:aws:acm:{}:{}:certificate/", call.context.region, call.context.account));
    let certificate = others.certificate_fit(arn, domain, call.context.now).filter(|_| own);
    let certificate =
        certificate.ok_or_else(|| bad("The certificate provided must be owned by the account creating the domain."))?;
    // The message texts are unverified.
    if !certificate.covers {
        return Err(bad(format!("The certificate {arn} does not match the domain name {domain}")));
    }
    if !certificate.is_valid {
        return Err(bad(format!("The certificate {arn} is not valid at this time")));
    }
    Ok(())
}

pub(crate) fn list(state: &State, call: &Request) -> Result<Response, AwsError> {
    page(call, state.domains.values().map(|domain| (domain.name.clone(), domain.describe(&call.context))))
}

pub(crate) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    Ok(Response::json(find(state, call)?.describe(&call.context)))
}

pub(crate) fn update(state: &mut State, call: &Request, others: &dyn OtherServices) -> Result<Response, AwsError> {
    let now = call.context.now;
    let mut domain = find(state, call)?.clone();
    let patches = patch::read(&call.input, PATCHES)?;
    if domain.status(now) != "AVAILABLE" {
        return Err(conflict("There is already an update in progress"));
    }
    let before = domain.certificate.clone();
    for patch in &patches {
        match patch.path {
            "/regionalCertificateArn" => {
                check_certificate(call, others, patch.value, &domain.name)?;
                patch.value.clone_into(&mut domain.certificate);
            }
            "/securityPolicy" => domain.security_policy = security_policy(Some(patch.value))?,
            "/endpointConfiguration/ipAddressType" => patch.value.clone_into(&mut domain.ip_address_type),
            "/endpointConfiguration/types/{type}" if patch.value == "REGIONAL" => {}
            "/routingMode" if patch.value == "BASE_PATH_MAPPING_ONLY" => {}
            "/certificateArn" => return Err(bad("Cannot import certificates for EDGE while REGIONAL is active.")),
            path => return Err(not_implemented(&format!("the patch path {path}"))),
        }
    }
    if !patches.is_empty() {
        domain.previous = Some(before.clone());
        domain.uploaded = now;
        domain.updating_until = call.context.after(UPDATE);
    }
    if domain.certificate != before {
        others.release_certificate(&before, &domain.name, call.context.after(RELEASE));
        others.associate_certificate(&domain.certificate, &domain.name);
    }
    let shape = domain.describe(&call.context);
    state.domains.insert(domain.name.clone(), domain);
    Ok(Response::json(shape))
}

/// Deletes the domain with its mappings (whether AWS refuses remaining mappings is not settled, aws-behaviours.md B.3).
pub(crate) fn delete(state: &mut State, call: &Request, others: &dyn OtherServices) -> Result<Response, AwsError> {
    let domain = find(state, call)?.clone();
    others.release_certificate(&domain.certificate, &domain.name, call.context.after(RELEASE));
    state.domains.remove(&domain.name);
    Ok(Response::empty(202))
}
