//! The context of an operation on a resource.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::address::{Address, PhysicalId};
use crate::error::Result;
use crate::event::{Event, EventSink};
use crate::ports::{AttemptRecorder, Clock, LeaseGuard, Random};
use crate::quota;
use crate::read_cache::ReadCache;

/// The project and environment that own a resource. Every taggable resource carries them as tags; a resource without these tags is never
/// changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// Name of the project.
    pub project: String,
    /// Name of the environment.
    pub environment: String,
}

/// Everything a resource operation receives besides its properties.
#[derive(Clone)]
pub struct Context {
    /// Address of the resource.
    pub address: Address,
    /// The addresses under which the resource was declared before; its tags may still name one of them.
    pub former_addresses: Vec<Address>,
    /// Owner of the resource.
    pub owner: Arc<Ownership>,
    /// The idempotency token of this change. An interrupted run that is resumed uses the same token again.
    pub token: Uuid,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub random: Arc<dyn Random>,
    /// Receiver of progress events.
    pub events: EventSink,
    /// The lease check that precedes every mutating call; `None` if the operation changes nothing.
    pub lease_guard: Option<Arc<dyn LeaseGuard>>,
    /// Recorder of attempts that AWS has counted against a quota; `None` if the operation changes nothing.
    pub attempts: Option<Arc<dyn AttemptRecorder>>,
    /// Responses shared by the lookups of one observation; `None` if only a fresh response will do.
    pub cache: Option<Arc<ReadCache>>,
    /// Whether a read has to determine only that the resource exists and who owns it, because it is no longer wanted. The properties
    /// returned may then be those of the hint.
    pub presence_only: bool,
    /// Whether an unfinished run was about to send the create call, which types with
    /// [`RECORDS_CREATION`](crate::ResourceDefinition::RECORDS_CREATION) record, or was adopting the resource. A resource without tags that
    /// a lookup finds is ours then: the plan of that run had found nothing, or showed the adoption.
    pub creation_pending: bool,
    /// Time after which a create that was sent has had its visible effect or never will.
    pub create_visibility: Duration,
}

impl Context {
    /// Returns the response to `question`, which must name the operation and all of its input. During an observation, each question is
    /// asked once, by the first caller that needs the response; without a cache (in a change), every call asks.
    ///
    /// # Errors
    /// Returns the error of `ask`. Errors are not cached.
    pub async fn cached<T, F>(&self, question: impl Into<String>, ask: impl FnOnce() -> F) -> Result<Arc<T>>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T>>,
    {
        match &self.cache {
            Some(cache) => cache.get_or_fetch(question.into(), ask).await,
            None => ask().await.map(Arc::new),
        }
    }

    /// Returns the ids and names of all resources of a type that this observation looks up, for types whose ids are names; `None` if only
    /// one is looked up.
    pub fn observed_names(&self, type_name: &str) -> Option<&BTreeSet<String>> {
        self.cache.as_ref()?.names(type_name)
    }

    /// Whether a resource of this type with this id is recorded, as far as this observation shows it.
    pub fn is_recorded(&self, type_name: &str, id: &str) -> bool {
        self.observed_names(type_name).is_some_and(|names| names.contains(id))
    }

    /// Checks that this run still holds the lease. Must be called immediately before every mutating call.
    ///
    /// # Errors
    /// [`ErrorClass::Interrupted`](crate::ErrorClass::Interrupted) if this run no longer holds the lease; the mutating call must not be
    /// made then.
    pub async fn check_lease(&self) -> Result<()> {
        match &self.lease_guard {
            Some(gate) => gate.check().await,
            None => Ok(()),
        }
    }

    /// Records that AWS has counted an attempt to create a resource against the quota ([`ResourceDefinition::QUOTA`](crate::ResourceDefinition::QUOTA)), whatever its result. The
    /// attempt is identified by `token`, and by the `id` of the resource that it created, as far as that is known. It is saved as soon as
    /// possible. An attempt that is reported twice, or whose resource is found again later, is counted once.
    pub fn record_attempt(&self, token: &str, id: Option<&str>) {
        if let Some(attempts) = &self.attempts {
            let id = id.map(|id| quota::created_key(&PhysicalId(id.to_owned())));
            attempts.record(&self.address, std::iter::once(format!("token {token}")).chain(id).collect());
        }
    }

    /// Reports what the change is doing or waiting for.
    pub fn progress(&self, message: impl Into<String>) {
        self.events.send(Event::Progress { address: self.address.clone(), message: message.into() });
    }
}
