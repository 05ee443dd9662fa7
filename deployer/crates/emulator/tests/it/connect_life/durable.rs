//! State on disk.

use std::path::Path;

use aws_sdk_connect::Client;
use aws_sdk_connect::types::{InstanceStorageConfig, InstanceStorageResourceType, LexV2Bot, S3Config, StorageType};
use serde_json::Value;

use super::{another, basic_routing_profile, hours, queue, security_profile};
use crate::support::fresh::{TestEmulator, fresh_with};

fn open(directory: &Path) -> (TestEmulator, Client) {
    let fresh = fresh_with(|options| options.directory = Some(directory.to_owned()));
    let client = Client::new(&fresh.config);
    (fresh, client)
}

fn kept(fresh: &TestEmulator) -> Value {
    serde_json::to_value(fresh.emulator.account_state()).expect("JSON")
}

/// Creates one of every resource type that was added after instances and flows.
async fn fill(fresh: &TestEmulator, client: &Client) -> String {
    let id = another(fresh, client, "vanity").await;
    let office = hours(client, &id, "Office", "Europe/Berlin").await;
    queue(client, &id, "Sales", &office).await;
    let user = client.create_user().instance_id(&id).username("mary").password("Correct1Horse");
    let identity = aws_sdk_connect::types::UserIdentityInfo::builder().first_name("Mary").last_name("Major").build();
    let user = user.identity_info(identity).routing_profile_id(basic_routing_profile(client, &id).await);
    user.security_profile_ids(security_profile(client, &id, "Agent").await).send().await.expect("a user");
    for number in ["+12065550100", "+12065550101"] {
        let claim = client.claim_phone_number().instance_id(&id).phone_number(number).send().await.expect("claimed");
        fresh.clock.advance(std::time::Duration::from_secs(30));
        if number.ends_with('1') {
            let number = claim.phone_number_id.expect("an id");
            client.release_phone_number().phone_number_id(number).send().await.expect("released");
        }
    }
    let content = r#"{"Version":"2019-10-30","StartAction":"end","Actions":[{"Identifier":"end","Type":"EndFlowModuleExecution","Parameters":{},"Transitions":{}}]}"#;
    let module = client.create_contact_flow_module().instance_id(&id).name("module").content(content).send().await;
    let module = module.expect("a module").id.expect("an id");
    client.create_contact_flow_module_version().instance_id(&id).contact_flow_module_id(module).send().await.expect("a version");
    let place = S3Config::builder().bucket_name("calls").bucket_prefix("here").build().expect("a place");
    let storage = InstanceStorageConfig::builder().storage_type(StorageType::S3).s3_config(place).build().expect("storage");
    let keep = client.associate_instance_storage_config().instance_id(&id).storage_config(storage);
    keep.resource_type(InstanceStorageResourceType::CallRecordings).send().await.expect("kept");
    let bot = LexV2Bot::builder().alias_arn("arn:aws:lex:eu-central-1:111122223333:bot-alias/ABCDEFGHIJ/KLMNOPQRST").build();
    client.associate_bot().instance_id(&id).lex_v2_bot(bot).send().await.expect("a bot");
    id
}

#[tokio::test]
async fn instance_contents_survive_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let (fresh, client) = open(directory.path());
    fill(&fresh, &client).await;
    // The files as a process leaves them that is killed now.
    let copy = tempfile::tempdir().expect("a directory");
    for entry in std::fs::read_dir(directory.path()).expect("a list").flatten().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }
    let (other, client) = open(copy.path());
    assert_eq!(kept(&other), kept(&fresh));
    // Its clock starts where that of the first one started.
    other.clock.advance(std::time::Duration::from_secs(300));
    assert_eq!(client.list_phone_numbers_v2().send().await.expect("listed").list_phone_numbers_summary_list().len(), 1);
}
