//! Guarantees of a run other than crash safety.

use std::sync::{Arc, Mutex};

use deployer_engine::{Action, CancellationToken, Error, ErrorClass, Event, EventSink, Options, Plan, RunStatus};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;

use crate::support::cloud::sample::{FIRST, Goal, GraphSpec, approve, at, calls, expected, graph, prepared, run};
use crate::support::cloud::{Cloud, Fault, StoredResource, engine, engine_with};

fn no(_: &Plan) -> BoxFuture<'_, bool> {
    async { false }.boxed()
}

/// Returns an event sender and the list of the events it receives.
fn listening() -> (EventSink, Arc<Mutex<Vec<Event>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    (EventSink::to(move |event| ear.lock().expect("no test panics here").push(event)), heard)
}

fn foreign_table(cloud: &Cloud) {
    let properties = json!({ "name": "numbers", "key": "phone", "size": 9 });
    cloud.world().things.insert("numbers".to_owned(), StoredResource { type_name: "test.table", properties, tags: None });
}

#[tokio::test(start_paused = true)]
async fn run_performs_exactly_the_planned_changes() {
    let resources =
        [None, Some(GraphSpec { size: 2, extra: false, ..FIRST }), Some(GraphSpec { kind: "edge", digest: "b", ..FIRST })];
    for desired in resources {
        let (cloud, memory) = prepared(desired.map(|_| FIRST)).await;
        let (events, heard) = listening();
        let engine = engine_with(&cloud, Arc::new(memory.clone()), events);
        let wanted = graph(desired.unwrap_or(FIRST));
        let planned = engine.plan(&wanted, &Options::default()).await.expect("the graph is good").plan;
        let outcome =
            engine.apply(&wanted, &Options::default(), approve, &CancellationToken::new()).await.expect("no fault is armed");
        let done: Vec<_> = heard
            .lock()
            .expect("no test panics here")
            .iter()
            .filter_map(|event| match event {
                Event::Done { address, action, .. } => Some((address.clone(), *action)),
                _ => None,
            })
            .collect();
        let mut wanted: Vec<_> = planned.effective().map(|change| (change.address.clone(), change.action)).collect();
        let mut sorted = done;
        sorted.sort();
        wanted.sort();
        assert_eq!(sorted, wanted);
        assert_eq!(outcome.counts, planned.summary);
    }
}

#[tokio::test(start_paused = true)]
async fn planning_mutates_nothing_and_takes_no_lease() {
    let (cloud, memory) = prepared(None).await;
    let engine = engine(&cloud, &memory);
    let lease = engine.backend.acquire(&engine.holder, engine.clock.now(), std::time::Duration::from_secs(60)).await;
    let planned = engine.plan(&graph(FIRST), &Options::default()).await.expect("planning waits for nobody");
    assert_eq!(planned.plan.summary.create, 6);
    drop(lease);
    assert_eq!(cloud.mutations(), 0);
    assert_eq!(memory.bytes(), None);
}

#[tokio::test(start_paused = true)]
async fn unowned_resource_stops_run_before_any_change() {
    let (cloud, memory) = prepared(None).await;
    foreign_table(&cloud);
    let outcome = run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect("a refusal is an outcome");
    assert_eq!(outcome.status, RunStatus::Failed);
    let error = &outcome.errors[0].error;
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.message.contains("not managed by this environment"), "{error}");
    assert!(error.help.as_ref().is_some_and(|help| help.contains("--adopt")), "{error:?}");
    assert_eq!(cloud.mutations(), 0);
}

#[tokio::test(start_paused = true)]
async fn unowned_resource_is_adopted_on_request() {
    let (cloud, memory) = prepared(None).await;
    foreign_table(&cloud);
    let options = Options { adopt: true, ..Options::default() };
    let outcome = engine(&cloud, &memory)
        .apply(&graph(FIRST), &options, approve, &CancellationToken::new())
        .await
        .expect("no fault is armed");
    assert_eq!((outcome.status, outcome.counts.adopt), (RunStatus::Applied, 1));
    assert_eq!(cloud.ours(), expected(Goal::Apply(FIRST)));
}

