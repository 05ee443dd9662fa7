//! Tests of stubs for everything outside of a call: bots, services, agents.

use std::sync::Arc;

use deployer_flow::Flow;
use deployer_flow::scenario::{Files, Report, suite};
use futures::executor::block_on;
use serde_json::{Value, json};

fn action(id: &str, kind: &str, parameters: Value, transitions: Value) -> Value {
    json!({"Identifier": id, "Type": kind, "Parameters": parameters, "Transitions": transitions})
}

fn say(id: &str, text: &str, target: &str) -> Value {
    action(id, "MessageParticipant", json!({"Text": text}), json!({"NextAction": target}))
}

/// Returns transitions to an action, or to an apology for each of these errors.
fn then(target: &str, errors: &[&str]) -> Value {
    let errors: Vec<_> = errors.iter().map(|error| json!({"NextAction": format!("On {error}"), "ErrorType": error})).collect();
    json!({"NextAction": target, "Errors": errors})
}

fn when(mut transitions: Value, operands: &[(&str, &str)]) -> Value {
    let conditions: Vec<_> = operands
        .iter()
        .map(|(operand, target)| json!({"NextAction": target, "Condition": {"Operator": "Equals", "Operands": [operand]}}))
        .collect();
    transitions["Conditions"] = conditions.into();
    transitions
}

const ERRORS: [&str; 4] = ["NoMatchingError", "NoMatchingCondition", "InputTimeLimitExceeded", "NoneFoundError"];

fn flow(mut actions: Vec<Value>) -> Value {
    let start = actions[0]["Identifier"].clone();
    actions.extend(ERRORS.map(|error| say(&format!("On {error}"), error, "Bye")));
    actions.push(action("Bye", "DisconnectParticipant", json!({}), json!({})));
    json!({"Version": "2019-10-30", "StartAction": start, "Actions": actions})
}

