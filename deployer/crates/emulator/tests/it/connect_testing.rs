//! Execution of Connect's own test cases: their results are those of the call.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::error::ProvideErrorMetadata;
use aws_sdk_connect::types::{
    ContactFlowType, DirectoryType, ExecutionRecord, TestCaseEntryPoint, TestCaseEntryPointType, TestCaseExecutionStatus,
    TestCaseStatus, VoiceCallEntryPointParameters,
};
use deployer_emulator::phone::{Call, call};
use deployer_flow::interpret::Script;
use serde_json::{Value, json};

use crate::support::fresh::{REGION, TestEmulator, fresh, fresh_with, silence};
use crate::support::wire::stored_state;

const FUNCTION: &str = "arn:aws:lambda:eu-central-1:111122223333:function:convert";

struct Instance {
    fresh: TestEmulator,
    client: Client,
    id: String,
}

async fn instance(fresh: TestEmulator) -> Instance {
    let client = Client::new(&fresh.config);
    let create = client.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias("tested");
    let made = create.inbound_calls_enabled(true).outbound_calls_enabled(false).send().await.expect("an instance");
    fresh.clock.advance(Duration::from_secs(90));
    Instance { fresh, client, id: made.id.expect("an id") }
}

fn action(id: &str, kind: &str, parameters: Value, next: &str) -> Value {
    let errors = json!([{"NextAction": next, "ErrorType": "NoMatchingError"}]);
    let transitions = if next.is_empty() { json!({}) } else { json!({"NextAction": next, "Errors": errors}) };
    json!({"Identifier": id, "Type": kind, "Parameters": parameters, "Transitions": transitions})
}

fn say(id: &str, text: &str, next: &str) -> Value {
    action(id, "MessageParticipant", json!({"Text": text}), next)
}

/// Returns a flow that greets, sets an attribute, asks for a key, and speaks accordingly.
fn menu() -> Vec<Value> {
    let when = |key: &str, next: &str| json!({"NextAction": next, "Condition": {"Operator": "Equals", "Operands": [key]}});
    let failed = |kind: &str| json!({"NextAction": "bye", "ErrorType": kind});
    let ask = json!({"Identifier": "ask", "Type": "GetParticipantInput",
        "Parameters": {"Text": "For sales press 1.", "StoreInput": "False", "InputTimeLimitSeconds": "5"},
        "Transitions": {"NextAction": "bye", "Conditions": [when("1", "sales")],
            "Errors": [failed("InputTimeLimitExceeded"), failed("NoMatchingCondition"), failed("NoMatchingError")]}});
    vec![
        say("hello", "Welcome.", "tier"),
        action("tier", "UpdateContactAttributes", json!({"Attributes": {"tier": "gold"}, "TargetContact": "Current"}), "ask"),
        ask,
        say("sales", "This is sales.", "bye"),
        say("bye", "Goodbye.", "end"),
        action("end", "DisconnectParticipant", json!({}), ""),
    ]
}

impl Instance {
    async fn flow(&self, name: &str, actions: Vec<Value>) -> String {
        let content = json!({"Version": "2019-10-30", "StartAction": actions[0]["Identifier"], "Actions": actions});
        let create = self.client.create_contact_flow().instance_id(&self.id).name(name).r#type(ContactFlowType::ContactFlow);
        let made = create.content(content.to_string()).send().await;
        made.unwrap_or_else(|error| panic!("{:?}", error.into_service_error())).contact_flow_id.expect("an id")
    }

    async fn case(&self, name: &str, flow: &str, observations: Value) -> String {
        let parameters = VoiceCallEntryPointParameters::builder().source_phone_number("+12065550100").flow_id(flow).build();
        let entry = TestCaseEntryPoint::builder().r#type(TestCaseEntryPointType::VoiceCall);
        let content = json!({"Version": "2019-10-30", "Metadata": {}, "Observations": observations}).to_string();
        let create = self.client.create_test_case().instance_id(&self.id).name(name).content(content);
        let create = create.entry_point(entry.voice_call_entry_point_parameters(parameters).build());
        let made = create.initialization_data(json!({"Attributes": {"known": "yes"}}).to_string()).send().await;
        made.unwrap_or_else(|error| panic!("{:?}", error.into_service_error())).test_case_id.expect("an id")
    }

