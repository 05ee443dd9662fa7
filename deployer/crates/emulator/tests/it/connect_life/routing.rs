//! Hours, queues, routing profiles, security profiles.

use std::collections::BTreeSet;

use aws_sdk_connect::types::{
    Channel, HoursOfOperationDays, MediaConcurrency, QueueStatus, RoutingProfileQueueConfig, RoutingProfileQueueReference,
};

use super::{code, hours, queue, ready, security_profile, slot};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn voice(concurrency: i32) -> MediaConcurrency {
    MediaConcurrency::builder().channel(Channel::Voice).concurrency(concurrency).build().expect("media")
}

fn reference(queue: &str, channel: Channel) -> RoutingProfileQueueReference {
    RoutingProfileQueueReference::builder().queue_id(queue).channel(channel).build().expect("a reference")
}

fn config(queue: &str, channel: Channel, priority: i32) -> RoutingProfileQueueConfig {
    let config = RoutingProfileQueueConfig::builder().queue_reference(reference(queue, channel));
    config.priority(priority).delay(0).build().expect("a configuration")
}

#[tokio::test]
async fn hours_are_deletable_once_no_queue_uses_them() {
    let (_fresh, client, id) = ready().await;
    let office = hours(&client, &id, "Office", "Europe/Berlin").await;
    let again = client.create_hours_of_operation().instance_id(&id).name("Office").time_zone("UTC");
    assert_eq!(code(again.clone().set_config(Some(Vec::new())).send().await), "DuplicateResourceException");
    let nowhere = again.name("x").time_zone("Europe/Nowhere").set_config(Some(Vec::new()));
    assert_eq!(code(nowhere.send().await), "InvalidParameterException");
    let update = client.update_hours_of_operation().instance_id(&id).hours_of_operation_id(&office);
    let update = update.name("Bureau").description("days").config(slot(HoursOfOperationDays::Friday, 8, 12));
    update.send().await.expect("changed");
    let describe = client.describe_hours_of_operation().instance_id(&id).hours_of_operation_id(&office);
    let found = describe.send().await.expect("described").hours_of_operation.expect("it");
    assert_eq!((found.name(), found.description(), found.time_zone()), (Some("Bureau"), Some("days"), Some("Europe/Berlin")));
    assert_eq!(found.config(), [slot(HoursOfOperationDays::Friday, 8, 12)]);
    let queue = queue(&client, &id, "Sales", &office).await;
    let delete = client.delete_hours_of_operation().instance_id(&id).hours_of_operation_id(&office);
    assert_eq!(code(delete.clone().send().await), "ResourceInUseException");
    client.delete_queue().instance_id(&id).queue_id(&queue).send().await.expect("deleted");
    delete.clone().send().await.expect("deleted");
    assert_eq!(code(delete.send().await), "ResourceNotFoundException");
}

#[tokio::test]
async fn queue_has_no_quick_connects() {
    let (_fresh, client, id) = ready().await;
    let list = client.list_queue_quick_connects().instance_id(&id);
    assert_eq!(code(list.clone().queue_id(NOBODY).send().await), "ResourceNotFoundException");
    let office = hours(&client, &id, "Office", "UTC").await;
    let list = list.queue_id(queue(&client, &id, "Sales", &office).await);
    assert_eq!(code(list.clone().max_results(101).send().await), "InvalidParameterException");
    let found = list.send().await.expect("listed");
    assert!(found.quick_connect_summary_list().is_empty() && found.next_token().is_none());
    assert_eq!(found.last_modified_region(), Some("eu-central-1"));
}

#[tokio::test]
async fn queue_is_found_by_id_and_arn() {
    let (_fresh, client, id) = ready().await;
    let (one, other) = (hours(&client, &id, "One", "UTC").await, hours(&client, &id, "Other", "UTC").await);
    let create = client.create_queue().instance_id(&id).name("Sales").hours_of_operation_id(NOBODY);
    assert_eq!(code(create.clone().send().await), "ResourceNotFoundException");
    let made = create.hours_of_operation_id(&one).max_contacts(5).tags("a", "1").send().await.expect("a queue");
    let (queue, arn) = (made.queue_id.expect("an id"), made.queue_arn.expect("an ARN"));
    let move_to = client.update_queue_hours_of_operation().instance_id(&id).queue_id(&queue);
    assert_eq!(code(move_to.clone().hours_of_operation_id(NOBODY).send().await), "ResourceNotFoundException");
    move_to.hours_of_operation_id(&other).send().await.expect("moved");
    let rename = client.update_queue_name().instance_id(&id).queue_id(&arn);
    assert_eq!(code(rename.clone().name("BasicQueue").send().await), "DuplicateResourceException");
    rename.name("Service").description("for all").send().await.expect("renamed");
    client.update_queue_status().instance_id(&id).queue_id(&queue).status(QueueStatus::Disabled).send().await.expect("off");
    client.update_queue_max_contacts().instance_id(&id).queue_id(&queue).send().await.expect("no limit");
    let found = client.describe_queue().instance_id(&id).queue_id(&arn).send().await.expect("described").queue.expect("it");
    assert_eq!((found.name(), found.description()), (Some("Service"), Some("for all")));
    assert_eq!((found.hours_of_operation_id(), found.max_contacts()), (Some(other.as_str()), None));
    assert_eq!((found.status(), found.tags().map(|tags| tags["a"].as_str())), (Some(&QueueStatus::Disabled), Some("1")));
}

