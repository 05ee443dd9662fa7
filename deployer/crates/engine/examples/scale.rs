//! A benchmark of the growth of the engine's own work with the number of resources: `cargo run --example scale -p deployer-engine`.
//!
//! An in-memory provider responds immediately, so only the engine is measured: observing, planning, ordering, recording.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "a benchmark is a program")]
#![allow(clippy::result_large_err, reason = "as in the engine")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deployer_engine::{
    Address, Backend, CancellationToken, ChangeEffect, Clock, Context, Engine, EnvironmentId, Error, EventSink, Expr, Graph,
    Lease, LeaseInfo, LeaseOwner, Live, Lookup, Options, PhysicalId, Plan, PropertyPath, Random, Registry, Resource,
    ResourceDefinition, Result, RunStatus, StoredState, TagOwner, Version,
};
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

/// The dependency structure of the resources.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Each refers to the previous one.
    Chain,
    /// All refer to the first.
    Fan,
    /// Groups of a few that refer to each other and to some of the previous group, with tags and documents.
    Mix,
}

impl Shape {
    /// All shapes.
    pub const ALL: [Self; 3] = [Self::Chain, Self::Fan, Self::Mix];

    /// Returns a graph with the given number of resources.
    pub fn graph(self, resources: usize) -> Graph {
        let address = |number: usize| Address::new("thing", &format!("{number:06}"));
        let mut graph = Graph::default();
        for number in 0..resources {
            let on = match self {
                Self::Chain => number.checked_sub(1).into_iter().collect(),
                Self::Fan => (number > 0).then_some(0).into_iter().collect(),
                Self::Mix => vec![number.checked_sub(1 + number % 4), number.checked_sub(7)].into_iter().flatten().collect(),
            };
            let on: Vec<usize> = on;
            let users = on.iter().map(|on| (format!("use{on}"), Expr::output(&address(*on), "id")));
            let tags = json!({"deployer:project": "scale", "deployer:environment": "dev", "deployer:address": format!("thing.{number:06}")});
            let properties = Expr::map([
                ("name", Expr::from(format!("scale-dev-{number:06}"))),
                ("uses", Expr::Map(users.collect())),
                (
                    "document",
                    Expr::Value(json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["a:b"]}]})),
                ),
                ("tags", Expr::Value(tags)),
            ]);
            graph.insert(address(number), "test.thing", properties, []);
        }
        graph
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Properties {
    name: String,
    uses: BTreeMap<String, String>,
    document: Value,
    tags: BTreeMap<String, String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Outputs {
    id: String,
}

type ThingLive = Live<Properties, Outputs>;

/// The in-memory provider: the existing resources and the number of calls.
#[derive(Default)]
pub struct Cloud {
    things: Mutex<BTreeMap<String, Properties>>,
    /// Number of calls.
    pub calls: AtomicUsize,
}

impl Cloud {
    fn things<T>(&self, look: impl FnOnce(&mut BTreeMap<String, Properties>) -> T) -> T {
        self.calls.fetch_add(1, Ordering::Relaxed);
        look(&mut self.things.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Thing(Arc<Cloud>);

fn live(properties: &Properties) -> ThingLive {
    let id = format!("id-{}", properties.name);
    Live { id: PhysicalId(id.clone()), properties: properties.clone(), outputs: Outputs { id } }
}

impl ResourceDefinition for Thing {
    type Properties = Properties;
    type Outputs = Outputs;
    const TYPE: &'static str = "test.thing";

    fn change_effect(_: &PropertyPath) -> ChangeEffect {
        ChangeEffect::Update
    }
}

impl Resource for Thing {
    type Definition = Self;

    async fn read(&self, _: &Context, id: &PhysicalId, _: &Properties) -> Result<Option<ThingLive>> {
        Ok(self.0.things(|things| things.get(id.as_str()).map(live)))
    }

    async fn owner(&self, _: &Context, _: &ThingLive) -> Result<TagOwner> {
        Ok(TagOwner::Us)
    }

    async fn find(&self, _: &Context, wanted: &Properties) -> Result<Lookup<ThingLive>> {
        let id = format!("id-{}", wanted.name);
        Ok(self.0.things(|things| things.get(&id).map_or(Lookup::NotFound, |found| Lookup::Owned(live(found)))))
    }

    async fn create(&self, cx: &Context, wanted: &Properties) -> Result<ThingLive> {
        cx.check_lease().await?;
        let made = live(wanted);
        self.0.things(|things| things.insert(made.id.to_string(), wanted.clone()));
        Ok(made)
    }

    async fn update(&self, cx: &Context, _: &ThingLive, wanted: &Properties, _: &[PropertyPath]) -> Result<ThingLive> {
        self.create(cx, wanted).await
    }

    async fn delete(&self, cx: &Context, id: &PhysicalId, _: &Properties) -> Result<()> {
        cx.check_lease().await?;
        self.0.things(|things| things.remove(id.as_str()));
        Ok(())
    }
}

/// A clock that advances by a millisecond at each reading, as if the provider responded that fast.
#[derive(Default)]
struct Ticking(AtomicUsize);

impl Clock for Ticking {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.fetch_add(1, Ordering::Relaxed) as u64)
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        // Nothing here sleeps.
        std::future::pending().boxed()
    }
}

struct Same;

impl Random for Same {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(7)
    }

    fn fraction(&self) -> f64 {
        0.5
    }
}

/// An in-memory state that counts its writes.
#[derive(Default)]
pub struct Memory {
    stored: Mutex<Option<Vec<u8>>>,
    /// Number of writes of the state.
    pub writes: AtomicUsize,
}

impl Memory {
    fn bytes(&self) -> Option<Vec<u8>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Backend for Memory {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    fn load(&self) -> BoxFuture<'_, Result<Option<StoredState>>> {
        let stored = self.bytes().map(|bytes| StoredState { version: Version(bytes.len().to_string()), bytes });
        async { Ok(stored) }.boxed()
    }

    fn save<'a>(&'a self, bytes: Vec<u8>, _: Option<&'a Version>, _: &'a Lease) -> BoxFuture<'a, Result<Version>> {
        let version = Version(bytes.len().to_string());
        self.writes.fetch_add(1, Ordering::Relaxed);
        *self.stored.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
        async { Ok(version) }.boxed()
    }

    fn acquire<'a>(&'a self, holder: &'a LeaseOwner, now: OffsetDateTime, _: Duration) -> BoxFuture<'a, Result<Lease>> {
        let (expires, version) = (now + Duration::from_secs(1_000_000), Version(String::new()));
        let lease = Lease { holder: holder.clone(), fence: 1, expires, version, taken_over: false, guard: None };
        async { Ok(lease) }.boxed()
    }

    fn renew<'a>(&'a self, lease: &'a Lease, _: OffsetDateTime, _: Duration) -> BoxFuture<'a, Result<Lease>> {
        async { Ok(lease.clone()) }.boxed()
    }

    fn current_lease(&self) -> BoxFuture<'_, Result<Option<LeaseInfo>>> {
        async { Ok(None) }.boxed()
    }

    fn unlock<'a>(&'a self, _: &'a LeaseInfo) -> BoxFuture<'a, Result<()>> {
        async { Err(Error::local("nobody else holds it")) }.boxed()
    }

    fn release(&self, _: Lease) -> BoxFuture<'_, Result<()>> {
        async { Ok(()) }.boxed()
    }
}

