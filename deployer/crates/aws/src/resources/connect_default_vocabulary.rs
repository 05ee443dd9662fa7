//! The vocabulary that Contact Lens uses for a language in an Amazon Connect instance.

use std::sync::Arc;

use aws_sdk_connect::types::VocabularyLanguageCode;
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectDefaultVocabularyOutputs, ConnectDefaultVocabularyProperties};
use serde_json::Value;

use super::connect_instance::owner_permissions;
use super::{join_id, split_id};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, operation_permissions};
use crate::provider::Provider;

type DefaultLive = Live<ConnectDefaultVocabularyProperties, ConnectDefaultVocabularyOutputs>;

const LIST: Operation = Operation::read("connect", "ListDefaultVocabularies");
const ASSOCIATE: Operation = Operation::idempotent("connect", "AssociateDefaultVocabulary");

/// The resource type `connect.default_vocabulary`.
pub struct ConnectDefaultVocabulary(pub(crate) Arc<Provider>);

fn live(properties: ConnectDefaultVocabularyProperties) -> DefaultLive {
    let outputs = ConnectDefaultVocabularyOutputs { vocabulary_id: properties.vocabulary_id.clone() };
    Live { id: join_id(&properties.instance_id, &properties.language), properties, outputs }
}

impl ConnectDefaultVocabulary {
    /// Returns the ID of the default vocabulary of a language.
    async fn default(&self, cx: &Context, instance: &str, language: &str) -> Result<Option<String>> {
        let listed = collect_pages(|token| async move {
            let list = || {
                let request = self.0.connect.list_default_vocabularies().instance_id(instance);
                let request = request.language_code(VocabularyLanguageCode::from(language));
                request.max_results(100).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.default_vocabulary_list, page.next_token))
        });
        let listed = listed.await.optional()?.unwrap_or_default();
        Ok(listed.into_iter().find(|one| one.language_code.as_str() == language).map(|one| one.vocabulary_id))
    }

    /// Sets the default; without an ID it is removed (API reference, AssociateDefaultVocabulary).
    async fn set(&self, cx: &Context, instance: &str, language: &str, id: Option<&str>) -> Result<()> {
        let associate = || {
            let request = self.0.connect.associate_default_vocabulary().instance_id(instance);
            let request = request.language_code(VocabularyLanguageCode::from(language));
            request.set_vocabulary_id(id.map(str::to_owned)).send()
        };
        self.0.call(cx, ASSOCIATE, associate).await.map(drop)
    }
}

impl Permissions for ConnectDefaultVocabulary {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        let own = operation_permissions(&[LIST, ASSOCIATE], &provider.arn("connect", "instance/*"));
        [own, owner_permissions(provider)].concat()
    }
}

impl Resource for ConnectDefaultVocabulary {
    type Definition = deployer_resources::ConnectDefaultVocabulary;

    async fn read(
        &self,
        cx: &Context,
        id: &PhysicalId,
        _hint: &ConnectDefaultVocabularyProperties,
    ) -> Result<Option<DefaultLive>> {
        let (instance, language) = split_id(id)?;
        let found = self.default(cx, instance, language).await?;
        Ok(found.map(|vocabulary_id| {
            let (instance_id, language) = (instance.to_owned(), language.to_owned());
            live(ConnectDefaultVocabularyProperties { instance_id, language, vocabulary_id })
        }))
    }

    async fn owner(&self, cx: &Context, live: &DefaultLive) -> Result<TagOwner> {
        self.0.owner_of_setting(cx, split_id(&live.id)?.0).await
    }

    /// Finds the default. It has no tags: it is owned if the instance is.
    async fn find(&self, cx: &Context, wanted: &ConnectDefaultVocabularyProperties) -> Result<Lookup<DefaultLive>> {
        let instance = wanted.instance_id.as_str();
        let Some(vocabulary_id) = self.default(cx, instance, &wanted.language).await? else { return Ok(Lookup::NotFound) };
        let live = live(ConnectDefaultVocabularyProperties { vocabulary_id, ..wanted.clone() });
        self.0.found_in_instance(cx, instance, live).await
    }

    async fn create(&self, cx: &Context, wanted: &ConnectDefaultVocabularyProperties) -> Result<DefaultLive> {
        self.set(cx, &wanted.instance_id, &wanted.language, Some(&wanted.vocabulary_id)).await?;
        Ok(live(wanted.clone()))
    }

    async fn update(
        &self,
        cx: &Context,
        _live: &DefaultLive,
        wanted: &ConnectDefaultVocabularyProperties,
        _changed: &[PropertyPath],
    ) -> Result<DefaultLive> {
        self.create(cx, wanted).await
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, recorded: &ConnectDefaultVocabularyProperties) -> Result<()> {
        let (instance, language) = split_id(id)?;
        // Another default was set by somebody else, and stays.
        if self.default(cx, instance, language).await?.as_ref() != Some(&recorded.vocabulary_id) {
            return Ok(());
        }
        self.set(cx, instance, language, None).await.optional().map(drop)
    }
}
