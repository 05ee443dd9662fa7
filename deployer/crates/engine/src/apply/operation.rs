//! One mutation of one resource, completed exactly once: create, update or delete, whichever responses are lost on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::lease::LeaseRenewer;
use super::sent_log::SendRecorder;
use crate::action::Action;
use crate::address::{PhysicalId, PropertyPath};
use crate::context::Context;
use crate::diff::{PropertyChange, diff};
use crate::error::{Error, ErrorClass, Result};
use crate::expr::Resolved;
use crate::resource::ResourceRules;
use crate::resource::{AnyLive, AnyResource, Lookup};
use crate::retry::{backoff, may_retry, with_retry};
use crate::rules::ChangeEffect;

/// Maximum number of create calls while the outcome stays unknown, or while the name is reported as taken but cannot be found.
const MAX_UNCONFIRMED_CREATES: u32 = 3;
/// Minimum number of lookups for a resource that such a create may have made.
const MIN_LOOKUPS: u32 = 5;

/// The resource after a create or update.
pub(crate) struct Applied {
    pub(crate) live: AnyLive,
    /// Create, update, or no-op.
    pub(crate) action: Action,
}

/// The convergence of one resource to its wanted properties.
pub(crate) struct Converger<'r> {
    pub(crate) lease_renewer: &'r LeaseRenewer<'r>,
    pub(crate) send_recorder: SendRecorder,
    pub(crate) resource: Arc<dyn AnyResource>,
    pub(crate) cx: Context,
    pub(crate) wanted: Value,
    /// Whether an unowned resource is adopted. Only where the plan could not look for it, because a resource that it refers to did not
    /// exist yet; otherwise the plan shows the adoption or refuses it.
    pub(crate) adopt: bool,
    /// IDs of all recorded resources of this type, which are never adopted: each is recorded once.
    pub(crate) recorded: BTreeSet<PhysicalId>,
    /// IDs of resources that are being replaced; lookups ignore them.
    pub(crate) old: BTreeSet<PhysicalId>,
}