    async fn start(&self, case: &str) -> String {
        let started = self.client.start_test_case_execution().instance_id(&self.id).test_case_id(case).send().await;
        started.unwrap_or_else(|error| panic!("{:?}", error.into_service_error())).test_case_execution_id.expect("an id")
    }

    async fn status(&self, case: &str, execution: &str) -> TestCaseExecutionStatus {
        let get = self.client.get_test_case_execution_summary().instance_id(&self.id).test_case_id(case);
        let summary = get.test_case_execution_id(execution).send().await.expect("a summary");
        summary.status.expect("a status")
    }

    /// Waits for the end of the execution and returns its status and records.
    async fn outcome(&self, case: &str, execution: &str) -> (String, Vec<Value>) {
        let mut status = self.status(case, execution).await;
        while matches!(status, TestCaseExecutionStatus::Initiated | TestCaseExecutionStatus::InProgress) {
            self.let_time_pass(10).await;
            status = self.status(case, execution).await;
        }
        (status.as_str().to_owned(), self.records(case, execution).await)
    }

    async fn let_time_pass(&self, seconds: u64) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.fresh.clock.advance(Duration::from_secs(seconds));
    }

    async fn records(&self, case: &str, execution: &str) -> Vec<Value> {
        let list = self.client.list_test_case_execution_records().instance_id(&self.id).test_case_id(case).max_results(2);
        let list = list.test_case_execution_id(execution);
        let (mut found, mut token) = (Vec::<ExecutionRecord>::new(), None);
        loop {
            let page = list.clone().set_next_token(token).send().await.expect("a page");
            found.extend(page.execution_records.unwrap_or_default());
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        let record = |one: &ExecutionRecord| serde_json::from_str(one.record().unwrap_or_default()).expect("JSON");
        found.iter().map(record).collect()
    }

    /// Executes a test of a flow.
    async fn executed(&self, flow: &str, observations: Value) -> (String, Vec<Value>) {
        let name = format!(
            "test {}",
            self.client.list_test_cases().instance_id(&self.id).send().await.expect("a list").test_case_summary_list().len()
        );
        let case = self.case(&name, flow, observations).await;
        let execution = self.start(&case).await;
        self.outcome(&case, &execution).await
    }
}

fn observe(id: &str, event: Value, actions: Vec<Value>, next: &[&str]) -> Value {
    json!({"Identifier": id, "Event": event, "Actions": chain(actions), "Transitions": {"NextObservations": next}})
}

/// Links the named actions, each to the next one.
fn chain(mut actions: Vec<Value>) -> Vec<Value> {
    let count = actions.len();
    for (index, action) in actions.iter_mut().enumerate() {
        action["Identifier"] = json!(format!("action {index}"));
        action["Transitions"] =
            if index + 1 < count { json!({"NextAction": format!("action {}", index + 1)}) } else { json!({}) };
    }
    actions
}

fn event(kind: &str, properties: Value) -> Value {
    json!({"Identifier": "event", "Type": kind, "Actor": "System", "Properties": properties})
}

fn begins() -> Value {
    event("TestInitiated", json!({}))
}

fn hears(text: &str) -> Value {
    event("MessageReceived", json!({"Text": text, "MatchingCriteria": {"Type": "Inclusion"}}))
}

fn press(keys: &str) -> Value {
    json!({"Type": "SendInstruction", "Parameters": {"ActionType": "SendInstruction", "Actor": "Customer",
        "Instruction": {"Type": "DtmfInput", "Properties": {"Value": keys}}}})
}

fn ends() -> Value {
    json!({"Type": "TestControl", "Parameters": {"ActionType": "TestControl", "Command": {"Type": "EndTest"}}})
}

