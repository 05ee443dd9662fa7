//! Whole runs of the engine over the embedded AWS: retained resources, quota usage, record-only changes.

use std::collections::BTreeSet;

use deployer_engine::{Action, Address, CancellationToken, Engine, Expr, Graph, Options, Outcome, Plan, RunStatus};
use futures::FutureExt;
use serde_json::{Value, json};

use crate::support::world::{TestCloud, tags};

fn value(value: Value) -> Expr {
    Expr::Value(value)
}

pub(crate) fn add(graph: &mut Graph, address: &str, type_name: &str, properties: Value, with_instance: bool, after: &[&str]) {
    let own = properties.as_object().into_iter().flatten().map(|(key, one)| (key.clone(), value(one.clone())));
    let mut properties: std::collections::BTreeMap<String, Expr> = own.collect();
    let instance = Address::new("instance", "main");
    if with_instance {
        properties.insert("instance_id".to_owned(), Expr::output(&instance, "id"));
    }
    properties.insert("tags".to_owned(), value(tags(address)));
    let after = after.iter().filter_map(|address| Address::parse(address));
    graph.insert(Address::parse(address).expect("an address"), type_name, Expr::Map(properties), after);
}

pub(crate) struct GraphSpec {
    pub(crate) protected: bool,
    pub(crate) release: bool,
    pub(crate) with_number: bool,
    pub(crate) hours: &'static str,
}

pub(crate) const PLAIN: GraphSpec = GraphSpec { protected: false, release: true, with_number: true, hours: "08:00-18:00" };

pub(crate) fn graph(desired: &GraphSpec) -> Graph {
    let mut graph = Graph::default();
    let attributes = json!({"CONTACTFLOW_LOGS": true, "CONTACT_LENS": true, "AUTO_RESOLVE_BEST_VOICES": true, "EARLY_MEDIA": true,
                            "MULTI_PARTY_CONFERENCE": false});
    let instance = json!({"alias": "shop-dev", "deletion_protection": desired.protected, "inbound_calls": true, "outbound_calls": false,
                          "attributes": attributes});
    add(&mut graph, "instance.main", "connect.instance", instance, false, &[]);
    let hours = json!({"name": "Support hours", "description": "x", "time_zone": "UTC", "open": {"MONDAY": [desired.hours]}});
    add(&mut graph, "hours.support", "connect.hours_of_operation", hours, true, &[]);
    let nobody = json!({"name": null, "phone_number_id": null, "flow_id": null});
    let queue = json!({"name": "support", "description": "x", "hours_of_operation": "Support hours", "max_contacts": null,
                       "enabled": true, "outbound_caller": nobody});
    add(&mut graph, "queue.support", "connect.queue", queue, true, &["hours.support"]);
    let profile = json!({"name": "agents", "description": "x", "default_outbound_queue": "support", "concurrency": {"VOICE": 1},
                         "queues": {"support": {"VOICE": {"priority": 1, "delay_seconds": 0}}}});
    add(&mut graph, "routing_profile.agents", "connect.routing_profile", profile, true, &["queue.support"]);
    let phone = json!({"type": "SOFT_PHONE", "auto_accept": false, "after_contact_work_seconds": 0, "desk_phone_number": null});
    let user = json!({"username": "admin", "first_name": "Ada", "last_name": "Lovelace", "email": null, "security_profiles": ["Admin"],
                      "declared_profiles": [], "hierarchy_group_id": null,
                      "routing_profile": "agents", "phone": phone, "password": {"generate": true}});
    add(&mut graph, "user.admin", "connect.user", user, true, &["routing_profile.agents"]);
    if desired.with_number {
        let number = json!({"country": "US", "type": "TOLL_FREE", "prefix": null, "number": null, "description": "",
                            "release": desired.release});
        add(&mut graph, "phone_number.main", "connect.phone_number", number, true, &[]);
    }
    graph
}

pub(crate) async fn apply(engine: &Engine, graph: &Graph) -> Outcome {
    engine.apply(graph, &Options::default(), agree, &CancellationToken::new()).await.expect("the run begins")
}

