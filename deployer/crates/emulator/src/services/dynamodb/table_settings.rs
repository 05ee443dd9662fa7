//! Time to live and backups of a table, as they are stored.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Time to live of a table.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct TimeToLive {
    /// Name of the attribute, while it is enabled.
    pub(super) attribute: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) switching_until: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) changeable_from: Option<OffsetDateTime>,
}

/// Continuous backups of a table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Backups {
    #[serde(with = "time::serde::rfc3339")]
    pub(super) available_from: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(super) switching_until: Option<OffsetDateTime>,
    /// Retention in days and start time, while point-in-time recovery is enabled.
    pub(super) recovery: Option<(i64, f64)>,
}

impl Backups {
    /// Returns the backups of a new table.
    pub(super) fn fresh(available_from: OffsetDateTime) -> Self {
        Self { available_from, switching_until: None, recovery: None }
    }
}