impl Converger<'_> {
    /// Creates the resource; updates it instead if it exists and is owned by this address.
    pub(crate) async fn create(&self, look_first: bool) -> Result<Applied> {
        if look_first && let Some(live) = self.lookup(&self.cx).await? {
            return self.converge(live).await;
        }
        let mut attempt = 0;
        loop {
            if !self.resource.create_is_idempotent() || self.resource.records_creation() {
                self.send_recorder.record_sent(&self.cx.address).await?;
            }
            self.lease_renewer.check().await?;
            let sent = self.cx.clock.monotonic();
            let error = match self.resource.create(&self.cx, &self.wanted).await {
                Ok(live) => return Ok(Applied { live, action: Action::Create }),
                Err(error) => error,
            };
            attempt += 1;
            if let Some(live) = self.resolve_failed_create(&error, attempt, sent).await? {
                let made = self.converge(live).await?;
                return Ok(Applied { action: Action::Create, ..made });
            }
        }
    }

    /// Settles a failed create that was called at `sent`.
    ///
    /// Returns the resource that the call created despite its error, or `None` if the create may be retried.
    ///
    /// # Errors
    /// The error of the create if it must not be retried.
    async fn resolve_failed_create(&self, error: &Error, attempt: u32, sent: Duration) -> Result<Option<AnyLive>> {
        let doubtful = matches!(error.class, ErrorClass::UnknownOutcome | ErrorClass::AlreadyExists);
        if !doubtful && !may_retry(error, attempt) {
            return Err(error.clone());
        }
        // That it exists after the first request, which AWS has refused, says nothing of who created it.
        let pending = attempt > 1 || error.class != ErrorClass::AlreadyExists;
        let sent_before = Context { creation_pending: pending, ..self.cx.clone() };
        if error.class == ErrorClass::AlreadyExists
            && let Some(live) = self.lookup(&sent_before).await?
        {
            return Ok(Some(live));
        }
        // A resource created a moment ago may not be visible yet: an absence counts only when it lasts.
        let until = if self.resource.create_is_idempotent() { sent } else { sent + self.cx.create_visibility };
        let mut looks = 0;
        loop {
            backoff(&self.cx, error, attempt + looks).await;
            let may_still_appear = self.cx.clock.monotonic() < until;
            if let Some(live) = self.lookup(&sent_before).await? {
                return Ok(Some(live));
            }
            looks += 1;
            if !doubtful || (looks >= MIN_LOOKUPS && !may_still_appear) {
                break;
            }
        }
        if doubtful && attempt >= MAX_UNCONFIRMED_CREATES { Err(error.clone()) } else { Ok(None) }
    }

    async fn lookup(&self, cx: &Context) -> Result<Option<AnyLive>> {
        match with_retry(cx, || self.resource.find(cx, &self.wanted)).await? {
            Lookup::Owned(live) if self.old.contains(&live.id) => Ok(None),
            Lookup::Owned(live) => Ok(Some(live)),
            Lookup::NotFound => Ok(None),
            Lookup::Unowned { live, why } if self.may_adopt(&live) => {
                self.cx.progress(format!("adopting {}, as --adopt allows: {why}", live.id));
                Ok(Some(live))
            }
            Lookup::Unowned { live, why } => {
                let message = format!("{} exists but is not managed by this environment: {why}", live.id);
                Err(Error::new(ErrorClass::AlreadyExists, message).with_help("run again with --adopt to take it over"))
            }
        }
    }

    /// Whether an unowned resource found by this run may be adopted. Creations that count against a quota or that return a one-time secret
    /// are excluded: an adoption is recorded as the creation that was planned.
    fn may_adopt(&self, live: &AnyLive) -> bool {
        let is_plain = self.resource.quota().is_none() && self.resource.one_time_secret(&self.wanted).is_none();
        self.adopt && is_plain && !self.recorded.contains(&live.id)
    }

    /// Updates `live` in place until it has the wanted properties; makes no call if it already has them.
    pub(crate) async fn converge(&self, mut live: AnyLive) -> Result<Applied> {
        let mut attempt = 0;
        loop {
            let changes = self.differences(&live);
            if changes.is_empty() {
                return Ok(Applied { live, action: if attempt == 0 { Action::NoOp } else { Action::Update } });
            }
            refuse_replacement(&changes)?;
            let changed: Vec<PropertyPath> = changes.into_iter().map(|change| change.path).collect();
            self.lease_renewer.check().await?;
            let error = match self.resource.update(&self.cx, &live, &self.wanted, &changed).await {
                Ok(live) => return Ok(Applied { live, action: Action::Update }),
                Err(error) => error,
            };
            attempt += 1;
            let unknown = error.class == ErrorClass::UnknownOutcome && attempt < MAX_UNCONFIRMED_CREATES;
            if !unknown && !may_retry(&error, attempt) {
                return Err(error);
            }
            backoff(&self.cx, &error, attempt).await;
            live = self.read(&live.id).await?.ok_or(error)?;
        }
    }

    /// Reads the current resource.
    pub(crate) async fn read(&self, id: &PhysicalId) -> Result<Option<AnyLive>> {
        with_retry(&self.cx, || self.resource.read(&self.cx, id, &self.wanted)).await
    }

    /// Returns the changes that give `live` the wanted properties.
    pub(crate) fn differences(&self, live: &AnyLive) -> Vec<PropertyChange> {
        let wanted = Resolved { value: self.wanted.clone(), unknown: BTreeMap::new() };
        let rules = ResourceRules { resource: &*self.resource, live: &live.properties, wanted: &self.wanted };
        diff(&wanted, None, &live.properties, &rules)
    }
}

fn refuse_replacement(changes: &[PropertyChange]) -> Result<()> {
    let needs = changes.iter().find_map(|change| match change.effect {
        ChangeEffect::Replace(why) => Some((&change.path, why)),
        ChangeEffect::Update | ChangeEffect::Rebuild(_) | ChangeEffect::RecordOnly(_) | ChangeEffect::Ignore => None,
    });
    let Some((path, why)) = needs else { return Ok(()) };
    let message = format!("{path} differs and needs a replacement that was not planned ({why})");
    Err(Error::new(ErrorClass::Conflict, message).with_help("nothing was changed; run again, and the plan will show it"))
}

/// Deletes a resource; retries after a lost response or a transient error.
pub(crate) async fn remove(
    keeper: &LeaseRenewer<'_>,
    resource: &dyn AnyResource,
    cx: &Context,
    id: &PhysicalId,
    recorded: &Value,
) -> Result<()> {
    let mut attempt = 0;
    loop {
        keeper.check().await?;
        let error = match resource.delete(cx, id, recorded).await {
            Ok(()) => return Ok(()),
            Err(error) if error.class == ErrorClass::NotFound => return Ok(()),
            Err(error) => error,
        };
        attempt += 1;
        let unknown = error.class == ErrorClass::UnknownOutcome && attempt < MAX_UNCONFIRMED_CREATES;
        if !unknown && !may_retry(&error, attempt) {
            return Err(error);
        }
        backoff(cx, &error, attempt).await;
    }
}
