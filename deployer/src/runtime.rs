//! The only place that creates real dependencies: clock, random numbers, clients, the embedded AWS, the runtime, signals.

mod existing;
mod origin;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use deployer_aws::{Provider, RateLimiting, StateBucket, StateBucketConfig};
use deployer_emulator::{AccessKey, Emulator, Limits, SystemClock};
use deployer_engine::{
    Backend, CancellationToken, Clock, Directory, Engine, EnvironmentId, EventSink, Graph, LeaseOwner, Random, State,
};
use deployer_stack::ExistingInstance;
use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::assets::recordings::LocalArtifacts;
use crate::bounded;
use crate::failure::Failure;
use crate::functions::{BuildOutput, Zips};
use crate::network;
use crate::project::Project;
use crate::report::Heading;
use crate::secrets::{SecretValues, UsersToCreate};
pub(crate) use crate::served::ServedEndpoint;
use crate::served::served_address;
pub(crate) use origin::origin;

/// The AWS account, real or embedded, of an environment.
pub(crate) struct Cloud {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) endpoint: Endpoint,
    /// Factor by which AWS's own delays are shortened.
    speed: u32,
    secrets: SecretValues,
    sdk: SdkConfig,
    /// ARN of the caller on AWS.
    pub(crate) principal: Option<String>,
    /// The existing Connect instance that the spec names, as it was looked up.
    pub(crate) existing: Option<ExistingInstance>,
    /// Why that instance cannot be used, if it was not found.
    pub(crate) missing_instance: Option<Failure>,
}

/// The location of the AWS endpoint.
#[derive(Clone)]
pub(crate) enum Endpoint {
    /// AWS itself, or the endpoint in `AWS_ENDPOINT_URL`.
    Aws,
    /// Embedded in this process.
    InProcess(Arc<Emulator>),
    /// Embedded in another process on this machine, `local serve`.
    Remote(ServedEndpoint),
}

impl Cloud {
    /// Opens the embedded AWS, or connects to the real one and verifies that it is the account of the spec.
    pub(crate) async fn open(project: &Project) -> Result<Self, Failure> {
        Self::open_with_limits(project, Duration::ZERO, Limits::default()).await
    }

    /// Opens as [`Cloud::open`] does, and waits up to `wait` while another process uses the embedded AWS.
    pub(crate) async fn open_with_timeout(project: &Project, wait: Duration) -> Result<Self, Failure> {
        Self::open_with_limits(project, wait, Limits::default()).await
    }

    /// Opens as [`Cloud::open_with_timeout`] does, with additional limits of the embedded AWS.
    pub(crate) async fn open_with_limits(project: &Project, wait: Duration, limits: Limits) -> Result<Self, Failure> {
        let mut cloud = match &project.spec.provider {
            deployer_spec::Provider::Embedded(embedded) => {
                let place = embedded_endpoint(project, embedded, wait, limits).await?;
                Self::embedded(embedded, place)
            }
            deployer_spec::Provider::Aws(aws) => Self::real(aws).await?,
        };
        cloud.look_up_existing(project).await?;
        Ok(cloud)
    }