fn asserts(namespace: &str, operand: &str) -> Value {
    json!({"Type": "Assert", "Parameters": {"Namespace": namespace, "Operator": "Equals", "Operand": operand}})
}

fn overrides(kind: &str, parameters: Value, strategy: Value) -> Value {
    let properties = json!({"ActionType": kind, "ActionParameters": parameters, "Strategy": strategy});
    json!({"Type": "OverrideSystemBehavior", "Parameters": {"ActionType": "OverrideSystemBehavior",
        "Behavior": {"Type": "FlowAction", "Properties": properties}}})
}

fn answers(data: &str) -> Value {
    json!({"Type": "MockResponse", "Response": {"Type": "ExecutionResult", "ExecutionResult": {"LoadedData": data}}})
}

fn last_message(records: &[Value]) -> String {
    let reason = &records.last().expect("records")["CompletionReason"];
    format!("{}: {}", reason["Type"].as_str().expect("a type"), reason["Message"].as_str().expect("a message"))
}

#[tokio::test]
async fn pressed_key_leads_to_its_branch() {
    let here = instance(fresh()).await;
    let flow = here.flow("menu", menu()).await;
    let test = json!([
        observe("start", begins(), vec![], &["menu"]),
        observe("menu", hears("For sales press 1"), vec![press("1"), asserts("$.Attributes.tier", "gold")], &["sales"]),
        observe("sales", hears("This is sales"), vec![asserts("$.Attributes.known", "yes"), ends()], &[]),
    ]);
    let (status, records) = here.executed(&flow, test).await;
    assert_eq!(status, "PASSED", "{records:?}");
    let kinds: Vec<&str> = records.iter().filter_map(|record| record["Type"].as_str()).collect();
    assert_eq!(kinds, ["INITIATION", "EXECUTION_START", "OBSERVATION", "OBSERVATION", "OBSERVATION", "COMPLETION"]);
    assert_eq!(last_message(&records), "SUCCESS: Test completed");
}

#[tokio::test]
async fn missing_speech_is_awaited_until_the_timeout() {
    let here = instance(fresh()).await;
    let flow = here.flow("menu", menu()).await;
    let test = json!([
        observe("start", begins(), vec![], &["menu"]),
        observe("menu", hears("For sales press 1"), vec![press("7")], &["sales"]),
        observe("sales", hears("This is sales"), vec![ends()], &[]),
    ]);
    let case = here.case("never", &flow, test).await;
    let execution = here.start(&case).await;
    here.let_time_pass(299).await;
    assert_eq!(here.status(&case, &execution).await, TestCaseExecutionStatus::InProgress);
    here.fresh.clock.advance(Duration::from_secs(1));
    let (status, records) = here.outcome(&case, &execution).await;
    assert_eq!(status, "FAILED");
    assert_eq!(last_message(&records), "TIMEOUT: Not observed: sales");
    let failed: Vec<&str> =
        records.iter().filter(|one| one["Status"] == "FAILED").filter_map(|one| one["Identifier"].as_str()).collect();
    assert_eq!(failed, ["sales"]);
}

#[tokio::test]
async fn failed_assertion_ends_the_test_with_actual_value() {
    let here = instance(fresh()).await;
    let flow = here.flow("menu", menu()).await;
    for (namespace, operand, found) in [
        ("$.Attributes.tier", "silver", "\"gold\""),
        ("$.Attributes.none", "silver", "not there"),
        ("$.CustomerEndpoint.Address", "+1", "\"+12065550100\""),
    ] {
        let test = json!([observe("menu", hears("press 1"), vec![asserts(namespace, operand), ends()], &[])]);
        let (status, records) = here.executed(&flow, test).await;
        let wanted = format!("FAILURE: menu: {namespace} is {found}; expected: Equals \"{operand}\"");
        assert_eq!((status.as_str(), last_message(&records)), ("FAILED", wanted));
    }
    // When the greeting is spoken, the attribute is not set yet.
    let early = json!([observe("hello", hears("Welcome"), vec![asserts("$.Attributes.tier", "gold"), ends()], &[])]);
    assert_eq!(here.executed(&flow, early).await.0, "FAILED");
}

