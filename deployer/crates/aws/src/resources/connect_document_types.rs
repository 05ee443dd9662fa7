//! The resource types of documents: views, task templates, evaluation forms and rules, from the calls of each.

use std::sync::Arc;

use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectDocumentOutputs, ConnectDocumentProperties};
use serde_json::Value;

use super::connect_documents::{DocumentCalls, DocumentLive, find, look};
use super::connect_instance::child_permissions;
use super::{join_id, retag_connect, split_id};
use crate::permissions::{Permission, Permissions};
use crate::provider::Provider;

macro_rules! document {
    ($(#[$doc:meta])* $resource:ident: $calls:ty) => {
        $(#[$doc])*
        pub struct $resource(pub(crate) Arc<Provider>);

        impl Permissions for $resource {
            const READ_WHILE_CHANGING: &'static [&'static str] = <$calls>::READ_WHILE_CHANGING;

            fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
                let list = [<$calls>::KIND.list()];
                child_permissions(provider, &[<$calls>::OPERATIONS, list.as_slice()].concat())
            }
        }

        impl Resource for $resource {
            type Definition = deployer_resources::$resource;

            async fn read(
                &self,
                cx: &Context,
                id: &PhysicalId,
                hint: &ConnectDocumentProperties,
            ) -> Result<Option<DocumentLive>> {
                let (instance, id) = split_id(id)?;
                look::<$calls>(&self.0, cx, instance, id, hint).await
            }

            async fn owner(&self, cx: &Context, live: &DocumentLive) -> Result<TagOwner> {
                self.0.owner_in_instance(cx, Some(&live.properties.tags), (<Self::Definition as deployer_engine::ResourceDefinition>::TYPE, &live.id), split_id(&live.id)?.0).await
            }

            async fn find(&self, cx: &Context, wanted: &ConnectDocumentProperties) -> Result<Lookup<DocumentLive>> {
                find::<$calls>(&self.0, cx, wanted).await
            }

            async fn create(&self, cx: &Context, wanted: &ConnectDocumentProperties) -> Result<DocumentLive> {
                let (id, arn) = <$calls>::create(&self.0, cx, wanted).await?;
                let outputs = ConnectDocumentOutputs { id: id.clone(), arn };
                Ok(Live { id: join_id(&wanted.instance_id, &id), properties: wanted.clone(), outputs })
            }

            async fn update(
                &self,
                cx: &Context,
                live: &DocumentLive,
                wanted: &ConnectDocumentProperties,
                _changed: &[PropertyPath],
            ) -> Result<DocumentLive> {
                let was = &live.properties;
                retag_connect(&self.0, cx, &live.outputs.arn, &was.tags, &wanted.tags).await?;
                if (ConnectDocumentProperties { tags: was.tags.clone(), ..wanted.clone() }) != *was {
                    <$calls>::update(&self.0, cx, live, wanted).await?;
                }
                Ok(Live { properties: wanted.clone(), ..live.clone() })
            }

            async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectDocumentProperties) -> Result<()> {
                let (instance, id) = split_id(id)?;
                <$calls>::delete(&self.0, cx, instance, id).await
            }
        }
    };
}

document! {
    /// The resource type `connect.view`.
    ConnectView: super::connect_view::Calls
}
document! {
    /// The resource type `connect.task_template`.
    ConnectTaskTemplate: super::connect_task_template::Calls
}
document! {
    /// The resource type `connect.evaluation_form`.
    ConnectEvaluationForm: super::connect_evaluation_form::Calls
}
document! {
    /// The resource type `connect.rule`.
    ConnectRule: super::connect_rule::Calls
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::connect_documents::{body, content};
    use super::*;

    #[test]
    fn json_texts_compare_as_json() {
        type Rule = super::super::connect_rule::Calls;
        let wanted = json!({"Function": {"Version": "1", "RuleFunction": {}}});
        let members = json!({"Function": "{\"RuleFunction\": {}, \"Version\": \"1\"}", "RuleId": "1"});
        assert_eq!(content::<Rule>(&members, &wanted), wanted);
        let sent = body::<Rule>(&wanted, json!({"Name": "n", "Tags": null}));
        let text = sent["Function"].as_str().expect("it is sent as a text");
        assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), wanted["Function"]);
        let other = json!({"Function": "{}", "RuleId": "1"});
        assert_eq!(content::<Rule>(&other, &wanted), json!({"Function": {}}));
    }
}
