//! The log group of an instance's flows, which belongs to the account alone.

use aws_sdk_connect::types::InstanceAttributeType;

use super::ready;

/// Administrator guide, "Flow logs stored in an Amazon CloudWatch log group".
#[tokio::test]
async fn log_group_outlives_its_instance() {
    let (fresh, client, id) = ready().await;
    let logs = aws_sdk_cloudwatchlogs::Client::new(&fresh.config);
    let groups = async || {
        let listed = logs.describe_log_groups().log_group_name_prefix("/aws/connect/").send().await.expect("listed");
        let known = |group: &aws_sdk_cloudwatchlogs::types::LogGroup| (group.log_group_name.clone(), group.retention_in_days);
        listed.log_groups().iter().map(known).collect::<Vec<_>>()
    };
    let set = async |value: &str| {
        let set = client.update_instance_attribute().instance_id(&id).attribute_type(InstanceAttributeType::ContactflowLogs);
        set.value(value).send().await.expect("set");
    };
    assert_eq!(groups().await, []);
    set("true").await;
    let made = [(Some("/aws/connect/vanity".to_owned()), None)];
    assert_eq!(groups().await, made);
    logs.put_retention_policy().log_group_name("/aws/connect/vanity").retention_in_days(7).send().await.expect("set");
    set("false").await;
    set("true").await;
    let kept = [(Some("/aws/connect/vanity".to_owned()), Some(7))];
    assert_eq!(groups().await, kept, "one that is there is left alone");
    client.delete_instance().instance_id(&id).send().await.expect("deleted");
    fresh.clock.advance(std::time::Duration::from_secs(3_600));
    assert_eq!(client.list_instances().send().await.expect("listed").instance_summary_list(), []);
    assert_eq!(groups().await, kept);
}