#[tokio::test]
async fn silent_action_separates_spoken_messages() {
    let here = instance(fresh()).await;
    let together = here
        .flow("together", vec![say("a", "One.", "b"), say("b", "Two.", "c"), action("c", "DisconnectParticipant", json!({}), "")])
        .await;
    let hear = |id: &str, text: &str, next: &[&str]| observe(id, hears(text), vec![], next);
    let one_after_the_other = json!([hear("one", "One", &["two"]), hear("two", "Two", &[])]);
    let beside = json!([hear("one", "One", &[]), hear("two", "Two", &[])]);
    assert_eq!(here.executed(&together, one_after_the_other.clone()).await.0, "FAILED");
    assert_eq!(here.executed(&together, beside).await.0, "PASSED");
    let set = action("s", "UpdateContactAttributes", json!({"Attributes": {"a": "b"}, "TargetContact": "Current"}), "b");
    let parted = here
        .flow(
            "parted",
            vec![say("a", "One.", "s"), set, say("b", "Two.", "c"), action("c", "DisconnectParticipant", json!({}), "")],
        )
        .await;
    assert_eq!(here.executed(&parted, one_after_the_other).await.0, "PASSED");
}

#[tokio::test]
async fn overrides_are_used_once_in_order() {
    let here = instance(fresh()).await;
    here.client.associate_lambda_function().instance_id(&here.id).function_arn(FUNCTION).send().await.ok();
    let ask = |id: &str, next: &str| {
        action(
            id,
            "InvokeLambdaFunction",
            json!({"LambdaFunctionARN": "$.Attributes.function", "InvocationTimeLimitSeconds": "8"}),
            next,
        )
    };
    let set = action(
        "set",
        "UpdateContactAttributes",
        json!({"Attributes": {"function": FUNCTION}, "TargetContact": "Current"}),
        "ask",
    );
    let flow = here
        .flow(
            "asking",
            vec![
                set,
                ask("ask", "first"),
                say("first", "First $.External.word.", "again"),
                ask("again", "second"),
                say("second", "Second $.External.word.", "third"),
                ask("third", "last"),
                say("last", "Third $.External.word.", "end"),
                action("end", "DisconnectParticipant", json!({}), ""),
            ],
        )
        .await;
    let function = json!({"LambdaFunctionARN": FUNCTION});
    let mock = |data: &str| overrides("InvokeLambdaFunction", function.clone(), answers(data));
    let failing = json!({"Type": "MockResponse", "Response": {"Type": "Error", "Error": {"Value": "TimeLimitExceeded", "DelaySeconds": 9}}});
    let test = json!([
        observe(
            "start",
            begins(),
            vec![
                mock(r#"{"word":"one"}"#),
                mock(r#"{"word":"two"}"#),
                overrides("InvokeLambdaFunction", function.clone(), failing)
            ],
            &["function"]
        ),
        observe(
            "function",
            event("FlowActionStarted", json!({"ActionType": "InvokeLambdaFunction", "ActionParameters": function})),
            vec![],
            &["first"]
        ),
        observe("first", hears("First one."), vec![], &["second"]),
        observe("second", hears("Second two."), vec![], &["third"]),
        observe("third", hears("Third two."), vec![ends()], &[]),
    ]);
    let (status, records) = here.executed(&flow, test).await;
    assert_eq!(status, "PASSED", "{records:?}");
}

#[tokio::test]
async fn tests_override_hours_and_observe_queues() {
    let here = instance(fresh()).await;
    let list = here.client.list_hours_of_operations().instance_id(&here.id).send().await.expect("hours");
    let hours = list.hours_of_operation_summary_list()[0].arn().expect("an ARN").to_owned();
    let list = here.client.list_queues().instance_id(&here.id).send().await.expect("queues");
    let queue = list
        .queue_summary_list()
        .iter()
        .find(|one| one.name() == Some("BasicQueue"))
        .expect("the queue")
        .arn()
        .expect("an ARN")
        .to_owned();
    let when = |answer: &str, next: &str| json!({"NextAction": next, "Condition": {"Operator": "Equals", "Operands": [answer]}});
    let check = json!({"Identifier": "check", "Type": "CheckHoursOfOperation", "Parameters": {"HoursOfOperationId": hours},
        "Transitions": {"NextAction": "closed", "Conditions": [when("True", "queue"), when("False", "closed")],
                        "Errors": [{"NextAction": "closed", "ErrorType": "NoMatchingError"}]}});
    let full = json!({"NextAction": "full", "ErrorType": "QueueAtCapacity"});
    let transfer = json!({"Identifier": "transfer", "Type": "TransferContactToQueue", "Parameters": {},
        "Transitions": {"NextAction": "closed", "Errors": [full, {"NextAction": "closed", "ErrorType": "NoMatchingError"}]}});
    let flow = here
        .flow(
            "hours",
            vec![
                check,
                action("queue", "UpdateContactTargetQueue", json!({"QueueId": queue}), "transfer"),
                transfer,
                say("closed", "We are closed.", "end"),
                say("full", "The line is busy.", "end"),
                action("end", "DisconnectParticipant", json!({}), ""),
            ],
        )
        .await;
    let reported = |value: &str| {
        let strategy =
            json!({"Type": "MockResponse", "Response": {"Type": "ExecutionResult", "ExecutionResult": {"Value": value}}});
        overrides("CheckHoursOfOperation", json!({"HoursOfOperationId": hours}), strategy)
    };
    let started =
        event("FlowActionStarted", json!({"ActionType": "TransferContactToQueue", "ActionParameters": {"QueueId": queue}}));
    let queued = |actions: Vec<Value>| {
        json!([
            observe("start", begins(), actions, &["queue"]),
            observe("queue", started.clone(), vec![asserts("$.Queue.Name", "BasicQueue"), ends()], &[])
        ])
    };
    assert_eq!(here.executed(&flow, queued(vec![])).await.0, "PASSED", "they are always open");
    assert_eq!(here.executed(&flow, queued(vec![reported("OutOfHours")])).await.0, "FAILED");
    let closed = json!([
        observe("start", begins(), vec![reported("OutOfHours")], &["closed"]),
        observe("closed", hears("closed"), vec![ends()], &[])
    ]);
    assert_eq!(here.executed(&flow, closed).await.0, "PASSED");
    let busy = overrides(
        "TransferContactToQueue",
        json!({"QueueId": queue}),
        json!({"Type": "MockResponse", "Response": {"Type": "Error", "Error": {"Value": "QueueAtCapacity"}}}),
    );
    let busy =
        json!([observe("start", begins(), vec![busy], &["busy"]), observe("busy", hears("The line is busy"), vec![ends()], &[])]);
    assert_eq!(here.executed(&flow, busy).await.0, "PASSED");
    // No action ends it, and the caller waits in the queue.
    let left = json!([observe("queue", started, vec![], &[])]);
    let (status, records) = here.executed(&flow, left).await;
    assert_eq!(
        (status.as_str(), last_message(&records)),
        ("FAILED", "TIMEOUT: Nothing ended the test: it has no EndTest".to_owned())
    );
}

#[tokio::test]
async fn test_uses_emulator_clock_and_can_be_stopped() {
    let here = instance(fresh()).await;
    let flow = here.flow("menu", menu()).await;
    let test =
        json!([observe("menu", hears("press 1"), vec![press("1")], &["late"]), observe("late", hears("never"), vec![], &[])]);
    let case = here.case("stopped", &flow, test).await;
    let execution = here.start(&case).await;
    assert_eq!(here.status(&case, &execution).await, TestCaseExecutionStatus::Initiated);
    here.let_time_pass(3).await;
    assert_eq!(here.status(&case, &execution).await, TestCaseExecutionStatus::InProgress);
    assert_eq!(here.records(&case, &execution).await.len(), 2, "nothing has been said yet");
    here.let_time_pass(30).await;
    assert_eq!(here.records(&case, &execution).await.len(), 3);
    let stop =
        here.client.stop_test_case_execution().instance_id(&here.id).test_case_id(&case).test_case_execution_id(&execution);
    stop.clone().send().await.expect("stopped");
    assert_eq!(here.status(&case, &execution).await, TestCaseExecutionStatus::Stopped);
    assert_eq!(stop.send().await.expect_err("twice").code(), Some("InvalidRequestException"));
    let list = |status| here.client.list_test_case_executions().instance_id(&here.id).test_case_id(&case).status(status).send();
    assert_eq!(list(TestCaseExecutionStatus::Stopped).await.expect("a list").test_case_executions().len(), 1);
    assert_eq!(list(TestCaseExecutionStatus::Passed).await.expect("a list").test_case_executions().len(), 0);
}

#[tokio::test]
async fn five_executions_run_and_a_hundred_are_accepted() {
    let here = instance(fresh()).await;
    let flow = here.flow("menu", menu()).await;
    let case = here.case("waits", &flow, json!([observe("never", hears("never"), vec![], &[])])).await;
    let start = |token: usize| {
        here.client
            .start_test_case_execution()
            .instance_id(&here.id)
            .test_case_id(&case)
            .client_token(format!("token {token}"))
            .send()
    };
    let first = start(0).await.expect("started");
    assert_eq!(start(0).await.expect("the same").test_case_execution_id, first.test_case_execution_id, "a token starts one");
    for token in 1..100 {
        start(token).await.expect("taken");
    }
    assert_eq!(start(100).await.expect_err("too many").code(), Some("ServiceQuotaExceededException"));
    let count = |status| {
        let list = here.client.list_test_case_executions().instance_id(&here.id).status(status).max_results(100).send();
        async move { list.await.expect("a list").test_case_executions().len() }
    };
    // Each poll advances this clock.
    let mut most = 0;
    while count(TestCaseExecutionStatus::Failed).await < 100 {
        most = most.max(count(TestCaseExecutionStatus::InProgress).await);
        here.let_time_pass(1).await;
    }
    assert_eq!(most, 5, "as many at once");
}

#[tokio::test]
async fn unpublished_or_missing_test_is_not_executed() {
    let here = instance(fresh()).await;
    let flow = here.flow("menu", menu()).await;
    let case = here.case("saved", &flow, json!([observe("a", begins(), vec![ends()], &[])])).await;
    let saved = here.client.create_test_case().instance_id(&here.id).name("draft").content("{}").status(TestCaseStatus::Saved);
    let saved = saved.send().await.expect("saved").test_case_id.expect("an id");
    let start = |case: &str| here.client.start_test_case_execution().instance_id(&here.id).test_case_id(case).send();
    assert_eq!(start(&saved).await.expect_err("a draft").code(), Some("InvalidRequestException"));
    let nobody = "00000000-0000-4000-8000-000000000000";
    assert_eq!(start(nobody).await.expect_err("nothing").code(), Some("ResourceNotFoundException"));
    here.client.delete_contact_flow().instance_id(&here.id).contact_flow_id(&flow).send().await.expect("deleted");
    let execution = here.start(&case).await;
    let (status, records) = here.outcome(&case, &execution).await;
    assert_eq!(status, "FAILED");
    assert_eq!(records.last().expect("records")["CompletionReason"]["FailureReasons"], json!(["INITIALIZATION_FAILURE"]));
    here.client.delete_test_case().instance_id(&here.id).test_case_id(&case).send().await.expect("deleted");
    let left = here.client.list_test_case_executions().instance_id(&here.id).send().await.expect("a list");
    assert_eq!(left.test_case_executions().len(), 0);
}

#[tokio::test]
async fn role_needs_permission_to_execute_a_test() {
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
        {"Effect":"Deny","Action":"connect:StartTestCaseExecution","Resource":"arn:aws:connect:*:*:instance/*/test-case/*"}]}"#;
    let here = instance(fresh_with(|options| options.limits.as_role = Some(policy.to_owned()))).await;
    let flow = here.flow("menu", menu()).await;
    let case = here.case("denied", &flow, json!([observe("a", begins(), vec![ends()], &[])])).await;
    let denied = here.client.start_test_case_execution().instance_id(&here.id).test_case_id(&case).send().await;
    assert_eq!(denied.expect_err("denied").code(), Some("AccessDeniedException"));
}

