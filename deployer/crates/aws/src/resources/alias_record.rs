//! The alias of the API's domain in a hosted zone: an A and an AAAA record, and a TXT record beside them that names their owner.
//!
//! Records have no tags. The TXT record `_deployer.NAME` is created, changed and deleted in one batch with the alias, so there is never
//! one without the other.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_route53::types::{AliasTarget, ChangeAction, ChangeStatus, ResourceRecordSet, RrType};
use deployer_engine::{
    Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, ResourceDefinition, Result, RuleInput, TagOwner,
};
use deployer_resources::{AliasRecordOutputs, AliasRecordProperties};
use serde_json::Value;

use super::hosted_zone::without_dot;
use super::route53_records::{CREATE, DELETE, LIST, simple, values};
use super::{built, join_id, split_id};
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::permissions::{Permission, Permissions, named, operation_permissions};
use crate::provider::Provider;
use crate::tags::{self, Tags};
use crate::wait;

type AliasLive = Live<AliasRecordProperties, AliasRecordOutputs>;

const GET_CHANGE: Operation = Operation::read("route53", "GetChange");
/// "Changes generally propagate … within 60 seconds" (API reference, ChangeResourceRecordSets).
const IN_SYNC_WITHIN: Duration = Duration::from_secs(10 * 60);
const IN_SYNC: Duration = deployer_resources::AliasRecord::CREATION_TIME;
const TTL: i64 = 300;

/// The resource type `route53.alias_record`.
pub struct AliasRecord(pub(crate) Arc<Provider>);

/// The record sets of a name: those that answer for it, and the one that names their owner.
#[derive(Default)]
struct Found {
    answers: Vec<ResourceRecordSet>,
    owner: Option<ResourceRecordSet>,
}

fn owner_name(name: &str) -> String {
    format!("_deployer.{name}")
}

/// Returns the TXT record that names the owner: one string for each tag that identifies it.
fn owner_record(name: &str, tags: &Tags) -> Result<ResourceRecordSet> {
    let quoted =
        |(key, value): (&String, &String)| format!("\"{}\"", format!("{key}={value}").replace('\\', "\\\\").replace('"', "\\\""));
    simple(&owner_name(name), "TXT", TTL, &tags.iter().map(quoted).collect::<Vec<_>>())
}

fn owner_tags(set: &ResourceRecordSet) -> Tags {
    let unquoted = |value: String| {
        let inner = value.strip_prefix('"')?.strip_suffix('"')?.replace("\\\"", "\"").replace("\\\\", "\\");
        inner.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))
    };
    values(set).into_iter().filter_map(unquoted).collect()
}

