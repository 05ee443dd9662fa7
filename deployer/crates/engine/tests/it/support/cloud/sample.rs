//! A small application, and runs that apply or destroy it.

use deployer_engine::{Address, CancellationToken, Expr, Graph, Options, Outcome, Plan, Result, RunStatus};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;

use super::{Cloud, Memory, engine};

pub fn approve(_: &Plan) -> BoxFuture<'_, bool> {
    async { true }.boxed()
}

pub fn at(kind: &str, name: &str) -> Address {
    Address::new(kind, name)
}

/// The variations between the graphs of the tests.
#[derive(Clone, Copy)]
pub struct GraphSpec {
    pub size: u32,
    pub key: &'static str,
    pub kind: &'static str,
    pub digest: &'static str,
    pub extra: bool,
}

pub const FIRST: GraphSpec = GraphSpec { size: 1, key: "phone", kind: "regional", digest: "a", extra: true };

/// Returns a graph with a table, an API that is created in two calls, a route to the table, a version that is replaced
/// create-before-delete, and a stage that points at it.
pub fn graph(desired: GraphSpec) -> Graph {
    let mut graph = Graph::default();
    let value = |value: serde_json::Value| Expr::from(value);
    let (table, api, version) = (at("table", "numbers"), at("api", "public"), at("version", "public"));
    let table_properties =
        [("name", value(json!("numbers"))), ("key", value(json!(desired.key))), ("size", value(json!(desired.size)))];
    graph.insert(table.clone(), "test.table", Expr::map(table_properties), []);
    let routes = Expr::map([("GET /", Expr::output(&table, "arn"))]);
    let api_properties = [("title", Expr::from("numbers")), ("routes", routes), ("kind", Expr::from(desired.kind))];
    graph.insert(api.clone(), "test.api", Expr::map(api_properties), []);
    let api_id = || Expr::output(&api, "id");
    let route = [("api_id", api_id()), ("path", Expr::from("/")), ("target", Expr::output(&table, "arn"))];
    graph.insert(at("route", "get"), "test.route", Expr::map(route), []);
    graph.insert(
        version.clone(),
        "test.version",
        Expr::map([("api_id", api_id()), ("digest", Expr::from(desired.digest))]),
        [at("route", "get")],
    );
    let stage = [("api_id", api_id()), ("name", Expr::from("live")), ("version_id", Expr::output(&version, "id"))];
    graph.insert(at("stage", "live"), "test.stage", Expr::map(stage), []);
    if desired.extra {
        let extra = [("name", value(json!("extra"))), ("key", value(json!("k"))), ("size", Expr::from(serde_json::Value::Null))];
        graph.insert(at("table", "extra"), "test.table", Expr::map(extra), [table]);
    }
    graph
}

/// The operation of a run.
#[derive(Clone, Copy)]
pub enum Goal {
    Apply(GraphSpec),
    Destroy,
}

pub async fn run(cloud: &Cloud, memory: &Memory, goal: Goal) -> Option<Result<Outcome>> {
    let engine = engine(cloud, memory);
    let (options, interrupt) = (Options::default(), CancellationToken::new());
    match goal {
        Goal::Apply(desired) => cloud.live(engine.apply(&graph(desired), &options, approve, &interrupt)).await,
        Goal::Destroy => cloud.live(engine.destroy(Some(&graph(FIRST)), &options, approve, &interrupt)).await,
    }
}

pub async fn prepared(before: Option<GraphSpec>) -> (Cloud, Memory) {
    let cloud = Cloud::default();
    let memory = Memory::new(&cloud);
    if let Some(desired) = before {
        let outcome = run(&cloud, &memory, Goal::Apply(desired)).await.expect("no fault is armed").expect("no fault is armed");
        assert_eq!(outcome.status, RunStatus::Applied);
    }
    (cloud, memory)
}

/// Returns the number of calls of a run without faults.
pub async fn calls(before: Option<GraphSpec>, goal: Goal) -> usize {
    let (cloud, memory) = prepared(before).await;
    let start = cloud.world().calls.len();
    run(&cloud, &memory, goal).await.expect("no fault is armed").expect("no fault is armed");
    let calls = cloud.world().calls.len();
    calls - start
}

pub fn expected(goal: Goal) -> Vec<(String, String)> {
    let Goal::Apply(desired) = goal else { return Vec::new() };
    let graph = graph(desired);
    let mut all: Vec<_> = graph.nodes.iter().map(|(address, node)| (node.type_name.clone(), address.to_string())).collect();
    all.sort();
    all
}
