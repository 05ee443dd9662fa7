//! A custom vocabulary of an Amazon Connect instance. It is created and deleted asynchronously, and never changed.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_connect::types::{Vocabulary, VocabularyLanguageCode, VocabularyState, VocabularySummary};
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ConnectVocabularyOutputs, ConnectVocabularyProperties};
use serde_json::Value;

use super::connect_instance::child_permissions;
use super::{join_id, retag_connect, split_id};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions};
use crate::provider::Provider;
use crate::tags;
use crate::wait;

type VocabularyLive = Live<ConnectVocabularyProperties, ConnectVocabularyOutputs>;

const DESCRIBE: Operation = Operation::read("connect", "DescribeVocabulary");
const SEARCH: Operation = Operation::read("connect", "SearchVocabularies");
const CREATE: Operation = Operation::idempotent("connect", "CreateVocabulary");
const DELETE: Operation = Operation::idempotent("connect", "DeleteVocabulary");

/// Maximum duration of a creation; Terraform's provider waits for 5 minutes.
const CREATED_WITHIN: Duration = Duration::from_secs(600);

/// Maximum duration of a deletion, during which the name stays taken (terraform-provider-aws, connect/vocabulary.go: 100 minutes).
const DELETED_WITHIN: Duration = Duration::from_secs(6_000);

/// The resource type `connect.vocabulary`.
pub struct ConnectVocabulary(pub(crate) Arc<Provider>);

fn live(instance: &str, found: Vocabulary) -> VocabularyLive {
    let properties = ConnectVocabularyProperties {
        instance_id: instance.to_owned(),
        name: found.name.clone(),
        language: found.language_code.as_str().to_owned(),
        content: found.content.unwrap_or_default(),
        creation_failed: found.state == VocabularyState::CreationFailed,
        tags: tags::readable(found.tags),
    };
    let outputs = ConnectVocabularyOutputs { id: found.id.clone(), arn: found.arn, name: found.name };
    Live { id: join_id(instance, &found.id), properties, outputs }
}

impl ConnectVocabulary {
    async fn describe(&self, cx: &Context, instance: &str, id: &str) -> Result<Option<Vocabulary>> {
        let describe = || self.0.connect.describe_vocabulary().instance_id(instance).vocabulary_id(id).send();
        let described = self.0.call(cx, DESCRIBE, describe).await.optional()?.and_then(|answer| answer.vocabulary);
        // A deletion takes up to 100 minutes (terraform-provider-aws, connect/vocabulary.go) and cannot be stopped.
        Ok(described.filter(|found| found.state != VocabularyState::DeleteInProgress))
    }

    /// Returns the vocabulary with this name that is not being deleted.
    async fn named(&self, cx: &Context, instance: &str, name: &str) -> Result<Option<VocabularySummary>> {
        let found = self.all_named(cx, instance, name).await?;
        Ok(found.into_iter().find(|one| one.state != VocabularyState::DeleteInProgress))
    }

    /// Waits while the name is that of a vocabulary that is being deleted: it is taken until the deletion has ended.
    async fn name_is_free(&self, cx: &Context, instance: &str, name: &str) -> Result<()> {
        wait::poll_until(cx, "the deletion of the earlier vocabulary of this name", DELETED_WITHIN, || async {
            let found = self.all_named(cx, instance, name).await?;
            Ok(match found.iter().any(|one| one.state == VocabularyState::DeleteInProgress) {
                true => Continue("AWS takes up to 100 minutes".to_owned()),
                false => Break(()),
            })
        })
        .await
    }

    async fn all_named(&self, cx: &Context, instance: &str, name: &str) -> Result<Vec<VocabularySummary>> {
        let found = collect_pages(|token| async move {
            let search = || {
                let request = self.0.connect.search_vocabularies().instance_id(instance).name_starts_with(name);
                request.max_results(100).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, SEARCH, search).await?;
            Ok((page.vocabulary_summary_list.unwrap_or_default(), page.next_token))
        });
        let found = found.await.optional()?.unwrap_or_default();
        Ok(found.into_iter().filter(|one| one.name == name).collect())
    }