#[tokio::test]
async fn execution_results_survive_reopening() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let open = || fresh_with(|options| options.directory = Some(directory.path().to_owned()));
    let weak;
    let (id, case, execution, records) = {
        let here = instance(open()).await;
        let flow = here.flow("menu", menu()).await;
        let case = here.case("passes", &flow, json!([observe("menu", hears("press 1"), vec![ends()], &[])])).await;
        let execution = here.start(&case).await;
        let (status, records) = here.outcome(&case, &execution).await;
        assert_eq!(status, "PASSED");
        weak = Arc::downgrade(&here.fresh.emulator);
        (here.id.clone(), case, execution, records)
    };
    // The task that has executed it may still hold a reference.
    while weak.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
    let fresh = open();
    let here = Instance { client: Client::new(&fresh.config), fresh, id };
    here.fresh.clock.advance(Duration::from_secs(3600));
    assert_eq!(here.outcome(&case, &execution).await, ("PASSED".to_owned(), records));
}

/// Creates a prompt of the instance from a recording in a bucket, and returns its ID and ARN.
async fn prompt(here: &Instance, name: &str) -> (String, String) {
    let storage = aws_sdk_s3::Client::new(&here.fresh.config);
    let region = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    let made = storage.create_bucket().bucket("example-recordings").create_bucket_configuration(region).send().await;
    assert!(made.is_ok() || storage.head_bucket().bucket("example-recordings").send().await.is_ok());
    let put = storage.put_object().bucket("example-recordings").key("a.wav").body(silence(10).into());
    put.send().await.expect("stored");
    let create = here.client.create_prompt().instance_id(&here.id).name(name).s3_uri("s3://example-recordings/a.wav");
    let made = create.send().await.expect("a prompt");
    (made.prompt_id.expect("an id"), made.prompt_arn.expect("an ARN"))
}

