//! A flow test and its export as one of Connect's own test cases: both pass, or both fail.
//!
//! The embedded AWS has its own parser of the Testing language, so that a test case which differs from the test is detected here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_connect::Client;
use aws_sdk_connect::types::{
    ContactFlowType, DirectoryType, TestCaseEntryPoint, TestCaseEntryPointType, TestCaseExecutionStatus,
    VoiceCallEntryPointParameters,
};
use deployer_flow::scenario::{Files, Outcome, Suite, TestCase, suite};
use deployer_flow::{Flow, Segment, SymbolicName, segments};
use serde_json::{Value, json};

use crate::support::fresh::{REGION, TestEmulator, fresh, silence};

const VANITY: &str = include_str!("../../../../../flows/vanity.json");
const VANITY_TESTS: &str = include_str!("../../../../../flows/tests/vanity.yaml");

/// An instance with the resources that the flows of the tests refer to.
struct Instance {
    fresh: TestEmulator,
    client: Client,
    id: String,
    /// ARNs by section and key.
    arns: BTreeMap<String, String>,
    count: std::cell::Cell<usize>,
}

impl Instance {
    async fn new() -> Self {
        let fresh = fresh();
        let client = Client::new(&fresh.config);
        let create = client.create_instance().identity_management_type(DirectoryType::ConnectManaged).instance_alias("tested");
        let made = create.inbound_calls_enabled(true).outbound_calls_enabled(false).send().await.expect("an instance");
        fresh.clock.advance(Duration::from_secs(90));
        let mut here = Self { fresh, client, id: made.id.expect("an id"), arns: BTreeMap::new(), count: 0.into() };
        for key in ["convert", "look-up"] {
            // In another Region, so that its existence is not checked: no test here invokes it.
            let arn = format!("arn:aws:lambda:us-west-2:111122223333:function:{key}");
            here.client.associate_lambda_function().instance_id(&here.id).function_arn(&arn).send().await.expect("associated");
            here.arns.insert(format!("functions.{key}.arn"), arn);
        }
        let hours = here.client.list_hours_of_operations().instance_id(&here.id).send().await.expect("hours");
        let (hours, office) = (&hours.hours_of_operation_summary_list()[0], hours.hours_of_operation_summary_list()[0].arn());
        let (hours, office) = (hours.id().expect("an id").to_owned(), office.expect("an ARN").to_owned());
        here.arns.insert("connect.hours.office.arn".to_owned(), office.clone());
        for (key, name) in [("sales", "Sales"), ("help", "Help desk")] {
            let create = here.client.create_queue().instance_id(&here.id).name(name).hours_of_operation_id(&hours);
            let made = create.send().await.expect("a queue");
            here.arns.insert(format!("connect.queues.{key}.arn"), made.queue_arn.expect("an ARN"));
        }
        here
    }

    async fn prompt(&mut self, key: &str, name: &str) {
        let storage = aws_sdk_s3::Client::new(&self.fresh.config);
        let region = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
        let create = storage.create_bucket().bucket("example-recordings").create_bucket_configuration(region);
        assert!(create.send().await.is_ok() || storage.head_bucket().bucket("example-recordings").send().await.is_ok());
        let put = storage.put_object().bucket("example-recordings").key(key).body(silence(10).into());
        put.send().await.expect("stored");
        let uri = format!("s3://example-recordings/{key}");
        let made = self.client.create_prompt().instance_id(&self.id).name(name).s3_uri(uri).send().await.expect("a prompt");
        self.arns.insert(format!("connect.prompts.{key}.arn"), made.prompt_arn.expect("an ARN"));
        self.arns.insert(format!("connect.prompts.{key}.id"), made.prompt_id.expect("an id"));
    }

