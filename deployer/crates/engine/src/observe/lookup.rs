//! The lookup of one unrecorded resource. Borrows nothing from the observation, which continues meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::about;
use crate::address::PhysicalId;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::observation::Observation;
use crate::resource::{AnyResource, Lookup, TagOwner};
use crate::retry::with_retry;

/// Delay between lookups for a resource whose creation may still be in progress.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// Minimum time by the wall clock since a create call was about to be sent after which it cannot still be in progress, even if the clock
/// has been corrected since.
const LONG_AGO: Duration = Duration::from_secs(24 * 3600);

/// A resource as it may have been created.
pub(super) struct Candidate {
    pub(super) type_name: String,
    pub(super) resource: Arc<dyn AnyResource>,
    /// Properties; `None` if they are not known yet, or if the parent does not exist.
    pub(super) wanted: Option<Value>,
    /// Observation if the properties are `None`: nonexistent or undetermined.
    pub(super) fallback: Observation,
    /// Outputs that follow from the properties.
    pub(super) predicted: Map<String, Value>,
}

/// The result of looking for one resource.
pub(super) struct LookupResult {
    pub(super) type_name: String,
    pub(super) observation: Observation,
    /// Outputs that follow from the properties used for the lookup.
    pub(super) predicted: Map<String, Value>,
}

/// The data of one lookup.
pub(super) struct LookupRun {
    pub(super) cx: Context,
    /// The resource as an unfinished run would have created it, if that differs from the desired one.
    pub(super) leftover: Option<Candidate>,
    pub(super) wanted: Option<Candidate>,
    /// Time at which a run that has ended since was about to send the create call.
    pub(super) create_sent_at: Option<OffsetDateTime>,
    /// Ids of the resources that it replaces, which are excluded from the lookup.
    pub(super) old: BTreeSet<PhysicalId>,
}

impl LookupRun {
    pub(super) async fn run(self) -> Result<LookupResult> {
        let Self { cx, leftover: left, wanted, create_sent_at: begun, old } = self;
        // Look first for the resource as the unfinished run would have created it, even if the spec has changed since.
        if let Some(left) = left {
            let probe = lookup(&cx, left, begun, &old).await?;
            if wanted.is_none() || matches!(probe.observation, Observation::Discovered(_)) {
                return Ok(probe);
            }
        }
        match wanted {
            Some(wanted) => lookup(&cx, wanted, begun, &old).await,
            None => Err(Error::local(format!("{} is neither in the spec nor pending", cx.address))),
        }
    }
}

async fn lookup(
    cx: &Context,
    candidate: Candidate,
    begun: Option<OffsetDateTime>,
    old: &BTreeSet<PhysicalId>,
) -> Result<LookupResult> {
    let Candidate { type_name, resource, wanted, fallback: otherwise, predicted } = candidate;
    let Some(wanted) = wanted else { return Ok(LookupResult { type_name, observation: otherwise, predicted }) };
    // A create that AWS executes only once is sent again without a search.
    let begun = begun.filter(|_| !resource.create_is_idempotent());
    // Only a fresh response can show a creation that may still be in progress.
    let cx = &Context { cache: cx.cache.clone().filter(|_| begun.is_none()), ..cx.clone() };
    let since = cx.clock.monotonic();
    let found = loop {
        let now = cx.clock.now();
        let looked = cx.clock.monotonic().saturating_sub(since);
        let found = with_retry(cx, || resource.find(cx, &wanted)).await;
        let found = found.map_err(|error| about(&cx.address, "look for", error))?;
        let is_new = matches!(&found, Lookup::Owned(live) if !old.contains(&live.id));
        // A call that was about to be sent when a run ended may still be in progress. The time is known only by a wall clock, which may
        // have been set since, so only a time long ago counts as certain.
        let recent = begun.is_some_and(|begun| now - begun < LONG_AGO);
        match cx.create_visibility.checked_sub(looked).filter(|rest| recent && !is_new && !rest.is_zero()) {
            Some(rest) => {
                let seconds = rest.as_secs() + 1;
                cx.progress(format!("an interrupted run may have created it: looking for it for up to {seconds} s"));
                cx.clock.sleep(rest.min(RETRY_INTERVAL)).await;
            }
            None => break found,
        }
    };
    let seen = match found {
        Lookup::Owned(live) if old.contains(&live.id) => Observation::NotFound,
        // Its own tags name this environment; its parent may belong to somebody else.
        Lookup::Owned(live) => match with_retry(cx, || resource.owner(cx, &live)).await {
            Ok(TagOwner::Other(why)) => Observation::Unowned { live, why },
            Ok(TagOwner::Us | TagOwner::Nobody(_)) => Observation::Discovered(live),
            Err(error) => return Err(about(&cx.address, "tell the owner of", error)),
        },
        Lookup::NotFound => Observation::NotFound,
        Lookup::Unowned { live, why } => Observation::Unowned { live, why },
    };
    Ok(LookupResult { type_name, observation: seen, predicted })
}