async fn basic_queue(here: &Instance) -> String {
    let list = here.client.list_queues().instance_id(&here.id).send().await.expect("queues");
    let found = list.queue_summary_list().iter().find(|one| one.name() == Some("BasicQueue")).and_then(|one| one.arn());
    found.expect("the queue").to_owned()
}

/// Returns a flow that asks for a metric, plays two prompts, and transfers the caller to a queue without a queue flow of its own.
fn instances_own(queue: &str, kept: &str, gone: &str) -> Vec<Value> {
    let staffed = json!({"Identifier": "check", "Type": "CheckMetricData",
        "Parameters": {"MetricType": "NumberOfAgentsStaffed", "QueueId": queue},
        "Transitions": {"NextAction": "error", "Errors": [
            {"NextAction": "error", "ErrorType": "NoMatchingError"}, {"NextAction": "nobody", "ErrorType": "NoMatchingCondition"}],
            "Conditions": [{"NextAction": "error", "Condition": {"Operator": "NumberGreaterThan", "Operands": ["0"]}}]}});
    let mut play = action("gone", "MessageParticipant", json!({"PromptId": gone}), "end");
    play["Transitions"]["Errors"][0]["NextAction"] = json!("sorry");
    let transfer = json!({"Identifier": "transfer", "Type": "TransferContactToQueue", "Parameters": {}, "Transitions": {
        "NextAction": "error", "Errors": [
            {"NextAction": "error", "ErrorType": "QueueAtCapacity"}, {"NextAction": "error", "ErrorType": "NoMatchingError"}]}});
    vec![
        staffed,
        say("error", "That is wrong.", "end"),
        say("nobody", "Nobody is there.", "kept"),
        action("kept", "MessageParticipant", json!({"PromptId": kept}), "gone"),
        play,
        say("sorry", "It is not there.", "queue"),
        action("queue", "UpdateContactTargetQueue", json!({"QueueId": queue}), "transfer"),
        transfer,
        action("end", "DisconnectParticipant", json!({}), ""),
    ]
}