fn run(text: &str, flows: &[(&str, Value)]) -> Report {
    let suite = suite(text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let files: Files =
        flows.iter().map(|(path, content)| ((*path).to_owned(), Arc::new(Flow::from_value(content.clone()).unwrap()))).collect();
    block_on(suite.run(&files, None))
}

fn unmet(report: &Report) -> Vec<&str> {
    report.outcomes.iter().flat_map(|outcome| &outcome.failures).map(String::as_str).collect()
}

fn faults(text: &str) -> Vec<String> {
    suite(text).unwrap_err().iter().map(ToString::to_string).collect()
}

fn hotel() -> Value {
    let parameters = json!({
        "Text": "How can I help?",
        "LexV2Bot": {"AliasArn": "arn:aws:lex:us-east-1:111122223333:bot-alias/BOTBOTBOT1/ALIASALIAS"},
        "LexSessionAttributes": {"caller": "$.CustomerEndpoint.Address", "tier": "none"}
    });
    let seen = "$.Lex.IntentName, $.Lex.Slots.City, $.Lex.SessionAttributes.caller, $.Lex.SessionAttributes.tier, \
                $.Lex.DialogState, $.Lex.IntentConfidence.Score, $.Lex.SentimentResponse.Label";
    flow(vec![
        action(
            "Ask",
            "ConnectParticipantWithLexBot",
            parameters,
            when(then("On NoMatchingError", &ERRORS[..3]), &[("BookHotel", "Book"), ("Again", "Ask")]),
        ),
        say("Book", seen, "Forget"),
        action("Forget", "TransferToFlow", json!({"ContactFlowId": "${connect.flows.other.arn}"}), then("Bye", &ERRORS[..1])),
    ])
}

#[test]
fn bot_intents_select_branches_and_set_values() {
    let text = r#"
flow: hotel
given:
  caller: "+12065550199"
  flows: { other: other }
  bots:
    BOTBOTBOT1:
      - { intent: Again, says: Pardon? }
      - { intent: BookHotel, slots: { City: Paris }, attributes: { tier: gold }, confidence: 0.87, sentiment: POSITIVE, says: [Which city?, Done.], after_seconds: 30 }
tests:
  - name: understood the second time
    then:
      heard: [How can I help?, Pardon?, How can I help?, Which city?, Done., "BookHotel, Paris, +12065550199, gold, Fulfilled, 0.87, POSITIVE", "Other:."]
      path: [Ask, Ask, Book, Forget]
      bots: { BOTBOTBOT1: { times: 2, attributes: { caller: "+12065550199", tier: none } } }
      outcome: disconnected
"#;
    let other = flow(vec![say("Other", "Other:$.Lex.IntentName.", "Bye")]);
    assert_eq!(unmet(&run(text, &[("hotel", hotel()), ("other", other)])), [""; 0]);
}

#[test]
fn each_end_of_a_conversation_takes_its_branch() {
    let rows = [
        ("no match", "[How can I help?, NoMatchingCondition]", "disconnected"),
        ("{ intent: Unheard }", "[How can I help?, NoMatchingCondition]", "disconnected"),
        ("silence", "[How can I help?, InputTimeLimitExceeded]", "disconnected"),
        ("fails", "[How can I help?, NoMatchingError]", "disconnected"),
        ("hang up", "How can I help?", "caller hung up"),
    ];
    for (answer, heard, outcome) in rows {
        let text = format!(
            "flow: hotel\ngiven: {{ bots: {{ ALIASALIAS: {answer} }} }}\n\
             tests: [{{ name: a, then: {{ heard: {heard}, outcome: {outcome} }} }}]"
        );
        assert_eq!(unmet(&run(&text, &[("hotel", hotel())])), [""; 0], "{answer}");
    }
    let without = "flow: hotel\ntests: [{ name: a, then: { heard: NoMatchingError } }]";
    let report = run(without, &[("hotel", hotel())]);
    assert!(unmet(&report)[0].contains("does not give: the bot arn:aws:lex"), "{:?}", unmet(&report));
}

#[test]
fn bots_by_keys_get_the_callers_keys() {
    let text = r##"
flow: hotel
given:
  flows: { other: other }
  bots:
    BOTBOTBOT1:
      - { keys: "12", intent: BookHotel, slots: { City: Paris } }
      - { keys: "7", intent: Again, says: Again! }
tests:
  - { name: ended by a key, when: "12#", then: { heard: "BookHotel, Paris", outcome: disconnected } }
  - { name: ended by a pause, when: "12", then: { heard: "BookHotel, Paris", outcome: disconnected } }
  - { name: taken back, when: "34*12#", then: { heard: "BookHotel, Paris", outcome: disconnected } }
  - { name: twice, when: "7#12#", then: { heard: [Again!, "BookHotel, Paris"], bots: { BOTBOTBOT1: 2 } } }
  - { name: other keys, when: "99#", then: { heard: NoMatchingCondition } }
  - { name: no key, when: "#", then: { heard: InputTimeLimitExceeded, bots: { BOTBOTBOT1: 0 } } }
  - { name: nothing, then: { heard: InputTimeLimitExceeded } }
  - { name: gone, when: "1!", then: { outcome: caller hung up } }
"##;
    let other = flow(vec![say("Other", "Other", "Bye")]);
    assert_eq!(unmet(&run(text, &[("hotel", hotel()), ("other", other)])), [""; 0]);
    let wrong = "flow: f\ngiven: { bots: { a: [{ keys: \"1#\", intent: A }], b: [{ keys: \"1\", intent: A }, silence] } }\n\
                 tests: [{ name: a, then: { outcome: ended } }]";
    let found = faults(wrong);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("2:30: `#` is not a key that a bot gets"), "{found:?}");
    assert!(found[1].starts_with("2:53: some answers of this bot are to keys and some are not"), "{found:?}");
}

#[test]
fn session_attributes_control_the_end_of_keys() {
    let parameters = json!({
        "Text": "?", "LexV2Bot": {"AliasArn": "${connect.bots.shop.arn}"},
        "LexSessionAttributes": {
            "x-amz-lex:dtmf:end-character:*:*": "9", "x-amz-lex:dtmf:deletion-character:*": "0", "x-amz-lex:dtmf:max-length:*:*": "3"
        }
    });
    let transitions = when(then("On NoMatchingError", &ERRORS[..3]), &[("Short", "Short"), ("Long", "Long")]);
    let content = flow(vec![
        action("Ask", "ConnectParticipantWithLexBot", parameters, transitions),
        say("Short", "Short", "Bye"),
        say("Long", "Long", "Bye"),
    ]);
    let text = "flow: f\ngiven: { bots: { shop: [{ keys: \"12\", intent: Short }, { keys: \"345\", intent: Long }] } }\ntests:\n  \
                - { name: a, when: \"412012\", then: { heard: Long } }\n  \
                - { name: b, when: \"40129\", then: { heard: Short } }\n  \
                - { name: c, when: \"345\", then: { heard: Long } }";
    let report = run(text, &[("f", content)]);
    assert_eq!(report.outcomes[1].failures, [""; 0]);
    assert_eq!(report.outcomes[2].failures, [""; 0]);
    // `412` is three keys, so no time passes waiting for more.
    let left = "the call was over before the caller came to key 0, key 1, key 2";
    assert_eq!(report.outcomes[0].failures, ["the caller did not hear \"Long\"", left]);
}

