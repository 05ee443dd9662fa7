//! Flow modules, storage and bots of an instance against the embedded AWS.

use deployer_engine::Class;
use serde_json::{Value, json};

use super::contact_center::instance;
use crate::support::world::{ACCOUNT, Made, REGION, World, tags};

fn module(text: &str) -> Value {
    json!({"Version": "2019-10-30", "StartAction": "say", "Metadata": {}, "Actions": [
        {"Identifier": "say", "Type": "MessageParticipant", "Parameters": {"Text": text}, "Transitions": {
            "NextAction": "back", "Errors": [{"NextAction": "back", "ErrorType": "NoMatchingError"}], "Conditions": []}},
        {"Identifier": "back", "Type": "EndFlowModuleExecution", "Parameters": {}, "Transitions": {}}]})
}

#[tokio::test]
async fn a_module_changes_part_by_part() {
    let world = World::empty();
    let instance = instance(&world).await;
    let wanted = json!({"instance_id": instance.output("id"), "name": "greet", "description": "Says hello", "content": module("Hello"),
                        "state": "ACTIVE", "tags": tags("module.greet")});
    let mut made = world.make("connect.module", "module.greet", wanted).await;
    let wanted = made.with("content", module("Good day"));
    world.change(&mut made, wanted).await;
    let mut wanted = made.with("name", "welcome");
    wanted["description"] = "Says good day".into();
    wanted["state"] = "ARCHIVED".into();
    wanted["tags"]["team"] = "other".into();
    world.change(&mut made, wanted).await;
    world.unmake(&made).await;
    world.unmake(&instance).await;
}

#[tokio::test]
async fn a_module_that_connect_refuses_is_refused_with_every_problem() {
    let world = World::empty();
    let instance = instance(&world).await;
    let wanted = json!({"instance_id": instance.output("id"), "name": "greet", "description": "x", "state": "ACTIVE",
                        "content": {"Version": "2019-10-30", "StartAction": "nowhere", "Actions": []}, "tags": tags("module.greet")});
    let error = world.create("connect.module", "module.greet", &wanted).await.expect_err("no such start action");
    assert_eq!((error.class, error.problems.is_empty()), (Class::Invalid, false), "{error}");
}

fn storage(instance: &Made, kind: &str, place: Value) -> Value {
    json!({"instance_id": instance.output("id"), "kind": kind, "place": place})
}

#[tokio::test]
async fn records_of_contacts_go_to_a_stream_and_then_to_another() {
    let world = World::empty();
    let instance = instance(&world).await;
    let stream = |name: &str| json!({"kinesis_stream": format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}")});
    let wanted = storage(&instance, "CONTACT_TRACE_RECORDS", stream("one"));
    let mut made = world.make("connect.storage", "storage.contact_trace_records", wanted).await;
    let wanted = made.with("place", stream("two"));
    world.change(&mut made, wanted).await;
    let firehose = json!({"firehose": format!("arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/contacts")});
    let wanted = made.with("place", firehose);
    world.change(&mut made, wanted).await;
    let again = world.make_again(&made).await.map_err(|error| error.class);
    assert!(matches!(again, Ok(_) | Err(Class::AlreadyExists)), "{again:?}");
    world.unmake(&made).await;
}

#[tokio::test]
async fn a_prefix_of_video_streams_that_connect_has_made_longer_is_the_same() {
    let world = World::empty();
    let instance = instance(&world).await;
    let key = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/1");
    let streams = |prefix: &str| json!({"kinesis_video": {"prefix": prefix, "retention_hours": 24, "kms_key": key}});
    let mut made =
        world.make("connect.storage", "storage.media_streams", storage(&instance, "MEDIA_STREAMS", streams("calls"))).await;
    let wanted = made.with("place", streams("callers"));
    world.change(&mut made, wanted).await;
    let other = made.with("place", streams("call"));
    let seen = world.read(&made, &other).await.expect("there");
    assert_eq!(
        seen.properties["place"]["kinesis_video"]["prefix"], "callers-connect-shop-dev-contact-",
        "another prefix is told"
    );
    world.unmake(&made).await;
}

#[tokio::test]
async fn a_bot_is_associated_once() {
    let world = World::empty();
    let instance = instance(&world).await;
    let alias = format!("arn:aws:lex:{REGION}:{ACCOUNT}:bot-alias/ABCDEFGHIJ/TSTALIASID");
    let wanted = json!({"instance_id": instance.output("id"), "alias_arn": alias});
    let made = world.make("connect.bot", "bot.orders", wanted).await;
    world.unmake(&made).await;
}