    /// Returns a text with its references resolved.
    fn filled(&self, text: &str) -> String {
        let one = |piece: Segment<'_>| match piece {
            Segment::Text(text) => text.into_owned(),
            Segment::Symbol(symbol) => self.arns.get(symbol).unwrap_or_else(|| panic!("nothing is called {symbol}")).clone(),
        };
        segments(text).into_iter().map(one).collect()
    }

    fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.filled(text)),
            Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
            Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), self.resolved(member))).collect(),
            other => other.clone(),
        }
    }

    async fn deploy(&mut self, key: &str, flow: &Flow) {
        let content = self.resolved(flow.as_value()).to_string();
        let create = self.client.create_contact_flow().instance_id(&self.id).name(key).r#type(ContactFlowType::ContactFlow);
        let made = create.content(content).send().await.unwrap_or_else(|error| panic!("{:?}", error.into_service_error()));
        self.arns.insert(format!("connect.flows.{key}.arn"), made.contact_flow_arn.expect("an ARN"));
    }

    /// Executes the test case, and returns whether it passes and its last record.
    async fn execute(&self, case: &TestCase) -> (bool, String) {
        self.count.set(self.count.get() + 1);
        let entry = self.resolved(&case.entry_point);
        let parameters = &entry["VoiceCallEntryPointParameters"];
        let text = |name: &str| parameters[name].as_str().map(str::to_owned);
        let voice = VoiceCallEntryPointParameters::builder()
            .set_source_phone_number(text("SourcePhoneNumber"))
            .set_flow_id(text("FlowId"));
        let point = TestCaseEntryPoint::builder()
            .r#type(TestCaseEntryPointType::VoiceCall)
            .voice_call_entry_point_parameters(voice.build());
        let create = self.client.create_test_case().instance_id(&self.id).name(format!("{} {}", case.name, self.count.get()));
        let create = create.content(self.resolved(&case.content).to_string()).entry_point(point.build());
        let data = (!case.initialization_data.is_null()).then(|| case.initialization_data.to_string());
        let made = create.set_initialization_data(data).send().await;
        let made = made.unwrap_or_else(|error| panic!("{}: {:?}\n{:#}", case.name, error.into_service_error(), case.content));
        let (instance, id) = (&self.id, made.test_case_id.expect("an id"));
        let started =
            self.client.start_test_case_execution().instance_id(instance).test_case_id(&id).send().await.expect("started");
        let execution = started.test_case_execution_id.expect("an id");
        loop {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            self.fresh.clock.advance(Duration::from_secs(10));
            let get = self.client.get_test_case_execution_summary().instance_id(instance).test_case_id(&id);
            let summary = get.test_case_execution_id(&execution).send().await.expect("a summary");
            let passed = match summary.status.expect("a status") {
                TestCaseExecutionStatus::Initiated | TestCaseExecutionStatus::InProgress => continue,
                status => status == TestCaseExecutionStatus::Passed,
            };
            let list = self.client.list_test_case_execution_records().instance_id(instance).test_case_id(&id);
            let records =
                list.test_case_execution_id(&execution).max_results(100).send().await.expect("records").execution_records;
            return (
                passed,
                records.unwrap_or_default().last().and_then(|one| one.record().map(str::to_owned)).unwrap_or_default(),
            );
        }
    }
}

struct Reported {
    suite: Suite,
    files: Files,
}

/// Loads a suite with its flows, and deploys the suite's flow and those that it refers to under the names in the references.
async fn reported(here: &mut Instance, tests: &str, flows: &[(&str, &str)]) -> Reported {
    let suite = suite(tests).expect("a test file");
    let mut files = Files::new();
    for (path, text) in flows {
        let flow = Flow::parse(text).expect("a flow");
        let key = path.rsplit('/').next().and_then(|file| file.split('.').next()).expect("a name");
        here.deploy(key, &flow).await;
        files.insert((*path).to_owned(), Arc::new(flow));
    }
    Reported { suite, files }
}

/// Returns how many tests of a suite were exported with the same result.
async fn compare(here: &Instance, reported: &Reported, what: &str, changed: Option<&str>) -> usize {
    let report = reported.suite.run(&reported.files, None).await;
    let mut compared = 0;
    for Outcome { name, failures: unmet, test_case, transcript } in report.outcomes {
        let Ok(case) = test_case else { continue };
        let unsaid = |part: &str| case.left_out.iter().any(|left| left.starts_with(&format!("{part},")));
        if changed.is_some_and(unsaid) {
            continue;
        }
        let (passed, why) = here.execute(&case).await;
        let locally = unmet.is_empty();
        let reported =
            format!("{what}: {name}: locally {unmet:?}\nexecuted: {why}\nheard: {:?}\n{:#}", transcript.heard, case.content);
        assert_eq!(passed, locally, "{reported}");
        assert!(changed.is_none() || !passed, "{reported}");
        compared += 1;
    }
    compared
}

