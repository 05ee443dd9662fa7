//! A machine on which the deployer runs once: real engine, real resource types, real SDK, over one network.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::SharedTimeSource;
use deployer_aws::{InstanceLookup, Provider, RateLimiting, StateBucket, StateBucketConfig, look_up_instance, registry};
use deployer_emulator::AccountState;
use deployer_engine::{
    CancellationToken, Clock, Engine, EnvironmentId, Error, Event, EventSink, LeaseOwner, Options, Outcome, Plan, PlanResult,
    Random, Selection,
};
use deployer_stack::InstanceSection;
use futures::FutureExt;
use futures::future::BoxFuture;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::code::{self, SimulatedArtifacts};
use crate::fault::Faults;
use crate::mutants::{self, Mutant};
use crate::network::{Cloud, Entry, Network};
use crate::specs::DesiredSpec;
use crate::store::{BUCKET, Store};
use crate::time::Time;
use crate::{ACCOUNT, REGION};

/// The command of a run.
#[derive(Debug, Clone)]
pub enum Command {
    /// `deployer plan`.
    Plan(DesiredSpec),
    /// `deployer apply`.
    Apply(DesiredSpec),
    /// `deployer destroy`, with the given spec.
    Destroy(DesiredSpec),
}

impl Command {
    pub(crate) fn wanted(&self) -> &DesiredSpec {
        match self {
            Self::Plan(wanted) | Self::Apply(wanted) | Self::Destroy(wanted) => wanted,
        }
    }
}

/// The result of a run.
#[derive(Debug)]
pub enum RunResult {
    /// The process crashed.
    Crashed,
    /// A plan was made.
    Planned(Box<PlanResult>),
    /// The run ended by itself.
    Ran(Box<Outcome>),
    /// The run did not start because of its lease, the state or a read.
    Refused(Box<Error>),
}

/// The record of a run.
#[derive(Debug)]
pub struct Report {
    /// Result of the run.
    pub result: RunResult,
    /// All calls in order.
    pub entries: Vec<Entry>,
    /// All events in order.
    pub events: Vec<Event>,
    /// Times of the events.
    pub event_times: Vec<OffsetDateTime>,
    /// Plan that was executed.
    pub plan: Option<Plan>,
}

impl Report {
    /// Returns the number of calls that could have changed a resource.
    pub fn mutations(&self) -> usize {
        self.entries.iter().filter(|entry| entry.mutates).count()
    }
}

/// The AWS account and the clock that the runs of a simulation share.
#[derive(Clone)]
pub struct Testbed {
    /// Clock of the simulation.
    pub time: Time,
    /// AWS, with the state bucket.
    pub cloud: Arc<Cloud>,
}

/// Events of a run with their times.
type RecordedEvents = Arc<Mutex<Vec<(OffsetDateTime, Event)>>>;

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// Seed of all random decisions.
    pub seed: u64,
    /// Injected faults, by the number of the call.
    pub faults: Faults,
    /// Defect of the engine, to show that the invariants detect it.
    pub mutant: Option<Mutant>,
    /// Whether resources without an owner may be adopted.
    pub adopt: bool,
    /// The resources that the run may change.
    pub selection: Selection,
    /// Whether the deployer respects AWS's rate limits.
    pub pacing: RateLimiting,
    /// Factor by which the deployer assumes AWS's own delays to be shortened.
    pub speed: u32,
}

impl RunSettings {
    /// Returns the settings of a run without faults.
    pub fn without_faults(seed: u64) -> Self {
        Self {
            seed,
            faults: Faults::new(),
            mutant: None,
            adopt: false,
            selection: Selection::default(),
            pacing: RateLimiting::Published,
            speed: 1,
        }
    }
}

struct SeededRandom(Mutex<fastrand::Rng>);

impl SeededRandom {
    fn roll<T>(&self, roll: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        roll(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Random for SeededRandom {
    fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.roll(|rng| rng.u128(..)).to_be_bytes()).into_uuid()
    }

    fn fraction(&self) -> f64 {
        self.roll(fastrand::Rng::f64)
    }
}

impl Testbed {
    /// Creates an empty account with a state bucket, as `deployer bootstrap` leaves it.
    pub fn empty(time: &Time) -> Self {
        let testbed = Self::from_world(time, AccountState::empty(ACCOUNT, REGION), 0);
        Store::create_bucket(&testbed.cloud);
        testbed
    }

