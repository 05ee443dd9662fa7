//! The issuance of a requested certificate, for which a run waits.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus};
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{CertificateValidationOutputs, CertificateValidationProperties};
use serde_json::Value;

use super::certificate::{Certificate, DESCRIBE, LIST_TAGS};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags;
use crate::wait;

type ValidationLive = Live<CertificateValidationProperties, CertificateValidationOutputs>;

/// The resource type `acm.certificate_validation`.
pub struct CertificateValidation(pub(crate) Arc<Provider>);

fn live(wanted: &CertificateValidationProperties) -> ValidationLive {
    let arn = wanted.certificate_arn.clone();
    Live { id: PhysicalId(arn.clone()), properties: wanted.clone(), outputs: CertificateValidationOutputs { arn } }
}

impl CertificateValidation {
    async fn describe(&self, cx: &Context, arn: &str) -> Result<Option<CertificateDetail>> {
        let describe = || self.0.acm.describe_certificate().certificate_arn(arn).send();
        Ok(self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.certificate))
    }

    async fn is_issued(&self, cx: &Context, arn: &str) -> Result<bool> {
        // An expired certificate was issued.
        let issued = |detail: CertificateDetail| {
            matches!(detail.status, Some(CertificateStatus::Issued | CertificateStatus::Expired | CertificateStatus::Revoked))
        };
        Ok(self.describe(cx, arn).await?.is_some_and(issued))
    }
}

/// Returns what has to happen for the issuance.
fn pending(wanted: &CertificateValidationProperties) -> String {
    let record = format!("{} {} {}", wanted.record_name, wanted.record_type, wanted.record_value);
    match wanted.automatic {
        true => format!("ACM has not seen the DNS record yet: {record}"),
        false => format!("create this DNS record: {record}"),
    }
}

impl Permissions for CertificateValidation {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        operation_permissions(&[DESCRIBE, LIST_TAGS], &provider.arn("acm", "certificate/*"))
    }
}

impl Resource for CertificateValidation {
    type Definition = deployer_resources::CertificateValidation;

    async fn read(
        &self,
        cx: &Context,
        id: &PhysicalId,
        hint: &CertificateValidationProperties,
    ) -> Result<Option<ValidationLive>> {
        let issued = self.is_issued(cx, id.as_str()).await?;
        Ok(issued.then(|| live(&CertificateValidationProperties { certificate_arn: id.to_string(), ..hint.clone() })))
    }

    async fn owner(&self, cx: &Context, live: &ValidationLive) -> Result<TagOwner> {
        let tags = Certificate(Arc::clone(&self.0)).tags(cx, &live.properties.certificate_arn).await?;
        Ok(tags::parent_owner(tags, "the certificate", cx))
    }

    async fn find(&self, cx: &Context, wanted: &CertificateValidationProperties) -> Result<Lookup<ValidationLive>> {
        let issued = self.is_issued(cx, &wanted.certificate_arn).await?;
        Ok(if issued { Lookup::Owned(live(wanted)) } else { Lookup::NotFound })
    }

    async fn create(&self, cx: &Context, wanted: &CertificateValidationProperties) -> Result<ValidationLive> {
        let limit = Duration::from_secs(u64::from(wanted.wait_minutes) * 60);
        let arn = &wanted.certificate_arn;
        wait::poll_until(cx, "the certificate", limit, || async {
            let Some(detail) = self.describe(cx, arn).await? else { return Ok(Continue("not visible yet".to_owned())) };
            match detail.status {
                Some(CertificateStatus::Issued) => Ok(Break(())),
                None | Some(CertificateStatus::PendingValidation) => Ok(Continue(pending(wanted))),
                Some(status) => {
                    let reason = detail.failure_reason.map(|reason| format!(" ({})", reason.as_str())).unwrap_or_default();
                    let message = format!("ACM does not issue the certificate: its status is {}{reason}", status.as_str());
                    let help = "correct what the reason names and rerun: the next run requests another certificate";
                    Err(Error::new(ErrorClass::Invalid, message).with_help(help))
                }
            }
        })
        .await?;
        Ok(live(wanted))
    }

    async fn update(
        &self,
        _cx: &Context,
        before: &ValidationLive,
        wanted: &CertificateValidationProperties,
        _changed: &[PropertyPath],
    ) -> Result<ValidationLive> {
        Ok(Live { properties: wanted.clone(), ..before.clone() })
    }

    /// Issuance ends with the certificate.
    async fn delete(&self, _cx: &Context, _id: &PhysicalId, _recorded: &CertificateValidationProperties) -> Result<()> {
        Ok(())
    }
}
