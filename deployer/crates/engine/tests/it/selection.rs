//! `--target` and `--exclude`: a run changes what is selected and what that needs, nothing else, and a later run does the rest.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{Action, Address, CancellationToken, Graph, Options, Outcome, Plan, Result, RunStatus, Selection};

use crate::support::cloud::sample::{FIRST, Goal, GraphSpec, approve, at, expected, graph, prepared, run};
use crate::support::cloud::{Cloud, Fault, Memory, StoredResource, engine};

fn target(address: &Address) -> Selection {
    Selection { targets: BTreeSet::from([address.clone()]), ..Selection::default() }
}

fn exclude(address: &Address) -> Selection {
    Selection { excludes: BTreeSet::from([address.clone()]), ..Selection::default() }
}

async fn run_selected(cloud: &Cloud, memory: &Memory, goal: Goal, selection: &Selection) -> Option<Result<Outcome>> {
    let (options, interrupt) = (Options { selection: selection.clone(), ..Options::default() }, CancellationToken::new());
    match goal {
        Goal::Apply(desired) => cloud.live(engine(cloud, memory).apply(&graph(desired), &options, approve, &interrupt)).await,
        Goal::Destroy => cloud.live(engine(cloud, memory).destroy(Some(&graph(FIRST)), &options, approve, &interrupt)).await,
    }
}

async fn plan(cloud: &Cloud, memory: &Memory, goal: Goal, selection: &Selection) -> Plan {
    let options = Options { selection: selection.clone(), ..Options::default() };
    let planned = match goal {
        Goal::Apply(desired) => engine(cloud, memory).plan(&graph(desired), &options).await,
        Goal::Destroy => engine(cloud, memory).plan_destroy(Some(&graph(FIRST)), &options).await,
    };
    planned.expect("no fault is armed").plan
}

/// Returns the resources by address.
fn by_address(cloud: &Cloud) -> BTreeMap<Address, Vec<StoredResource>> {
    let mut found: BTreeMap<Address, Vec<StoredResource>> = BTreeMap::new();
    for thing in cloud.world().things.values() {
        let address = thing.tags.as_ref().expect("all are ours").address.clone();
        found.entry(address).or_default().push(thing.clone());
    }
    found
}

/// The changes of the tests: creation, updates, replacements of both orders, a removal and everything's end.
fn goals() -> [(Option<GraphSpec>, Goal); 5] {
    [
        (None, Goal::Apply(FIRST)),
        (Some(FIRST), Goal::Apply(GraphSpec { size: 2, extra: false, ..FIRST })),
        (Some(FIRST), Goal::Apply(GraphSpec { digest: "b", size: 2, ..FIRST })),
        (Some(FIRST), Goal::Apply(GraphSpec { kind: "edge", key: "number", digest: "b", ..FIRST })),
        (Some(FIRST), Goal::Destroy),
    ]
}

fn selections() -> impl Iterator<Item = Selection> {
    let all: Vec<Address> = graph(FIRST).nodes.into_keys().collect();
    all.into_iter().flat_map(|address| [target(&address), exclude(&address)])
}

/// Whatever is selected: what is held back is untouched, selected and held changes are together those of the whole plan, nothing excluded
/// is changed, and a whole run afterwards leads to the goal.
#[tokio::test(start_paused = true)]
async fn selected_runs_touch_nothing_else_and_can_be_completed() {
    for (number, (before, goal)) in goals().into_iter().enumerate() {
        for selection in selections() {
            let story = format!("goal {number}, {selection:?}");
            let (cloud, memory) = prepared(before).await;
            let whole = plan(&cloud, &memory, goal, &Selection::default()).await;
            let part = plan(&cloud, &memory, goal, &selection).await;
            let selected: BTreeSet<Address> = part.effective().map(|change| change.address.clone()).collect();
            let held: BTreeSet<Address> = part.held_back.keys().cloned().collect();
            let all: BTreeSet<Address> = whole.effective().map(|change| change.address.clone()).collect();
            assert!(selected.is_disjoint(&held), "{story}");
            assert_eq!(selected.union(&held).cloned().collect::<BTreeSet<_>>(), all, "{story}");
            assert!(selected.is_disjoint(&selection.excludes), "{story}");
            assert!(selection.targets.iter().all(|address| selected.contains(address) || !all.contains(address)), "{story}");
            let untouched = by_address(&cloud);
            let outcome = run_selected(&cloud, &memory, goal, &selection).await.expect("no crash").expect("no error");
            let awaited = if selected.is_empty() { RunStatus::NothingToDo } else { RunStatus::Applied };
            assert_eq!(outcome.status, awaited, "{story}: {outcome:?}");
            let now = by_address(&cloud);
            for address in untouched.keys().chain(now.keys()).filter(|address| !selected.contains(*address)) {
                assert_eq!(untouched.get(address), now.get(address), "{story}: {address} was held back");
            }
            let rest = plan(&cloud, &memory, goal, &selection).await;
            assert!(rest.is_empty(), "{story}: not done in one run: {rest:?}");
            completes(&cloud, &memory, goal, &story).await;
        }
    }
}

