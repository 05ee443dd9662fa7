//! Tests of calls that are written in Rust: what passes, and what a failure says.

use std::panic::{AssertUnwindSafe, catch_unwind};

use deployer_flow::build::*;
use deployer_flow::flow;
use deployer_flow::testing::{Caller, FunctionStub, TestInstance, ThirdParty, assert_every_branch};
use serde_json::json;

const VANITY: &str = include_str!("../../../../../flows/vanity.json");
const CALLER: &str = "+18003569377";

fn found() -> TestInstance {
    let speech = "<speak><p>Option one.</p></speak>";
    TestInstance::new().function("convert", json!({"status": "OK", "speech": speech, "text": "1 800 flowers"}))
}

fn status(status: &str) -> TestInstance {
    TestInstance::new().function("convert", json!({"status": status}))
}

#[test]
fn shipped_flow_is_called_through_every_branch() {
    let call = |instance: &TestInstance| Caller::from(CALLER).on(instance).calls(VANITY);
    let broken = FunctionStub::fails("Runtime.ExitError", "exited");
    let markup =
        found().function("convert", json!({"status": "OK", "speech": "<speak>Rock & roll</speak>", "text": "1 800 flowers"}));
    let mut calls = vec![
        call(&found())
            .hears("Welcome to Vanity Numbers")
            .hears("Option one")
            .hears("press 1")
            .presses("1")
            .hears("Option one")
            .presses("7")
            .hears("Goodbye")
            .invokes("convert", 1)
            .is_disconnected(),
        call(&found()).hangs_up().does_not_hear("Goodbye").ends("caller hung up"),
        call(&markup).hears("1 800 flowers").runs(["Speak the numbers", "Speak without markup", "Offer to repeat"]),
        Caller::withheld().on(&status("NO_CALLER_ID")).calls(VANITY).hears("it is withheld"),
        call(&status("NO_LETTERS")).hears("no keys with letters"),
        call(&status("INVALID_NUMBER")).hears("I do not understand"),
        call(&status("UNAVAILABLE")).hears("something went wrong"),
        call(&TestInstance::new().function("convert", broken)).hears("something went wrong"),
        call(&TestInstance::new().function("convert", FunctionStub::from(json!({})).after_seconds(9)))
            .hears("something went wrong"),
        call(&markup.fails("Speak without markup", "NoMatchingError").fails("Apologise", "NoMatchingError")).is_disconnected(),
    ];
    for action in ["Choose the voice", "Greet", "Offer to repeat", "Say goodbye"] {
        calls.push(call(&found().fails(action, "NoMatchingError")).is_disconnected());
    }
    for (action, given) in
        [("Say no caller id", "NO_CALLER_ID"), ("Say no letters", "NO_LETTERS"), ("Say invalid number", "INVALID_NUMBER")]
    {
        calls.push(call(&status(given).fails(action, "NoMatchingError")).hears("Goodbye"));
    }
    assert_every_branch(VANITY, &calls);
}

/// A flow that asks functions, hours, a queue and a number.
fn shop() -> NewFlow {
    flow! {
        start: set_attributes([("from", "shop")]).then(hours).on_error(bye),
        hours: check_hours().hours(Hours::named("office")).open(menu).closed(emergency).on_error(bye),
        menu: ask("Sales: 1. Service: 2.").seconds(5).on("1", sales).on("2", service).timeout(bye).no_match(menu).on_error(bye),
        sales: set_queue(Queue::named("sales")).then(enqueue).on_error(bye),
        enqueue: transfer_to_queue().at_capacity(bye).on_error(bye),
        service: invoke(Function::named("tickets"))
            .seconds(3)
            .input([("number", jsonpath("$.CustomerEndpoint.Address"))])
            .then(answer)
            .on_error(bye),
        answer: say(format!("You have {} tickets.", external("count"))).then(bye),
        emergency: transfer_to_phone_number("+18005550111").on_error(bye),
        bye: say("Goodbye.").then(disconnect()),
    }
}

fn centre() -> TestInstance {
    let tickets = |event: &serde_json::Value| {
        let number = event["Details"]["Parameters"]["number"].as_str().unwrap_or_default();
        json!({"count": number.len().to_string()})
    };
    TestInstance::new().open("office").answered("sales", "ann", 20).handler("tickets", tickets)
}

#[test]
fn stubs_determine_the_call() {
    let call = |instance: &TestInstance| Caller::from("+12065550123").on(instance).calls(shop());
    call(&centre()).hears("Sales: 1").presses("1").is_answered_by("ann").has_attribute("from", "shop").has_no_attribute("to");
    let service = call(&centre()).presses("2").hears("You have 12 tickets.").hears("Goodbye");
    service.invokes("tickets", 1).sends("tickets", "number", "+12065550123").is_disconnected();
    call(&centre().queue("sales")).presses("1").is_queued("sales");
    let closed = centre().closed("office");
    call(&closed).ends("transferred: +18005550111");
    call(&closed.number("+18005550111", ThirdParty::Fails)).hears("Goodbye.");
    let week = "{ hours: { office: { monday: 09:00-17:00 } } }";
    call(&centre().given(week).at("2026-01-05T16:59:59Z")).hears("Sales");
    call(&centre().given(week).at("2026-01-05T17:00:00Z")).does_not_hear("Sales");
}

