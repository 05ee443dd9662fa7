//! Things of ours in an instance that we do not manage: found, owned, changed and deleted by their own tags, and everything else left as it
//! is. Associations have no tags.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_connect::types::{DirectoryType, LexV2Bot};
use deployer_aws::{InstanceLookup, look_up_instance};
use deployer_engine::{Address, ErrorClass, Expr, ExternalResource, Graph, Lookup, Options, RunStatus};
use deployer_resources::InstanceSection;
use serde_json::{Value, json};

use super::runs::{PLAIN, apply, destroy, graph, plan};
use super::{function, role};
use crate::support::world::{ACCOUNT, REGION, TestCloud, tags};

const BOT: &str = "arn:aws:lex:eu-central-1:111122223333:bot-alias/ABCDEFGHIJ/TSTALIASID";

/// Creates an instance by hand, with these tags and with a queue of its own, and returns its ID.
async fn foreign_instance(world: &TestCloud, alias: &str, tags: &[(&str, &str)]) -> String {
    let connect = aws_sdk_connect::Client::new(&world.sdk);
    let tags: HashMap<String, String> = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let create = connect.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias(alias);
    let created = create
        .inbound_calls_enabled(true)
        .outbound_calls_enabled(true)
        .set_tags(Some(tags).filter(|tags| !tags.is_empty()))
        .send()
        .await;
    let id = created.expect("an instance").id.expect("an ID");
    world.advance(std::time::Duration::from_secs(120));
    let hours = connect.list_hours_of_operations().instance_id(&id).send().await.expect("hours");
    let hours = hours.hours_of_operation_summary_list.unwrap_or_default().remove(0).id.expect("an ID");
    let queue = connect.create_queue().instance_id(&id).name("Billing").hours_of_operation_id(hours);
    queue.send().await.expect("a queue");
    id
}

/// Returns everything that the instance has and that is not tagged as ours.
fn contents(world: &TestCloud, id: &str) -> String {
    let state = serde_json::to_value(world.account_state()).expect("JSON");
    let mut instance = state["connect"]["instances"][id].clone();
    // They remember requests.
    let remembers = |name: &str| ["bot_tokens", "function_tokens"].contains(&name);
    instance.as_object_mut().into_iter().for_each(|members| members.retain(|name, _| !remembers(name)));
    for section in ["flows", "modules", "resources"] {
        let ours = |value: &Value| value["tags"]["deployer:project"] == "shop";
        instance[section].as_object_mut().into_iter().for_each(|all| all.retain(|_, value| !ours(value)));
    }
    instance.to_string()
}

/// Returns the graph of a contact center in this instance.
fn in_instance(id: &str) -> Graph {
    let mut graph = graph(&PLAIN);
    graph.nodes.remove(&Address::new("instance", "main"));
    for node in graph.nodes.values_mut() {
        let Expr::Map(properties) = &mut node.properties else { continue };
        properties.insert("instance_id".to_owned(), Expr::from(id));
    }
    graph
}

#[tokio::test]
async fn only_our_things_come_and_go() {
    let others: [&[(&str, &str)]; 2] = [&[], &[("deployer:project", "bakery"), ("deployer:environment", "prod")]];
    for tags in others {
        let world = TestCloud::empty();
        let id = foreign_instance(&world, "bakery-line", tags).await;
        let before = contents(&world, &id);
        let world = world.using_instance(&id);
        let (place, elsewhere) = (tempfile::tempdir().expect("a place"), tempfile::tempdir().expect("another"));
        let engine = world.engine(place.path());
        let wanted = in_instance(&id);
        assert_eq!(apply(&engine, &wanted).await.status, RunStatus::Applied);
        assert_eq!(apply(&engine, &wanted).await.status, RunStatus::NothingToDo);
        let lost = plan(&world.engine(elsewhere.path()), &wanted).await;
        assert!(lost.is_record_only(), "{lost:?}");
        assert_eq!(contents(&world, &id), before);
        let gone = destroy(&engine, &wanted, &[]).await;
        assert_eq!((gone.status, gone.counts.delete), (RunStatus::Applied, 5), "{gone:?}");
        assert_eq!(contents(&world, &id), before);
    }
}

