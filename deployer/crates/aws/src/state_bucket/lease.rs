//! The lease as an object: its owner, its start and its fence.
//!
//! Expiry is judged by the clock of S3 alone: the response's `Date` minus the object's `Last-Modified`. The owner judges by how long ago it
//! sent the renewal, so it stops before another run may begin, whatever the machines' clocks show. Only for a store that sends no `Date`
//! does the reader's clock count.

use std::sync::Arc;
use std::time::Duration;

use deployer_engine::{Class, Error, LeaseInfo, LeaseOwner, Lease, Result, Version};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::StateBucket;
use super::requests::{Object, Put, Read, Retry};

/// Time during which a request about the lease is retried: less than the lease's TTL.
const PATIENCE: Duration = Duration::from_secs(20);

/// The contents of `lease.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LeaseNote {
    fence: u64,
    /// The owner; `null` if the lease is free.
    holder: Option<LeaseOwner>,
    /// A random ID drawn at acquisition, by which a run recognizes its own lease.
    ticket: Uuid,
    /// Expiry by the owner's clock; for display, and for stores that send no time.
    #[serde(with = "time::serde::rfc3339")]
    expires: OffsetDateTime,
    /// TTL in seconds without renewal.
    seconds: u64,
    /// Whether its last owner released it itself.
    given_back: bool,
}

/// A note as it is stored.
struct Found {
    note: LeaseNote,
    version: Version,
    age: Option<Duration>,
}

impl Found {
    /// Returns the remaining time; zero if the lease has expired.
    fn left(&self, now: OffsetDateTime) -> Duration {
        match self.age {
            Some(age) => Duration::from_secs(self.note.seconds).saturating_sub(age),
            None => Duration::try_from(self.note.expires - now).unwrap_or_default(),
        }
    }

    fn is(&self, lease: &Lease) -> bool {
        let same = |holder: &LeaseOwner| holder.id == lease.holder.id;
        self.note.fence == lease.fence && self.note.holder.as_ref().is_some_and(same) && ticket(lease) == Some(self.note.ticket)
    }
}

/// The value in the guard of a lease.
struct LeaseEntry(Uuid);

fn ticket(lease: &Lease) -> Option<Uuid> {
    lease.guard.as_ref()?.downcast_ref::<LeaseEntry>().map(|ticket| ticket.0)
}

