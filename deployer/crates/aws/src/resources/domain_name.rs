//! A regional custom domain name of API Gateway, with a certificate of ACM.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_apigateway::operation::get_domain_name::GetDomainNameOutput;
use aws_sdk_apigateway::types::{DomainNameStatus, EndpointConfiguration, EndpointType, Op as Patch, SecurityPolicy};
use deployer_engine::{
    Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner,
};
use deployer_resources::{DomainNameOutputs, DomainNameProperties};
use serde_json::Value;

use super::{APIGATEWAY_TAGS, patch, required_field, retag_apigateway};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, apigateway_linked_role_permissions, named, operation_permissions};
use crate::provider::Provider;
use crate::tags;
use crate::wait;

type DomainLive = Live<DomainNameProperties, DomainNameOutputs>;

pub(super) const GET: Operation = Operation::read("apigateway", "GetDomainName");
const CREATE: Operation = Operation::create("apigateway", "CreateDomainName");
const UPDATE: Operation = Operation::idempotent("apigateway", "UpdateDomainName");
const DELETE: Operation = Operation::idempotent("apigateway", "DeleteDomainName");

const AVAILABLE_WITHIN: Duration = Duration::from_secs(20 * 60);
/// Usual duration of creating a regional domain, and of changing one (unverified; the developer guide says only that an edge-optimized one
/// takes up to 40 minutes).
const CREATION: Duration = deployer_resources::DomainName::CREATION_TIME;
const CHANGE: Duration = Duration::from_secs(60);

/// The resource type `apigateway.domain_name`.
pub struct DomainName(pub(crate) Arc<Provider>);

fn live(name: &str, seen: GetDomainNameOutput) -> DomainLive {
    let properties = DomainNameProperties {
        domain: name.to_owned(),
        certificate_arn: seen.regional_certificate_arn.or(seen.certificate_arn).unwrap_or_default(),
        security_policy: seen.security_policy.map_or_else(|| "TLS_1_2".to_owned(), |policy| policy.as_str().to_owned()),
        tags: tags::readable(seen.tags),
    };
    let outputs = DomainNameOutputs {
        domain: name.to_owned(),
        regional_domain_name: seen.regional_domain_name.unwrap_or_default(),
        regional_hosted_zone_id: seen.regional_hosted_zone_id.unwrap_or_default(),
    };
    Live { id: PhysicalId(name.to_owned()), properties, outputs }
}

impl Provider {
    /// Reads the custom domain with GetDomainName.
    async fn domain(&self, cx: &Context, name: &str) -> Result<Option<GetDomainNameOutput>> {
        self.call(cx, GET, || self.apigateway.get_domain_name().domain_name(name).send()).await.optional()
    }

    /// Reads the custom domain once per observation; the result is shared by all resources that need it.
    pub(super) async fn cached_domain(&self, cx: &Context, name: &str) -> Result<Option<GetDomainNameOutput>> {
        let seen = cx.cached(format!("apigateway:GetDomainName {name}"), || self.domain(cx, name)).await?;
        Ok((*seen).clone())
    }
}

/// Whether no operation is in progress for a domain with this status.
fn is_available(status: Option<&DomainNameStatus>) -> bool {
    matches!(status, None | Some(DomainNameStatus::Available))
}

impl DomainName {
    /// Waits until a change that usually takes `usual` is complete.
    async fn until_available(&self, cx: &Context, name: &str, usual: Duration) -> Result<GetDomainNameOutput> {
        wait::poll_until_with_estimate(cx, "the domain name", self.0.scaled(usual), AVAILABLE_WITHIN, || async {
            let Some(seen) = self.0.domain(cx, name).await? else { return Ok(Continue("not visible yet".to_owned())) };
            let message = seen.domain_name_status_message.clone().unwrap_or_default();
            if is_available(seen.domain_name_status.as_ref()) {
                return Ok(Break(seen));
            }
            let status = seen.domain_name_status.as_ref().map(DomainNameStatus::as_str).unwrap_or_default();
            match &seen.domain_name_status {
                Some(DomainNameStatus::Updating | DomainNameStatus::Pending) => Ok(Continue(status.to_owned())),
                _ => Err(Error::new(ErrorClass::Invalid, format!("the domain name {name} is {status}: {message}"))),
            }
        })
        .await
    }
}

