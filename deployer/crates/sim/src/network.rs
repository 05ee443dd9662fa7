//! The network between the SDK and the embedded AWS, which injects the planned faults and records every call.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use deployer_emulator::error::AwsError;
use deployer_emulator::request::{FAIL_ASYNC_HEADER, Service};
use deployer_emulator::{AccountState, Emulator, Limits, Options};
use futures::future::pending;
use http_body_util::BodyExt;
use time::OffsetDateTime;

use crate::fault::{At, Fault, Faults, LATE, SET_BACK, SET_FORWARD, STALE, SUSPENDED, is_read};
use crate::invariants::serves::AvailabilityProbe;
use crate::time::Time;
use crate::{ACCOUNT, REGION};

type Request = http::Request<Bytes>;
type Response = http::Response<Bytes>;

/// The embedded AWS, with delayed requests and past states.
pub struct Cloud {
    /// The embedded AWS itself, for what others do to the account.
    pub emulator: Arc<Emulator>,
    pub(crate) time: Time,
    /// Requests whose client no longer waits, with their arrival times.
    late: Mutex<Vec<(OffsetDateTime, Request)>>,
    /// States before each change of the last seconds, kept only while a stale read may need them.
    history: Mutex<VecDeque<(OffsetDateTime, AccountState)>>,
    keeps_history: AtomicBool,
    /// Duration of calls; none by default.
    latency: Option<Latency>,
    /// Routes that must keep answering while a run changes resources.
    watch: Mutex<Option<AvailabilityProbe>>,
    /// Actions and resources by which calls were authorized, if they are.
    needed: Option<Mutex<BTreeSet<(String, String)>>>,
}

/// Duration of a call, by the service's signing name and the operation.
pub type Latency = Arc<dyn Fn(&'static str, &'static str) -> Duration + Send + Sync>;

