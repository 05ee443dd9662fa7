//! Hours, queues, routing profiles and users of an instance against the embedded AWS: created, read back without a difference, found,
//! changed part by part, deleted.

use deployer_engine::{ErrorClass, Lookup};
use serde_json::{Value, json};

use crate::support::world::{TestCloud, TestResource, tags};

pub(crate) async fn instance(world: &TestCloud) -> TestResource {
    let attributes = json!({"CONTACTFLOW_LOGS": false, "CONTACT_LENS": true, "AUTO_RESOLVE_BEST_VOICES": true, "EARLY_MEDIA": true,
                            "MULTI_PARTY_CONFERENCE": false});
    let wanted = json!({"alias": "shop-dev", "deletion_protection": false, "inbound_calls": true, "outbound_calls": true,
                        "attributes": attributes, "tags": tags("instance.main")});
    world.make("connect.instance", "instance.main", wanted).await
}

async fn hours(world: &TestCloud, instance: &TestResource) -> TestResource {
    let wanted = json!({"instance_id": instance.output("id"), "name": "Support hours", "description": "Support hours",
                        "time_zone": "Europe/Berlin", "open": {"MONDAY": ["08:00-12:30", "13:00-18:00"], "SUNDAY": ["00:00-24:00"]},
                        "tags": tags("hours.support")});
    world.make("connect.hours_of_operation", "hours.support", wanted).await
}

pub(super) async fn queue(world: &TestCloud, instance: &TestResource, name: &'static str, address: &'static str) -> TestResource {
    let wanted = json!({"instance_id": instance.output("id"), "name": name, "description": name, "hours_of_operation": "Basic Hours",
                        "max_contacts": null, "enabled": true, "outbound_caller": nobody(), "tags": tags(address)});
    world.make("connect.queue", address, wanted).await
}

fn nobody() -> Value {
    json!({"name": null, "phone_number_id": null, "flow_id": null})
}

fn turn(priority: u32, delay_seconds: u32) -> Value {
    json!({"priority": priority, "delay_seconds": delay_seconds})
}

#[tokio::test]
async fn hours_are_replaced_whole_and_found_by_name() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let mut hours = hours(&world, &instance).await;
    let mut wanted = hours.with("open", json!({"TUESDAY": ["22:00-24:00"]}));
    wanted["name"] = "Night".into();
    wanted["description"] = "At night".into();
    wanted["time_zone"] = "UTC".into();
    wanted["tags"] = json!({"deployer:project": "shop", "deployer:environment": "dev", "deployer:address": "hours.support"});
    world.change(&mut hours, wanted).await;
    let again = world.make_again(&hours).await.map_err(|error| error.class);
    assert_eq!(again.err(), Some(ErrorClass::AlreadyExists));
    assert!(matches!(world.find_as("hours.other", &hours).await, Lookup::Unowned { .. }));
    world.delete_and_verify(&hours).await;
    world.delete_and_verify(&instance).await;
}

#[tokio::test]
async fn what_comes_with_an_instance_is_not_ours() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let basic = json!({"instance_id": instance.output("id"), "name": "BasicQueue", "description": "x", "hours_of_operation": "Basic Hours",
                       "max_contacts": null, "enabled": true, "outbound_caller": nobody(), "tags": tags("queue.basic")});
    let found = world.look("connect.queue", "queue.basic", &basic).await;
    assert!(
        matches!(found, Lookup::Unowned { ref live, .. } if live.properties["hours_of_operation"] == "Basic Hours"),
        "{found:?}"
    );
}

