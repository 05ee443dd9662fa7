//! Provider quotas on creations and deletions.

use serde::Serialize;
use time::OffsetDateTime;

use crate::address::PhysicalId;

/// An AWS quota for creating and deleting resources of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Name of what is counted, in the plural.
    pub what: &'static str,
    /// Maximum number that AWS allows within `days`.
    pub limit: u32,
    /// Length of the period, in days.
    pub days: u32,
}

/// The usage of a provider quota by a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotaUsage {
    /// The resource type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The quota.
    #[serde(flatten)]
    pub quota: Quota,
    /// The recorded usage by this environment; the usage by other environments of the account is unknown here.
    pub used: usize,
    /// The usage by this plan.
    pub planned: usize,
    /// Time at which the first used unit becomes available again.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub next_free_at: Option<OffsetDateTime>,
    /// Time at which enough of the quota is available for this plan, if it is not now. `None` also for a plan that needs more than the
    /// whole quota.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub sufficient_at: Option<OffsetDateTime>,
}

impl QuotaUsage {
    /// Whether the plan exceeds the quota, as far as the usage is known here.
    pub fn exceeds(&self) -> bool {
        self.used + self.planned > self.quota.limit as usize
    }
}

/// Prefix of the marks of creations.
pub(crate) const CREATED_PREFIX: &str = "made ";

/// Returns the mark of a creation, by which a second report of it is recognized.
pub(crate) fn created_key(id: &PhysicalId) -> String {
    format!("{CREATED_PREFIX}{id}")
}

/// Returns the mark of a deletion.
pub(crate) fn removed_key(id: &PhysicalId) -> String {
    format!("removed {id}")
}

impl Quota {
    /// Returns the period within which uses count.
    pub(crate) fn window(self) -> time::Duration {
        time::Duration::days(i64::from(self.days))
    }
}
