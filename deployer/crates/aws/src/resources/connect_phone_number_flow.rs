//! The association of a phone number with the flow that answers it.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_connect::types::ListFlowAssociationResourceType;
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner};
use deployer_resources::{ConnectPhoneNumberFlowOutputs, ConnectPhoneNumberFlowProperties};
use serde_json::Value;

use super::connect_instance::owner_permissions;
use super::connect_phone_number;
use super::{join_id, split_id};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;
use crate::tags;
use crate::wait;

type AssociationLive = Live<ConnectPhoneNumberFlowProperties, ConnectPhoneNumberFlowOutputs>;

const LIST: Operation = Operation::read("connect", "ListFlowAssociations");
const LIST_TAGS: Operation = Operation::read("connect", "ListTagsForResource");
/// It replaces an existing association (terraform-provider-aws, connect/phone_number_contact_flow_association.go).
const ASSOCIATE: Operation = Operation::idempotent("connect", "AssociatePhoneNumberContactFlow");
const DISASSOCIATE: Operation = Operation::idempotent("connect", "DisassociatePhoneNumberContactFlow");

const LISTED_WITHIN: Duration = Duration::from_secs(120);

/// The resource type `connect.phone_number_flow`.
pub struct ConnectPhoneNumberFlow(pub(crate) Arc<Provider>);

/// Returns the last segment of an ARN, or the ID itself.
fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

fn live(properties: ConnectPhoneNumberFlowProperties) -> AssociationLive {
    let outputs = ConnectPhoneNumberFlowOutputs { flow_id: properties.flow_id.clone() };
    Live { id: join_id(&properties.instance_id, &properties.phone_number_id), properties, outputs }
}

impl ConnectPhoneNumberFlow {
    /// Returns the ID of the flow that answers the number.
    async fn associated_flow(&self, cx: &Context, instance: &str, number: &str) -> Result<Option<String>> {
        let associations = collect_pages(|token| async move {
            let list = || {
                let request = self.0.connect.list_flow_associations().instance_id(instance);
                let kind = ListFlowAssociationResourceType::VoicePhoneNumber;
                request.resource_type(kind).max_results(1_000).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.flow_association_summary_list.unwrap_or_default(), page.next_token))
        });
        let mut associations = associations.await.optional()?.unwrap_or_default().into_iter();
        let this = associations.find(|association| association.resource_id.as_deref().map(bare) == Some(number));
        Ok(this.and_then(|association| association.flow_id).map(|flow| bare(&flow).to_owned()))
    }

    async fn until(&self, cx: &Context, instance: &str, number: &str, flow: Option<&str>) -> Result<()> {
        wait::poll_until(cx, "the number's flow", LISTED_WITHIN, || async {
            let is = self.associated_flow(cx, instance, number).await?;
            Ok(match is.as_deref() == flow {
                true => Break(()),
                false => Continue(is.map_or_else(|| "not listed yet".to_owned(), |flow| format!("still the flow {flow}"))),
            })
        })
        .await
    }

    async fn associate(&self, cx: &Context, wanted: &ConnectPhoneNumberFlowProperties) -> Result<AssociationLive> {
        let (instance, number, flow) = (&wanted.instance_id, &wanted.phone_number_id, &wanted.flow_id);
        let associate = || {
            let request = self.0.connect.associate_phone_number_contact_flow().instance_id(instance);
            request.phone_number_id(number).contact_flow_id(flow).send()
        };
        self.0.call(cx, ASSOCIATE, associate).await?;
        self.until(cx, instance, number, Some(flow)).await?;
        Ok(live(wanted.clone()))
    }
}

impl Permissions for ConnectPhoneNumberFlow {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let (instance, number) = (provider.arn("connect", "instance/*"), provider.arn("connect", "phone-number/*"));
        [
            operation_permissions(&[LIST, ASSOCIATE], &instance),
            operation_permissions(&[LIST_TAGS, connect_phone_number::DESCRIBE, ASSOCIATE, DISASSOCIATE], &number),
            owner_permissions(provider),
        ]
        .concat()
    }
}

impl Resource for ConnectPhoneNumberFlow {
    type Definition = deployer_resources::ConnectPhoneNumberFlow;

    async fn read(
        &self,
        cx: &Context,
        id: &PhysicalId,
        hint: &ConnectPhoneNumberFlowProperties,
    ) -> Result<Option<AssociationLive>> {
        let (instance, number) = split_id(id)?;
        let flow = self.associated_flow(cx, instance, number).await?;
        Ok(flow.map(|flow_id| {
            let (instance_id, phone_number_id) = (instance.to_owned(), number.to_owned());
            let phone_number_arn = hint.phone_number_arn.clone();
            live(ConnectPhoneNumberFlowProperties { instance_id, phone_number_id, phone_number_arn, flow_id })
        }))
    }

    async fn owner(&self, cx: &Context, live: &AssociationLive) -> Result<TagOwner> {
        let (instance, number) = split_id(&live.id)?;
        let seen = self.0.cached_phone_number(cx, number).await?;
        let own = seen.map(|seen| tags::owner_of(&format!("the phone number {number}"), &tags::readable(seen.tags), cx));
        self.0.owner_of_part(cx, own, (Self::Definition::TYPE, &live.id), instance).await
    }

    /// Finds the association. It has no tags: it is owned if the number is.
    async fn find(&self, cx: &Context, wanted: &ConnectPhoneNumberFlowProperties) -> Result<Lookup<AssociationLive>> {
        let flow = self.associated_flow(cx, &wanted.instance_id, &wanted.phone_number_id).await?;
        let Some(flow_id) = flow else { return Ok(Lookup::NotFound) };
        let list = || self.0.connect.list_tags_for_resource().resource_arn(&wanted.phone_number_arn).send();
        let tags = tags::readable(self.0.call(cx, LIST_TAGS, list).await?.tags);
        let live = live(ConnectPhoneNumberFlowProperties { flow_id, ..wanted.clone() });
        Ok(match tags::check_environment(&tags, cx) {
            Ok(()) => Lookup::Owned(live),
            Err(why) => Lookup::Unowned { live, why: format!("the phone number {}: {why}", wanted.phone_number_id) },
        })
    }

    async fn create(&self, cx: &Context, wanted: &ConnectPhoneNumberFlowProperties) -> Result<AssociationLive> {
        self.associate(cx, wanted).await
    }

    async fn update(
        &self,
        cx: &Context,
        _live: &AssociationLive,
        wanted: &ConnectPhoneNumberFlowProperties,
        _changed: &[PropertyPath],
    ) -> Result<AssociationLive> {
        self.associate(cx, wanted).await
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectPhoneNumberFlowProperties) -> Result<()> {
        let (instance, number) = split_id(id)?;
        let client = &self.0.connect;
        let disassociate =
            || client.disassociate_phone_number_contact_flow().instance_id(instance).phone_number_id(number).send();
        self.0.call(cx, DISASSOCIATE, disassociate).await.optional()?;
        self.until(cx, instance, number, None).await
    }
}
