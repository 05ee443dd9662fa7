//! A state backend with a defect.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deployer_engine::{Backend, EnvironmentId, ErrorClass, Lease, LeaseInfo, LeaseOwner, Result, State, StoredState, Version};
use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;

use super::Mutant;

pub(super) struct BrokenBackend {
    backend: Arc<dyn Backend>,
    mutant: Mutant,
    site: EnvironmentId,
    /// The state to write at the end, and the version it replaces.
    late: Mutex<Option<(Vec<u8>, Option<Version>)>>,
}

impl BrokenBackend {
    pub(super) fn new(backend: Arc<dyn Backend>, defect: Mutant, site: EnvironmentId) -> Self {
        Self { backend, mutant: defect, site, late: Mutex::default() }
    }

    fn late(&self) -> MutexGuard<'_, Option<(Vec<u8>, Option<Version>)>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the serialized state with a part removed by `forget`.
    fn edited(&self, bytes: Vec<u8>, forget: fn(&mut State)) -> Result<Vec<u8>> {
        let mut state = State::parse(&bytes, &self.site, &self.backend.location())?;
        forget(&mut state);
        state.to_bytes()
    }
}

impl Backend for BrokenBackend {
    fn location(&self) -> String {
        self.backend.location()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<StoredState>>> {
        async {
            let stored = self.backend.load().await?;
            match stored {
                Some(stored) if self.mutant == Mutant::ForgetsOrder => {
                    let bytes = self.edited(stored.bytes, |state| {
                        for record in state.resources.values_mut() {
                            record.dependencies.clear();
                        }
                    })?;
                    Ok(Some(StoredState { bytes, version: stored.version }))
                }
                stored => Ok(stored),
            }
        }
        .boxed()
    }

    fn save<'a>(&'a self, bytes: Vec<u8>, expected: Option<&'a Version>, lease: &'a Lease) -> BoxFuture<'a, Result<Version>> {
        async move {
            match self.mutant {
                Mutant::ForgetsIntent => {
                    let bytes = self.edited(bytes, |state| state.intent = None)?;
                    self.backend.save(bytes, expected, lease).await
                }
                Mutant::ForgetsBudgets => {
                    let bytes = self.edited(bytes, |state| state.quota_entries.clear())?;
                    self.backend.save(bytes, expected, lease).await
                }
                Mutant::WritesLate => {
                    let mut late = self.late();
                    let expected = late.take().map_or(expected.cloned(), |(_, expected)| expected);
                    *late = Some((bytes, expected));
                    Ok(Version("later".to_owned()))
                }
                Mutant::IgnoresLease => match self.backend.save(bytes.clone(), expected, lease).await {
                    Err(error) if error.class == ErrorClass::Conflict => {
                        let present = self.backend.load().await?.map(|stored| stored.version);
                        self.backend.save(bytes, present.as_ref(), lease).await
                    }
                    saved => saved,
                },
                _ => self.backend.save(bytes, expected, lease).await,
            }
        }
        .boxed()
    }

    fn put_object<'a>(&'a self, name: &'a str, bytes: Vec<u8>, lease: &'a Lease) -> BoxFuture<'a, Result<()>> {
        self.backend.put_object(name, bytes, lease)
    }

    fn get_object<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        self.backend.get_object(name)
    }

    fn acquire<'a>(&'a self, holder: &'a LeaseOwner, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>> {
        async move {
            match self.backend.acquire(holder, now, ttl).await {
                Err(error) if error.class == ErrorClass::Conflict && self.mutant == Mutant::IgnoresLease => {
                    if let Some(held) = self.backend.current_lease().await? {
                        self.backend.unlock(&held).await?;
                    }
                    self.backend.acquire(holder, now, ttl).await
                }
                acquired => acquired,
            }
        }
        .boxed()
    }

    fn renew<'a>(&'a self, lease: &'a Lease, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>> {
        async move {
            match self.backend.renew(lease, now, ttl).await {
                Err(error) if error.class == ErrorClass::Conflict && self.mutant == Mutant::IgnoresLease => {
                    Ok(Lease { expires: now + ttl, ..lease.clone() })
                }
                renewed => renewed,
            }
        }
        .boxed()
    }

    fn current_lease(&self) -> BoxFuture<'_, Result<Option<LeaseInfo>>> {
        self.backend.current_lease()
    }

    fn unlock<'a>(&'a self, held: &'a LeaseInfo) -> BoxFuture<'a, Result<()>> {
        self.backend.unlock(held)
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>> {
        async move {
            let late = self.late().take();
            if let Some((bytes, expected)) = late {
                self.backend.save(bytes, expected.as_ref(), &lease).await?;
            }
            self.backend.release(lease).await
        }
        .boxed()
    }
}
