//! Recorded AWS responses that the embedded AWS does not produce by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use deployer_emulator::request::FAIL_ASYNC_HEADER;
use deployer_engine::{Action, Backend, ErrorClass, RunStatus};
use serde_json::json;
use time::format_description::well_known::Rfc2822;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::runs::{GraphSpec, PLAIN, apply, destroy, graph, plan};
use super::{function, instance, role};
use crate::support::wire::refusal;
use crate::support::world::{REGION, TestCloud, tags};

fn is(request: &HttpRequest, method: &str, path: &str) -> bool {
    request.method() == method && request.uri().contains(path)
}

/// Whether the request is for this operation, of a service that names it in a header.
fn targets(request: &HttpRequest, operation: &str) -> bool {
    request.headers().get("x-amz-target").is_some_and(|target| target.ends_with(operation))
}

/// Rejects the first request that matches `which`, and counts all that match.
fn refused_once(
    world: &TestCloud,
    which: impl Fn(&HttpRequest) -> bool + Send + 'static,
    answer: impl Fn() -> aws_smithy_runtime_api::client::orchestrator::HttpResponse + Send + 'static,
) -> Arc<AtomicUsize> {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    world.wire.set(move |request| {
        let first = which(request) && counted.fetch_add(1, Ordering::Relaxed) == 0;
        first.then(&answer)
    });
    calls
}

#[tokio::test]
async fn unlistable_tags_are_a_denial() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
                     {"Effect":"Deny","Action":"lambda:ListTags","Resource":"*"}]}"#;
    let world = TestCloud::empty();
    let role = role(&world).await;
    let made = function(&world, &role).await;
    let denied = world.as_role(policy);
    let error = denied.try_find(&made).await.expect_err("the owner is unknown");
    assert_eq!(error.class, ErrorClass::Denied, "{error}");
    assert!(error.help.as_deref().is_some_and(|help| help.contains("lambda:ListTags")), "{error:?}");
    assert!(world.try_find(&made).await.is_ok());
}

#[tokio::test]
async fn unreadable_state_bucket_is_reported() {
    for action in ["s3:GetBucketVersioning"] {
        let whole = TestCloud::empty();
        let s3 = aws_sdk_s3::config::Builder::from(&whole.sdk).force_path_style(true).build();
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
        let create = aws_sdk_s3::Client::from_conf(s3).create_bucket().bucket("example-states");
        create.create_bucket_configuration(place).send().await.expect("a bucket");
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}},
                {{"Effect":"Deny","Action":"{action}","Resource":"*"}}]}}"#
        );
        let world = whole.as_role(&policy);
        let bucket = world.state_bucket();
        bucket.acquire(&world.holder(), world.now(), Duration::from_secs(30)).await.expect("it is kept all the same");
        let reported = format!("{:?}", world.reported.lock().expect("nobody panics holding it"));
        assert!(reported.contains(&format!("allow {action} on the bucket")), "{reported}");
    }
}

#[tokio::test]
async fn taken_alias_is_refused_after_one_call() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    // terraform-provider-aws#38115.
    world.wire.set(move |request| {
        is(request, "PUT", "/instance").then(|| {
            counted.fetch_add(1, Ordering::Relaxed);
            let said = json!({"Message": "Invalid Input. Instance alias is already used."});
            refusal(400, "InvalidRequestException", said)
        })
    });
    let outcome = apply(&world.engine(place.path()), &graph(&PLAIN)).await;
    assert_eq!(outcome.status, RunStatus::Failed);
    let error = &outcome.errors.first().expect("a failure").error;
    assert_eq!(error.class, ErrorClass::Invalid, "{error}");
    assert!(error.help.as_deref().is_some_and(|help| help.contains("unique across all AWS accounts")), "{error:?}");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn alias_of_another_instance_here_is_foreign() {
    let world = TestCloud::empty();
    instance(&world).await;
    let wanted = json!({"alias": "shop-dev", "deletion_protection": false, "inbound_calls": true, "outbound_calls": false,
                        "attributes": {}, "tags": tags("instance.other")});
    let error = world.create("connect.instance", "instance.other", &wanted).await.expect_err("the alias is taken");
    assert_eq!(error.class, ErrorClass::AlreadyExists, "{error}");
}

/// Makes the first creation of an instance fail after it was accepted.
fn first_creation_fails(world: &TestCloud) {
    let failed = AtomicUsize::new(0);
    world.wire.set(move |request| {
        if is(request, "PUT", "/instance") && failed.fetch_add(1, Ordering::Relaxed) == 0 {
            request.headers_mut().insert(FAIL_ASYNC_HEADER, "true");
        }
        None
    });
}

async fn statuses(world: &TestCloud) -> Vec<String> {
    let connect = aws_sdk_connect::Client::new(&world.sdk);
    let listed = connect.list_instances().send().await.expect("a list").instance_summary_list.unwrap_or_default();
    listed.iter().filter_map(|one| Some(one.instance_status()?.as_str().to_owned())).collect()
}

