//! Calls that both types of records share. No call here overwrites a record: a change creates what must not exist, and deletes only the
//! exact values that were read, which Route 53 compares.

use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use deployer_engine::{Context, Result};

use super::built;
use super::hosted_zone::without_dot;
use crate::call::Operation;
use crate::errors::OptionalExt;
use crate::provider::Provider;

pub(super) const LIST: Operation = Operation::read("route53", "ListResourceRecordSets");
/// A batch that creates: sent a second time, it fails because of the first.
pub(super) const CREATE: Operation = Operation::create("route53", "ChangeResourceRecordSets");
/// A batch that only deletes.
pub(super) const DELETE: Operation = Operation::idempotent("route53", "ChangeResourceRecordSets");

impl Provider {
    /// Returns the record sets of a name; `None` if there is no such zone.
    pub(super) async fn records(&self, cx: &Context, zone: &str, name: &str) -> Result<Option<Vec<ResourceRecordSet>>> {
        let list = || {
            let request = self.route53.list_resource_record_sets().hosted_zone_id(zone).start_record_name(name);
            // A name has at most one set of each type without a routing policy, and up to a hundred with one.
            request.max_items(300).send()
        };
        let Some(page) = self.call(cx, LIST, list).await.optional()? else { return Ok(None) };
        let same = |set: &ResourceRecordSet| without_dot(&set.name) == name;
        Ok(Some(page.resource_record_sets.into_iter().filter(same).collect()))
    }

    /// Sends a batch, and returns the ID of the change.
    pub(super) async fn change_records(
        &self,
        cx: &Context,
        op: Operation,
        zone: &str,
        changes: &[(ChangeAction, ResourceRecordSet)],
    ) -> Result<Option<String>> {
        let change = |(action, set): &(ChangeAction, ResourceRecordSet)| {
            built(Change::builder().action(action.clone()).resource_record_set(set.clone()).build())
        };
        let changes = changes.iter().map(change).collect::<Result<Vec<_>>>()?;
        let batch = built(ChangeBatch::builder().comment("deployer").set_changes(Some(changes)).build())?;
        let send = || self.route53.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch.clone()).send();
        Ok(self.call(cx, op, send).await?.change_info.map(|info| info.id))
    }
}

/// Returns a record set with values.
pub(super) fn simple(name: &str, kind: &str, ttl: i64, values: &[String]) -> Result<ResourceRecordSet> {
    let values = values.iter().map(|value| built(ResourceRecord::builder().value(value).build())).collect::<Result<Vec<_>>>()?;
    let set = ResourceRecordSet::builder().name(name).r#type(RrType::from(kind)).ttl(ttl);
    built(set.set_resource_records(Some(values)).build())
}

/// Returns the values of a record set.
pub(super) fn values(set: &ResourceRecordSet) -> Vec<String> {
    set.resource_records().iter().map(|record| record.value.clone()).collect()
}
