//! Calls that use the instance's own hours and queues.

use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::types::ContactFlowType;
use deployer_emulator::phone::{Call, call};
use deployer_flow::interpret::Script;
use serde_json::json;

use super::{hours, queue, ready};
use crate::support::fresh::TestEmulator;

/// Runs a flow that says whether the hours, or those of the queue, are open.
async fn asking(client: &Client, instance: &str, name: &str, queue: Option<&str>, parameters: serde_json::Value) -> String {
    let say = |id: &str, text: &str| {
        json!({"Identifier": id, "Type": "MessageParticipant", "Parameters": {"Text": text},
               "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}})
    };
    let when = |answer: &str, next: &str| json!({"NextAction": next, "Condition": {"Operator": "Equals", "Operands": [answer]}});
    let content = json!({
        "Version": "2019-10-30",
        "StartAction": if queue.is_some() { "queue" } else { "ask" },
        "Actions": [
            {"Identifier": "queue", "Type": "UpdateContactTargetQueue", "Parameters": {"QueueId": queue.unwrap_or("$.Queue.ARN")},
             "Transitions": {"NextAction": "ask", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
            {"Identifier": "ask", "Type": "CheckHoursOfOperation", "Parameters": parameters,
             "Transitions": {"NextAction": "closed", "Conditions": [when("True", "open"), when("False", "closed")],
                             "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
            say("open", "Open."),
            say("closed", "Closed."),
            {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
        ],
    });
    let create = client.create_contact_flow().instance_id(instance).name(name).r#type(ContactFlowType::ContactFlow);
    let made = create.content(content.to_string()).send().await;
    made.unwrap_or_else(|error| panic!("{:?}", error.into_service_error())).contact_flow_id.expect("an id")
}

async fn heard(fresh: &TestEmulator, instance: &str, flow: &str) -> Vec<String> {
    let what = Call {
        instance_id: instance.to_owned(),
        contact_flow_id: flow.to_owned(),
        from: Some("+12065550123".to_owned()),
        to: "+18005550100".to_owned(),
        ..Call::default()
    };
    call(&fresh.emulator, what, &mut Script::default()).await.expect("a call").heard
}

#[tokio::test]
async fn call_checks_whether_instance_hours_are_open() {
    let (fresh, client, id) = ready().await;
    // The clock is at ten o'clock on a Monday.
    let there = hours(&client, &id, "Chicago", "America/Chicago").await;
    let here = hours(&client, &id, "Office", "UTC").await;
    let sales = queue(&client, &id, "Sales", &here).await;
    let arn = client.describe_queue().instance_id(&id).queue_id(&sales).send().await.expect("described").queue;
    let arn = arn.and_then(|queue| queue.queue_arn).expect("an ARN");
    let by_hours = asking(&client, &id, "by hours", None, json!({"HoursOfOperationId": there})).await;
    let by_queue = asking(&client, &id, "by queue", Some(&arn), json!({})).await;
    assert_eq!(
        (heard(&fresh, &id, &by_hours).await, heard(&fresh, &id, &by_queue).await),
        (vec!["Closed.".into()], vec!["Open.".into()])
    );
    fresh.clock.advance(Duration::from_secs(8 * 3600));
    assert_eq!(
        (heard(&fresh, &id, &by_hours).await, heard(&fresh, &id, &by_queue).await),
        (vec!["Open.".into()], vec!["Closed.".into()])
    );
}

#[tokio::test]
async fn nobody_is_there_to_answer_a_call() {
    let (fresh, client, id) = ready().await;
    let hours = hours(&client, &id, "Office", "UTC").await;
    let sales = queue(&client, &id, "Sales", &hours).await;
    let say = |id: &str, text: &str| json!({"Identifier": id, "Type": "MessageParticipant", "Parameters": {"Text": text}, "Transitions": {"NextAction": "end"}});
    let errors = ["NoMatchingError", "NoMatchingCondition"];
    let errors = errors.map(|error| json!({"NextAction": format!("on {error}"), "ErrorType": error}));
    let staffed = json!({"NextAction": "staffed", "Condition": {"Operator": "NumberGreaterThan", "Operands": ["0"]}});
    let content = json!({
        "Version": "2019-10-30",
        "StartAction": "check",
        "Actions": [
            {"Identifier": "check", "Type": "CheckMetricData", "Parameters": {"MetricType": "NumberOfAgentsStaffed", "QueueId": sales},
             "Transitions": {"NextAction": "end", "Conditions": [staffed], "Errors": errors}},
            say("staffed", "Staffed."),
            say("on NoMatchingError", "Error."),
            say("on NoMatchingCondition", "Nobody."),
            {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
        ],
    });
    let create = client.create_contact_flow().instance_id(&id).name("staffed").r#type(ContactFlowType::ContactFlow);
    let flow = create.content(content.to_string()).send().await.expect("a flow").contact_flow_id.expect("an id");
    assert_eq!(heard(&fresh, &id, &flow).await, ["Nobody."]);
}

#[tokio::test]
async fn queued_caller_hears_the_default_queue_flow() {
    let (fresh, client, id) = ready().await;
    let hours = hours(&client, &id, "Office", "UTC").await;
    let sales = queue(&client, &id, "Sales", &hours).await;
    let arn = client.describe_queue().instance_id(&id).queue_id(&sales).send().await.expect("described").queue;
    let arn = arn.and_then(|queue| queue.queue_arn).expect("an ARN");
    let then = |next: &str, errors: &[&str]| {
        let errors: Vec<_> = errors.iter().map(|error| json!({"NextAction": "end", "ErrorType": error})).collect();
        json!({"NextAction": next, "Errors": errors})
    };
    let content = json!({
        "Version": "2019-10-30",
        "StartAction": "queue",
        "Actions": [
            {"Identifier": "queue", "Type": "UpdateContactTargetQueue", "Parameters": {"QueueId": arn},
             "Transitions": then("transfer", &["NoMatchingError"])},
            {"Identifier": "transfer", "Type": "TransferContactToQueue", "Parameters": {},
             "Transitions": then("end", &["QueueAtCapacity", "NoMatchingError"])},
            {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
        ],
    });
    let create = client.create_contact_flow().instance_id(&id).name("to sales").r#type(ContactFlowType::ContactFlow);
    let flow = create.content(content.to_string()).send().await.expect("a flow").contact_flow_id.expect("an id");
    let (from, to) = (Some("+12065550123".to_owned()), "+18005550100".to_owned());
    let what = Call { instance_id: id, contact_flow_id: flow, from, to, at: None, chance: None };
    let transcript = call(&fresh.emulator, what, &mut Script::default()).await.expect("a call");
    assert_eq!((transcript.heard, transcript.outcome.as_str()), (vec!["Please hold the line.".to_owned()], "queued: Sales"));
    let flows: Vec<&str> = transcript.path.iter().map(|step| step.flow.as_str()).collect();
    assert_eq!(flows, ["to sales", "to sales", "Default customer queue"]);
}

#[tokio::test]
async fn call_at_the_end_of_time_continues() {
    let (fresh, client, id) = ready().await;
    let here = hours(&client, &id, "Office", "Pacific/Kiritimati").await;
    let longest = "604800";
    let errors: Vec<_> = ["InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"]
        .map(|error| json!({"NextAction": "again", "ErrorType": error}))
        .into();
    let content = json!({"Version": "2019-10-30", "StartAction": "ask", "Actions": [
        {"Identifier": "ask", "Type": "GetParticipantInput",
         "Parameters": {"Text": "Press 1.", "StoreInput": "False", "InputTimeLimitSeconds": "$.Attributes.longest"},
         "Transitions": {"NextAction": "again", "Errors": errors}},
        {"Identifier": "again", "Type": "Loop", "Parameters": {"LoopCount": "2"},
         "Transitions": {"NextAction": "hours", "Conditions": [
            {"NextAction": "ask", "Condition": {"Operator": "Equals", "Operands": ["ContinueLooping"]}},
            {"NextAction": "hours", "Condition": {"Operator": "Equals", "Operands": ["DoneLooping"]}}]}},
        {"Identifier": "hours", "Type": "CheckHoursOfOperation", "Parameters": {"HoursOfOperationId": here},
         "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}], "Conditions": [
            {"NextAction": "end", "Condition": {"Operator": "Equals", "Operands": ["True"]}},
            {"NextAction": "end", "Condition": {"Operator": "Equals", "Operands": ["False"]}}]}},
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]});
    let content = content.to_string().replace("$.Attributes.longest", longest);
    let create = client.create_contact_flow().instance_id(&id).name("longest").r#type(ContactFlowType::ContactFlow);
    let made = create.content(content).send().await;
    let flow = made.unwrap_or_else(|error| panic!("{:?}", error.into_service_error())).contact_flow_id.expect("an id");
    let at = Some(time::macros::datetime!(9999-12-31 23:59:59 UTC));
    let what = Call { instance_id: id, contact_flow_id: flow, to: "+18005550100".to_owned(), at, ..Call::default() };
    let transcript = call(&fresh.emulator, what, &mut Script::default()).await.expect("a call");
    assert_eq!((transcript.heard.len(), transcript.outcome.as_str()), (3, "disconnected"), "{:?}", transcript.path);
}
