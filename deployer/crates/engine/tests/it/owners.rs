//! Ownership is determined by the resource itself: resources of others stay unchanged, whatever a record says.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::state::Superseded;
use deployer_engine::{CancellationToken, ErrorClass, Expr, Graph, Options, Outcome, RunStatus, State};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::order::{graph as graph_of_names, resources};
use crate::support::cloud::sample::{FIRST, Goal, GraphSpec, approve, at, calls, graph, prepared, run};
use crate::support::cloud::{Cloud, Fault, Memory, StoredResource, Tags, engine};
use crate::support::random_cases;

/// Gives the resource with this id to another owner, as their `--adopt` does.
fn take_over(cloud: &Cloud, id: &str) {
    let mut world = cloud.world();
    let thing = world.things.get_mut(id).expect("it is there");
    let tags = thing.tags.as_mut().expect("it has tags");
    tags.project = "other".to_owned();
}

fn ids(cloud: &Cloud) -> Vec<String> {
    cloud.world().things.keys().cloned().collect()
}

/// Returns the resources of another owner, by their own tags or by those of their API.
fn foreign(cloud: &Cloud) -> BTreeMap<String, StoredResource> {
    let world = cloud.world();
    let other = |thing: &StoredResource| thing.tags.as_ref().is_some_and(|tags| tags.project == "other");
    let whole = |thing: &StoredResource| world.things.get(thing.properties["api_id"].as_str()?).map(other);
    let theirs = world.things.iter().filter(|(_, thing)| other(thing) || whole(thing) == Some(true));
    theirs.map(|(id, thing)| (id.clone(), thing.clone())).collect()
}

/// Returns the ids that resources of another owner need, directly or through others; nobody could delete them.
fn needed(cloud: &Cloud, foreign: &BTreeMap<String, StoredResource>) -> BTreeSet<String> {
    let world = cloud.world();
    let uses = |thing: &StoredResource| -> Vec<String> {
        let values = thing.properties.as_object().into_iter().flat_map(|map| map.values());
        values.filter_map(|value| value.as_str().filter(|id| world.things.contains_key(*id)).map(str::to_owned)).collect()
    };
    let mut needed = BTreeSet::new();
    let mut open: Vec<String> = foreign.values().flat_map(&uses).collect();
    while let Some(id) = open.pop() {
        open.extend(world.things.get(&id).map(&uses).unwrap_or_default());
        needed.insert(id.clone());
        open.retain(|next| !needed.contains(next));
    }
    needed
}

/// The operation that follows a takeover.
#[derive(Debug, Clone)]
enum Then {
    Apply(Graph),
    Destroy(Option<Graph>),
}

async fn go(cloud: &Cloud, memory: &Memory, then: &Then, adopt: bool) -> Option<Outcome> {
    let engine = engine(cloud, memory);
    let (options, interrupt) = (Options { adopt, ..Options::default() }, CancellationToken::new());
    let ran = match then {
        Then::Apply(graph) => cloud.live(engine.apply(graph, &options, approve, &interrupt)).await?,
        Then::Destroy(graph) => cloud.live(engine.destroy(graph.as_ref(), &options, approve, &interrupt)).await?,
    };
    Some(ran.expect("the state and the graph are good"))
}

/// Runs with a crash at one call and then again without; checks that no resource of another owner has changed.
async fn leaves_alone(cloud: &Cloud, memory: &Memory, then: &Then, crash: Option<(usize, Fault)>) -> Result<(), String> {
    let before = foreign(cloud);
    if let Some((call, fault)) = crash {
        cloud.arm(call, fault);
        go(cloud, memory, then, false).await;
        cloud.disarm();
    }
    let outcome = go(cloud, memory, then, false).await.ok_or("nothing is armed")?;
    let now = cloud.world().things.clone();
    for (id, was) in &before {
        if now.get(id) != Some(was) {
            return Err(format!("{id} is another's and was {was:?}, and is {:?}", now.get(id)));
        }
    }
    if let Then::Destroy(_) = then {
        let left: Vec<&String> = now.keys().filter(|id| !before.contains_key(*id)).collect();
        // Resources that another owner's resources need cannot be deleted, nor can the dependencies of those resources.
        let stops = left.iter().any(|id| needed(cloud, &before).contains(*id));
        if !(left.is_empty() && outcome.status != RunStatus::Failed || stops) {
            return Err(format!("{left:?} are left: {outcome:?}"));
        }
    }
    Ok(())
}

fn small_graphs() -> impl Strategy<Value = Graph> {
    (1_u32..3, any::<[bool; 4]>()).prop_map(|(size, [key, kind, digest, extra])| {
        graph(GraphSpec {
            size,
            key: if key { "phone" } else { "number" },
            kind: if kind { "regional" } else { "edge" },
            digest: if digest { "a" } else { "b" },
            extra,
        })
    })
}