#[tokio::test(start_paused = true)]
async fn destroy_leaves_unowned_resources_alone() {
    let (cloud, memory) = prepared(None).await;
    foreign_table(&cloud);
    let outcome = run(&cloud, &memory, Goal::Destroy).await.expect("no crash").expect("nothing to do is an outcome");
    assert_eq!(outcome.status, RunStatus::NothingToDo);
    assert_eq!(cloud.world().things.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn lost_state_is_rebuilt_without_mutating_calls() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let mutations = cloud.mutations();
    memory.lose();
    let outcome = run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect("no fault is armed");
    assert_eq!((outcome.status, outcome.counts.adopt), (RunStatus::Applied, 6));
    assert_eq!(cloud.mutations(), mutations);
    let again = run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect("no fault is armed");
    assert_eq!(again.status, RunStatus::NothingToDo);
}

#[tokio::test(start_paused = true)]
async fn destroy_without_state_deletes_everything() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    memory.lose();
    let outcome = run(&cloud, &memory, Goal::Destroy).await.expect("no crash").expect("no fault is armed");
    assert_eq!((outcome.status, cloud.ours()), (RunStatus::Applied, Vec::new()));
    assert_eq!(cloud.world().violations, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn child_lookup_waits_for_its_parent() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    memory.lose();
    // The table whose output the API's routes refer to remains; the API's route is looked up under the API that is found.
    cloud.world().things.retain(|_, thing| thing.type_name != "test.version");
    let outcome = run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect("no fault is armed");
    assert_eq!(outcome.status, RunStatus::Applied, "{outcome:?}");
    assert_eq!(cloud.ours(), expected(Goal::Apply(FIRST)), "the stage, which waits for the new version, was made twice");
}

#[tokio::test(start_paused = true)]
async fn drift_is_put_right_and_named() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    cloud.world().things.get_mut("numbers").expect("it was made").properties["size"] = json!(77);
    let planned = engine(&cloud, &memory).plan(&graph(FIRST), &Options::default()).await.expect("reads work").plan;
    let change = planned.change(&at("table", "numbers")).expect("it is in the plan");
    assert_eq!((change.action, change.properties[0].origin), (Action::Update, deployer_engine::ChangeOrigin::Drift));
    assert_eq!(change.reasons, ["size was changed outside of deployer"]);
    run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect("no fault is armed");
    assert_eq!(cloud.world().things["numbers"].properties["size"], json!(1));
}

#[tokio::test(start_paused = true)]
async fn vanished_resource_is_recreated_or_forgotten() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    cloud.world().things.remove("extra");
    let engine = engine(&cloud, &memory);
    let again = engine.plan(&graph(FIRST), &Options::default()).await.expect("reads work").plan;
    assert_eq!(again.change(&at("table", "extra")).map(|change| change.action), Some(Action::Create));
    let desired = GraphSpec { extra: false, ..FIRST };
    let forget = engine.plan(&graph(desired), &Options::default()).await.expect("reads work").plan;
    assert_eq!(forget.change(&at("table", "extra")).map(|change| change.action), Some(Action::Forget));
    let mutations = cloud.mutations();
    let outcome = run(&cloud, &memory, Goal::Apply(desired)).await.expect("no crash").expect("no fault is armed");
    assert_eq!((outcome.status, outcome.counts.forget, cloud.mutations()), (RunStatus::Applied, 1, mutations));
}

#[tokio::test(start_paused = true)]
async fn failure_stops_only_its_dependents() {
    let (cloud, memory) = prepared(None).await;
    // The first call after the lookups and the write of the intent is a create of the first resource of the longest chain.
    let (events, heard) = listening();
    let engine = engine_with(&cloud, Arc::new(memory.clone()), events);
    cloud.refuse("test.version:Create");
    let outcome = engine
        .apply(&graph(FIRST), &Options::default(), approve, &CancellationToken::new())
        .await
        .expect("a failure is an outcome");
    assert_eq!((outcome.status, outcome.errors.len(), outcome.counts.create), (RunStatus::Failed, 1, 4));
    assert_eq!(outcome.unfinished, [at("version", "public"), at("stage", "live")]);
    let skipped = heard.lock().expect("no test panics here").iter().any(|event| {
        matches!(event, Event::Skipped { address, because: Some(because), .. } if *address == at("stage", "live") && *because == at("version", "public"))
    });
    assert!(skipped, "the stage was skipped because of the version");
}

#[tokio::test(start_paused = true)]
async fn next_run_continues_after_an_interrupt() {
    let whole = calls(None, Goal::Apply(FIRST)).await;
    for after in 0..whole {
        let (cloud, memory) = prepared(None).await;
        let engine = engine(&cloud, &memory);
        let interrupt = CancellationToken::new();
        cloud.at_call(after, {
            let interrupt = interrupt.clone();
            move || interrupt.cancel()
        });
        let outcome =
            engine.apply(&graph(FIRST), &Options::default(), approve, &interrupt).await.expect("an interrupt is an outcome");
        let late = cloud.world().calls.iter().skip(after).filter(|call| call.mutates).count();
        assert!(late <= 3, "{late} mutating calls after the interrupt at call {after}: more than were under way");
        assert!(matches!(outcome.status, RunStatus::Interrupted | RunStatus::Applied), "{outcome:?}");
        let next = run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect("no fault is armed");
        assert!(matches!(next.status, RunStatus::Applied | RunStatus::NothingToDo), "{next:?}");
        assert_eq!(cloud.ours(), expected(Goal::Apply(FIRST)));
    }
}