#[tokio::test]
async fn our_things_are_removed_after_the_spec_forgot_the_instance() {
    let world = TestCloud::empty();
    let id = foreign_instance(&world, "bakery-line", &[("deployer:project", "bakery"), ("deployer:environment", "prod")]).await;
    let before = contents(&world, &id);
    let place = tempfile::tempdir().expect("a place");
    assert_eq!(apply(&world.using_instance(&id).engine(place.path()), &in_instance(&id)).await.status, RunStatus::Applied);
    let gone = apply(&world.engine(place.path()), &Graph::default()).await;
    assert_eq!((gone.status, gone.counts.delete), (RunStatus::Applied, 5), "{gone:?}");
    assert_eq!(contents(&world, &id), before);
}

#[tokio::test]
async fn taken_names_are_refused_before_a_change() {
    let world = TestCloud::empty();
    let id = foreign_instance(&world, "bakery-line", &[]).await;
    let before = contents(&world, &id);
    let world = world.using_instance(&id);
    let place = tempfile::tempdir().expect("a place");
    let mut wanted = in_instance(&id);
    let queue = wanted.nodes.get_mut(&Address::new("queue", "support")).expect("a queue");
    let Expr::Map(properties) = &mut queue.properties else { panic!("properties") };
    properties.insert("name".to_owned(), Expr::from("Billing"));
    let shown = plan(&world.engine(place.path()), &wanted).await;
    let problem = shown.problems.iter().find(|problem| problem.address.as_str() == "queue.support").expect("it is refused");
    assert_eq!(problem.error.class, ErrorClass::AlreadyExists);
    let outcome = apply(&world.engine(place.path()), &wanted).await;
    assert_eq!((outcome.status, outcome.counts.changes()), (RunStatus::Failed, 0));
    assert_eq!(contents(&world, &id), before);
}

#[tokio::test]
async fn bot_associated_by_others_is_not_ours() {
    let world = TestCloud::empty();
    let id = foreign_instance(&world, "bakery-line", &[]).await;
    let connect = aws_sdk_connect::Client::new(&world.sdk);
    let bot = LexV2Bot::builder().alias_arn(BOT).build();
    connect.associate_bot().instance_id(&id).lex_v2_bot(bot).send().await.expect("associated");
    let world = world.using_instance(&id);
    let mut wanted = Graph::default();
    let properties = json!({"instance_id": id, "alias_arn": BOT});
    wanted.insert(Address::new("bot", "orders"), "connect.bot", Expr::Value(properties.clone()), []);
    let place = tempfile::tempdir().expect("a place");
    let shown = plan(&world.engine(place.path()), &wanted).await;
    let says = |problem: &deployer_engine::Problem| problem.error.message.contains("`existing: true`");
    assert!(shown.problems.iter().any(says), "{:?}", shown.problems);
    // A run that was killed after the association finds it again.
    let found = world.look("connect.bot", "bot.orders", &properties).await;
    assert!(matches!(found, Lookup::Unowned { .. }), "{found:?}");
    let found = world.look_pending("connect.bot", "bot.orders", &properties).await;
    assert!(matches!(found, Lookup::Owned(_)), "{found:?}");
    // Destroying what was never ours leaves it.
    let gone = destroy(&world.engine(place.path()), &wanted, &[]).await;
    assert_eq!(gone.counts.delete, 0, "{gone:?}");
    let left =
        connect.list_bots().instance_id(&id).lex_version(aws_sdk_connect::types::LexVersion::V2).send().await.expect("bots");
    assert_eq!(left.lex_bots.unwrap_or_default().len(), 1);
}

