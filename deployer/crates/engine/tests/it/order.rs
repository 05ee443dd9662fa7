//! Order of the changes of a run: removals come last, and names are handed over between resources.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{Action, Address, CancellationToken, Expr, Graph, Options, Outcome, RunStatus};
use proptest::collection::{btree_set, vec};
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::subsequence;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::support::cloud::named::NamedProperties;
use crate::support::cloud::sample::{FIRST, Goal, approve, at, prepared, run};
use crate::support::cloud::{Cloud, Fault, Memory, engine};
use crate::support::random_cases;

/// One desired resource: its name, the earlier resources that it uses, and its grants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct One {
    name: usize,
    uses: Vec<usize>,
    /// The resource that it refers to by name.
    friend: Option<usize>,
    grants: BTreeSet<u8>,
}

/// The desired resources, by number.
pub(crate) type Resources = BTreeMap<usize, One>;

pub(crate) const THINGS: usize = 5;

pub(crate) fn resources() -> impl Strategy<Value = Resources> {
    let names = Just((0..=THINGS).collect::<Vec<usize>>()).prop_shuffle();
    let uses = vec(vec(any::<prop::Index>(), 0..3), THINGS);
    let grants = vec(btree_set(0_u8..4, 0..3), THINGS);
    let there = subsequence((0..THINGS).collect::<Vec<usize>>(), 1..=THINGS);
    let friends = vec(any::<Option<prop::Index>>(), THINGS);
    (names, uses, friends, grants, there).prop_map(|(names, uses, friends, grants, there)| {
        let one = |number: usize| {
            let before: Vec<usize> = there.iter().copied().filter(|other| *other < number).collect();
            let uses = uses[number].iter().filter(|_| !before.is_empty()).map(|index| before[index.index(before.len())]);
            let friend = friends[number].filter(|_| !before.is_empty()).map(|index| before[index.index(before.len())]);
            One { name: names[number], uses: uses.collect(), friend, grants: grants[number].clone() }
        };
        there.iter().map(|number| (*number, one(*number))).collect()
    })
}

mod prop {
    pub(super) use proptest::sample::Index;
}

fn address(number: usize) -> Address {
    at("named", &number.to_string())
}

pub(crate) fn graph(desired: &Resources) -> Graph {
    let mut graph = Graph::default();
    for (number, one) in desired {
        let used =
            |place: usize| one.uses.get(place).map_or(Expr::Value(json!(null)), |used| Expr::output(&address(*used), "id"));
        let grants: Vec<String> = one.grants.iter().map(|grant| format!("grant {grant}")).collect();
        let properties = Expr::map([
            ("name", Expr::from(format!("name {}", one.name))),
            ("first", used(0)),
            ("second", used(1)),
            ("friend", Expr::Value(json!(one.friend.map(|friend| format!("name {}", desired[&friend].name))))),
            ("grants", Expr::Value(json!(grants))),
        ]);
        graph.insert(address(*number), "test.named", properties, one.friend.map(address));
    }
    graph
}

async fn apply(cloud: &Cloud, memory: &Memory, desired: &Resources) -> Option<Outcome> {
    let engine = engine(cloud, memory);
    let ran = cloud.live(engine.apply(&graph(desired), &Options::default(), approve, &CancellationToken::new())).await?;
    Some(ran.expect("the graph is good"))
}

/// Returns, by address, the name, the friend's address and the number of grants of every existing resource.
fn there(cloud: &Cloud) -> BTreeMap<String, (String, Option<String>, usize)> {
    let world = cloud.world();
    let address_of = |id: &String| Some(world.things.get(id)?.tags.as_ref()?.address.to_string());
    let things = world.things.values().filter_map(|thing| {
        let properties: NamedProperties = serde_json::from_value(thing.properties.clone()).ok()?;
        let friend = properties.friend.as_ref().and_then(address_of);
        Some((thing.tags.as_ref()?.address.to_string(), (properties.name, friend, properties.grants.len())))
    });
    things.collect()
}

fn wanted(desired: &Resources) -> BTreeMap<String, (String, Option<String>, usize)> {
    let properties = |one: &One| {
        let friend = one.friend.map(|friend| address(friend).to_string());
        (format!("name {}", one.name), friend, one.grants.len())
    };
    desired.iter().map(|(number, one)| (address(*number).to_string(), properties(one))).collect()
}