#[tokio::test]
async fn executions_see_the_instances_resources_like_calls() {
    let here = instance(fresh()).await;
    let ((kept, arn), (gone, gone_arn)) = (prompt(&here, "greeting").await, prompt(&here, "old").await);
    let flow = here.flow("own", instances_own(&basic_queue(&here).await, &arn, &gone_arn)).await;
    here.client.delete_prompt().instance_id(&here.id).prompt_id(gone).send().await.expect("deleted");
    let (instance_id, contact_flow_id) = (here.id.clone(), flow.clone());
    let to = "+18005550100".to_owned();
    let what = Call { instance_id, contact_flow_id, from: None, to, at: None, chance: None };
    let heard = call(&here.fresh.emulator, what, &mut Script::default()).await.expect("a call").heard;
    assert_eq!(heard, ["Nobody is there.", "[prompt greeting]", "It is not there.", "Please hold the line."]);
    for prompt in [&kept, &arn] {
        let (status, records) = here.executed(&flow, each_heard(&heard, prompt)).await;
        assert_eq!(status, "PASSED", "{records:#?}");
    }
    for other in ["greeting", &gone_arn] {
        let (status, records) = here.executed(&flow, each_heard(&heard, other)).await;
        assert_eq!(status, "FAILED", "{other}");
        assert!(last_message(&records).contains("Not observed: sentence 1"), "{}", last_message(&records));
    }
}