    fn embedded(facts: &deployer_spec::Embedded, place: Endpoint) -> Self {
        let key = match &place {
            Endpoint::Remote(ServedEndpoint { access_key: Some(key), .. }) => key.clone(),
            _ => AccessKey { id: "embedded".to_owned(), secret: "embedded".to_owned() },
        };
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(facts.region.to_string()))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                key.id,
                key.secret,
                None,
                None,
                "embedded AWS",
            )))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()));
        let sdk = match &place {
            Endpoint::InProcess(emulator) => sdk.http_client(deployer_emulator::server::sdk::http_client(Arc::clone(emulator))),
            Endpoint::Remote(ServedEndpoint { address, .. }) => {
                let client = bounded::answers(aws_smithy_http_client::Builder::new().build_http());
                sdk.http_client(client).endpoint_url(format!("http://{address}"))
            }
            Endpoint::Aws => sdk,
        };
        Self {
            account: facts.account.to_string(),
            region: facts.region.to_string(),
            endpoint: place,
            speed: facts.speed,
            secrets: SecretValues::default(),
            sdk: sdk.build(),
            principal: None,
            existing: None,
            missing_instance: None,
        }
    }

    async fn real(aws: &deployer_spec::Aws) -> Result<Self, Failure> {
        network::check_endpoints()?;
        let sdk = aws_configuration(aws, network::client()?).await;
        let identity = deployer_aws::caller_account(&sdk, Arc::new(RealClock), Arc::new(OsRandom))
            .await
            .map_err(|error| first_call_failed(&error))?;
        if identity.account != aws.account.to_string() {
            return Err(Failure::refused(format!(
                "the credentials are of account {} ({}), the spec is for account {}; nothing was changed",
                identity.account, identity.arn, aws.account
            ))
            .help("use the credentials of that account, or correct `provider.aws.account`"));
        }
        Ok(Self {
            principal: Some(identity.arn.clone()),
            account: identity.account,
            region: aws.region.to_string(),
            endpoint: Endpoint::Aws,
            speed: 1,
            secrets: SecretValues::default(),
            sdk,
            existing: None,
            missing_instance: None,
        })
    }

    /// Reads the secret values that the spec names from this process's environment; the graph, which is built after this, contains their
    /// digests. Returns the lineage that the digests are made with, if there are secrets. `makes` selects the users that may be created.
    ///
    /// # Errors
    /// Fails with all missing variables at once, each with its path in the spec, or if the state cannot be read.
    pub(crate) async fn take_secrets(&mut self, project: &Project, makes: UsersToCreate<'_>) -> Result<Option<Uuid>, Failure> {
        // A missing bucket or a damaged state is reported before functions are compiled for minutes.
        let state = self.engine(project, Arc::default(), EventSink::ignore())?.state().await?;
        if !SecretValues::names_any(&project.spec) {
            return Ok(None);
        }
        let found = SecretValues::read(project, state.as_ref(), makes)?;
        let lineage = state.as_ref().map_or_else(Uuid::new_v4, |state| state.lineage);
        self.secrets = SecretValues::digested(found, lineage, state.as_ref());
        Ok(Some(lineage))
    }

    /// Compares secret values by their recorded digests from now on, without the values themselves.
    ///
    /// # Errors
    /// The state cannot be read.
    pub(crate) async fn take_recorded_secrets(&mut self, project: &Project) -> Result<(), Failure> {
        let state = self.engine(project, Arc::default(), EventSink::ignore())?.state().await?;
        if let Some(state) = state {
            self.secrets = SecretValues::digested(Default::default(), state.lineage, Some(&state));
        }
        Ok(())
    }

    /// Reads the secret values that the spec names and that are set, as [`Cloud::take_secrets`] does; others are compared by their recorded
    /// digests.
    ///
    /// # Errors
    /// A value is not usable.
    pub(crate) fn take_available_secrets(&mut self, project: &Project, state: &State) -> Result<(), Failure> {
        let found = SecretValues::read_available(project, Some(state))?;
        self.secrets = SecretValues::digested(found, state.lineage, Some(state));
        Ok(())
    }

    /// Returns the secret values, whose digests are in the graph.
    pub(crate) fn secrets(&self) -> &SecretValues {
        &self.secrets
    }

    /// Returns the description of the account for headings.
    pub(crate) fn heading(&self, project: &Project) -> Heading {
        let place = match &self.endpoint {
            Endpoint::InProcess(_) => "the embedded AWS".to_owned(),
            Endpoint::Remote(served) => format!("the embedded AWS served on {}", served.address),
            Endpoint::Aws => format!("AWS account {}, {}", self.account, self.region),
        };
        Heading { environment: format!("{} {}", project.spec.project, project.spec.environment), location: place, guarded: true }
    }

    /// Returns the Lambda client, to invoke functions.
    pub(crate) fn lambda(&self) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::new(&self.sdk)
    }

    /// Returns the Lambda client that sends each request once, so that a function is never invoked twice.
    pub(crate) fn lambda_without_retries(&self) -> aws_sdk_lambda::Client {
        let once = aws_sdk_lambda::config::Builder::from(&self.sdk).retry_config(aws_config::retry::RetryConfig::disabled());
        aws_sdk_lambda::Client::from_conf(once.build())
    }

    /// Returns the S3 client, to read the settings of the state's bucket in its Region. Requests to an endpoint of its own have the bucket
    /// in the path.
    pub(crate) fn s3_in(&self, region: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.sdk).region(Region::new(region.to_owned()));
        aws_sdk_s3::Client::from_conf(config.force_path_style(self.sdk.endpoint_url().is_some()).build())
    }

    /// Returns the CloudWatch Logs client, to read log events.
    pub(crate) fn logs(&self) -> aws_sdk_cloudwatchlogs::Client {
        aws_sdk_cloudwatchlogs::Client::new(&self.sdk)
    }

    /// Returns the Connect client, to read flows.
    pub(crate) fn connect(&self) -> aws_sdk_connect::Client {
        aws_sdk_connect::Client::new(&self.sdk)
    }

    /// Returns the provider of all resource types.
    pub(crate) fn provider(&self, sent: LocalArtifacts) -> Provider {
        let provider = Provider::new(self.sdk.clone(), self.account.clone(), self.region.clone(), Arc::new(sent))
            .with_speed(self.speed)
            .with_existing_instance(self.existing.as_ref().map(|existing| existing.id.clone()))
            .with_secrets(Arc::clone(&self.secrets.values));
        match self.endpoint {
            Endpoint::Aws | Endpoint::Remote(ServedEndpoint { quotas: true, .. }) => provider,
            // Rates are per account and Region; the embedded AWS has none unless requested.
            Endpoint::InProcess(_) | Endpoint::Remote(_) => provider.with_rate_limiting(RateLimiting::Off),
        }
    }

    /// Returns the engine for this account.
    pub(crate) fn engine(&self, project: &Project, zips: Arc<Zips>, events: EventSink) -> Result<Engine, Failure> {
        let clock = Arc::new(RealClock);
        let backend = self.backend(project, &events);
        Ok(Engine {
            registry: deployer_aws::registry(self.provider(LocalArtifacts {
                zips,
                recordings: project.recordings.clone(),
                certificate: project.certificate.clone(),
            })),
            backend,
            holder: holder(clock.now()),
            clock,
            random: Arc::new(OsRandom),
            environment_id: EnvironmentId {
                project: project.spec.project.to_string(),
                environment: project.spec.environment.to_string(),
                account: self.account.clone(),
                region: self.region.clone(),
            },
            events,
            create_visibility: deployer_engine::CREATE_VISIBILITY_TIMEOUT / self.speed,
        })
    }

    /// Returns the engine for the same account in another Region.
    pub(crate) fn engine_in(&self, project: &Project, region: &str, events: EventSink) -> Result<Engine, Failure> {
        let there = Self {
            account: self.account.clone(),
            region: region.to_owned(),
            endpoint: self.endpoint.clone(),
            secrets: SecretValues::default(),
            sdk: self.sdk.clone().into_builder().region(Region::new(region.to_owned())).build(),
            speed: self.speed,
            principal: self.principal.clone(),
            existing: None,
            missing_instance: None,
        };
        there.engine(project, Arc::default(), events)
    }

    /// Returns the backend of the state. The bucket of an environment in the embedded AWS is in the embedded AWS, too.
    pub(crate) fn backend(&self, project: &Project, events: &EventSink) -> Arc<dyn Backend> {
        match &project.spec.state {
            deployer_spec::State::Directory(path) => Arc::new(Directory::new(project.root.join(path))),
            deployer_spec::State::S3(s3) => {
                let account = s3.account.as_ref().map_or_else(|| self.account.clone(), ToString::to_string);
                let place = StateBucketConfig {
                    bucket: s3.bucket.clone(),
                    prefix: s3.prefix.clone(),
                    project: project.spec.project.to_string(),
                    environment: project.spec.environment.to_string(),
                    region: s3.region.as_ref().map_or_else(|| self.region.clone(), ToString::to_string),
                    in_own_account: account == self.account,
                    account,
                };
                Arc::new(StateBucket::new(self.sdk.clone(), place, Arc::new(RealClock), Arc::new(OsRandom), events.clone()))
            }
        }
    }
}

