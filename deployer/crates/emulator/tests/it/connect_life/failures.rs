//! Requests that are accepted and fail asynchronously.

use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::types::{DirectoryType, InstanceStatus, PhoneNumberWorkflowStatus};
use deployer_emulator::request::FAIL_ASYNC_HEADER;

use super::{another, code, ready};
use crate::support::fresh::fresh;

#[tokio::test]
async fn failed_instance_is_listed_for_a_day() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    let create = client.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias("vanity");
    let create = create.inbound_calls_enabled(true).outbound_calls_enabled(false).client_token("one");
    let doomed = create.clone().customize().mutate_request(|request| {
        request.headers_mut().insert(FAIL_ASYNC_HEADER, "true");
    });
    let id = doomed.send().await.expect("accepted").id.expect("an id");
    let status = async || {
        let described = client.describe_instance().instance_id(&id).send().await.expect("described");
        described.instance.expect("it")
    };
    assert_eq!(status().await.instance_status, Some(InstanceStatus::CreationInProgress));
    fresh.clock.advance(Duration::from_secs(90));
    let failed = status().await;
    assert_eq!(failed.instance_status, Some(InstanceStatus::CreationFailed));
    assert!(failed.status_reason.and_then(|reason| reason.message).is_some_and(|why| !why.is_empty()));
    assert_eq!(code(client.list_queues().instance_id(&id).send().await), "InvalidRequestException");
    // The token refers to the failed instance; the alias is free.
    assert_eq!(create.send().await.expect("the same").id, Some(id.clone()));
    let other = another(&fresh, &client, "vanity").await;
    assert_ne!(other, id);
    fresh.clock.advance(Duration::from_secs(86_400));
    assert_eq!(code(client.describe_instance().instance_id(&id).send().await), "ResourceNotFoundException");
}

#[tokio::test]
async fn failed_instance_can_be_deleted() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    let create = client.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias("vanity");
    let doomed = create.inbound_calls_enabled(true).outbound_calls_enabled(false).customize().mutate_request(|request| {
        request.headers_mut().insert(FAIL_ASYNC_HEADER, "true");
    });
    let id = doomed.send().await.expect("accepted").id.expect("an id");
    assert_eq!(code(client.delete_instance().instance_id(&id).send().await), "InvalidRequestException");
    fresh.clock.advance(Duration::from_secs(90));
    for _ in 0..2 {
        client.delete_instance().instance_id(&id).send().await.expect("accepted");
    }
    fresh.clock.advance(Duration::from_secs(60));
    assert_eq!(code(client.describe_instance().instance_id(&id).send().await), "ResourceNotFoundException");
}

#[tokio::test]
async fn failed_claim_is_reported_and_can_be_repeated() {
    let (fresh, client, id) = ready().await;
    let claim = client.claim_phone_number().instance_id(&id).phone_number("+18005550100");
    let doomed = claim.clone().customize().mutate_request(|request| {
        request.headers_mut().insert(FAIL_ASYNC_HEADER, "true");
    });
    let number = doomed.send().await.expect("accepted").phone_number_id.expect("an id");
    let status = async |number: &str| {
        let described = client.describe_phone_number().phone_number_id(number).send().await.expect("described");
        described.claimed_phone_number_summary.and_then(|it| it.phone_number_status).and_then(|it| it.status)
    };
    assert_eq!(status(&number).await, Some(PhoneNumberWorkflowStatus::InProgress));
    fresh.clock.advance(Duration::from_secs(30));
    assert_eq!(status(&number).await, Some(PhoneNumberWorkflowStatus::Failed));
    let again = claim.send().await.expect("it may be tried again").phone_number_id.expect("an id");
    fresh.clock.advance(Duration::from_secs(30));
    assert_eq!(status(&again).await, Some(PhoneNumberWorkflowStatus::Claimed));
    assert_eq!(client.list_phone_numbers_v2().send().await.expect("listed").list_phone_numbers_summary_list().len(), 1);
}