#[test]
fn unexpected_bot_usage_fails_the_test() {
    let text = "flow: hotel\ngiven: { bots: { BOTBOTBOT1: silence } }\ntests:\n  \
                - { name: a, then: { bots: { BOTBOTBOT1: { times: 2, attributes: { tier: gold } }, other: {} } } }\n  \
                - { name: b, then: { bots: { ALIASALIAS: 1, BOTBOTBOT1: 1 } } }";
    let expected = [
        "the bot BOTBOTBOT1 was spoken to 1 times, not 2",
        "the session attribute tier of BOTBOTBOT1 was \"none\", not \"gold\"",
        "the bot other was not spoken to",
    ];
    assert_eq!(unmet(&run(text, &[("hotel", hotel())])), expected);
    let wrong = "flow: f\ntests: [{ name: a, then: { bots: { b: { parameters: { x: y } } } } }]";
    assert!(faults(wrong)[0].contains("how a bot is spoken to has no `parameters`"), "{:?}", faults(wrong));
}

#[test]
fn silence_without_a_branch_is_an_error() {
    let parameters = json!({"Text": "?", "LexV2Bot": {"AliasArn": "${connect.bots.shop.arn}"}});
    let content = flow(vec![action("Ask", "ConnectParticipantWithLexBot", parameters, then("Bye", &ERRORS[..2]))]);
    let text = "flow: f\ngiven: { bots: { shop: silence } }\ntests: [{ name: a, then: { heard: NoMatchingError } }]";
    assert_eq!(unmet(&run(text, &[("f", content)])), [""; 0]);
}

fn services() -> Value {
    let find = json!({"ProfileRequestData": {"PhoneNumber": "$.CustomerEndpoint.Address"}});
    flow(vec![
        action("Find", "GetCustomerProfile", find, then("Voice", &[ERRORS[0], ERRORS[3]])),
        action(
            "Voice",
            "CheckVoiceId",
            json!({"CheckVoiceIdOption": "enrollmentStatus"}),
            when(then("On NoMatchingError", &ERRORS[..1]), &[("Enrolled", "Open"), ("NotEnrolled", "Closed")]),
        ),
        action(
            "Open",
            "CheckHoursOfOperation",
            json!({}),
            when(then("On NoMatchingError", &ERRORS[..1]), &[("True", "Hello"), ("False", "Closed")]),
        ),
        say("Closed", "Closed", "Bye"),
        say("Hello", "Hello $.Customer.FirstName of case $.Case.case_reference_id", "Bye"),
    ])
}

#[test]
fn service_results_can_be_stubbed_and_read() {
    let text = r#"
flow: f
given:
  results:
    Find: { sets: { Customer: { FirstName: Ann, LastName: Lee }, Case: { case_reference_id: 7 } } }
    Voice: Enrolled
    Open: "True"
tests:
  - { name: all there, then: { heard: Hello Ann of case 7 } }
  - { name: not enrolled, given: { results: { Voice: NotEnrolled, Open: "True" } }, then: { heard: Closed } }
  - { name: nobody, given: { fails: { Find: NoneFoundError } }, then: { heard: NoneFoundError } }
"#;
    let report = run(text, &[("f", services())]);
    assert!(report.outcomes[0].failures.is_empty(), "{:?}", report.outcomes[0].failures);
    assert_eq!(report.outcomes[1].failures, ["the action \"Open\", whose result is given, did not run"]);
    let idle = ["Open", "Voice"].map(|id| format!("the action \"{id}\", whose result is given, did not run"));
    assert_eq!(report.outcomes[2].failures, idle, "{:?}", report.outcomes[2].failures);
    let without = "flow: f\ntests: [{ name: a, then: { heard: NoMatchingError, path: [Find] } }]";
    let report = run(without, &[("f", services())]);
    assert_eq!(unmet(&report), [""; 0]);
    let note = report.outcomes[0].transcript.path[0].note.as_deref();
    assert_eq!(note, Some("not simulated: Customer Profiles finds a profile; a test can give it under `results`"));
}