pub(crate) fn agree(plan: &Plan) -> futures::future::BoxFuture<'_, bool> {
    let sound = plan.problems.is_empty();
    async move { sound }.boxed()
}

pub(crate) async fn destroy(engine: &Engine, graph: &Graph, unlocked: &[&str]) -> Outcome {
    let unlocked: BTreeSet<String> = unlocked.iter().map(|name| (*name).to_owned()).collect();
    let options = Options { allow_delete: unlocked, ..Options::default() };
    engine.destroy(Some(graph), &options, agree, &CancellationToken::new()).await.expect("the run begins")
}

pub(crate) async fn plan(engine: &Engine, graph: &Graph) -> Plan {
    engine.plan(graph, &Options::default()).await.expect("a plan").plan
}

#[tokio::test]
async fn second_run_changes_nothing_lost_record_is_rebuilt() {
    let world = TestCloud::empty();
    let (place, elsewhere) = (tempfile::tempdir().expect("a place"), tempfile::tempdir().expect("another"));
    let engine = world.engine(place.path());
    assert_eq!(apply(&engine, &graph(&PLAIN)).await.status, RunStatus::Applied);
    assert_eq!(apply(&engine, &graph(&PLAIN)).await.status, RunStatus::NothingToDo);
    let lost = plan(&world.engine(elsewhere.path()), &graph(&PLAIN)).await;
    assert!(lost.is_record_only(), "{lost:?}");
    let changed = plan(&engine, &graph(&GraphSpec { hours: "09:00-17:00", ..PLAIN })).await;
    let changes: Vec<_> = changed.effective().map(|change| (change.address.as_str(), change.action)).collect();
    assert_eq!(changes, [("hours.support", Action::Update)]);
    assert_eq!(destroy(&engine, &graph(&PLAIN), &[]).await.status, RunStatus::Applied);
    assert!(engine.state().await.expect("readable").is_some_and(|state| state.is_empty()));
}

#[tokio::test]
async fn protected_instance_is_deleted_only_if_requested() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    let wanted = graph(&GraphSpec { protected: true, ..PLAIN });
    assert_eq!(apply(&engine, &wanted).await.status, RunStatus::Applied);
    let refused = engine.plan_destroy(Some(&wanted), &Options::default()).await.expect("a plan").plan;
    let problem = refused.problems.iter().find(|problem| problem.address.as_str() == "instance.main").expect("it is refused");
    assert!(problem.error.help.as_deref().is_some_and(|help| help.contains("--delete-instance")), "{:?}", problem.error);
    let outcome = destroy(&engine, &wanted, &[]).await;
    assert_eq!((outcome.status, outcome.counts.changes()), (RunStatus::Failed, 0));
    assert_eq!(outcome.errors.first().map(|failure| failure.error.class), Some(deployer_engine::ErrorClass::Refused));
    // The current spec takes precedence over the recorded state.
    let said = graph(&PLAIN);
    assert!(engine.plan_destroy(Some(&said), &Options::default()).await.expect("a plan").plan.problems.is_empty());
    assert_eq!(destroy(&engine, &wanted, &["connect.instance"]).await.status, RunStatus::Applied);
}

#[tokio::test]
async fn unreleased_number_is_forgotten_and_retains_its_instance() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    let wanted = graph(&GraphSpec { release: false, ..PLAIN });
    assert_eq!(apply(&engine, &wanted).await.status, RunStatus::Applied);
    let all = engine.plan_destroy(Some(&wanted), &Options::default()).await.expect("a plan").plan;
    assert!(
        all.problems.iter().any(|problem| problem.error.message.contains("lost without instance.main")),
        "{:?}",
        all.problems
    );
    let without = graph(&GraphSpec { release: false, with_number: false, ..PLAIN });
    let less = plan(&engine, &without).await;
    let change = less.change(&Address::new("phone_number", "main")).expect("it is not wanted any more");
    assert_eq!(change.action, Action::Forget);
    assert!(change.reasons[0].contains("stays claimed") && change.reasons[0].contains("release: true"), "{:?}", change.reasons);
    assert_eq!(apply(&engine, &without).await.status, RunStatus::Applied);
    // The number still exists: when it is desired again, it is found by its tags and not claimed again.
    let again = plan(&engine, &wanted).await;
    assert_eq!(again.change(&Address::new("phone_number", "main")).map(|change| change.action), Some(Action::Adopt));
    assert!(again.quota_usage.is_empty(), "{:?}", again.quota_usage);
    assert_eq!(apply(&engine, &wanted).await.status, RunStatus::Applied);
    assert_eq!(destroy(&engine, &wanted, &["connect.phone_number"]).await.status, RunStatus::Applied);
}

