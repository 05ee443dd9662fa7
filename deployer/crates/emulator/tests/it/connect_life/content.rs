//! Modules and versions, storage, bots, tags.

use aws_sdk_connect::Client;
use aws_sdk_connect::operation::create_contact_flow_module::CreateContactFlowModuleError;
use aws_sdk_connect::operation::create_test_case::CreateTestCaseError;
use aws_sdk_connect::types::{
    ContactFlowModuleState, ContactFlowSearchFilter, ContactFlowType, ControlPlaneTagFilter, InstanceStorageConfig,
    InstanceStorageResourceType, KinesisStreamConfig, LexBot, LexV2Bot, LexVersion, S3Config, StorageType, TagCondition,
    TestCaseStatus,
};
use serde_json::{Value, json};

use super::{code, hours, queue, ready};

/// Returns a module that speaks `text`.
fn says(text: &str) -> Value {
    json!({
        "Version": "2019-10-30",
        "StartAction": "say",
        "Actions": [
            {"Identifier": "say", "Type": "MessageParticipant", "Parameters": {"Text": text},
             "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
            {"Identifier": "end", "Type": "EndFlowModuleExecution", "Parameters": {}, "Transitions": {}},
        ],
    })
}

async fn module(client: &Client, id: &str) -> String {
    let made = client.create_contact_flow_module().instance_id(id).name("greeting").content(says("Hello.").to_string());
    made.send().await.expect("a module").id.expect("an id")
}

async fn text(client: &Client, id: &str, module: &str) -> String {
    let described = client.describe_contact_flow_module().instance_id(id).contact_flow_module_id(module).send().await;
    let content = described.expect("described").contact_flow_module.and_then(|module| module.content).expect("content");
    let content: Value = serde_json::from_str(&content).expect("JSON");
    content["Actions"][0]["Parameters"]["Text"].as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn module_is_saved_or_published_with_idempotent_token() {
    let (_fresh, client, id) = ready().await;
    let create = client.create_contact_flow_module().instance_id(&id).name("greeting").client_token("t");
    let create = create.content(says("Hello.").to_string());
    let made = create.clone().send().await.expect("a module").id.expect("an id");
    assert_eq!(create.clone().send().await.expect("the same").id, Some(made.clone()));
    assert_eq!(code(create.clone().content(says("Bye.").to_string()).send().await), "IdempotencyException");
    assert_eq!(code(create.client_token("u").send().await), "DuplicateResourceException");
    let update = client.update_contact_flow_module_content().instance_id(&id).contact_flow_module_id(format!("{made}:$SAVED"));
    update.content(says("Soon.").to_string()).send().await.expect("saved");
    assert_eq!(text(&client, &id, &made).await, "Hello.");
    assert_eq!(text(&client, &id, &format!("{made}:$SAVED")).await, "Soon.");
    let archive = client.update_contact_flow_module_metadata().instance_id(&id).contact_flow_module_id(&made);
    archive.name("welcome").state(ContactFlowModuleState::Archived).send().await.expect("archived");
    let active = client.list_contact_flow_modules().instance_id(&id).contact_flow_module_state(ContactFlowModuleState::Active);
    assert_eq!(active.send().await.expect("listed").contact_flow_modules_summary_list().len(), 0);
    let all = client.list_contact_flow_modules().instance_id(&id).send().await.expect("listed");
    assert_eq!(all.contact_flow_modules_summary_list()[0].name(), Some("welcome"));
}

#[tokio::test]
async fn unpublishable_module_is_rejected_with_its_problems() {
    let (_fresh, client, id) = ready().await;
    let mut bad = says("Hello.");
    bad["Actions"][0]["Transitions"]["NextAction"] = "nowhere".into();
    let create = client.create_contact_flow_module().instance_id(&id).name("bad").content(bad.to_string());
    let error = create.send().await.expect_err("refused").into_service_error();
    let CreateContactFlowModuleError::InvalidContactFlowModuleException(error) = error else { panic!("{error:?}") };
    assert_eq!(error.problems().len(), 1);
    assert_eq!(error.message(), None);
}

#[tokio::test]
async fn version_is_immutable_and_alias_points_to_it() {
    let (_fresh, client, id) = ready().await;
    let module = module(&client, &id).await;
    let version = client.create_contact_flow_module_version().instance_id(&id).contact_flow_module_id(&module);
    let wrong = version.clone().flow_module_content_sha256("0".repeat(64));
    assert_eq!(code(wrong.send().await), "InvalidParameterException");
    assert_eq!(version.clone().description("first").send().await.expect("a version").version, Some(1));
    let update = client.update_contact_flow_module_content().instance_id(&id);
    let update = update.content(says("Bye.").to_string());
    update.clone().contact_flow_module_id(&module).send().await.expect("published");
    assert_eq!(code(update.contact_flow_module_id(format!("{module}:1")).send().await), "InvalidRequestException");
    assert_eq!(version.send().await.expect("a version").version, Some(2));
    let alias = client.create_contact_flow_module_alias().instance_id(&id).contact_flow_module_id(&module).alias_name("live");
    assert_eq!(code(alias.clone().contact_flow_module_version(3).send().await), "ResourceNotFoundException");
    let made = alias.clone().contact_flow_module_version(1).send().await.expect("an alias").id.expect("an id");
    assert_eq!(code(alias.contact_flow_module_version(1).send().await), "DuplicateResourceException");
    assert_eq!(text(&client, &id, &format!("{module}:{made}")).await, "Hello.");
    let delete = client.delete_contact_flow_module_version().instance_id(&id).contact_flow_module_id(&module);
    let delete = delete.contact_flow_module_version(1);
    assert_eq!(code(delete.clone().send().await), "InvalidParameterException", "the alias leads to it");
    let lead = client.update_contact_flow_module_alias().instance_id(&id).contact_flow_module_id(&module).alias_id(&made);
    lead.contact_flow_module_version(2).send().await.expect("led elsewhere");
    assert_eq!(text(&client, &id, &format!("{module}:{made}")).await, "Bye.");
    delete.send().await.expect("deleted");
    let left = client.list_contact_flow_module_versions().instance_id(&id).contact_flow_module_id(&module).send().await;
    let left = left.expect("listed").contact_flow_module_version_summary_list.expect("a list");
    assert_eq!(left.iter().map(|one| one.version()).collect::<Vec<_>>(), [Some(2)]);
}

#[tokio::test]
async fn flow_runs_only_modules_of_its_instance() {
    let (_fresh, client, id) = ready().await;
    let module = module(&client, &id).await;
    let described = client.describe_contact_flow_module().instance_id(&id).contact_flow_module_id(&module).send().await;
    let arn = described.expect("described").contact_flow_module.and_then(|module| module.arn).expect("an ARN");
    let runs = |module: &str| {
        json!({
            "Version": "2019-10-30",
            "StartAction": "run",
            "Actions": [
                {"Identifier": "run", "Type": "InvokeFlowModule", "Parameters": {"FlowModuleId": module},
                 "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
                {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
            ],
        })
        .to_string()
    };
    let create = client.create_contact_flow().instance_id(&id).name("caller").r#type(ContactFlowType::ContactFlow);
    let foreign = arn.replace(&module, "00000000-0000-4000-8000-000000000000");
    assert_eq!(code(create.clone().content(runs(&foreign)).send().await), "InvalidContactFlowException");
    create.content(runs(&arn)).send().await.expect("published");
}

#[tokio::test]
async fn flow_versions_are_numbered_in_order() {
    let (_fresh, client, id) = ready().await;
    let listed = client.list_contact_flows().instance_id(&id).contact_flow_types(ContactFlowType::ContactFlow).send().await;
    let flow = listed.expect("listed").contact_flow_summary_list()[0].id().expect("an id").to_owned();
    let version = client.create_contact_flow_version().instance_id(&id).contact_flow_id(&flow);
    assert_eq!(code(version.clone().flow_content_sha256("0".repeat(64)).send().await), "InvalidParameterException");
    for number in 1..=11 {
        assert_eq!(version.clone().send().await.expect("a version").version, Some(number));
    }
    let delete = client.delete_contact_flow_version().instance_id(&id).contact_flow_id(&flow).contact_flow_version(11);
    delete.clone().send().await.expect("deleted");
    assert_eq!(code(delete.send().await), "ResourceNotFoundException");
    assert_eq!(version.send().await.expect("a version").version, Some(12), "a number is not used again");
    let listed = client.list_contact_flow_versions().instance_id(&id).contact_flow_id(&flow).send().await.expect("listed");
    let numbers: Vec<_> = listed.contact_flow_version_summary_list().iter().filter_map(|one| one.version()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]);
    let read = |name: String| client.describe_contact_flow().instance_id(&id).contact_flow_id(name).send();
    assert_eq!(read(format!("{flow}:2")).await.expect("described").contact_flow.and_then(|flow| flow.version), Some(2));
    assert_eq!(code(read(format!("{flow}:11")).await), "ResourceNotFoundException");
}

fn bucket(name: &str) -> InstanceStorageConfig {
    let place = S3Config::builder().bucket_name(name).bucket_prefix("calls").build().expect("a place");
    InstanceStorageConfig::builder().storage_type(StorageType::S3).s3_config(place).build().expect("a configuration")
}

#[tokio::test]
async fn each_resource_type_has_one_matching_storage() {
    let (_fresh, client, id) = ready().await;
    let recordings = InstanceStorageResourceType::CallRecordings;
    let keep = client.associate_instance_storage_config().instance_id(&id).resource_type(recordings.clone());
    let keep = keep.client_token("t");
    let stream = KinesisStreamConfig::builder().stream_arn("arn:aws:kinesis:eu-central-1:111122223333:stream/s").build();
    let stream = InstanceStorageConfig::builder().kinesis_stream_config(stream.expect("a stream"));
    let mixed = stream.clone().storage_type(StorageType::S3).build().expect("a configuration");
    assert_eq!(code(keep.clone().storage_config(mixed).send().await), "InvalidParameterException");
    let unfit = stream.storage_type(StorageType::KinesisStream).build().expect("a configuration");
    assert_eq!(code(keep.clone().storage_config(unfit).send().await), "InvalidParameterException");
    let keep = keep.storage_config(bucket("one"));
    let made = keep.clone().send().await.expect("associated").association_id.expect("an id");
    assert_eq!(keep.clone().send().await.expect("the same").association_id, Some(made.clone()));
    assert_eq!(code(keep.client_token("u").send().await), "ResourceConflictException");
    let update = client.update_instance_storage_config().instance_id(&id).association_id(&made);
    let update = update.storage_config(bucket("two"));
    let other = update.clone().resource_type(InstanceStorageResourceType::ChatTranscripts);
    assert_eq!(code(other.send().await), "ResourceNotFoundException");
    update.resource_type(recordings.clone()).send().await.expect("changed");
    let list = client.list_instance_storage_configs().instance_id(&id).resource_type(recordings.clone());
    let listed = list.clone().send().await.expect("listed");
    let names: Vec<_> = listed.storage_configs().iter().filter_map(|one| Some(one.s3_config()?.bucket_name())).collect();
    assert_eq!(names, ["two"]);
    let part = client.disassociate_instance_storage_config().instance_id(&id).association_id(&made).resource_type(recordings);
    part.clone().send().await.expect("gone");
    assert_eq!(code(part.send().await), "ResourceNotFoundException");
    assert_eq!(list.send().await.expect("listed").storage_configs().len(), 0);
}

#[tokio::test]
async fn bots_of_both_versions_are_associated_once() {
    let (_fresh, client, id) = ready().await;
    let first = LexBot::builder().name("Greeter").lex_region("eu-central-1").build().expect("a bot");
    let second = |arn: &str| LexV2Bot::builder().alias_arn(arn).build();
    let arn = "arn:aws:lex:eu-central-1:111122223333:bot-alias/ABCDEFGHIJ/KLMNOPQRST";
    let add = client.associate_bot().instance_id(&id).client_token("t");
    assert_eq!(code(add.clone().send().await), "InvalidRequestException", "none");
    assert_eq!(code(add.clone().lex_bot(first.clone()).lex_v2_bot(second(arn)).send().await), "InvalidRequestException", "both");
    assert_eq!(code(add.clone().lex_v2_bot(second("bot")).send().await), "InvalidRequestException");
    add.clone().lex_v2_bot(second(arn)).send().await.expect("associated");
    add.clone().lex_v2_bot(second(arn)).send().await.expect("the same token again");
    assert_eq!(code(add.client_token("u").lex_v2_bot(second(arn)).send().await), "ResourceConflictException");
    client.associate_lex_bot().instance_id(&id).lex_bot(first.clone()).send().await.expect("associated");
    let list = |version: LexVersion| client.list_bots().instance_id(&id).lex_version(version).send();
    assert_eq!(list(LexVersion::V1).await.expect("listed").lex_bots()[0].lex_bot(), Some(&first));
    assert_eq!(list(LexVersion::V2).await.expect("listed").lex_bots()[0].lex_v2_bot(), Some(&second(arn)));
    let remove = client.disassociate_bot().instance_id(&id).lex_v2_bot(second(arn));
    remove.clone().send().await.expect("removed");
    assert_eq!(code(remove.send().await), "ResourceNotFoundException");
    let old = client.disassociate_lex_bot().instance_id(&id).bot_name("Greeter").lex_region("eu-central-1");
    old.send().await.expect("removed");
    assert_eq!(client.list_lex_bots().instance_id(&id).send().await.expect("listed").lex_bots().len(), 0);
}

#[tokio::test]
async fn tags_are_put_on_everything_by_its_arn() {
    let (_fresh, client, id) = ready().await;
    let hours = hours(&client, &id, "Office", "UTC").await;
    let queue = queue(&client, &id, "Sales", &hours).await;
    let module = module(&client, &id).await;
    let instance = client.describe_instance().instance_id(&id).send().await.expect("described").instance.and_then(|one| one.arn);
    let instance = instance.expect("an ARN");
    for rest in [format!("queue/{queue}"), format!("operating-hours/{hours}"), format!("flow-module/{module}")] {
        let arn = format!("{instance}/{rest}");
        client.tag_resource().resource_arn(&arn).tags("a", "1").send().await.expect("tagged");
        let tags = client.list_tags_for_resource().resource_arn(&arn).send().await.expect("listed").tags.expect("tags");
        assert_eq!(tags["a"], "1", "{arn}");
    }
    let described = client.describe_queue().instance_id(&id).queue_id(&queue).send().await.expect("described").queue;
    assert_eq!(described.and_then(|queue| queue.tags).expect("tags")["a"], "1");
    let flows = client.list_contact_flows().instance_id(&id).send().await.expect("listed");
    let flow = flows.contact_flow_summary_list()[3].clone();
    client.tag_resource().resource_arn(flow.arn().expect("an ARN")).tags("a", "2").send().await.expect("tagged");
    let condition = TagCondition::builder().tag_key("a").tag_value("2").build();
    let filter = ContactFlowSearchFilter::builder().tag_filter(ControlPlaneTagFilter::builder().tag_condition(condition).build());
    let found = client.search_contact_flows().instance_id(&id).search_filter(filter.build()).send().await.expect("found");
    assert_eq!(found.contact_flows().iter().map(|flow| flow.id()).collect::<Vec<_>>(), [flow.id()]);
    let foreign = format!("{instance}/queue/{hours}");
    assert_eq!(code(client.tag_resource().resource_arn(foreign).tags("a", "1").send().await), "ResourceNotFoundException");
}

#[tokio::test]
async fn test_case_is_checked_only_when_published() {
    let (_fresh, client, id) = ready().await;
    let good = json!({"Version": "2019-10-30", "Observations": [{"Identifier": "begin", "Actions": [],
        "Event": {"Identifier": "e", "Type": "TestInitiated", "Actor": "System", "Properties": {}}}]})
    .to_string();
    let create = client.create_test_case().instance_id(&id).name("greeting");
    let error = create.clone().content("{}").send().await.expect_err("refused").into_service_error();
    let CreateTestCaseError::InvalidTestCaseException(error) = error else { panic!("{error:?}") };
    assert_eq!(error.problems().len(), 2);
    let made = create.content("{}").status(TestCaseStatus::Saved).send().await.expect("saved").test_case_id.expect("an id");
    let read = client.describe_test_case().instance_id(&id).test_case_id(&made);
    assert_eq!(code(read.clone().status(TestCaseStatus::Published).send().await), "ResourceNotFoundException");
    let update = client.update_test_case().instance_id(&id).test_case_id(&made);
    assert_eq!(code(update.clone().status(TestCaseStatus::Published).send().await), "InvalidTestCaseException");
    update.content(good).send().await.expect("published");
    let found = read.send().await.expect("described").test_case.expect("it");
    assert_eq!((found.name(), found.status()), (Some("greeting"), Some(&TestCaseStatus::Published)));
    let start = client.start_test_case_execution().instance_id(&id).test_case_id(&made).send().await;
    assert_eq!(code(start), "InvalidRequestException", "it calls nothing");
    client.delete_test_case().instance_id(&id).test_case_id(&made).send().await.expect("deleted");
    assert_eq!(client.list_test_cases().instance_id(&id).send().await.expect("listed").test_case_summary_list().len(), 0);
}