/// Expects every sentence of a call; the last one ends the test, and the prompt is expected by this ID.
fn each_heard(heard: &[String], prompt: &str) -> Value {
    let one = |(index, sentence): (usize, &String)| {
        let event = match sentence.starts_with("[prompt ") {
            true => event("MessageReceived", json!({"PromptId": prompt})),
            false => hears(sentence),
        };
        let actions = if index + 1 == heard.len() { vec![ends()] } else { vec![] };
        observe(&format!("sentence {index}"), event, actions, &[])
    };
    heard.iter().enumerate().map(one).collect()
}

#[tokio::test]
async fn unreadable_stored_test_case_fails_its_execution() {
    let here = instance(fresh()).await;
    let flow = here.flow("menu", menu()).await;
    let case = here.case("waits", &flow, json!([observe("never", hears("never"), vec![], &[])])).await;
    let good = here.case("ends at once", &flow, json!([observe("a", begins(), vec![ends()], &[])])).await;
    let mut last = String::new();
    for _ in 0..6 {
        last = here.start(&case).await;
        here.fresh.clock.advance(Duration::from_secs(1));
    }
    // As written by a version that accepted such a test case.
    let state = serde_json::to_string(&here.fresh.emulator.account_state()).expect("JSON");
    let state = serde_json::from_str(&state.replace("MessageReceived", "MessageDelivered")).expect("JSON");
    let old = stored_state(&state).await;
    let id = here.id.clone();
    let fresh = fresh_with(|options| options.directory = Some(old.path().to_owned()));
    fresh.clock.advance(Duration::from_secs(120));
    let here = Instance { client: Client::new(&fresh.config), fresh, id };
    let start = here.client.start_test_case_execution().instance_id(&here.id).test_case_id(&case).send().await;
    let refused = start.expect_err("it cannot be read");
    assert!(format!("{refused:?}").contains("InvalidTestCaseException"), "{refused:?}");
    // The next execution is started.
    let next = here.start(&good).await;
    assert_eq!(here.outcome(&good, &next).await.0, "PASSED");
    let (status, records) = here.outcome(&case, &last).await;
    assert_eq!(status, "FAILED");
    let reason = &records.last().expect("records")["CompletionReason"];
    assert_eq!(reason["FailureReasons"], json!(["INITIALIZATION_FAILURE"]), "{reason}");
    assert!(reason["Message"].as_str().is_some_and(|why| why.contains("MessageDelivered") || why.contains("Event")), "{reason}");
}
