//! Manual edits of the state and their effect on the next run.

use std::sync::Arc;

use deployer_engine::{Action, CancellationToken, ErrorClass, Graph, Options, Plan, RunStatus, State};

use crate::support::cloud::sample::{FIRST, Goal, GraphSpec, approve, at, expected, graph, prepared, run};
use crate::support::cloud::{Cloud, Fault, Memory, engine, engine_with};

async fn stored(cloud: &Cloud, memory: &Memory) -> State {
    engine(cloud, memory).state().await.expect("a run wrote it").expect("a run wrote it")
}

/// Replaces the stored state by `state`.
async fn store(cloud: &Cloud, memory: &Memory, state: State) -> State {
    let engine = engine(cloud, memory);
    let before = engine.load_state().await.expect("it can be read").expect("there is one");
    engine.store(state, Some(&before.version)).await.expect("nobody else writes")
}

/// Returns the graph with the extra table renamed from `from` to `to` in the stack and unchanged at the provider.
fn renamed(from: &str, to: &str) -> Graph {
    let mut graph = graph(FIRST);
    let node = graph.nodes.remove(&at("table", from)).expect("it is wanted");
    graph.insert(at("table", to), &node.type_name, node.properties, node.depends_on);
    graph
}

async fn plan(cloud: &Cloud, memory: &Memory, graph: &Graph, adopt: bool) -> Plan {
    let options = Options { adopt, ..Options::default() };
    engine(cloud, memory).plan(graph, &options).await.expect("reads work").plan
}

#[tokio::test(start_paused = true)]
async fn next_run_records_forgotten_resource_again() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let before = stored(&cloud, &memory).await;
    let mutations = cloud.mutations();
    for address in before.resources.keys() {
        let (state, record) = before.forget(address).expect("it is recorded");
        assert_eq!((state.resources.len(), Some(&record)), (before.resources.len() - 1, before.resources.get(address)));
        let now = stored(&cloud, &memory).await;
        store(&cloud, &memory, State { serial: now.serial, ..state }).await;
        let outcome = run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect("no fault is armed");
        assert_eq!((outcome.status, outcome.counts.changes(), outcome.counts.adopt), (RunStatus::Applied, 1, 1), "{address}");
        assert_eq!(cloud.mutations(), mutations, "{address}: the cloud was changed");
        assert_eq!(cloud.ours(), expected(Goal::Apply(FIRST)));
    }
}

#[tokio::test(start_paused = true)]
async fn renamed_record_keeps_its_resource() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let state = stored(&cloud, &memory).await;
    let moved = state.rename(&at("table", "numbers"), &at("table", "figures")).expect("it is recorded and the other is free");
    assert!(moved.resources.values().all(|record| !record.dependencies.contains(&at("table", "numbers"))));
    let users = |state: &State, name: &str| {
        state.resources.values().filter(|record| record.dependencies.contains(&at("table", name))).count()
    };
    assert!(users(&state, "numbers") > 0);
    assert_eq!(users(&moved, "figures"), users(&state, "numbers"));
    let back = moved.rename(&at("table", "figures"), &at("table", "numbers")).expect("and back");
    assert_eq!(back, state);
}

#[tokio::test(start_paused = true)]
async fn move_with_matching_spec_replaces_nothing() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let state = stored(&cloud, &memory).await;
    let moved = state.rename(&at("table", "extra"), &at("table", "spare")).expect("it is recorded and the other is free");
    let written = store(&cloud, &memory, moved).await;
    assert_eq!(written.serial, state.serial + 1);
    let plan = plan(&cloud, &memory, &renamed("extra", "spare"), false).await;
    let change = plan.change(&at("table", "spare")).expect("it is wanted");
    assert_eq!(change.action, Action::NoOp, "{change:?}");
    assert!(plan.problems.is_empty() && plan.change(&at("table", "extra")).is_none(), "{plan:?}");
}