    /// Creates an account that continues from this state.
    pub fn from_world(time: &Time, world: AccountState, seed: u64) -> Self {
        Self { time: time.clone(), cloud: Arc::new(Cloud::new(time, world, seed)) }
    }

    /// Creates an empty account in which the deployer has the permissions of this identity policy only.
    pub fn with_policy(time: &Time, policy: &str) -> Self {
        Self::with_policy_from(time, Self::empty(time).cloud.account_state(), policy)
    }

    /// Creates an account that continues from this state, with the permissions of this identity policy only.
    pub fn with_policy_from(time: &Time, world: AccountState, policy: &str) -> Self {
        Self { time: time.clone(), cloud: Arc::new(Cloud::with_policy(time, world, 0, Some(policy))) }
    }

    /// Runs one command until it ends or its process crashes.
    pub async fn run(&self, command: Command, setting: &RunSettings) -> Report {
        // Every run starts with a corrected clock.
        self.time.set_wall_skew(time::Duration::ZERO);
        let id = Uuid::from_u128(u128::from(setting.seed) + 1);
        let wanted = command.wanted();
        let store = Store::new(&self.cloud, &wanted.project, &wanted.environment);
        let blind = setting.mutant == Some(Mutant::RepeatsBlindly);
        let holder = Arc::new(move || store.holder());
        let network = Network::new(&self.cloud, id.to_string(), setting.faults.clone(), holder, blind);
        let reported: Arc<Mutex<Vec<(OffsetDateTime, Event)>>> = Arc::default();
        let approved: Mutex<Option<Plan>> = Mutex::default();
        let ended = {
            let work = async {
                let (command, instance) = match self.looked_up(&network, setting, command).await {
                    Ok(found) => found,
                    Err(error) => return RunResult::Refused(Box::new(error)),
                };
                let engine = self.engine(&network, setting, id, command.wanted(), instance, Arc::clone(&reported));
                let adopt = setting.adopt || setting.mutant == Some(Mutant::ManagesExisting);
                let options = Options { adopt, selection: setting.selection.clone(), ..Options::default() };
                carry_out(&engine, command, options, &approved).await
            };
            let crash = network.crashed();
            futures::pin_mut!(work, crash);
            futures::future::select(work, crash).map(first).await
        };
        let (moments, events) = reported.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().unzip();
        let plan = approved.into_inner().unwrap_or_else(PoisonError::into_inner);
        Report { result: ended.unwrap_or(RunResult::Crashed), entries: network.entries(), events, event_times: moments, plan }
    }

