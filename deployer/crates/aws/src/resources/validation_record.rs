//! The DNS record by which ACM validates a domain. It is created if it is missing, and never overwritten or deleted:
//! when another one is needed, that one is created and the old one stays.

use std::sync::Arc;

use aws_sdk_route53::types::{ChangeAction, ResourceRecordSet};
use deployer_engine::{Context, Error, ErrorClass, Live, Lookup, PhysicalId, PropertyPath, Resource, Result, TagOwner};
use deployer_resources::{ValidationRecordOutputs, ValidationRecordProperties};
use serde_json::Value;

use super::hosted_zone::without_dot;
use super::route53_records::{CREATE, LIST, simple, values};
use super::{join_id, split_id};
use crate::permissions::{Permission, Permissions, named, operation_permissions};
use crate::provider::Provider;

type RecordLive = Live<ValidationRecordProperties, ValidationRecordOutputs>;

/// Seconds for which resolvers keep the record.
const TTL: i64 = 300;

/// The resource type `route53.validation_record`.
pub struct ValidationRecord(pub(crate) Arc<Provider>);

fn live(zone: &str, set: &ResourceRecordSet) -> RecordLive {
    let name = without_dot(&set.name).to_owned();
    let all = values(set);
    let value = match (&set.set_identifier, all.first()) {
        (None, Some(value)) => without_dot(value).to_owned(),
        _ => "another kind of record".to_owned(),
    };
    let properties =
        ValidationRecordProperties { zone_id: zone.to_owned(), name: name.clone(), kind: set.r#type.as_str().to_owned(), value };
    Live { id: join_id(zone, &name), properties, outputs: ValidationRecordOutputs { name } }
}

impl ValidationRecord {
    async fn look(&self, cx: &Context, zone: &str, name: &str) -> Result<Option<RecordLive>> {
        let sets = self.0.records(cx, zone, name).await?.unwrap_or_default();
        Ok(sets.first().map(|set| live(zone, set)))
    }
}

fn other(live: &ValidationRecordProperties) -> Error {
    let message = format!("the record {} {} exists with the value {}, and is not overwritten", live.name, live.kind, live.value);
    Error::new(ErrorClass::Invalid, message).with_help("find out who needs it, remove it, and rerun")
}

impl Permissions for ValidationRecord {
    fn permissions(provider: &Provider, wanted: &Value) -> Vec<Permission> {
        operation_permissions(&[LIST, CREATE], &provider.zone_arn(named(wanted, "zone_id")))
    }
}

impl Resource for ValidationRecord {
    type Definition = deployer_resources::ValidationRecord;

    async fn read(&self, cx: &Context, id: &PhysicalId, _hint: &ValidationRecordProperties) -> Result<Option<RecordLive>> {
        let (zone, name) = split_id(id)?;
        self.look(cx, zone, name).await
    }

    /// A record that validates is everybody's.
    async fn owner(&self, _cx: &Context, _live: &RecordLive) -> Result<TagOwner> {
        Ok(TagOwner::Us)
    }

    async fn find(&self, cx: &Context, wanted: &ValidationRecordProperties) -> Result<Lookup<RecordLive>> {
        match self.look(cx, &wanted.zone_id, &wanted.name).await? {
            None => Ok(Lookup::NotFound),
            Some(live) if (&live.properties.kind, &live.properties.value) == (&wanted.kind, &wanted.value) => {
                Ok(Lookup::Owned(live))
            }
            Some(live) => Err(other(&live.properties)),
        }
    }

    async fn create(&self, cx: &Context, wanted: &ValidationRecordProperties) -> Result<RecordLive> {
        let set = simple(&wanted.name, &wanted.kind, TTL, std::slice::from_ref(&wanted.value))?;
        let sent = self.0.change_records(cx, CREATE, &wanted.zone_id, &[(ChangeAction::Create, set.clone())]).await;
        match sent {
            Ok(_) => Ok(live(&wanted.zone_id, &set)),
            // Another environment may have created the same record meanwhile.
            Err(error) if error.class == ErrorClass::AlreadyExists => match self.find(cx, wanted).await? {
                Lookup::Owned(live) => Ok(live),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn update(
        &self,
        cx: &Context,
        _before: &RecordLive,
        wanted: &ValidationRecordProperties,
        _changed: &[PropertyPath],
    ) -> Result<RecordLive> {
        match self.find(cx, wanted).await? {
            Lookup::Owned(live) => Ok(live),
            _ => self.create(cx, wanted).await,
        }
    }

    async fn delete(&self, _cx: &Context, _id: &PhysicalId, _recorded: &ValidationRecordProperties) -> Result<()> {
        Ok(())
    }
}