#[tokio::test]
async fn creations_and_removals_count_against_connect_quotas() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    let costs = |plan: Plan| -> Vec<(String, usize, usize, u32, u32)> {
        let cost = |cost: &deployer_engine::QuotaUsage| {
            (cost.type_name.clone(), cost.used, cost.planned, cost.quota.limit, cost.quota.days)
        };
        plan.quota_usage.iter().map(cost).collect()
    };
    let (instance, number) = ("connect.instance".to_owned(), "connect.phone_number".to_owned());
    let wanted = graph(&PLAIN);
    assert_eq!(costs(plan(&engine, &wanted).await), [(instance.clone(), 0, 1, 100, 30), (number.clone(), 0, 1, 10, 180)]);
    apply(&engine, &wanted).await;
    destroy(&engine, &wanted, &[]).await;
    assert_eq!(costs(plan(&engine, &wanted).await), [(instance.clone(), 2, 1, 100, 30), (number.clone(), 2, 1, 10, 180)]);
    world.advance(std::time::Duration::from_secs(31 * 86_400));
    assert_eq!(costs(plan(&engine, &wanted).await), [(instance, 0, 1, 100, 30), (number, 2, 1, 10, 180)]);
}

#[tokio::test]
async fn changed_password_is_reported_once_and_changes_nothing() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    apply(&engine, &graph(&PLAIN)).await;
    let password = world.secrets.take_generated().into_values().next().expect("one was generated");
    let state =
        std::fs::read_dir(place.path()).expect("the place").filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok());
    assert!(state.into_iter().all(|text| !text.contains(password.as_str())), "no password is written down");
    let reported = serde_json::to_string(&*world.reported.lock().expect("nobody panics holding it")).expect("JSON");
    assert!(!reported.contains(password.as_str()), "no password is printed");
    let mut other = graph(&PLAIN);
    let user = other.nodes.get_mut(&Address::new("user", "admin")).expect("the user");
    if let Expr::Map(properties) = &mut user.properties {
        properties.insert("password".to_owned(), value(json!({"env": "0a1b"})));
    }
    let changed = plan(&engine, &other).await;
    let change = changed.change(&Address::new("user", "admin")).expect("it is planned");
    assert!(change.action == Action::Update && change.reasons.iter().any(|why| why.contains("no operation")), "{change:?}");
    assert_eq!(apply(&engine, &other).await.status, RunStatus::Applied);
    assert_eq!(apply(&engine, &other).await.status, RunStatus::NothingToDo);
    assert!(world.secrets.take_generated().is_empty());
}

#[tokio::test]
async fn exhausted_quota_rejects_the_plan_until_it_renews() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    let wanted = graph(&PLAIN);
    for _ in 0..5 {
        assert_eq!(apply(&engine, &wanted).await.status, RunStatus::Applied);
        assert_eq!(destroy(&engine, &wanted, &[]).await.status, RunStatus::Applied);
        world.advance(std::time::Duration::from_secs(86_400));
    }
    // After ten claims and releases, the eleventh would lock the account.
    let before = engine.state().await.expect("readable");
    let refused = apply(&engine, &wanted).await;
    assert_eq!((refused.status, refused.counts.changes()), (RunStatus::Failed, 0));
    let error = &refused.errors.first().expect("it says why").error;
    assert_eq!(error.class, deployer_engine::ErrorClass::Refused);
    assert!(error.message.contains("10 are recorded here (") && error.message.contains("this plan needs 1"), "{error}");
    assert!(error.help.as_deref().is_some_and(|help| help.contains("--over-quota")), "{error:?}");
    assert_eq!(engine.state().await.expect("readable"), before);
    // Half a year after the first of them, the quota allows one more.
    let enough =
        plan(&engine, &wanted).await.quota_usage.iter().find_map(|cost| cost.sufficient_at).expect("one day there is enough");
    let rest = std::time::Duration::try_from(enough - engine.clock.now()).expect("it is to come");
    assert!(rest > std::time::Duration::from_secs(150 * 86_400), "{rest:?}");
    world.advance(rest);
    assert!(plan(&engine, &wanted).await.problems.is_empty());
    assert_eq!(apply(&engine, &wanted).await.status, RunStatus::Applied);
}

