//! Declared lifecycles: renamed, retained and protected resources, and properties that are set at creation only.

use std::collections::BTreeMap;

use deployer_engine::{
    Action, Address, CancellationToken, ErrorClass, Expr, Graph, Lifecycle, Options, Outcome, Plan, PropertyPath, Retention,
    RunStatus,
};
use serde_json::json;

use crate::support::cloud::sample::{FIRST, Goal, GraphSpec, approve, at, graph, prepared, run};
use crate::support::cloud::{Cloud, Fault, Memory, StoredResource, engine};

const FAULTS: [Fault; 6] =
    [Fault::CrashBefore, Fault::CrashAfter, Fault::LostAnswer, Fault::LostRequest, Fault::Throttle, Fault::Refuse];

fn redirect(expr: &mut Expr, renamed: &BTreeMap<Address, Address>) {
    match expr {
        Expr::Value(_) => {}
        Expr::List(items) | Expr::Text(items) => items.iter_mut().for_each(|item| redirect(item, renamed)),
        Expr::Map(entries) => entries.values_mut().for_each(|entry| redirect(entry, renamed)),
        Expr::Output(reference) => {
            if let Some(new) = renamed.get(&reference.address) {
                reference.address = new.clone();
            }
        }
    }
}

/// Returns the graph with other addresses for some of its resources, declared as renamed.
fn renamed(desired: GraphSpec, pairs: &[(&str, &str)]) -> Graph {
    let parse = |text: &str| Address::parse(text).expect("an address");
    let renamed: BTreeMap<Address, Address> = pairs.iter().map(|(from, to)| (parse(from), parse(to))).collect();
    let new = |address: &Address| renamed.get(address).unwrap_or(address).clone();
    let mut after = Graph::default();
    for (address, mut node) in graph(desired).nodes {
        redirect(&mut node.properties, &renamed);
        after.insert(new(&address), &node.type_name, node.properties, node.depends_on.iter().map(new));
    }
    for (from, to) in renamed {
        after.lifecycles.insert(to, Lifecycle { renamed_from: vec![from], ..Lifecycle::default() });
    }
    after
}

/// Returns the graph with one declared lifecycle.
fn with(desired: GraphSpec, address: &Address, lifecycle: Lifecycle) -> Graph {
    let mut graph = graph(desired);
    graph.lifecycles.insert(address.clone(), lifecycle);
    graph
}

fn retention(retain: bool, protect: bool) -> Lifecycle {
    Lifecycle { retention: Retention { retain, protect, declared_at: "lifecycle.it".to_owned() }, ..Lifecycle::default() }
}

fn things(cloud: &Cloud) -> BTreeMap<String, StoredResource> {
    cloud.world().things.clone()
}

async fn applied(cloud: &Cloud, memory: &Memory, graph: &Graph) -> Option<deployer_engine::Result<Outcome>> {
    let engine = engine(cloud, memory);
    cloud.live(engine.apply(graph, &Options::default(), approve, &CancellationToken::new())).await
}

async fn apply(cloud: &Cloud, memory: &Memory, graph: &Graph) -> Outcome {
    applied(cloud, memory, graph).await.expect("no crash").expect("an outcome")
}

async fn destroy(cloud: &Cloud, memory: &Memory, graph: &Graph) -> Outcome {
    let (options, interrupt) = (Options::default(), CancellationToken::new());
    engine(cloud, memory).destroy(Some(graph), &options, approve, &interrupt).await.expect("an outcome")
}

async fn plan(cloud: &Cloud, memory: &Memory, graph: &Graph) -> Plan {
    engine(cloud, memory).plan(graph, &Options::default()).await.expect("reads work").plan
}

const RENAMES: &[(&str, &str)] = &[
    ("api.public", "api.open"),
    ("version.public", "version.open"),
    ("table.numbers", "table.figures"),
    ("stage.live", "stage.on"),
];

/// Renames everything while something else changes, with every fault at every call, also where the state was lost in between.
#[tokio::test(start_paused = true)]
async fn renames_survive_every_fault() {
    let after = renamed(GraphSpec { size: 2, ..FIRST }, RENAMES);
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let start = cloud.world().calls.len();
    apply(&cloud, &memory, &after).await;
    let calls = cloud.world().calls.len() - start;
    for fault in FAULTS {
        for call in 0..calls {
            for lost in [false, true] {
                let (cloud, memory) = prepared(Some(FIRST)).await;
                let before: Vec<String> = things(&cloud).into_keys().collect();
                cloud.arm(call, fault);
                let _ = applied(&cloud, &memory, &after).await;
                cloud.disarm();
                if lost {
                    memory.lose();
                }
                let story = format!("{fault:?} at call {call}, state lost: {lost}");
                let outcome = apply(&cloud, &memory, &after).await;
                assert!(matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo), "{story}: {outcome:?}");
                assert_eq!(things(&cloud).into_keys().collect::<Vec<_>>(), before, "{story}: something was replaced");
                let state = engine(&cloud, &memory).state().await.expect("it is good").expect("there is one");
                assert!(state.resources.keys().eq(after.nodes.keys()), "{story}: {:?}", state.resources.keys());
                let (mutations, bytes) = (cloud.mutations(), memory.bytes());
                let again = apply(&cloud, &memory, &after).await;
                assert_eq!(again.status, RunStatus::NothingToDo, "{story}: {again:?}");
                assert_eq!((cloud.mutations(), memory.bytes()), (mutations, bytes), "{story}");
            }
        }
    }
}