impl Project {
    /// Returns the graph of the spec, with the functions built.
    pub(crate) fn graph(&self, cloud: &Cloud, quiet: bool) -> Result<(Graph, BuildOutput), Failure> {
        // Before functions are compiled, which may take minutes.
        let existing = self.existing_instance(cloud)?;
        let built = self.build(quiet)?;
        let graph = self.synthesize(&cloud.account, &cloud.region, self.digests(&built), cloud.secrets(), existing)?;
        Ok((graph, built))
    }

    /// Returns the graph of the spec, with functions that have no code.
    pub(crate) fn graph_without_code(&self, cloud: &Cloud) -> Result<Graph, Failure> {
        let existing = self.existing_instance(cloud)?;
        self.synthesize(&cloud.account, &cloud.region, BTreeMap::new(), cloud.secrets(), existing)
    }

    /// Returns the graph for deleting everything, without building functions. An existing instance may be gone, and names in it too.
    pub(crate) fn graph_for_removal(&self, cloud: &Cloud) -> Result<Graph, Failure> {
        let existing = cloud.existing.clone().map(|existing| ExistingInstance { names: BTreeMap::new(), ..existing });
        let nothing = BTreeMap::new();
        let mut graph = self.synthesize(&cloud.account, &cloud.region, nothing, &SecretValues::default(), existing.as_ref())?;
        // What of it is used by name makes no difference then.
        graph.external.retain(|external| external.type_name == "connect.instance");
        Ok(graph)
    }
}

