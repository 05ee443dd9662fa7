//! The lease as an object: its owner, its start and its fence.
//!
//! Expiry is judged by the clock of S3 alone: the response's `Date` minus the object's `Last-Modified`. The owner judges by how long ago it
//! sent the renewal, so it stops before another run may begin, whatever the machines' clocks show. Only for a store that sends no `Date`
//! does the reader's clock count.

use std::sync::Arc;
use std::time::Duration;

use deployer_engine::{Error, ErrorClass, Lease, LeaseInfo, LeaseOwner, Result, Version};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::StateBucket;
use super::requests::{Object, ReadOutcome, Retry, WriteOutcome};

/// Time during which a request about the lease is retried: less than the lease's TTL.
const RETRY_LIMIT: Duration = Duration::from_secs(20);

/// The contents of `lease.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LeaseDocument {
    fence: u64,
    /// The owner; `null` if the lease is free.
    holder: Option<LeaseOwner>,
    /// A random ID drawn at acquisition, by which a run recognizes its own lease.
    nonce: Uuid,
    /// Expiry by the owner's clock; for display, and for stores that send no time.
    #[serde(with = "time::serde::rfc3339")]
    expires: OffsetDateTime,
    /// TTL in seconds without renewal.
    ttl_seconds: u64,
    /// Whether its last owner released it itself.
    released: bool,
}

/// A note as it is stored.
struct StoredLease {
    document: LeaseDocument,
    version: Version,
    age: Option<Duration>,
}

impl StoredLease {
    /// Returns the remaining time; zero if the lease has expired.
    fn remaining(&self, now: OffsetDateTime) -> Duration {
        match self.age {
            Some(age) => Duration::from_secs(self.document.ttl_seconds).saturating_sub(age),
            None => Duration::try_from(self.document.expires - now).unwrap_or_default(),
        }
    }

    fn is(&self, lease: &Lease) -> bool {
        let same = |holder: &LeaseOwner| holder.id == lease.holder.id;
        self.document.fence == lease.fence
            && self.document.holder.as_ref().is_some_and(same)
            && nonce(lease) == Some(self.document.nonce)
    }
}

/// The value in the guard of a lease.
struct LeaseNonce(Uuid);

fn nonce(lease: &Lease) -> Option<Uuid> {
    lease.guard.as_ref()?.downcast_ref::<LeaseNonce>().map(|ticket| ticket.0)
}

