//! The embedded AWS: a strict, partial emulator of the services that the deployer and its functions call.
//!
//! One [`AccountState`] holds the state of every service in one account and one Region, so that services see each other: a role that Lambda
//! cannot assume yet, a certificate in use by a domain. The Region of a request's signature and the account of its access key select the
//! account state; roles and buckets belong to the account, whatever the Region. Every request is first decoded into a
//! [`Request`](request::Request); a handler gets a draft of the state and either succeeds, and the draft becomes the state, or returns an
//! error, and nothing has changed. Two thin servers sit on top of it: an HTTP listener, and an HTTP client for the SDK that needs no
//! socket.
//!
//! It shares no code with the crates that call AWS, so that it cannot share their misunderstandings.

mod account_state;
mod check;
pub mod clock;
mod dispatch;
pub mod error;
mod failure;
mod history;
mod kernel;
mod live_calls;
mod model;
mod overview;
mod page;
mod persistent_map;
pub mod phone;
mod regions;
mod registry;
pub mod request;
pub mod response;
pub mod server;
pub mod service_authorization;
pub mod services;
mod shared;
mod store;
mod stored;
mod throttle;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use bytes::Bytes;

pub use account_state::AccountState;
pub use clock::{Clock, SystemClock};
pub use failure::Failure;
pub use server::signature::AccessKey;
pub use services::lambda::{missing_interpreter, unenforced_limits};

/// Configuration of the embedded AWS.
pub struct Options {
    /// Directory that stores the state between commands; `None` keeps it in memory only.
    pub directory: Option<PathBuf>,
    /// Account of every access key that is not itself a 12-digit account ID.
    pub account: String,
    /// Region of the state that [`Emulator::account_state`] returns; a request acts in the Region of its signature.
    pub region: String,
    /// Clock for state transitions that take time.
    pub clock: Arc<dyn Clock>,
    /// Factor by which AWS's durations are shortened: 1 is realistic, 60 turns a minute into a second.
    pub speed: f64,
    /// Seed of every generated ID, for reproducible runs; `None` uses the operating system's random numbers.
    pub seed: Option<u64>,
    /// Additional AWS limits, off by default.
    pub limits: Limits,
}

/// Limits that a real account has and that are optional here.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Whether requests are throttled at AWS's published rates, and counted quotas are those of a new account.
    pub quotas: bool,
    /// Identity policy (IAM JSON) by which requests with the account's own keys are authorized, as if they came from a role with only this
    /// policy. Validated when the emulator is opened.
    pub as_role: Option<String>,
    /// Access key that requests to listeners must be signed with; temporary credentials of a role are accepted too.
    pub access_key: Option<AccessKey>,
}

/// An AWS account in one Region, inside this process, with links to all other accounts and Regions.
pub struct Emulator {
    history: Arc<history::AccountHistory>,
    /// Directory and store. The store of another account or Region is created at its first write.
    directory: Option<PathBuf>,
    store: OnceLock<store::Store>,
    clock: Arc<dyn Clock>,
    speed: f64,
    ids: Arc<Mutex<request::IdGenerator>>,
    this: Weak<Self>,
    /// Listener for functions, opened when the first one runs.
    pub(crate) endpoint: tokio::sync::OnceCell<server::socket::Listener>,
    /// Running functions, which live as long as the emulator.
    pub(crate) runtime: Arc<services::lambda::Runtime>,
    pub(crate) regions: regions::RegionSet,
    limits: Limits,
    buckets: throttle::TokenBuckets,
    pub(crate) tests: services::connect::Running,
    /// Calls in progress and the last ones before; those of the root.
    pub(crate) calls: live_calls::LiveCalls,
    /// Usage counts of API keys.
    pub(crate) usage: services::apigateway::Usage,
}

impl Emulator {
    /// Opens the state in the options' directory, or an empty one, and holds its lock until dropped.
    ///
    /// # Errors
    /// Fails if another process holds the lock, if the state cannot be read, or if a policy of the options is malformed.
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