    fn sdk(&self, network: &Network) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("sim", "sim", None, None, "sim")))
            .http_client(network.client())
            .time_source(SharedTimeSource::new(self.time.clone()))
            .sleep_impl(SharedAsyncSleep::new(self.time.clone()))
            .build()
    }

    fn provider(sdk: SdkConfig, setting: &RunSettings) -> Provider {
        let provider = Provider::new(sdk, ACCOUNT.to_owned(), REGION.to_owned(), Arc::new(SimulatedArtifacts));
        provider.with_rate_limiting(setting.pacing).with_speed(setting.speed).with_rsa_keys(code::rsa_key)
    }

    /// Looks up the existing instance that the spec names, as every command does, and returns the command with it and its ID.
    async fn looked_up(
        &self,
        network: &Network,
        setting: &RunSettings,
        command: Command,
    ) -> Result<(Command, Option<String>), Error> {
        let Some(unresolved) = command.wanted().unresolved.clone() else { return Ok((command, None)) };
        let external = command.wanted().graph.external.iter();
        let sections = external.filter_map(|external| InstanceSection::from_type(&external.type_name)).collect();
        let provider = Self::provider(self.sdk(network), setting);
        let random: Arc<dyn Random> = Arc::new(SeededRandom(Mutex::new(fastrand::Rng::with_seed(setting.seed))));
        let clock: Arc<dyn Clock> = Arc::new(self.time.clone());
        let InstanceLookup::Found(mut existing) =
            look_up_instance(&provider, clock, random, &unresolved.reference, &sections).await?
        else {
            return Err(Error::local(format!("there is no instance {}", unresolved.reference)));
        };
        let id = existing.id.clone();
        if matches!(command, Command::Destroy(_)) {
            existing.names.clear();
        }
        let mut wanted = unresolved.resolve(existing).map_err(Error::local)?;
        if setting.mutant == Some(Mutant::ManagesExisting) {
            mutants::manage_instance(&mut wanted, &unresolved.reference);
        }
        let command = match command {
            Command::Plan(_) => Command::Plan(wanted),
            Command::Apply(_) => Command::Apply(wanted),
            Command::Destroy(_) => Command::Destroy(wanted),
        };
        Ok((command, Some(id)))
    }

    fn engine(
        &self,
        network: &Network,
        setting: &RunSettings,
        id: Uuid,
        wanted: &DesiredSpec,
        instance: Option<String>,
        reported: RecordedEvents,
    ) -> Engine {
        let sdk = self.sdk(network);
        let provider = Self::provider(sdk.clone(), setting).with_existing_instance(instance);
        let clock: Arc<dyn Clock> = Arc::new(self.time.clone());
        let entropy: Arc<dyn Random> = Arc::new(SeededRandom(Mutex::new(fastrand::Rng::with_seed(setting.seed))));
        let time = self.time.clone();
        let events =
            EventSink::to(move |event| reported.lock().unwrap_or_else(PoisonError::into_inner).push((time.now(), event)));
        let place = StateBucketConfig {
            bucket: BUCKET.to_owned(),
            prefix: String::new(),
            project: wanted.project.clone(),
            environment: wanted.environment.clone(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            in_own_account: true,
        };
        let bucket = StateBucket::new(sdk, place, Arc::clone(&clock), Arc::clone(&entropy), events.clone());
        let holder = LeaseOwner {
            id,
            host: "machine".to_owned(),
            pid: 1,
            command: "deployer apply --env dev".to_owned(),
            since: self.time.now(),
        };
        let engine = Engine {
            registry: registry(provider),
            backend: Arc::new(bucket),
            clock,
            random: entropy,
            holder,
            environment_id: EnvironmentId {
                project: wanted.project.clone(),
                environment: wanted.environment.clone(),
                account: ACCOUNT.to_owned(),
                region: REGION.to_owned(),
            },
            events,
            create_visibility: deployer_engine::CREATE_VISIBILITY_TIMEOUT,
        };
        match setting.mutant {
            Some(defect) => defect.apply_to(engine),
            None => engine,
        }
    }
}

fn first<A, B, C>(either: futures::future::Either<(RunResult, A), (B, C)>) -> Option<RunResult> {
    match either {
        futures::future::Either::Left((ended, _)) => Some(ended),
        futures::future::Either::Right(_) => None,
    }
}

async fn carry_out(engine: &Engine, command: Command, options: Options, approved: &Mutex<Option<Plan>>) -> RunResult {
    let interrupt = CancellationToken::new();
    let approve = approval(approved);
    let ran = match command {
        Command::Plan(wanted) => {
            return match engine.plan(&wanted.graph, &options).await {
                Ok(planned) => RunResult::Planned(Box::new(planned)),
                Err(error) => RunResult::Refused(Box::new(error)),
            };
        }
        Command::Apply(wanted) => engine.apply(&wanted.graph, &options, approve, &interrupt).await,
        Command::Destroy(wanted) => engine.destroy(Some(&wanted.graph), &options, approve, &interrupt).await,
    };
    match ran {
        Ok(outcome) => RunResult::Ran(Box::new(outcome)),
        Err(error) => RunResult::Refused(Box::new(error)),
    }
}

/// Records the plan and approves it.
fn approval(approved: &Mutex<Option<Plan>>) -> impl for<'p> FnOnce(&'p Plan) -> BoxFuture<'p, bool> + Send {
    move |plan: &Plan| {
        *approved.lock().unwrap_or_else(PoisonError::into_inner) = Some(plan.clone());
        async { true }.boxed()
    }
}
