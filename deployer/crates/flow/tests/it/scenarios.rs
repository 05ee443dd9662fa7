//! Tests of test files: parsing with all errors, running, reporting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deployer_flow::Flow;
use deployer_flow::interpret::{BoxFuture, LambdaFailure, Script};
use deployer_flow::scenario::{Files, Functions, Report, dry_run, junit, suite};
use futures::executor::block_on;
use serde_json::{Value, json};

const VANITY: &str = include_str!("../../../../../flows/vanity.json");
const VANITY_TESTS: &str = include_str!("../../../../../flows/tests/vanity.yaml");

fn run(text: &str, flows: &[(&str, Value)]) -> Report {
    let suite = suite(text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let files: Files =
        flows.iter().map(|(path, content)| ((*path).to_owned(), Arc::new(Flow::from_value(content.clone()).unwrap()))).collect();
    block_on(suite.run(&files, None))
}

fn vanity() -> Value {
    serde_json::from_str(VANITY).unwrap()
}

fn unmet(report: &Report) -> Vec<&str> {
    report.outcomes.iter().flat_map(|outcome| &outcome.failures).map(String::as_str).collect()
}

fn faults(text: &str) -> Vec<String> {
    suite(text).unwrap_err().iter().map(ToString::to_string).collect()
}

fn action(id: &str, kind: &str, parameters: Value, transitions: Value) -> Value {
    json!({"Identifier": id, "Type": kind, "Parameters": parameters, "Transitions": transitions})
}

fn say(id: &str, text: &str, target: &str) -> Value {
    action(id, "MessageParticipant", json!({"Text": text}), json!({"NextAction": target}))
}

fn flow(mut actions: Vec<Value>) -> Value {
    let start = actions[0]["Identifier"].clone();
    actions.push(say("Sorry", "Sorry", "Bye"));
    actions.push(action("Bye", "DisconnectParticipant", json!({}), json!({})));
    json!({"Version": "2019-10-30", "StartAction": start, "Actions": actions})
}

#[test]
fn shipped_tests_pass_and_cover_every_branch() {
    let report = run(VANITY_TESTS, &[("../vanity.json", vanity())]);
    assert!(unmet(&report).is_empty(), "{:#?}", unmet(&report));
    let (path, coverage) = &report.coverage[0];
    assert_eq!(path, "../vanity.json");
    let missed: Vec<_> = coverage
        .actions
        .iter()
        .flat_map(|action| action.branches.iter().filter(|branch| !branch.taken).map(|branch| (&action.id, &branch.label)))
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
    let ((ran, actions), (taken, branches)) = (coverage.ran(), coverage.branches());
    assert_eq!((ran, taken), (actions, branches));
    assert_eq!((actions, branches), (17, 34));
}

#[test]
fn each_shipped_test_is_needed_for_coverage() {
    let whole = suite(VANITY_TESTS).unwrap();
    let files: Files = [("../vanity.json".to_owned(), Arc::new(Flow::from_value(vanity()).unwrap()))].into();
    let only = |name: &str| {
        let mut part = whole.clone();
        part.cases.retain(|case| case.name != name);
        let report = block_on(part.run(&files, None));
        report.coverage[0].1.branches()
    };
    for name in
        ["a number without letters gets a sentence of its own", "an apology that cannot be spoken ends the call all the same"]
    {
        let (taken, all) = only(name);
        assert!(taken < all, "{name}");
    }
}

#[test]
fn every_failed_expectation_is_reported() {
    let text = r#"
flow: v
given: { functions: { convert: { answer: { status: NO_LETTERS } } } }
tests:
  - name: all wrong
    when: "12"
    then:
      heard: [Goodbye, Welcome, Nonsense]
      not_heard: Welcome
      agent_hears: [anything]
      path: [Hang up, Greet]
      attributes: { a: b }
      functions: { convert: { times: 2, parameters: { x: y } }, other: 1 }
      outcome: ended
"#;
    let report = run(text, &[("v", vanity())]);
    let said = unmet(&report);
    let expected = [
        "the caller heard \"Welcome\", but before what is expected before it",
        "the caller did not hear \"Nonsense\"",
        "the agent did not hear \"anything\"",
        "the caller heard \"Welcome to Vanity Numbers.\", in which \"Welcome\" must not be",
        "the action \"Greet\" did not run after those before it",
        "the attribute a is not there, not \"b\"",
        "the function convert was invoked 1 times, not 2",
        "the parameter x of convert was not there, not \"y\"",
        "the function other was invoked 0 times, not 1",
        "the outcome is \"disconnected\", not \"ended\"",
        "the call was over before the caller came to key 1, key 2",
    ];
    assert_eq!(said, expected, "{said:#?}");
    assert_eq!(report.failures(), 1);
}

#[test]
fn missing_resources_fail_the_test() {
    let report = run("flow: v\ntests: [{ name: a, then: { outcome: disconnected } }]", &[("v", vanity())]);
    assert_eq!(unmet(&report), ["the flow asks for what the test does not give: the lambda ${functions.convert.arn}"]);
    let real = "flow: v\ntests: [{ name: a, given: { functions: { convert: real } }, then: { outcome: disconnected } }]";
    assert!(suite(real).unwrap().needs_real_functions());
    let report = run(real, &[("v", vanity())]);
    assert!(unmet(&report)[0].contains("--env"), "{:?}", unmet(&report));
    let fails = "flow: v\ngiven: { functions: { convert: timeout }, fails: { Hang upp: NoMatchingError } }\n\
                 tests: [{ name: a, then: { outcome: disconnected } }]";
    assert_eq!(unmet(&run(fails, &[("v", vanity())])), ["the action \"Hang upp\", which is to fail, did not run"]);
}

#[test]
fn errors_have_line_and_column() {
    let text = r#"flow: 7
surplus: 1
given:
  caller: 18005550100
  called: "0800"
  time: noon
  percent: 101
  seed: 3
  functions: { a: later, b: { answer: 1, text: x }, c: [], d: { error: 5 } }
  queues: { q: { ful: true, contacts: -1 } }
  hours: { h: always, i: { monday: 9-5, utc_offset: CET } }
  numbers: { "+1": rings }
tests:
  - name: one
    when: "12x"
    then: { outcom: disconnected }
  - name: one
    then: {}
  - when: 5
  - nothing
"#;
    let found = faults(text);
    let places: Vec<&str> = found.iter().map(|fault| fault.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "1:7", "2:1", "4:11", "5:11", "6:9", "7:12", "7:12", "9:19", "9:29", "9:56", "9:72", "10:18", "10:39", "11:15",
            "11:36", "11:53", "12:20", "15:11", "16:13", "17:5", "18:11", "19:5", "19:5", "19:11", "20:5"
        ],
        "{found:#?}"
    );
    let all = found.join("\n");
    for part in [
        "a file is text, this is a number\n  put it between quotes",
        "a test file has no `surplus`",
        "a queue has no `ful`\n  did you mean full?",
        "`x` is not a key",
        "has no `outcom`\n  did you mean outcome?",
        "the test of line 14 is called \"one\" too",
        "expects nothing, so it cannot fail",
        "`name` is missing",
        "`then` is missing",
    ] {
        assert!(all.contains(part), "{part} is not in\n{all}");
    }
}

