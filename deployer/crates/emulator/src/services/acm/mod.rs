//! AWS Certificate Manager (API version 2015-12-08, JSON 1.1): imported certificates, and public ones that are validated by DNS. A
//! requested certificate is issued when its validation record has been in a hosted zone of the account for long enough; no public DNS is
//! asked. It is signed by an authority of this process, not by Amazon's.

mod import;
mod issue;
mod read;
mod requested;
mod rsa;
mod tags;
mod x509;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::error::AwsError;
use crate::kernel::operation::{Operation, one_in, per_second, read, write};
use crate::kernel::others::OtherServices;
use crate::kernel::permission::{RequiredAction, need, regional, tagged, text};
use crate::kernel::service::{AwsService, ServiceInfo, TagsByArn};
use crate::model::Model;
use crate::persistent_map::PersistentMap;
use crate::request::{self, Request, RequestContext, Service};
use crate::response::Response;
use crate::stored::stored;

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

/// A certificate: imported, or requested.
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
    /// The request, if the certificate was not imported.
    #[serde(default)]
    requested: Option<requested::Requested>,
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

    /// Whether it has been issued and `now` is within its validity period.
    pub(crate) fn is_valid(&self, now: OffsetDateTime) -> bool {
        self.requested.as_ref().is_none_or(|request| request.is_issued(now))
            && self.facts.not_before <= now
            && now < self.facts.not_after
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

/// Operations of this service, with their rates (ACM user guide, "Quotas": API request rates).
#[rustfmt::skip]
const OPERATIONS: &[Operation<State>] = &[
    write("AddTagsToCertificate", tags::add).rate(per_second(5, 5)),
    write("DeleteCertificate", delete).rate(per_second(10, 10)),
    read("DescribeCertificate", read::describe).rate(per_second(10, 10)),
    read("GetCertificate", read::get).rate(per_second(10, 10)),
    write("ImportCertificate", import::import).rate(one_in(1)),
    read("ListCertificates", read::list).rate(one_in(1)),
    read("ListTagsForCertificate", tags::list).rate(per_second(10, 10)),
    write("RemoveTagsFromCertificate", tags::remove).rate(per_second(5, 5)),
    write("RequestCertificate", requested::request).rate(per_second(5, 5)),
];

/// AWS Certificate Manager.
pub(crate) struct Acm;

impl AwsService for Acm {
    type State = State;

    fn info() -> &'static ServiceInfo {
        static MODEL: Model = Model::new("acm", include_str!("../../../model/acm.json"));
        static INFO: ServiceInfo = ServiceInfo::json(Service::Acm, "1.1", &MODEL);
        &INFO
    }

    fn operations() -> &'static [&'static [Operation<State>]] {
        &[OPERATIONS]
    }

    fn awaits_others(state: &State) -> bool {
        state.awaits_validation()
    }

    fn follow_others(state: &mut State, context: &RequestContext, others: &dyn OtherServices) {
        state.issue_validated(context, others);
    }

    fn tags(state: &State, _: &RequestContext) -> TagsByArn {
        state.tagged().collect()
    }

    fn taggable(arn: &str) -> Option<&str> {
        Some(arn)
    }

    fn required_actions(_: &State, request: &Request, _: &dyn OtherServices) -> Vec<RequiredAction> {
        let arn = match text(&request.input, "CertificateArn") {
            "" => regional(&request.context, "acm", "certificate/*"),
            arn => arn.to_owned(),
        };
        let tags = tagged(&request.input, "Tags") && request.operation() == "ImportCertificate";
        let tags = tags.then(|| need("acm", "AddTagsToCertificate", &arn));
        std::iter::once(need("acm", request.operation(), &arn)).chain(tags).collect()
    }
}

fn delete(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let arn = required_arn(&call.input)?;
    state.existing(&arn)?;
    if state.users(&arn, call.context.now).next().is_some() {
        let message = format!("Certificate {arn} in account {} is in use.", call.context.account);
        return Err(AwsError::new(400, "ResourceInUseException", message));
    }
    state.certificates.remove(&arn);
    state.uses.remove(&arn);
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
