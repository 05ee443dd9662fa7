//! The embedded AWS behind the real SDK, on a virtual clock that advances on every sleep, so that no test takes long.

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deployer_aws::{Artifacts, Provider, RateLimiting, Secrets, StateBucket, StateBucketConfig, registry};
use deployer_emulator::server::sdk::http_client;
use deployer_emulator::{AccountState, Emulator, Limits, Options};
use deployer_engine::{
    Address, AnyLive, AnyResource, Clock, Context, Directory, Engine, EnvironmentId, Event, EventSink, LeaseOwner, Lookup,
    Ownership, PhysicalId, PropertyPath, Random, Registry, TagOwner,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;
use zip::write::SimpleFileOptions;

use super::wire::Wire;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-central-1";
const START: OffsetDateTime = datetime!(2026-11-23 10:00 UTC);

/// A virtual clock that sleeping advances.
#[derive(Debug, Clone)]
struct Moved(Arc<Mutex<OffsetDateTime>>);

impl Moved {
    fn present(&self) -> OffsetDateTime {
        *self.0.lock().expect("nobody panics holding it")
    }
}

/// Shortest sleep that is not one of a poll: of the renewals of a lease and of reminders.
const LONG: Duration = Duration::from_secs(5);

/// Advances the clock when the sleep is polled, not when it is created.
fn slept(clock: &Arc<Mutex<OffsetDateTime>>, duration: Duration) -> BoxFuture<'static, ()> {
    let clock = Arc::clone(clock);
    async move {
        // Other ready tasks run first: time advances only when all of them wait.
        tokio::task::yield_now().await;
        if duration >= LONG {
            // Files are written by other threads, which this executor does not see. Without a pause, the renewals of the lease alone would
            // take the clock a day further while a slow disk writes.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        *clock.lock().expect("nobody panics holding it") += duration;
    }
    .boxed()
}

impl Clock for Moved {
    fn now(&self) -> OffsetDateTime {
        self.present()
    }

    fn monotonic(&self) -> Duration {
        (self.present() - OffsetDateTime::UNIX_EPOCH).unsigned_abs()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        slept(&self.0, duration)
    }
}

impl deployer_emulator::Clock for Moved {
    fn now(&self) -> OffsetDateTime {
        self.present()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        slept(&self.0, duration)
    }
}

impl TimeSource for Moved {
    fn now(&self) -> SystemTime {
        self.present().into()
    }
}

struct Middle;

impl Random for Middle {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(7)
    }

    fn fraction(&self) -> f64 {
        0.5
    }
}

/// Returns a zip whose `bootstrap` contains `text`; Lambda identifies it by its digest.
fn zipped(text: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", SimpleFileOptions::default().unix_permissions(0o755)).expect("a file");
    zip.write_all(text.as_bytes()).expect("written");
    zip.finish().expect("a zip").into_inner()
}

/// Returns the digest of the code `text`.
pub(crate) fn code(text: &str) -> String {
    STANDARD.encode(Sha256::digest(zipped(text)))
}

/// Returns a silent recording of this length.
pub(crate) fn silence(milliseconds: u32) -> Vec<u8> {
    let samples = milliseconds * 8;
    let mut bytes = [b"RIFF".as_slice(), &(36 + samples).to_le_bytes(), b"WAVEfmt ", &16u32.to_le_bytes()].concat();
    bytes.extend([7u16, 1].map(u16::to_le_bytes).concat());
    bytes.extend([8_000u32, 8_000].map(u32::to_le_bytes).concat());
    bytes.extend([1u16, 8].map(u16::to_le_bytes).concat());
    bytes.extend([b"data".as_slice(), &samples.to_le_bytes(), &vec![0xff; samples as usize]].concat());
    bytes
}

/// Returns the digest of a recording.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

struct Zips;

impl Artifacts for Zips {
    fn zip(&self, code_sha256: &str) -> std::io::Result<Vec<u8>> {
        let known = ["one", "two"].into_iter().find(|text| code(text) == code_sha256);
        known.map(zipped).ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }

    fn recording(&self, sha256: &str) -> std::io::Result<Vec<u8>> {
        let known = [10, 20].into_iter().map(silence).find(|bytes| digest(bytes) == sha256);
        known.ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }
}