#[test]
fn invalid_or_oversized_yaml_is_rejected() {
    assert!(faults("flow: [")[0].contains("not YAML"));
    assert!(faults("a: 1\na: 2\nflow: x\ntests: []").iter().any(|fault| fault.contains("twice")));
    assert!(!faults("").is_empty());
    assert!(!faults(&"[".repeat(10_000)).is_empty());
    assert!(faults(&format!("flow: {}", "x".repeat(600_000)))[0].contains("bytes"));
}

#[test]
fn hours_go_by_the_clock_of_the_test() {
    let conditions = json!([
        {"NextAction": "Open", "Condition": {"Operator": "Equals", "Operands": ["True"]}},
        {"NextAction": "Closed", "Condition": {"Operator": "Equals", "Operands": ["False"]}}
    ]);
    let check = json!({
        "NextAction": "Sorry", "Conditions": conditions, "Errors": [{"NextAction": "Sorry", "ErrorType": "NoMatchingError"}]
    });
    let content = flow(vec![
        action("Check", "CheckHoursOfOperation", json!({"HoursOfOperationId": "${connect.hours.office.arn}"}), check),
        say("Open", "We are open", "Bye"),
        say("Closed", "We are closed", "Bye"),
    ]);
    let text = r#"
flow: f
given: { hours: { office: { utc_offset: "+02:00", monday: "09:00-17:00", tuesday: "09:00-17:00" } } }
tests:
  - { name: before, given: { time: 2026-01-05T06:59:59Z }, then: { heard: closed } }
  - { name: at the beginning, given: { time: 2026-01-05T07:00:00Z }, then: { heard: open } }
  - { name: at the end, given: { time: 2026-01-05T15:00:00Z }, then: { heard: closed } }
  - { name: in another zone, given: { time: "2026-01-05T23:30:00-08:00" }, then: { heard: open } }
  - { name: on Sunday, given: { time: 2026-01-04T10:00:00Z }, then: { heard: closed } }
  - { name: closed, given: { hours: { office: closed } }, then: { heard: closed } }
"#;
    let report = run(text, &[("f", content)]);
    assert!(unmet(&report).is_empty(), "{:#?}", unmet(&report));
    assert_eq!(report.coverage[0].1.branches(), (5, 7), "only the error was not taken, nor what it leads to");
}