#[tokio::test(start_paused = true)]
async fn interrupted_run_waits_six_seconds_for_hanging_calls() {
    let (cloud, memory) = prepared(None).await;
    let engine = engine(&cloud, &memory);
    let interrupt = CancellationToken::new();
    cloud.arm_hang("test.api:Create", {
        let interrupt = interrupt.clone();
        move || interrupt.cancel()
    });
    let begun = tokio::time::Instant::now();
    let outcome =
        engine.apply(&graph(FIRST), &Options::default(), approve, &interrupt).await.expect("an interrupt is an outcome");
    assert_eq!(outcome.status, RunStatus::Interrupted);
    assert!((6..8).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    cloud.disarm();
    let next = run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect("no fault is armed");
    assert_eq!((next.status, cloud.ours()), (RunStatus::Applied, expected(Goal::Apply(FIRST))));
}

#[tokio::test(start_paused = true)]
async fn lost_lease_ends_run_without_writing_state() {
    let (cloud, memory) = prepared(None).await;
    let engine = engine(&cloud, &memory);
    memory.lost.store(true, std::sync::atomic::Ordering::Relaxed);
    cloud.slow_down(std::time::Duration::from_secs(6));
    let outcome = engine.apply(&graph(FIRST), &Options::default(), approve, &CancellationToken::new()).await;
    match outcome {
        Ok(outcome) => assert_eq!(outcome.status, RunStatus::Failed, "{outcome:?}"),
        Err(error) => assert_eq!(error.class, ErrorClass::Interrupted, "{error}"),
    }
    assert_eq!(cloud.mutations(), 0);
    assert_eq!(memory.bytes(), None);
}

#[tokio::test(start_paused = true)]
async fn second_concurrent_run_is_refused() {
    let (cloud, memory) = prepared(None).await;
    let (one, other) = (engine(&cloud, &memory), engine(&cloud, &memory));
    let (wanted, options, interrupt) = (graph(FIRST), Options::default(), CancellationToken::new());
    let (one, other) =
        futures::join!(one.apply(&wanted, &options, approve, &interrupt), other.apply(&wanted, &options, approve, &interrupt));
    assert_eq!(one.expect("it came first").status, RunStatus::Applied);
    assert_eq!(other.expect_err("it came second").class, ErrorClass::Conflict);
    assert_eq!(cloud.ours(), expected(Goal::Apply(FIRST)));
}

#[tokio::test(start_paused = true)]
async fn declined_plan_changes_nothing() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let (bytes, mutations) = (memory.bytes(), cloud.mutations());
    let engine = engine(&cloud, &memory);
    let outcome =
        engine.destroy(None, &Options::default(), no, &CancellationToken::new()).await.expect("a refusal is an outcome");
    assert_eq!((outcome.status, memory.bytes(), cloud.mutations()), (RunStatus::Declined, bytes, mutations));
}

#[tokio::test(start_paused = true)]
async fn damaged_state_is_refused_and_left_unchanged() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let mut bytes = memory.bytes().expect("a run wrote it");
    bytes.truncate(bytes.len() / 2);
    *memory.stored.lock().expect("no test panics here") = Some(bytes.clone());
    let error = run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect_err("the state is cut off");
    assert!(error.message.contains("memory is cut off"), "{error}");
    assert!(error.help.is_some());
    assert_eq!(memory.bytes(), Some(bytes));
}

#[tokio::test(start_paused = true)]
async fn throttled_call_is_retried_and_reported() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let (events, heard) = listening();
    cloud.arm(0, Fault::Throttle);
    let outcome = engine_with(&cloud, Arc::new(memory.clone()), events)
        .apply(&graph(FIRST), &Options::default(), approve, &CancellationToken::new())
        .await
        .expect("a throttle passes");
    assert_eq!(outcome.status, RunStatus::NothingToDo);
    assert!(heard.lock().expect("no test panics here").iter().any(|event| matches!(event, Event::Retrying { attempt: 1, .. })));
}

#[tokio::test(start_paused = true)]
async fn holding_the_environment_excludes_other_runs() {
    let (cloud, memory) = prepared(None).await;
    let engine = engine(&cloud, &memory);
    let interrupt = CancellationToken::new();
    let acquire = || engine.backend.acquire(&engine.holder, engine.clock.now(), std::time::Duration::from_secs(60));
    let held = engine.with_lease(std::time::Duration::ZERO, &interrupt, async { acquire().await.is_err() }).await;
    assert!(held.expect("nobody else has it"), "somebody else got it meanwhile");
    let other = acquire().await.expect("it was given back");
    let done = std::cell::Cell::new(false);
    let refused = engine.with_lease(std::time::Duration::ZERO, &interrupt, async { done.set(true) }).await;
    assert!(refused.is_err() && !done.get(), "nothing is done without the lease");
    drop(other);
}

#[tokio::test(start_paused = true)]
async fn state_write_is_retried_in_one_layer() {
    for (retries_exhausted, writes) in [(false, 4), (true, 1)] {
        let (cloud, memory) = prepared(None).await;
        let error = Error { retries_exhausted, ..Error::new(ErrorClass::Transient, "unreachable") };
        *memory.outage.lock().expect("no test panics here") = Some((error, 0));
        let failed = run(&cloud, &memory, Goal::Apply(FIRST)).await.expect("no crash").expect_err("no intent, no change");
        assert_eq!(failed.class, ErrorClass::Transient);
        let outage = memory.outage.lock().expect("no test panics here");
        assert_eq!(outage.as_ref().map(|(_, times)| *times), Some(writes), "retries exhausted: {retries_exhausted}");
    }
}
