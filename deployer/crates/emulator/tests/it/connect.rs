//! Connect's instances, associations and flows through the real SDK.

use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::error::ProvideErrorMetadata;
use aws_sdk_connect::types::{ContactFlowStatus, ContactFlowType, DirectoryType, InstanceAttributeType, InstanceStatus};
use serde_json::{Value, json};

use crate::support::fresh::{ACCOUNT, REGION, TestEmulator, fresh};

fn client(fresh: &TestEmulator) -> Client {
    Client::new(&fresh.config)
}

async fn created(client: &Client, alias: &str) -> String {
    let request = client.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias(alias);
    let request = request.inbound_calls_enabled(true).outbound_calls_enabled(false).client_token(alias);
    request.send().await.expect("an instance").id.expect("an id")
}

/// Creates an active instance.
async fn ready() -> (TestEmulator, Client, String) {
    let fresh = fresh();
    let client = client(&fresh);
    let id = created(&client, "vanity").await;
    fresh.clock.advance(Duration::from_secs(90));
    (fresh, client, id)
}

fn flow(text: &str) -> Value {
    json!({
        "Version": "2019-10-30",
        "StartAction": "say",
        "Actions": [
            {"Identifier": "say", "Type": "MessageParticipant", "Parameters": {"Text": text},
             "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
            {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
        ],
    })
}

#[tokio::test]
async fn instance_creation_and_deletion_take_time() {
    let fresh = fresh();
    let client = client(&fresh);
    let id = created(&client, "vanity").await;
    assert_eq!(created(&client, "vanity").await, id, "the token makes a repeated creation the same");
    let status = async || {
        let described = client.describe_instance().instance_id(&id).send().await;
        described.ok().and_then(|described| described.instance).and_then(|instance| instance.instance_status)
    };
    assert_eq!(status().await, Some(InstanceStatus::CreationInProgress));
    assert_eq!(
        client.list_contact_flows().instance_id(&id).send().await.expect_err("too early").code(),
        Some("InvalidRequestException")
    );
    fresh.clock.advance(Duration::from_secs(90));
    assert_eq!(status().await, Some(InstanceStatus::Active));
    client.delete_instance().instance_id(&id).send().await.expect("deletion begins");
    assert_eq!(status().await, Some(InstanceStatus::Active), "there is no state for it");
    fresh.clock.advance(Duration::from_secs(60));
    let gone = client.describe_instance().instance_id(&id).send().await.expect_err("gone");
    assert_eq!(gone.code(), Some("ResourceNotFoundException"));
    let listed = client.list_instances().send().await.expect("listed");
    assert_eq!(listed.instance_summary_list().len(), 0);
}

#[tokio::test]
async fn invalid_or_taken_alias_creates_nothing() {
    let (_fresh, client, _) = ready().await;
    for alias in ["Vanity", "d-abc", "with_underscore", "-x", "x-"] {
        let request = client.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias(alias);
        let error = request.inbound_calls_enabled(true).outbound_calls_enabled(true).send().await.expect_err(alias);
        assert_eq!(error.code(), Some("InvalidRequestException"), "{alias}");
    }
    assert_eq!(client.list_instances().send().await.expect("listed").instance_summary_list().len(), 1);
}

#[tokio::test]
async fn hundred_changes_in_thirty_days_are_the_limit() {
    let fresh = fresh();
    let client = client(&fresh);
    for n in 0..50 {
        let id = created(&client, &format!("n{n}")).await;
        fresh.clock.advance(Duration::from_secs(90));
        client.delete_instance().instance_id(id).send().await.expect("within the budget");
        fresh.clock.advance(Duration::from_secs(60));
    }
    let request = client.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias("more");
    let request = request.inbound_calls_enabled(true).outbound_calls_enabled(true);
    let error = request.clone().send().await.expect_err("over the budget");
    assert_eq!(error.code(), Some("ServiceQuotaExceededException"));
    assert_eq!(error.raw_response().map(|raw| raw.status().as_u16()), Some(402));
    fresh.clock.advance(Duration::from_secs(30 * 86_400));
    request.send().await.expect("a new span");
}

#[tokio::test]
async fn attributes_are_set_singly_and_listed_in_pages() {
    let (_fresh, client, id) = ready().await;
    let set = client.update_instance_attribute().instance_id(&id).attribute_type(InstanceAttributeType::ContactflowLogs);
    set.clone().value("true").send().await.expect("set");
    assert_eq!(set.value("yes").send().await.expect_err("no boolean").code(), Some("InvalidParameterException"));
    let read = client.describe_instance_attribute().instance_id(&id).attribute_type(InstanceAttributeType::ContactflowLogs);
    let value = read.send().await.expect("read").attribute.and_then(|attribute| attribute.value);
    assert_eq!(value.as_deref(), Some("true"));
    let pages: Vec<_> = client
        .list_instance_attributes()
        .instance_id(&id)
        .into_paginator()
        .send()
        .collect::<Result<_, _>>()
        .await
        .expect("pages");
    assert!(pages.len() > 1);
    assert_eq!(pages.iter().map(|page| page.attributes().len()).sum::<usize>(), 13);
}

#[tokio::test]
async fn only_existing_function_can_be_associated() {
    let (_fresh, client, id) = ready().await;
    let own = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:absent");
    let error = client.associate_lambda_function().instance_id(&id).function_arn(&own).send().await.expect_err("absent");
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
    let far = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:convert");
    let associate = client.associate_lambda_function().instance_id(&id).function_arn(&far).client_token("t");
    associate.clone().send().await.expect("elsewhere is not looked at");
    associate.clone().send().await.expect("the same token again");
    let error = associate.client_token("u").send().await.expect_err("there already");
    assert_eq!(error.code(), Some("ResourceConflictException"));
    let listed = client.list_lambda_functions().instance_id(&id).send().await.expect("listed");
    assert_eq!(listed.lambda_functions(), std::slice::from_ref(&far));
    let remove = client.disassociate_lambda_function().instance_id(&id).function_arn(&far);
    remove.clone().send().await.expect("removed");
    assert_eq!(remove.send().await.expect_err("gone").code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn published_flow_is_found_and_reserialized() {
    let (_fresh, client, id) = ready().await;
    let content = format!("{:#}", flow("Hello"));
    let create =
        client.create_contact_flow().instance_id(&id).name("vanity").r#type(ContactFlowType::ContactFlow).content(&content);
    let made = create.clone().tags("project", "vanity").send().await.expect("published");
    let error = create.send().await.expect_err("the name is taken");
    assert_eq!(
        (error.code(), error.raw_response().map(|raw| raw.status().as_u16())),
        (Some("DuplicateResourceException"), Some(409))
    );
    for name in [made.contact_flow_id(), made.contact_flow_arn()] {
        let described = client.describe_contact_flow().instance_id(&id).contact_flow_id(name.expect("given")).send().await;
        let found = described.expect("described").contact_flow.expect("it");
        let text = found.content().expect("content");
        assert_ne!(text, content);
        assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), flow("Hello"));
        assert_eq!(found.flow_content_sha256(), made.flow_content_sha256());
        assert_eq!(found.tags().expect("tags")["project"], "vanity");
    }
    let mut names = Vec::new();
    let mut pages = client.list_contact_flows().instance_id(&id).max_results(6).into_paginator().send();
    while let Some(page) = pages.next().await {
        names.extend(page.expect("a page").contact_flow_summary_list().iter().filter_map(|flow| flow.name.clone()));
    }
    assert_eq!(names.iter().filter(|name| *name == "vanity").count(), 1);
    assert_eq!(names.len(), 21);
}

#[tokio::test]
async fn unpublishable_flow_is_rejected_with_its_problems() {
    let (_fresh, client, id) = ready().await;
    let mut bad = flow("Hello");
    bad["Actions"][0]["Transitions"]["NextAction"] = "nowhere".into();
    let create = client.create_contact_flow().instance_id(&id).name("bad").r#type(ContactFlowType::ContactFlow);
    let create = create.content(bad.to_string());
    let error = create.clone().send().await.expect_err("refused").into_service_error();
    let aws_sdk_connect::operation::create_contact_flow::CreateContactFlowError::InvalidContactFlowException(error) = error
    else {
        panic!("{error:?}");
    };
    let problems: Vec<_> = error.problems().iter().filter_map(|problem| problem.message()).collect();
    assert_eq!(problems, ["Invalid Action property value. Path: Actions[0].Transitions.NextAction"]);
    assert_eq!(error.message(), None);
    let saved =
        create.status(ContactFlowStatus::Saved).send().await.expect("a draft is not checked").contact_flow_id.expect("an id");
    let read = |id: &str, flow: String| client.describe_contact_flow().instance_id(id).contact_flow_id(flow);
    let error = read(&id, saved.clone()).send().await.expect_err("never published");
    assert_eq!(error.code(), Some("ContactFlowNotPublishedException"));
    let draft = read(&id, format!("{saved}:$SAVED")).send().await.expect("the draft").contact_flow.expect("it");
    assert_eq!(draft.status(), Some(&ContactFlowStatus::Saved));
    let update = client.update_contact_flow_content().instance_id(&id).contact_flow_id(&saved);
    assert_eq!(
        update.clone().content(bad.to_string()).send().await.expect_err("checked").code(),
        Some("InvalidContactFlowException")
    );
    update.content(flow("Good").to_string()).send().await.expect("published");
    let published = read(&id, saved).send().await.expect("described").contact_flow.expect("it");
    assert_eq!(published.status(), Some(&ContactFlowStatus::Published));
}

#[tokio::test]
async fn flow_references_only_resources_of_its_instance() {
    let (_fresh, client, id) = ready().await;
    let queues = client.list_queues().instance_id(&id).send().await.expect("queues");
    let queue =
        queues.queue_summary_list().iter().find(|queue| queue.name() == Some("BasicQueue")).expect("it comes with the instance");
    let to = |queue: &str| {
        json!({
            "Version": "2019-10-30",
            "StartAction": "queue",
            "Actions": [
                {"Identifier": "queue", "Type": "UpdateContactTargetQueue", "Parameters": {"QueueId": queue},
                 "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
                {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
            ],
        })
    };
    let create = client.create_contact_flow().instance_id(&id).r#type(ContactFlowType::ContactFlow);
    let arn = queue.arn().expect("an ARN");
    create.clone().name("good").content(to(arn).to_string()).send().await.expect("the queue exists");
    let foreign = arn.replace(queue.id().expect("an id"), "00000000-0000-4000-8000-000000000000");
    let error = create.name("bad").content(to(&foreign).to_string()).send().await.expect_err("no such queue");
    assert_eq!(error.code(), Some("InvalidContactFlowException"));
}

#[tokio::test]
async fn flows_are_renamed_archived_searched_tagged_and_deleted() {
    let (_fresh, client, id) = ready().await;
    let create = client.create_contact_flow().instance_id(&id).name("one").r#type(ContactFlowType::ContactFlow);
    let made = create.content(flow("x").to_string()).status(ContactFlowStatus::Saved).send().await.expect("saved");
    let (flow_id, arn) = (made.contact_flow_id.expect("an id"), made.contact_flow_arn.expect("an ARN"));
    let rename = client.update_contact_flow_name().instance_id(&id).contact_flow_id(&flow_id);
    let error = rename.clone().name("Default customer queue").send().await.expect_err("taken");
    assert_eq!(error.code(), Some("DuplicateResourceException"));
    rename.name("two").description("second").send().await.expect("renamed");
    let criteria = aws_sdk_connect::types::ContactFlowSearchCriteria::builder().status_condition(ContactFlowStatus::Saved);
    let found = client.search_contact_flows().instance_id(&id).search_criteria(criteria.build()).send().await.expect("searched");
    assert_eq!(found.contact_flows().iter().map(|flow| flow.name()).collect::<Vec<_>>(), [Some("two")]);
    client.tag_resource().resource_arn(&arn).tags("a", "1").tags("b", "2").send().await.expect("tagged");
    client.untag_resource().resource_arn(&arn).tag_keys("a").send().await.expect("untagged");
    let tags = client.list_tags_for_resource().resource_arn(&arn).send().await.expect("tags").tags.expect("a map");
    assert_eq!(tags.into_iter().collect::<Vec<_>>(), [("b".to_owned(), "2".to_owned())]);
    client.delete_contact_flow().instance_id(&id).contact_flow_id(&flow_id).send().await.expect("deleted");
    let gone = client.delete_contact_flow().instance_id(&id).contact_flow_id(&flow_id).send().await.expect_err("gone");
    assert_eq!(gone.code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn hundredth_flow_is_the_last_one() {
    let (_fresh, client, id) = ready().await;
    let create = |name: String| client.create_contact_flow().instance_id(&id).name(name).r#type(ContactFlowType::ContactFlow);
    for n in 0..80 {
        create(format!("n{n}")).content("{}").status(ContactFlowStatus::Saved).send().await.expect("room");
    }
    let error = create("more".to_owned()).content("{}").status(ContactFlowStatus::Saved).send().await.expect_err("full");
    assert_eq!(
        (error.code(), error.raw_response().map(|raw| raw.status().as_u16())),
        (Some("LimitExceededException"), Some(429))
    );
}