#[test]
fn junit_xml_contains_names_failures_and_output() {
    let text = "flow: v\ngiven: { functions: { convert: timeout } }\n\
                tests: [{ name: 'a <b> & \"c\"', then: { heard: never, outcome: disconnected } }, { name: d, then: { outcome: disconnected } }]";
    let report = run(text, &[("v", vanity())]);
    let xml = junit(&[("flows/tests/x.yaml".to_owned(), report)]);
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"2\" failures=\"1\" errors=\"0\">"));
    assert!(xml.contains("name=\"a &lt;b&gt; &amp; &quot;c&quot;\""), "{xml}");
    assert!(xml.contains("<failure message=\"the caller did not hear &quot;never&quot;\">"), "{xml}");
    assert!(xml.contains("something went wrong on our side"), "{xml}");
}

#[test]
fn exported_test_cases_press_keys_after_prompts() {
    let report = run(VANITY_TESTS, &[("../vanity.json", vanity())]);
    let again = &report.outcomes[1];
    let case = again.test_case.as_ref().unwrap();
    assert_eq!(case.left_out, ["how functions are invoked", "the outcome", "the order of what is heard at one time"]);
    let parameters = &case.entry_point["VoiceCallEntryPointParameters"];
    assert_eq!(parameters, &json!({"SourcePhoneNumber": "+18003569377", "FlowId": "${connect.flows.vanity.arn}"}));
    let observations = case.content["Observations"].as_array().unwrap();
    let seen: Vec<(String, Vec<String>)> = observations
        .iter()
        .map(|one| {
            let text = one["Event"]["Properties"]["Text"].as_str().unwrap_or("start").to_owned();
            let actions = one["Actions"].as_array().unwrap().iter();
            let shown = |action: &Value| match action["Type"].as_str().unwrap() {
                "SendInstruction" => action["Parameters"]["Instruction"]["Properties"]["Value"].as_str().unwrap().to_owned(),
                kind => kind.to_owned(),
            };
            (text, actions.map(shown).collect())
        })
        .collect();
    let plain = |text: &str, actions: &[&str]| (text.to_owned(), actions.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        seen,
        [
            plain("start", &["OverrideSystemBehavior"]),
            plain("Option one", &[]),
            plain("To hear them again", &["1"]),
            plain("Option one", &[]),
            plain("To hear them again", &["7"]),
            plain("Goodbye", &["TestControl"]),
        ]
    );
    let mock = &observations[0]["Actions"][0]["Parameters"]["Behavior"]["Properties"];
    assert_eq!(mock["ActionParameters"]["LambdaFunctionARN"], "${functions.convert.arn}");
    let answer: Value =
        serde_json::from_str(mock["Strategy"]["Response"]["ExecutionResult"]["LoadedData"].as_str().unwrap()).unwrap();
    assert_eq!(answer["status"], "OK");
    // Texts before a key are expected in parallel, and the last of them leads to the next layer.
    let next: Vec<&Value> = observations.iter().map(|one| &one["Transitions"]["NextObservations"]).collect();
    let both = |one: &str, two: &str| json!([one, two]);
    let (first, second) = (both("Message 1", "Message 2"), both("Message 3", "Message 4"));
    assert_eq!(next, [&first, &json!([]), &second, &json!([]), &json!(["Message 5"]), &json!([])]);
}