#[tokio::test]
async fn our_bot_is_removed_and_nothing_else() {
    let world = TestCloud::empty();
    let id = foreign_instance(&world, "bakery-line", &[]).await;
    let before = contents(&world, &id);
    let world = world.using_instance(&id);
    let mut wanted = Graph::default();
    let properties = json!({"instance_id": id, "alias_arn": BOT});
    wanted.insert(Address::new("bot", "orders"), "connect.bot", Expr::Value(properties), []);
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    assert_eq!(apply(&engine, &wanted).await.status, RunStatus::Applied);
    assert_eq!(apply(&engine, &wanted).await.status, RunStatus::NothingToDo);
    assert_eq!(destroy(&engine, &wanted, &[]).await.counts.delete, 1);
    assert_eq!(contents(&world, &id), before);
}

#[tokio::test]
async fn function_associated_by_others_is_not_ours() {
    let world = TestCloud::empty();
    let id = foreign_instance(&world, "bakery-line", &[]).await;
    let role = role(&world).await;
    let function = function(&world, &role).await;
    let arn = function.output("arn");
    let connect = aws_sdk_connect::Client::new(&world.sdk);
    connect.associate_lambda_function().instance_id(&id).function_arn(&arn).send().await.expect("associated");
    let world = world.using_instance(&id);
    let properties = json!({"instance_id": id, "function_arn": arn, "statement_id": "deployer-connect-convert"});
    let found = world.look("connect.lambda_association", "association.convert", &properties).await;
    assert!(matches!(found, Lookup::Unowned { .. }), "{found:?}");
    // The permission that deployer adds before an association names the owner, even without a state.
    let permission = json!({"function_name": function.output("name"), "statement_id": "deployer-connect-convert", "of_existing_function": false,
                            "principal": "connect.amazonaws.com",
                            "source_arn": format!("arn:aws:connect:{REGION}:{ACCOUNT}:instance/{id}"), "source_account": ACCOUNT});
    world.make("lambda.permission", "permission.connect-convert", permission).await;
    let found = world.look("connect.lambda_association", "association.convert", &properties).await;
    assert!(matches!(found, Lookup::Owned(_)), "{found:?}");
    // That of another environment, which calls the same function, does not.
    let others = json!({"instance_id": id, "function_arn": arn, "statement_id": "deployer-shop-test-convert-connect"});
    let found = world.look("connect.lambda_association", "association.convert", &others).await;
    assert!(matches!(found, Lookup::Unowned { .. }), "{found:?}");
}

#[tokio::test]
async fn own_instance_is_not_deleted_while_the_spec_uses_it() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    assert_eq!(apply(&engine, &graph(&PLAIN)).await.status, RunStatus::Applied);
    let outputs = engine.state().await.expect("readable").expect("a state").outputs();
    let id = outputs[&Address::new("instance", "main")]["id"].as_str().expect("an ID").to_owned();
    let mut wanted = in_instance(&id);
    let used = ExternalResource { type_name: "connect.instance".to_owned(), name: "shop-dev".to_owned(), id: Some(id.clone()) };
    wanted.external.insert(used);
    let world = world.using_instance(&id);
    for planned in [
        plan(&world.engine(place.path()), &wanted).await,
        world.engine(place.path()).plan_destroy(Some(&wanted), &Options::default()).await.expect("a plan").plan,
    ] {
        let problem = planned.problems.iter().find(|problem| problem.address.as_str() == "instance.main").expect("it is refused");
        assert!(
            problem.error.help.as_deref().is_some_and(|help| help.contains("deployer state rm instance.main")),
            "{problem:?}"
        );
    }
    let outcome = apply(&world.engine(place.path()), &wanted).await;
    assert_eq!((outcome.status, outcome.counts.changes()), (RunStatus::Failed, 0), "{outcome:?}");
}

