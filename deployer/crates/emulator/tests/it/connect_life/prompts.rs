//! Prompts from recordings in a bucket.

use std::collections::BTreeSet;

use aws_config::Region;
use aws_sdk_connect::Client;
use aws_sdk_connect::error::ProvideErrorMetadata;
use aws_sdk_connect::types::{ContactFlowType, PromptSearchCriteria, StringComparisonType, StringCondition};
use aws_sdk_s3::types::CreateBucketConfiguration;
use deployer_emulator::phone::{Call, call};
use deployer_flow::interpret::Script;
use serde_json::json;

use super::{another, code, ready};
use crate::support::fresh::{REGION, TestEmulator, fresh, silence};

const BUCKET: &str = "example-recordings";

async fn store(fresh: &TestEmulator, key: &str, bytes: Vec<u8>) -> String {
    let client = aws_sdk_s3::Client::new(&fresh.config);
    let here = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    if client.head_bucket().bucket(BUCKET).send().await.is_err() {
        client.create_bucket().bucket(BUCKET).create_bucket_configuration(here).send().await.expect("a bucket");
    }
    client.put_object().bucket(BUCKET).key(key).body(bytes.into()).send().await.expect("stored");
    format!("s3://{BUCKET}/{key}")
}

async fn names(client: &Client, instance: &str) -> BTreeSet<String> {
    let listed = client.list_prompts().instance_id(instance).max_results(100).send().await.expect("listed");
    listed.prompt_summary_list.unwrap_or_default().into_iter().filter_map(|one| one.name).collect()
}

/// Returns the digest of a prompt's recording in the instance, which no response contains.
fn kept(fresh: &TestEmulator, instance: &str, prompt: &str) -> String {
    let world = serde_json::to_value(fresh.emulator.account_state()).expect("JSON");
    world["connect"]["instances"][instance]["resources"][prompt]["details"]["Prompt"]["sha256"].to_string()
}

#[tokio::test]
async fn prompt_is_created_found_changed_and_deleted() {
    let (fresh, client, id) = ready().await;
    let (short, long) = (store(&fresh, "a b/short.wav", silence(10)).await, store(&fresh, "long.wav", silence(900)).await);
    let create = client.create_prompt().instance_id(&id).name("greeting").description("Says hello").s3_uri(&short).tags("a", "1");
    let made = create.clone().send().await.expect("a prompt");
    let (prompt, arn) = (made.prompt_id.expect("an id"), made.prompt_arn.expect("an ARN"));
    assert_eq!(code(create.send().await), "DuplicateResourceException");
    let describe = client.describe_prompt().instance_id(&id).prompt_id(&arn);
    let found = describe.clone().send().await.expect("described").prompt.expect("it");
    assert_eq!(
        (found.name(), found.description(), found.prompt_arn()),
        (Some("greeting"), Some("Says hello"), Some(arn.as_str()))
    );
    assert_eq!(found.tags().and_then(|tags| tags.get("a")).map(String::as_str), Some("1"));

    let before = kept(&fresh, &id, &prompt);
    let update = client.update_prompt().instance_id(&id).prompt_id(&prompt);
    update.clone().name("welcome").send().await.expect("renamed");
    assert_eq!(kept(&fresh, &id, &prompt), before, "a new name is no new recording");
    update.clone().s3_uri(&long).send().await.expect("changed");
    assert_ne!(kept(&fresh, &id, &prompt), before);
    assert_eq!(code(update.name("Beep.wav").send().await), "InvalidParameterException");
    let found = describe.clone().send().await.expect("described").prompt.expect("it");
    assert_eq!((found.name(), found.description()), (Some("welcome"), Some("Says hello")));

    let named = StringCondition::builder().field_name("name").value("WELC").comparison_type(StringComparisonType::StartsWith);
    let criteria = PromptSearchCriteria::builder().string_condition(named.build()).build();
    let search = client.search_prompts().instance_id(&id).search_criteria(criteria).send().await.expect("searched");
    assert_eq!(search.prompts().iter().filter_map(|one| one.prompt_id()).collect::<Vec<_>>(), [prompt.as_str()]);
    assert_eq!(search.approximate_total_count, Some(1));

    assert!(names(&client, &id).await.contains("welcome"));
    client.delete_prompt().instance_id(&id).prompt_id(&prompt).send().await.expect("deleted");
    assert!(!names(&client, &id).await.contains("welcome"));
    assert_eq!(code(client.delete_prompt().instance_id(&id).prompt_id(&prompt).send().await), "ResourceNotFoundException");
}

#[tokio::test]
async fn missing_or_unplayable_recording_changes_nothing() {
    let (fresh, client, id) = ready().await;
    let good = store(&fresh, "good.wav", silence(10)).await;
    let mut stereo = silence(10);
    stereo[22] = 2;
    let stereo = store(&fresh, "stereo.wav", stereo).await;
    let made = client.create_prompt().instance_id(&id).name("greeting").s3_uri(&good).send().await.expect("a prompt");
    let prompt = made.prompt_id.expect("an id");
    let before = kept(&fresh, &id, &prompt);
    let cases = [
        (stereo, "2 channels"),
        (format!("s3://{BUCKET}/absent.wav"), "does not exist"),
        ("s3://example-elsewhere/good.wav".to_owned(), "does not exist"),
        ("https://example.s3.eu-central-1.amazonaws.com/x".to_owned(), "not the file of a prompt"),
    ];
    for (uri, why) in cases {
        let refused = client.create_prompt().instance_id(&id).name("new").s3_uri(&uri).send().await.expect_err("refused");
        assert_eq!(refused.code(), Some("InvalidParameterException"), "{uri}");
        assert!(refused.message().is_some_and(|text| text.contains(why)), "{uri}: {refused:?}");
        let update = client.update_prompt().instance_id(&id).prompt_id(&prompt).name("other").s3_uri(&uri).send().await;
        assert_eq!(code(update), "InvalidParameterException", "{uri}");
    }
    assert!(names(&client, &id).await.contains("greeting") && !names(&client, &id).await.contains("new"));
    assert_eq!(kept(&fresh, &id, &prompt), before);
}

