//! A self-signed certificate, generated here and imported into ACM; renewed in place under the same ARN.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_acm::primitives::Blob;
use aws_sdk_acm::types::{CertificateSummary, CertificateType, Filters, KeyAlgorithm, Tag};
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{CertificateOutputs, CertificateProperties};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::required_field;
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::self_signed::{self, CertificateInfo};
use crate::tags::{self, Tags};
use crate::wait;

type CertificateLive = Live<CertificateProperties, CertificateOutputs>;

pub(super) const GET: Operation = Operation::read("acm", "GetCertificate");
pub(super) const DESCRIBE: Operation = Operation::read("acm", "DescribeCertificate");
pub(super) const LIST: Operation = Operation::read("acm", "ListCertificates");
pub(super) const LIST_TAGS: Operation = Operation::read("acm", "ListTagsForCertificate");
/// Not idempotent: without an ARN, a second call imports a second certificate.
pub(super) const IMPORT: Operation = Operation::create("acm", "ImportCertificate");
pub(super) const REIMPORT: Operation = Operation::idempotent("acm", "ImportCertificate");
pub(super) const TAG: Operation = Operation::idempotent("acm", "AddTagsToCertificate");
pub(super) const UNTAG: Operation = Operation::idempotent("acm", "RemoveTagsFromCertificate");
pub(super) const DELETE: Operation = Operation::idempotent("acm", "DeleteCertificate");

/// Usual time until API Gateway releases a certificate after its domain is deleted; more than 15 minutes were seen.
const RELEASE: Duration = Duration::from_secs(5 * 60);
const UNUSED_WITHIN: Duration = Duration::from_secs(20 * 60);

/// The resource type `acm.certificate`.
pub struct Certificate(pub(crate) Arc<Provider>);

pub(super) fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    // The builder requires only key and value.
    tags.iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect()
}

fn names(wanted: &CertificateProperties) -> Vec<String> {
    let others = wanted.alternative_names.iter().filter(|name| **name != wanted.domain);
    std::iter::once(&wanted.domain).chain(others).cloned().collect()
}

fn due(facts: &CertificateInfo, renew_before_days: u32, now: OffsetDateTime) -> bool {
    facts.not_after - now <= time::Duration::days(i64::from(renew_before_days))
}

/// Returns the live names in the desired order if they are the same names: their order is irrelevant.
fn alternative_names(facts: &CertificateInfo, hint: &CertificateProperties) -> Vec<String> {
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    if facts.names.first() == Some(&hint.domain) && sorted(facts.names.clone()) == sorted(names(hint)) {
        return hint.alternative_names.clone();
    }
    facts.names.iter().skip(1).cloned().collect()
}

fn live(arn: &str, facts: &CertificateInfo, hint: &CertificateProperties, tags: Tags, now: OffsetDateTime) -> CertificateLive {
    let days = (facts.not_after - facts.not_before).whole_days();
    let properties = CertificateProperties {
        domain: facts.names.first().cloned().unwrap_or_default(),
        alternative_names: alternative_names(facts, hint),
        key_algorithm: facts.key_algorithm.clone(),
        validity_days: u32::try_from(days).unwrap_or_default(),
        renew_before_days: hint.renew_before_days,
        renewal_due: due(facts, hint.renew_before_days, now),
        tags,
    };
    let not_after = facts.not_after.format(&Rfc3339).unwrap_or_default();
    let outputs = CertificateOutputs { arn: arn.to_owned(), sha256: facts.sha256.clone(), not_after };
    Live { id: PhysicalId(arn.to_owned()), properties, outputs }
}

