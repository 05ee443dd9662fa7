//! Phone numbers.

use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::types::{ContactFlowType, PhoneNumberCountryCode, PhoneNumberType, PhoneNumberWorkflowStatus};
use deployer_emulator::phone::dialled;

use super::{another, code, ready};
use crate::support::fresh::{TestEmulator, fresh_with};

const DAY: Duration = Duration::from_secs(86_400);
const TOKEN: &str = "6f9b3d1e-58a0-4b61-9d0f-2c7a4b8e0001";

async fn available(client: &Client, id: &str) -> Vec<String> {
    let search = client.search_available_phone_numbers().instance_id(id).phone_number_country_code(PhoneNumberCountryCode::Us);
    let found = search.phone_number_type(PhoneNumberType::TollFree).phone_number_prefix("+1800").send().await.expect("found");
    found.available_numbers_list().iter().filter_map(|one| one.phone_number.clone()).collect()
}

async fn claim(fresh: &TestEmulator, client: &Client, id: &str) -> (String, String) {
    let number = available(client, id).await.remove(0);
    let made = client.claim_phone_number().instance_id(id).phone_number(&number).send().await.expect("claimed");
    fresh.clock.advance(Duration::from_secs(30));
    (made.phone_number_id.expect("an id"), number)
}

async fn status(client: &Client, number: &str) -> PhoneNumberWorkflowStatus {
    let described = client.describe_phone_number().phone_number_id(number).send().await.expect("described");
    let summary = described.claimed_phone_number_summary.expect("it");
    summary.phone_number_status.and_then(|status| status.status).expect("a status")
}

async fn listed(client: &Client) -> usize {
    client.list_phone_numbers_v2().send().await.expect("listed").list_phone_numbers_summary_list().len()
}

async fn flow(client: &Client, id: &str, kind: ContactFlowType) -> String {
    let listed = client.list_contact_flows().instance_id(id).contact_flow_types(kind).send().await.expect("listed");
    listed.contact_flow_summary_list()[0].id().expect("an id").to_owned()
}

#[tokio::test]
async fn claim_takes_time_and_its_token_is_idempotent() {
    let (fresh, client, id) = ready().await;
    let free = available(&client, &id).await;
    assert!(free.len() > 1);
    let claim = client.claim_phone_number().instance_id(&id).phone_number(&free[0]).tags("a", "1");
    assert_eq!(code(claim.clone().client_token("token").send().await), "InvalidParameterException", "no UUID");
    let claim = claim.client_token(TOKEN);
    let made = claim.clone().send().await.expect("claimed").phone_number_id.expect("an id");
    assert_eq!(status(&client, &made).await, PhoneNumberWorkflowStatus::InProgress);
    assert_eq!(listed(&client).await, 0);
    fresh.clock.advance(Duration::from_secs(30));
    assert_eq!(status(&client, &made).await, PhoneNumberWorkflowStatus::Claimed);
    assert_eq!(listed(&client).await, 1);
    assert_eq!(claim.clone().send().await.expect("the same").phone_number_id, Some(made));
    assert_eq!(code(claim.clone().phone_number(&free[1]).send().await), "IdempotencyException");
    let other = client.claim_phone_number().instance_id(&id).phone_number(&free[0]).send().await.expect_err("taken");
    let message = aws_sdk_connect::error::ProvideErrorMetadata::message(&other).unwrap_or_default().to_owned();
    assert_eq!(message, format!("Phone number not available: {}", free[0]));
    assert!(!available(&client, &id).await.contains(&free[0]));
}

#[tokio::test]
async fn flow_of_a_number_follows_its_association() {
    let (fresh, client, id) = ready().await;
    let (number, dialled_number) = claim(&fresh, &client, &id).await;
    let inbound = flow(&client, &id, ContactFlowType::ContactFlow).await;
    let hold = flow(&client, &id, ContactFlowType::AgentHold).await;
    let lead = client.associate_phone_number_contact_flow().phone_number_id(&number).instance_id(&id);
    assert_eq!(code(lead.clone().contact_flow_id(&hold).send().await), "InvalidParameterException");
    assert_eq!(code(lead.clone().contact_flow_id("x").send().await), "ResourceNotFoundException");
    assert_eq!(dialled(&fresh.emulator, &dialled_number), None);
    lead.contact_flow_id(&inbound).send().await.expect("associated");
    assert_eq!(dialled(&fresh.emulator, &dialled_number), Some((id.clone(), inbound.clone())));
    let listed = client.list_flow_associations().instance_id(&id).send().await.expect("listed");
    let found = &listed.flow_association_summary_list()[0];
    assert!(found.resource_id().is_some_and(|arn| arn.ends_with(&format!(":phone-number/{number}"))));
    assert!(found.flow_id().is_some_and(|arn| arn.ends_with(&format!("/contact-flow/{inbound}"))));
    let batch = client.batch_get_flow_association().instance_id(&id).resource_ids(found.resource_id().expect("an ARN"));
    assert_eq!(batch.send().await.expect("found").flow_association_summary_list(), std::slice::from_ref(found));
    let delete = client.delete_contact_flow().instance_id(&id).contact_flow_id(&inbound);
    assert_eq!(code(delete.clone().send().await), "InvalidRequestException");
    let part = client.disassociate_phone_number_contact_flow().phone_number_id(&number).instance_id(&id);
    part.send().await.expect("parted");
    delete.send().await.expect("deleted");
}