#[test]
fn results_that_no_action_could_have_are_refused() {
    let text = r"
flow: f
tests:
  - { name: a, given: { results: { Find: found, Voice: NotEnrolled } }, then: { heard: Closed } }
  - { name: b, given: { results: { Find: done, Voice: NotEnrolled, Closed: done } }, then: { heard: Closed } }
";
    let report = run(text, &[("f", services())]);
    assert_eq!(report.outcomes[0].failures, ["the action \"Find\" has no conditions that \"found\" could meet; write `done`"]);
    let why = "the result of \"Closed\" cannot be given: MessageParticipant is simulated; define its inputs, or make it fail with `fails`";
    assert_eq!(report.outcomes[1].failures, [why]);
}

#[test]
fn last_result_is_repeated() {
    let content = flow(vec![
        action("Try", "CreateCase", json!({}), then("Loop", &ERRORS[..1])),
        action(
            "Loop",
            "Loop",
            json!({"LoopCount": "2"}),
            when(then("Bye", &[]), &[("ContinueLooping", "Say"), ("DoneLooping", "Bye")]),
        ),
        say("Say", "Case $.Case.id", "Try"),
    ]);
    let text = "flow: f\ngiven: { results: { Try: [{ sets: { Case: { id: 1 } } }, { sets: { Case: { id: 2 } } }] } }\n\
                tests: [{ name: a, then: { heard: [Case 1, Case 2], outcome: disconnected } }]";
    let report = run(text, &[("f", content)]);
    assert_eq!(unmet(&report), [""; 0]);
    assert_eq!(report.outcomes[0].transcript.heard, ["Case 1", "Case 2"]);
}

#[test]
fn tasks_have_a_contact_id_and_need_names() {
    let content = flow(vec![
        action("Make", "CreateTask", json!({"Name": "$.Attributes.name"}), then("Said", &ERRORS[..1])),
        say("Said", "Task $.Task.ContactId", "Bye"),
    ]);
    let text = "flow: f\ntests:\n  - { name: a, given: { attributes: { name: Call back } }, then: { heard: Task 00000000 } }\n  \
                - { name: b, then: { heard: NoMatchingError } }";
    assert_eq!(unmet(&run(text, &[("f", content)])), [""; 0]);
}

fn queueing(hooks: &[(&str, &str)]) -> Value {
    let mut actions: Vec<Value> = hooks
        .iter()
        .enumerate()
        .map(|(index, (event, flow))| {
            let next = if index + 1 < hooks.len() { format!("Hook {}", index + 1) } else { "Queue".to_owned() };
            let parameters = json!({"EventHooks": {*event: format!("${{connect.flows.{flow}.arn}}")}});
            action(&format!("Hook {index}"), "UpdateContactEventHooks", parameters, then(&next, &ERRORS[..1]))
        })
        .collect();
    let queue = json!({"QueueId": "${connect.queues.sales.arn}"});
    actions.push(action("Queue", "UpdateContactTargetQueue", queue, then("Wait", &ERRORS[..1])));
    actions.push(action("Wait", "TransferContactToQueue", json!({}), then("Bye", &ERRORS[..1])));
    flow(actions)
}

/// Returns a flow with prompts that are interrupted after 25 seconds to say something.
fn looped(prompt: &str, between: &str) -> Value {
    let parameters = json!({"Messages": [{"Text": prompt}], "InterruptFrequencySeconds": "25"});
    let interrupted = when(then("Bye", &ERRORS[..1]), &[("MessagesInterrupted", "Between")]);
    flow(vec![action("Loop", "MessageParticipantIteratively", parameters, interrupted), say("Between", between, "Loop")])
}

#[test]
fn caller_hears_the_hold_flow_during_a_hold() {
    let end = action("End", "EndFlowExecution", json!({}), json!({}));
    let mut whisper = flow(vec![say("Whisper", "From $.Queue.Name", "End")]);
    whisper["Actions"].as_array_mut().unwrap().push(end);
    let goodbye = flow(vec![say("Goodbye", "$.Agent.UserName has left", "Bye")]);
    let main = queueing(&[
        ("CustomerHold", "music"),
        ("AgentHold", "tap"),
        ("AgentWhisper", "whisper"),
        ("CustomerRemaining", "goodbye"),
    ]);
    let text = r#"
flow: main
given:
  time: 2026-01-05T16:58:00Z
  flows: { music: music, tap: tap, whisper: whisper, goodbye: goodbye }
  queues: { sales: { answered_after_seconds: 10, agent: ann, holds_seconds: [60, 20] } }
tests:
  - name: held twice
    then:
      heard: ["[queue music]", "[beep]", Music, Still there?, Music, Still there?, Music, Music, ann has left]
      agent_hears: [From sales, Tap, "Go on?", Tap, "Go on?", Tap, Tap]
      outcome: "answered: ann"
"#;
    let files = [
        ("main", main),
        ("music", looped("Music", "Still there?")),
        ("tap", looped("Tap", "Go on?")),
        ("whisper", whisper),
        ("goodbye", goodbye),
    ];
    let report = run(text, &files);
    assert_eq!(unmet(&report), [""; 0]);
    let transcript = &report.outcomes[0].transcript;
    assert_eq!(transcript.heard.len(), 9, "{:?}", transcript.heard);
    assert_eq!(transcript.agent_heard.len(), 7, "{:?}", transcript.agent_heard);
}