fn graphs() -> impl Strategy<Value = (Graph, Graph)> {
    let names = (resources(), resources()).prop_map(|(one, other)| (graph_of_names(&one), graph_of_names(&other)));
    prop_oneof![(small_graphs(), small_graphs()), names]
}

fn crashes() -> impl Strategy<Value = Option<(usize, Fault)>> {
    (any::<bool>(), 0_usize..40, prop_oneof![Just(Fault::CrashBefore), Just(Fault::CrashAfter)])
        .prop_map(|(crashes, call, fault)| crashes.then_some((call, fault)))
}

#[test]
fn taken_over_things_stay_as_they_are() {
    // A first apply, a second one that may crash, takeovers, and a run that may crash.
    let story = (graphs(), crashes(), proptest::collection::vec(any::<Index>(), 1..4), crashes(), 0..4);
    let mut runner = TestRunner::new(random_cases(400));
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let reported = runner.run(&story, |((first, second), begun, taken, crash, then)| {
        runtime().expect("a runtime").block_on(async {
            let cloud = Cloud::default();
            let memory = Memory::new(&cloud);
            go(&cloud, &memory, &Then::Apply(first.clone()), false).await.expect("nothing is armed");
            if let Some((call, fault)) = begun {
                cloud.arm(call, fault);
                go(&cloud, &memory, &Then::Apply(second.clone()), false).await;
                cloud.disarm();
            }
            let all = ids(&cloud);
            if all.is_empty() {
                return Ok(());
            }
            taken.iter().for_each(|index| take_over(&cloud, &all[index.index(all.len())]));
            let then = match then {
                0 => Then::Apply(first),
                1 => Then::Apply(second),
                2 => Then::Destroy(Some(second)),
                _ => Then::Destroy(None),
            };
            leaves_alone(&cloud, &memory, &then, crash).await.map_err(proptest::test_runner::TestCaseError::fail)
        })
    });
    reported.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Creates a table and an API of another owner, with the API's children, which have no tags of their own. The owner has tagged nothing if
/// it is not `tagged`.
fn settle_another(cloud: &Cloud, tagged: bool) {
    let tags = |name: &str| {
        tagged.then(|| Tags { project: "other".to_owned(), environment: "dev".to_owned(), address: at("their", name) })
    };
    let mut world = cloud.world();
    let mut put = |id: &str, type_name, properties, tags| {
        world.things.insert(id.to_owned(), StoredResource { type_name, properties, tags });
    };
    put("theirs", "test.table", json!({"name": "theirs", "key": "k", "size": 9}), tags("table"));
    put("their-api", "test.api", json!({"title": "t", "routes": {}, "kind": "regional"}), tags("api"));
    put("their-route", "test.route", json!({"api_id": "their-api", "path": "/", "target": "theirs"}), None);
    put("their-version", "test.version", json!({"api_id": "their-api", "digest": "z"}), None);
    let stage = json!({"api_id": "their-api", "name": "live", "version_id": "their-version"});
    put("their-stage", "test.stage", stage, None);
}

/// Makes the record at `address` name `id`; with `beside`, adds a superseded resource with `id` that is still to be deleted.
fn forge(memory: &Memory, address: &str, id: &str, beside: bool) {
    let bytes = memory.bytes().expect("there is a state");
    let mut state: State = serde_json::from_slice(&bytes).expect("it is a state");
    let address = deployer_engine::Address::parse(address).expect("an address");
    let record = state.resources.get_mut(&address).expect("it is recorded");
    if beside {
        let mut record = record.clone();
        record.id = deployer_engine::PhysicalId(id.to_owned());
        state.superseded.push(Superseded { address, record });
    } else {
        record.id = deployer_engine::PhysicalId(id.to_owned());
    }
    *memory.stored.lock().expect("no test panics with the lock") = Some(state.to_bytes().expect("it can be written"));
}

#[tokio::test(start_paused = true)]
async fn forged_records_change_nothing_of_others() {
    let forged = [
        ("table.numbers", "theirs"),
        ("api.public", "their-api"),
        ("route.get", "their-route"),
        ("version.public", "their-version"),
        ("stage.live", "their-stage"),
    ];
    let other = GraphSpec { digest: "b", kind: "edge", key: "number", ..FIRST };
    let theirs = |cloud: &Cloud| {
        let things = cloud.world().things.clone();
        things.into_iter().filter(|(id, _)| id.starts_with("their")).collect::<BTreeMap<_, _>>()
    };
    for (address, id) in forged {
        for (beside, tagged) in [(false, true), (false, false), (true, true), (true, false)] {
            for then in [
                Then::Apply(graph(FIRST)),
                Then::Apply(graph(other)),
                Then::Apply(Graph::default()),
                Then::Destroy(Some(graph(FIRST))),
                Then::Destroy(None),
            ] {
                let (cloud, memory) = prepared(Some(FIRST)).await;
                settle_another(&cloud, tagged);
                let before = theirs(&cloud);
                assert_eq!(before.len(), 5);
                forge(&memory, address, id, beside);
                go(&cloud, &memory, &then, false).await;
                go(&cloud, &memory, &then, false).await;
                let what = format!("{address} named {id} (beside: {beside}, tagged: {tagged}), then {then:?}");
                assert_eq!(theirs(&cloud), before, "{what}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn apply_is_refused_before_anything_is_touched() {
    for id in ["numbers", "test.api-1"] {
        let (cloud, memory) = prepared(Some(FIRST)).await;
        take_over(&cloud, id);
        let (mutations, bytes) = (cloud.mutations(), memory.bytes());
        let wanted = Then::Apply(graph(GraphSpec { size: 7, digest: "b", ..FIRST }));
        let outcome = go(&cloud, &memory, &wanted, false).await.expect("nothing is armed");
        assert_eq!(outcome.status, RunStatus::Failed);
        let error = &outcome.errors.first().expect("it says why").error;
        assert_eq!(error.class, ErrorClass::AlreadyExists);
        assert!(
            error.message.contains("is no longer managed by this environment: it now belongs to project \"other\""),
            "{error}"
        );
        assert!(error.help.as_deref().is_some_and(|help| help.contains("--adopt")), "{error:?}");
        assert_eq!((cloud.mutations(), memory.bytes()), (mutations, bytes), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn adopt_takes_it_back() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    take_over(&cloud, "numbers");
    let wanted = Then::Apply(graph(GraphSpec { size: 2, ..FIRST }));
    let outcome = go(&cloud, &memory, &wanted, true).await.expect("nothing is armed");
    assert_eq!(outcome.status, RunStatus::Applied, "{outcome:?}");
    assert!(foreign(&cloud).is_empty());
    assert_eq!(go(&cloud, &memory, &wanted, false).await.expect("nothing is armed").status, RunStatus::NothingToDo);
}

/// A plan cannot look for a resource that refers to one which does not exist yet; the run finds it, and adopts it only if asked.
#[tokio::test(start_paused = true)]
async fn adopt_covers_what_only_the_run_finds() {
    let mut wanted = Graph::default();
    for (number, name, first) in [("0", "a", Expr::Value(json!(null))), ("1", "b", Expr::output(&at("named", "0"), "id"))] {
        let none = || Expr::Value(json!(null));
        let properties = [("name", Expr::from(name.to_owned())), ("first", first), ("second", none()), ("friend", none())];
        let grants = [("grants", Expr::Value(json!([])))];
        wanted.insert(at("named", number), "test.named", Expr::map(properties.into_iter().chain(grants)), None);
    }
    let wanted = Then::Apply(wanted);
    let cloud = Cloud::default();
    let memory = Memory::new(&cloud);
    let tags = Tags { project: "other".to_owned(), environment: "dev".to_owned(), address: at("their", "named") };
    let properties = json!({"name": "b", "first": null, "second": null, "friend": null, "grants": []});
    let theirs = StoredResource { type_name: "test.named", properties, tags: Some(tags) };
    cloud.world().things.insert("theirs".to_owned(), theirs.clone());
    let refused = go(&cloud, &memory, &wanted, false).await.expect("nothing is armed");
    assert_eq!(refused.status, RunStatus::Failed, "{refused:?}");
    assert_eq!(cloud.world().things.get("theirs"), Some(&theirs));
    // Without the record of the first run, the reference is unknown again.
    let (cloud, memory) = (Cloud::default(), Memory::new(&cloud));
    cloud.world().things.insert("theirs".to_owned(), theirs);
    let adopted = go(&cloud, &memory, &wanted, true).await.expect("nothing is armed");
    assert_eq!(adopted.status, RunStatus::Applied, "{adopted:?}");
    assert!(foreign(&cloud).is_empty() && cloud.world().things.len() == 2);
    assert_eq!(go(&cloud, &memory, &wanted, false).await.expect("nothing is armed").status, RunStatus::NothingToDo);
}

#[tokio::test(start_paused = true)]
async fn destroy_forgets_it_and_goes_on() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    take_over(&cloud, "test.api-1");
    let theirs = foreign(&cloud);
    assert_eq!(theirs.len(), 4, "the API and what is in it");
    let outcome = run(&cloud, &memory, Goal::Destroy).await.expect("nothing is armed").expect("the state is good");
    assert_eq!(foreign(&cloud), theirs);
    assert_eq!(outcome.counts.forget, 4, "{outcome:?}");
    // The other owner's resources still use the table; the other table is deleted.
    assert_eq!(cloud.world().things.len(), 5);
    let state = String::from_utf8(memory.bytes().expect("a state")).expect("JSON");
    assert!(!state.contains("test.api-1\""), "{state}");
}

#[tokio::test(start_paused = true)]
async fn without_tags_nothing_is_changed_or_deleted() {
    let (cloud, memory) = prepared(Some(FIRST)).await;
    let strip = |id: &str| cloud.world().things.get_mut(id).expect("it is there").tags = None;
    let tags = cloud.world().things["extra"].tags.clone();
    strip("extra");
    let before = cloud.world().things.clone();
    for then in [Then::Destroy(Some(graph(FIRST))), Then::Destroy(None), Then::Apply(graph(GraphSpec { extra: false, ..FIRST }))]
    {
        let outcome = go(&cloud, &memory, &then, true).await.expect("nothing is armed");
        let error = &outcome.errors.first().expect("it is refused").error;
        assert_eq!(error.class, ErrorClass::Refused);
        assert!(error.message.contains("extra holds data that would be lost for good"), "{error}");
        assert!(error.help.as_deref().is_some_and(|help| help.contains("state rm table.extra")), "{error:?}");
        assert_eq!(cloud.world().things, before);
    }
    let wanted = Then::Apply(graph(GraphSpec { size: 2, ..FIRST }));
    let refused = go(&cloud, &memory, &wanted, false).await.expect("nothing is armed");
    assert_eq!(refused.errors.first().expect("it is refused").error.class, ErrorClass::AlreadyExists);
    assert_eq!(cloud.world().things, before);
    // With its tags restored, the table is deleted as before. An API without tags is not, although its id was assigned to it: the record
    // may be somebody else's.
    cloud.world().things.get_mut("extra").expect("it is there").tags = tags;
    let tags = cloud.world().things["test.api-1"].tags.clone();
    strip("test.api-1");
    let before = cloud.world().things.clone();
    for then in [Then::Destroy(None), Then::Apply(Graph::default()), wanted] {
        let refused = go(&cloud, &memory, &then, false).await.expect("nothing is armed");
        assert_eq!(refused.status, RunStatus::Failed);
        let helps =
            |failure: &deployer_engine::Failure| failure.error.help.as_deref().is_some_and(|help| help.contains("--adopt"));
        assert!(refused.errors.iter().any(helps), "{refused:?}");
        assert_eq!(cloud.world().things, before);
    }
    cloud.world().things.get_mut("test.api-1").expect("it is there").tags = tags;
    let gone = run(&cloud, &memory, Goal::Destroy).await.expect("nothing is armed").expect("the state is good");
    assert_eq!(gone.status, RunStatus::Applied, "{gone:?}");
    assert!(cloud.world().things.is_empty());
}

/// A resource without tags is not left behind when the spec gives it another name.
#[tokio::test(start_paused = true)]
async fn renamed_without_tags_is_refused_or_adopted() {
    let named = |name: &str| {
        let none = || Expr::Value(json!(null));
        let properties = [("name", Expr::from(name.to_owned())), ("first", none()), ("second", none()), ("friend", none())];
        let mut wanted = Graph::default();
        let grants = [("grants", Expr::Value(json!([])))];
        wanted.insert(at("named", "one"), "test.named", Expr::map(properties.into_iter().chain(grants)), []);
        Then::Apply(wanted)
    };
    let cloud = Cloud::default();
    let memory = Memory::new(&cloud);
    go(&cloud, &memory, &named("a"), false).await.expect("nothing is armed");
    let id = ids(&cloud).pop().expect("it was created");
    cloud.world().things.get_mut(&id).expect("it is there").tags = None;
    let before = cloud.world().things.clone();
    let refused = go(&cloud, &memory, &named("b"), false).await.expect("nothing is armed");
    assert_eq!(refused.errors.first().expect("it is refused").error.class, ErrorClass::AlreadyExists);
    assert_eq!(cloud.world().things, before);
    let adopted = go(&cloud, &memory, &named("b"), true).await.expect("nothing is armed");
    assert_eq!(adopted.status, RunStatus::Applied, "{adopted:?}");
    let world = cloud.world();
    assert_eq!(world.things.len(), 1, "{:?}", world.things);
    assert_eq!(world.things[&id].properties["name"], "b");
}

#[tokio::test(start_paused = true)]
async fn crashes_of_a_destroy_touch_nothing_of_others() {
    let calls = calls(Some(FIRST), Goal::Destroy).await;
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for call in 0..calls {
            let (cloud, memory) = prepared(Some(FIRST)).await;
            take_over(&cloud, "test.api-1");
            let then = Then::Destroy(Some(graph(FIRST)));
            leaves_alone(&cloud, &memory, &then, Some((call, fault))).await.unwrap_or_else(|why| panic!("{call}: {why}"));
        }
    }
}