async fn completes(cloud: &Cloud, memory: &Memory, goal: Goal, story: &str) {
    let outcome = run(cloud, memory, goal).await.expect("no crash").unwrap_or_else(|error| panic!("{story}: {error}"));
    assert!(matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo), "{story}: {outcome:?}");
    assert_eq!(cloud.ours(), expected(goal), "{story}");
    assert_eq!(cloud.world().violations, Vec::<String>::new(), "{story}");
    let state = engine(cloud, memory).state().await.expect("it is whole");
    assert!(state.is_none_or(|state| state.intent.is_none()), "{story}: the run is complete");
}

/// A whole run that was killed, a selected one after it that is killed too, and a whole one: exactly one of each resource.
#[tokio::test(start_paused = true)]
async fn selected_runs_between_killed_ones_lose_nothing() {
    let selections: Vec<Selection> = selections().collect();
    let mut next = selections.iter().cycle();
    for (number, (before, goal)) in goals().into_iter().enumerate() {
        for fault in [Fault::CrashBefore, Fault::CrashAfter, Fault::LostAnswer] {
            for call in (0..60).step_by(3) {
                let selection = next.next().expect("an endless cycle");
                let story = format!("goal {number}, {fault:?} at call {call}, {selection:?}");
                let (cloud, memory) = prepared(before).await;
                cloud.arm(call, fault);
                let ended = run(&cloud, &memory, goal).await;
                cloud.disarm();
                cloud.arm(call / 2, fault);
                drop(run_selected(&cloud, &memory, goal, selection).await);
                cloud.disarm();
                drop(run_selected(&cloud, &memory, goal, selection).await);
                completes(&cloud, &memory, goal, &story).await;
                if ended.is_some_and(|ended| ended.is_ok_and(|outcome| outcome.status == RunStatus::Applied)) && call > 30 {
                    break;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn selection_follows_dependencies_in_their_direction() {
    let (cloud, memory) = prepared(None).await;
    let names = |addresses: &mut dyn Iterator<Item = &Address>| -> Vec<String> { addresses.map(ToString::to_string).collect() };
    let part = plan(&cloud, &memory, Goal::Apply(FIRST), &target(&at("route", "get"))).await;
    let made = names(&mut part.effective().map(|change| &change.address));
    assert_eq!(made, ["table.numbers", "api.public", "route.get"]);
    assert_eq!(part.needed_by[&at("table", "numbers")], at("route", "get"));
    let part = plan(&cloud, &memory, Goal::Apply(FIRST), &exclude(&at("route", "get"))).await;
    assert_eq!(names(&mut part.held_back.keys()), ["route.get", "stage.live", "version.public"]);
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let part = plan(&cloud, &memory, Goal::Destroy, &target(&at("version", "public"))).await;
    let gone: BTreeSet<String> = part.effective().map(|change| change.address.to_string()).collect();
    assert_eq!(gone, BTreeSet::from(["stage.live", "version.public"].map(str::to_owned)));
    assert!(part.effective().all(|change| change.action == Action::Delete));
}

/// What is wrong with a change that is not made is no obstacle.
#[tokio::test(start_paused = true)]
async fn problems_of_held_changes_do_not_stop_a_run() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let mut graph: Graph = graph(GraphSpec { size: 2, ..FIRST });
    let node = graph.nodes.get(&at("table", "extra")).expect("it is declared").clone();
    graph.nodes.insert(at("table", "second"), node);
    let whole = engine(&cloud, &memory).plan(&graph, &Options::default()).await.expect("no fault").plan;
    assert!(!whole.problems.is_empty(), "two of one name");
    let options = Options { selection: target(&at("table", "numbers")), ..Options::default() };
    let part = engine(&cloud, &memory).plan(&graph, &options).await.expect("no fault").plan;
    assert!(part.problems.is_empty() && part.summary.update == 1, "{part:?}");
}
