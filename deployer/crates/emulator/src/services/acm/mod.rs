//! AWS Certificate Manager for imported certificates (API version 2015-12-08, JSON 1.1).

mod import;
mod read;
mod tags;
mod x509;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::account_state::AccountState;
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::request::{self, Request, RequestContext};
use crate::response::Response;
use crate::stored::stored;

pub(crate) const OPERATIONS: &[&str] = &[
    "AddTagsToCertificate",
    "DeleteCertificate",
    "DescribeCertificate",
    "GetCertificate",
    "ImportCertificate",
    "ListCertificates",
    "ListTagsForCertificate",
    "RemoveTagsFromCertificate",
];

/// ACM state.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Certificates by ARN.
    #[serde(default)]
    certificates: PersistentMap<String, Certificate>,
    /// Users of certificates, by ARN and user, with the time until which a released certificate still counts as in use.
    uses: BTreeMap<String, BTreeMap<String, Option<OffsetDateTime>>>,
}

stored!(State: certificates);

/// An imported certificate.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Certificate {
    arn: String,
    /// Leaf certificate, PEM.
    body: String,
    /// Issuing certificates, PEM.
    chain: Option<String>,
    /// Private key, PEM; only servers that use the certificate receive it.
    private_key: String,
    /// Contents of the certificate.
    facts: x509::CertInfo,
    created: OffsetDateTime,
    imported: OffsetDateTime,
    tags: BTreeMap<String, String>,
}

stored!(Certificate);

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("arn", &self.arn).field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Returns the certificate and its chain, PEM, for a server that presents it.
    pub(crate) fn chain_pem(&self) -> String {
        format!("{}{}", self.body, self.chain.as_deref().unwrap_or_default())
    }

    /// Returns the private key, PEM, for a server that presents the certificate.
    pub(crate) fn key_pem(&self) -> &str {
        &self.private_key
    }

    /// Whether the certificate is for this domain; a wildcard matches one label.
    pub(crate) fn covers(&self, domain: &str) -> bool {
        self.facts.names.iter().any(|name| covers(name, domain))
    }

    /// Whether `now` is within its validity period.
    pub(crate) fn is_valid(&self, now: OffsetDateTime) -> bool {
        self.facts.not_before <= now && now < self.facts.not_after
    }
}

impl State {
    /// Returns the certificate with this ARN.
    pub(crate) fn certificate(&self, arn: &str) -> Option<&Certificate> {
        self.certificates.get(arn)
    }

    /// Records that `user` (a custom domain's name) uses this certificate from now on.
    pub(crate) fn associate(&mut self, arn: &str, user: &str) {
        self.uses.entry(arn.to_owned()).or_default().insert(user.to_owned(), None);
    }

    /// Records that `user` has released the certificate; it counts as in use until `until`.
    pub(crate) fn release(&mut self, arn: &str, user: &str, until: OffsetDateTime) {
        if let Some(end) = self.uses.get_mut(arn).and_then(|users| users.get_mut(user)) {
            *end = Some(until);
        }
    }

    fn users<'a>(&'a self, arn: &str, now: OffsetDateTime) -> impl Iterator<Item = &'a str> {
        self.uses
            .get(arn)
            .into_iter()
            .flatten()
            .filter(move |(_, until)| until.is_none_or(|until| until > now))
            .map(|(user, _)| user.as_str())
    }

    fn existing(&mut self, arn: &str) -> Result<&mut Certificate, AwsError> {
        self.certificates.get_mut(arn).ok_or_else(|| not_found(arn))
    }
}

pub(crate) fn serve(world: &mut AccountState, request: &Request, context: &RequestContext<'_>) -> Result<Response, AwsError> {
    match request.operation {
        "AddTagsToCertificate" => tags::add(world, &request.input),
        "DeleteCertificate" => delete(world, &request.input, context.now),
        "DescribeCertificate" => read::describe(world, &request.input, context.now),
        "GetCertificate" => read::get(world, &request.input),
        "ImportCertificate" => import::import(world, &request.input, context),
        "ListCertificates" => read::list(world, &request.input, context.now),
        "ListTagsForCertificate" => tags::list(world, &request.input),
        "RemoveTagsFromCertificate" => tags::remove(world, &request.input),
        other => Err(AwsError::new(501, "NotImplemented", other)),
    }
}

fn delete(world: &mut AccountState, input: &Value, now: OffsetDateTime) -> Result<Response, AwsError> {
    let arn = required_arn(input)?;
    world.acm.existing(&arn)?;
    if world.acm.users(&arn, now).next().is_some() {
        let message = format!("Certificate {arn} in account {} is in use.", world.account);
        return Err(AwsError::new(400, "ResourceInUseException", message));
    }
    world.acm.certificates.remove(&arn);
    world.acm.uses.remove(&arn);
    Ok(Response::empty(200))
}

/// Returns the required `CertificateArn` of the input; the model has checked its form.
fn required_arn(input: &Value) -> Result<String, AwsError> {
    Ok(request::string(input, "CertificateArn")?.unwrap_or_default().to_owned())
}

fn not_found(arn: &str) -> AwsError {
    AwsError::new(400, "ResourceNotFoundException", format!("Could not find certificate {arn}."))
}

fn covers(name: &str, domain: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(parent) => {
            domain.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(parent))
        }
        None => name.eq_ignore_ascii_case(domain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcard_matches_exactly_one_label() {
        assert!(covers("*.voice.example", "api.voice.example"));
        assert!(!covers("*.voice.example", "voice.example"));
        assert!(!covers("*.voice.example", "a.b.voice.example"));
        assert!(covers("API.voice.example", "api.voice.example"));
    }
}