/// Returns the configuration for calls to AWS with the credentials and in the Region that the spec names. Makes no call.
pub(crate) async fn aws_configuration(aws: &deployer_spec::Aws, client: SharedHttpClient) -> SdkConfig {
    let region = Region::new(aws.region.to_string());
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(region).http_client(client);
    if let Some(profile) = &aws.profile {
        loader = loader.profile_name(profile);
    }
    let sdk = loader.load().await;
    let Some(role) = &aws.assume_role else { return sdk };
    let provider = aws_config::sts::AssumeRoleProvider::builder(role).session_name("deployer").configure(&sdk).build().await;
    sdk.into_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
}

/// Explains the failure of the first call, which detects problems with the connection to AWS or with the credentials.
pub(crate) fn first_call_failed(error: &deployer_engine::Error) -> Failure {
    let unreachable = error.class == deployer_engine::ErrorClass::Transient;
    match network::proxy().filter(|_| unreachable) {
        Some((variable, url)) => Failure::refused(format!("cannot reach AWS through the proxy {url}: {error}"))
            .help(format!("check the proxy that {variable} names, or list AWS's host in NO_PROXY to go without it")),
        None => {
            let what = if unreachable { "cannot reach AWS" } else { "cannot verify the AWS account" };
            Failure { help: error.help.clone(), ..Failure::refused(format!("{what}: {error}")) }
        }
    }
}

/// Returns the provider for an account and Region without any connection.
pub(crate) fn offline_provider(account: String, region: String) -> Provider {
    let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new(region.clone())).build();
    Provider::new(sdk, account, region, Arc::new(Zips::default()))
}

/// Opens the embedded AWS, or finds the process that serves it. Waits while another process uses it without serving it.
async fn embedded_endpoint(
    project: &Project,
    facts: &deployer_spec::Embedded,
    wait: Duration,
    limits: Limits,
) -> Result<Endpoint, Failure> {
    let deadline = tokio::time::Instant::now() + wait;
    let mut reported = false;
    loop {
        let opened = Emulator::open(deployer_emulator::Options {
            directory: Some(project.embedded_directory()),
            account: facts.account.to_string(),
            region: facts.region.to_string(),
            clock: Arc::new(SystemClock),
            speed: f64::from(facts.speed),
            seed: None,
            limits: limits.clone(),
        });
        let in_use = match opened {
            Ok(emulator) => return Ok(Endpoint::InProcess(emulator)),
            Err(failure @ deployer_emulator::Failure::InUse { .. }) => failure,
            Err(failure) => return Err(failure.into()),
        };
        if let Some(served) = served_address(project) {
            return Ok(Endpoint::Remote(served));
        }
        let why = in_use_by(project).await.unwrap_or_else(|| in_use.to_string());
        if tokio::time::Instant::now() >= deadline {
            return Err(
                Failure::refused(why).help("wait for it to end, for example with --lock-timeout 10m on apply and destroy")
            );
        }
        if !reported {
            eprintln!("Waiting: {why}");
            reported = true;
        }
        tokio::time::sleep(Duration::from_millis(500).min(wait)).await;
    }
}