#[test]
fn unsupported_tests_are_not_exported() {
    let report = run(VANITY_TESTS, &[("../vanity.json", vanity())]);
    let reason = |name: &str| {
        let outcome = report.outcomes.iter().find(|outcome| outcome.name.contains(name)).unwrap();
        outcome.test_case.as_ref().err().cloned().unwrap_or_default()
    };
    assert!(reason("the caller hangs up").contains("nothing of what it expects"));
    assert!(reason("no voice and no greeting").contains("cannot be made to fail"));
    assert!(reason("a withheld number").contains("withholds"));
    assert_eq!(reason("a function that fails"), "");
}

/// Functions that return the key they are invoked by.
#[derive(Default)]
struct Echo(Mutex<Vec<String>>);

impl Functions for Echo {
    fn invoke<'a>(&'a self, key: &'a str, _event: &'a Value, _limit: Duration) -> BoxFuture<'a, Result<Value, LambdaFailure>> {
        self.0.lock().unwrap().push(key.to_owned());
        Box::pin(std::future::ready(Ok(json!({"name": key}))))
    }
}

#[test]
fn dry_run_scripts_behave_like_tests() {
    let script = dry_run(
        "given: { caller: \"+12065550199\", attributes: { way: short }, flows: { more: more.json } }\nwhen: [\"1\", silence]\n",
    )
    .unwrap();
    assert_eq!(script.files().map(|(key, file)| (key, file.path.as_str())).collect::<Vec<_>>(), [("more", "more.json")]);
    let transfer = json!({"ContactFlowId": "${connect.flows.more.arn}"});
    let first = flow(vec![
        say("Hello", "$.Attributes.way from $.CustomerEndpoint.Address", "On"),
        action("On", "TransferToFlow", transfer, json!({"NextAction": "Sorry"})),
    ]);
    let parse = |flow: Value| Arc::new(Flow::from_value(flow).unwrap());
    let flows = BTreeMap::from([("more".to_owned(), parse(flow(vec![say("More", "More to come.", "Bye")])))]);
    let mut caller = Script::new(script.keys.iter().copied());
    let rehearsed = block_on(script.run(("first", parse(first)), &flows, None, &mut caller));
    assert_eq!(rehearsed.transcript.heard, ["short from +12065550199", "More to come."]);
    assert_eq!(rehearsed.transcript.outcome, "disconnected");
    assert!(rehearsed.missing.is_empty());
    assert_eq!(caller.remaining_keys().count(), 2);
    let faults: Vec<_> = dry_run("given: { colour: red }\nthen: {}\n").unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].starts_with("1:10: what is given has no `colour`") && faults[1].starts_with("2:1: "), "{faults:?}");
}