/// A run that creates the resource is killed, and the spec renames it before the next one.
#[tokio::test(start_paused = true)]
async fn rename_after_a_crashed_creation_creates_nothing_twice() {
    let after = renamed(FIRST, RENAMES);
    let (cloud, memory) = prepared(None).await;
    run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no fault").expect("no fault");
    let calls = cloud.world().calls.len();
    let all = things(&cloud).len();
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for call in 0..calls {
            let (cloud, memory) = prepared(None).await;
            cloud.arm(call, fault);
            let _ = run(&cloud, &memory, Goal::Apply(FIRST)).await;
            cloud.disarm();
            let outcome = apply(&cloud, &memory, &after).await;
            let ended = matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo);
            assert!(ended, "{fault:?} at call {call}: {outcome:?}");
            assert_eq!(things(&cloud).len(), all, "{fault:?} at call {call}");
            assert_eq!(cloud.world().violations, Vec::<String>::new(), "{fault:?} at call {call}");
        }
    }
}

/// The record moves, also where no tag has to change, and a spec that still says so afterwards changes nothing.
#[tokio::test(start_paused = true)]
async fn rename_alone_moves_the_record() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let after = renamed(FIRST, &[("stage.live", "stage.on")]);
    let planned = plan(&cloud, &memory, &after).await;
    assert_eq!(planned.moves, BTreeMap::from([(at("stage", "on"), at("stage", "live"))]));
    assert!(planned.is_empty() && planned.problems.is_empty(), "{planned:?}");
    let mutations = cloud.mutations();
    assert_eq!(apply(&cloud, &memory, &after).await.status, RunStatus::NothingToDo);
    let planned = plan(&cloud, &memory, &after).await;
    assert!(planned.moves.is_empty() && planned.is_empty(), "{planned:?}");
    assert_eq!(destroy(&cloud, &memory, &after).await.status, RunStatus::Applied);
    assert!(things(&cloud).is_empty() && cloud.mutations() > mutations);
}

#[tokio::test(start_paused = true)]
async fn rename_of_what_exists_twice_is_refused() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let engine = engine(&cloud, &memory);
    let before = engine.load_state().await.expect("it is good").expect("there is one");
    let mut state = before.state.clone();
    let copy = deployer_engine::Record {
        id: deployer_engine::PhysicalId("other".to_owned()),
        ..state.resources[&at("table", "extra")].clone()
    };
    state.resources.insert(at("table", "spare"), copy);
    engine.store(state, Some(&before.version)).await.expect("nobody else writes");
    let planned = plan(&cloud, &memory, &renamed(FIRST, &[("table.extra", "table.spare")])).await;
    let refused = planned.problems.iter().any(|problem| problem.error.message.contains("it was table.extra, and another"));
    assert!(refused, "{:?}", planned.problems);
}

/// What is retained stays when it leaves the spec, when all is destroyed, and can be taken back afterwards.
#[tokio::test(start_paused = true)]
async fn retained_resources_stay() {
    let extra = at("table", "extra");
    let declared = with(FIRST, &extra, retention(true, false));
    let without = graph(GraphSpec { extra: false, ..FIRST });
    let (cloud, memory) = prepared(Some(FIRST)).await;
    assert_eq!(apply(&cloud, &memory, &declared).await.status, RunStatus::NothingToDo);
    let kept = things(&cloud)["extra"].clone();
    let planned = plan(&cloud, &memory, &without).await;
    let change = planned.change(&extra).expect("it is recorded");
    assert_eq!(
        (change.action, change.reasons[0].contains("lifecycle.it.retain, as last applied")),
        (Action::Forget, true),
        "{change:?}"
    );
    // It depends on the table that stays.
    assert_eq!(apply(&cloud, &memory, &without).await.status, RunStatus::Applied);
    assert_eq!(things(&cloud)["extra"], kept);
    let outcome = apply(&cloud, &memory, &declared).await;
    assert_eq!((outcome.counts.changes(), outcome.counts.adopt), (1, 1), "taken back: {outcome:?}");
    // It would be lost without the other table.
    let refused = destroy(&cloud, &memory, &declared).await;
    assert_eq!(
        (refused.status, refused.errors[0].error.message.contains("lost without table.numbers")),
        (RunStatus::Failed, true)
    );
    let mut both = declared.clone();
    both.lifecycles.insert(at("table", "numbers"), retention(true, true));
    assert_eq!(destroy(&cloud, &memory, &both).await.status, RunStatus::Applied);
    assert_eq!(things(&cloud).into_keys().collect::<Vec<_>>(), ["extra", "numbers"]);
    assert_eq!(things(&cloud)["extra"], kept);
}