#[test]
fn default_flows_run_and_holds_count_once() {
    let hours = when(then("Bye", &ERRORS[..1]), &[("True", "Open"), ("False", "Closed")]);
    let after = flow(vec![
        action("Check", "CheckHoursOfOperation", json!({"HoursOfOperationId": "${connect.hours.office.arn}"}), hours),
        say("Open", "Still open", "Bye"),
        say("Closed", "Closed by now", "Bye"),
    ]);
    let text = r#"
flow: main
given:
  time: 2026-01-05T16:58:00Z
  flows: { after: after }
  hours: { office: { monday: "09:00-17:00" } }
tests:
  - name: in time
    given: { queues: { sales: { answered_after_seconds: 10, holds_seconds: 109 } } }
    then: { heard: ["[queue music]", "[beep]", "[hold music]", Still open], agent_hears: [sales, You are on hold], outcome: "answered: agent" }
  - name: too late
    given: { queues: { sales: { answered_after_seconds: 10, holds_seconds: [55, 55] } } }
    then: { heard: ["[hold music]", "[hold music]", Closed by now], outcome: "answered: agent" }
"#;
    let report = run(text, &[("main", queueing(&[("CustomerRemaining", "after")])), ("after", after)]);
    assert_eq!(unmet(&report), [""; 0]);
}

#[test]
fn ended_queue_flow_keeps_the_contact_queued() {
    let mut waiting = flow(vec![say("Soon", "Soon", "End")]);
    waiting["Actions"].as_array_mut().unwrap().push(action("End", "EndFlowExecution", json!({}), json!({})));
    let text = "flow: main\ngiven: { flows: { waiting: waiting } }\ntests:\n  \
                - { name: a, given: { queues: { sales: { answered_after_seconds: 5, agent: ann } } }, then: { heard: Soon, outcome: \"answered: ann\" } }\n  \
                - { name: b, given: { queues: { sales: {} } }, then: { heard: Soon, outcome: \"queued: sales\" } }";
    let report = run(text, &[("main", queueing(&[("CustomerQueue", "waiting")])), ("waiting", waiting)]);
    assert_eq!(unmet(&report), [""; 0]);
}

#[test]
fn invalid_callback_numbers_are_rejected() {
    let set = json!({"CallbackNumber": "$.Attributes.number"});
    let mut transitions = then("Set", &[]);
    transitions["Errors"] = json!([
        {"NextAction": "Invalid", "ErrorType": "InvalidCallbackNumber"},
        {"NextAction": "Not dialable", "ErrorType": "CallbackNumberNotDialable"}
    ]);
    let content = flow(vec![
        action("Number", "UpdateContactCallbackNumber", set, transitions),
        say("Set", "Set $.CustomerCallbackNumber", "Bye"),
        say("Invalid", "Invalid", "Bye"),
        say("Not dialable", "Not dialable", "Bye"),
    ]);
    let text = r#"
flow: f
given: { numbers: { "+12065550150": fails } }
tests:
  - { name: a, given: { attributes: { number: "+12065550151" } }, then: { heard: Set +12065550151 } }
  - { name: b, given: { attributes: { number: "+12065550150" } }, then: { heard: Not dialable } }
  - { name: c, given: { attributes: { number: "2065550150" } }, then: { heard: Invalid } }
"#;
    assert_eq!(unmet(&run(text, &[("f", content)])), [""; 0]);
}