impl LeaseNote {
    fn of(lease: &Lease, ttl: Duration) -> Self {
        Self {
            fence: lease.fence,
            holder: Some(lease.holder.clone()),
            ticket: ticket(lease).unwrap_or_default(),
            expires: lease.expires,
            seconds: ttl.as_secs(),
            given_back: false,
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
    Nobody,
    Found(Box<Found>),
}

impl StateBucket {
    fn lease_key(&self) -> String {
        self.place.key("lease.json")
    }

    fn lease_place(&self) -> String {
        format!("s3://{}/{}", self.place.bucket, self.lease_key())
    }

    async fn look(&self) -> Result<LeaseStatus> {
        match self.read(&self.lease_key(), PATIENCE).await? {
            Read::NoBucket => Ok(LeaseStatus::NoBucket),
            Read::NoObject => Ok(LeaseStatus::Nobody),
            Read::Object(object) => Ok(LeaseStatus::Found(Box::new(self.parse(object)?))),
        }
    }

    fn parse(&self, object: Object) -> Result<Found> {
        let note = serde_json::from_slice(&object.bytes).map_err(|error| {
            Error::local(format!("the lease {} is damaged: {error}", self.lease_place()))
                .with_help("make sure that no other run is under way, then delete that object; the next run makes a new one")
        })?;
        Ok(Found { note, version: object.version, age: object.age })
    }

    /// Acquires the lease if it is free or has expired.
    pub(super) async fn take(&self, holder: &LeaseOwner, now: OffsetDateTime, ttl: Duration) -> Result<Lease> {
        let guard: Arc<dyn std::any::Any + Send + Sync> = Arc::new(LeaseEntry(self.entropy.uuid()));
        let wanted = |fence, seized| Lease {
            holder: holder.clone(),
            fence,
            expires: now + ttl,
            version: Version(String::new()),
            taken_over: seized,
            guard: Some(Arc::clone(&guard)),
        };
        let mut tries = Retry::new(self, PATIENCE);
        let mut attempted: Option<Lease> = None;
        loop {
            let (mut lease, expected) = match self.look().await? {
                LeaseStatus::NoBucket => return Err(self.no_bucket()),
                LeaseStatus::Nobody => (wanted(1, false), None),
                LeaseStatus::Found(found) => match attempted.filter(|lease| found.is(lease)) {
                    // The response to an earlier attempt was lost.
                    Some(lease) => return Ok(Lease { version: found.version, ..lease }),
                    None => (self.successor(&found, &wanted)?, Some(found.version)),
                },
            };
            self.check_versioning(expected.is_none()).await?;
            let error = match self.put(&self.lease_key(), &LeaseNote::of(&lease, ttl).bytes()?, expected.as_ref()).await {
                Put::Stored(version) => {
                    lease.version = version;
                    return Ok(lease);
                }
                Put::Failed(error) => return Err(error),
                Put::Changed(error) | Put::Unclear(error) => error,
            };
            attempted = Some(lease);
            tries.pause(error, Class::UnknownOutcome).await?;
        }
    }

    /// Returns the lease that succeeds the one found.
    fn successor(&self, found: &Found, wanted: &impl Fn(u64, bool) -> Lease) -> Result<Lease> {
        let (now, fence) = (self.clock.now(), found.note.fence + 1);
        match &found.note.holder {
            None => Ok(wanted(fence, !found.note.given_back)),
            Some(holder) => match found.left(now) {
                Duration::ZERO => {
                    self.tell(format!("takes over from {}, whose lease has lapsed", holder.describe(now)));
                    Ok(wanted(fence, true))
                }
                left => Err(self.taken(holder, left)),
            },
        }
    }

    fn taken(&self, holder: &LeaseOwner, left: Duration) -> Error {
        let who = holder.describe(self.clock.now());
        let message =
            format!("{} is in use by {who}; its lease lapses in {} s unless renewed", self.place_name(), left.as_secs());
        Error::new(Class::Conflict, message)
            .with_help("wait until it has ended, or stop it with Ctrl-C; when it is dead its lease lapses by itself")
    }

    fn place_name(&self) -> String {
        deployer_engine::Backend::place(self)
    }

    /// Renews the lease.
    pub(super) async fn prolong(&self, lease: &Lease, now: OffsetDateTime, ttl: Duration) -> Result<Lease> {
        let mut renewed = Lease { expires: now + ttl, ..lease.clone() };
        let note = LeaseNote::of(&renewed, ttl);
        let mut tries = Retry::new(self, PATIENCE);
        loop {
            let error = match self.put(&self.lease_key(), &note.bytes()?, Some(&renewed.version)).await {
                Put::Stored(version) => return Ok(Lease { version, ..renewed }),
                Put::Failed(error) => return Err(error),
                Put::Changed(error) | Put::Unclear(error) => error,
            };
            match self.look().await? {
                LeaseStatus::Found(found) if found.is(lease) => {
                    if found.note == note {
                        return Ok(Lease { version: found.version, ..renewed });
                    }
                    renewed.version = found.version;
                }
                LeaseStatus::Found(found) => return Err(self.lost(found.note.holder.as_ref())),
                LeaseStatus::Nobody | LeaseStatus::NoBucket => return Err(self.lost(None)),
            }
            let class = if error.class == Class::Conflict { Class::Transient } else { error.class };
            tries.pause(error, class).await?;
        }
    }

    fn lost(&self, to: Option<&LeaseOwner>) -> Error {
        let how = match to {
            Some(holder) => format!("was taken over by {}", holder.describe(self.clock.now())),
            None => "was freed by somebody else".to_owned(),
        };
        Error::new(Class::Conflict, format!("the lease {} {how}", self.lease_place())).with_help("run again")
    }

    /// Releases the lease and retains its fence.
    pub(super) async fn give_back(&self, lease: Lease) -> Result<()> {
        let note = LeaseNote { holder: None, given_back: !lease.taken_over, ..LeaseNote::of(&lease, Duration::ZERO) };
        let mut version = lease.version.clone();
        let mut tries = Retry::new(self, PATIENCE);
        loop {
            let error = match self.put(&self.lease_key(), &note.bytes()?, Some(&version)).await {
                Put::Stored(_) => return Ok(()),
                Put::Failed(error) => return Err(error),
                Put::Changed(error) | Put::Unclear(error) => error,
            };
            match self.look().await? {
                // Renewed by a request whose response was never received.
                LeaseStatus::Found(found) if found.is(&lease) => version = found.version,
                _ => return Ok(()),
            }
            tries.pause(error, Class::Transient).await?;
        }
    }

    /// Returns the owner of the lease, even if it has expired.
    pub(super) async fn holding(&self) -> Result<Option<LeaseInfo>> {
        let LeaseStatus::Found(found) = self.look().await? else { return Ok(None) };
        let now = self.clock.now();
        let expires = match found.age {
            // S3's age of the note, converted to the reader's clock.
            Some(age) => now + Duration::from_secs(found.note.seconds) - age,
            None => found.note.expires,
        };
        let Found { note, version, .. } = *found;
        Ok(note.holder.map(|holder| LeaseInfo { holder, fence: note.fence, expires: Some(expires), version }))
    }

    /// Releases the lease of an owner that is reported dead. If the owner is alive after all, it finds its lease lost, and the next owner
    /// fences off its writes as after an expired lease.
    pub(super) async fn free(&self, held: &LeaseInfo) -> Result<()> {
        let changed = || {
            let message = format!("the lease {} has changed hands or was renewed meanwhile", self.lease_place());
            Error::new(Class::Conflict, message).with_help("look again who has it")
        };
        let freed = LeaseNote {
            fence: held.fence,
            holder: None,
            ticket: self.entropy.uuid(),
            expires: self.clock.now(),
            seconds: 0,
            given_back: false,
        };
        let mut tries = Retry::new(self, PATIENCE);
        loop {
            let error = match self.put(&self.lease_key(), &freed.bytes()?, Some(&held.version)).await {
                Put::Stored(_) => return Ok(()),
                Put::Failed(error) => return Err(error),
                Put::Changed(error) | Put::Unclear(error) => error,
            };
            match self.look().await? {
                LeaseStatus::Found(found) if found.note == freed => return Ok(()),
                LeaseStatus::Found(found) if found.version == held.version => {}
                _ => return Err(changed()),
            }
            tries.pause(error, Class::Transient).await?;
        }
    }
}