#[tokio::test]
async fn lookups_return_ids_and_names_or_what_there_is() {
    let world = TestCloud::empty();
    let id = foreign_instance(&world, "bakery-line", &[]).await;
    let all: BTreeSet<InstanceSection> =
        InstanceSection::ALL.iter().map(|(section, ..)| *section).filter(|section| *section != InstanceSection::Views).collect();
    let arn = format!("arn:aws:connect:{REGION}:{ACCOUNT}:instance/{id}");
    for reference in ["bakery-line", &id, &arn] {
        let InstanceLookup::Found(found) = look_up(&world, reference, &all).await.expect("an answer") else {
            panic!("{reference}")
        };
        assert_eq!((found.id.as_str(), found.arn.as_str(), found.alias.as_str()), (id.as_str(), arn.as_str(), "bakery-line"));
        let names = |section| -> BTreeSet<&str> { found.names[&section].iter().map(|one| one.name.as_str()).collect() };
        assert_eq!(names(InstanceSection::Queues), BTreeSet::from(["BasicQueue", "Billing"]));
        assert_eq!(names(InstanceSection::Hours), BTreeSet::from(["Basic Hours"]));
        assert!(
            names(InstanceSection::Prompts).contains(&"Beep.wav") && names(InstanceSection::SecurityProfiles).contains(&"Admin")
        );
        assert!(found.names[&InstanceSection::Flows].iter().all(|flow| flow.arn.contains("/contact-flow/")));
    }
    let missing = look_up(&world, "bakery", &BTreeSet::new()).await.expect("an answer");
    assert_eq!(missing, InstanceLookup::NotFound(vec!["bakery-line".to_owned()]));
    let missing = look_up(&world, "12345678-1234-1234-1234-123456789012", &BTreeSet::new()).await.expect("an answer");
    assert_eq!(missing, InstanceLookup::NotFound(Vec::new()));
}

#[tokio::test]
async fn instance_in_creation_is_refused() {
    let world = TestCloud::empty();
    let connect = aws_sdk_connect::Client::new(&world.sdk);
    let create = connect.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias("new-line");
    create.inbound_calls_enabled(true).outbound_calls_enabled(true).send().await.expect("an instance");
    let error = look_up(&world, "new-line", &BTreeSet::new()).await.expect_err("it is not active");
    assert!(error.class == ErrorClass::Refused && error.message.contains("CREATION_IN_PROGRESS"), "{error}");
}

async fn look_up(
    world: &TestCloud,
    reference: &str,
    sections: &BTreeSet<InstanceSection>,
) -> deployer_engine::Result<InstanceLookup> {
    let engine = world.engine(std::path::Path::new("unused"));
    look_up_instance(&world.provider(), engine.clock.clone(), engine.random.clone(), reference, sections).await
}

#[tokio::test]
async fn changes_in_place_leave_the_rest() {
    let world = TestCloud::empty();
    let id = foreign_instance(&world, "bakery-line", &[]).await;
    let before = contents(&world, &id);
    let world = world.using_instance(&id);
    let module = |text: &str| {
        json!({"Version": "2019-10-30", "StartAction": "back", "Metadata": {"note": text}, "Actions": [
            {"Identifier": "back", "Type": "EndFlowModuleExecution", "Parameters": {}, "Transitions": {}}]})
    };
    let wanted = json!({"instance_id": id, "name": "greet", "description": "x", "content": module("a"), "settings": null, "state": "ACTIVE",
                        "tags": tags("module.greet")});
    let mut made = world.make("connect.module", "module.greet", wanted).await;
    let wanted = made.with("content", module("b"));
    world.change(&mut made, wanted).await;
    let flow = |text: &str| {
        json!({"Version": "2019-10-30", "StartAction": "end", "Metadata": {"note": text}, "Actions": [
            {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]})
    };
    let wanted = json!({"instance_id": id, "name": "Our menu", "type": "CONTACT_FLOW", "description": "x", "content": flow("a"),
                        "status": "PUBLISHED", "state": "ACTIVE", "tags": tags("flow.menu")});
    let mut menu = world.make("connect.contact_flow", "flow.menu", wanted).await;
    let wanted = menu.with("content", flow("b"));
    world.change(&mut menu, wanted).await;
    assert_eq!(contents(&world, &id), before);
    world.delete_and_verify(&made).await;
    world.delete_and_verify(&menu).await;
    assert_eq!(contents(&world, &id), before);
}
