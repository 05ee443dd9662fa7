//! The plan in a file: all that a report shows and that a run is compared with.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{
    Action, Address, Change, ChangeEffect, ChangeOrigin, Counts, ExternalResource, HeldBack, NewValue, PhysicalId, Plan,
    PropertyChange, PropertyPath, Quota, QuotaUsage, Replacement, Warning,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::redact::redacted;

/// A plan without problems and without secret values.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanContent {
    pub(super) changes: Vec<SavedChange>,
    warnings: Vec<Warning>,
    quota_usage: Vec<SavedQuotaUsage>,
    pub(super) external: Vec<ExternalResource>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    moves: BTreeMap<Address, Address>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    held_back: BTreeMap<Address, HeldBack>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    needed_by: BTreeMap<Address, Address>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ignored: BTreeMap<Address, BTreeSet<PropertyPath>>,
}

/// A change, with the members that the JSON report of a plan leaves out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct SavedChange(#[serde(with = "ChangeFields")] pub(super) Change);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Change", deny_unknown_fields)]
struct ChangeFields {
    address: Address,
    #[serde(rename = "type")]
    type_name: String,
    action: Action,
    reasons: Vec<String>,
    #[serde(with = "property_list")]
    properties: Vec<PropertyChange>,
    replacement: Option<Replacement>,
    id: Option<PhysicalId>,
    dependencies: BTreeSet<Address>,
    two_phase: bool,
    reread: bool,
    superseded: bool,
    completes_creation: bool,
    live: Option<Value>,
    wanted: Option<Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PropertyChange", deny_unknown_fields)]
struct PropertyFields {
    path: PropertyPath,
    before: Option<Value>,
    after: NewValue,
    #[serde(with = "effect")]
    effect: ChangeEffect,
    origin: ChangeOrigin,
    display_value: Option<Value>,
}

mod effect {
    use deployer_engine::ChangeEffect;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Saved {
        Update,
        Replace(String),
        RecordOnly(String),
        Rebuild(String),
        Ignore,
    }

    pub(super) fn serialize<S: Serializer>(effect: &ChangeEffect, to: S) -> Result<S::Ok, S::Error> {
        effect.serialize(to)
    }

    /// Reasons are constants of resource types; the read ones live as long as the process, which reads one file.
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ChangeEffect, D::Error> {
        Ok(match Saved::deserialize(from)? {
            Saved::Update => ChangeEffect::Update,
            Saved::Replace(why) => ChangeEffect::Replace(why.leak()),
            Saved::RecordOnly(why) => ChangeEffect::RecordOnly(why.leak()),
            Saved::Rebuild(why) => ChangeEffect::Rebuild(why.leak()),
            Saved::Ignore => ChangeEffect::Ignore,
        })
    }
}

mod property_list {
    use deployer_engine::PropertyChange;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::PropertyFields;

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Saved(#[serde(with = "PropertyFields")] PropertyChange);

    pub(super) fn serialize<S: Serializer>(all: &[PropertyChange], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(all.iter().cloned().map(Saved))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PropertyChange>, D::Error> {
        Ok(Vec::<Saved>::deserialize(from)?.into_iter().map(|saved| saved.0).collect())
    }
}

/// The usage of a quota.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedQuotaUsage {
    #[serde(rename = "type")]
    type_name: String,
    what: String,
    limit: u32,
    days: u32,
    used: usize,
    planned: usize,
    #[serde(with = "time::serde::rfc3339::option")]
    next_free_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    sufficient_at: Option<OffsetDateTime>,
}

impl PlanContent {
    /// Returns the content for a plan; `keyed` as in [`redacted`].
    pub(super) fn of(plan: &Plan, keyed: bool) -> Self {
        let usage = |usage: &QuotaUsage| SavedQuotaUsage {
            type_name: usage.type_name.clone(),
            what: usage.quota.what.to_owned(),
            limit: usage.quota.limit,
            days: usage.quota.days,
            used: usage.used,
            planned: usage.planned,
            next_free_at: usage.next_free_at,
            sufficient_at: usage.sufficient_at,
        };
        Self {
            changes: plan.changes.iter().map(|change| SavedChange(redacted(change, keyed))).collect(),
            warnings: plan.warnings.clone(),
            quota_usage: plan.quota_usage.iter().map(usage).collect(),
            external: plan.external.clone(),
            moves: plan.moves.clone(),
            held_back: plan.held_back.clone(),
            needed_by: plan.needed_by.clone(),
            ignored: plan.ignored.clone(),
        }
    }

    /// Returns the plan for a report.
    pub(super) fn to_plan(&self) -> Plan {
        let changes: Vec<Change> = self.changes.iter().map(|saved| saved.0.clone()).collect();
        let mut summary = Counts::default();
        changes.iter().for_each(|change| summary.add(change.action));
        let usage = |saved: &SavedQuotaUsage| QuotaUsage {
            type_name: saved.type_name.clone(),
            quota: Quota { what: saved.what.clone().leak(), limit: saved.limit, days: saved.days },
            used: saved.used,
            planned: saved.planned,
            next_free_at: saved.next_free_at,
            sufficient_at: saved.sufficient_at,
        };
        Plan {
            changes,
            problems: Vec::new(),
            summary,
            warnings: self.warnings.clone(),
            quota_usage: self.quota_usage.iter().map(usage).collect(),
            external: self.external.clone(),
            moves: self.moves.clone(),
            held_back: self.held_back.clone(),
            needed_by: self.needed_by.clone(),
            ignored: self.ignored.clone(),
            adjusted: BTreeMap::new(),
        }
    }

    /// Returns the content as a reader of its file gets it: numbers may lose their last digit on the way.
    pub(super) fn as_read(&self) -> serde_json::Result<Self> {
        serde_json::from_str(&serde_json::to_string(self)?)
    }
}
