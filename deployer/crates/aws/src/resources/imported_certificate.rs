//! A certificate from the user's files, imported into ACM and imported again in place when the files change.

use std::sync::Arc;

use aws_sdk_acm::primitives::Blob;
use aws_sdk_acm::types::CertificateType;
use deployer_engine::{Context, Error, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ImportedCertificateOutputs, ImportedCertificateProperties};
use serde_json::Value;
use time::format_description::well_known::Rfc3339;

use super::certificate::{Certificate, DELETE, DESCRIBE, GET, IMPORT, LIST, LIST_TAGS, REIMPORT, TAG, UNTAG, sdk_tags};
use super::required_field;
use crate::certificate_files::{CertificateContents, CertificateFiles, contents};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};

type ImportedLive = Live<ImportedCertificateProperties, ImportedCertificateOutputs>;

/// The resource type `acm.imported_certificate`.
pub struct ImportedCertificate(pub(crate) Arc<Provider>);

fn live(arn: &str, found: CertificateContents, tags: Tags) -> ImportedLive {
    let not_after = found.not_after.and_then(|end| end.format(&Rfc3339).ok()).unwrap_or_default();
    let outputs = ImportedCertificateOutputs { arn: arn.to_owned(), sha256: found.sha256.clone(), not_after };
    let properties = ImportedCertificateProperties {
        sha256: found.sha256,
        chain_sha256: found.chain_sha256,
        key_algorithm: found.key_algorithm,
        usages: found.usages,
        tags,
    };
    Live { id: PhysicalId(arn.to_owned()), properties, outputs }
}

fn unreadable(why: String) -> Error {
    Error::local(format!("cannot read the certificate: {why}"))
}

impl ImportedCertificate {
    fn acm(&self) -> Certificate {
        Certificate(Arc::clone(&self.0))
    }

    fn files(&self, sha256: &str) -> Result<CertificateFiles> {
        self.0.artifacts.certificate(sha256).map_err(|error| Error::local(error.to_string()))
    }

    async fn look(&self, cx: &Context, arn: &str) -> Result<Option<ImportedLive>> {
        let acm = self.acm();
        let get = || self.0.acm.get_certificate().certificate_arn(arn).send();
        let (answer, tags) = futures::try_join!(async { self.0.call(cx, GET, get).await.optional() }, acm.tags(cx, arn))?;
        let Some((answer, tags)) = answer.zip(tags) else { return Ok(None) };
        let certificate = required_field("the certificate", answer.certificate)?;
        let found = contents(&certificate, answer.certificate_chain.as_deref()).map_err(unreadable)?;
        Ok(Some(live(arn, found, tags)))
    }

    /// Imports the files, under `arn` if given.
    async fn import(&self, cx: &Context, wanted: &ImportedCertificateProperties, arn: Option<&str>) -> Result<ImportedLive> {
        let files = self.files(&wanted.sha256)?;
        let found = contents(&files.certificate, files.chain.as_deref()).map_err(unreadable)?;
        // A re-import accepts no tags (API reference, ImportCertificate).
        let tags = arn.is_none().then(|| sdk_tags(&wanted.tags));
        let op = if arn.is_some() { REIMPORT } else { IMPORT };
        let import = || {
            let request = self.0.acm.import_certificate().set_certificate_arn(arn.map(str::to_owned)).set_tags(tags.clone());
            let chain = files.chain.as_ref().map(|chain| Blob::new(chain.as_bytes().to_vec()));
            let (certificate, key) = (Blob::new(files.certificate.as_bytes().to_vec()), Blob::new(files.key.to_vec()));
            request.certificate(certificate).private_key(key).set_certificate_chain(chain).send()
        };
        let arn = required_field("the certificate's ARN", self.0.call(cx, op, import).await?.certificate_arn)?;
        Ok(live(&arn, found, wanted.tags.clone()))
    }
}

impl Permissions for ImportedCertificate {
    const READ_WHILE_CHANGING: &'static [&'static str] = &["acm:DescribeCertificate"];

    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let own = [GET, DESCRIBE, LIST_TAGS, IMPORT, TAG, UNTAG, DELETE];
        [operation_permissions(&[LIST], "*"), operation_permissions(&own, &provider.arn("acm", "certificate/*"))].concat()
    }
}

impl Resource for ImportedCertificate {
    type Definition = deployer_resources::ImportedCertificate;

    fn missing_input(&self, wanted: &Value) -> Option<Error> {
        self.files(wanted["sha256"].as_str().unwrap_or_default()).err()
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, hint: &ImportedCertificateProperties) -> Result<Option<ImportedLive>> {
        if cx.presence_only {
            let outputs = ImportedCertificateOutputs { arn: id.to_string(), sha256: String::new(), not_after: String::new() };
            let live =
                |tags| Live { id: id.clone(), properties: ImportedCertificateProperties { tags, ..hint.clone() }, outputs };
            return Ok(self.acm().tags(cx, id.as_str()).await?.map(live));
        }
        self.look(cx, id.as_str()).await
    }

    async fn owner(&self, cx: &Context, live: &ImportedLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &ImportedCertificateProperties) -> Result<Lookup<ImportedLive>> {
        let mut other = None;
        for arn in &self.acm().listed(cx, CertificateType::Imported).await? {
            let tags = self.acm().tags(cx, arn).await?.unwrap_or_default();
            if tags::check_owner(&tags, cx).is_err() {
                continue;
            }
            // During a replacement there are two; the desired one is recognized by its contents.
            match self.look(cx, arn).await? {
                Some(live) if live.properties.sha256 == wanted.sha256 => return Ok(Lookup::Owned(live)),
                Some(live) => other = other.or(Some(live)),
                None => {}
            }
        }
        Ok(other.map_or(Lookup::NotFound, Lookup::Owned))
    }

    async fn create(&self, cx: &Context, wanted: &ImportedCertificateProperties) -> Result<ImportedLive> {
        self.import(cx, wanted, None).await
    }

    async fn update(
        &self,
        cx: &Context,
        before: &ImportedLive,
        wanted: &ImportedCertificateProperties,
        _changed: &[PropertyPath],
    ) -> Result<ImportedLive> {
        let (arn, was) = (before.id.as_str(), &before.properties);
        self.acm().retag(cx, arn, &was.tags, &wanted.tags).await?;
        if (&was.sha256, &was.chain_sha256) == (&wanted.sha256, &wanted.chain_sha256) {
            return Ok(Live { properties: wanted.clone(), ..before.clone() });
        }
        self.import(cx, wanted, Some(arn)).await
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ImportedCertificateProperties) -> Result<()> {
        self.acm().delete_unused(cx, id.as_str()).await
    }
}
