//! `deployer flow test --on-instance` and `deployer call` on a small environment in the embedded AWS, through the command line.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::support::program::{command, run, text, wav, write};

const SPEC: &str = "project: desk
environment: desk
provider: { embedded: { speed: 600 } }
state: { directory: .deployer/desk }
connect:
  alias: desk-test
  inbound_calls: true
  outbound_calls: false
  hours:
    office: { name: Office hours, time_zone: UTC, open: { MONDAY: [09:00-17:00] } }
  queues:
    sales: { name: Sales, hours: office }
  prompts:
    greeting: { name: Hello to everybody, file: prompts/greeting.wav }
  flows:
    recorded: { file: flows/recorded.json, type: CONTACT_FLOW }
    desk: { file: flows/desk.json, type: CONTACT_FLOW }
    menu: { file: flows/menu.json, type: CONTACT_FLOW }
";

/// A flow that says whether the office is open, and takes one of two percentage branches.
const DESK: &str = r#"{"Version":"2019-10-30","StartAction":"hours","Actions":[
{"Identifier":"hours","Type":"CheckHoursOfOperation","Parameters":{"HoursOfOperationId":"${connect.hours.office.arn}"},
 "Transitions":{"NextAction":"closed","Conditions":[{"NextAction":"share","Condition":{"Operator":"Equals","Operands":["True"]}},
  {"NextAction":"closed","Condition":{"Operator":"Equals","Operands":["False"]}}],"Errors":[{"NextAction":"closed","ErrorType":"NoMatchingError"}]}},
{"Identifier":"closed","Type":"MessageParticipant","Parameters":{"Text":"We are closed."},
 "Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
{"Identifier":"share","Type":"DistributeByPercentage","Parameters":{},
 "Transitions":{"NextAction":"two","Conditions":[{"NextAction":"one","Condition":{"Operator":"NumberLessThan","Operands":["51"]}}],
  "Errors":[{"NextAction":"two","ErrorType":"NoMatchingCondition"}]}},
{"Identifier":"one","Type":"MessageParticipant","Parameters":{"Text":"First half."},
 "Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
{"Identifier":"two","Type":"MessageParticipant","Parameters":{"Text":"Second half."},
 "Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}"#;

/// A flow that plays a prompt whose name is not its key.
const RECORDED: &str = r#"{"Version":"2019-10-30","StartAction":"play","Actions":[
{"Identifier":"play","Type":"MessageParticipant","Parameters":{"PromptId":"${connect.prompts.greeting.arn}"},
 "Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}"#;

const RECORDED_TESTS: &str = "flow: ../recorded.json
tests:
  - { name: greeted, then: { heard: \"[prompt greeting]\" } }
";

/// A flow that asks for a key, and transfers the caller to a queue.
const MENU: &str = r#"{"Version":"2019-10-30","StartAction":"menu","Actions":[
{"Identifier":"menu","Type":"GetParticipantInput","Parameters":{"Text":"Press 1 for sales.","StoreInput":"False","InputTimeLimitSeconds":"5"},
 "Transitions":{"NextAction":"bye","Conditions":[{"NextAction":"queue","Condition":{"Operator":"Equals","Operands":["1"]}}],
  "Errors":[{"NextAction":"bye","ErrorType":"InputTimeLimitExceeded"},{"NextAction":"bye","ErrorType":"NoMatchingCondition"},{"NextAction":"bye","ErrorType":"NoMatchingError"}]}},
{"Identifier":"queue","Type":"UpdateContactTargetQueue","Parameters":{"QueueId":"${connect.queues.sales.arn}"},
 "Transitions":{"NextAction":"transfer","Errors":[{"NextAction":"bye","ErrorType":"NoMatchingError"}]}},
{"Identifier":"transfer","Type":"TransferContactToQueue","Parameters":{},
 "Transitions":{"NextAction":"bye","Errors":[{"NextAction":"bye","ErrorType":"QueueAtCapacity"},{"NextAction":"bye","ErrorType":"NoMatchingError"}]}},
{"Identifier":"bye","Type":"MessageParticipant","Parameters":{"Text":"Goodbye."},
 "Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}"#;

const MENU_TESTS: &str = "flow: ../menu.json
given: { queues: { sales: { name: Sales } } }
tests:
  - { name: sales, when: \"1\", then: { heard: Press 1, outcome: \"queued: Sales\" } }
  - { name: silence, then: { heard: [Press 1, Goodbye], path: [menu, bye] } }
  - { name: wrong, then: { heard: [Press 1, See you] } }
";

const DESK_TESTS: &str = "flow: ../desk.json
tests:
  - { name: closed, given: { hours: { office: closed } }, then: { heard: We are closed } }
  - { name: half, given: { hours: { office: open }, percent: 50 }, then: { heard: First half } }
";

struct Desk(tempfile::TempDir);

impl Desk {
    /// Deploys the environment.
    fn deployed() -> Self {
        let desk = Self(tempfile::tempdir().expect("a directory can be made"));
        for (path, text) in [
            ("config/desk.yaml", SPEC),
            ("flows/desk.json", DESK),
            ("flows/menu.json", MENU),
            ("flows/tests/desk.yaml", DESK_TESTS),
            ("flows/tests/menu.yaml", MENU_TESTS),
            ("flows/recorded.json", RECORDED),
            ("flows/tests/recorded.yaml", RECORDED_TESTS),
        ] {
            desk.write(path, text);
        }
        desk.write("prompts/greeting.wav", wav(&[0xff; 80]));
        let applied = desk.run(&["apply", "--env", "desk", "--yes"]);
        assert!(applied.status.success(), "{}", text(&applied.stderr));
        desk
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        write(self.path(), path, text);
        self.path().join(path)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        command(self.path(), arguments)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(self.path(), arguments)
    }

    /// Returns the JSON output of a command, and its exit code.
    fn json(&self, arguments: &[&str]) -> (Value, Option<i32>) {
        let output = self.run(arguments);
        let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)));
        (value, output.status.code())
    }

    /// Returns what the caller of a deployed flow hears.
    fn heard(&self, arguments: &[&str]) -> Vec<String> {
        let common = ["call", "--env", "desk", "--from", "+12065550100", "--json"];
        let (call, code) = self.json(&[&common[..], arguments].concat());
        assert_eq!(code, Some(0));
        call["heard"].as_array().expect("sentences").iter().map(|one| one.as_str().expect("a text").to_owned()).collect()
    }

    fn serve(&self) -> Serving {
        self.serve_with(&[])
    }

    fn serve_with(&self, more: &[&str]) -> Serving {
        let ports = ["local", "serve", "--env", "desk", "--aws-port", "0", "--api-port", "0"];
        let mut command = self.command(&[&ports[..], more].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program runs");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("it says where it listens");
        assert!(line.starts_with("ready"), "{line}");
        Serving(child)
    }
}

/// A process that serves the embedded AWS until it is dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // By its own process ID; everything that it has acknowledged is stored.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn status<'v>(data: &'v Value, test: &str) -> &'v Value {
    let tests = data["suites"].as_array().expect("suites").iter().flat_map(|suite| suite["tests"].as_array().expect("tests"));
    tests.into_iter().find(|one| one["name"] == test).unwrap_or_else(|| panic!("no test {test}"))
}

#[test]
fn tests_run_on_instance_and_omissions_are_listed() {
    let desk = Desk::deployed();
    let tested = ["flow", "test", "--env", "desk", "--on-instance", "--json", "--junit", "junit.xml"];
    let (data, code) = desk.json(&tested);
    assert_eq!(code, Some(1), "{data:#}");
    assert_eq!((&data["passed"], &data["failures"], &data["not_executed"]), (&4.into(), &1.into(), &1.into()), "{data:#}");
    assert_eq!((&status(&data, "sales")["status"], &status(&data, "closed")["status"]), (&"passed".into(), &"passed".into()));
    assert_eq!(status(&data, "greeted")["status"], "passed", "{data:#}");
    assert_eq!(status(&data, "silence")["not_looked_at"], serde_json::json!(["the path"]));
    let wrong = &status(&data, "wrong")["reasons"];
    assert_eq!(wrong[0], "Message 2: \"See you\" was not heard");
    assert!(status(&data, "half")["reasons"][0].as_str().expect("a reason").contains("by chance"), "{data:#}");
    let junit = std::fs::read_to_string(desk.path().join("junit.xml")).expect("JUnit");
    assert!(junit.starts_with("<?xml") && junit.contains("tests=\"6\" failures=\"1\""), "{junit}");
    assert!(junit.contains("<skipped message=\"on an instance, shares"), "{junit}");
    // As text, like local tests; and with another flow deployed, tests that pass here do not pass there.
    let output = desk.run(&["flow", "test", "--env", "desk", "--on-instance", "flows/tests/menu.yaml"]);
    let reported = text(&output.stdout);
    assert!(reported.contains("  ok      sales\n") && reported.contains("2 of 3 passed, 0 not executed"), "{reported}");
    let half = DESK_TESTS.lines().filter(|line| !line.contains("closed")).map(|line| format!("{line}\n")).collect::<String>();
    desk.write("flows/tests/half.yaml", &half);
    let none = desk.run(&["flow", "test", "--env", "desk", "--on-instance", "flows/tests/half.yaml"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).contains("none of 1 test could be executed"), "{}", text(&none.stderr));
    desk.write("flows/menu.json", MENU.replace("Goodbye.", "Farewell."));
    assert!(desk.run(&["apply", "--env", "desk", "--yes"]).status.success());
    desk.write("flows/menu.json", MENU);
    let (data, _) = desk.json(&[&tested[..6], &["flows/tests/menu.yaml"]].concat());
    assert_eq!((&status(&data, "sales")["status"], &status(&data, "silence")["status"]), (&"passed".into(), &"failed".into()));
}

#[test]
fn deployed_call_uses_start_time_and_seed() {
    let desk = Desk::deployed();
    let open = ["--flow", "desk", "--at", "2026-01-05T10:00:00Z"];
    let halves = |desk: &Desk| -> Vec<Vec<String>> {
        (0..12).map(|seed| desk.heard(&[&open[..], &["--seed", &seed.to_string()]].concat())).collect()
    };
    let script = desk.write("call.yaml", "given: { time: \"2026-01-05T18:00:00Z\" }\nwhen: silence\n").display().to_string();
    let share = desk.write("share.yaml", "given: { time: \"2026-01-05T09:00:00Z\", percent: 51 }\n").display().to_string();
    let other = desk.write("other.yaml", "given: { hours: { office: open } }\n").display().to_string();
    let both = |desk: &Desk| {
        assert_eq!(desk.heard(&["--flow", "desk", "--at", "2026-01-05T17:00:00Z"]), ["We are closed."]);
        assert_eq!(desk.heard(&["--flow", "desk", "--script", &script]), ["We are closed."]);
        assert_eq!(desk.heard(&["--flow", "desk", "--script", &share]), ["Second half."]);
        let refused = desk.run(&["call", "--env", "desk", "--flow", "desk", "--script", &other]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains("not hours, which the instance has"), "{}", text(&refused.stderr));
        halves(desk)
    };
    let here = both(&desk);
    assert!(
        here.iter().any(|heard| heard == &["First half."]) && here.iter().any(|heard| heard == &["Second half."]),
        "{here:?}"
    );
    let serving = desk.serve();
    assert_eq!(both(&desk), here);
    let log = desk.run(&["call", "--env", "desk", "--from", "+12065550100", "--flow", "menu", "--digits", "1"]);
    assert!(text(&log.stdout).contains("queued: Sales"), "{}", text(&log.stdout));
    drop(serving);
}

/// The served embedded AWS, accessed by another client.
struct Instance {
    client: aws_sdk_connect::Client,
    id: String,
}

impl Instance {
    async fn of(desk: &Desk) -> Self {
        let note = std::fs::read_to_string(desk.path().join(".deployer/desk/aws/served")).expect("a note of where it is served");
        let address = note.split_whitespace().next().expect("an address");
        let credentials = aws_credential_types::Credentials::new("embedded", "embedded", None, None, "test");
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new("us-east-1"))
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(format!("http://{address}"));
        let client = aws_sdk_connect::Client::new(&config.build());
        let list = client.list_instances().send().await.expect("instances");
        Self { id: list.instance_summary_list()[0].id().expect("an id").to_owned(), client }
    }

    async fn names(&self) -> Vec<String> {
        let list = self.client.list_test_cases().instance_id(&self.id).send().await.expect("a list");
        let mut names: Vec<String> =
            list.test_case_summary_list().iter().map(|one| one.name().expect("a name").to_owned()).collect();
        names.sort();
        names
    }

    /// Returns the initial attributes of the test case with this name.
    async fn data(&self, name: &str) -> Option<String> {
        let list = self.client.list_test_cases().instance_id(&self.id).send().await.expect("a list");
        let found = list.test_case_summary_list().iter().find(|one| one.name() == Some(name)).and_then(|one| one.id());
        let describe = self.client.describe_test_case().instance_id(&self.id).test_case_id(found.expect("it is there"));
        describe.send().await.expect("described").test_case.expect("a test case").initialization_data
    }

    async fn make(&self, name: &str, tags: &[(&str, &str)]) -> String {
        let create = self.client.create_test_case().instance_id(&self.id).name(name).content("{}");
        let create = create.status(aws_sdk_connect::types::TestCaseStatus::Saved);
        let tags =
            tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<std::collections::HashMap<_, _>>();
        let create = create.set_tags((!tags.is_empty()).then_some(tags));
        create.send().await.expect("a test case").test_case_id.expect("an id")
    }
}

const OURS: [(&str, &str); 3] =
    [("deployer:project", "desk"), ("deployer:environment", "desk"), ("deployer:test-case", "flow-test")];
const TESTED: [&str; 6] = ["flow", "test", "--env", "desk", "--on-instance", "flows/tests/menu.yaml"];

#[tokio::test]
async fn owned_test_cases_are_reused_or_deleted() {
    let desk = Desk::deployed();
    let _serving = desk.serve();
    let instance = Instance::of(&desk).await;
    let name = |test: &str| format!("desk desk: flows/tests/menu.yaml: {test}");
    assert_eq!(desk.run(&[&TESTED[..], &["--keep"]].concat()).status.code(), Some(1));
    assert_eq!(instance.names().await, [name("sales"), name("silence"), name("wrong")]);
    // An existing test case gets the new attributes, and no old ones remain.
    let known = desk.write("flows/tests/known.yaml", MENU_TESTS.replace("given: {", "given: { attributes: { tier: gold },"));
    let kept = [&TESTED[..5], &["flows/tests/known.yaml", "--keep"]].concat();
    let known_name = "desk desk: flows/tests/known.yaml: sales";
    assert_eq!(desk.run(&kept).status.code(), Some(1));
    assert_eq!(instance.data(known_name).await.as_deref(), Some(r#"{"Attributes":{"tier":"gold"}}"#));
    std::fs::write(known, MENU_TESTS).expect("it can be written");
    assert_eq!(desk.run(&kept).status.code(), Some(1));
    assert_eq!(instance.data(known_name).await.as_deref(), Some(r#"{"Attributes":{}}"#));
    // A file that is given twice is rejected before anything is done.
    let before = instance.names().await;
    let twice = desk.run(&[&TESTED[..], &["flows/tests/menu.yaml"]].concat());
    assert_eq!(twice.status.code(), Some(3), "{}", text(&twice.stderr));
    assert!(text(&twice.stderr).contains(&name("sales")), "{}", text(&twice.stderr));
    assert_eq!(instance.names().await, before);
    instance.make(&name("gone"), &OURS).await;
    let others = ["desk desk: of somebody else", "something else"];
    for other in others {
        instance.make(other, &[]).await;
    }
    assert_eq!(desk.run(&TESTED).status.code(), Some(1), "one test fails, as before");
    assert_eq!(instance.names().await, others);
    let foreign = instance.make(&name("silence"), &[("deployer:project", "desk"), ("deployer:environment", "other")]).await;
    let refused = desk.run(&TESTED);
    assert_eq!(refused.status.code(), Some(3), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains(&name("silence")), "{}", text(&refused.stderr));
    assert_eq!(instance.names().await, [name("silence"), others[0].to_owned(), others[1].to_owned()]);
    instance.client.delete_test_case().instance_id(&instance.id).test_case_id(foreign).send().await.expect("deleted");
}

#[tokio::test]
async fn execution_without_polling_access_is_stopped() {
    let desk = Desk::deployed();
    let policy = desk.write(
        "policy.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
            {"Effect":"Deny","Action":"connect:GetTestCaseExecutionSummary","Resource":"*"}]}"#,
    );
    let _serving = desk.serve_with(&["--as-role", &policy.display().to_string()]);
    let instance = Instance::of(&desk).await;
    let (data, code) = desk.json(&[&TESTED[..], &["--keep", "--json"]].concat());
    assert_eq!((code, &data["failures"]), (Some(1), &3.into()), "{data:#}");
    assert!(status(&data, "wrong")["reasons"][0].as_str().expect("a reason").contains("AccessDenied"), "{data:#}");
    let list = instance.client.list_test_case_executions().instance_id(&instance.id).send().await.expect("a list");
    let all = list.test_case_executions();
    let statuses: Vec<_> = all.iter().filter_map(|one| one.test_case_execution_status()).map(|one| one.as_str()).collect();
    // The others may have ended before they could be stopped.
    assert!(statuses.contains(&"STOPPED") && !statuses.contains(&"IN_PROGRESS"), "{statuses:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn interrupted_run_leaves_no_test_case() {
    use rustix::process::{Pid, Signal, kill_process};
    let desk = Desk::deployed();
    let _serving = desk.serve();
    let instance = Instance::of(&desk).await;
    for (signal, code) in [(Signal::INT, Some(130)), (Signal::KILL, None)] {
        let mut child = desk.command(&TESTED).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
        // The test that waits for a missing event takes half a second here.
        while instance.names().await.is_empty() {
            assert!(child.try_wait().expect("its state").is_none(), "it has ended before it made a test case");
        }
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
        kill_process(pid, signal).expect("it can be signalled");
        let ended = child.wait().expect("it ends");
        assert_eq!(ended.code(), code);
        if signal == Signal::INT {
            assert_eq!(instance.names().await, [""; 0]);
        } else {
            assert!(!instance.names().await.is_empty());
        }
    }
    // The lease of a process that has ended is taken over immediately.
    let next = desk.run(&TESTED);
    assert_eq!(next.status.code(), Some(1), "{}", text(&next.stderr));
    assert_eq!(instance.names().await, [""; 0]);
}