#[tokio::test]
async fn exhausted_quota_reports_a_stable_renewal_day() {
    let world = TestCloud::empty();
    let (place, elsewhere) = (tempfile::tempdir().expect("a place"), tempfile::tempdir().expect("another"));
    let mut wanted = graph(&PLAIN);
    let number =
        json!({"country": "US", "type": "TOLL_FREE", "prefix": null, "number": null, "description": "", "release": true});
    let names: Vec<String> = (0..5).map(|at| format!("phone_number.n{at}")).collect();
    names.iter().for_each(|name| add(&mut wanted, name, "connect.phone_number", number.clone(), true, &[]));
    assert_eq!(apply(&world.engine(place.path()), &wanted).await.status, RunStatus::Applied);
    // The state is lost: the six claims count from when they are found. Six and five more exceed the quota.
    let engine = world.engine(elsewhere.path());
    let more: Vec<String> = (5..10).map(|at| format!("phone_number.n{at}")).collect();
    more.iter().for_each(|name| add(&mut wanted, name, "connect.phone_number", number.clone(), true, &[]));
    let reported = async || {
        let refused = apply(&engine, &wanted).await;
        assert_eq!((refused.status, refused.counts.changes()), (RunStatus::Failed, 0));
        let [failure] = refused.errors.as_slice() else { panic!("{:?}", refused.errors) };
        failure.error.message.clone()
    };
    let first = reported().await;
    assert!(first.contains("6 are recorded here (6 on "), "{first}");
    world.advance(std::time::Duration::from_secs(3 * 86_400));
    assert_eq!(reported().await, first);
    assert!(engine.state().await.expect("readable").is_some_and(|state| state.resources.is_empty()), "nothing else is recorded");
}

#[tokio::test]
async fn override_exceeds_quota_for_creations_and_removals() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    let wanted = graph(&PLAIN);
    let over = || Options { exceed_quota: true, ..Options::default() };
    for _ in 0..5 {
        apply(&engine, &wanted).await;
        destroy(&engine, &wanted, &[]).await;
    }
    let made = engine.apply(&wanted, &over(), agree, &CancellationToken::new()).await.expect("the run begins");
    assert_eq!(made.status, RunStatus::Applied, "{:?}", made.errors);
    assert_eq!(destroy(&engine, &wanted, &[]).await.status, RunStatus::Failed);
    let gone = engine.destroy(Some(&wanted), &over(), agree, &CancellationToken::new()).await.expect("the run begins");
    assert_eq!(gone.status, RunStatus::Applied, "{:?}", gone.errors);
}

