//! The embedded AWS: one strict, narrow double of the services that the deployer and its functions call.
//!
//! One [`World`] holds the state of every service in one account and one Region, so that services see each other: a role that
//! Lambda cannot assume yet, a certificate in use by a domain. The Region of a request's signature and the account of its key
//! choose the world; roles and buckets are the account's, whatever the Region. Every request becomes a [`Call`](call::Call) first; a handler gets a draft of the
//! world and either answers, and the draft becomes the world, or refuses, and nothing has changed. Two thin fronts
//! stand over it: an HTTP listener and an HTTP client for the SDK that needs no socket.
//!
//! It shares no code with the crates that call AWS, so that it cannot share their misunderstandings.

pub mod call;
mod check;
pub mod clock;
mod dispatch;
pub mod front;
mod kept;
mod model;
mod page;
mod rates;
pub mod refusal;
mod regions;
pub mod reply;
pub mod services;
mod shared;
mod store;
mod world;
mod worlds;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

pub use clock::{Clock, SystemClock};
pub use world::World;

/// How the embedded AWS is set up.
pub struct Options {
    /// Where the world is kept between commands; `None` keeps it in memory only.
    pub directory: Option<PathBuf>,
    /// The account of every access key that does not name one by being its 12 digits.
    pub account: String,
    /// The Region of the world that [`Emulator::world`] shows; a request acts in the Region of its signature.
    pub region: String,
    /// Time, for states that take a while.
    pub clock: Arc<dyn Clock>,
    /// By how much AWS's durations are shortened: 1 is realistic, 60 makes a minute a second.
    pub speed: f64,
    /// Seed of every generated id, for runs that must repeat exactly; `None` takes the operating system's randomness.
    pub seed: Option<u64>,
    /// What AWS limits besides: off unless asked for.
    pub limits: Limits,
}

/// What a real account has and a local one need not have.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Calls are throttled at AWS's published rates, and counted quotas are those of a new account.
    pub quotas: bool,
    /// The calls of the account's own keys are judged by this identity policy, as if they were those of a role that has it and
    /// nothing else. IAM's JSON; checked when the world is opened.
    pub as_role: Option<String>,
}

/// Why the embedded AWS cannot be opened or kept.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A file of its store cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Another process has this world open.
    #[error("{path} is in use by another deployer process; wait for it to end", path = path.display())]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// The stored world cannot be read.
    #[error("{path} is not a world that this version can read: {reason}. Move it away to start with an empty AWS", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A journal is not as it was written.
    #[error(
        "{path} is damaged at byte {place}: {reason}. To keep what was written before, cut it off there (`truncate -s {place} {path}`), \
         which gives up what came after; or move the directory away to start with an empty AWS",
        path = path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        place: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A listener cannot be opened or fails.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The request cannot be carried out as things stand.
    #[error("{0}")]
    State(String),
}

/// An AWS account in one Region, inside this process, and the way to all others.
pub struct Emulator {
    worlds: Arc<worlds::Worlds>,
    store: Option<store::Store>,
    clock: Arc<dyn Clock>,
    speed: f64,
    ids: Arc<Mutex<call::Ids>>,
    /// Running functions; they live as long as the emulator.
    pub(crate) runtime: services::lambda::Runtime,
    pub(crate) family: regions::Family,
    limits: Limits,
    buckets: rates::Buckets,
}

impl Emulator {
    /// Opens the world in the options' directory, or an empty one, and takes its lock until dropped.
    pub fn open(options: Options) -> Result<Arc<Self>, Failure> {
        if let Some(policy) = &options.limits.as_role {
            let refused = |refusal: refusal::Refusal| Failure::State(format!("the policy is none: {}", refusal.message));
            services::iam::check_policy(policy).map_err(refused)?;
        }
        let directory = options.directory.clone();
        let home = Self::open_or(options, None)?;
        if let Some(directory) = directory {
            home.open_all_in(&directory)?;
        }
        Ok(home)
    }

    /// A copy of `world` in memory, which goes its own way from here; the options' directory is not used.
    pub fn from_world(options: Options, world: World) -> Arc<Self> {
        let options = Options { directory: None, ..options };
        Self::open_or(options, Some(world)).unwrap_or_else(|_| unreachable!("nothing is read or written"))
    }

    fn open_or(options: Options, given: Option<World>) -> Result<Arc<Self>, Failure> {
        let ids = Arc::new(Mutex::new(call::Ids::new(options.seed)));
        Self::build(options, given, ids, regions::Relatives::default())
    }