/// Returns `after` with other names for new resources that would have the name of a deleted one: the engine takes such a resource for the
/// same one under another address, and refuses it.
fn without_moves(before: &Resources, after: &Resources) -> Resources {
    let going: BTreeSet<usize> =
        before.iter().filter(|(number, _)| !after.contains_key(number)).map(|(_, one)| one.name).collect();
    let rename = |(number, one): (&usize, &One)| {
        let moves = !before.contains_key(number) && going.contains(&one.name);
        (*number, One { name: if moves { THINGS + 1 + number } else { one.name }, ..one.clone() })
    };
    after.iter().map(rename).collect()
}

fn explore(cases: u32, check: impl Fn(&Resources, &Resources)) {
    let mut runner = TestRunner::new(random_cases(cases));
    let checked = runner.run(&(resources(), resources()), |(before, after)| {
        check(&before, &without_moves(&before, &after));
        Ok(())
    });
    checked.unwrap_or_else(|fault| panic!("{fault}"));
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(work)
}

#[test]
fn any_names_are_handed_on_in_one_run() {
    explore(300, |before, after| {
        block_on(async {
            let cloud = Cloud::default();
            let memory = Memory::new(&cloud);
            for desired in [before, after] {
                let outcome = apply(&cloud, &memory, desired).await.expect("no fault is armed");
                assert!(matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo), "{:?}", outcome.errors);
                assert_eq!(there(&cloud), wanted(desired));
                assert_eq!(cloud.world().violations, Vec::<String>::new());
            }
            let again = apply(&cloud, &memory, after).await.expect("no fault is armed");
            assert_eq!(again.status, RunStatus::NothingToDo);
        });
    });
}

#[test]
fn what_is_taken_away_goes_last() {
    explore(300, |before, after| {
        block_on(async {
            // Every resource keeps its name, so no deletion has to come earlier.
            let keep = |(number, one): (&usize, &One)| {
                let name = if before.contains_key(number) { before[number].name } else { THINGS + 1 + number };
                (*number, One { name, ..one.clone() })
            };
            let after: Resources = after.iter().map(keep).collect();
            let cloud = Cloud::default();
            let memory = Memory::new(&cloud);
            apply(&cloud, &memory, before).await.expect("no fault is armed");
            let begin = cloud.world().calls.len();
            apply(&cloud, &memory, &after).await.expect("no fault is armed");
            let world = cloud.world();
            let takes = |call: &str| call.ends_with(":Delete") || call.ends_with(":Revoke");
            let mutations = world.calls[begin..].iter().filter(|call| call.mutates);
            let mut order = mutations.map(|call| takes(&call.operation)).skip_while(|taken| !taken);
            assert!(order.all(|taken| taken), "{:?}", &world.calls[begin..]);
        });
    });
}

#[test]
fn handing_on_survives_a_crash_at_any_call() {
    explore(40, |before, after| {
        block_on(async {
            for at in 0.. {
                let cloud = Cloud::default();
                let memory = Memory::new(&cloud);
                apply(&cloud, &memory, before).await.expect("no fault is armed");
                cloud.arm(at, if at % 2 == 0 { Fault::CrashBefore } else { Fault::CrashAfter });
                if apply(&cloud, &memory, after).await.is_some() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_secs(120)).await;
                let outcome = apply(&cloud, &memory, after).await.expect("no fault is armed");
                assert!(
                    matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo),
                    "crash at {at}: {:?}",
                    outcome.errors
                );
                assert_eq!(there(&cloud), wanted(after), "crash at {at}");
                assert_eq!(cloud.world().violations, Vec::<String>::new());
            }
        });
    });
}

/// Returns the first graph with a stage of this name, as in the small application.
fn staged(name: &str) -> Graph {
    let mut graph = crate::support::cloud::sample::graph(FIRST);
    let (api, version) = (at("api", "public"), at("version", "public"));
    let stage = [("api_id", Expr::output(&api, "id")), ("name", Expr::from(name)), ("version_id", Expr::output(&version, "id"))];
    graph.insert(at("stage", "live"), "test.stage", Expr::map(stage), []);
    graph
}

#[tokio::test(start_paused = true)]
async fn renamed_things_are_created_first() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let begin = cloud.world().calls.len();
    let engine = engine(&cloud, &memory);
    let outcome =
        engine.apply(&staged("next"), &Options::default(), approve, &CancellationToken::new()).await.expect("the graph is good");
    assert_eq!(outcome.status, RunStatus::Applied);
    let calls: Vec<String> =
        cloud.world().calls[begin..].iter().filter(|call| call.mutates).map(|call| call.operation.clone()).collect();
    assert_eq!(calls, ["test.stage:Create", "test.stage:Delete"]);
}