#[tokio::test]
async fn object_can_be_deleted_once_the_prompt_exists() {
    let (fresh, client, id) = ready().await;
    let uri = store(&fresh, "greeting.wav", silence(10)).await;
    let made = client.create_prompt().instance_id(&id).name("greeting").s3_uri(&uri).send().await.expect("a prompt");
    let s3 = aws_sdk_s3::Client::new(&fresh.config);
    s3.delete_object().bucket(BUCKET).key("greeting.wav").send().await.expect("gone");
    s3.delete_bucket().bucket(BUCKET).send().await.expect("gone");
    let prompt = made.prompt_id.expect("an id");
    client.describe_prompt().instance_id(&id).prompt_id(&prompt).send().await.expect("still there");
    let update = client.update_prompt().instance_id(&id).prompt_id(&prompt).description("Hello");
    update.clone().send().await.expect("changed without its object");
    assert_eq!(code(update.s3_uri(&uri).send().await), "InvalidParameterException");
}

#[tokio::test]
async fn prompt_recording_must_be_in_the_requested_region() {
    let fresh = fresh();
    let uri = store(&fresh, "greeting.wav", silence(10)).await;
    for (region, taken) in [("us-west-2", true), ("af-south-1", false)] {
        let config = fresh.config.clone().into_builder().region(Region::new(region)).build();
        let client = Client::new(&config);
        let id = another(&fresh, &client, &format!("vanity-{region}")).await;
        let answer = client.create_prompt().instance_id(&id).name("greeting").s3_uri(&uri).send().await;
        match taken {
            true => assert!(answer.is_ok(), "{region}: {answer:?}"),
            false => assert_eq!(code(answer), "InvalidParameterException", "{region}"),
        }
    }
}

async fn playing(client: &Client, instance: &str, prompt: &str) -> String {
    let content = json!({"Version": "2019-10-30", "StartAction": "play", "Actions": [
        {"Identifier": "play", "Type": "MessageParticipant", "Parameters": {"PromptId": prompt},
         "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "sorry", "ErrorType": "NoMatchingError"}]}},
        {"Identifier": "sorry", "Type": "MessageParticipant", "Parameters": {"Text": "Sorry."},
         "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]});
    let create = client.create_contact_flow().instance_id(instance).name("playing").r#type(ContactFlowType::ContactFlow);
    create.content(content.to_string()).send().await.expect("a flow").contact_flow_id.expect("an id")
}

async fn heard(fresh: &TestEmulator, instance: &str, flow: &str) -> Vec<String> {
    let (instance_id, contact_flow_id) = (instance.to_owned(), flow.to_owned());
    let to = "+18005550100".to_owned();
    let what = Call { instance_id, contact_flow_id, from: None, to, at: None, chance: None };
    call(&fresh.emulator, what, &mut Script::default()).await.expect("a call").heard
}

#[tokio::test]
async fn caller_hears_a_prompt_by_name() {
    let (fresh, client, id) = ready().await;
    let uri = store(&fresh, "greeting.wav", silence(10)).await;
    let made = client.create_prompt().instance_id(&id).name("greeting").s3_uri(&uri).send().await.expect("a prompt");
    let flow = playing(&client, &id, &made.prompt_arn.expect("an ARN")).await;
    assert_eq!(heard(&fresh, &id, &flow).await, ["[prompt greeting]"]);
    client.delete_prompt().instance_id(&id).prompt_id(made.prompt_id.expect("an id")).send().await.expect("deleted");
    assert_eq!(heard(&fresh, &id, &flow).await, ["Sorry."]);
}

#[tokio::test]
async fn prompts_of_a_new_instance_are_ordinary_prompts() {
    let (fresh, client, id) = ready().await;
    let listed = client.list_prompts().instance_id(&id).send().await.expect("listed");
    let beep = listed.prompt_summary_list().iter().find(|one| one.name() == Some("Beep.wav")).and_then(|one| one.id());
    let beep = beep.expect("it is there").to_owned();
    let describe = client.describe_prompt().instance_id(&id).prompt_id(&beep);
    let found = describe.clone().send().await.expect("described").prompt.expect("it");
    assert_eq!((found.name(), found.description(), found.prompt_id()), (Some("Beep.wav"), None, Some(beep.as_str())));
    assert_eq!(kept(&fresh, &id, &beep), "null", "no file of it is known");
    let uri = store(&fresh, "beep.wav", silence(10)).await;
    let update = client.update_prompt().instance_id(&id).prompt_id(&beep).name("Tone").description("A tone").s3_uri(uri);
    update.send().await.expect("changed");
    let found = describe.send().await.expect("described").prompt.expect("it");
    assert_eq!((found.name(), found.description()), (Some("Tone"), Some("A tone")));
    assert_ne!(kept(&fresh, &id, &beep), "null");
}