/// Says which run uses the embedded AWS now; `None` if its process holds no lease, such as one that plans.
async fn in_use_by(project: &Project) -> Option<String> {
    let holder = directory(project)?.current_lease().await.ok().flatten()?.holder;
    let who = is_holder_running(&holder).then(|| holder.describe(RealClock.now()))?;
    Some(format!("the embedded AWS of the environment {} is in use by {who}", project.spec.environment))
}

/// Returns the backend of an environment with its state in a directory, which needs no AWS.
pub(crate) fn directory(project: &Project) -> Option<Directory> {
    match &project.spec.state {
        deployer_spec::State::Directory(path) => Some(Directory::new(project.root.join(path))),
        deployer_spec::State::S3(_) => None,
    }
}

/// Whether the process that holds a lease is still running on this machine.
pub(crate) fn is_holder_running(holder: &LeaseOwner) -> bool {
    let pid = i32::try_from(holder.pid).ok();
    holder.host == host_name() && pid.is_some_and(is_alive)
}

#[cfg(unix)]
fn is_alive(pid: i32) -> bool {
    let asked = rustix::process::Pid::from_raw(pid).map(rustix::process::test_kill_process);
    // A process of another user is alive too.
    matches!(asked, Some(Ok(()) | Err(rustix::io::Errno::PERM)))
}

#[cfg(not(unix))]
fn is_alive(_: i32) -> bool {
    false
}

fn host_name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::env::var("HOSTNAME"));
    host.map_or_else(|_| "this machine".to_owned(), |host| host.trim().to_owned())
}

fn holder(since: OffsetDateTime) -> LeaseOwner {
    let command: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    LeaseOwner { id: Uuid::new_v4(), host: host_name(), pid: std::process::id(), command: command.join(" "), since }
}

/// The system clock and tokio's timers.
pub(crate) struct RealClock;

impl Clock for RealClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    fn monotonic(&self) -> Duration {
        monotonic()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }
}

/// Returns the time of a clock that continues during suspension: Linux's `CLOCK_BOOTTIME`; `CLOCK_MONOTONIC` on Apple's systems does so
/// too.
#[cfg(unix)]
fn monotonic() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;
    Duration::try_from(clock_gettime(CLOCK)).unwrap_or_default()
}

#[cfg(not(unix))]
fn monotonic() -> Duration {
    static BEGINNING: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    BEGINNING.elapsed()
}

/// Random numbers of the operating system.
pub(crate) struct OsRandom;

impl Random for OsRandom {
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn fraction(&self) -> f64 {
        let (high, _) = Uuid::new_v4().as_u64_pair();
        // The top bits contain no UUID version; 32 of them are sufficient for a delay.
        f64::from((high >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
    }
}

/// Runs a command to completion. Threads that wait for a terminal are left behind.
pub(crate) fn block_on<T>(command: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(command);
    runtime.shutdown_background();
    result
}

/// Requests cancellation of the run at the first SIGINT or SIGTERM; the second ends the process immediately, which the recorded intent
/// makes safe.
pub(crate) fn interrupt_on_signals(interrupt: &CancellationToken) -> Result<(), Failure> {
    let interrupt = interrupt.clone();
    let mut signals = Signals::listen()?;
    tokio::spawn(async move {
        signals.next().await;
        interrupt.cancel();
        signals.next().await;
        std::process::exit(crate::failure::Exit::Interrupted as i32);
    });
    Ok(())
}

/// The signals that end a program.
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Starts to listen immediately, so that no signal is missed before the first wait.
    pub(crate) fn listen() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let failed = |error| Failure::new(format!("cannot install signal handlers: {error}"));
            let interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
            Ok(Self { interrupt, terminate: signal(SignalKind::terminate()).map_err(failed)? })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Completes with the next signal.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Starts logging to standard error, only if requested with `DEPLOYER_LOG`. Only the project's own crates may log at `trace`: there the SDK
/// prints whole requests, including keys and passwords.
pub(crate) fn start_logging() {
    use tracing::Level;
    use tracing_subscriber::filter::{EnvFilter, filter_fn};
    use tracing_subscriber::layer::{Layer, SubscriberExt};
    use tracing_subscriber::util::SubscriberInitExt;
    let Ok(wanted) = std::env::var("DEPLOYER_LOG") else { return };
    let harmless = filter_fn(|metadata| *metadata.level() < Level::TRACE || metadata.target().starts_with("deployer"));
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(layer.with_filter(EnvFilter::new(wanted)).with_filter(harmless)).init();
}