impl Permissions for DomainName {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let all = provider.apigateway_arn("/domainnames");
        let own = operation_permissions(&[GET, UPDATE, DELETE], &format!("{all}/{}", named(wanted, "domain")));
        // The first custom domain of an account creates API Gateway's role (API Gateway developer guide, "Service-linked roles").
        let linked = apigateway_linked_role_permissions(provider);
        let tags = operation_permissions(&APIGATEWAY_TAGS, &provider.apigateway_arn("/tags/*"));
        [operation_permissions(&[CREATE], &all), own, tags, linked].concat()
    }
}

impl Resource for DomainName {
    type Definition = deployer_resources::DomainName;

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &DomainNameProperties) -> Result<Option<DomainLive>> {
        let seen = self.0.cached_domain(cx, id.as_str()).await?.map(|seen| live(id.as_str(), seen));
        // Another domain may have taken the name by now; it is not the recorded one.
        Ok(seen)
    }

    async fn owner(&self, cx: &Context, live: &DomainLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &DomainNameProperties) -> Result<Lookup<DomainLive>> {
        let name = wanted.domain.as_str();
        let Some(seen) = self.0.cached_domain(cx, name).await? else { return Ok(Lookup::NotFound) };
        let tags = tags::readable(seen.tags.clone());
        let ours = tags::check_owner(&tags, cx).is_ok();
        let busy = ours && !is_available(seen.domain_name_status.as_ref());
        let seen = if busy { self.until_available(cx, name, CREATION).await? } else { seen };
        Ok(tags::found(cx, &tags, live(name, seen)))
    }

    async fn create(&self, cx: &Context, wanted: &DomainNameProperties) -> Result<DomainLive> {
        let regional = EndpointConfiguration::builder().types(EndpointType::Regional).build();
        let tags = tags::to_sdk(&wanted.tags);
        let create = || {
            let request = self.0.apigateway.create_domain_name().domain_name(&wanted.domain);
            request
                .regional_certificate_arn(&wanted.certificate_arn)
                .endpoint_configuration(regional.clone())
                .security_policy(SecurityPolicy::from(wanted.security_policy.as_str()))
                .set_tags(Some(tags.clone()))
                .send()
        };
        let made = self.0.call(cx, CREATE, create).await?;
        if !is_available(made.domain_name_status.as_ref()) {
            self.until_available(cx, &wanted.domain, CREATION).await?;
        }
        let outputs = DomainNameOutputs {
            domain: wanted.domain.clone(),
            regional_domain_name: required_field("the regional domain name", made.regional_domain_name)?,
            regional_hosted_zone_id: required_field("the regional hosted zone", made.regional_hosted_zone_id)?,
        };
        Ok(Live { id: PhysicalId(wanted.domain.clone()), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        live: &DomainLive,
        wanted: &DomainNameProperties,
        _changed: &[PropertyPath],
    ) -> Result<DomainLive> {
        let was = &live.properties;
        let fields = [
            ("/regionalCertificateArn", &was.certificate_arn, &wanted.certificate_arn),
            ("/securityPolicy", &was.security_policy, &wanted.security_policy),
        ];
        let differing = fields.into_iter().filter(|(_, was, wanted)| was != wanted);
        let steps: Vec<_> = differing.map(|(path, _, value)| patch(Patch::Replace, path, value)).collect();
        if !steps.is_empty() {
            let update = || {
                let request = self.0.apigateway.update_domain_name().domain_name(&wanted.domain);
                request.set_patch_operations(Some(steps.clone())).send()
            };
            let changed = self.0.call(cx, UPDATE, update).await?;
            if !is_available(changed.domain_name_status.as_ref()) {
                self.until_available(cx, &wanted.domain, CHANGE).await?;
            }
        }
        let arn = self.0.apigateway_arn(&format!("/domainnames/{}", wanted.domain));
        retag_apigateway(&self.0, cx, &arn, &was.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &DomainNameProperties) -> Result<()> {
        let delete = || self.0.apigateway.delete_domain_name().domain_name(id.as_str()).send();
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