/// A rename that is interrupted at any call can be reverted or completed; either way exactly one stage exists.
#[tokio::test(start_paused = true)]
async fn renames_can_be_taken_back_after_any_crash() {
    for back in [true, false] {
        for (at, fault) in (0..40).flat_map(|at| [(at, Fault::CrashBefore), (at, Fault::CrashAfter)]) {
            let (cloud, memory) = prepared(Some(FIRST)).await;
            cloud.arm(at, fault);
            let engine = engine(&cloud, &memory);
            let next = staged("next");
            let died = cloud.live(engine.apply(&next, &Options::default(), approve, &CancellationToken::new())).await.is_none();
            cloud.disarm();
            tokio::time::sleep(std::time::Duration::from_secs(120)).await;
            let wanted = if back { staged("live") } else { next };
            let engine = crate::support::cloud::engine(&cloud, &memory);
            let outcome =
                engine.apply(&wanted, &Options::default(), approve, &CancellationToken::new()).await.expect("the graph is good");
            assert!(
                matches!(outcome.status, RunStatus::Applied | RunStatus::NothingToDo),
                "{fault:?} at {at}: {:?}",
                outcome.errors
            );
            let stages: Vec<String> = {
                let world = cloud.world();
                let stages = world.things.values().filter(|thing| thing.type_name == "test.stage");
                stages.map(|thing| thing.properties["name"].as_str().unwrap_or_default().to_owned()).collect()
            };
            assert_eq!(stages, [if back { "live" } else { "next" }], "{fault:?} at {at}");
            if !died {
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn failed_makings_keep_what_is_not_wanted() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    cloud.refuse("test.version:Create");
    let desired = crate::support::cloud::sample::GraphSpec { digest: "b", extra: false, ..FIRST };
    let outcome = run(&cloud, &memory, Goal::Apply(desired)).await.expect("no crash").expect("a failure is an outcome");
    assert_eq!(outcome.status, RunStatus::Failed);
    assert!(cloud.ours().contains(&("test.table".to_owned(), "table.extra".to_owned())));
    cloud.disarm();
    let outcome = run(&cloud, &memory, Goal::Apply(desired)).await.expect("no crash").expect("nothing fails");
    assert_eq!(outcome.status, RunStatus::Applied);
    assert!(!cloud.ours().contains(&("test.table".to_owned(), "table.extra".to_owned())));
    let planned = engine(&cloud, &memory).plan(&crate::support::cloud::sample::graph(desired), &Options::default()).await;
    assert!(planned.expect("the graph is good").plan.changes.iter().all(|change| change.action == Action::NoOp));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_wanted_makes_room() {
    let one = |name| One { name, uses: Vec::new(), friend: None, grants: BTreeSet::new() };
    let (before, after): (Resources, Resources) = ([(0, one(0)), (1, one(1))].into(), [(0, one(0)), (2, one(2))].into());
    let cloud = Cloud::default();
    let memory = Memory::new(&cloud);
    apply(&cloud, &memory, &before).await.expect("no fault is armed");
    cloud.world().room = Some(2);
    let outcome = apply(&cloud, &memory, &after).await.expect("no fault is armed");
    assert_eq!(outcome.status, RunStatus::Applied, "{:?}", outcome.errors);
    assert_eq!(there(&cloud), wanted(&after));
    // Two creations that find no room at the same time wait for the same deletions.
    let (more, other): (Resources, Resources) = ([(3, one(3)), (4, one(4))].into(), [(0, one(0)), (1, one(1))].into());
    for desired in [&more, &other] {
        let outcome = apply(&cloud, &memory, desired).await.expect("no fault is armed");
        assert_eq!(outcome.status, RunStatus::Applied, "{:?}", outcome.errors);
        assert_eq!(there(&cloud), wanted(desired));
    }
    let after = other;
    // Without deletions there is no room.
    let more: Resources = [(0, one(0)), (1, one(1)), (3, one(3))].into();
    let outcome = apply(&cloud, &memory, &more).await.expect("no fault is armed");
    assert_eq!(outcome.status, RunStatus::Failed);
    assert_eq!(there(&cloud), wanted(&after));
}