/// Returns each expectation that a test case can express, changed so that no call meets it.
fn mutations(suite: &Suite) -> Vec<(String, String, Suite)> {
    let mut all = Vec::new();
    for (index, case) in suite.cases.iter().enumerate() {
        let mut add = |what: &str, part: String, change: &dyn Fn(&mut deployer_flow::scenario::Expect)| {
            let mut changed = Suite { flow: suite.flow.clone(), cases: vec![case.clone()] };
            change(&mut changed.cases[0].expect);
            all.push((format!("test {index} with {what} {part}"), part, changed));
        };
        for part in 0..case.expect.heard.len() {
            add("another", format!("text {part}"), &|expect| expect.heard[part].push_str(" and nobody says that"));
        }
        for name in case.expect.attributes.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name) {
            add("another value of", format!("the attribute {name}"), &|expect| {
                drop(expect.attributes.insert(name.clone(), Some("of no use".to_owned())));
            });
        }
        if case.expect.outcome.as_deref().is_some_and(|outcome| outcome.starts_with("queued: ")) {
            let other =
                if case.expect.outcome.as_deref() == Some("queued: Sales") { "queued: Help desk" } else { "queued: Sales" };
            add("another", "queue".to_owned(), &|expect| expect.outcome = Some(other.to_owned()));
        }
    }
    all
}

/// Runs every test unchanged, and with each of its expectations changed. Returns how many of both were executed.
async fn hold(here: &Instance, reported: &Reported, what: &str) -> (usize, usize) {
    let whole = compare(here, reported, what, None).await;
    let mut changed = 0;
    let mut passing = reported.suite.clone();
    let report = reported.suite.run(&reported.files, None).await;
    let unmet: BTreeMap<String, usize> = report.outcomes.into_iter().map(|one| (one.name, one.failures.len())).collect();
    passing.cases.retain(|case| unmet[&case.name] == 0);
    for (mutation, part, suite) in mutations(&passing) {
        let mutated = Reported { suite, files: reported.files.clone() };
        changed += compare(here, &mutated, &format!("{what}: {mutation}"), Some(&part)).await;
    }
    (whole, changed)
}

fn action(id: &str, kind: &str, parameters: Value, transitions: Value) -> Value {
    json!({"Identifier": id, "Type": kind, "Parameters": parameters, "Transitions": transitions})
}

fn then(next: &str) -> Value {
    json!({"NextAction": next, "Errors": [{"NextAction": next, "ErrorType": "NoMatchingError"}]})
}

fn say(id: &str, text: &str, next: &str) -> Value {
    action(id, "MessageParticipant", json!({"Text": text}), then(next))
}

fn set(id: &str, name: &str, value: &str, next: &str) -> Value {
    action(id, "UpdateContactAttributes", json!({"Attributes": {name: value}, "TargetContact": "Current"}), then(next))
}

fn flow(actions: Vec<Value>) -> String {
    json!({"Version": "2019-10-30", "StartAction": actions[0]["Identifier"], "Actions": actions}).to_string()
}

fn menu(id: &str, text: &str, ways: &[(&str, &str)], silence: &str, other: &str) -> Value {
    let way = |(key, next): &(&str, &str)| json!({"NextAction": next, "Condition": {"Operator": "Equals", "Operands": [key]}});
    let error = |kind: &str, next: &str| json!({"NextAction": next, "ErrorType": kind});
    action(
        id,
        "GetParticipantInput",
        json!({"Text": text, "StoreInput": "False", "InputTimeLimitSeconds": "5"}),
        json!({"NextAction": other, "Conditions": ways.iter().map(way).collect::<Vec<_>>(), "Errors": [
            error("InputTimeLimitExceeded", silence), error("NoMatchingCondition", other), error("NoMatchingError", other)]}),
    )
}