#[test]
fn functions_without_stubs_are_real() {
    let invoke = |id: &str, function: &str, target: &str| {
        let parameters = json!({"LambdaFunctionARN": function, "InvocationTimeLimitSeconds": "3"});
        let error = json!([{"NextAction": "Sorry", "ErrorType": "NoMatchingError"}]);
        action(id, "InvokeLambdaFunction", parameters, json!({"NextAction": target, "Errors": error}))
    };
    let first = flow(vec![
        invoke("One", "${functions.one.arn}", "Say one"),
        say("Say one", "$.External.name", "Two"),
        invoke("Two", "arn:aws:lambda:us-east-1:111122223333:function:two:live", "Say two"),
        say("Say two", "$.External.name", "Three"),
        invoke("Three", "${functions.three.arn}", "Say three"),
        say("Say three", "$.External.name", "Bye"),
    ]);
    let first = Arc::new(Flow::from_value(first).unwrap());
    let script = dry_run("given: { functions: { three: { answer: { name: given } } } }").unwrap();
    let real = Echo::default();
    let rehearsed = block_on(script.run(("first", Arc::clone(&first)), &BTreeMap::new(), Some(&real), &mut Script::default()));
    assert_eq!(rehearsed.transcript.heard, ["one", "two", "given"]);
    assert_eq!(*real.0.lock().unwrap(), ["one", "two"]);
    let without = block_on(script.run(("first", first), &BTreeMap::new(), None, &mut Script::default()));
    assert_eq!(without.transcript.heard, ["Sorry"]);
    assert_eq!(without.missing.len(), 1, "{:?}", without.missing);
}

#[test]
fn modules_do_not_see_the_callers_metrics() {
    let then = |target: &str| json!({"NextAction": target, "Errors": [{"NextAction": "Sorry", "ErrorType": "NoMatchingError"}]});
    let main = flow(vec![
        action("Queue", "UpdateContactTargetQueue", json!({"QueueId": "${connect.queues.sales.arn}"}), then("Ask")),
        action("Ask", "GetMetricData", json!({}), then("Module")),
        action("Module", "InvokeFlowModule", json!({"FlowModuleId": "${connect.modules.inside.arn}"}), then("After")),
        say("After", "Outside $.Metrics.Queue.Size", "Bye"),
    ]);
    let module = json!({"Version": "2019-10-30", "StartAction": "In", "Actions": [
        say("In", "Inside $.Metrics.Queue.Size.", "Out"),
        action("Out", "EndFlowModuleExecution", json!({}), json!({}))
    ]});
    let text = "flow: main.json\ngiven: { queues: { sales: { contacts: 7 } }, flows: { inside: inside.json } }\ntests:\n  - { name: a, then: { heard: [Inside., Outside 7] } }\n";
    let report = run(text, &[("main.json", main.clone()), ("inside.json", module.clone())]);
    assert_eq!(unmet(&report), [""; 0]);
    let idle = text.replace("contacts: 7", "contacts: 0, agents_online: 0").replace("Outside 7", "\"Outside\"");
    let report = run(&idle, &[("main.json", main), ("inside.json", module)]);
    assert_eq!(report.outcomes[0].transcript.heard, ["Inside.", "Outside"], "where nothing goes on there are no values");
}

#[test]
fn referenced_prompts_are_heard_by_key() {
    let next = json!({"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]});
    let play = |id: &str, prompt: &str, next: &Value| action(id, "MessageParticipant", json!({"PromptId": prompt}), next.clone());
    let to_second = json!({"NextAction": "second", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]});
    let flow = flow(vec![play("first", "${connect.prompts.greeting.arn}", &to_second), play("second", "arn:aws:x", &next)]);
    let text = "flow: v\ntests: [{ name: it plays, then: { heard: ['[prompt greeting]', '[prompt arn:aws:x]'] } }]";
    let report = run(text, &[("v", flow)]);
    assert!(unmet(&report).is_empty(), "{:?}", unmet(&report));
}