    fn build(
        options: Options,
        given: Option<World>,
        ids: Arc<Mutex<call::Ids>>,
        relatives: regions::Relatives,
    ) -> Result<Arc<Self>, Failure> {
        let world = given.unwrap_or_else(|| World::empty(&options.account, &options.region));
        let (store, worlds) = match &options.directory {
            Some(directory) => store::Store::open(directory, world).map(|(store, worlds)| (Some(store), worlds))?,
            None => (None, Arc::new(worlds::Worlds::new(world))),
        };
        let world = worlds.settled();
        let built = Arc::new_cyclic(|emulator| Self {
            family: regions::Family::new(&world, options.directory, relatives),
            worlds,
            store,
            clock: options.clock,
            speed: options.speed,
            limits: options.limits,
            buckets: rates::Buckets::default(),
            ids,
            runtime: services::lambda::Runtime::new(emulator.clone()),
        });
        built.runtime.clear_left_over(built.blobs().as_deref(), &world.lambda);
        Ok(built)
    }

    /// Answers one HTTP request to an AWS endpoint, as the service that its signature names.
    pub async fn handle(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        dispatch::handle(self, request).await
    }

    /// Which operation of which service a request asks for; `None` if the embedded AWS does not know it.
    pub fn operation_of(&self, request: &http::Request<Bytes>) -> Option<(call::Service, &'static str)> {
        dispatch::operation_of(self, request)
    }

    /// The answer by which the request's service would refuse it so, whatever it asks for. Nothing is looked at.
    pub fn refuse(&self, request: &http::Request<Bytes>, refusal: &refusal::Refusal) -> http::Response<Bytes> {
        dispatch::refuse(self, request, refusal)
    }

    /// The world as it is now, for handlers that read, tests and listings: a copy that shares everything and waits for nobody.
    pub fn world(&self) -> World {
        let mut world = self.worlds.settled();
        if let Some(main) = self.family.main() {
            // Roles are the account's.
            world.iam = main.worlds.settled().iam;
        }
        world
    }

    /// Whether every change of functions that has been decided has been written too.
    pub(crate) fn functions_are_settled(&self) -> bool {
        let newest = self.worlds.newest();
        newest.lambda.same(&self.worlds.settled().lambda)
    }

    /// Takes a call out of the account's rate, where rates are kept.
    pub(crate) fn pace(&self, call: &call::Call) -> Result<(), refusal::Refusal> {
        if self.limits.quotas { self.buckets.take(call, self.clock.now(), self.speed) } else { Ok(()) }
    }

    /// The policy by which the account's own calls are judged, if they are.
    pub(crate) fn as_role(&self) -> Option<&str> {
        self.limits.as_role.as_deref()
    }

    /// What handlers need besides the world and the call.
    pub(crate) fn surroundings(&self) -> call::Surroundings<'_> {
        let buckets = self.family.main().map(|main| main.world().s3);
        call::Surroundings {
            now: self.clock.now(),
            speed: self.speed,
            quotas: self.limits.quotas,
            buckets,
            policy: self.as_role(),
            ids: self.ids.as_ref(),
        }
    }

    /// Time.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Puts `change` through on a draft of the world, which becomes the world only if `change` succeeds and what it changed has
    /// been written. Changes are made one after another and written together; nobody is told of one, nor of a refusal that
    /// rests on one, before it is written.
    pub(crate) async fn change<T, E: From<refusal::Refusal>>(
        &self,
        change: impl FnOnce(&mut World) -> Result<T, E>,
    ) -> Result<T, E> {
        let (answer, written) = self.decide(change);
        if let Some(written) = written {
            let kept = written.await.unwrap_or_else(|_| Err("the embedded AWS is being closed".to_owned()));
            kept.map_err(refusal::Refusal::internal)?;
        }
        answer
    }

    fn decide<T, E>(&self, change: impl FnOnce(&mut World) -> Result<T, E>) -> (Result<T, E>, Option<store::Written>) {
        let mut newest = self.worlds.newest();
        if let Some(main) = self.family.main() {
            // A main world never waits for another, so the two locks have one order.
            newest.iam = main.worlds.newest().iam.clone();
        }
        let mut draft = newest.clone();
        let answer = change(&mut draft);
        let changed = if answer.is_ok() { draft.changes(&newest) } else { None };
        let changed = changed.map(|changed| {
            *newest = draft.clone();
            (changed, draft)
        });
        match (&self.store, changed) {
            // Under the lock of the newest world, so that the entries are in the order of the changes.
            (Some(store), changed) => (answer, Some(store.write(changed))),
            (None, changed) => {
                changed.into_iter().for_each(|(_, draft)| self.worlds.settle(draft));
                (answer, None)
            }
        }
    }

    /// The directory for files that the world's JSON does not hold (function code), if the world is kept.
    pub(crate) fn blobs(&self) -> Option<PathBuf> {
        self.store.as_ref().map(store::Store::blobs)
    }
}
