//! A valid flow with many kinds of action.

use serde_json::{Value, json};

const ARN: &str = "arn:aws:connect:us-east-1:111122223333:instance/i/contact-flow/f";
const QUEUE: &str = "arn:aws:connect:us-east-1:111122223333:instance/i/queue/q";
const HOURS: &str = "arn:aws:connect:us-east-1:111122223333:instance/i/operating-hours/h";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:convert";

fn action(name: &str, kind: &str, parameters: Value, next: &str, conditions: &[(&str, &str, &str)], errors: &[&str]) -> Value {
    let conditions: Vec<_> = conditions
        .iter()
        .map(|(operator, operand, next)| json!({"NextAction": next, "Condition": {"Operator": operator, "Operands": [operand]}}))
        .collect();
    let errors: Vec<_> = errors.iter().map(|error| json!({"NextAction": "Bye", "ErrorType": error})).collect();
    json!({
        "Identifier": name, "Type": kind, "Parameters": parameters,
        "Transitions": {"NextAction": next, "Conditions": conditions, "Errors": errors}
    })
}

fn input() -> Vec<Value> {
    let menu = json!({"Text": "1 or 2", "StoreInput": "False", "InputTimeLimitSeconds": 5});
    let number = json!({
        "Text": "Your number", "StoreInput": "True", "InputTimeLimitSeconds": "5",
        "InputValidation": {"PhoneNumberValidation": {"NumberFormat": "E164"}}
    });
    let bot = json!({
        "Text": "Talk to me",
        "LexV2Bot": {"AliasArn": "arn:aws:lex:us-east-1:111122223333:bot-alias/A/B"}
    });
    let out = json!({"ThirdPartyPhoneNumber": "+15555550100", "ContinueFlowExecution": "True"});
    let menu_errors = ["NoMatchingError", "NoMatchingCondition", "InputTimeLimitExceeded"];
    let keys = [("Equals", "1", "Say"), ("Equals", "*", "Number")];
    let out_errors = ["NoMatchingError", "CallFailed", "ConnectionTimeLimitExceeded"];
    vec![
        action("Ask", "GetParticipantInput", menu, "Number", &keys, &menu_errors),
        action("Number", "GetParticipantInput", number, "Bye", &[], &["NoMatchingError", "InvalidPhoneNumber"]),
        action("Bot", "ConnectParticipantWithLexBot", bot, "Bye", &[("Equals", "Buy", "Say")], &menu_errors[..2]),
        action("Out", "TransferParticipantToThirdParty", out, "Bye", &[], &out_errors),
    ]
}

fn queueing() -> Vec<Value> {
    let queue = json!({"QueueId": QUEUE});
    let hours = json!({"HoursOfOperationId": HOURS});
    let staff = json!({"MetricType": "NumberOfAgentsStaffed"});
    let both = [("Equals", "True", "Say"), ("Equals", "False", "Bye")];
    let some = [("NumberGreaterThan", "0", "Say")];
    vec![
        action("Queue", "UpdateContactTargetQueue", queue, "Transfer", &[], &["NoMatchingError"]),
        action("Transfer", "TransferContactToQueue", json!({}), "Bye", &[], &["QueueAtCapacity", "NoMatchingError"]),
        action("Open", "CheckHoursOfOperation", hours, "Bye", &both, &["NoMatchingError"]),
        action("Staff", "CheckMetricData", staff, "Bye", &some, &["NoMatchingError", "NoMatchingCondition"]),
        action("Priority", "UpdateContactRoutingBehavior", json!({"QueuePriority": "1"}), "Bye", &[], &[]),
    ]
}

fn data() -> Vec<Value> {
    let function = json!({
        "LambdaFunctionARN": FUNCTION, "InvocationTimeLimitSeconds": "8",
        "LambdaInvocationAttributes": {"way": "$.Attributes.way"}
    });
    let answer = json!({"ComparisonValue": "$.External.status"});
    let rounds = [("Equals", "ContinueLooping", "Say"), ("Equals", "DoneLooping", "Bye")];
    let shares = [("NumberLessThan", "51", "Say"), ("NumberLessThan", "101", "Bye")];
    let some = ["NoMatchingError"];
    vec![
        action("Function", "InvokeLambdaFunction", function, "Which", &[], &some),
        action("Which", "Compare", answer, "Bye", &[("Equals", "OK", "Say")], &["NoMatchingCondition"]),
        action("Tag", "TagContact", json!({"Tags": {"a": "b"}}), "Bye", &[], &some),
        action("Loop", "Loop", json!({"LoopCount": "3"}), "Bye", &rounds, &[]),
        action("Share", "DistributeByPercentage", json!({}), "Bye", &shares, &["NoMatchingCondition"]),
        action("Note", "UpdateFlowAttributes", json!({"FlowAttributes": {"a": {"Value": "$.Channel"}}}), "Bye", &[], &some),
        action("Data", "UpdateContactData", json!({"LanguageCode": "en-US"}), "Bye", &[], &some),
        action("Hooks", "UpdateContactEventHooks", json!({"EventHooks": {"CustomerQueue": ARN}}), "Bye", &[], &some),
        action(
            "Remember",
            "UpdateContactAttributes",
            json!({"Attributes": {"first name": "$.Customer.['a b']"}}),
            "Bye",
            &[],
            &some,
        ),
        action("Log", "UpdateFlowLoggingBehavior", json!({"FlowLoggingBehavior": "Enabled"}), "Bye", &[], &[]),
        action("Say", "MessageParticipant", json!({"Text": "Hello $.CustomerEndpoint.Address"}), "Bye", &[], &some),
    ]
}

/// Returns a flow of 22 actions; `Hub` leads to all of them but `Which` and `Transfer`, so that removing one transition
/// leaves no action unreachable.
pub(crate) fn clean() -> Value {
    let rest: Vec<_> = [input(), queueing(), data()].concat();
    let hubs: Vec<_> = rest
        .iter()
        .filter_map(|action| action["Identifier"].as_str())
        .filter(|name| !matches!(*name, "Which" | "Transfer"))
        .map(|name| ("Equals", name, name))
        .collect();
    let way = json!({"ComparisonValue": "$.Attributes.way"});
    let mut actions = vec![action("Hub", "Compare", way, "Bye", &hubs, &["NoMatchingCondition"])];
    actions.extend(rest);
    actions.push(json!({
        "Identifier": "Bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}
    }));
    json!({"Version": "2019-10-30", "StartAction": "Hub", "Metadata": {}, "Actions": actions})
}