    /// Creates an emulator with an independent copy of `world`. The options' directory, if any, must not hold a state; `world` is stored
    /// there at the first write.
    pub fn from_account_state(options: Options, world: AccountState) -> Arc<Self> {
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
        let stored = |directory: &&std::path::Path| given.is_none() && (relatives.is_root() || directory.exists());
        let directory = options.directory.as_deref().filter(stored);
        let world = given.unwrap_or_else(|| AccountState::empty(&options.account, &options.region));
        let store = OnceLock::new();
        let worlds = match directory {
            Some(directory) => {
                let (opened, worlds) = store::Store::open(directory, world)?;
                store.get_or_init(|| opened);
                worlds
            }
            None => Arc::new(history::AccountHistory::new(world)),
        };
        let world = worlds.committed();
        let built = Arc::new_cyclic(|emulator: &Weak<Self>| Self {
            regions: regions::RegionSet::new(&world, relatives),
            directory: options.directory,
            history: worlds,
            store,
            clock: options.clock,
            speed: options.speed,
            limits: options.limits,
            buckets: throttle::TokenBuckets::default(),
            tests: services::connect::Running::default(),
            calls: live_calls::LiveCalls::default(),
            usage: services::apigateway::Usage::default(),
            ids,
            runtime: Arc::new(services::lambda::Runtime::new(Weak::clone(emulator) as _)),
            endpoint: tokio::sync::OnceCell::new(),
            this: Weak::clone(emulator),
        });
        if built.store.get().is_some() {
            built.regions.write();
        }
        built.runtime.remove_stale_files(built.blobs().as_deref(), &world.lambda);
        Ok(built)
    }

    /// Handles one HTTP request to an AWS endpoint, as the service that its signature names.
    pub async fn handle(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        dispatch::handle(self, request).await
    }

    /// Returns the service and operation that a request calls, or `None` if the embedded AWS does not know it.
    pub fn operation_of(&self, request: &http::Request<Bytes>) -> Option<(request::Service, &'static str)> {
        dispatch::operation_of(self, request)
    }

    /// Returns the actions and resources by which a request is authorized, if requests are authorized; empty for unknown operations.
    pub fn required_actions(&self, request: &http::Request<Bytes>) -> Vec<(String, String)> {
        dispatch::required_actions(self, request)
    }

    /// Returns `error` as a response in the protocol of the request's service, whatever the operation. Reads no state.
    pub fn error_response(&self, request: &http::Request<Bytes>, error: &error::AwsError) -> http::Response<Bytes> {
        dispatch::error_response(self, request, error)
    }

    /// Returns a copy of the current state for reads, tests and listings; it shares all data and does not block.
    pub fn account_state(&self) -> AccountState {
        let mut world = self.history.committed();
        if let Some(main) = self.regions.primary() {
            // Roles belong to the account.
            world.iam = main.history.committed().iam;
        }
        world
    }

    /// Whether every change of functions that has been made has also been written.
    pub(crate) fn functions_are_settled(&self) -> bool {
        let newest = self.history.head();
        newest.lambda.same(&self.history.committed().lambda)
    }

    /// Takes a request from the account's rate limits, if they are enforced.
    pub(crate) fn check_rate(&self, request: &request::Request) -> Result<(), error::AwsError> {
        if self.limits.quotas { self.buckets.take(request, self.clock.now(), self.speed) } else { Ok(()) }
    }

    /// Returns the policy by which the account's own requests are authorized, if there is one.
    pub(crate) fn as_role(&self) -> Option<&str> {
        self.limits.as_role.as_deref()
    }

    /// Returns the access key that requests must be signed with, if one is required.
    pub(crate) fn access_key(&self) -> Option<&AccessKey> {
        self.limits.access_key.as_ref()
    }

    /// Returns the secret of an access key that was issued here, long-term or of a role's session.
    pub(crate) fn secret_of(&self, access_key: &str, token: Option<&str>) -> Option<String> {
        if let Some(key) = self.access_key().filter(|key| key.id == access_key) {
            return Some(key.secret.clone());
        }
        let there = self.for_signature(request::Service::Sts, "", access_key).ok()?;
        there.account_state().iam.session_secret(access_key, token?)
    }

    /// Returns the context of a request that arrives now.
    pub(crate) fn request_context(&self) -> request::RequestContext {
        request::RequestContext {
            now: self.clock.now(),
            account: self.regions.account.clone(),
            region: self.regions.region.clone(),
            speed: self.speed,
            quotas: self.limits.quotas,
            ids: Arc::clone(&self.ids),
        }
    }