/// Returns the options of a simulation's embedded AWS.
pub(crate) fn options(time: &Time, seed: u64, policy: Option<&str>) -> Options {
    Options {
        directory: None,
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        clock: Arc::new(time.clone()),
        speed: 1.0,
        // IDs created after a checkpoint do not repeat those created before it.
        seed: Some(seed.wrapping_mul(7919).wrapping_add(time.now().unix_timestamp_nanos() as u64)),
        limits: Limits { quotas: true, as_role: policy.map(str::to_owned), ..Limits::default() },
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cloud {
    /// Creates an embedded AWS that continues from `world`.
    pub fn new(time: &Time, world: AccountState, seed: u64) -> Self {
        Self::with_policy(time, world, seed, None)
    }

    /// Creates one whose callers have the permissions of this identity policy only.
    pub fn with_policy(time: &Time, world: AccountState, seed: u64, policy: Option<&str>) -> Self {
        Self {
            emulator: Emulator::from_account_state(options(time, seed, policy), world),
            time: time.clone(),
            late: Mutex::default(),
            latency: None,
            history: Mutex::default(),
            keeps_history: AtomicBool::new(false),
            watch: Mutex::default(),
            needed: policy.map(|_| Mutex::default()),
        }
    }

    /// Creates an empty account with call latencies, whose own delays are shortened by `speed`.
    pub fn with_latency(time: &Time, latency: Latency, speed: f64) -> Self {
        let options = Options { speed, ..options(time, 0, None) };
        let emulator = Emulator::from_account_state(options, AccountState::empty(ACCOUNT, REGION));
        Self { emulator, latency: Some(latency), ..Self::new(time, AccountState::empty(ACCOUNT, REGION), 0) }
    }

    /// Returns every action and resource by which the embedded AWS has authorized a call; empty if calls are not authorized.
    pub fn needed(&self) -> BTreeSet<(String, String)> {
        self.needed.as_ref().map(|needed| locked(needed).clone()).unwrap_or_default()
    }

    /// Locks the routes that must keep answering.
    pub(crate) fn watch(&self) -> MutexGuard<'_, Option<AvailabilityProbe>> {
        locked(&self.watch)
    }

    /// Returns a copy of the current account state.
    pub fn account_state(&self) -> AccountState {
        self.emulator.account_state()
    }

    /// Whether a request has been sent and has not arrived.
    pub(crate) fn is_anything_under_way(&self) -> bool {
        !locked(&self.late).is_empty()
    }

    /// Delivers the delayed requests whose arrival time has passed.
    pub(crate) async fn settle(&self) {
        loop {
            let due = {
                let mut late = locked(&self.late);
                let now = self.time.now();
                late.iter().position(|(when, _)| *when <= now).map(|index| late.remove(index))
            };
            let Some((_, request)) = due else { return };
            self.emulator.handle(request).await;
        }
    }

    async fn handle(&self, request: Request) -> Response {
        self.settle().await;
        self.remember();
        if let Some(needed) = &self.needed {
            let needs = self.emulator.required_actions(&request);
            locked(needed).extend(needs);
        }
        self.emulator.handle(request).await
    }

    fn remember(&self) {
        if !self.keeps_history.load(Ordering::Relaxed) {
            return;
        }
        let mut past = locked(&self.history);
        let now = self.time.now();
        while past.len() > 1 && past[1].0 + STALE <= now {
            past.pop_front();
        }
        past.push_back((now, self.account_state()));
    }

    /// Answers a read from the state of [`STALE`] ago.
    async fn stale_response(&self, request: Request) -> Response {
        self.settle().await;
        let then = self.time.now() - STALE;
        let world = {
            let past = locked(&self.history);
            // An entry is the state before the change made at its time.
            past.iter().find(|(when, _)| *when > then).map(|(_, world)| world.clone())
        };
        match world {
            Some(world) => Emulator::from_account_state(options(&self.time, 1, None), world).handle(request).await,
            None => self.emulator.handle(request).await,
        }
    }
}

/// The network of one run. Clones share their state.
#[derive(Clone)]
pub struct Network {
    cloud: Arc<Cloud>,
    run: Arc<Run>,
}

/// A recorded call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Time at which it was sent.
    pub at: OffsetDateTime,
    /// Signing name of the service.
    pub service: &'static str,
    /// Operation.
    pub operation: &'static str,
    /// HTTP status of AWS's response; 0 without one.
    pub status: u16,
    /// Injected fault.
    pub fault: Option<Fault>,
    /// Whether it can change resources; calls to the state bucket do not count.
    pub mutates: bool,
    /// Whether another run held the lease when it arrived.
    pub lacks_lease: bool,
}

/// Returns the ID of the run that actually holds the lease.
pub(crate) type LeaseHolder = Arc<dyn Fn() -> Option<String> + Send + Sync>;

struct Run {
    name: String,
    faults: Faults,
    holder: LeaseHolder,
    retries_blindly: bool,
    entries: Mutex<Vec<Entry>>,
    crash: tokio::sync::watch::Sender<bool>,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("network of a simulation")
    }
}

impl Network {
    /// Creates the network of the run `name`, on which `faults` are injected at the calls with their numbers.
    pub(crate) fn new(cloud: &Arc<Cloud>, name: String, faults: Faults, holder: LeaseHolder, retries_blindly: bool) -> Self {
        cloud.keeps_history.fetch_or(faults.values().any(|fault| *fault == Fault::Stale), Ordering::Relaxed);
        let run = Run {
            name,
            faults,
            holder,
            retries_blindly,
            entries: Mutex::default(),
            crash: tokio::sync::watch::Sender::new(false),
        };
        Self { cloud: Arc::clone(cloud), run: Arc::new(run) }
    }

    /// Returns the HTTP client for the SDK.
    pub(crate) fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Completes when the process crashes.
    pub(crate) async fn crashed(&self) {
        // The sender lives in `self`.
        let _ = self.run.crash.subscribe().wait_for(|crashed| *crashed).await;
    }

