//! Kill a run anywhere, run again, and there is exactly one of each thing.

mod cloud;

use cloud::{Cloud, Fault, Memory, engine};
use deployer_engine::{Address, End, Expr, Graph, Interrupt, Options, Outcome, Plan, Result};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;

fn yes(_: &Plan) -> BoxFuture<'_, bool> {
    async { true }.boxed()
}

fn at(kind: &str, name: &str) -> Address {
    Address::new(kind, name)
}

/// What differs between the graphs of the tests.
#[derive(Clone, Copy)]
struct Wish {
    size: u32,
    key: &'static str,
    kind: &'static str,
    digest: &'static str,
    extra: bool,
}

const FIRST: Wish = Wish { size: 1, key: "phone", kind: "regional", digest: "a", extra: true };

/// A table, an API that is made in two calls, a route to the table, a version made new-first, a stage that points at it.
fn graph(wish: Wish) -> Graph {
    let mut graph = Graph::default();
    let value = |value: serde_json::Value| Expr::from(value);
    let (table, api, version) = (at("table", "numbers"), at("api", "public"), at("version", "public"));
    let table_properties =
        [("name", value(json!("numbers"))), ("key", value(json!(wish.key))), ("size", value(json!(wish.size)))];
    graph.insert(table.clone(), "test.table", Expr::map(table_properties), []);
    let routes = Expr::map([("GET /", Expr::output(&table, "arn"))]);
    let api_properties = [("title", Expr::from("numbers")), ("routes", routes), ("kind", Expr::from(wish.kind))];
    graph.insert(api.clone(), "test.api", Expr::map(api_properties), []);
    let api_id = || Expr::output(&api, "id");
    let route = [("api_id", api_id()), ("path", Expr::from("/")), ("target", Expr::output(&table, "arn"))];
    graph.insert(at("route", "get"), "test.route", Expr::map(route), []);
    graph.insert(
        version.clone(),
        "test.version",
        Expr::map([("api_id", api_id()), ("digest", Expr::from(wish.digest))]),
        [at("route", "get")],
    );
    let stage = [("api_id", api_id()), ("name", Expr::from("live")), ("version_id", Expr::output(&version, "id"))];
    graph.insert(at("stage", "live"), "test.stage", Expr::map(stage), []);
    if wish.extra {
        let extra = [("name", value(json!("extra"))), ("key", value(json!("k"))), ("size", Expr::from(serde_json::Value::Null))];
        graph.insert(at("table", "extra"), "test.table", Expr::map(extra), [table]);
    }
    graph
}

/// What one run is asked to do.
#[derive(Clone, Copy)]
enum Goal {
    Apply(Wish),
    Destroy,
}

async fn run(cloud: &Cloud, memory: &Memory, goal: Goal) -> Option<Result<Outcome>> {
    let engine = engine(cloud, memory);
    let (options, interrupt) = (Options::default(), Interrupt::new());
    match goal {
        Goal::Apply(wish) => cloud.live(engine.apply(&graph(wish), &options, yes, &interrupt)).await,
        Goal::Destroy => cloud.live(engine.destroy(Some(&graph(FIRST)), &options, yes, &interrupt)).await,
    }
}

async fn prepared(before: Option<Wish>) -> (Cloud, Memory) {
    let cloud = Cloud::default();
    let memory = Memory::new(&cloud);
    if let Some(wish) = before {
        let outcome = run(&cloud, &memory, Goal::Apply(wish)).await.expect("no fault is armed").expect("no fault is armed");
        assert_eq!(outcome.end, End::Applied);
    }
    (cloud, memory)
}

/// How many calls a run without faults makes.
async fn calls(before: Option<Wish>, goal: Goal) -> usize {
    let (cloud, memory) = prepared(before).await;
    let start = cloud.world().calls.len();
    run(&cloud, &memory, goal).await.expect("no fault is armed").expect("no fault is armed");
    let calls = cloud.world().calls.len();
    calls - start
}

fn expected(goal: Goal) -> Vec<(String, String)> {
    let Goal::Apply(wish) = goal else { return Vec::new() };
    let graph = graph(wish);
    let mut all: Vec<_> = graph.nodes.iter().map(|(address, node)| (node.type_name.clone(), address.to_string())).collect();
    all.sort();
    all
}

/// Runs again until the run says it is through, then checks the world, and that one more run changes nothing.
async fn settles(cloud: &Cloud, memory: &Memory, goal: Goal, story: &str) {
    cloud.disarm();
    let outcome = run(cloud, memory, goal).await.expect("no fault is armed");
    let outcome = outcome.unwrap_or_else(|error| panic!("{story}: {error}"));
    assert!(matches!(outcome.end, End::Applied | End::NothingToDo), "{story}: {outcome:?}");
    assert_eq!(cloud.ours(), expected(goal), "{story}: not exactly one of each");
    assert_eq!(cloud.world().violations, Vec::<String>::new(), "{story}");
    let (mutations, bytes) = (cloud.mutations(), memory.bytes());
    let again = run(cloud, memory, goal).await.expect("no fault is armed").unwrap_or_else(|error| panic!("{story}: {error}"));
    assert_eq!(again.end, End::NothingToDo, "{story}: the second run had something to do: {again:?}");
    assert_eq!(cloud.mutations(), mutations, "{story}: the second run changed something");
    assert_eq!(memory.bytes(), bytes, "{story}: the second run wrote the state");
}

/// Every fault at every call of the run, then a run without faults.
async fn survives(before: Option<Wish>, goal: Goal, faults: &[Fault]) {
    let calls = calls(before, goal).await;
    assert!(calls > 0, "the run makes calls");
    for &fault in faults {
        for call in 0..calls {
            let (cloud, memory) = prepared(before).await;
            cloud.arm(call, fault);
            let _ = run(&cloud, &memory, goal).await;
            let last = cloud.world().calls.last().cloned();
            settles(&cloud, &memory, goal, &format!("{fault:?} at call {call}, last {last:?}")).await;
            settles(&cloud, &memory, Goal::Destroy, &format!("destroy after {fault:?} at call {call}")).await;
        }
    }
}

const ALL: [Fault; 6] =
    [Fault::CrashBefore, Fault::CrashAfter, Fault::LostAnswer, Fault::LostRequest, Fault::Throttle, Fault::Refuse];

#[tokio::test(start_paused = true)]
async fn a_first_run_survives_every_fault_at_every_call() {
    survives(None, Goal::Apply(FIRST), &ALL).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_survives_every_fault_at_every_call() {
    survives(Some(FIRST), Goal::Apply(Wish { size: 2, extra: false, ..FIRST }), &ALL).await;
}

#[tokio::test(start_paused = true)]
async fn a_replacement_made_new_first_survives_every_fault_at_every_call() {
    survives(Some(FIRST), Goal::Apply(Wish { digest: "b", ..FIRST }), &ALL).await;
}

#[tokio::test(start_paused = true)]
async fn a_replacement_of_a_parent_survives_every_fault_at_every_call() {
    survives(Some(FIRST), Goal::Apply(Wish { kind: "edge", key: "number", digest: "b", ..FIRST }), &ALL).await;
}

#[tokio::test(start_paused = true)]
async fn a_destroy_survives_every_fault_at_every_call() {
    survives(Some(FIRST), Goal::Destroy, &ALL).await;
}