#[test]
fn invalid_stubs_are_reported_with_their_position() {
    let text = r"flow: f
given:
  bots: { a: maybe, b: [], c: { intents: X }, d: [silence, { intent: X, slot: { A: B } }], e: { intent: X, slots: 5 } }
  results: { r: [], s: { sets: { Costumer: { A: B } } }, t: { sets: 5 }, u: { value: x } }
  queues: { q: { holds_seconds: 30 }, p: { answered_after_seconds: 1, holds_seconds: [0, long] } }
tests: [{ name: one, then: { outcome: disconnected } }]
";
    let found = faults(text);
    let places: Vec<&str> = found.iter().map(|fault| fault.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        ["3:14", "3:24", "3:31", "3:33", "3:73", "3:115", "4:17", "4:34", "4:69", "4:79", "5:33", "5:87", "5:90"],
        "{found:#?}"
    );
    let all = found.join("\n");
    for part in [
        "this is no answer of a bot\n  it is `no match`, `silence`, `hang up`, `fails` or `{ intent: …",
        "an answer of a bot has no `intents`\n  did you mean intent?",
        "`intent` is missing",
        "an answer of a bot has no `slot`\n  did you mean slots?",
        "no service outside of a call sets $.Costumer\n  did you mean Customer?",
        "a result has no `value`\n  it has result, sets",
        "nobody answers here, so nobody holds the caller\n  say after how many seconds the agent answers",
        "a hold is a whole number from 1 to 86400",
    ] {
        assert!(all.contains(part), "{part} is not in\n{all}");
    }
}

#[test]
fn unsupported_stubs_prevent_the_export() {
    let rows = [
        (
            "results: { Find: done, Voice: Enrolled, Open: \"True\" }",
            "the result of \"Find\" is what the instance's services make of it",
        ),
        ("bots: { shop: no match }", "the bot shop of the instance answers for itself"),
        ("queues: { sales: { answered_after_seconds: 3 } }", "no agent of the instance can be made to answer in the queue sales"),
        ("numbers: { \"+12065550150\": fails }", "what +12065550150 does when it is called"),
        ("percent: 5", "an instance cannot be made to draw 5"),
    ];
    for (given, reason) in rows {
        let text = format!("flow: f\ngiven: {{ {given} }}\ntests: [{{ name: a, then: {{ outcome: disconnected }} }}]");
        let report = run(&text, &[("f", services())]);
        let refused = report.outcomes[0].test_case.as_ref().unwrap_err();
        assert!(refused.contains(reason), "{given}: {refused}");
    }
    let text = "flow: f\ngiven: { seed: 5 }\ntests: [{ name: a, then: { heard: something } }]";
    assert!(run(text, &[("f", services())]).outcomes[0].test_case.is_ok());
}

#[test]
fn agent_queues_are_identified_by_the_agent() {
    let agent = json!({"AgentId": "${connect.users.ann.arn}"});
    let content = flow(vec![
        action("Queue", "UpdateContactTargetQueue", agent, then("Wait", &ERRORS[..1])),
        action("Wait", "TransferContactToQueue", json!({}), then("Bye", &ERRORS[..1])),
    ]);
    let text = "flow: f\ngiven: { queues: { ann: { answered_after_seconds: 5, agent: ann } } }\n\
                tests: [{ name: a, then: { outcome: \"answered: ann\" } }]";
    assert_eq!(unmet(&run(text, &[("f", content)])), [""; 0]);
}

#[test]
fn extreme_times_do_not_overflow() {
    let mut music = looped("Music", "Still there?");
    music["Actions"][0]["Parameters"]["InterruptFrequencySeconds"] = u64::MAX.to_string().into();
    let ways = when(then("Store", &ERRORS[..1]), &[("True", "Store"), ("False", "Store")]);
    let store = json!({"Text": "Type it.", "StoreInput": "True", "InputTimeLimitSeconds": u64::MAX.to_string(),
        "DTMFConfiguration": {"InterdigitTimeLimitSeconds": u64::MAX}});
    let mut main = queueing(&[("CustomerQueue", "music")]);
    let actions = main["Actions"].as_array_mut().unwrap();
    actions.push(action("Check", "CheckHoursOfOperation", json!({"HoursOfOperationId": "${connect.hours.office.arn}"}), ways));
    actions.push(action("Store", "GetParticipantInput", store, then("Hook 0", &ERRORS[..1])));
    main["StartAction"] = "Check".into();
    let text = r#"
flow: main
given:
  time: 9999-12-31T23:59:59Z
  flows: { music: music }
  hours: { office: { utc_offset: "+14:00", friday: "09:00-17:00" } }
  queues: { sales: { name: Sales } }
tests:
  - { name: waits, when: ["1", silence], then: { heard: [Type it, Music, Still there?, Music, Still there?, Music] } }
"#;
    let report = run(text, &[("main", main), ("music", music)]);
    assert_eq!(unmet(&report), [""; 0]);
}
