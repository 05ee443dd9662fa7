//! A certificate that exists and is only used: looked up, never changed, tagged or deleted.

use std::sync::Arc;

use aws_sdk_acm::types::{CertificateDetail, CertificateStatus};
use deployer_engine::{
    Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, RuleInput, TagOwner,
};
use deployer_resources::{ExistingCertificateOutputs, ExistingCertificateProperties};
use serde_json::Value;

use super::certificate::DESCRIBE;
use crate::certificate_files::covers;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;

type ExistingLive = Live<ExistingCertificateProperties, ExistingCertificateOutputs>;

/// The resource type `acm.existing_certificate`.
pub struct ExistingCertificate(pub(crate) Arc<Provider>);

fn invalid(message: String) -> Error {
    Error::new(ErrorClass::Invalid, message)
        .with_help("name another certificate in `api.certificate.acm`; `aws acm list-certificates` shows those of this Region")
}

/// Returns why a certificate cannot be used whatever the domain.
fn problem(detail: &CertificateDetail, cx: &Context) -> Option<String> {
    let status = detail.status.as_ref().map(CertificateStatus::as_str).unwrap_or_default();
    let ended = detail.not_after.as_ref().is_some_and(|end| end.secs() <= cx.clock.now().unix_timestamp());
    match status {
        "ISSUED" if ended => Some("it has expired".to_owned()),
        "ISSUED" => None,
        other => Some(format!("its status is {other}, not ISSUED")),
    }
}

fn live(arn: &str, detail: &CertificateDetail, hint: &ExistingCertificateProperties, cx: &Context) -> ExistingLive {
    let mut names = detail.subject_alternative_names.clone().unwrap_or_default();
    names.extend(detail.domain_name.clone().filter(|name| !names.contains(name)));
    let properties = ExistingCertificateProperties {
        arn: arn.to_owned(),
        domain: hint.domain.clone(),
        names,
        problem: if cx.presence_only { None } else { problem(detail, cx) },
    };
    Live { id: PhysicalId(arn.to_owned()), properties, outputs: ExistingCertificateOutputs { arn: arn.to_owned() } }
}

/// Returns why the certificate cannot be used for this domain.
fn refusal(live: &ExistingCertificateProperties, domain: &str) -> Option<Error> {
    let arn = &live.arn;
    if let Some(problem) = &live.problem {
        return Some(invalid(format!("the certificate {arn} cannot be used: {problem}")));
    }
    let covered = live.names.iter().any(|name| covers(name, domain));
    (!covered).then(|| invalid(format!("the certificate {arn} is for {}, not for {domain}", live.names.join(", "))))
}

impl ExistingCertificate {
    async fn look(&self, cx: &Context, arn: &str, hint: &ExistingCertificateProperties) -> Result<Option<ExistingLive>> {
        let describe = || self.0.acm.describe_certificate().certificate_arn(arn).send();
        let found = self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.certificate);
        Ok(found.map(|detail| live(arn, &detail, hint, cx)))
    }
}

impl Permissions for ExistingCertificate {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let any = provider.arn("acm", "certificate/*");
        operation_permissions(&[DESCRIBE], wanted["arn"].as_str().unwrap_or(&any))
    }
}

impl Resource for ExistingCertificate {
    type Definition = deployer_resources::ExistingCertificate;

    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error> {
        let wanted: ExistingCertificateProperties = serde_json::from_value(proposal.desired.clone()).ok()?;
        match proposal.live {
            None => Some(invalid(format!("there is no certificate {} in this account and Region", wanted.arn))),
            Some(live) => refusal(&serde_json::from_value(live.clone()).ok()?, &wanted.domain),
        }
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &ExistingCertificateProperties) -> Result<Option<ExistingLive>> {
        self.look(cx, id.as_str(), hint).await
    }

    /// A certificate that is only used is nobody's to take over.
    async fn owner(&self, _cx: &Context, _live: &ExistingLive) -> Result<TagOwner> {
        Ok(TagOwner::Us)
    }

    async fn find(&self, cx: &Context, wanted: &ExistingCertificateProperties) -> Result<Lookup<ExistingLive>> {
        let Some(live) = self.look(cx, &wanted.arn, wanted).await? else { return Ok(Lookup::NotFound) };
        match refusal(&live.properties, &wanted.domain).filter(|_| !cx.presence_only) {
            Some(error) => Err(error),
            None => Ok(Lookup::Owned(live)),
        }
    }

    async fn create(&self, cx: &Context, wanted: &ExistingCertificateProperties) -> Result<ExistingLive> {
        let live = self.look(cx, &wanted.arn, wanted).await?;
        live.ok_or_else(|| invalid(format!("there is no certificate {} in this account and Region", wanted.arn)))
    }

    async fn update(
        &self,
        _cx: &Context,
        live: &ExistingLive,
        wanted: &ExistingCertificateProperties,
        _changed: &[PropertyPath],
    ) -> Result<ExistingLive> {
        match refusal(&live.properties, &wanted.domain) {
            Some(error) => Err(error),
            None => Ok(Live { properties: wanted.clone(), ..live.clone() }),
        }
    }

    async fn delete(&self, _cx: &Context, _id: &PhysicalId, _recorded: &ExistingCertificateProperties) -> Result<()> {
        Ok(())
    }
}