#[tokio::test]
async fn lost_password_is_reported_until_user_is_replaced() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let (engine, wanted) = (world.engine(place.path()), graph(&PLAIN));
    let user = Address::new("user", "admin");
    apply(&engine, &wanted).await;
    // The run dies before it shows the password: nothing records that it was shown.
    drop(world.secrets.take_generated());
    for _ in 0..2 {
        let reported = plan(&engine, &wanted).await;
        assert!(reported.is_empty() && reported.problems.is_empty(), "{reported:?}");
        let [warning] = reported.warnings.as_slice() else { panic!("{:?}", reported.warnings) };
        assert_eq!(warning.address, user);
        assert!(warning.message.contains("generated password") && warning.message.contains("Reset password"), "{warning:?}");
        assert!(warning.help.contains("--replace user.admin"), "{warning:?}");
        assert_eq!(apply(&engine, &wanted).await.status, RunStatus::NothingToDo);
    }
    let forced = Options { force_replace: BTreeSet::from([user.clone()]), ..Options::default() };
    let planned = engine.plan(&wanted, &forced).await.expect("a plan").plan;
    let changes: Vec<_> = planned.effective().map(|change| (change.address.clone(), change.action)).collect();
    assert_eq!(changes, [(user.clone(), Action::Replace)]);
    assert!(planned.warnings.is_empty(), "{:?}", planned.warnings);
    let outcome = engine.apply(&wanted, &forced, agree, &CancellationToken::new()).await.expect("the run begins");
    assert_eq!(outcome.status, RunStatus::Applied, "{:?}", outcome.errors);
    assert_eq!(world.secrets.take_generated().into_keys().next(), Some(user.clone()));
    engine.mark_secrets_shown(&BTreeSet::from([user])).await.expect("it is recorded");
    assert!(plan(&engine, &wanted).await.warnings.is_empty());
}

/// Returns the same graph with other properties of the user.
fn with_user(graph: &Graph, changes: &[(&str, Value)]) -> Graph {
    let mut graph = graph.clone();
    let user = graph.nodes.get_mut(&Address::new("user", "admin")).expect("the user");
    let Expr::Map(properties) = &mut user.properties else { panic!("{:?}", user.properties) };
    properties.extend(changes.iter().map(|(name, one)| ((*name).to_owned(), value(one.clone()))));
    graph
}

#[tokio::test]
async fn user_without_password_value_is_not_replaced() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    let user = Address::new("user", "admin");
    apply(&engine, &graph(&PLAIN)).await;
    let wanted = with_user(&graph(&PLAIN), &[("password", json!({"env": "0a1b"}))]);
    assert_eq!(apply(&engine, &wanted).await.status, RunStatus::Applied);
    let before = engine.state().await.expect("readable");
    let renamed = with_user(&wanted, &[("username", json!("chief"))]);
    let instance = Address::new("instance", "main");
    for (wanted, forced) in [(&wanted, Some(&user)), (&renamed, None), (&wanted, Some(&instance))] {
        let options = Options { force_replace: forced.into_iter().cloned().collect(), ..Options::default() };
        let refused = engine.apply(wanted, &options, agree, &CancellationToken::new()).await.expect("the run begins");
        assert_eq!((refused.status, refused.counts.changes()), (RunStatus::Failed, 0), "{forced:?}");
        let [failure] = refused.errors.as_slice() else { panic!("{:?}", refused.errors) };
        assert_eq!((failure.address.as_ref(), failure.error.class), (Some(&user), deployer_engine::ErrorClass::Refused));
        assert!(failure.error.message.contains("is not set in the environment"), "{}", failure.error);
        assert_eq!(engine.state().await.expect("readable"), before);
    }
    assert!(plan(&engine, &wanted).await.is_empty(), "the user is there as before");
}

#[tokio::test]
async fn unrecorded_resource_is_replaced_on_request() {
    let world = TestCloud::empty();
    let (place, elsewhere) = (tempfile::tempdir().expect("a place"), tempfile::tempdir().expect("another"));
    let (user, wanted) = (Address::new("user", "admin"), graph(&PLAIN));
    apply(&world.engine(place.path()), &wanted).await;
    drop(world.secrets.take_generated());
    let engine = world.engine(elsewhere.path());
    let forced = Options { force_replace: BTreeSet::from([user.clone()]), ..Options::default() };
    let planned = engine.plan(&wanted, &forced).await.expect("a plan").plan;
    assert_eq!(planned.change(&user).map(|change| change.action), Some(Action::Replace));
    let outcome = engine.apply(&wanted, &forced, agree, &CancellationToken::new()).await.expect("the run begins");
    assert_eq!(outcome.status, RunStatus::Applied, "{:?}", outcome.errors);
    assert_eq!(world.secrets.take_generated().into_keys().next(), Some(user));
}
