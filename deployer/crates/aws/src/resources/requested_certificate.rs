//! A public certificate that ACM issues after a validation by DNS, and renews as long as the record is there.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, CertificateType, KeyAlgorithm, ResourceRecord, ValidationMethod};
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner};
use deployer_resources::{RequestedCertificateOutputs, RequestedCertificateProperties};
use serde_json::Value;

use super::certificate::{Certificate, DELETE, DESCRIBE, LIST, LIST_TAGS, TAG, UNTAG, sdk_tags};
use super::hosted_zone::without_dot;
use super::required_field;
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};
use crate::wait;

type RequestedLive = Live<RequestedCertificateProperties, RequestedCertificateOutputs>;

/// Idempotent for an hour, by its token.
const REQUEST: Operation = Operation::idempotent("acm", "RequestCertificate");
/// Time within which ACM names the validation record ("several seconds", API reference, RequestCertificate).
const RECORD_WITHIN: Duration = Duration::from_secs(5 * 60);
const RECORD: Duration = deployer_resources::RequestedCertificate::CREATION_TIME;

/// The resource type `acm.requested_certificate`.
pub struct RequestedCertificate(pub(crate) Arc<Provider>);

/// Returns the record that validates the first name.
pub(super) fn validation_record(detail: &CertificateDetail) -> Option<&ResourceRecord> {
    detail.domain_validation_options().iter().find_map(|option| option.resource_record.as_ref())
}

fn live(arn: &str, detail: &CertificateDetail, tags: Tags) -> RequestedLive {
    let failed = match &detail.status {
        None | Some(CertificateStatus::Issued | CertificateStatus::PendingValidation) => None,
        Some(status) => Some(status.as_str().to_owned()),
    };
    let properties = RequestedCertificateProperties {
        domain: detail.domain_name.clone().unwrap_or_default(),
        // DescribeCertificate writes a hyphen where the enumeration has `_`.
        key_algorithm: detail.key_algorithm.as_ref().map(|name| name.as_str().replacen('-', "_", 1)).unwrap_or_default(),
        failed,
        tags,
    };
    let record = validation_record(detail);
    let part = |part: fn(&ResourceRecord) -> &str| record.map(part).map(without_dot).unwrap_or_default().to_owned();
    let outputs = RequestedCertificateOutputs {
        arn: arn.to_owned(),
        record_name: part(|record| &record.name),
        record_type: part(|record| record.r#type.as_str()),
        record_value: part(|record| &record.value),
    };
    Live { id: PhysicalId(arn.to_owned()), properties, outputs }
}

impl RequestedCertificate {
    fn acm(&self) -> Certificate {
        Certificate(Arc::clone(&self.0))
    }

    async fn describe(&self, cx: &Context, arn: &str) -> Result<Option<CertificateDetail>> {
        let describe = || self.0.acm.describe_certificate().certificate_arn(arn).send();
        Ok(self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.certificate))
    }

    /// Waits until ACM names the validation record.
    async fn with_record(&self, cx: &Context, arn: &str, tags: Tags) -> Result<RequestedLive> {
        let usual = self.0.scaled(RECORD);
        wait::poll_until_with_estimate(cx, "the validation record of the certificate", usual, RECORD_WITHIN, || async {
            let Some(detail) = self.describe(cx, arn).await? else { return Ok(Continue("not visible yet".to_owned())) };
            let live = live(arn, &detail, tags.clone());
            let done = validation_record(&detail).is_some() || live.properties.failed.is_some();
            Result::Ok(if done { Break(live) } else { Continue("not named yet".to_owned()) })
        })
        .await
    }
}

impl Permissions for RequestedCertificate {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let own = [DESCRIBE, LIST_TAGS, TAG, UNTAG, DELETE];
        [operation_permissions(&[LIST, REQUEST], "*"), operation_permissions(&own, &provider.arn("acm", "certificate/*"))]
            .concat()
    }
}

impl Resource for RequestedCertificate {
    type Definition = deployer_resources::RequestedCertificate;

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &RequestedCertificateProperties) -> Result<Option<RequestedLive>> {
        let acm = self.acm();
        let (detail, tags) = futures::try_join!(self.describe(cx, id.as_str()), acm.tags(cx, id.as_str()))?;
        Ok(detail.zip(tags).map(|(detail, tags)| live(id.as_str(), &detail, tags)))
    }

    async fn owner(&self, cx: &Context, live: &RequestedLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &RequestedCertificateProperties) -> Result<Lookup<RequestedLive>> {
        let mut other = None;
        for arn in &self.acm().listed(cx, CertificateType::AmazonIssued).await? {
            let tags = self.acm().tags(cx, arn).await?.unwrap_or_default();
            if tags::check_owner(&tags, cx).is_err() {
                continue;
            }
            let Some(detail) = self.describe(cx, arn).await? else { continue };
            let found = live(arn, &detail, tags.clone());
            let same = |a: &RequestedCertificateProperties| {
                (&a.domain, &a.key_algorithm, &a.failed) == (&wanted.domain, &wanted.key_algorithm, &None)
            };
            // During a replacement there are two.
            if !same(&found.properties) {
                other = other.or(Some(found));
            } else if found.outputs.record_name.is_empty() {
                return self.with_record(cx, arn, tags).await.map(Lookup::Owned);
            } else {
                return Ok(Lookup::Owned(found));
            }
        }
        Ok(other.map_or(Lookup::NotFound, Lookup::Owned))
    }

    async fn create(&self, cx: &Context, wanted: &RequestedCertificateProperties) -> Result<RequestedLive> {
        // A token has 1 to 32 letters and digits (API reference, RequestCertificate).
        let token = cx.token.simple().to_string();
        let tags = sdk_tags(&wanted.tags);
        let request = || {
            let request = self.0.acm.request_certificate().domain_name(&wanted.domain).idempotency_token(&token);
            let algorithm = KeyAlgorithm::from(wanted.key_algorithm.as_str());
            request.validation_method(ValidationMethod::Dns).key_algorithm(algorithm).set_tags(Some(tags.clone())).send()
        };
        let arn = required_field("the certificate's ARN", self.0.call(cx, REQUEST, request).await?.certificate_arn)?;
        self.with_record(cx, &arn, wanted.tags.clone()).await
    }

    async fn update(
        &self,
        cx: &Context,
        before: &RequestedLive,
        wanted: &RequestedCertificateProperties,
        _changed: &[PropertyPath],
    ) -> Result<RequestedLive> {
        self.acm().retag(cx, before.id.as_str(), &before.properties.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..before.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &RequestedCertificateProperties) -> Result<()> {
        self.acm().delete_unused(cx, id.as_str()).await
    }
}