#[tokio::test]
async fn fiftieth_queue_is_the_last_one() {
    let (_fresh, client, id) = ready().await;
    let hours = hours(&client, &id, "Office", "UTC").await;
    for n in 1..50 {
        queue(&client, &id, &format!("q{n}"), &hours).await;
    }
    let more = client.create_queue().instance_id(&id).name("more").hours_of_operation_id(&hours);
    assert_eq!(code(more.send().await), "LimitExceededException");
    let first = client.list_queues().instance_id(&id).send().await.expect("a page");
    assert!(first.next_token().is_some() && first.queue_summary_list().len() <= 25);
    let all: Vec<_> =
        client.list_queues().instance_id(&id).into_paginator().items().send().collect::<Result<_, _>>().await.expect("all");
    assert_eq!(all.iter().filter_map(|queue| queue.name()).collect::<BTreeSet<_>>().len(), 50);
}

#[tokio::test]
async fn routing_profile_has_each_queue_once_per_channel() {
    let (_fresh, client, id) = ready().await;
    let hours = hours(&client, &id, "Office", "UTC").await;
    let (sales, service) = (queue(&client, &id, "Sales", &hours).await, queue(&client, &id, "Service", &hours).await);
    let create = client.create_routing_profile().instance_id(&id).name("Agents").description("all of them");
    let create = create.default_outbound_queue_id(&sales);
    assert_eq!(code(create.clone().media_concurrencies(voice(2)).send().await), "InvalidParameterException");
    let create = create.media_concurrencies(voice(1));
    let twice = create.clone().queue_configs(config(&sales, Channel::Voice, 1)).queue_configs(config(&sales, Channel::Voice, 2));
    assert_eq!(code(twice.send().await), "InvalidParameterException");
    let profile = create.queue_configs(config(&sales, Channel::Voice, 1)).send().await.expect("made").routing_profile_id;
    let profile = profile.expect("an id");
    let add = client.associate_routing_profile_queues().instance_id(&id).routing_profile_id(&profile);
    assert_eq!(code(add.clone().queue_configs(config(&sales, Channel::Voice, 5)).send().await), "InvalidParameterException");
    add.queue_configs(config(&service, Channel::Voice, 2)).send().await.expect("added");
    let change = client.update_routing_profile_queues().instance_id(&id).routing_profile_id(&profile);
    assert_eq!(code(change.clone().queue_configs(config(&sales, Channel::Chat, 9)).send().await), "ResourceNotFoundException");
    change.queue_configs(config(&sales, Channel::Voice, 9)).send().await.expect("changed");
    let list = client.list_routing_profile_queues().instance_id(&id).routing_profile_id(&profile);
    let queues = list.send().await.expect("listed");
    let queues: BTreeSet<_> =
        queues.routing_profile_queue_config_summary_list().iter().map(|queue| (queue.queue_name(), queue.priority())).collect();
    assert_eq!(queues, BTreeSet::from([("Sales", 9), ("Service", 2)]));
    assert_eq!(code(client.delete_queue().instance_id(&id).queue_id(&service).send().await), "ResourceInUseException");
    let remove = client.disassociate_routing_profile_queues().instance_id(&id).routing_profile_id(&profile);
    remove.clone().queue_references(reference(&service, Channel::Voice)).send().await.expect("removed");
    client.delete_queue().instance_id(&id).queue_id(&service).send().await.expect("free");
    assert_eq!(code(client.delete_queue().instance_id(&id).queue_id(&sales).send().await), "ResourceInUseException");
    let describe = client.describe_routing_profile().instance_id(&id).routing_profile_id(&profile);
    let found = describe.send().await.expect("described").routing_profile.expect("it");
    assert_eq!((found.number_of_associated_queues(), found.number_of_associated_users()), (Some(1), Some(0)));
    client.delete_routing_profile().instance_id(&id).routing_profile_id(&profile).send().await.expect("deleted");
    client.delete_queue().instance_id(&id).queue_id(&sales).send().await.expect("free");
}

#[tokio::test]
async fn only_own_security_profiles_can_be_deleted() {
    let (_fresh, client, id) = ready().await;
    let admin = security_profile(&client, &id, "Admin").await;
    let delete = |profile: &str| client.delete_security_profile().instance_id(&id).security_profile_id(profile).send();
    assert_eq!(code(delete(&admin).await), "AccessDeniedException");
    let create = client.create_security_profile().instance_id(&id).security_profile_name("Night").permissions("Users.View");
    let own = create.send().await.expect("made").security_profile_id.expect("an id");
    let update = client.update_security_profile().instance_id(&id).security_profile_id(&own);
    update.permissions("Queues.View").permissions("BasicAgentAccess").description("at night").send().await.expect("changed");
    let list = client.list_security_profile_permissions().instance_id(&id).security_profile_id(&own);
    assert_eq!(list.send().await.expect("listed").permissions(), ["BasicAgentAccess", "Queues.View"]);
    let describe = client.describe_security_profile().instance_id(&id).security_profile_id(&own);
    let found = describe.send().await.expect("described").security_profile.expect("it");
    assert_eq!((found.security_profile_name(), found.description()), (Some("Night"), Some("at night")));
    delete(&own).await.expect("deleted");
}