    /// Waits until the creation has ended.
    async fn created(&self, cx: &Context, instance: &str, id: &str) -> Result<Option<VocabularyLive>> {
        wait::poll_until(cx, "the vocabulary", CREATED_WITHIN, || async {
            Ok(match self.describe(cx, instance, id).await? {
                Some(found) if found.state == VocabularyState::CreationInProgress => Continue("being created".to_owned()),
                found => Break(found),
            })
        })
        .await
        .map(|found| found.map(|found| live(instance, found)))
    }
}

impl Permissions for ConnectVocabulary {
    fn permissions(provider: &Provider, _wanted: &Value) -> Vec<Permission> {
        child_permissions(provider, &[DESCRIBE, SEARCH, CREATE, DELETE])
    }
}

impl Resource for ConnectVocabulary {
    type Definition = deployer_resources::ConnectVocabulary;

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &ConnectVocabularyProperties) -> Result<Option<VocabularyLive>> {
        let (instance, id) = split_id(id)?;
        self.created(cx, instance, id).await
    }

    async fn owner(&self, cx: &Context, live: &VocabularyLive) -> Result<TagOwner> {
        self.0
            .owner_in_instance(
                cx,
                Some(&live.properties.tags),
                (<Self::Definition as deployer_engine::ResourceDefinition>::TYPE, &live.id),
                split_id(&live.id)?.0,
            )
            .await
    }

    async fn find(&self, cx: &Context, wanted: &ConnectVocabularyProperties) -> Result<Lookup<VocabularyLive>> {
        let instance = wanted.instance_id.as_str();
        let Some(summary) = self.named(cx, instance, &wanted.name).await? else { return Ok(Lookup::NotFound) };
        let live = self.created(cx, instance, &summary.id).await?;
        Ok(live.map_or(Lookup::NotFound, |live| tags::found(cx, &live.properties.tags.clone(), live)))
    }

    async fn create(&self, cx: &Context, wanted: &ConnectVocabularyProperties) -> Result<VocabularyLive> {
        let (tags, token) = (tags::to_sdk(&wanted.tags), cx.token.to_string());
        self.name_is_free(cx, &wanted.instance_id, &wanted.name).await?;
        let create = || {
            let request = self.0.connect.create_vocabulary().instance_id(&wanted.instance_id).vocabulary_name(&wanted.name);
            request
                .language_code(VocabularyLanguageCode::from(wanted.language.as_str()))
                .content(&wanted.content)
                .client_token(&token)
                .set_tags(Some(tags.clone()))
                .send()
        };
        let id = self.0.call(cx, CREATE, create).await?.vocabulary_id;
        let created = self.created(cx, &wanted.instance_id, &id).await?;
        match created {
            Some(live) if !live.properties.creation_failed => Ok(live),
            _ => {
                let found = self.describe(cx, &wanted.instance_id, &id).await?;
                let why = found.and_then(|found| found.failure_reason).unwrap_or_else(|| "it no longer exists".to_owned());
                Err(Error::new(ErrorClass::Invalid, format!("the creation of the vocabulary {} failed: {why}", wanted.name)))
            }
        }
    }

    async fn update(
        &self,
        cx: &Context,
        live: &VocabularyLive,
        wanted: &ConnectVocabularyProperties,
        _changed: &[PropertyPath],
    ) -> Result<VocabularyLive> {
        retag_connect(&self.0, cx, &live.outputs.arn, &live.properties.tags, &wanted.tags).await?;
        Ok(Live { properties: wanted.clone(), ..live.clone() })
    }

    /// Begins the deletion. The run does not wait for its end.
    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectVocabularyProperties) -> Result<()> {
        let (instance, id) = split_id(id)?;
        let delete = || self.0.connect.delete_vocabulary().instance_id(instance).vocabulary_id(id).send();
        self.0.call(cx, DELETE, delete).await.optional().map(drop)
    }
}