    /// Returns what requests need from outside the state of this Region.
    pub(crate) fn outside(&self) -> registry::AccountContext<'_> {
        let primary = self.regions.primary().map(|primary| primary.account_state());
        let (buckets, zones) = primary.map(|primary| (primary.s3, primary.route53)).unzip();
        registry::AccountContext { policy: self.as_role(), buckets, zones }
    }

    /// Whether the policies of a principal allow an action that is not a request to a service.
    pub(crate) fn allows(&self, principal: &request::Principal, action: &str, resource: &str) -> bool {
        let (mut world, context, outside) = (self.account_state(), self.request_context(), self.outside());
        registry::RegionServices::new(&mut world, &context, &outside).allows(principal, action, resource)
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Whether this state is to be stored and none of it has been written yet.
    pub(crate) fn is_unwritten(&self) -> bool {
        self.directory.is_some() && self.store.get().is_none()
    }

    /// Returns the result of `change` on a draft that is then discarded.
    pub(crate) fn dry_run<T>(
        &self,
        change: impl FnOnce(&mut AccountState) -> Result<T, error::AwsError>,
    ) -> Result<T, error::AwsError> {
        change(&mut self.account_state())
    }

    /// Applies `change` to a draft of the state, which becomes the state only if `change` succeeds and its changes have been written.
    /// Changes are made one after another and written together; neither a change nor an error that depends on one is returned before it is
    /// written.
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
        let mut newest = self.history.head();
        if let Some(main) = self.regions.primary() {
            // Uses the roles as committed to disk: a change based on a role that may still be lost could outlive it. No caller has received
            // an uncommitted role.
            newest.iam = main.history.committed().iam;
        }
        let mut draft = newest.clone();
        match change(&mut draft) {
            Ok(answer) => match self.put(&mut newest, draft) {
                Ok(written) => (Ok(answer), written),
                Err(why) => (Err(error::AwsError::internal(why).into()), None),
            },
            Err(refused) => (Err(refused), self.pending_writes()),
        }
    }

    /// Replaces the head by a draft that was taken from it, and queues the differences to be written.
    fn put(&self, newest: &mut AccountState, mut draft: AccountState) -> Result<Option<store::Written>, String> {
        if self.directory.is_none() {
            if !draft.same(newest) {
                self.regions.write();
                *newest = draft.clone();
                self.history.commit(draft);
            }
            return Ok(None);
        }
        let rows = stored::changes(&draft, Some(newest))?;
        if rows.is_empty() {
            return Ok(self.pending_writes());
        }
        let store = self.open_store().map_err(|failure| failure.to_string())?.ok_or("there is nowhere to write it")?;
        if self.regions.is_secondary() {
            // Roles are stored in the account's primary state.
            draft.iam = Default::default();
        }
        // Under the lock of the head, so that the entries are in the order of the changes.
        let written = store.write(&rows, draft.clone())?;
        *newest = draft;
        Ok(Some(written))
    }

    /// Returns a receiver that resolves when all changes so far are written; a response that depends on them waits for it.
    fn pending_writes(&self) -> Option<store::Written> {
        self.store.get().map(store::Store::wait)
    }

    /// Returns the store of a persistent state for writing, and creates it at the first write.
    fn open_store(&self) -> Result<Option<&store::Store>, Failure> {
        let Some(directory) = &self.directory else { return Ok(None) };
        self.regions.write();
        if let Some(store) = self.store.get() {
            return Ok(Some(store));
        }
        let _one_at_a_time = self.regions.lock_creation();
        if self.store.get().is_none() {
            let begun = store::Store::begin(directory, &self.history)?;
            self.store.get_or_init(|| begun);
        }
        Ok(self.store.get())
    }

    /// Returns the directory for files that the state's JSON does not contain (function code), if there is one.
    pub(crate) fn blobs(&self) -> Option<PathBuf> {
        self.store.get().map(store::Store::blobs)
    }

    /// Returns the directory for such files, and creates it if nothing has been written yet.
    pub(crate) fn blobs_to_write(&self) -> Result<Option<PathBuf>, error::AwsError> {
        let kept = self.open_store().map_err(|failure| error::AwsError::internal(failure.to_string()))?;
        Ok(kept.map(store::Store::blobs))
    }
}