fn options(clock: &Arc<Moved>, limits: Limits) -> Options {
    Options {
        directory: None,
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        clock: Arc::clone(clock) as Arc<dyn deployer_emulator::Clock>,
        speed: 1.0,
        seed: Some(7),
        limits,
    }
}

fn provider(sdk: &SdkConfig) -> Provider {
    Provider::new(sdk.clone(), ACCOUNT.to_owned(), REGION.to_owned(), Arc::new(Zips)).with_rate_limiting(RateLimiting::Off)
}

/// An empty account, the resource types over it, and the events they sent.
pub(crate) struct TestCloud {
    pub(crate) sdk: SdkConfig,
    /// The connection to it.
    pub(crate) wire: Wire,
    emulator: Arc<Emulator>,
    registry: Registry,
    clock: Arc<Moved>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) reported: Arc<Mutex<Vec<Event>>>,
}

impl TestCloud {
    pub(crate) fn empty() -> Self {
        let clock = Arc::new(Moved(Arc::new(Mutex::new(START))));
        let emulator = Emulator::open(options(&clock, Limits::default())).expect("a world in memory opens");
        Self::over(emulator, clock)
    }

    /// Returns the same account for a caller with this policy.
    pub(crate) fn as_role(&self, policy: &str) -> Self {
        let limits = Limits { as_role: Some(policy.to_owned()), ..Limits::default() };
        let options = options(&self.clock, limits);
        Self::over(Emulator::from_account_state(options, self.emulator.account_state()), Arc::clone(&self.clock))
    }

    fn over(emulator: Arc<Emulator>, clock: Arc<Moved>) -> Self {
        let wire = Wire::before(http_client(Arc::clone(&emulator)));
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
            .http_client(wire.clone())
            .time_source(SharedTimeSource::new(Moved::clone(&clock)))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build();
        let secrets: Arc<Secrets> = Arc::default();
        let registry = registry(provider(&sdk).with_secrets(Arc::clone(&secrets)));
        Self { sdk, wire, emulator, registry, clock, secrets, reported: Arc::default() }
    }

    /// Returns a provider of this account.
    pub(crate) fn provider(&self) -> Provider {
        provider(&self.sdk)
    }

    /// Returns the same account for an environment that uses this instance without managing it.
    pub(crate) fn using_instance(&self, id: &str) -> Self {
        let provider = self.provider().with_secrets(Arc::clone(&self.secrets)).with_existing_instance(Some(id.to_owned()));
        Self {
            sdk: self.sdk.clone(),
            wire: self.wire.clone(),
            emulator: Arc::clone(&self.emulator),
            registry: registry(provider),
            clock: Arc::clone(&self.clock),
            secrets: Arc::clone(&self.secrets),
            reported: Arc::default(),
        }
    }

    /// Returns everything that is in the account.
    pub(crate) fn account_state(&self) -> AccountState {
        self.emulator.account_state()
    }

    /// Returns a state backend in the bucket `example-states`.
    pub(crate) fn state_bucket(&self) -> StateBucket {
        let reported = Arc::clone(&self.reported);
        let place = StateBucketConfig {
            bucket: "example-states".to_owned(),
            prefix: String::new(),
            project: "shop".to_owned(),
            environment: "dev".to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            in_own_account: true,
        };
        let events = EventSink::to(move |event| reported.lock().expect("nobody panics holding it").push(event));
        StateBucket::new(self.sdk.clone(), place, Arc::clone(&self.clock) as Arc<dyn Clock>, Arc::new(Middle), events)
    }

    /// Returns the lease owner of these tests.
    pub(crate) fn holder(&self) -> LeaseOwner {
        LeaseOwner {
            id: Uuid::from_u128(3),
            host: "machine".to_owned(),
            pid: std::process::id(),
            command: "deployer apply".to_owned(),
            since: self.now(),
        }
    }

    /// Returns the engine over this account, with its state in a directory.
    pub(crate) fn engine(&self, directory: &std::path::Path) -> Engine {
        let reported = Arc::clone(&self.reported);
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let site = EnvironmentId {
            project: "shop".to_owned(),
            environment: "dev".to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
        };
        Engine {
            registry: self.registry.clone(),
            backend: Arc::new(Directory::new(directory.to_owned())),
            holder: self.holder(),
            clock,
            random: Arc::new(Middle),
            environment_id: site,
            events: EventSink::to(move |event| reported.lock().expect("nobody panics holding it").push(event)),
            create_visibility: deployer_engine::CREATE_VISIBILITY_TIMEOUT,
        }
    }