#[tokio::test]
async fn failed_instance_is_replaced_by_the_next_run() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    first_creation_fails(&world);
    let outcome = apply(&engine, &graph(&PLAIN)).await;
    assert_eq!(
        (outcome.status, statuses(&world).await),
        (RunStatus::Failed, vec!["CREATION_FAILED".to_owned()]),
        "{:?}",
        outcome.errors
    );
    let shown = plan(&engine, &graph(&PLAIN)).await;
    let change = shown.effective().find(|change| change.address.as_str() == "instance.main").expect("it is planned");
    assert_eq!(change.action, Action::Replace);
    assert_eq!(apply(&engine, &graph(&PLAIN)).await.status, RunStatus::Applied);
    assert_eq!(statuses(&world).await, ["ACTIVE"]);
    assert_eq!(apply(&engine, &graph(&PLAIN)).await.status, RunStatus::NothingToDo);
}

#[tokio::test]
async fn failed_instance_is_removed_by_destroy_although_protected() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    first_creation_fails(&world);
    let wanted = graph(&GraphSpec { protected: true, ..PLAIN });
    assert_eq!(apply(&engine, &wanted).await.status, RunStatus::Failed);
    assert_eq!(destroy(&engine, &wanted, &[]).await.status, RunStatus::Applied);
    assert_eq!(statuses(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn flow_that_names_a_new_function_is_retried() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let problem = "The Lambda function arn:aws:lambda:eu-central-1:111122223333:function:f is not valid";
    let calls = refused_once(
        &world,
        |request| is(request, "PUT", "/contact-flows/"),
        move || refusal(400, "InvalidContactFlowException", json!({"problems": [{"message": problem}]})),
    );
    let content = json!({"Version": "2019-10-30", "StartAction": "end", "Metadata": {}, "Actions": [
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]});
    let flow = json!({"instance_id": instance.output("id"), "name": "main", "type": "CONTACT_FLOW", "description": "",
                      "content": content, "status": "PUBLISHED", "state": "ACTIVE", "tags": tags("flow.main")});
    world.make("connect.contact_flow", "flow.main", flow).await;
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn table_unknown_to_backups_is_retried() {
    let world = TestCloud::empty();
    let calls = refused_once(
        &world,
        |request| targets(request, ".UpdateContinuousBackups"),
        || refusal(400, "TableNotFoundException", json!({"message": "Table not found: shop-dev-numbers"})),
    );
    let table = json!({"name": "shop-dev-numbers", "attributes": {"phone": "S"}, "key": {"partition": "phone", "sort": null},
                       "indexes": {}, "encryption": "aws-owned", "point_in_time_recovery": true, "ttl_attribute": null,
                       "deletion_protection": false, "tags": tags("table.numbers")});
    world.make("dynamodb.table", "table.numbers", table).await;
    assert!(calls.load(Ordering::Relaxed) > 1);
}

#[tokio::test]
async fn zero_queue_limit_equals_no_limit() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let nobody = json!({"name": null, "phone_number_id": null, "flow_id": null});
    let queue = json!({"instance_id": instance.output("id"), "name": "support", "description": "x",
                       "hours_of_operation": "Basic Hours", "max_contacts": null, "enabled": true, "outbound_caller": nobody,
                       "tags": tags("queue.support")});
    let queue = world.make("connect.queue", "queue.support", queue).await;
    let connect = aws_sdk_connect::Client::new(&world.sdk);
    let limit = connect.update_queue_max_contacts().instance_id(instance.output("id")).queue_id(queue.output("id"));
    limit.max_contacts(0).send().await.expect("limited");
    let read = async |hint| world.read(&queue, &hint).await.expect("it is there").properties["max_contacts"].clone();
    assert_eq!(read(queue.with("max_contacts", serde_json::Value::Null)).await, json!(null));
    assert_eq!(read(queue.with("max_contacts", 0)).await, json!(0));
}

#[tokio::test]
async fn clock_that_is_an_hour_late_is_corrected() {
    let world = TestCloud::empty();
    let ahead = world.now() + time::Duration::hours(1);
    let refused = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&refused);
    world.wire.set(move |request| {
        let signed = request.headers().get("x-amz-date").expect("it is signed").to_owned();
        let form = format_description!("[year][month][day]T[hour][minute][second]Z");
        let signed = PrimitiveDateTime::parse(&signed, form).expect("a time").assume_utc();
        if (signed - ahead).abs() < time::Duration::minutes(5) {
            return None;
        }
        counted.fetch_add(1, Ordering::Relaxed);
        let said = json!({"message": "Signature expired: 20261123T100000Z is now earlier than 20261123T105500Z"});
        let mut answer = refusal(400, "InvalidSignatureException", said);
        answer.headers_mut().insert("date", http_date(ahead));
        Some(answer)
    });
    let wanted = json!({"name": "/shop/dev", "retention_days": 7, "tags": tags("log_group.main")});
    world.create("logs.group", "log_group.main", &wanted).await.expect("it is signed by AWS's clock");
    assert_eq!(refused.load(Ordering::Relaxed), 1);
}

/// Formats a time as HTTP does.
fn http_date(moment: OffsetDateTime) -> String {
    moment.format(&Rfc2822).expect("a moment").replace("+0000", "GMT")
}
