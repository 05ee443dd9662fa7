//! The association of a Lex V2 bot with a Connect instance, which lets its flows use the bot.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_connect::types::{LexV2Bot, LexVersion};
use deployer_engine::{Context, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, TagOwner};
use deployer_resources::{ConnectBotOutputs, ConnectBotProperties};
use serde_json::Value;

use super::{join_id, split_id};
use crate::call::{Operation, collect_pages};
use crate::errors::OptionalExt;
use crate::permissions::{
    Permission, Permissions, action_permissions, connect_linked_role_permissions, directory_permissions, named,
    operation_permissions,
};
use crate::provider::Provider;
use crate::wait;

type BotLive = Live<ConnectBotProperties, ConnectBotOutputs>;

const LIST: Operation = Operation::read("connect", "ListBots");
const DESCRIBE_INSTANCE: Operation = Operation::read("connect", "DescribeInstance");
/// Idempotent by its client token.
const ASSOCIATE: Operation = Operation::idempotent("connect", "AssociateBot");
const DISASSOCIATE: Operation = Operation::idempotent("connect", "DisassociateBot");

const LISTED_WITHIN: Duration = Duration::from_secs(120);

/// Evidence that this environment does not own an association in an instance that it does not manage.
const ASSOCIATED_BY_OTHERS: &str = "the instance had this association already, and associations have no tags that name their owner; \
                                    with `existing: true` at the bot it is used and left alone";

/// The resource type `connect.bot`.
pub struct ConnectBot(pub(crate) Arc<Provider>);

fn bot(alias: &str) -> LexV2Bot {
    LexV2Bot::builder().alias_arn(alias).build()
}

fn live(instance: &str, alias: &str) -> BotLive {
    let properties = ConnectBotProperties { instance_id: instance.to_owned(), alias_arn: alias.to_owned() };
    Live { id: join_id(instance, alias), properties, outputs: ConnectBotOutputs { arn: alias.to_owned() } }
}

impl ConnectBot {
    async fn listed(&self, cx: &Context, instance: &str, alias: &str) -> Result<bool> {
        let bots = collect_pages(|token| async move {
            let list = || {
                let request = self.0.connect.list_bots().instance_id(instance).lex_version(LexVersion::V2);
                request.max_results(25).set_next_token(token.clone()).send()
            };
            let page = self.0.call(cx, LIST, list).await?;
            Ok((page.lex_bots.unwrap_or_default(), page.next_token))
        });
        let mut bots = bots.await.optional()?.unwrap_or_default().into_iter();
        Ok(bots.any(|bot| bot.lex_v2_bot.and_then(|bot| bot.alias_arn).as_deref() == Some(alias)))
    }

    async fn until(&self, cx: &Context, instance: &str, alias: &str, listed: bool) -> Result<()> {
        let waits = if listed { "not listed yet" } else { "still listed" };
        wait::poll_until(cx, "the bot's association", LISTED_WITHIN, || async {
            let is = self.listed(cx, instance, alias).await?;
            Ok(if is == listed { Break(()) } else { Continue(waits.to_owned()) })
        })
        .await
    }
}

impl Permissions for ConnectBot {
    const READ_WHILE_CHANGING: &'static [&'static str] = &["lex:DescribeBotAlias", "lex:GetBot"];

    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        // Connect grants itself access with the caller's permissions (service authorization reference, dependent actions).
        const LEX: [&str; 5] = [
            "lex:CreateResourcePolicy",
            "lex:DeleteResourcePolicy",
            "lex:DescribeBotAlias",
            "lex:GetBot",
            "lex:UpdateResourcePolicy",
        ];
        let own =
            operation_permissions(&[LIST, DESCRIBE_INSTANCE, ASSOCIATE, DISASSOCIATE], &provider.arn("connect", "instance/*"));
        [
            own,
            directory_permissions(),
            connect_linked_role_permissions(provider),
            action_permissions(&LEX, named(wanted, "alias_arn")),
        ]
        .concat()
    }
}

impl Resource for ConnectBot {
    type Definition = deployer_resources::ConnectBot;

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &ConnectBotProperties) -> Result<Option<BotLive>> {
        let (instance, alias) = split_id(id)?;
        Ok(self.listed(cx, instance, alias).await?.then(|| live(instance, alias)))
    }

    async fn owner(&self, cx: &Context, live: &BotLive) -> Result<TagOwner> {
        self.0.owner_in_instance(cx, None, (Self::Definition::TYPE, &live.id), split_id(&live.id)?.0).await
    }

    /// Finds the association. It has no tags: it is owned if the instance is. In an instance that is not managed it is owned only if an
    /// unfinished run had begun to create it.
    async fn find(&self, cx: &Context, wanted: &ConnectBotProperties) -> Result<Lookup<BotLive>> {
        let instance = wanted.instance_id.as_str();
        if !self.listed(cx, instance, &wanted.alias_arn).await? {
            return Ok(Lookup::NotFound);
        }
        let live = live(instance, &wanted.alias_arn);
        if self.0.is_existing_instance(instance) {
            return Ok(match cx.creation_pending {
                true => Lookup::Owned(live),
                false => Lookup::Unowned { live, why: ASSOCIATED_BY_OTHERS.to_owned() },
            });
        }
        self.0.found_in_instance(cx, instance, live).await
    }

    async fn create(&self, cx: &Context, wanted: &ConnectBotProperties) -> Result<BotLive> {
        let (instance, alias, token) = (&wanted.instance_id, &wanted.alias_arn, cx.token.to_string());
        let associate =
            || self.0.connect.associate_bot().instance_id(instance).lex_v2_bot(bot(alias)).client_token(&token).send();
        self.0.call(cx, ASSOCIATE, associate).await?;
        self.until(cx, instance, alias, true).await?;
        Ok(live(instance, alias))
    }

    async fn update(
        &self,
        _cx: &Context,
        live: &BotLive,
        _wanted: &ConnectBotProperties,
        _changed: &[PropertyPath],
    ) -> Result<BotLive> {
        // Every change is a replacement, so there is nothing to update.
        Ok(live.clone())
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _recorded: &ConnectBotProperties) -> Result<()> {
        let (instance, alias) = split_id(id)?;
        let token = cx.token.to_string();
        let disassociate =
            || self.0.connect.disassociate_bot().instance_id(instance).lex_v2_bot(bot(alias)).client_token(&token).send();
        self.0.call(cx, DISASSOCIATE, disassociate).await.optional()?;
        self.until(cx, instance, alias, false).await
    }
}