impl Certificate {
    /// Returns the tags of a certificate; `None` if there is no such certificate.
    pub(super) async fn tags(&self, cx: &Context, arn: &str) -> Result<Option<Tags>> {
        let tags = cx.cached(format!("acm:ListTagsForCertificate {arn}"), || async {
            let list = || self.0.acm.list_tags_for_certificate().certificate_arn(arn).send();
            let listed = self.0.call(cx, LIST_TAGS, list).await.optional()?.map(|answer| answer.tags.unwrap_or_default());
            Ok(listed.map(|listed| tags::own(listed.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())))))
        });
        Ok((*tags.await?).clone())
    }

    async fn look(&self, cx: &Context, arn: &str, hint: &CertificateProperties) -> Result<Option<CertificateLive>> {
        let (facts, tags) = futures::try_join!(self.facts(cx, arn), self.tags(cx, arn))?;
        Ok(facts.zip(tags).map(|(facts, tags)| live(arn, &facts, hint, tags, cx.clock.now())))
    }

    async fn facts(&self, cx: &Context, arn: &str) -> Result<Option<CertificateInfo>> {
        let get = || self.0.acm.get_certificate().certificate_arn(arn).send();
        let Some(answer) = self.0.call(cx, GET, get).await.optional()? else { return Ok(None) };
        Ok(Some(self_signed::read(&required_field("the certificate", answer.certificate)?)?))
    }

    /// Imports a new certificate with a new key, under `arn` if given; returns the ARN and the certificate.
    async fn import(&self, cx: &Context, wanted: &CertificateProperties, arn: Option<&str>) -> Result<(String, CertificateInfo)> {
        let key = self_signed::key_pair(&wanted.key_algorithm, self.0.rsa_keys)?;
        let fresh = self_signed::make(&names(wanted), wanted.validity_days, cx.clock.now(), &key)?;
        let facts = self_signed::read(&fresh.certificate)?;
        // A re-import accepts no tags (API reference, ImportCertificate).
        let tags = arn.is_none().then(|| sdk_tags(&wanted.tags));
        let op = if arn.is_some() { REIMPORT } else { IMPORT };
        let import = || {
            let request = self.0.acm.import_certificate().set_certificate_arn(arn.map(str::to_owned)).set_tags(tags.clone());
            let key = Blob::new(fresh.key.as_bytes().to_vec());
            request.certificate(Blob::new(fresh.certificate.as_bytes().to_vec())).private_key(key).send()
        };
        let imported = self.0.call(cx, op, import).await?;
        Ok((required_field("the certificate's ARN", imported.certificate_arn)?, facts))
    }

    /// Returns the ARNs of all certificates of this type. The list contains only RSA keys unless others are requested (API reference,
    /// ListCertificates).
    pub(super) async fn listed(&self, cx: &Context, kind: CertificateType) -> Result<Vec<String>> {
        let all = [
            KeyAlgorithm::EcPrime256v1,
            KeyAlgorithm::EcSecp384r1,
            KeyAlgorithm::EcSecp521r1,
            KeyAlgorithm::Rsa1024,
            KeyAlgorithm::Rsa2048,
            KeyAlgorithm::Rsa3072,
            KeyAlgorithm::Rsa4096,
        ];
        let filters = &Filters::builder().set_key_types(Some(all.to_vec())).build();
        let summaries = cx.cached("acm:ListCertificates", || {
            collect_pages(|token| async move {
                let list = || {
                    self.0.acm.list_certificates().includes(filters.clone()).max_items(1_000).set_next_token(token.clone()).send()
                };
                let page = self.0.call(cx, LIST, list).await?;
                Ok((page.certificate_summary_list.unwrap_or_default(), page.next_token))
            })
        });
        let of_kind = |one: &&CertificateSummary| one.r#type.as_ref().is_none_or(|found| *found == kind);
        Ok(summaries.await?.iter().filter(of_kind).filter_map(|one| one.certificate_arn.clone()).collect())
    }

    /// Changes the tags of a certificate.
    pub(super) async fn retag(&self, cx: &Context, arn: &str, live: &Tags, wanted: &Tags) -> Result<()> {
        let change = tags::change(live, wanted);
        let client = &self.0.acm;
        if !change.set.is_empty() {
            let set = sdk_tags(&change.set);
            self.0
                .call(cx, TAG, || client.add_tags_to_certificate().certificate_arn(arn).set_tags(Some(set.clone())).send())
                .await?;
        }
        if !change.remove.is_empty() {
            let removed = change.remove.iter().map(|key| (key.clone(), live.get(key).cloned().unwrap_or_default()));
            let set = sdk_tags(&removed.collect());
            self.0
                .call(cx, UNTAG, || client.remove_tags_from_certificate().certificate_arn(arn).set_tags(Some(set.clone())).send())
                .await?;
        }
        Ok(())
    }

    /// Deletes a certificate once nothing uses it.
    pub(super) async fn delete_unused(&self, cx: &Context, arn: &str) -> Result<()> {
        let unused = || async {
            let describe = || self.0.acm.describe_certificate().certificate_arn(arn).send();
            let detail = self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.certificate);
            let users = detail.and_then(|detail| detail.in_use_by).unwrap_or_default();
            Result::Ok(if users.is_empty() { Break(()) } else { Continue(format!("still used by {}", users.join(", "))) })
        };
        if unused().await?.is_continue() {
            wait::poll_until_with_estimate(cx, "the certificate", self.0.scaled(RELEASE), UNUSED_WITHIN, unused).await?;
        }
        self.0.call(cx, DELETE, || self.0.acm.delete_certificate().certificate_arn(arn).send()).await.optional().map(drop)
    }
}

impl Permissions for Certificate {
    const READ_WHILE_CHANGING: &'static [&'static str] = &["acm:DescribeCertificate"];

    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let own = [GET, DESCRIBE, LIST_TAGS, IMPORT, TAG, UNTAG, DELETE];
        [operation_permissions(&[LIST], "*"), operation_permissions(&own, &provider.arn("acm", "certificate/*"))].concat()
    }
}

