//! Resources taken over by another project, and resources that have lost their tags.

use std::collections::HashMap;

use deployer_engine::{CancellationToken, ErrorClass, Options, RunStatus};
use serde_json::json;

use super::runs::{PLAIN, agree, apply, destroy, graph, plan};
use crate::support::world::TestCloud;

/// Returns the instance's ARN.
async fn instance_arn(connect: &aws_sdk_connect::Client) -> String {
    let listed = connect.list_instances().send().await.expect("a list").instance_summary_list.unwrap_or_default();
    listed.into_iter().next().and_then(|one| one.arn).expect("an instance")
}

#[tokio::test]
async fn foreign_instance_is_forgotten_with_its_contents() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    assert_eq!(apply(&engine, &graph(&PLAIN)).await.status, RunStatus::Applied);
    let connect = aws_sdk_connect::Client::new(&world.sdk);
    let arn = instance_arn(&connect).await;
    // Only its own tags change: those of its children still name us.
    let taken = HashMap::from([("deployer:project".to_owned(), "bakery".to_owned())]);
    connect.tag_resource().resource_arn(&arn).set_tags(Some(taken)).send().await.expect("tagged");
    let whole = async || {
        let instance = arn.rsplit('/').next().expect("an id");
        let hours =
            connect.list_hours_of_operations().instance_id(instance).send().await.expect("hours").hours_of_operation_summary_list;
        let queues = connect.list_queues().instance_id(instance).send().await.expect("queues").queue_summary_list;
        let users = connect.list_users().instance_id(instance).send().await.expect("users").user_summary_list;
        let numbers = connect.list_phone_numbers_v2().send().await.expect("numbers").list_phone_numbers_summary_list;
        format!("{hours:?} {queues:?} {users:?} {numbers:?}")
    };
    let before = whole().await;
    let shown = plan(&engine, &graph(&PLAIN)).await;
    let problem = shown.problems.iter().find(|problem| problem.address.as_str() == "instance.main").expect("it is refused");
    assert_eq!(problem.error.class, ErrorClass::AlreadyExists);
    let says = "it now belongs to project \"bakery\", environment \"dev\": its tag deployer:project says so";
    assert!(problem.error.message.contains(says), "{}", problem.error);
    let hours = shown.problems.iter().find(|problem| problem.address.as_str() == "hours.support").expect("it is refused");
    assert!(hours.error.message.contains("the instance "), "{}", hours.error);
    let outcome = destroy(&engine, &graph(&PLAIN), &[]).await;
    assert_eq!(outcome.status, RunStatus::Applied, "{outcome:?}");
    assert_eq!((outcome.counts.delete, outcome.counts.forget), (0, 6), "{outcome:?}");
    assert_eq!(whole().await, before);
    assert_eq!(outcome.outputs.len(), 0);
}

#[tokio::test]
async fn instance_is_not_deleted_with_foreign_hours() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    assert_eq!(apply(&engine, &graph(&PLAIN)).await.status, RunStatus::Applied);
    let connect = aws_sdk_connect::Client::new(&world.sdk);
    let arn = instance_arn(&connect).await;
    let hours = async || {
        let instance = arn.rsplit('/').next().expect("an id");
        let listed = connect.list_hours_of_operations().instance_id(instance).send().await.expect("hours");
        let mut all = listed.hours_of_operation_summary_list.into_iter().flatten();
        all.find(|one| one.name.as_deref() == Some("Support hours")).and_then(|one| one.arn)
    };
    let taken = HashMap::from([("deployer:project".to_owned(), "bakery".to_owned())]);
    let theirs = hours().await.expect("they are there");
    connect.tag_resource().resource_arn(&theirs).set_tags(Some(taken)).send().await.expect("tagged");
    let refused = destroy(&engine, &graph(&PLAIN), &["connect.instance"]).await;
    assert_eq!((refused.status, refused.counts.changes()), (RunStatus::Failed, 0), "{refused:?}");
    let says = |failure: &deployer_engine::Failure| failure.error.message.contains("would be lost with instance.main, but");
    assert!(refused.errors.iter().any(says), "{refused:?}");
    assert_eq!(hours().await, Some(theirs));
}

#[tokio::test]
async fn untagged_instance_is_neither_changed_nor_deleted() {
    let world = TestCloud::empty();
    let place = tempfile::tempdir().expect("a place");
    let engine = world.engine(place.path());
    assert_eq!(apply(&engine, &graph(&PLAIN)).await.status, RunStatus::Applied);
    let connect = aws_sdk_connect::Client::new(&world.sdk);
    let arn = instance_arn(&connect).await;
    let untag = async || {
        let keys = ["deployer:project", "deployer:environment"].map(str::to_owned).to_vec();
        connect.untag_resource().resource_arn(&arn).set_tag_keys(Some(keys)).send().await.expect("untagged");
    };
    untag().await;
    let shown = engine.plan_destroy(Some(&graph(&PLAIN)), &Options::default()).await.expect("a plan").plan;
    let refused: Vec<_> = shown.problems.iter().filter(|problem| problem.error.class == ErrorClass::Refused).collect();
    assert_eq!(refused.iter().map(|problem| problem.address.as_str()).collect::<Vec<_>>(), ["instance.main"]);
    assert!(refused[0].error.message.contains("it has no tag deployer:project"), "{}", refused[0].error);
    assert!(refused[0].error.help.as_deref().is_some_and(|help| help.contains("state rm instance.main")));
    let shown = plan(&engine, &graph(&PLAIN)).await;
    let problem = shown.problems.iter().find(|problem| problem.address.as_str() == "instance.main").expect("it is refused");
    assert!(problem.error.help.as_deref().is_some_and(|help| help.contains("--adopt")), "{}", problem.error);
    let adopt = Options { adopt: true, ..Default::default() };
    let adopted = engine.apply(&graph(&PLAIN), &adopt, agree, &CancellationToken::new()).await.expect("the run begins");
    assert_eq!(adopted.status, RunStatus::Applied, "{adopted:?}");
    let tags = connect.list_tags_for_resource().resource_arn(&arn).send().await.expect("tags").tags.unwrap_or_default();
    assert_eq!(json!(tags)["deployer:project"], "shop");
    assert_eq!(destroy(&engine, &graph(&PLAIN), &[]).await.status, RunStatus::Applied);
}