/// The two incomplete moves: a new name in the spec without the move, and the move without a new name in the spec. Adopting in either case
/// would record one resource twice, and then delete it at its old address.
#[tokio::test(start_paused = true)]
async fn incomplete_move_is_refused_with_advice() {
    for adopt in [false, true] {
        let (cloud, memory) = prepared(Some(FIRST)).await;
        let without_move = renamed("extra", "spare");
        let problem = plan(&cloud, &memory, &without_move, adopt).await.problems.remove(0);
        assert_eq!(problem.address, at("table", "spare"));
        assert!(problem.error.help.is_some_and(|help| help.ends_with("deployer state mv table.extra table.spare")));
        let state = stored(&cloud, &memory).await;
        let moved = state.rename(&at("table", "extra"), &at("table", "spare")).expect("the other is free");
        store(&cloud, &memory, moved).await;
        let problem = plan(&cloud, &memory, &graph(FIRST), adopt).await.problems.remove(0);
        assert!(problem.error.help.is_some_and(|help| help.ends_with("deployer state mv table.spare table.extra")));
        let options = Options { adopt, ..Options::default() };
        let outcome =
            engine(&cloud, &memory).apply(&graph(FIRST), &options, approve, &CancellationToken::new()).await.expect("an outcome");
        assert_eq!(outcome.status, RunStatus::Failed);
        assert_eq!(cloud.ours(), expected(Goal::Apply(FIRST)));
        // A destroy deletes it once, whatever its name.
        let outcome = run(&cloud, &memory, Goal::Destroy).await.expect("no crash").expect("no fault is armed");
        assert_eq!((outcome.status, cloud.ours()), (RunStatus::Applied, Vec::new()));
        assert_eq!(cloud.world().violations, Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn contradictory_edit_is_refused_with_advice() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let state = stored(&cloud, &memory).await;
    let refused = [
        state.forget(&at("table", "nowhere")).map(drop),
        state.rename(&at("table", "nowhere"), &at("table", "x")).map(drop),
        state.rename(&at("table", "extra"), &at("table", "numbers")).map(drop),
        state.rename(&at("table", "extra"), &at("table", "extra")).map(drop),
        state.rename(&at("table", "extra"), &at("api", "extra")).map(drop),
        state.clone().as_successor_of(&State { serial: state.serial + 1, ..state.clone() }, false).map(drop),
        state.clone().as_successor_of(&State { lineage: uuid::Uuid::from_u128(99), ..state.clone() }, true).map(drop),
    ];
    for result in refused {
        let error = result.expect_err("it makes no sense");
        assert!(error.class == ErrorClass::Refused && error.help.is_some(), "{error:?}");
    }
    let newer = State { serial: state.serial + 7, generation: state.generation + 7, ..State::clone(&state) };
    let taken = state.clone().as_successor_of(&newer, true).expect("it is forced");
    assert_eq!((taken.serial, taken.generation), (newer.serial, newer.generation), "numbers never fall");
    let at = time::macros::datetime!(2026-11-25 10:00 UTC);
    let spent =
        deployer_engine::QuotaEntry { type_name: "test.table".to_owned(), at, dedup_keys: ["made numbers".to_owned()].into() };
    let newer = State { quota_entries: vec![spent.clone()], ..newer };
    assert_eq!(state.as_successor_of(&newer, true).expect("it is forced").quota_entries, [spent], "what is spent stays spent");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_edited_while_a_run_is_unfinished() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let whole = stored(&cloud, &memory).await;
    cloud.refuse("test.table:Update");
    let desired = GraphSpec { size: 2, ..FIRST };
    let _ = run(&cloud, &memory, Goal::Apply(desired)).await;
    let state = stored(&cloud, &memory).await;
    assert!(state.intent.is_some(), "the update failed and is open");
    let refused = [
        state.forget(&at("table", "extra")).map(drop),
        state.rename(&at("table", "extra"), &at("table", "spare")).map(drop),
        whole.clone().as_successor_of(&state, true).map(drop),
        state.clone().as_successor_of(&whole, true).map(drop),
        engine(&cloud, &memory).rebuild(&graph(desired), Some(&state)).await.map(drop),
    ];
    for result in refused {
        let error = result.expect_err("a run is unfinished");
        assert!(error.class == ErrorClass::Refused && error.help.is_some_and(|help| help.contains("apply or destroy")));
    }
}

#[tokio::test(start_paused = true)]
async fn write_over_concurrent_write_is_refused() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let engine = engine(&cloud, &memory);
    let shown = engine.load_state().await.expect("it can be read").expect("there is one");
    run(&cloud, &memory, Goal::Apply(GraphSpec { size: 2, ..FIRST })).await.expect("no crash").expect("no fault is armed");
    let bytes = memory.bytes();
    let error = engine.store(shown.state.clone(), Some(&shown.version)).await.expect_err("a run wrote since");
    assert_eq!((error.class, memory.bytes()), (ErrorClass::Conflict, bytes.clone()));
    let lease = engine.backend.acquire(&engine.holder, engine.clock.now(), std::time::Duration::from_secs(60)).await;
    let now = engine.load_state().await.expect("it can be read").expect("there is one");
    let error = engine.store(now.state, Some(&now.version)).await.expect_err("another run has the lease");
    assert_eq!((error.class, memory.bytes()), (ErrorClass::Conflict, bytes));
    drop(lease);
}

#[tokio::test(start_paused = true)]
async fn rebuilt_state_needs_no_changes() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let (before, mutations) = (stored(&cloud, &memory).await, cloud.mutations());
    let engine = engine(&cloud, &memory);
    for known in [Some(&before), None] {
        let (rebuilt, foreign) = engine.rebuild(&graph(FIRST), known).await.expect("looking works");
        assert!(foreign.is_empty());
        let ids = |state: &State| state.resources.iter().map(|(at, record)| (at.clone(), record.id.clone())).collect::<Vec<_>>();
        assert_eq!(ids(&rebuilt), ids(&before));
        assert!(known.is_none_or(|known| known.lineage == rebuilt.lineage), "a history that is known goes on");
        store(&cloud, &memory, rebuilt).await;
        let planned = plan(&cloud, &memory, &graph(FIRST), false).await;
        assert!(planned.is_empty(), "{planned:?}");
    }
    assert_eq!(cloud.mutations(), mutations);
}