/// Returns a flow with a repeated menu, attributes, a function, a queue, and another flow.
fn desk() -> String {
    let queue = |id: &str, queue: &str| {
        action(id, "UpdateContactTargetQueue", json!({"QueueId": format!("${{connect.queues.{queue}.arn}}")}), then("transfer"))
    };
    let function = json!({"LambdaFunctionARN": "${functions.look-up.arn}", "InvocationTimeLimitSeconds": "3"});
    let number = action(
        "number",
        "GetParticipantInput",
        json!({"Text": "Type your number and the hash key.", "StoreInput": "True", "InputTimeLimitSeconds": "5",
               "InputValidation": {"CustomValidation": {"MaximumLength": "8"}}}),
        json!({"NextAction": "keep", "Errors": [{"NextAction": "sorry", "ErrorType": "NoMatchingError"}]}),
    );
    flow(vec![
        say("hello", "Welcome to the desk.", "language"),
        set("language", "language", "en", "menu"),
        menu(
            "menu",
            "For sales press 1, for help press 2, for your order press 3.",
            &[("1", "sales"), ("2", "help"), ("3", "number")],
            "again",
            "wrong",
        ),
        say("again", "I did not hear you.", "second"),
        say("wrong", "That is no choice.", "second"),
        menu("second", "Please press 1 for sales or 3 for your order.", &[("1", "sales"), ("3", "number")], "other", "other"),
        queue("sales", "sales"),
        queue("help", "help"),
        action(
            "transfer",
            "TransferContactToQueue",
            json!({}),
            json!({"NextAction": "sorry", "Errors": [
            {"NextAction": "sorry", "ErrorType": "QueueAtCapacity"}, {"NextAction": "sorry", "ErrorType": "NoMatchingError"}]}),
        ),
        number,
        set("keep", "order", "$.StoredCustomerInput", "ask"),
        action(
            "ask",
            "InvokeLambdaFunction",
            function,
            json!({"NextAction": "tell", "Errors": [{"NextAction": "sorry", "ErrorType": "NoMatchingError"}]}),
        ),
        say("tell", "Your order $.Attributes.order is $.External.state.", "after"),
        set("after", "told", "yes", "end"),
        say("sorry", "Sorry, that did not work.", "end"),
        action("other", "TransferToFlow", json!({"ContactFlowId": "${connect.flows.evening.arn}"}), then("sorry")),
        action("end", "DisconnectParticipant", json!({}), json!({})),
    ])
}

fn evening() -> String {
    flow(vec![
        set("mark", "evening", "$.Attributes.language", "night"),
        say("night", "Nobody is here for $.CustomerEndpoint.Address.", "end"),
        action("end", "DisconnectParticipant", json!({}), json!({})),
    ])
}

const DESK_TESTS: &str = r#"
flow: desk.json
given:
  queues: { sales: { name: Sales }, help: { name: Help desk } }
  flows: { evening: evening.json }
  functions: { look-up: { answer: { state: on its way } } }
tests:
  - { name: sales by the first menu, when: "1", then: { heard: [Welcome, for help press 2], outcome: "queued: Sales", attributes: { language: en } } }
  - { name: help, when: "2", then: { outcome: "queued: Help desk" } }
  - { name: another queue is reached than the one expected, when: "2", then: { outcome: "queued: Sales" } }
  - { name: nothing pressed at first, when: [silence, "1"], then: { heard: [did not hear, Please press 1], outcome: "queued: Sales" } }
  - { name: the key is pressed at the second menu only, when: [silence, "3", "7#"], then: { heard: [order 7 is on its way] } }
  - { name: a wrong key, when: ["9", "1"], then: { heard: [That is no choice, Please press], outcome: "queued: Sales" } }
  - { name: an order, when: ["3", "123#"], then: { heard: [Type your number, Your order 123 is on its way], attributes: { order: "123" } } }
  - { name: an order of which the keys end with a silence, when: ["3", "45", silence], then: { heard: [order 45 is], attributes: { order: "45", language: en } } }
  - { name: what is set after the last sentence cannot be seen, when: ["3", "1#"], then: { heard: order 1 is, attributes: { told: "yes", order: "1" } } }
  - { name: a function that fails, given: { functions: { look-up: throttled } }, when: ["3", "1#"], then: { heard: Sorry } }
  - { name: a slow function, given: { functions: { look-up: { answer: { state: late }, after_seconds: 4 } } }, when: ["3", "1#"], then: { heard: Sorry } }
  - { name: a function that is quick enough, given: { functions: { look-up: { answer: { state: late }, after_seconds: 2 } } }, when: ["3", "1#"], then: { heard: is late } }
  - { name: the other flow, given: { caller: "+12065550199" }, when: [silence, silence], then: { heard: [Nobody is here for +12065550199], attributes: { evening: en } } }
  - { name: expected in another order, when: [silence, silence], then: { heard: [Nobody is here, Welcome] } }
  - { name: expected in another order within one message, when: "1", then: { heard: [for help, For sales] } }
  - { name: the wrong attribute, when: [silence, silence], then: { heard: Nobody, attributes: { evening: fr } } }
  - { name: from the beginning, given: { attributes: { order: "0" } }, when: "1", then: { attributes: { order: "0" }, outcome: "queued: Sales" } }
  - { name: the caller hangs up after the greeting, when: hang up, then: { heard: Welcome } }
  - { name: a text that never comes, when: "1", then: { heard: [Welcome, Goodbye] } }
"#;

