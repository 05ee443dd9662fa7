//! Flow modules, storage and bots of an instance against the embedded AWS.

use deployer_engine::ErrorClass;
use serde_json::{Value, json};

use super::contact_center::instance;
use crate::support::world::{ACCOUNT, REGION, TestCloud, TestResource, tags};

fn module(text: &str) -> Value {
    json!({"Version": "2019-10-30", "StartAction": "say", "Metadata": {}, "Actions": [
        {"Identifier": "say", "Type": "MessageParticipant", "Parameters": {"Text": text}, "Transitions": {
            "NextAction": "back", "Errors": [{"NextAction": "back", "ErrorType": "NoMatchingError"}], "Conditions": []}},
        {"Identifier": "back", "Type": "EndFlowModuleExecution", "Parameters": {}, "Transitions": {}}]})
}

#[tokio::test]
async fn module_changes_part_by_part() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let wanted = json!({"instance_id": instance.output("id"), "name": "greet", "description": "Says hello", "content": module("Hello"),
                        "settings": null, "state": "ACTIVE", "tags": tags("module.greet")});
    let mut made = world.make("connect.module", "module.greet", wanted).await;
    let wanted = made.with("content", module("Good day"));
    world.change(&mut made, wanted).await;
    let mut wanted = made.with("name", "welcome");
    wanted["description"] = "Says good day".into();
    wanted["state"] = "ARCHIVED".into();
    wanted["tags"]["team"] = "other".into();
    world.change(&mut made, wanted).await;
    world.delete_and_verify(&made).await;
    world.delete_and_verify(&instance).await;
}

#[tokio::test]
async fn rejected_module_error_lists_every_problem() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let wanted = json!({"instance_id": instance.output("id"), "name": "greet", "description": "x", "state": "ACTIVE",
                        "content": {"Version": "2019-10-30", "StartAction": "nowhere", "Actions": []}, "tags": tags("module.greet")});
    let error = world.create("connect.module", "module.greet", &wanted).await.expect_err("no such start action");
    assert_eq!((error.class, error.problems.is_empty()), (ErrorClass::Invalid, false), "{error}");
}

fn storage(instance: &TestResource, kind: &str, place: Value) -> Value {
    json!({"instance_id": instance.output("id"), "kind": kind, "place": place})
}

#[tokio::test]
async fn contact_records_move_to_another_stream() {
    let world = TestCloud::empty();
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
    assert!(matches!(again, Ok(_) | Err(ErrorClass::AlreadyExists)), "{again:?}");
    world.delete_and_verify(&made).await;
}

#[tokio::test]
async fn extended_video_stream_prefix_is_equal() {
    let world = TestCloud::empty();
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
        "another prefix is reported"
    );
    world.delete_and_verify(&made).await;
}

#[tokio::test]
async fn bot_is_associated_once() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let alias = format!("arn:aws:lex:{REGION}:{ACCOUNT}:bot-alias/ABCDEFGHIJ/TSTALIASID");
    let wanted = json!({"instance_id": instance.output("id"), "alias_arn": alias});
    let made = world.make("connect.bot", "bot.orders", wanted).await;
    world.delete_and_verify(&made).await;
}
