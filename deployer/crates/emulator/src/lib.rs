//! The embedded AWS: one strict, narrow double of the services that the deployer and its functions call.
//!
//! One [`World`] holds the state of every service in one account and one Region, so that services see each other: a role that
//! Lambda cannot assume yet, a certificate in use by a domain. The Region of a request's signature and the account of its key
//! choose the world; roles and buckets are the account's, whatever the Region. Every request becomes a [`Call`](call::Call) first; a handler gets a draft of the
//! world and either answers, and the draft becomes the world, or refuses, and nothing has changed. Two thin fronts
//! stand over it: an HTTP listener and an HTTP client for the SDK that needs no socket.
//!
//! It shares no code with the crates that call AWS, so that it cannot share their misunderstandings.

pub mod request;
mod check;
pub mod clock;
mod diff;
mod dispatch;
pub mod server;
mod tracked_map;
mod model;
mod page;
mod throttle;
pub mod error;
mod regions;
pub mod response;
pub mod service_authorization;
pub mod services;
mod shared;
mod store;
mod journaled;
mod account_state;
mod history;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;

pub use clock::{Clock, SystemClock};
pub use server::signature::AccessKey;
pub use services::lambda::unenforced_limits;
pub use account_state::AccountState;

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
    /// Listeners answer only requests that are signed with this key, or with the temporary credentials of a role.
    pub access_key: Option<AccessKey>,
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
    worlds: Arc<history::AccountHistory>,
    /// Where it is kept, and how; that of another account or Region begins when something is written in it.
    directory: Option<PathBuf>,
    store: OnceLock<store::Store>,
    clock: Arc<dyn Clock>,
    speed: f64,
    ids: Arc<Mutex<request::IdGenerator>>,
    /// Running functions; they live as long as the emulator.
    pub(crate) runtime: services::lambda::Runtime,
    pub(crate) family: regions::RegionSet,
    limits: Limits,
    buckets: throttle::TokenBuckets,
    pub(crate) tests: services::connect::Running,
    /// How often API keys were used.
    pub(crate) usage: services::apigateway::Usage,
}