#[tokio::test]
async fn queue_changes_part_by_part_before_its_hours() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let hours = hours(&world, &instance).await;
    let mut queue = queue(&world, &instance, "support", "queue.support").await;
    let wanted = queue.with("hours_of_operation", "Support hours");
    world.change(&mut queue, wanted).await;
    let wanted = queue.with("max_contacts", 7);
    world.change(&mut queue, wanted).await;
    let wanted = queue.with("max_contacts", Value::Null);
    world.change(&mut queue, wanted).await;
    let wanted = queue.with("enabled", false);
    world.change(&mut queue, wanted).await;
    let mut wanted = queue.with("outbound_caller", json!({"name": "Voice", "phone_number_id": null, "flow_id": null}));
    wanted["enabled"] = true.into();
    world.change(&mut queue, wanted).await;
    let wanted = queue.with("outbound_caller", nobody());
    world.change(&mut queue, wanted).await;
    let mut wanted = queue.with("name", "Support");
    wanted["description"] = "Everybody's".into();
    world.change(&mut queue, wanted).await;
    world.delete_and_verify(&queue).await;
    world.delete_and_verify(&hours).await;
}

#[tokio::test]
async fn disabled_queue_with_limit_reads_back() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let wanted = json!({"instance_id": instance.output("id"), "name": "later", "description": "later", "hours_of_operation": "Basic Hours",
                        "max_contacts": 3, "enabled": false, "outbound_caller": {"name": "Voice", "phone_number_id": null, "flow_id": null},
                        "tags": tags("queue.later")});
    let queue = world.make("connect.queue", "queue.later", wanted).await;
    world.delete_and_verify(&queue).await;
}

#[tokio::test]
async fn queue_error_lists_existing_hours() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let wanted = json!({"instance_id": instance.output("id"), "name": "support", "description": "x", "hours_of_operation": "Late",
                        "max_contacts": null, "enabled": true, "outbound_caller": nobody(), "tags": tags("queue.support")});
    let error = world.create("connect.queue", "queue.support", &wanted).await.expect_err("there are no such hours");
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(error.message.contains("Late") && error.help.as_deref().is_some_and(|help| help.contains("Basic Hours")), "{error}");
}

const QUEUES: [(&str, &str); 12] = [
    ("q00", "queue.q00"),
    ("q01", "queue.q01"),
    ("q02", "queue.q02"),
    ("q03", "queue.q03"),
    ("q04", "queue.q04"),
    ("q05", "queue.q05"),
    ("q06", "queue.q06"),
    ("q07", "queue.q07"),
    ("q08", "queue.q08"),
    ("q09", "queue.q09"),
    ("q10", "queue.q10"),
    ("q11", "queue.q11"),
];

#[tokio::test]
async fn routing_profile_queues_change_ten_per_call() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let mut all = Vec::new();
    for (name, address) in QUEUES {
        all.push(queue(&world, &instance, name, address).await);
    }
    let lanes = |first: u32| -> Value {
        QUEUES
            .iter()
            .map(|(name, _)| ((*name).to_owned(), json!({"VOICE": turn(first, 0), "CHAT": turn(first + 1, 5)})))
            .collect()
    };
    let wanted = json!({"instance_id": instance.output("id"), "name": "agents", "description": "agents",
                        "default_outbound_queue": "BasicQueue", "concurrency": {"VOICE": 1, "CHAT": 3}, "queues": lanes(1),
                        "tags": tags("routing_profile.agents")});
    let mut profile = world.make("connect.routing_profile", "routing_profile.agents", wanted).await;
    let wanted = profile.with("queues", lanes(4));
    world.change(&mut profile, wanted).await;
    let mut wanted = profile.with("queues", json!({"q03": {"VOICE": turn(1, 0)}, "BasicQueue": {"CHAT": turn(2, 9)}}));
    wanted["default_outbound_queue"] = "q03".into();
    wanted["description"] = "Fewer".into();
    world.change(&mut profile, wanted).await;
    let mut wanted = profile.with("queues", json!({}));
    wanted["concurrency"] = json!({"VOICE": 1});
    wanted["default_outbound_queue"] = "BasicQueue".into();
    wanted["name"] = "few".into();
    world.change(&mut profile, wanted).await;
    world.delete_and_verify(&profile).await;
    for queue in &all {
        world.delete_and_verify(queue).await;
    }
}