    /// Returns the current time of the virtual clock.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.present()
    }

    /// Advances the virtual clock.
    pub(crate) fn advance(&self, duration: Duration) {
        *self.clock.0.lock().expect("nobody panics holding it") += duration;
    }

    fn context(&self, address: &str) -> Context {
        let reported = Arc::clone(&self.reported);
        Context {
            address: Address::parse(address).expect("an address"),
            owner: Arc::new(Ownership { project: "shop".to_owned(), environment: "dev".to_owned() }),
            token: Uuid::new_v5(&Uuid::from_u128(1), address.as_bytes()),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            random: Arc::new(Middle),
            events: EventSink::to(move |event| reported.lock().expect("nobody panics holding it").push(event)),
            lease_guard: None,
            attempts: None,
            cache: None,
            former_addresses: Vec::new(),
            presence_only: false,
            creation_pending: false,
            create_visibility: deployer_engine::CREATE_VISIBILITY_TIMEOUT,
        }
    }

    fn resource(&self, type_name: &str) -> &Arc<dyn AnyResource> {
        self.registry.get(type_name).expect("a type of the table")
    }

    /// Creates the resource and compares every way of reading it with the desired properties.
    pub(crate) async fn make(&self, type_name: &'static str, address: &'static str, wanted: Value) -> TestResource {
        let (cx, resource) = (self.context(address), self.resource(type_name));
        let absent = resource.find(&cx, &wanted).await.unwrap_or_else(|error| panic!("finding no {address}: {error}"));
        assert!(matches!(absent, Lookup::NotFound), "{address} is there before it is made");
        let live = resource.create(&cx, &wanted).await.unwrap_or_else(|error| panic!("making {address}: {error}"));
        for (name, value) in resource.predict(&wanted) {
            assert_eq!(live.outputs[&name], value, "predicted {name} of {address}");
        }
        let made = TestResource { type_name, address, live };
        self.is_as_wanted(&made, &wanted).await;
        made
    }

    /// Updates the resource in place and reads it again.
    pub(crate) async fn change(&self, made: &mut TestResource, wanted: Value) {
        let live = self.update(made, &wanted).await;
        made.live = live.unwrap_or_else(|error| panic!("changing {}: {error}", made.address));
        self.is_as_wanted(made, &wanted).await;
    }

    /// Returns the result of an update.
    pub(crate) async fn update(&self, made: &TestResource, wanted: &Value) -> deployer_engine::Result<AnyLive> {
        let changed = [PropertyPath(vec!["some".to_owned()])];
        self.resource(made.type_name).update(&self.context(made.address), &made.live, wanted, &changed).await
    }

    async fn is_as_wanted(&self, made: &TestResource, wanted: &Value) {
        let address = made.address;
        assert_eq!(&made.live.properties, wanted, "what making or changing {address} gave");
        let read = self.read(made, wanted).await.unwrap_or_else(|| panic!("{address} is not there"));
        assert_eq!(&read.properties, wanted, "{address} as read");
        assert_eq!((&read.id, &read.outputs), (&made.live.id, &made.live.outputs), "{address} as read");
        assert_eq!(self.owner(&read, made.type_name, "shop", "dev").await, TagOwner::Us, "{address}");
        // What environments share belongs to none of them.
        if !["s3.state_bucket", "iam.oidc_provider"].contains(&made.type_name) {
            for (project, environment) in [("bakery", "dev"), ("shop", "prod")] {
                let owner = self.owner(&read, made.type_name, project, environment).await;
                assert!(matches!(&owner, TagOwner::Other(why) if why.contains("now belongs to")), "{address}: {owner:?}");
            }
        }
        let (cx, resource) = (self.context(address), self.resource(made.type_name));
        match resource.find(&cx, wanted).await.unwrap_or_else(|error| panic!("finding {address}: {error}")) {
            Lookup::Owned(found) => assert_eq!((&found.id, &found.properties), (&read.id, wanted), "{address} as found"),
            other => panic!("{address} is not found as ours but {other:?}"),
        }
    }

    /// Returns the owner in its tags, as somebody of this project and environment sees it.
    pub(crate) async fn owner(&self, live: &AnyLive, type_name: &str, project: &str, environment: &str) -> TagOwner {
        let owner = Arc::new(Ownership { project: project.to_owned(), environment: environment.to_owned() });
        let cx = Context { owner, ..self.context("some.thing") };
        let owner = self.resource(type_name).owner(&cx, live).await;
        owner.unwrap_or_else(|error| panic!("the owner of {}: {error}", live.id))
    }

    pub(crate) async fn read(&self, made: &TestResource, hint: &Value) -> Option<AnyLive> {
        let read = self.resource(made.type_name).read(&self.context(made.address), &made.live.id, hint).await;
        read.unwrap_or_else(|error| panic!("reading {}: {error}", made.address))
    }

    /// Returns the result of a creation.
    pub(crate) async fn create(&self, type_name: &str, address: &str, wanted: &Value) -> deployer_engine::Result<AnyLive> {
        self.resource(type_name).create(&self.context(address), wanted).await
    }

    /// Returns the result of a second creation.
    pub(crate) async fn make_again(&self, made: &TestResource) -> deployer_engine::Result<AnyLive> {
        self.resource(made.type_name).create(&self.context(made.address), &made.live.properties).await
    }

    /// Looks up the `wanted` resource.
    pub(crate) async fn look(&self, type_name: &str, address: &str, wanted: &Value) -> Lookup<AnyLive> {
        let found = self.resource(type_name).find(&self.context(address), wanted).await;
        found.unwrap_or_else(|error| panic!("finding {address}: {error}"))
    }

    /// Looks up the `wanted` resource as a run does that continues one that was creating it.
    pub(crate) async fn look_pending(&self, type_name: &str, address: &str, wanted: &Value) -> Lookup<AnyLive> {
        let cx = Context { creation_pending: true, ..self.context(address) };
        self.resource(type_name).find(&cx, wanted).await.unwrap_or_else(|error| panic!("finding {address}: {error}"))
    }

    /// Looks up a created resource.
    pub(crate) async fn try_find(&self, made: &TestResource) -> deployer_engine::Result<Lookup<AnyLive>> {
        self.resource(made.type_name).find(&self.context(made.address), &made.live.properties).await
    }

    /// Looks up a created resource from another address than the one that owns it.
    pub(crate) async fn find_as(&self, address: &str, made: &TestResource) -> Lookup<AnyLive> {
        let found = self.resource(made.type_name).find(&self.context(address), &made.live.properties).await;
        found.unwrap_or_else(|error| panic!("finding {address}: {error}"))
    }

    /// Deletes the resource twice and checks that it is gone.
    pub(crate) async fn delete_and_verify(&self, made: &TestResource) {
        for _ in 0..2 {
            self.delete(made).await.unwrap_or_else(|error| panic!("deleting {}: {error}", made.address));
        }
        assert!(self.read(made, &made.live.properties).await.is_none(), "{} is still there", made.address);
    }

    pub(crate) async fn delete(&self, made: &TestResource) -> deployer_engine::Result<()> {
        let id: &PhysicalId = &made.live.id;
        self.resource(made.type_name).delete(&self.context(made.address), id, &made.live.properties).await
    }
}

/// A created resource.
pub(crate) struct TestResource {
    pub(crate) type_name: &'static str,
    pub(crate) address: &'static str,
    pub(crate) live: AnyLive,
}

impl TestResource {
    /// Returns an output as text.
    pub(crate) fn output(&self, name: &str) -> String {
        self.live.outputs[name].as_str().unwrap_or_else(|| panic!("{} has no output {name}", self.address)).to_owned()
    }

    /// Returns the properties with one of them changed.
    pub(crate) fn with(&self, name: &str, value: impl Into<Value>) -> Value {
        let mut wanted = self.live.properties.clone();
        wanted[name] = value.into();
        wanted
    }
}

/// Returns the tags of the resource at `address`, and one of the user's.
pub(crate) fn tags(address: &str) -> Value {
    json!({"deployer:project": "shop", "deployer:environment": "dev", "deployer:address": address, "team": "voice"})
}
