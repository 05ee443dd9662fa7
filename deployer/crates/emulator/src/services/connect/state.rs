//! State of the service.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::types::instance::{bare_id, not_found};
use super::types::{Instance, Number};
use crate::error::AwsError;
use crate::persistent_map::PersistentMap;
use crate::stored::stored;

/// State of the service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// Instances by id.
    #[serde(default)]
    pub(super) instances: PersistentMap<String, Instance>,
    /// Times of instance creations and deletions: an account has 100 of these in 30 days.
    pub(super) attempts: Vec<OffsetDateTime>,
    /// Claimed numbers by id.
    #[serde(default)]
    pub(super) numbers: PersistentMap<String, Number>,
    /// Released numbers and the end of their cooldown period.
    #[serde(default)]
    pub(super) cooling: BTreeMap<String, OffsetDateTime>,
    /// Times of number claims and releases.
    #[serde(default)]
    pub(super) number_moves: Vec<OffsetDateTime>,
    /// The number released with each client token.
    #[serde(default)]
    pub(super) releases: BTreeMap<String, String>,
}

stored!(State: instances, numbers);

impl State {
    /// Whether an instance with this id or ARN exists, in any state.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.instance(id).is_some()
    }

    /// Returns the alias of the instance with this id or ARN, if it has one.
    pub(crate) fn alias(&self, id: &str) -> Option<&str> {
        self.instance(id).and_then(|instance| instance.alias.as_deref())
    }

    /// Returns the instance with this id or ARN, in any state.
    pub(super) fn instance(&self, id: &str) -> Option<&Instance> {
        self.instances.get(bare_id(id)).filter(|found| found.id == id || found.arn == id)
    }

    /// Returns the instance with this id or ARN, if it is active.
    pub(super) fn ready(&self, id: &str, now: OffsetDateTime) -> Result<&Instance, AwsError> {
        let found = self.instance(id).ok_or_else(not_found)?;
        found.check_active(now)?;
        Ok(found)
    }

    /// Returns the instance with this id or ARN for changes, if it is active.
    pub(super) fn active(&mut self, id: &str, now: OffsetDateTime) -> Result<&mut Instance, AwsError> {
        let id = self.instance(id).ok_or_else(not_found)?.id.clone();
        let found = self.instances.get_mut(&id).ok_or_else(not_found)?;
        found.check_active(now)?;
        Ok(found)
    }
}