impl Resource for Certificate {
    type Definition = deployer_resources::Certificate;

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &CertificateProperties) -> Result<Option<CertificateLive>> {
        if cx.presence_only {
            let outputs = CertificateOutputs { arn: id.to_string(), sha256: String::new(), not_after: String::new() };
            let live = |tags| Live { id: id.clone(), properties: CertificateProperties { tags, ..hint.clone() }, outputs };
            return Ok(self.tags(cx, id.as_str()).await?.map(live));
        }
        self.look(cx, id.as_str(), hint).await
    }

    async fn owner(&self, cx: &Context, live: &CertificateLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &CertificateProperties) -> Result<Lookup<CertificateLive>> {
        let mut other = None;
        for arn in &self.listed(cx, CertificateType::Imported).await? {
            let tags = self.tags(cx, arn).await?.unwrap_or_default();
            if tags::check_owner(&tags, cx).is_err() {
                continue;
            }
            // During a replacement there are two; the desired one is recognized by its key algorithm.
            match self.look(cx, arn, wanted).await? {
                Some(live) if live.properties.key_algorithm == wanted.key_algorithm => return Ok(Lookup::Owned(live)),
                Some(live) => other = other.or(Some(live)),
                None => {}
            }
        }
        Ok(other.map_or(Lookup::NotFound, Lookup::Owned))
    }

    async fn create(&self, cx: &Context, wanted: &CertificateProperties) -> Result<CertificateLive> {
        let (arn, facts) = self.import(cx, wanted, None).await?;
        Ok(live(&arn, &facts, wanted, wanted.tags.clone(), cx.clock.now()))
    }

    async fn update(
        &self,
        cx: &Context,
        live_before: &CertificateLive,
        wanted: &CertificateProperties,
        _changed: &[PropertyPath],
    ) -> Result<CertificateLive> {
        let (arn, was) = (live_before.id.as_str(), &live_before.properties);
        self.retag(cx, arn, &was.tags, &wanted.tags).await?;
        let now = cx.clock.now();
        let ends = OffsetDateTime::parse(&live_before.outputs.not_after, &Rfc3339).unwrap_or(now);
        let near = ends - now <= time::Duration::days(i64::from(wanted.renew_before_days));
        let same = (names(was), was.validity_days) == (names(wanted), wanted.validity_days);
        if same && !near && !was.renewal_due {
            return Ok(Live { properties: wanted.clone(), ..live_before.clone() });
        }
        let (arn, facts) = self.import(cx, wanted, Some(arn)).await?;
        Ok(live(&arn, &facts, wanted, wanted.tags.clone(), now))
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &CertificateProperties) -> Result<()> {
        self.delete_unused(cx, id.as_str()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    fn wanted() -> CertificateProperties {
        let wanted = json!({"domain": "api.numbers.example", "alternative_names": ["b.example", "a.example"], "validity_days": 90,
                            "key_algorithm": "EC_prime256v1", "renew_before_days": 30, "tags": {"a": "1"}});
        serde_json::from_value(wanted).expect("the shape that is wanted")
    }

    fn at(now: OffsetDateTime) -> CertificateLive {
        let key = self_signed::key_pair(&wanted().key_algorithm, crate::rsa_key::generate_rsa_key).expect("a key");
        let made = self_signed::make(&names(&wanted()), 90, datetime!(2030-01-01 0:00 UTC), &key).expect("made");
        let facts = self_signed::read(&made.certificate).expect("readable");
        live("arn:x", &facts, &wanted(), wanted().tags, now)
    }

    #[test]
    fn new_certificate_reads_back_as_desired() {
        let live = at(datetime!(2030-01-02 0:00 UTC));
        assert_eq!(live.properties, wanted());
        let json = serde_json::to_value(&live.properties).expect("JSON");
        assert_eq!(json.get("renewal_due"), None);
    }

    #[test]
    fn certificate_near_expiry_is_a_difference() {
        assert!(!at(datetime!(2030-03-01 0:00 UTC)).properties.renewal_due);
        let live = at(datetime!(2030-03-03 0:00 UTC));
        assert!(live.properties.renewal_due);
        assert_eq!(live.outputs.not_after, "2030-03-31T23:55:00Z");
        assert_eq!(serde_json::to_value(&live.properties).expect("JSON")["renewal_due"], true);
    }

    #[test]
    fn only_other_names_are_a_change() {
        let mut hint = wanted();
        hint.alternative_names.reverse();
        let key = self_signed::key_pair(&wanted().key_algorithm, crate::rsa_key::generate_rsa_key).expect("a key");
        let made = self_signed::make(&names(&wanted()), 90, datetime!(2030-01-01 0:00 UTC), &key).expect("made");
        let facts = self_signed::read(&made.certificate).expect("readable");
        assert_eq!(alternative_names(&facts, &hint), hint.alternative_names);
        hint.alternative_names.push("c.example".to_owned());
        assert_eq!(alternative_names(&facts, &hint), wanted().alternative_names);
    }
}