impl Emulator {
    /// Opens the world in the options' directory, or an empty one, and takes its lock until dropped.
    pub fn open(options: Options) -> Result<Arc<Self>, Failure> {
        if let Some(policy) = &options.limits.as_role {
            let refused = |refusal: error::AwsError| Failure::State(format!("the policy is none: {}", refusal.message));
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
    pub fn from_world(options: Options, world: AccountState) -> Arc<Self> {
        let options = Options { directory: None, ..options };
        Self::open_or(options, Some(world)).unwrap_or_else(|_| unreachable!("nothing is read or written"))
    }

    fn open_or(options: Options, given: Option<AccountState>) -> Result<Arc<Self>, Failure> {
        let ids = Arc::new(Mutex::new(request::IdGenerator::new(options.seed)));
        Self::build(options, given, ids, regions::Links::default())
    }

    fn build(
        options: Options,
        given: Option<AccountState>,
        ids: Arc<Mutex<request::IdGenerator>>,
        relatives: regions::Links,
    ) -> Result<Arc<Self>, Failure> {
        let world = given.unwrap_or_else(|| AccountState::empty(&options.account, &options.region));
        let store = OnceLock::new();
        let worlds = match options.directory.as_deref().filter(|directory| relatives.is_first() || directory.exists()) {
            Some(directory) => {
                let (opened, worlds) = store::Store::open(directory, world)?;
                store.get_or_init(|| opened);
                worlds
            }
            None => Arc::new(history::AccountHistory::new(world)),
        };
        let world = worlds.committed();
        let built = Arc::new_cyclic(|emulator| Self {
            family: regions::RegionSet::new(&world, relatives),
            directory: options.directory,
            worlds,
            store,
            clock: options.clock,
            speed: options.speed,
            limits: options.limits,
            buckets: throttle::TokenBuckets::default(),
            tests: services::connect::Running::default(),
            usage: services::apigateway::Usage::default(),
            ids,
            runtime: services::lambda::Runtime::new(emulator.clone()),
        });
        if built.store.get().is_some() {
            built.family.write();
        }
        built.runtime.clear_left_over(built.blobs().as_deref(), &world.lambda);
        Ok(built)
    }

    /// Answers one HTTP request to an AWS endpoint, as the service that its signature names.
    pub async fn handle(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        dispatch::handle(self, request).await
    }

    /// Which operation of which service a request asks for; `None` if the embedded AWS does not know it.
    pub fn operation_of(&self, request: &http::Request<Bytes>) -> Option<(request::Service, &'static str)> {
        dispatch::operation_of(self, request)
    }

    /// The actions and resources by which a request is judged, where calls are judged at all; none for what is not known.
    pub fn needs_of(&self, request: &http::Request<Bytes>) -> Vec<(String, String)> {
        dispatch::needs_of(self, request)
    }

    /// The answer by which the request's service would refuse it so, whatever it asks for. Nothing is looked at.
    pub fn refuse(&self, request: &http::Request<Bytes>, error: &error::AwsError) -> http::Response<Bytes> {
        dispatch::refuse(self, request, error)
    }

    /// The world as it is now, for handlers that read, tests and listings: a copy that shares everything and waits for nobody.
    pub fn world(&self) -> AccountState {
        let mut world = self.worlds.committed();
        if let Some(main) = self.family.main() {
            // Roles are the account's.
            world.iam = main.worlds.committed().iam;
        }
        world
    }

    /// Whether every change of functions that has been decided has been written too.
    pub(crate) fn functions_are_settled(&self) -> bool {
        let newest = self.worlds.head();
        newest.lambda.same(&self.worlds.committed().lambda)
    }

    /// Takes a call out of the account's rate, where rates are kept.
    pub(crate) fn pace(&self, request: &request::Request) -> Result<(), error::AwsError> {
        if self.limits.quotas { self.buckets.take(request, self.clock.now(), self.speed) } else { Ok(()) }
    }

    /// The policy by which the account's own calls are judged, if they are.
    pub(crate) fn as_role(&self) -> Option<&str> {
        self.limits.as_role.as_deref()
    }

    /// The key that requests must be signed with, if any must be.
    pub(crate) fn access_key(&self) -> Option<&AccessKey> {
        self.limits.access_key.as_ref()
    }

    /// The secret of an access key that was handed out here, long-term or of a role's session.
    pub(crate) fn secret_of(&self, access_key: &str, token: Option<&str>) -> Option<String> {
        if let Some(key) = self.access_key().filter(|key| key.id == access_key) {
            return Some(key.secret.clone());
        }
        let there = self.signed(request::Service::Sts, "", access_key).ok()?;
        there.world().iam.session_secret(access_key, token?)
    }

    /// What handlers need besides the world and the call.
    pub(crate) fn surroundings(&self) -> request::RequestContext<'_> {
        let buckets = self.family.main().map(|main| main.world().s3);
        request::RequestContext {
            now: self.clock.now(),
            speed: self.speed,
            quotas: self.limits.quotas,
            policy: self.as_role(),
            buckets,
            ids: self.ids.as_ref(),
        }
    }

    /// What takes AWS `realistic` here.
    pub(crate) fn shortened(&self, realistic: std::time::Duration) -> std::time::Duration {
        self.surroundings().shortened(realistic)
    }

    /// Time.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Whether this world is to be kept, and nothing of it has been written yet.
    pub(crate) fn is_unwritten(&self) -> bool {
        self.directory.is_some() && self.store.get().is_none()
    }

    /// What would come of `change`: it is put through on a draft that nobody sees.
    pub(crate) fn rehearse<T>(
        &self,
        change: impl FnOnce(&mut AccountState) -> Result<T, error::AwsError>,
    ) -> Result<T, error::AwsError> {
        change(&mut self.world())
    }

    /// Puts `change` through on a draft of the world, which becomes the world only if `change` succeeds and what it changed has
    /// been written. Changes are made one after another and written together; nobody is told of one, nor of a refusal that
    /// rests on one, before it is written.
    pub(crate) async fn change<T, E: From<error::AwsError>>(
        &self,
        change: impl FnOnce(&mut AccountState) -> Result<T, E>,
    ) -> Result<T, E> {
        let (answer, written) = self.decide(change);
        if let Some(written) = written {
            let kept = written.await.unwrap_or_else(|_| Err("the embedded AWS is being closed".to_owned()));
            kept.map_err(error::AwsError::internal)?;
        }
        answer
    }

    fn decide<T, E: From<error::AwsError>>(
        &self,
        change: impl FnOnce(&mut AccountState) -> Result<T, E>,
    ) -> (Result<T, E>, Option<store::Written>) {
        let mut newest = self.worlds.head();
        if let Some(main) = self.family.main() {
            // Roles as they are on the disk: a change that is made on what may still be lost could outlive it. Nobody has been
            // told of what is not there yet.
            newest.iam = main.worlds.committed().iam;
        }
        let mut draft = newest.clone();
        match change(&mut draft) {
            Ok(answer) => match self.put(&mut newest, draft) {
                Ok(written) => (Ok(answer), written),
                Err(why) => (Err(error::AwsError::internal(why).into()), None),
            },
            Err(refused) => (Err(refused), self.written_so_far()),
        }
    }

    /// Puts a draft in the place of the newest world that it was taken from, and has written what differs.
    fn put(&self, newest: &mut AccountState, mut draft: AccountState) -> Result<Option<store::Written>, String> {
        if self.directory.is_none() {
            if draft.hush(newest) {
                self.family.write();
                *newest = draft.clone();
                self.worlds.settle(draft);
            }
            return Ok(None);
        }
        let Some(changed) = draft.changes(newest)? else { return Ok(self.written_so_far()) };
        let store = self.kept().map_err(|failure| failure.to_string())?.ok_or("there is nowhere to write it")?;
        if self.family.is_other() {
            // They are kept in the account's main world.
            draft.iam = Default::default();
        }
        *newest = draft.clone();
        // Under the lock of the newest world, so that the entries are in the order of the changes.
        Ok(Some(store.write(Some((changed, draft)))))
    }

    /// Tells when everything that has been decided is written; what rests on it is not answered before.
    fn written_so_far(&self) -> Option<store::Written> {
        self.store.get().map(|store| store.write(None))
    }

    /// The store of a world that is kept, to write in it; begun, if nothing has been written yet.
    fn kept(&self) -> Result<Option<&store::Store>, Failure> {
        let Some(directory) = &self.directory else { return Ok(None) };
        self.family.write();
        if let Some(store) = self.store.get() {
            return Ok(Some(store));
        }
        let _one_at_a_time = self.family.beginning();
        if self.store.get().is_none() {
            let begun = store::Store::begin(directory, &self.worlds)?;
            self.store.get_or_init(|| begun);
        }
        Ok(self.store.get())
    }

    /// The directory for files that the world's JSON does not hold (function code), if there is one.
    pub(crate) fn blobs(&self) -> Option<PathBuf> {
        self.store.get().map(store::Store::blobs)
    }

    /// The same, made if nothing has been written yet.
    pub(crate) fn blobs_to_write(&self) -> Result<Option<PathBuf>, error::AwsError> {
        let kept = self.kept().map_err(|failure| error::AwsError::internal(failure.to_string()))?;
        Ok(kept.map(store::Store::blobs))
    }
}