#[test]
fn modules_and_other_flows_are_called() {
    let module = flow!(say("In the module.").then(return_from_module().result("Done")));
    let main = flow! {
        first: invoke_module(Module::named("steps")).on("Done", done).then(bye).on_error(bye),
        done: say("Done.").then(transfer_to_flow(Flow::named("next")).on_error(bye)),
        bye: disconnect(),
    };
    let instance = TestInstance::new().flow("steps", module).flow("next", flow!(say("In the next flow.").then(disconnect())));
    let call = Caller::from(CALLER).on(&instance).calls(&main);
    call.hears("In the module.").hears("Done.").hears("In the next flow.").is_disconnected();
}

#[test]
fn chance_is_determined() {
    let flow = flow! {
        draw: distribute().when(less_than(31), some).when(less_than(101), others).no_match(some),
        some: say("Some.").then(bye),
        others: say("Others.").then(bye),
        bye: disconnect(),
    };
    let call = |instance: TestInstance| Caller::from(CALLER).on(&instance).calls(&flow);
    call(TestInstance::new().percent(30)).hears("Some.");
    call(TestInstance::new().percent(31)).hears("Others.");
    let heard = |seed| call(TestInstance::new().seed(seed)).transcript().heard.clone();
    assert_eq!(heard(7), heard(7));
    assert!((0..20).any(|seed| heard(seed) != heard(7)));
}

/// Returns the message of a panic.
fn failure(test: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(test)).expect_err("the test should fail");
    payload.downcast_ref::<String>().cloned().or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap()
}

#[test]
fn failure_says_what_was_heard_instead() {
    let message = failure(|| {
        Caller::from(CALLER).on(&found()).calls(VANITY).hears("Option one").presses("1").hears("Option two");
    });
    let expected = "the caller does not hear \"Option two\" here
  instead: \"Option one.\"
  instead: \"To hear them again, press 1.\"
  then the caller is asked for a key
the call from +18003569377:
  \"Welcome to Vanity Numbers.\"
  \"One moment, please, while I look for words in your telephone number.\"
  \"Option one.\"
  \"To hear them again, press 1.\"
  > presses 1
  \"Option one.\"
  \"To hear them again, press 1.\"
  > presses nothing
  \"Thank you for calling.\"
  \"Goodbye.\"
  actions: Turn logging on -> Choose the voice";
    assert!(message.starts_with(expected), "{message}");
    assert!(message.ends_with("outcome: disconnected"), "{message}");
}

#[test]
fn failure_of_each_expectation_has_its_reason() {
    let call = || Caller::from("+12065550123").on(&centre()).calls(shop());
    type Row = (&'static str, Box<dyn FnOnce()>);
    let rows: [Row; 14] = [
        ("the caller does not hear \"Goodbye\" here", Box::new(move || drop(call().hears("Goodbye")))),
        ("the caller does not hear \"Sales\" here", Box::new(move || drop(call().hears("Service").hears("Sales")))),
        ("the caller hears \"Service: 2.\", in which \"Service\"", Box::new(move || drop(call().does_not_hear("Service")))),
        ("the outcome is \"answered: ann\", not \"disconnected\"", Box::new(move || drop(call().presses("1").is_disconnected()))),
        ("the outcome is \"disconnected\", not \"queued: sales\"", Box::new(move || drop(call().is_queued("sales")))),
        ("the action \"Menu\" does not run, or not in this order", Box::new(move || drop(call().runs(["Bye", "Menu"])))),
        ("the attribute from is \"shop\", not \"x\"", Box::new(move || drop(call().has_attribute("from", "x")))),
        ("the attribute x is not there", Box::new(move || drop(call().has_attribute("x", "x")))),
        ("the attribute from is there", Box::new(move || drop(call().has_no_attribute("from")))),
        ("the function tickets is invoked 0 times, not 1", Box::new(move || drop(call().invokes("tickets", 1)))),
        (
            "the parameter number of the function tickets is \"+12065550123\"",
            Box::new(move || drop(call().presses("2").sends("tickets", "number", "1"))),
        ),
        ("the call is over before", Box::new(move || drop(call().presses("2").presses("1")))),
        ("`x` is not a key", Box::new(move || drop(call().presses("x")))),
        (
            "the flow asks for what the instance of the test does not have: the hours",
            Box::new(|| drop(Caller::from(CALLER).calls(shop()))),
        ),
    ];
    for (reason, test) in rows {
        let message = failure(test);
        assert!(message.starts_with(reason), "{reason}: {message}");
    }
}

#[test]
fn failure_lists_untaken_branches() {
    let flow = shop();
    let call = Caller::from(CALLER).on(&centre()).calls(&flow).presses("1");
    let message = failure(|| assert_every_branch(&flow, [&call]));
    assert!(message.contains("  Menu: Equals 2 -> Service\n"), "{message}");
    assert!(message.contains("  Service: never runs\n"), "{message}");
    assert!(message.starts_with("the calls take 5 of 22 branches"), "{message}");
}

#[test]
fn failure_of_what_was_not_asked_for_yet_is_none() {
    // Silence would lead to a queue that the test does not give; the caller presses a key before.
    let flow = flow! {
        menu: ask("Press 1.").seconds(5).on("1", bye).timeout(queue).no_match(queue).on_error(queue),
        queue: set_queue(Queue::named("sales")).then(bye).on_error(bye),
        bye: say("Goodbye.").then(disconnect()),
    };
    Caller::from(CALLER).calls(&flow).hears("Press 1").presses("1").hears("Goodbye").is_disconnected();
    let message = failure(|| drop(Caller::from(CALLER).calls(&flow).is_disconnected()));
    assert!(message.contains("the queue ${connect.queues.sales.arn}"), "{message}");
}