#[tokio::test]
async fn vanity_flow_tests_agree_with_their_test_cases() {
    let mut here = Instance::new().await;
    let reported = reported(&mut here, VANITY_TESTS, &[("../vanity.json", VANITY)]).await;
    assert_eq!(hold(&here, &reported, "vanity").await, (9, 20));
}

#[tokio::test]
async fn desk_tests_agree_with_their_test_cases() {
    let mut here = Instance::new().await;
    let (evening, desk) = (evening(), desk());
    let reported = reported(&mut here, DESK_TESTS, &[("evening.json", &evening), ("desk.json", &desk)]).await;
    assert_eq!(hold(&here, &reported, "desk").await, (19, 28));
}

#[tokio::test]
async fn hours_are_those_of_the_test() {
    let mut here = Instance::new().await;
    let when = |answer: &str, next: &str| json!({"NextAction": next, "Condition": {"Operator": "Equals", "Operands": [answer]}});
    let ask = |id: &str, open: &str, closed: &str| {
        action(
            id,
            "CheckHoursOfOperation",
            json!({"HoursOfOperationId": "${connect.hours.office.arn}"}),
            json!({
            "NextAction": closed, "Conditions": [when("True", open), when("False", closed)],
            "Errors": [{"NextAction": closed, "ErrorType": "NoMatchingError"}]}),
        )
    };
    let flow = flow(vec![
        ask("first", "open", "closed"),
        say("open", "We are open.", "wait"),
        menu("wait", "Stay on the line.", &[], "second", "second"),
        ask("second", "still", "closed"),
        say("still", "We are still open.", "end"),
        say("closed", "We are closed.", "end"),
        action("end", "DisconnectParticipant", json!({}), json!({})),
    ]);
    let tests = r#"
flow: hours.json
tests:
  - { name: closed, given: { hours: { office: closed } }, then: { heard: We are closed } }
  - { name: open, given: { hours: { office: open } }, then: { heard: [We are open, still open] } }
  - { name: closing while the caller waits, given: { time: "2026-01-05T16:59:58Z", hours: { office: { monday: "09:00-17:00" } } },
      then: { heard: [We are open, We are closed] } }
"#;
    let reported = reported(&mut here, tests, &[("hours.json", &flow)]).await;
    assert_eq!(hold(&here, &reported, "hours").await, (3, 5));
}

#[tokio::test]
async fn referenced_prompt_is_the_deployed_one() {
    let mut here = Instance::new().await;
    here.prompt("greeting", "Hello to everybody").await;
    here.prompt("music", "Some music").await;
    let play = |id: &str, prompt: &str, next: &str| {
        action(id, "MessageParticipant", json!({"PromptId": format!("${{connect.prompts.{prompt}}}")}), then(next))
    };
    let flow = flow(vec![
        play("first", "greeting.arn", "key"),
        menu("key", "Press 1.", &[("1", "second")], "end", "end"),
        play("second", "music.id", "end"),
        action("end", "DisconnectParticipant", json!({}), json!({})),
    ]);
    let tests = "
flow: recorded.json
tests:
  - { name: both, when: '1', then: { heard: ['[prompt greeting]', '[prompt music]'] } }
  - { name: the first one, when: silence, then: { heard: '[prompt greeting]' } }
  - { name: the second one too early, when: silence, then: { heard: '[prompt music]' } }
";
    let reported = reported(&mut here, tests, &[("recorded.json", &flow)]).await;
    assert_eq!(hold(&here, &reported, "recorded").await, (3, 3));
}

#[tokio::test]
async fn deployed_flow_that_differs_fails_its_test_case() {
    let mut here = Instance::new().await;
    let reported = reported(&mut here, VANITY_TESTS, &[("../vanity.json", VANITY)]).await;
    let report = reported.suite.run(&reported.files, None).await;
    let other = VANITY.replace("Thank you for calling. Goodbye.", "See you.");
    let content = here.resolved(Flow::parse(&other).expect("a flow").as_value()).to_string();
    let flow = here.arns["connect.flows.vanity.arn"].rsplit('/').next().expect("an id").to_owned();
    here.client
        .update_contact_flow_content()
        .instance_id(&here.id)
        .contact_flow_id(flow)
        .content(content)
        .send()
        .await
        .expect("changed");
    let case = report.outcomes[0].test_case.as_ref().expect("it is exported");
    let (passed, why) = here.execute(case).await;
    assert!(!passed && why.contains("Not observed"), "{why}");
    // The case contains the resource of a reference only by name until it is resolved.
    assert!(case.content.to_string().contains(&SymbolicName::arn(deployer_flow::ResourceKind::Lambda, "convert").to_string()));
}