    /// Returns all calls so far.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        locked(&self.run.entries).clone()
    }

    async fn die(&self) -> Response {
        self.run.crash.send_replace(true);
        pending().await
    }

    /// Sends one request, and injects the fault that is planned for it.
    async fn send(&self, request: Request) -> Result<Response, ConnectorError> {
        if *self.run.crash.borrow() {
            return pending().await;
        }
        let (service, operation) = self.cloud.emulator.operation_of(&request).unwrap_or((Service::Sts, "Unknown"));
        let reads = is_read(operation);
        let mutates = !reads && service != Service::S3;
        let (number, changes) = {
            let entries = locked(&self.run.entries);
            (entries.len(), entries.iter().filter(|entry| entry.mutates).count())
        };
        let planned = |at: At| self.run.faults.get(&at).copied();
        let fault = planned(At::Call(number)).or_else(|| planned(At::Change(changes)).filter(|_| mutates));
        let fault = fault.filter(|fault| fault.applies_to(operation));
        let trespasses = mutates && (self.run.holder)().is_some_and(|holder| holder != self.run.name);
        let entry = Entry {
            at: self.cloud.time.now(),
            service: signing_name(service),
            operation,
            status: 0,
            fault,
            mutates,
            lacks_lease: trespasses,
        };
        locked(&self.run.entries).push(entry);
        if let Some(latency) = &self.cloud.latency {
            // Half of the latency before the request arrives, half after it.
            let half = latency(signing_name(service), operation) / 2;
            self.cloud.time.sleep(half).await;
            let response = self.deliver(number, request).await;
            self.cloud.time.sleep(half).await;
            return Ok(response);
        }
        let Some(fault) = fault else { return Ok(self.deliver(number, request).await) };
        let again = self.run.retries_blindly.then(|| request.clone());
        match (self.meet(fault, number, service, request).await, again) {
            (Err(_), Some(again)) => Ok(self.deliver(number, again).await),
            (answer, _) => answer,
        }
    }

    /// Delivers a request and records the status of its response.
    async fn deliver(&self, number: usize, request: Request) -> Response {
        let response = self.cloud.handle(request).await;
        let mut call = None;
        if let Some(entry) = locked(&self.run.entries).get_mut(number) {
            entry.status = response.status().as_u16();
            let matters = entry.mutates && ["apigateway", "lambda", "iam"].contains(&entry.service);
            call = matters.then(|| format!("{}:{}", entry.service, entry.operation));
        }
        if let (Some(call), Some(watch)) = (call, locked(&self.cloud.watch).as_mut().filter(|watch| watch.is_needed())) {
            watch.look(&self.cloud.account_state(), &call);
        }
        response
    }

    async fn meet(&self, fault: Fault, number: usize, service: Service, request: Request) -> Result<Response, ConnectorError> {
        let time = &self.cloud.time;
        match fault {
            Fault::CrashBeforeSend => Ok(self.die().await),
            Fault::CrashAfterEffect => {
                self.deliver(number, request).await;
                Ok(self.die().await)
            }
            Fault::RequestLost => Err(broken("the connection was reset before the request was sent")),
            Fault::ResponseLost => {
                self.deliver(number, request).await;
                Err(broken("the connection was reset before the answer arrived"))
            }
            Fault::NoAnswer => {
                self.deliver(number, request).await;
                pending().await
            }
            Fault::LateEffect => {
                locked(&self.cloud.late).push((time.now() + LATE, request));
                pending().await
            }
            Fault::Duplicated => {
                let again = self.cloud.emulator.operation_of(&request).is_some_and(|(_, operation)| may_come_twice(operation));
                let first = self.deliver(number, request.clone()).await;
                if again {
                    self.cloud.handle(request).await;
                }
                Ok(first)
            }
            Fault::Delayed => {
                let response = self.deliver(number, request).await;
                time.sleep(LATE).await;
                Ok(response)
            }
            Fault::Suspended => {
                let response = self.deliver(number, request).await;
                time.pass(SUSPENDED);
                Ok(response)
            }
            Fault::ClockSetBack | Fault::ClockSetForward => {
                let response = self.deliver(number, request).await;
                time.set_wall_skew(if fault == Fault::ClockSetBack { SET_BACK } else { SET_FORWARD });
                Ok(response)
            }
            Fault::FrozenAndSetBack => {
                let response = self.deliver(number, request).await;
                time.pass(SUSPENDED);
                time.set_wall_skew(SET_BACK);
                Ok(response)
            }
            Fault::FailsAsync => {
                let mut request = request;
                request.headers_mut().insert(FAIL_ASYNC_HEADER, http::HeaderValue::from_static("true"));
                Ok(self.deliver(number, request).await)
            }
            Fault::Stale => Ok(self.cloud.stale_response(request).await),
            Fault::FailedAfterEffect => {
                self.deliver(number, request.clone()).await;
                Ok(self.cloud.emulator.error_response(&request, &internal_error(service)))
            }
            Fault::FailedWithoutEffect => Ok(self.cloud.emulator.error_response(&request, &internal_error(service))),
            Fault::Throttled => Ok(self.cloud.emulator.error_response(&request, &throttling(service))),
            Fault::Quota => Ok(self.cloud.emulator.error_response(&request, &quota(service))),
        }
    }
}

