//! A bucket in the embedded AWS, machines with clocks of their own, and an unreliable network.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::types::{BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use deployer_aws::{Artifacts, Provider, RateLimiting, StateBucket, StateBucketConfig, registry};
use deployer_emulator::server::sdk::http_client;
use deployer_emulator::{Emulator, Options};
use deployer_engine::{Clock, Engine, EnvironmentId, Event, EventSink, LeaseOwner, Random};
use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const BUCKET: &str = "example-states";
pub(crate) const LIFE: Duration = Duration::from_secs(60);

/// Tokio's paused clock, which jumps when all tasks wait, as seen by a machine with a wrong clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PausedClock {
    began: tokio::time::Instant,
    skew: time::Duration,
}

impl PausedClock {
    fn present(&self) -> OffsetDateTime {
        datetime!(2026-11-23 10:00 UTC) + self.began.elapsed() + self.skew
    }
}

impl Clock for PausedClock {
    fn now(&self) -> OffsetDateTime {
        self.present()
    }

    fn monotonic(&self) -> Duration {
        self.began.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }
}

impl deployer_emulator::Clock for PausedClock {
    fn now(&self) -> OffsetDateTime {
        self.present()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }
}

impl TimeSource for PausedClock {
    fn now(&self) -> SystemTime {
        self.present().into()
    }
}

/// Deterministic randomness with a separate sequence for each machine.
struct Counted(AtomicU64);

impl Random for Counted {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }

    fn fraction(&self) -> f64 {
        0.5
    }
}

/// A network fault of a request that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request takes effect, and its response is lost.
    LostAnswer,
    /// The request never arrives.
    LostRequest,
    /// The request takes effect, and the response is an internal error.
    DoneButFailed,
    /// The request is rejected with this status and code.
    Refused(u16, &'static str),
    /// The request arrives this much later, without a response.
    Late(Duration),
}

/// A network in front of the embedded AWS.
#[derive(Clone)]
pub(crate) struct Network {
    inner: SharedHttpClient,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    latency: Arc<AtomicU64>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("network")
    }
}

impl HttpClient for Network {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Line { inner, faults: Arc::clone(&self.faults), latency: Arc::clone(&self.latency) })
    }
}

#[derive(Debug)]
struct Line {
    inner: SharedHttpConnector,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    latency: Arc<AtomicU64>,
}

fn broken() -> ConnectorError {
    ConnectorError::io("the connection was reset".into())
}

fn answer(status: u16, code: &str) -> HttpResponse {
    let xml = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>injected</Message></Error>");
    HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(xml))
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let changes = request.method() != "GET";
        let fault = changes.then(|| self.faults.lock().expect("nobody panics holding it").pop_front()).flatten();
        let latency = Duration::from_millis(self.latency.load(Ordering::Relaxed));
        let sent = self.inner.call(request);
        let sent = HttpConnectorFuture::new(async move {
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            let answer = sent.await;
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            answer
        });
        let Some(fault) = fault else { return sent };
        match fault {
            Fault::LostRequest => HttpConnectorFuture::ready(Err(broken())),
            Fault::Refused(status, code) => HttpConnectorFuture::ready(Ok(answer(status, code))),
            Fault::LostAnswer => HttpConnectorFuture::new(async move {
                sent.await?;
                Err(broken())
            }),
            Fault::DoneButFailed => HttpConnectorFuture::new(async move {
                sent.await?;
                Ok(answer(500, "InternalError"))
            }),
            Fault::Late(after) => {
                tokio::spawn(async move {
                    tokio::time::sleep(after).await;
                    drop(sent.await);
                });
                HttpConnectorFuture::ready(Err(broken()))
            }
        }
    }
}

struct NoZips;

