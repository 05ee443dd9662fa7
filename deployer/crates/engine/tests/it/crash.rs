//! Crash tests: whatever call a run is killed at, the next run completes it, and each resource exists exactly once.

use std::collections::BTreeSet;

use deployer_engine::{Action, CancellationToken, Expr, Graph, Lifecycle, Options, Outcome, PropertyPath, RunStatus};
use serde_json::json;

use crate::support::cloud::sample::{FIRST, Goal, GraphSpec, approve, at, calls, expected, graph, prepared, run};
use crate::support::cloud::{Cloud, Fault, Memory, engine};

/// Reruns until the run reports success, then checks the provider's resources and that one more run changes nothing.
async fn settles(cloud: &Cloud, memory: &Memory, goal: Goal, story: &str) {
    cloud.disarm();
    let outcome = run(cloud, memory, goal).await.expect("no fault is armed");
    let outcome = outcome.unwrap_or_else(|error| panic!("{story}: {error}"));
    assert!(matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo), "{story}: {outcome:?}");
    assert_eq!(cloud.ours(), expected(goal), "{story}: not exactly one of each");
    assert_eq!(cloud.world().violations, Vec::<String>::new(), "{story}");
    let (mutations, bytes) = (cloud.mutations(), memory.bytes());
    let again = run(cloud, memory, goal).await.expect("no fault is armed").unwrap_or_else(|error| panic!("{story}: {error}"));
    assert_eq!(again.status, RunStatus::NothingToDo, "{story}: the second run had something to do: {again:?}");
    assert_eq!(cloud.mutations(), mutations, "{story}: the second run changed something");
    assert_eq!(memory.bytes(), bytes, "{story}: the second run wrote the state");
}

/// Injects every fault at every call of the run, followed by a run without faults.
async fn survives(before: Option<GraphSpec>, goal: Goal, faults: &[Fault]) {
    let calls = calls(before, goal).await;
    assert!(calls > 0, "the run makes calls");
    for &fault in faults {
        for call in 0..calls {
            let (cloud, memory) = prepared(before).await;
            cloud.arm(call, fault);
            let first = run(&cloud, &memory, goal).await;
            if let (Fault::Throttle | Fault::LostAnswer | Fault::LostRequest, Some(Ok(first))) = (fault, first) {
                // A refused write of the state may end a run; a transient error of the provider must not.
                assert_eq!(first.status, RunStatus::Applied, "{fault:?} at call {call}: {first:?}");
            }
            let last = cloud.world().calls.last().cloned();
            settles(&cloud, &memory, goal, &format!("{fault:?} at call {call}, last {last:?}")).await;
            settles(&cloud, &memory, Goal::Destroy, &format!("destroy after {fault:?} at call {call}")).await;
        }
    }
}

const ALL: [Fault; 6] =
    [Fault::CrashBefore, Fault::CrashAfter, Fault::LostAnswer, Fault::LostRequest, Fault::Throttle, Fault::Refuse];