/// Whatever would delete or replace a protected resource is refused before anything is touched.
#[tokio::test(start_paused = true)]
async fn protected_resources_are_neither_deleted_nor_replaced() {
    let protect = || retention(false, true);
    let (table, extra, stage) = (at("table", "numbers"), at("table", "extra"), at("stage", "live"));
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let mut declared = graph(FIRST);
    for address in [&table, &extra, &stage] {
        declared.lifecycles.insert(address.clone(), protect());
    }
    assert_eq!(apply(&cloud, &memory, &declared).await.status, RunStatus::NothingToDo);
    let (before, mutations) = (things(&cloud), cloud.mutations());
    let refusals = [
        (
            with(GraphSpec { key: "other", ..FIRST }, &table, protect()),
            &table,
            "it would be replaced, and table.numbers is protected: lifecycle.it.protect",
        ),
        (graph(GraphSpec { extra: false, ..FIRST }), &extra, "is protected: lifecycle.it.protect, as last applied"),
        (with(GraphSpec { kind: "edge", ..FIRST }, &stage, protect()), &stage, "stage.live is protected"),
    ];
    for (graph, address, message) in refusals {
        let outcome = apply(&cloud, &memory, &graph).await;
        let failure = outcome
            .errors
            .iter()
            .find(|failure| failure.address.as_ref() == Some(address))
            .unwrap_or_else(|| panic!("{address}: {outcome:?}"));
        assert_eq!(failure.error.class, ErrorClass::Refused);
        assert!(failure.error.message.contains(message), "{}", failure.error.message);
    }
    assert_eq!(destroy(&cloud, &memory, &declared).await.status, RunStatus::Failed);
    assert_eq!((things(&cloud), cloud.mutations()), (before, mutations));
    // Without the declaration, it goes.
    assert_eq!(destroy(&cloud, &memory, &graph(FIRST)).await.status, RunStatus::Applied);
    assert!(things(&cloud).is_empty());
}

/// An ignored property is set when the resource is created or replaced, and at no other time, even if changing it would replace it.
#[tokio::test(start_paused = true)]
async fn ignored_properties_are_set_at_creation_only() {
    let table = at("table", "extra");
    let ignoring = |key: &str, size: u32| {
        let ignore_changes = ["size", "key"].map(|name| PropertyPath(vec![name.to_owned()])).into();
        let mut graph = with(FIRST, &table, Lifecycle { ignore_changes, ..Lifecycle::default() });
        let properties = Expr::from(json!({"name": "extra", "key": key, "size": size}));
        graph.insert(table.clone(), "test.table", properties, []);
        graph
    };
    let (cloud, memory) = prepared(None).await;
    let shown = |cloud: &Cloud| things(cloud)["extra"].properties.clone();
    assert_eq!(apply(&cloud, &memory, &ignoring("a", 1)).await.status, RunStatus::Applied);
    assert_eq!(shown(&cloud), json!({"name": "extra", "key": "a", "size": 1}));
    cloud.world().things.get_mut("extra").expect("it exists").properties["size"] = 7.into();
    let changed = ignoring("b", 2);
    let outcome = apply(&cloud, &memory, &changed).await;
    assert_eq!(outcome.status, RunStatus::NothingToDo, "{outcome:?}");
    assert_eq!(shown(&cloud), json!({"name": "extra", "key": "a", "size": 7}));
    let ignored = plan(&cloud, &memory, &changed).await.ignored;
    assert_eq!(
        ignored,
        BTreeMap::from([(table.clone(), ["size", "key"].map(|name| PropertyPath(vec![name.to_owned()])).into())])
    );
    let options = Options { force_replace: [table.clone()].into(), ..Options::default() };
    let outcome = engine(&cloud, &memory).apply(&changed, &options, approve, &CancellationToken::new()).await;
    assert_eq!(outcome.expect("an outcome").status, RunStatus::Applied);
    assert_eq!(shown(&cloud), json!({"name": "extra", "key": "b", "size": 2}));
}