impl Artifacts for NoZips {
    fn zip(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

/// An embedded AWS and a network to it.
pub(crate) struct Cloud {
    clock: PausedClock,
    emulator: Arc<Emulator>,
    faults: Arc<Mutex<VecDeque<Fault>>>,
    latency: Arc<AtomicU64>,
    pub(crate) reported: Arc<Mutex<Vec<Event>>>,
}

impl Cloud {
    pub(crate) fn empty() -> Self {
        let clock = PausedClock { began: tokio::time::Instant::now(), skew: time::Duration::ZERO };
        let options = Options {
            directory: None,
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            clock: Arc::new(clock),
            speed: 1.0,
            seed: Some(7),
            limits: Default::default(),
        };
        let emulator = Emulator::open(options).expect("a world in memory opens");
        Self { clock, emulator, faults: Arc::default(), latency: Arc::default(), reported: Arc::default() }
    }

    /// Returns a cloud with a versioned bucket for states.
    pub(crate) async fn with_bucket() -> Self {
        let cloud = Self::empty();
        let place = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
        let create = cloud.s3().create_bucket().bucket(BUCKET).create_bucket_configuration(place).send();
        create.await.expect("there is none");
        let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        cloud.s3().put_bucket_versioning().bucket(BUCKET).versioning_configuration(on).send().await.expect("it is there");
        cloud
    }

    /// Returns the SDK's configuration on a machine whose clock is wrong by `skew`.
    fn sdk(&self, clock: PausedClock) -> SdkConfig {
        let network = Network {
            inner: http_client(Arc::clone(&self.emulator)),
            faults: Arc::clone(&self.faults),
            latency: Arc::clone(&self.latency),
        };
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
            .http_client(SharedHttpClient::new(network))
            .time_source(SharedTimeSource::new(clock))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build()
    }

    /// Returns a client that bypasses the network.
    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        let sdk = self.sdk(self.clock).into_builder().http_client(http_client(Arc::clone(&self.emulator))).build();
        aws_sdk_s3::Client::new(&sdk)
    }

    /// Sets the faults of the next changing requests.
    pub(crate) fn meet(&self, faults: impl IntoIterator<Item = Fault>) {
        *self.faults.lock().expect("nobody panics holding it") = faults.into_iter().collect();
    }

    /// Sets the latency of every request and every response, so that requests of several machines overlap.
    pub(crate) fn slow(&self, latency: Duration) {
        self.latency.store(latency.as_millis() as u64, Ordering::Relaxed);
    }

    /// Returns machine number `n`, whose clock is wrong by `skew`.
    pub(crate) fn machine_with(&self, n: u64, skew: time::Duration, change: impl FnOnce(&mut StateBucketConfig)) -> Machine {
        let clock = PausedClock { skew, ..self.clock };
        let mut place = StateBucketConfig {
            bucket: BUCKET.to_owned(),
            prefix: "states".to_owned(),
            project: "voice".to_owned(),
            environment: "dev".to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            in_own_account: true,
        };
        change(&mut place);
        let reported = Arc::clone(&self.reported);
        let events = EventSink::to(move |event| reported.lock().expect("nobody panics holding it").push(event));
        let entropy: Arc<dyn Random> = Arc::new(Counted(AtomicU64::new(n * 1_000_000)));
        let sdk = self.sdk(clock);
        let backend = StateBucket::new(sdk.clone(), place, Arc::new(clock), Arc::clone(&entropy), events.clone());
        let holder = LeaseOwner {
            id: Uuid::from_u128(u128::from(n)),
            host: format!("machine-{n}"),
            pid: 42,
            command: "deployer apply".to_owned(),
            since: clock.present(),
        };
        let provider =
            Provider::new(sdk, ACCOUNT.to_owned(), REGION.to_owned(), Arc::new(NoZips)).with_rate_limiting(RateLimiting::Off);
        let engine = Engine {
            registry: registry(provider),
            backend: Arc::new(backend.clone()),
            clock: Arc::new(clock),
            random: entropy,
            holder: holder.clone(),
            environment_id: EnvironmentId {
                project: "voice".to_owned(),
                environment: "dev".to_owned(),
                account: ACCOUNT.to_owned(),
                region: REGION.to_owned(),
            },
            events,
            create_visibility: deployer_engine::CREATE_VISIBILITY_TIMEOUT,
        };
        Machine { backend, clock, holder, engine }
    }

    pub(crate) fn machine(&self, n: u64) -> Machine {
        self.machine_with(n, time::Duration::ZERO, |_| {})
    }

    /// Returns the stored bytes of an object.
    pub(crate) async fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        let answer = self.s3().get_object().bucket(BUCKET).key(format!("states/voice/dev/{name}")).send().await.ok()?;
        Some(answer.body.collect().await.expect("it is in memory").to_vec())
    }

    pub(crate) async fn overwrite(&self, name: &str, bytes: &[u8]) {
        let put = self.s3().put_object().bucket(BUCKET).key(format!("states/voice/dev/{name}"));
        put.body(bytes.to_vec().into()).send().await.expect("the bucket is there");
    }
}

/// A machine that executes runs.
pub(crate) struct Machine {
    pub(crate) backend: StateBucket,
    clock: PausedClock,
    pub(crate) holder: LeaseOwner,
    pub(crate) engine: Engine,
}

impl Machine {
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.present()
    }
}