#[tokio::test(start_paused = true)]
async fn first_run_survives_every_fault() {
    survives(None, Goal::Apply(FIRST), &ALL).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_survives_every_fault_at_every_call() {
    survives(Some(FIRST), Goal::Apply(GraphSpec { size: 2, extra: false, ..FIRST }), &ALL).await;
}

#[tokio::test(start_paused = true)]
async fn create_before_delete_survives_every_fault() {
    survives(Some(FIRST), Goal::Apply(GraphSpec { digest: "b", ..FIRST }), &ALL).await;
}

#[tokio::test(start_paused = true)]
async fn replacing_a_parent_survives_every_fault() {
    survives(Some(FIRST), Goal::Apply(GraphSpec { kind: "edge", key: "number", digest: "b", ..FIRST }), &ALL).await;
}

#[tokio::test(start_paused = true)]
async fn destroy_survives_every_fault() {
    survives(Some(FIRST), Goal::Destroy, &ALL).await;
}

/// Deletes the resource by hand, with the parts of an API that go with it.
fn delete_by_hand(cloud: &Cloud, id: &str) {
    cloud.world().things.retain(|each, thing| each != id && thing.properties["api_id"] != id);
}

/// Applies the graph, or destroys what there is; `None` if the process died.
async fn go(cloud: &Cloud, memory: &Memory, graph: Option<&Graph>, destroys: bool) -> Option<Outcome> {
    let (engine, options, interrupt) = (engine(cloud, memory), Options::default(), CancellationToken::new());
    let ran = match (graph, destroys) {
        (Some(graph), false) => cloud.live(engine.apply(graph, &options, approve, &interrupt)).await?,
        (graph, _) => cloud.live(engine.destroy(graph, &options, approve, &interrupt)).await?,
    };
    Some(ran.expect("the state and the graph are good"))
}

/// Three resources with unique names and assigned IDs; each of the later ones refers to the IDs of those before.
fn chain() -> Graph {
    let none = || Expr::Value(json!(null));
    let id = |name: &str| Expr::output(&at("named", name), "id");
    let mut graph = Graph::default();
    for (name, first, second) in [("0", none(), none()), ("1", id("0"), none()), ("2", id("1"), id("0"))] {
        let properties = [("name", Expr::from(format!("n{name}"))), ("first", first), ("second", second), ("friend", none())];
        let grants = [("grants", Expr::Value(json!([])))];
        graph.insert(at("named", name), "test.named", Expr::map(properties.into_iter().chain(grants)), []);
    }
    graph
}

/// What was created for a dependency that somebody else has deleted since is still found: an apply makes one of each, a destroy leaves nothing.
#[tokio::test(start_paused = true)]
async fn missing_dependencies_hide_nothing() {
    let replaced = GraphSpec { kind: "edge", key: "number", digest: "b", ..FIRST };
    for (before, wanted) in [(None, graph(FIRST)), (Some(graph(FIRST)), graph(replaced)), (None, chain())] {
        let prepare = async || {
            let cloud = Cloud::default();
            let memory = Memory::new(&cloud);
            if let Some(before) = &before {
                go(&cloud, &memory, Some(before), false).await;
            }
            (cloud, memory)
        };
        for call in 0.. {
            let (cloud, memory) = prepare().await;
            cloud.arm(call, Fault::CrashAfter);
            if go(&cloud, &memory, Some(&wanted), false).await.is_some() {
                assert!(call > 10, "only {call} calls");
                break;
            }
            // The stage has to be deleted before the version that it refers to.
            let ids: Vec<String> = cloud.world().things.keys().filter(|id| !id.starts_with("test.version")).cloned().collect();
            // The look-up cannot distinguish two APIs without the state.
            let known = [(true, false), (false, false), (true, true)].into_iter().filter(|(_, lost)| !lost || before.is_none());
            for (id, (with_spec, lost)) in ids.iter().flat_map(|id| known.clone().map(move |known| (id, known))) {
                let (cloud, memory) = prepare().await;
                cloud.arm(call, Fault::CrashAfter);
                go(&cloud, &memory, Some(&wanted), false).await;
                cloud.disarm();
                delete_by_hand(&cloud, id);
                if lost {
                    memory.lose();
                }
                let story = format!("after call {call}, without {id}, with spec: {with_spec}, state lost: {lost}");
                if with_spec {
                    // Twice: what was deleted while a run knew it is seen by the next one.
                    for _ in 0..2 {
                        go(&cloud, &memory, Some(&wanted), false).await.expect("no fault is armed");
                    }
                    let again = go(&cloud, &memory, Some(&wanted), false).await.expect("no fault is armed");
                    assert_eq!(again.status, RunStatus::NothingToDo, "{story}: {again:?}");
                    let one_of_each = wanted.nodes.iter().map(|(address, node)| (node.type_name.clone(), address.to_string()));
                    assert_eq!(cloud.ours(), one_of_each.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(), "{story}");
                    delete_by_hand(&cloud, id);
                }
                let outcome = go(&cloud, &memory, with_spec.then_some(&wanted), true).await.expect("no fault is armed");
                assert_eq!(cloud.ours(), [], "{story}: {outcome:?}");
                assert!(matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo), "{story}: {outcome:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn resumption_survives_a_second_crash() {
    let goal = Goal::Apply(GraphSpec { digest: "b", kind: "edge", ..FIRST });
    let calls = calls(Some(FIRST), goal).await;
    for first in (0..calls).step_by(2) {
        for second in (0..calls).step_by(3) {
            let (cloud, memory) = prepared(Some(FIRST)).await;
            cloud.arm(first, Fault::CrashAfter);
            let _ = run(&cloud, &memory, goal).await;
            cloud.disarm();
            cloud.arm(second, Fault::CrashAfter);
            let _ = run(&cloud, &memory, goal).await;
            settles(&cloud, &memory, goal, &format!("crashes after calls {first} and then {second}")).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn changed_spec_after_crash_leaves_nothing_old() {
    let old = Goal::Apply(GraphSpec { digest: "b", ..FIRST });
    let calls = calls(None, old).await;
    for call in 0..calls {
        for new in [GraphSpec { extra: false, ..FIRST }, GraphSpec { kind: "edge", ..FIRST }] {
            let (cloud, memory) = prepared(None).await;
            cloud.arm(call, Fault::CrashAfter);
            let _ = run(&cloud, &memory, old).await;
            settles(&cloud, &memory, Goal::Apply(new), &format!("another spec after a crash at call {call}")).await;
        }
    }
}

/// Crashes a destroy while the table's deletion is pending and the table is still there: when its first call was about to be sent, or
/// before.
async fn half_destroyed(begun: bool) -> (Cloud, Memory) {
    for call in 0..calls(Some(FIRST), Goal::Destroy).await {
        let (cloud, memory) = prepared(Some(FIRST)).await;
        cloud.arm(call, Fault::CrashBefore);
        let _ = run(&cloud, &memory, Goal::Destroy).await;
        cloud.disarm();
        let state = engine(&cloud, &memory).state().await.expect("no fault is armed").expect("the first run saved it");
        let pending = state.intent.and_then(|intent| intent.pending.get(&at("table", "numbers")).cloned());
        if pending.is_some_and(|pending| pending.sent_at.is_some() == begun) && cloud.world().things.contains_key("numbers") {
            return (cloud, memory);
        }
    }
    panic!("the table is deleted at no call")
}

#[tokio::test(start_paused = true)]
async fn what_an_interrupted_deletion_took_away_was_approved() {
    let larger = GraphSpec { size: 2, ..FIRST };
    let (begun, planned) = (Some(true), Some(false));
    for (interrupted, desired, approved) in
        [(begun, FIRST, true), (begun, larger, false), (planned, FIRST, false), (None, FIRST, false)]
    {
        let (cloud, memory) = match interrupted {
            Some(begun) => half_destroyed(begun).await,
            None => prepared(Some(FIRST)).await,
        };
        cloud.world().things.get_mut("numbers").expect("it is still there").properties["size"] = json!(9);
        let plan = engine(&cloud, &memory).plan(&graph(desired), &Options::default()).await.expect("no fault is armed").plan;
        let change = plan.changes.iter().find(|change| change.address == at("table", "numbers")).expect("it is in the plan");
        assert_eq!((change.action, change.completes_creation), (Action::Update, approved), "{interrupted:?} {}", desired.size);
    }
}

/// Also a property whose changes are ignored is set again if a begun deletion may have taken it, and otherwise stays as it is.
#[tokio::test(start_paused = true)]
async fn ignored_properties_are_restored_after_begun_deletions() {
    let table = at("table", "numbers");
    let mut ignoring = graph(FIRST);
    let ignore_changes = [PropertyPath(vec!["size".to_owned()])].into();
    ignoring.lifecycles.insert(table.clone(), Lifecycle { ignore_changes, ..Lifecycle::default() });
    for (begun, action) in [(true, Action::Update), (false, Action::NoOp)] {
        let (cloud, memory) = half_destroyed(begun).await;
        cloud.world().things.get_mut("numbers").expect("it is still there").properties["size"] = json!(9);
        let plan = engine(&cloud, &memory).plan(&ignoring, &Options::default()).await.expect("no fault is armed").plan;
        let change = plan.change(&table).expect("it is in the plan");
        assert_eq!((change.action, change.completes_creation), (action, begun), "{change:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn begun_deletion_stays_begun_until_it_is_done() {
    let (cloud, memory) = half_destroyed(true).await;
    let mut ended = false;
    for call in 0..calls(Some(FIRST), Goal::Destroy).await {
        cloud.arm(call, Fault::CrashBefore);
        ended |= run(&cloud, &memory, Goal::Destroy).await.is_some();
        cloud.disarm();
        let state = engine(&cloud, &memory).state().await.expect("no fault is armed").expect("the first run saved it");
        let pending = state.intent.and_then(|intent| intent.pending.get(&at("table", "numbers")).cloned());
        if !cloud.world().things.contains_key("numbers") || ended {
            return;
        }
        assert!(pending.is_some_and(|pending| pending.sent_at.is_some()), "killed at call {call}");
    }
}