fn broken(why: &str) -> ConnectorError {
    ConnectorError::io(std::io::Error::new(std::io::ErrorKind::ConnectionReset, why).into())
}

/// Whether a duplicate delivery of the operation is not the client's fault: it takes neither a token nor a unique name (aws-sdk models), so
/// that each delivery creates a resource.
fn may_come_twice(operation: &str) -> bool {
    !matches!(operation, "CreateRestApi" | "CreateDeployment" | "ImportCertificate" | "CreateApiKey" | "CreateUsagePlan")
}

fn signing_name(service: Service) -> &'static str {
    match service {
        Service::Acm => "acm",
        Service::ApiGateway => "apigateway",
        Service::Connect => "connect",
        Service::DynamoDb => "dynamodb",
        Service::Iam => "iam",
        Service::Lambda => "lambda",
        Service::Logs => "logs",
        Service::Route53 => "route53",
        Service::S3 => "s3",
        Service::Sts => "sts",
        Service::Tagging => "tagging",
    }
}

/// Returns each service's throttling error (aws-sdk models: the errors of the services' operations).
fn throttling(service: Service) -> AwsError {
    let (status, code) = match service {
        Service::Iam | Service::Route53 | Service::Sts => (400, "Throttling"),
        Service::Lambda | Service::ApiGateway | Service::Connect => (429, "TooManyRequestsException"),
        Service::S3 => (503, "SlowDown"),
        Service::Acm | Service::DynamoDb | Service::Logs | Service::Tagging => (400, "ThrottlingException"),
    };
    AwsError::new(status, code, "Rate exceeded")
}

fn internal_error(service: Service) -> AwsError {
    let code = match service {
        Service::Iam | Service::Sts => "ServiceFailure",
        Service::Lambda => "ServiceException",
        Service::ApiGateway => "InternalFailure",
        Service::Connect => "InternalServiceException",
        Service::S3 => "InternalError",
        Service::Route53 => "InternalFailure",
        Service::Logs => "ServiceUnavailableException",
        Service::Acm | Service::DynamoDb | Service::Tagging => "InternalServerError",
    };
    AwsError::new(500, code, "An internal error occurred")
}

fn quota(service: Service) -> AwsError {
    let (status, code) = match service {
        Service::Iam => (409, "LimitExceeded"),
        Service::Lambda => (400, "CodeStorageExceededException"),
        Service::ApiGateway => (429, "LimitExceededException"),
        Service::Connect => (402, "ServiceQuotaExceededException"),
        Service::S3 => (400, "TooManyBuckets"),
        Service::Route53 => (400, "TooManyHostedZones"),
        Service::Acm | Service::DynamoDb | Service::Logs | Service::Sts | Service::Tagging => (400, "LimitExceededException"),
    };
    AwsError::new(status, code, "The quota is used up")
}

impl HttpClient for Network {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let network = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
            let response = network.send(http::Request::from_parts(parts, body)).await?;
            HttpResponse::try_from(response.map(SdkBody::from)).map_err(|error| ConnectorError::user(error.into()))
        })
    }
}
