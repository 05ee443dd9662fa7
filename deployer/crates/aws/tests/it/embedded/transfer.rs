//! Quick connects, security profiles, the agent hierarchy and vocabularies against the embedded AWS: created, read back without a
//! difference, found, changed, deleted.

use deployer_engine::{ErrorClass, Lookup};
use serde_json::{Value, json};

use super::contact_center::{instance, queue, user};
use crate::support::world::{TestCloud, TestResource, tags};

fn quick_connect(instance: &TestResource, name: &str, to: &Value, address: &'static str) -> Value {
    json!({"instance_id": instance.output("id"), "name": name, "description": name, "destination": to, "tags": tags(address)})
}

#[tokio::test]
async fn quick_connects_change_their_destination() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let phone = json!({"phone_number": "+18005550100"});
    let wanted = quick_connect(&instance, "Desk", &phone, "quick_connect.desk");
    let mut desk = world.make("connect.quick_connect", "quick_connect.desk", wanted).await;
    // The flow is the default one of the instance.
    let wanted = desk.with("destination", json!({"queue": {"queue": "BasicQueue", "flow_id": null}}));
    world.change(&mut desk, wanted).await;
    let user = world.make("connect.user", "user.ada", user(&instance)).await;
    let mut wanted = desk.with("destination", json!({"user": {"user_id": user.output("id"), "flow_id": null}}));
    wanted["name"] = "Ada".into();
    wanted["description"] = "Who knows everything".into();
    world.change(&mut desk, wanted).await;
    let again = world.make_again(&desk).await.map_err(|error| error.class);
    assert_eq!(again.err(), Some(ErrorClass::AlreadyExists));
    assert!(matches!(world.find_as("quick_connect.other", &desk).await, Lookup::Unowned { .. }));
    world.delete_and_verify(&desk).await;
    world.delete_and_verify(&user).await;
}

#[tokio::test]
async fn queue_offers_quick_connects_beyond_one_call() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let queue = queue(&world, &instance, "support", "queue.support").await;
    let mut all = Vec::new();
    for number in 0..52 {
        let to = json!({"phone_number": format!("+180055501{number:02}")});
        let wanted = quick_connect(&instance, &format!("desk {number:02}"), &to, "quick_connect.desk");
        all.push(world.make("connect.quick_connect", "quick_connect.desk", wanted).await);
    }
    let offered = |from: usize, to: usize| -> Value {
        all[from..to].iter().map(|one| (one.output("name"), Value::from(one.output("id")))).collect()
    };
    let wanted = json!({"instance_id": instance.output("id"), "queue_id": queue.output("id"), "quick_connects": offered(0, 52)});
    let mut association = world.make("connect.queue_quick_connects", "queue_quick_connects.support", wanted).await;
    let wanted = association.with("quick_connects", offered(50, 52));
    world.change(&mut association, wanted).await;
    world.delete_and_verify(&association).await;
    world.delete_and_verify(&queue).await;
}

#[tokio::test]
async fn security_profile_restrictions_can_become_empty() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let wanted = json!({"instance_id": instance.output("id"), "name": "Desk", "description": "Desk",
                        "permissions": ["BasicAgentAccess", "OutboundCallAccess"], "visible_tags": {"team": "voice"},
                        "tag_restricted": ["Queue", "User"], "tags": tags("security_profile.desk")});
    let mut profile = world.make("connect.security_profile", "security_profile.desk", wanted).await;
    let mut wanted = profile.with("permissions", json!(["Users.View"]));
    wanted["visible_tags"] = json!({});
    wanted["tag_restricted"] = json!([]);
    wanted["description"] = "At the desk".into();
    world.change(&mut profile, wanted).await;
    world.delete_and_verify(&profile).await;
}

#[tokio::test]
async fn hierarchy_groups_have_levels_parents_and_users() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let levels = json!({"instance_id": instance.output("id"), "levels": ["Site", "Team"]});
    let mut structure = world.make("connect.hierarchy_structure", "hierarchy.main", levels).await;
    let wanted = structure.with("levels", json!(["Place", "Team", "Desk"]));
    world.change(&mut structure, wanted).await;
    let group = |name: &str, parent: Value, address: &'static str| json!({"instance_id": instance.output("id"), "name": name, "parent_id": parent, "tags": tags(address)});
    let wanted = group("North", Value::Null, "hierarchy_group.north");
    let mut north = world.make("connect.hierarchy_group", "hierarchy_group.north", wanted).await;
    let wanted = group("Team", north.output("id").into(), "hierarchy_group.team");
    let team = world.make("connect.hierarchy_group", "hierarchy_group.team", wanted).await;
    let wanted = north.with("name", "South");
    world.change(&mut north, wanted).await;
    let mut wanted = user(&instance);
    wanted["hierarchy_group_id"] = team.output("id").into();
    let mut ada = world.make("connect.user", "user.ada", wanted).await;
    for group in [north.output("id").into(), Value::Null] {
        let wanted = ada.with("hierarchy_group_id", group);
        world.change(&mut ada, wanted).await;
    }
    for made in [&team, &north, &structure, &ada] {
        world.delete_and_verify(made).await;
    }
}

#[tokio::test]
async fn vocabulary_is_default_until_it_is_not() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let wanted = json!({"instance_id": instance.output("id"), "name": "places-0a1b2c3d", "language": "en-US", "creation_failed": false,
                        "content": "Phrase\tIPA\tSoundsLike\tDisplayAs\nLos-Angeles\t\t\tLos Angeles\n", "tags": tags("vocabulary.places")});
    let places = world.make("connect.vocabulary", "vocabulary.places", wanted).await;
    let wanted = json!({"instance_id": instance.output("id"), "language": "en-US", "vocabulary_id": places.output("id")});
    let default = world.make("connect.default_vocabulary", "default_vocabulary.en-us", wanted).await;
    world.delete_and_verify(&default).await;
    world.delete_and_verify(&places).await;
}

#[tokio::test]
async fn name_of_a_vocabulary_is_free_after_its_deletion() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let wanted = json!({"instance_id": instance.output("id"), "name": "places", "language": "en-US", "creation_failed": false,
                        "content": "Phrase\tIPA\tSoundsLike\tDisplayAs\nLos-Angeles\t\t\tLos Angeles\n", "tags": tags("vocabulary.places")});
    let first = world.make("connect.vocabulary", "vocabulary.places", wanted.clone()).await;
    world.delete_and_verify(&first).await;
    let search = aws_sdk_connect::Client::new(&world.sdk).search_vocabularies().instance_id(instance.output("id"));
    let left = search.send().await.expect("a list").vocabulary_summary_list.unwrap_or_default();
    assert_eq!(left[0].state.as_str(), "DELETE_IN_PROGRESS", "the name is still taken");
    let second = world.make("connect.vocabulary", "vocabulary.places", wanted).await;
    assert_ne!(second.output("id"), first.output("id"));
}

#[tokio::test]
async fn malformed_vocabulary_fails_with_its_reason() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let wanted = json!({"instance_id": instance.output("id"), "name": "places", "language": "en-US", "creation_failed": false,
                        "content": "Los Angeles", "tags": tags("vocabulary.places")});
    let error = world.create("connect.vocabulary", "vocabulary.places", &wanted).await.expect_err("it is no table");
    assert!(error.class == ErrorClass::Invalid && error.message.contains("header"), "{error}");
    let found = world.look("connect.vocabulary", "vocabulary.places", &wanted).await;
    assert!(matches!(found, Lookup::Owned(ref live) if live.properties["creation_failed"] == true), "{found:?}");
}
