//! The engine's ports for tests: paused time, counted randomness, an in-memory state.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deployer_engine::{
    Backend, Clock, Engine, EnvironmentId, Error, ErrorClass, EventSink, Lease, LeaseInfo, LeaseOwner, Random, Result,
    StoredState, Version,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Call, Cloud, registry};

struct Paused(tokio::time::Instant);

impl Clock for Paused {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + self.0.elapsed()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }
}

#[derive(Default)]
struct Counted(AtomicU64);

impl Random for Counted {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
    }

    fn fraction(&self) -> f64 {
        0.5
    }
}

/// An in-memory state. All clones share it. The lease is released when its last copy is dropped.
#[derive(Clone, Default)]
pub struct Memory {
    pub stored: Arc<Mutex<Option<Vec<u8>>>>,
    pub writes: Arc<AtomicU64>,
    lease: Arc<Mutex<Option<std::sync::Weak<()>>>>,
    /// Whether renewals report that the lease was lost.
    pub lost: Arc<std::sync::atomic::AtomicBool>,
    /// The error of every write, and the number of writes that got it.
    pub outage: Arc<Mutex<Option<(Error, usize)>>>,
    /// Objects beside the state.
    pub objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    cloud: Cloud,
}

impl Memory {
    pub fn new(cloud: &Cloud) -> Self {
        Self { cloud: cloud.clone(), ..Self::default() }
    }

    pub fn bytes(&self) -> Option<Vec<u8>> {
        self.stored.lock().expect("no test panics with the lock").clone()
    }

    pub fn lose(&self) {
        *self.stored.lock().expect("no test panics with the lock") = None;
    }
}

fn version(bytes: &[u8]) -> Version {
    Version(String::from_utf8_lossy(bytes).into_owned())
}

impl Backend for Memory {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<StoredState>>> {
        async move { Ok(self.bytes().map(|bytes| StoredState { version: version(&bytes), bytes })) }.boxed()
    }

    fn save<'a>(&'a self, bytes: Vec<u8>, expected: Option<&'a Version>, _: &'a Lease) -> BoxFuture<'a, Result<Version>> {
        async move {
            if let Some((error, times)) = &mut *self.outage.lock().expect("no test panics with the lock") {
                *times += 1;
                return Err(error.clone());
            }
            let call = Call { operation: "state:Save".to_owned(), address: String::new(), mutates: false };
            self.cloud
                .call(call, |_| {
                    let mut stored = self.stored.lock().expect("no test panics with the lock");
                    if stored.as_deref().map(version).as_ref() != expected {
                        return Err(Error::new(ErrorClass::Conflict, "somebody else wrote the state"));
                    }
                    self.writes.fetch_add(1, Ordering::Relaxed);
                    let written = version(&bytes);
                    *stored = Some(bytes);
                    Ok(written)
                })
                .await
        }
        .boxed()
    }

    fn put_object<'a>(&'a self, name: &'a str, bytes: Vec<u8>, _: &'a Lease) -> BoxFuture<'a, Result<()>> {
        async move {
            let call = Call { operation: "state:PutObject".to_owned(), address: name.to_owned(), mutates: false };
            let put = |_: &mut _| {
                self.objects.lock().expect("no test panics with the lock").insert(name.to_owned(), bytes);
                Ok(())
            };
            self.cloud.call(call, put).await
        }
        .boxed()
    }

    fn get_object<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>>> {
        async move { Ok(self.objects.lock().expect("no test panics with the lock").get(name).cloned()) }.boxed()
    }

    fn acquire<'a>(&'a self, holder: &'a LeaseOwner, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>> {
        async move {
            let mut lease = self.lease.lock().expect("no test panics with the lock");
            if lease.as_ref().is_some_and(|lease| lease.strong_count() > 0) {
                return Err(Error::new(ErrorClass::Conflict, "in use"));
            }
            let guard = Arc::new(());
            *lease = Some(Arc::downgrade(&guard));
            let version = Version(String::new());
            Ok(Lease { holder: holder.clone(), fence: 1, expires: now + ttl, version, taken_over: false, guard: Some(guard) })
        }
        .boxed()
    }

    fn renew<'a>(&'a self, lease: &'a Lease, now: OffsetDateTime, ttl: Duration) -> BoxFuture<'a, Result<Lease>> {
        async move {
            if self.lost.load(Ordering::Relaxed) {
                return Err(Error::new(ErrorClass::Conflict, "another run took the lease"));
            }
            Ok(Lease { expires: now + ttl, ..lease.clone() })
        }
        .boxed()
    }

    fn current_lease(&self) -> BoxFuture<'_, Result<Option<LeaseInfo>>> {
        async { Ok(None) }.boxed()
    }

    fn unlock<'a>(&'a self, _: &'a LeaseInfo) -> BoxFuture<'a, Result<()>> {
        async { Err(Error::new(ErrorClass::Conflict, "the lease has changed hands")) }.boxed()
    }

    fn release(&self, lease: Lease) -> BoxFuture<'_, Result<()>> {
        drop(lease);
        async { Ok(()) }.boxed()
    }
}

/// Returns an engine on `cloud` with its state in `memory`.
pub fn engine(cloud: &Cloud, memory: &Memory) -> Engine {
    engine_with(cloud, Arc::new(memory.clone()), EventSink::ignore())
}

/// Returns an engine on `cloud` with this backend and these events.
pub fn engine_with(cloud: &Cloud, backend: Arc<dyn Backend>, events: EventSink) -> Engine {
    let clock = Paused(tokio::time::Instant::now());
    let since = clock.now();
    Engine {
        registry: registry(cloud),
        backend,
        clock: Arc::new(clock),
        random: Arc::new(Counted::default()),
        holder: LeaseOwner { id: Uuid::from_u128(7), host: "host".to_owned(), pid: 1, command: "apply".to_owned(), since },
        environment_id: EnvironmentId {
            project: "voice".to_owned(),
            environment: "dev".to_owned(),
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
        },
        events,
        create_visibility: deployer_engine::CREATE_VISIBILITY_TIMEOUT,
    }
}