impl LeaseDocument {
    fn of(lease: &Lease, ttl: Duration) -> Self {
        Self {
            fence: lease.fence,
            holder: Some(lease.holder.clone()),
            nonce: nonce(lease).unwrap_or_default(),
            expires: lease.expires,
            ttl_seconds: ttl.as_secs(),
            released: false,
        }
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes =
            serde_json::to_vec_pretty(self).map_err(|error| Error::local(format!("a lease cannot be written: {error}")))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// The status of the lease.
enum LeaseStatus {
    NoBucket,
    NotHeld,
    Found(Box<StoredLease>),
}

impl StateBucket {
    fn lease_key(&self) -> String {
        self.config.key("lease.json")
    }

    fn lease_place(&self) -> String {
        format!("s3://{}/{}", self.config.bucket, self.lease_key())
    }

    async fn read_lease(&self) -> Result<LeaseStatus> {
        match self.read(&self.lease_key(), RETRY_LIMIT).await? {
            ReadOutcome::NoBucket => Ok(LeaseStatus::NoBucket),
            ReadOutcome::NoObject => Ok(LeaseStatus::NotHeld),
            ReadOutcome::Object(object) => Ok(LeaseStatus::Found(Box::new(self.parse(object)?))),
        }
    }

    fn parse(&self, object: Object) -> Result<StoredLease> {
        let note = serde_json::from_slice(&object.bytes).map_err(|error| {
            Error::local(format!("the lease {} is damaged: {error}", self.lease_place()))
                .with_help("make sure that no other run is in progress, then delete that object; the next run creates a new one")
        })?;
        Ok(StoredLease { document: note, version: object.version, age: object.age })
    }

    /// Acquires the lease if it is free or has expired.
    pub(super) async fn acquire_lease(&self, holder: &LeaseOwner, now: OffsetDateTime, ttl: Duration) -> Result<Lease> {
        let guard: Arc<dyn std::any::Any + Send + Sync> = Arc::new(LeaseNonce(self.entropy.uuid()));
        let wanted = |fence, seized| Lease {
            holder: holder.clone(),
            fence,
            expires: now + ttl,
            version: Version(String::new()),
            taken_over: seized,
            guard: Some(Arc::clone(&guard)),
        };
        let mut tries = Retry::new(self, RETRY_LIMIT);
        let mut attempted: Option<Lease> = None;
        loop {
            let (mut lease, expected) = match self.read_lease().await? {
                LeaseStatus::NoBucket => return Err(self.missing_bucket_error()),
                LeaseStatus::NotHeld => (wanted(1, false), None),
                LeaseStatus::Found(found) => match attempted.filter(|lease| found.is(lease)) {
                    // The response to an earlier attempt was lost.
                    Some(lease) => return Ok(Lease { version: found.version, ..lease }),
                    None => (self.successor(&found, &wanted)?, Some(found.version)),
                },
            };
            self.check_versioning(expected.is_none()).await?;
            let error = match self.put(&self.lease_key(), &LeaseDocument::of(&lease, ttl).bytes()?, expected.as_ref()).await {
                WriteOutcome::Stored(version) => {
                    lease.version = version;
                    return Ok(lease);
                }
                WriteOutcome::Failed(error) => return Err(error),
                WriteOutcome::PreconditionFailed(error) | WriteOutcome::Unconfirmed(error) => error,
            };
            attempted = Some(lease);
            tries.pause(error, ErrorClass::UnknownOutcome).await?;
        }
    }

    /// Returns the lease that succeeds the one found.
    fn successor(&self, found: &StoredLease, wanted: &impl Fn(u64, bool) -> Lease) -> Result<Lease> {
        let (now, fence) = (self.clock.now(), found.document.fence + 1);
        match &found.document.holder {
            None => Ok(wanted(fence, !found.document.released)),
            Some(holder) => match found.remaining(now) {
                Duration::ZERO => {
                    self.tell(format!("taking over from {}, whose lease has expired", holder.describe(now)));
                    Ok(wanted(fence, true))
                }
                left => Err(self.taken(holder, left)),
            },
        }
    }

    fn taken(&self, holder: &LeaseOwner, left: Duration) -> Error {
        let who = holder.describe(self.clock.now());
        let message =
            format!("{} is in use by {who}; its lease expires in {} s unless renewed", self.place_name(), left.as_secs());
        Error::new(ErrorClass::Conflict, message)
            .with_help("wait until it ends, or stop it with Ctrl-C; when its process is dead, its lease expires")
    }

    fn place_name(&self) -> String {
        deployer_engine::Backend::location(self)
    }

    /// Renews the lease.
    pub(super) async fn renew_lease(&self, lease: &Lease, now: OffsetDateTime, ttl: Duration) -> Result<Lease> {
        let mut renewed = Lease { expires: now + ttl, ..lease.clone() };
        let note = LeaseDocument::of(&renewed, ttl);
        let mut tries = Retry::new(self, RETRY_LIMIT);
        loop {
            let error = match self.put(&self.lease_key(), &note.bytes()?, Some(&renewed.version)).await {
                WriteOutcome::Stored(version) => return Ok(Lease { version, ..renewed }),
                WriteOutcome::Failed(error) => return Err(error),
                WriteOutcome::PreconditionFailed(error) | WriteOutcome::Unconfirmed(error) => error,
            };
            match self.read_lease().await? {
                LeaseStatus::Found(found) if found.is(lease) => {
                    if found.document == note {
                        return Ok(Lease { version: found.version, ..renewed });
                    }
                    renewed.version = found.version;
                }
                LeaseStatus::Found(found) => return Err(self.lost(found.document.holder.as_ref())),
                LeaseStatus::NotHeld | LeaseStatus::NoBucket => return Err(self.lost(None)),
            }
            let class = if error.class == ErrorClass::Conflict { ErrorClass::Transient } else { error.class };
            tries.pause(error, class).await?;
        }
    }

    fn lost(&self, to: Option<&LeaseOwner>) -> Error {
        let how = match to {
            Some(holder) => format!("was taken over by {}", holder.describe(self.clock.now())),
            None => "was freed by somebody else".to_owned(),
        };
        Error::new(ErrorClass::Conflict, format!("the lease {} {how}", self.lease_place())).with_help("run again")
    }

    /// Releases the lease and retains its fence.
    pub(super) async fn release_lease(&self, lease: Lease) -> Result<()> {
        let note = LeaseDocument { holder: None, released: !lease.taken_over, ..LeaseDocument::of(&lease, Duration::ZERO) };
        let mut version = lease.version.clone();
        let mut tries = Retry::new(self, RETRY_LIMIT);
        loop {
            let error = match self.put(&self.lease_key(), &note.bytes()?, Some(&version)).await {
                WriteOutcome::Stored(_) => return Ok(()),
                WriteOutcome::Failed(error) => return Err(error),
                WriteOutcome::PreconditionFailed(error) | WriteOutcome::Unconfirmed(error) => error,
            };
            match self.read_lease().await? {
                // Renewed by a request whose response was never received.
                LeaseStatus::Found(found) if found.is(&lease) => version = found.version,
                _ => return Ok(()),
            }
            tries.pause(error, ErrorClass::Transient).await?;
        }
    }

    /// Returns the owner of the lease, even if it has expired.
    pub(super) async fn find_lease(&self) -> Result<Option<LeaseInfo>> {
        let LeaseStatus::Found(found) = self.read_lease().await? else { return Ok(None) };
        let now = self.clock.now();
        let expires = match found.age {
            // S3's age of the note, converted to the reader's clock.
            Some(age) => now + Duration::from_secs(found.document.ttl_seconds) - age,
            None => found.document.expires,
        };
        let StoredLease { document: note, version, .. } = *found;
        Ok(note.holder.map(|holder| LeaseInfo { holder, fence: note.fence, expires: Some(expires), version }))
    }

    /// Releases the lease of an owner that is reported dead. If the owner is alive after all, it finds its lease lost, and the next owner
    /// fences off its writes as after an expired lease.
    pub(super) async fn force_unlock(&self, held: &LeaseInfo) -> Result<()> {
        let changed = || {
            let message = format!("the lease {} was taken over or renewed in the meantime", self.lease_place());
            Error::new(ErrorClass::Conflict, message).with_help("check the current holder, then run `deployer unlock` again")
        };
        let freed = LeaseDocument {
            fence: held.fence,
            holder: None,
            nonce: self.entropy.uuid(),
            expires: self.clock.now(),
            ttl_seconds: 0,
            released: false,
        };
        let mut tries = Retry::new(self, RETRY_LIMIT);
        loop {
            let error = match self.put(&self.lease_key(), &freed.bytes()?, Some(&held.version)).await {
                WriteOutcome::Stored(_) => return Ok(()),
                WriteOutcome::Failed(error) => return Err(error),
                WriteOutcome::PreconditionFailed(error) | WriteOutcome::Unconfirmed(error) => error,
            };
            match self.read_lease().await? {
                LeaseStatus::Found(found) if found.document == freed => return Ok(()),
                LeaseStatus::Found(found) if found.version == held.version => {}
                _ => return Err(changed()),
            }
            tries.pause(error, ErrorClass::Transient).await?;
        }
    }
}