fn alias(wanted: &AliasRecordProperties, kind: RrType) -> Result<ResourceRecordSet> {
    let target = AliasTarget::builder().hosted_zone_id(&wanted.target_zone_id).dns_name(&wanted.target);
    let target = built(target.evaluate_target_health(false).build())?;
    built(ResourceRecordSet::builder().name(&wanted.name).r#type(kind).alias_target(target).build())
}

/// Returns the sets that the properties stand for, the owner's included.
fn desired(wanted: &AliasRecordProperties) -> Result<Vec<ResourceRecordSet>> {
    Ok(vec![alias(wanted, RrType::A)?, alias(wanted, RrType::Aaaa)?, owner_record(&wanted.name, &wanted.tags)?])
}

fn target_of(set: &ResourceRecordSet) -> Option<(&str, &str)> {
    let target = set.alias_target.as_ref().filter(|_| set.set_identifier.is_none())?;
    Some((without_dot(&target.dns_name), &target.hosted_zone_id))
}

impl Found {
    fn live(&self, zone: &str, name: &str) -> Option<AliasLive> {
        self.answers.first()?;
        let targets: Vec<_> = self.answers.iter().map(|set| (set.r#type.as_str(), target_of(set))).collect();
        let (target, target_zone_id) = match targets[..] {
            [("A", Some(one)), ("AAAA", Some(other))] if one == other => (one.0.to_owned(), one.1.to_owned()),
            // Anything else is shown as it is, and differs from every alias.
            _ => (self.answers.iter().map(shown).collect::<Vec<_>>().join(", "), String::new()),
        };
        let tags = self.owner.as_ref().map(owner_tags).unwrap_or_default();
        let properties = AliasRecordProperties { zone_id: zone.to_owned(), name: name.to_owned(), target, target_zone_id, tags };
        Some(Live { id: join_id(zone, name), properties, outputs: AliasRecordOutputs { name: name.to_owned() } })
    }
}

fn shown(set: &ResourceRecordSet) -> String {
    let value = target_of(set).map_or_else(|| values(set).join(" "), |(target, _)| target.to_owned());
    format!("{} {value}", set.r#type.as_str())
}

impl AliasRecord {
    async fn found(&self, cx: &Context, zone: &str, name: &str) -> Result<Found> {
        let owner = owner_name(name);
        let (answers, owner) = futures::try_join!(self.0.records(cx, zone, name), self.0.records(cx, zone, &owner))?;
        let answers = answers.unwrap_or_default().into_iter();
        let answers = answers.filter(|set| matches!(set.r#type.as_str(), "A" | "AAAA" | "CNAME")).collect();
        let owner = owner.unwrap_or_default().into_iter().find(|set| set.r#type == RrType::Txt);
        Ok(Found { answers, owner })
    }

    async fn in_sync(&self, cx: &Context, change: Option<String>) -> Result<()> {
        let Some(change) = change else { return Ok(()) };
        let id = change.trim_start_matches("/change/");
        wait::poll_until_with_estimate(cx, "the name servers", self.0.scaled(IN_SYNC), IN_SYNC_WITHIN, || async {
            let answer = self.0.call(cx, GET_CHANGE, || self.0.route53.get_change().id(id).send()).await.optional()?;
            let status = answer.and_then(|answer| answer.change_info).map(|info| info.status);
            Result::Ok(match status {
                Some(ChangeStatus::Insync) | None => Break(()),
                Some(status) => Continue(status.as_str().to_owned()),
            })
        })
        .await
    }
}

/// Returns the error for a record that is not ours, with its value.
fn taken(live: &AliasRecordProperties) -> Error {
    let message = format!("the record {} exists with the value {}, and is not overwritten", live.name, live.target);
    Error::new(ErrorClass::Invalid, message)
        .with_help("remove it, or leave `zone` out of `api.domain` and point the record to the API yourself")
}

impl Permissions for AliasRecord {
    const READ_WHILE_CHANGING: &'static [&'static str] = &["route53:GetChange"];

    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        let change = format!("arn:{}:route53:::change/*", provider.partition());
        let zone = provider.zone_arn(named(wanted, "zone_id"));
        [operation_permissions(&[LIST, CREATE], &zone), operation_permissions(&[GET_CHANGE], &change)].concat()
    }
}

impl Resource for AliasRecord {
    type Definition = deployer_resources::AliasRecord;

    fn plan_error(&self, proposal: RuleInput<'_>) -> Option<Error> {
        let live: AliasRecordProperties = serde_json::from_value(proposal.live?.clone()).ok()?;
        // With an owner's record, it is ours or has an owner whom the engine names; without one, only an equal record can be adopted.
        let same = proposal.desired["target"].as_str().is_none_or(|target| target == live.target);
        (live.tags.is_empty() && !same).then(|| taken(&live))
    }

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &AliasRecordProperties) -> Result<Option<AliasLive>> {
        let (zone, name) = split_id(id)?;
        Ok(self.found(cx, zone, name).await?.live(zone, name))
    }

    async fn owner(&self, cx: &Context, live: &AliasLive) -> Result<TagOwner> {
        Ok(tags::owner(&live.properties.tags, cx))
    }

    async fn find(&self, cx: &Context, wanted: &AliasRecordProperties) -> Result<Lookup<AliasLive>> {
        let Some(live) = self.found(cx, &wanted.zone_id, &wanted.name).await?.live(&wanted.zone_id, &wanted.name) else {
            return Ok(Lookup::NotFound);
        };
        let tags = live.properties.tags.clone();
        match tags::check_owner(&tags, cx) {
            Ok(()) => Ok(Lookup::Owned(live)),
            Err(_) if tags.is_empty() => {
                let why = format!("it has the value {}, and no TXT record {}", live.properties.target, owner_name(&wanted.name));
                Ok(Lookup::Unowned { live, why })
            }
            Err(why) => Ok(Lookup::Unowned { live, why: why.replace("tag", "owner's record") }),
        }
    }

    async fn create(&self, cx: &Context, wanted: &AliasRecordProperties) -> Result<AliasLive> {
        let mut changes: Vec<_> = desired(wanted)?.into_iter().map(|set| (ChangeAction::Create, set)).collect();
        // The owner's record of an alias that somebody has deleted.
        if let Some(left) = self.found(cx, &wanted.zone_id, &wanted.name).await?.owner
            && tags::check_environment(&owner_tags(&left), cx).is_ok()
        {
            changes.insert(0, (ChangeAction::Delete, left));
        }
        let change = self.0.change_records(cx, CREATE, &wanted.zone_id, &changes).await?;
        self.in_sync(cx, change).await?;
        let outputs = AliasRecordOutputs { name: wanted.name.clone() };
        Ok(Live { id: join_id(&wanted.zone_id, &wanted.name), properties: wanted.clone(), outputs })
    }

    async fn update(
        &self,
        cx: &Context,
        before: &AliasLive,
        wanted: &AliasRecordProperties,
        _changed: &[PropertyPath],
    ) -> Result<AliasLive> {
        let found = self.found(cx, &wanted.zone_id, &wanted.name).await?;
        let ours = found.owner.as_ref().is_some_and(|set| tags::check_environment(&owner_tags(set), cx).is_ok());
        if !ours && before.properties.target != wanted.target {
            return Err(taken(&before.properties));
        }
        let old = found.answers.into_iter().chain(found.owner).map(|set| (ChangeAction::Delete, set));
        let new = desired(wanted)?.into_iter().map(|set| (ChangeAction::Create, set));
        let changes: Vec<_> = old.chain(new).collect();
        let change = self.0.change_records(cx, CREATE, &wanted.zone_id, &changes).await?;
        self.in_sync(cx, change).await?;
        Ok(Live { properties: wanted.clone(), ..before.clone() })
    }

    /// Deletes the records that have the recorded target; one that somebody has changed since stays.
    async fn delete(&self, cx: &Context, id: &PhysicalId, recorded: &AliasRecordProperties) -> Result<()> {
        let (zone, name) = split_id(id)?;
        let found = self.found(cx, zone, name).await?;
        let Some(owner) = found.owner else { return Ok(()) };
        if tags::check_environment(&owner_tags(&owner), cx).is_err() {
            return Ok(());
        }
        let ours = |set: &ResourceRecordSet| target_of(set).is_some_and(|(target, _)| target == recorded.target);
        let gone = found.answers.into_iter().filter(ours).chain([owner]).map(|set| (ChangeAction::Delete, set));
        self.0.change_records(cx, DELETE, zone, &gone.collect::<Vec<_>>()).await.optional().map(drop)
    }
}
