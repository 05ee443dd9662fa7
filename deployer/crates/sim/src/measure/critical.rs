//! The minimum duration of an apply on AWS: the longest path through the dependencies that AWS checks, with the latencies of its calls and
//! its own delays.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use deployer_engine::{Address, Event, Graph};

use super::{MeasuredStack, moment, run};
use crate::machine::{Command, Testbed};
use crate::network::{Cloud, Latency};
use crate::store::Store;
use crate::time::Time;

/// The actual and the minimum duration of an apply.
#[derive(Debug, Clone, Copy)]
pub struct Makespan {
    /// Time from the first change that could be started to the end of the run.
    pub took: Duration,
    /// Longest path that AWS imposes.
    pub critical: Duration,
}

impl Makespan {
    /// Returns the duration as a multiple of the critical path.
    pub fn ratio(&self) -> f64 {
        self.took.as_secs_f64() / self.critical.as_secs_f64()
    }
}

/// Measures the makespan of applying a stack to an empty account, with the latencies and delays of a seed.
///
/// # Errors
/// Returns the result of an apply that did not succeed.
pub fn makespan(subject: &MeasuredStack, seed: u64) -> Result<Makespan, String> {
    let mut rng = fastrand::Rng::with_seed(seed);
    // AWS is sometimes slower and sometimes faster than the deployer assumes.
    let speed = 0.6 + rng.f64() * 1.1;
    let latency: Latency = Arc::new(move |service, operation| latency(seed, service, operation));
    let time = Time::default();
    let testbed = Testbed { time: time.clone(), cloud: Arc::new(Cloud::with_latency(&time, Arc::clone(&latency), speed)) };
    Store::create_bucket(&testbed.cloud);
    let report = run(&testbed, Command::Apply(subject.wanted.clone()), speed)?;
    let begun = moment(&report, |event| matches!(event, Event::Applying { .. })).ok_or("nothing was applied")?;
    let took = Duration::try_from(time.now() - begun).unwrap_or_default();
    Ok(Makespan { took, critical: Path { graph: &subject.wanted.graph, latency, speed }.longest() })
}

/// Returns the latency of a call in the simulation of a seed: around typical latencies from within a Region, some of them more than twice
/// as long.
fn latency(seed: u64, service: &str, operation: &str) -> Duration {
    let usual = match (service, operation) {
        ("lambda", "CreateFunction" | "UpdateFunctionCode") => 600,
        ("apigateway", "PutRestApi") => 700,
        ("apigateway", "CreateRestApi" | "CreateDeployment") => 300,
        ("acm" | "connect", _) => 180,
        ("apigateway", _) => 150,
        ("iam", _) => 120,
        ("s3", _) => 50,
        _ => 80,
    };
    let name = service.bytes().chain(operation.bytes()).fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let factor = (fastrand::Rng::with_seed(name).f64() * 1.4 - 0.5).exp();
    Duration::from_millis(usual).mul_f64(factor)
}

struct Path<'g> {
    graph: &'g Graph,
    latency: Latency,
    speed: f64,
}

/// AWS's own delays (the embedded AWS's constants, which are not shared): until a new role can be assumed, and until a table, its backups,
/// a function, a domain and an instance are usable.
const ROLE: f64 = 8.0;
const TABLE: f64 = 8.0;
const BACKUPS: f64 = 12.0;
const BACKUPS_SWITCH: f64 = 4.0;
const FUNCTION: f64 = 3.0;
const DOMAIN: f64 = 20.0;
const INSTANCE: f64 = 90.0;

impl Path<'_> {
    fn longest(&self) -> Duration {
        let mut done: BTreeMap<Address, Duration> = BTreeMap::new();
        for address in self.graph.order().unwrap_or_default() {
            let Some(node) = self.graph.nodes.get(&address) else { continue };
            let needed = self.graph.dependencies(&address).into_iter().filter(|on| !node.unchecked.contains(on));
            let ready = |on: Address| {
                let done = done.get(&on).copied().unwrap_or_default();
                let is_role = self.graph.nodes.get(&on).is_some_and(|node| node.type_name == "iam.role");
                // The role is checked when the function's creation arrives.
                if is_role { self.role_known().saturating_sub(self.call("lambda", "CreateFunction") / 2) } else { done }
            };
            let begins = needed.map(ready).max().unwrap_or_default();
            let takes = self.takes(&node.type_name, &node.properties.resolve(&|_| None).value);
            done.insert(address, begins + takes);
        }
        done.into_values().max().unwrap_or_default()
    }

    fn call(&self, service: &'static str, operation: &'static str) -> Duration {
        (self.latency)(service, operation)
    }

    fn wait(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds / self.speed)
    }

    fn role_known(&self) -> Duration {
        self.call("iam", "CreateRole") / 2 + self.wait(ROLE)
    }

    /// Returns the end of a change that is usable this long after its arrival, observed by a poll that arrives then.
    fn awaited(&self, change: Duration, seconds: f64, look: Duration) -> Duration {
        change / 2 + self.wait(seconds) + look / 2
    }

    fn takes(&self, type_name: &str, wanted: &serde_json::Value) -> Duration {
        let call = |service, operation| self.call(service, operation);
        match type_name {
            "iam.role" => call("iam", "CreateRole") + call("iam", "PutRolePolicy"),
            "logs.group" => call("logs", "CreateLogGroup") + call("logs", "PutRetentionPolicy"),
            "dynamodb.table" => self.table(wanted["point_in_time_recovery"] == true),
            "lambda.function" => self.awaited(call("lambda", "CreateFunction"), FUNCTION, call("lambda", "GetFunction")),
            "lambda.permission" => call("lambda", "AddPermission"),
            "apigateway.rest_api" => call("apigateway", "CreateRestApi") + call("apigateway", "PutRestApi"),
            "apigateway.deployment" => call("apigateway", "CreateDeployment"),
            "apigateway.stage" => call("apigateway", "CreateStage"),
            "acm.certificate" => call("acm", "ImportCertificate"),
            "apigateway.domain_name" => {
                self.awaited(call("apigateway", "CreateDomainName"), DOMAIN, call("apigateway", "GetDomainName"))
            }
            "apigateway.base_path_mapping" => call("apigateway", "CreateBasePathMapping"),
            "connect.instance" => self.awaited(call("connect", "CreateInstance"), INSTANCE, call("connect", "DescribeInstance")),
            "connect.hours_of_operation" => call("connect", "CreateHoursOfOperation"),
            "connect.queue" => call("connect", "CreateQueue"),
            "connect.user" => call("connect", "CreateUser"),
            "connect.contact_flow" => call("connect", "CreateContactFlow"),
            "connect.lambda_association" => call("connect", "AssociateLambdaFunction"),
            _ => Duration::ZERO,
        }
    }

    fn table(&self, recoverable: bool) -> Duration {
        let (create, look) = (self.call("dynamodb", "CreateTable"), self.call("dynamodb", "DescribeTable"));
        let active = self.awaited(create, TABLE, look);
        if !recoverable {
            return active;
        }
        let (switch, look) =
            (self.call("dynamodb", "UpdateContinuousBackups"), self.call("dynamodb", "DescribeContinuousBackups"));
        // Backups can be switched some time after the table is active.
        let possible = (create / 2 + self.wait(BACKUPS)).saturating_sub(switch / 2);
        active.max(possible) + self.awaited(switch, BACKUPS_SWITCH, look)
    }
}