#[tokio::test]
async fn queue_renamed_since_the_plan_stays_served() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let mut support = queue(&world, &instance, "support", "queue.support").await;
    let wanted = json!({"instance_id": instance.output("id"), "name": "agents", "description": "agents",
                        "default_outbound_queue": "support", "concurrency": {"VOICE": 1}, "queues": {"support": {"VOICE": turn(1, 0)}},
                        "tags": tags("routing_profile.agents")});
    let mut profile = world.make("connect.routing_profile", "routing_profile.agents", wanted).await;
    let wanted = support.with("name", "Help");
    world.change(&mut support, wanted).await;
    // The profile as the plan saw it still has the queue's old name.
    let mut wanted = profile.with("queues", json!({"Help": {"VOICE": turn(2, 0)}}));
    wanted["default_outbound_queue"] = "Help".into();
    world.change(&mut profile, wanted).await;
    world.delete_and_verify(&profile).await;
    world.delete_and_verify(&support).await;
}

pub(super) fn user(instance: &TestResource) -> Value {
    json!({"instance_id": instance.output("id"), "username": "ada", "first_name": "Ada", "last_name": "Lovelace", "email": null,
           "security_profiles": ["Admin", "Agent"], "declared_profiles": [], "hierarchy_group_id": null, "routing_profile": "Basic Routing Profile",
           "phone": {"type": "SOFT_PHONE", "auto_accept": false, "after_contact_work_seconds": 0, "desk_phone_number": null},
           "password": {"generate": true}, "tags": tags("user.ada")})
}

#[tokio::test]
async fn user_changes_part_by_part_password_shown_once() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let mut user = world.make("connect.user", "user.ada", user(&instance)).await;
    let shown = world.secrets.take_generated();
    assert_eq!(shown.len(), 1);
    assert!(shown.values().all(|password| password.len() == 24));
    assert!(world.secrets.take_generated().is_empty(), "it is shown once");
    let mut wanted = user.with("email", "ada@voice.example");
    wanted["last_name"] = "King".into();
    world.change(&mut user, wanted).await;
    let phone =
        json!({"type": "DESK_PHONE", "auto_accept": true, "after_contact_work_seconds": 30, "desk_phone_number": "+18005550100"});
    let wanted = user.with("phone", phone);
    world.change(&mut user, wanted).await;
    let mut wanted = user.with("security_profiles", json!(["CallCenterManager"]));
    wanted["tags"] =
        json!({"deployer:project": "shop", "deployer:environment": "dev", "deployer:address": "user.ada", "team": "other"});
    world.change(&mut user, wanted).await;
    let queue = queue(&world, &instance, "support", "queue.support").await;
    let profile = json!({"instance_id": instance.output("id"), "name": "agents", "description": "agents",
                         "default_outbound_queue": "support", "concurrency": {"VOICE": 1}, "queues": {}, "tags": tags("routing_profile.agents")});
    let profile = world.make("connect.routing_profile", "routing_profile.agents", profile).await;
    let wanted = user.with("routing_profile", "agents");
    world.change(&mut user, wanted).await;
    // No call changes a password, and none is generated.
    let wanted = user.with("password", json!({"env": "0a1b"}));
    world.change(&mut user, wanted).await;
    assert!(world.secrets.take_generated().is_empty());
    for made in [&user, &profile, &queue] {
        world.delete_and_verify(made).await;
    }
}

#[tokio::test]
async fn user_without_password_value_is_not_created() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let mut wanted = user(&instance);
    wanted["password"] = json!({"env": "0a1b"});
    let error = world.create("connect.user", "user.ada", &wanted).await.expect_err("nobody knows the password");
    assert!(error.message.contains("ada") && error.help.is_some(), "{error}");
    assert!(matches!(world.look("connect.user", "user.ada", &wanted).await, Lookup::NotFound));
}
