//! Phone numbers against the embedded AWS: claimed once, found by their tags, routed to a flow, released only on purpose.

use deployer_engine::{ErrorClass, Lookup};
use serde_json::{Value, json};

use super::contact_center::instance;
use crate::support::world::{TestCloud, TestResource, tags};

fn number(instance: &TestResource, address: &str) -> Value {
    json!({"instance_id": instance.output("id"), "country": "US", "type": "TOLL_FREE", "prefix": "+1800", "number": null,
           "description": "Support", "release": true, "tags": tags(address)})
}

fn flow(instance: &TestResource, name: &str, address: &str) -> Value {
    let content = json!({"Version": "2019-10-30", "StartAction": "end", "Metadata": {},
        "Actions": [{"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]});
    json!({"instance_id": instance.output("id"), "name": name, "type": "CONTACT_FLOW", "description": "", "content": content,
           "status": "PUBLISHED", "state": "ACTIVE", "tags": tags(address)})
}

#[tokio::test]
async fn number_is_claimed_routed_and_released() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let mut number = world.make("connect.phone_number", "phone_number.main", number(&instance, "phone_number.main")).await;
    assert!(number.output("number").starts_with("+1800"));
    let first = world.make("connect.contact_flow", "flow.one", flow(&instance, "one", "flow.one")).await;
    let second = world.make("connect.contact_flow", "flow.two", flow(&instance, "two", "flow.two")).await;
    let answer = json!({"instance_id": instance.output("id"), "phone_number_id": number.output("id"),
                        "phone_number_arn": number.output("arn"), "flow_id": first.output("id")});
    let mut answer = world.make("connect.phone_number_flow", "phone_number_flow.main", answer).await;
    let wanted = answer.with("flow_id", second.output("id"));
    world.change(&mut answer, wanted).await;
    let mut wanted = number.with("description", "Sales");
    wanted["release"] = false.into();
    wanted["tags"]["team"] = "other".into();
    world.change(&mut number, wanted).await;
    for made in [&answer, &number, &first, &second, &instance] {
        world.delete_and_verify(made).await;
    }
}

#[tokio::test]
async fn repeated_claim_is_the_same_claim() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let first = world.make("connect.phone_number", "phone_number.main", number(&instance, "phone_number.main")).await;
    // The search returns another number now: the token reveals that there is a claim, and the lookup by tags finds its number.
    let again = world.make_again(&first).await.expect("it is found");
    assert_eq!(again.id, first.live.id);
    let found = world.look("connect.phone_number", "phone_number.main", &first.live.properties).await;
    assert!(matches!(found, Lookup::Owned(ref live) if live.id == first.live.id), "{found:?}");
}

#[tokio::test]
async fn two_numbers_of_one_kind_are_two_numbers() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let one = world.make("connect.phone_number", "phone_number.one", number(&instance, "phone_number.one")).await;
    let two = world.make("connect.phone_number", "phone_number.two", number(&instance, "phone_number.two")).await;
    assert_ne!(one.output("number"), two.output("number"));
}

#[tokio::test]
async fn specific_number_is_claimed_or_rejected() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let any = world.make("connect.phone_number", "phone_number.any", number(&instance, "phone_number.any")).await;
    let mut wanted = number(&instance, "phone_number.same");
    wanted["number"] = any.output("number").into();
    // The number exists in this instance and belongs to another resource.
    let found = world.look("connect.phone_number", "phone_number.same", &wanted).await;
    assert!(matches!(found, Lookup::Unowned { ref why, .. } if why.contains("phone_number.any")), "{found:?}");
    let error = world.create("connect.phone_number", "phone_number.same", &wanted).await.expect_err("it is taken");
    assert_eq!(error.class, ErrorClass::Conflict);
    assert!(error.message.contains(&any.output("number")), "{error}");
}
