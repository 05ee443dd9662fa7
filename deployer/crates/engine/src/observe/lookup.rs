//! Looking for one resource that is not recorded. Borrows nothing of the observation, which goes on meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::about;
use crate::address::PhysicalId;
use crate::error::{Error, Result};
use crate::plan::Observation;
use crate::resource::{AnyResource, Context, Lookup, TagOwner};
use crate::retry::{CREATE_VISIBILITY_TIMEOUT, with_retry};

/// How long until the next look for what may still be under way.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);
/// How long ago a run must have ended by the wall clock for nothing of it to be under way, however the clock was corrected since.
const LONG_AGO: Duration = Duration::from_secs(24 * 3600);

/// A resource as it may have been made.
pub(super) struct Candidate {
    pub(super) type_name: String,
    pub(super) resource: Arc<dyn AnyResource>,
    /// Its properties; `None` if they are not known yet, or if what it is a part of is not there.
    pub(super) wanted: Option<Value>,
    /// What it is then: not there, or not to be looked for.
    pub(super) fallback: Observation,
    /// The outputs that follow from its properties.
    pub(super) predicted: Map<String, Value>,
}

/// What looking for one resource came to.
pub(super) struct LookupResult {
    pub(super) type_name: String,
    pub(super) observation: Observation,
    /// What follows from the properties it was looked for with.
    pub(super) predicted: Map<String, Value>,
}

/// All that a look needs.
pub(super) struct LookupRun {
    pub(super) cx: Context,
    /// As an unfinished run would have made it, where that differs from what is wanted.
    pub(super) leftover: Option<Candidate>,
    pub(super) wanted: Option<Candidate>,
    /// When the creation of it was about to be sent by a run that has ended since.
    pub(super) create_sent_at: Option<OffsetDateTime>,
    /// Ids of what it replaces: they are not what is looked for.
    pub(super) old: BTreeSet<PhysicalId>,
}

impl LookupRun {
    pub(super) async fn run(self) -> Result<LookupResult> {
        let Self { cx, leftover: left, wanted, create_sent_at: begun, old } = self;
        // What an unfinished run was making is looked for as that run would have made it, even if the wish has changed.
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
    // What may still be under way shows in a fresh answer only.
    let cx = &Context { cache: cx.cache.clone().filter(|_| begun.is_none()), ..cx.clone() };
    let since = cx.clock.monotonic();
    let found = loop {
        let now = cx.clock.now();
        let looked = cx.clock.monotonic().saturating_sub(since);
        let found = with_retry(cx, || resource.find(cx, &wanted)).await;
        let found = found.map_err(|error| about(&cx.address, "look for", error))?;
        let is_new = matches!(&found, Lookup::Owned(live) if !old.contains(&live.id));
        // What was about to be sent when a run ended may still be under way. When that was is known by a wall clock only, which may have
        // been set since, so it counts only when it is long ago.
        let recent = begun.is_some_and(|begun| now - begun < LONG_AGO);
        match CREATE_VISIBILITY_TIMEOUT.checked_sub(looked).filter(|rest| recent && !is_new && !rest.is_zero()) {
            Some(rest) => {
                let seconds = rest.as_secs() + 1;
                cx.progress(format!("an interrupted run may have created it: looking for it for up to {seconds} s"));
                cx.clock.sleep(RETRY_INTERVAL).await;
            }
            None => break found,
        }
    };
    let seen = match found {
        Lookup::Owned(live) if old.contains(&live.id) => Observation::NotFound,
        // By its own tags it is ours; what it is a part of may be another's.
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
