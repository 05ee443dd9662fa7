//! CloudWatch Logs through the real SDK.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;

use crate::support::fresh::{ACCOUNT, REGION, fresh};

const GROUP: &str = "/aws/lambda/convert";

fn said<T: std::fmt::Debug, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    let error = result.expect_err("a refusal");
    format!("{}: {}", error.code().unwrap_or_default(), error.message().unwrap_or_default())
}

#[tokio::test]
async fn group_has_two_arns_a_retention_and_tags() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    let create = || client.create_log_group().log_group_name(GROUP).tags("app", "vanity").send();
    create().await.expect("a group");
    assert_eq!(said(create().await), "ResourceAlreadyExistsException: The specified log group already exists");
    let retain = |days| client.put_retention_policy().log_group_name(GROUP).retention_in_days(days).send();
    assert!(said(retain(2).await).starts_with("InvalidParameterException: 1 validation error detected: Value '2'"));
    retain(14).await.expect("kept");
    let described = client.describe_log_groups().log_group_name_prefix("/aws/lambda/conv").send().await.expect("a list");
    let group = &described.log_groups()[0];
    let arn = format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}");
    assert_eq!((group.log_group_arn(), group.arn()), (Some(arn.as_str()), Some(format!("{arn}:*").as_str())));
    assert_eq!(group.retention_in_days(), Some(14));
    client.delete_retention_policy().log_group_name(GROUP).send().await.expect("for ever");
    let described = client.describe_log_groups().log_group_identifiers(&arn).send().await.expect("a list");
    assert_eq!(described.log_groups()[0].retention_in_days(), None);
    let tags = |arn: &str| client.list_tags_for_resource().resource_arn(arn).send();
    assert_eq!(tags(&arn).await.expect("tags").tags.expect("some")["app"], "vanity");
    assert!(said(tags(&format!("{arn}:other")).await).starts_with("ResourceNotFoundException"));
    client.tag_resource().resource_arn(&arn).tags("env", "dev").send().await.expect("tagged");
    client.untag_resource().resource_arn(&arn).tag_keys("app").send().await.expect("untagged");
    assert_eq!(tags(&arn).await.expect("tags").tags.expect("some").len(), 1);
    client.delete_log_group().log_group_name(GROUP).send().await.expect("deleted");
    let again = client.delete_log_group().log_group_name(GROUP).send().await;
    assert_eq!(said(again), "ResourceNotFoundException: The specified log group does not exist.");
}

#[tokio::test]
async fn faulty_groups_are_refused() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    for name in ["a b", &"x".repeat(513), "aws/mine"] {
        let refused = said(client.create_log_group().log_group_name(name).send().await);
        assert!(refused.starts_with("InvalidParameterException: "), "{refused}");
    }
    assert!(client.describe_log_groups().send().await.expect("a list").log_groups().is_empty());
}

#[tokio::test]
async fn groups_are_listed_once_in_pages() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    for n in 0..60 {
        client.create_log_group().log_group_name(format!("g{n:02}")).send().await.expect("a group");
    }
    let pages: Result<Vec<_>, _> = client.describe_log_groups().into_paginator().items().send().collect().await;
    let names: Vec<_> = pages.expect("pages").iter().filter_map(|group| group.log_group_name().map(str::to_owned)).collect();
    assert_eq!(names, (0..60).map(|n| format!("g{n:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn events_are_kept_in_order_and_found_again() {
    let fresh = fresh();
    let client = Client::new(&fresh.config);
    let now = time::macros::datetime!(2026-11-23 10:00 UTC).unix_timestamp() * 1000;
    let event = |at: i64, text: &str| InputLogEvent::builder().timestamp(at).message(text).build().expect("an event");
    let put = |events: Vec<InputLogEvent>| {
        client.put_log_events().log_group_name(GROUP).log_stream_name("one").set_log_events(Some(events)).send()
    };
    assert!(said(put(vec![event(now, "x")]).await).starts_with("ResourceNotFoundException: The specified log group"));
    client.create_log_group().log_group_name(GROUP).send().await.expect("a group");
    assert!(said(put(vec![event(now, "x")]).await).starts_with("ResourceNotFoundException: The specified log stream"));
    client.create_log_stream().log_group_name(GROUP).log_stream_name("one").send().await.expect("a stream");
    assert!(said(put(vec![event(now, "b"), event(now - 1, "a")]).await).contains("chronological order"));
    let day = 24 * 3600 * 1000;
    assert!(said(put(vec![event(now - day - 1, "a"), event(now, "b")]).await).contains("cannot span more than 24 hours"));
    put((0..7).map(|n| event(now + n, &format!("START {n}"))).collect()).await.expect("kept");
    fresh.clock.advance(Duration::from_secs(3600));
    let future = put(vec![event(now, "late"), event(now + 4 * 3_600_000, "REPORT")]).await.expect("the first is kept");
    assert_eq!(future.rejected_log_events_info().and_then(|info| info.too_new_log_event_start_index()), Some(1));
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let get = client.get_log_events().log_group_name(GROUP).log_stream_name("one").start_from_head(true).limit(3);
        let page = get.set_next_token(token.clone()).send().await.expect("a page");
        seen.extend(page.events().iter().filter_map(|event| event.message().map(str::to_owned)));
        if page.next_forward_token == token {
            break;
        }
        token = page.next_forward_token;
    }
    assert_eq!(seen, ["START 0", "late", "START 1", "START 2", "START 3", "START 4", "START 5", "START 6"]);
    let found =
        client.filter_log_events().log_group_name(GROUP).filter_pattern("START -\"START 3\"").send().await.expect("found");
    assert_eq!(found.events().len(), 6);
    let streams = client.describe_log_streams().log_group_name(GROUP).send().await.expect("a list");
    assert_eq!(streams.log_streams()[0].last_event_timestamp(), Some(now + 6));
}