#[tokio::test(start_paused = true)]
async fn plans_after_lost_state_change_no_resource() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    memory.lose();
    let planned = plan(&cloud, &memory, &graph(FIRST), false).await;
    assert!(planned.changes.iter().all(|change| change.action == Action::Adopt && change.properties.is_empty()), "{planned:?}");
    assert!(planned.is_record_only() && !planned.is_empty());
    run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect("no fault is armed");
    assert!(plan(&cloud, &memory, &graph(FIRST), false).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn given_lineage_is_used_only_without_state() {
    let cloud = Cloud::default();
    let memory = Memory::new(&cloud);
    let engine = engine(&cloud, &memory);
    for given in [41, 42] {
        let options = Options { lineage: Some(uuid::Uuid::from_u128(given)), ..Options::default() };
        let desired = GraphSpec { size: u32::try_from(given).expect("it is small"), ..FIRST };
        engine.apply(&graph(desired), &options, approve, &CancellationToken::new()).await.expect("no fault is armed");
        assert_eq!(stored(&cloud, &memory).await.lineage, uuid::Uuid::from_u128(41));
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_resource_type_is_refused_by_name() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let mut state = stored(&cloud, &memory).await;
    state.resources.get_mut(&at("table", "extra")).expect("it is recorded").type_name = "test.novelty".to_owned();
    let bytes = state.to_bytes().expect("it is JSON");
    *memory.stored.lock().expect("no test panics here") = Some(bytes.clone());
    let error = run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect_err("the type is unknown");
    assert_eq!(error.class, ErrorClass::State);
    assert!(error.message.contains("table.extra") && error.message.contains("test.novelty"), "{error}");
    assert_eq!(memory.bytes(), Some(bytes));
}

/// Holds a lease for `seconds`, as another run does.
fn hold(engine: &deployer_engine::Engine, seconds: u64) -> tokio::task::JoinHandle<()> {
    let engine = engine.clone();
    tokio::spawn(async move {
        let life = std::time::Duration::from_secs(seconds + 60);
        let lease = engine.backend.acquire(&engine.holder, engine.clock.now(), life).await.expect("it is free");
        engine.clock.sleep(std::time::Duration::from_secs(seconds)).await;
        engine.backend.release(lease).await.expect("it was held");
    })
}

#[tokio::test(start_paused = true)]
async fn run_waits_for_lease_and_reports_owner_once() {
    type Case = (u64, Option<u64>, Result<RunStatus, ErrorClass>, usize);
    let cases: [Case; 4] = [
        (20, None, Ok(RunStatus::Applied), 1),
        (400, None, Err(ErrorClass::Conflict), 1),
        (400, Some(5), Err(ErrorClass::Interrupted), 1),
        (0, None, Ok(RunStatus::Applied), 0),
    ];
    for (held, stopped, wanted, reported) in cases {
        let (cloud, memory) = prepared(None).await;
        let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
        let ear = Arc::clone(&heard);
        let events = deployer_engine::EventSink::to(move |event| {
            if let deployer_engine::Event::WaitingForLease { message, .. } = event {
                ear.lock().expect("no test panics here").push(message);
            }
        });
        let engine = engine_with(&cloud, Arc::new(memory.clone()), events);
        let other = hold(&engine, held);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        let interrupt = CancellationToken::new();
        if let Some(after) = stopped {
            let interrupt = interrupt.clone();
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_secs(after)).await;
                interrupt.cancel();
            });
        }
        let begun = tokio::time::Instant::now();
        let options = Options { lock_timeout: std::time::Duration::from_secs(300), ..Options::default() };
        let ended = engine.apply(&graph(FIRST), &options, approve, &interrupt).await;
        let waited = begun.elapsed().as_secs();
        let most = stopped.unwrap_or(held.min(300)) + 2;
        assert!(waited <= most, "{waited} s, at most {most}");
        assert_eq!(ended.map(|outcome| outcome.status).map_err(|error| error.class), wanted);
        assert_eq!(heard.lock().expect("no test panics here").len(), reported);
        other.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_wait_changes_nothing() {
    let (cloud, memory) = prepared(None).await;
    cloud.arm(0, Fault::Refuse);
    let engine = engine(&cloud, &memory);
    let other = hold(&engine, 100);
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    let interrupt = CancellationToken::new();
    interrupt.cancel();
    let options = Options { lock_timeout: std::time::Duration::from_secs(300), ..Options::default() };
    let error = engine.apply(&graph(FIRST), &options, approve, &interrupt).await.expect_err("the wait was ended");
    assert_eq!((error.class, cloud.world().calls.len(), memory.bytes()), (ErrorClass::Interrupted, 0, None));
    other.abort();
}