/// An engine on an empty provider, with its dependencies.
pub struct Bench {
    engine: Engine,
    /// The provider.
    pub cloud: Arc<Cloud>,
    /// The state.
    pub memory: Arc<Memory>,
}

impl Default for Bench {
    fn default() -> Self {
        let (cloud, memory): (Arc<Cloud>, Arc<Memory>) = Default::default();
        let mut registry = Registry::default();
        registry.add(Thing(Arc::clone(&cloud)));
        let text = |text: &str| text.to_owned();
        let holder =
            LeaseOwner { id: Uuid::nil(), host: text("h"), pid: 1, command: text("scale"), since: OffsetDateTime::UNIX_EPOCH };
        let site = EnvironmentId {
            project: text("scale"),
            environment: text("dev"),
            account: text("111122223333"),
            region: text("us-east-1"),
        };
        let engine = Engine {
            registry,
            backend: Arc::clone(&memory) as Arc<dyn Backend>,
            clock: Arc::new(Ticking::default()),
            random: Arc::new(Same),
            holder,
            environment_id: site,
            events: EventSink::ignore(),
            create_visibility: deployer_engine::CREATE_VISIBILITY_TIMEOUT,
        };
        Self { engine, cloud, memory }
    }
}

/// Approves every plan.
fn yes(_: &Plan) -> BoxFuture<'_, bool> {
    async { true }.boxed()
}

impl Bench {
    /// Plans the graph and returns the number of changes.
    pub fn plan(&self, graph: &Graph) -> usize {
        let planned = block_on(self.engine.plan(graph, &Options::default()));
        planned.map_or(usize::MAX, |planned| planned.plan.summary.changes())
    }

    /// Applies the graph; returns whether it was applied.
    pub fn apply(&self, graph: &Graph) -> bool {
        let applied = block_on(self.engine.apply(graph, &Options::default(), yes, &CancellationToken::new()));
        applied.is_ok_and(|outcome| outcome.status == RunStatus::Applied)
    }

    /// Destroys everything; returns whether that succeeded.
    pub fn destroy(&self) -> bool {
        let destroyed = block_on(self.engine.destroy(None, &Options::default(), yes, &CancellationToken::new()));
        destroyed.is_ok_and(|outcome| outcome.status == RunStatus::Applied)
    }
}

/// Returns the peak memory of this process in MB; 0 if the system does not report it.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok()).unwrap_or_default() / 1024
}

fn main() {
    println!("| shape | resources | first plan | apply | no-op plan | destroy | state writes | peak MB |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for shape in Shape::ALL {
        let mut last: Option<(usize, [f64; 4])> = None;
        for resources in [10, 100, 1_000, 10_000] {
            let (graph, bench) = (shape.graph(resources), Bench::default());
            let timed = |work: &dyn Fn() -> bool| {
                let begun = Instant::now();
                assert!(work(), "{shape:?} of {resources} went wrong");
                begun.elapsed().as_secs_f64()
            };
            let times = [
                timed(&|| bench.plan(&graph) == resources),
                timed(&|| bench.apply(&graph)),
                timed(&|| bench.plan(&graph) == 0),
                timed(&|| bench.destroy()),
            ];
            let [first, apply, no_op, destroy] = times.map(|seconds| format!("{:.1} ms", seconds * 1e3));
            let writes = bench.memory.writes.load(Ordering::Relaxed);
            println!("| {shape:?} | {resources} | {first} | {apply} | {no_op} | {destroy} | {writes} | {} |", peak());
            if let Some((fewer, before)) = last {
                let slope = |now: f64, before: f64| (now / before).log10() / (resources as f64 / fewer as f64).log10();
                let slopes: Vec<String> =
                    times.iter().zip(before).map(|(now, before)| format!("{:.2}", slope(*now, before))).collect();
                println!("| | slope | {} | | |", slopes.join(" | "));
            }
            last = Some((resources, times));
        }
    }
}