#[tokio::test]
async fn moved_number_loses_its_flow() {
    let (fresh, client, id) = ready().await;
    let (number, dialled_number) = claim(&fresh, &client, &id).await;
    let inbound = flow(&client, &id, ContactFlowType::ContactFlow).await;
    let lead = client.associate_phone_number_contact_flow().phone_number_id(&number).instance_id(&id).contact_flow_id(&inbound);
    lead.send().await.expect("associated");
    let other = another(&fresh, &client, "other").await;
    let update = client.update_phone_number().phone_number_id(&number).instance_id(&other).client_token(TOKEN);
    update.clone().send().await.expect("moving");
    update.clone().send().await.expect("the same again");
    assert_eq!(code(update.clone().client_token("another").send().await), "ResourceInUseException");
    assert_eq!(code(update.instance_id(&id).send().await), "IdempotencyException");
    fresh.clock.advance(Duration::from_secs(30));
    assert_eq!(dialled(&fresh.emulator, &dialled_number), None);
    let there = client.list_phone_numbers_v2().instance_id(&other).send().await.expect("listed");
    assert_eq!(there.list_phone_numbers_summary_list()[0].phone_number_id(), Some(number.as_str()));
    let metadata = client.update_phone_number_metadata().phone_number_id(&number).phone_number_description("sales");
    metadata.send().await.expect("described");
    assert_eq!(status(&client, &number).await, PhoneNumberWorkflowStatus::InProgress);
    assert_eq!(listed(&client).await, 1, "it stays claimed meanwhile");
}

#[tokio::test]
async fn released_number_is_gone_for_half_a_year() {
    let (fresh, client, id) = ready().await;
    let (number, e164) = claim(&fresh, &client, &id).await;
    let release = client.release_phone_number().phone_number_id(&number).client_token(TOKEN);
    release.clone().send().await.expect("released");
    release.clone().send().await.expect("the same again");
    assert_eq!(code(release.client_token("another").send().await), "ResourceNotFoundException");
    let claim = client.claim_phone_number().instance_id(&id).phone_number(&e164);
    fresh.clock.advance(DAY * 179);
    assert_eq!(code(claim.clone().send().await), "InvalidParameterException");
    fresh.clock.advance(DAY);
    claim.send().await.expect("free again");
}

#[tokio::test]
async fn deleted_instance_releases_its_numbers() {
    let (fresh, client, id) = ready().await;
    let (number, e164) = claim(&fresh, &client, &id).await;
    client.delete_instance().instance_id(&id).send().await.expect("deletion begins");
    assert_eq!(listed(&client).await, 1);
    fresh.clock.advance(Duration::from_secs(60));
    assert_eq!(listed(&client).await, 0);
    assert_eq!(code(client.describe_phone_number().phone_number_id(&number).send().await), "ResourceNotFoundException");
    let other = another(&fresh, &client, "other").await;
    let again = client.claim_phone_number().instance_id(&other).phone_number(&e164);
    assert_eq!(code(again.send().await), "InvalidParameterException", "it cools down");
}

#[tokio::test]
async fn numbers_are_limited_by_quotas() {
    let fresh = fresh_with(|options| options.limits.quotas = true);
    let client = Client::new(&fresh.config);
    let id = another(&fresh, &client, "vanity").await;
    let pause = || fresh.clock.advance(Duration::from_secs(60));
    let mut claimed = Vec::new();
    for _ in 0..5 {
        pause();
        claimed.push(claim(&fresh, &client, &id).await.0);
    }
    pause();
    let (sixth, e164) = claim(&fresh, &client, &id).await;
    assert_eq!(status(&client, &sixth).await, PhoneNumberWorkflowStatus::Failed);
    assert_eq!(listed(&client).await, 5);
    pause();
    client.release_phone_number().phone_number_id(claimed.pop().expect("one")).send().await.expect("room for one");
    pause();
    let retry = client.claim_phone_number().instance_id(&id).phone_number(&e164).send().await.expect("tried again");
    fresh.clock.advance(Duration::from_secs(30));
    assert_eq!(status(&client, retry.phone_number_id().expect("an id")).await, PhoneNumberWorkflowStatus::Claimed);
    pause();
    let (seventh, e164) = claim(&fresh, &client, &id).await;
    assert_eq!(status(&client, &seventh).await, PhoneNumberWorkflowStatus::Failed);
    fresh.clock.advance(DAY);
    assert!(available(&client, &id).await.contains(&e164), "a failed claim is forgotten after a day");
    pause();
    client.release_phone_number().phone_number_id(claimed.remove(0)).send().await.expect("released");
    pause();
    let number = available(&client, &id).await.remove(0);
    let claim = client.claim_phone_number().instance_id(&id).phone_number(number);
    assert_eq!(code(claim.clone().send().await), "InvalidParameterException", "ten in 180 days");
    fresh.clock.advance(DAY * 180);
    claim.send().await.expect("a new span");
}
