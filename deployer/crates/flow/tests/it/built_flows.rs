//! Tests of flows that are built in Rust.

use std::collections::BTreeSet;

use deployer_flow::build::*;
use deployer_flow::{FlowType, diff, flow};
use serde_json::{Value, json};

/// The shipped flow, as `flows/vanity.json` has it.
fn vanity() -> NewFlow {
    flow! {
        turn_logging_on: set_logging(FlowLoggingBehavior::Enabled).then(choose_the_voice),
        choose_the_voice: set_voice("Joanna").engine("Neural").style("None").then(greet).on_error(greet),
        greet: say("Welcome to Vanity Numbers. One moment, please, while I look for words in your telephone number.")
            .then(stop_logging)
            .on_error(stop_logging),
        stop_logging: set_logging(FlowLoggingBehavior::Disabled).then(find_words),
        find_words: invoke(Function::named("convert")).seconds(8).then(what_was_found).on_error(log_the_failure),
        what_was_found: compare(external("status"))
            .when(equals("OK"), speak_the_numbers)
            .when(equals("NO_CALLER_ID"), say_no_caller_id)
            .when(equals("NO_LETTERS"), say_no_letters)
            .when(equals("INVALID_NUMBER"), say_invalid_number)
            .no_match(log_the_failure),
        speak_the_numbers: say(ssml(external("speech"))).then(offer_to_repeat).on_error(speak_without_markup),
        speak_without_markup: say(external("text")).then(offer_to_repeat).on_error(log_the_failure),
        offer_to_repeat: ask("To hear them again, press 1.")
            .seconds(5)
            .on("1", speak_the_numbers)
            .timeout(log_again)
            .no_match(log_again)
            .on_error(log_again),
        log_again: set_logging(FlowLoggingBehavior::Enabled).then(say_goodbye),
        say_goodbye: say("Thank you for calling. Goodbye.").then(hang_up).on_error(hang_up),
        say_no_caller_id: say(
            "I cannot see your telephone number, because it is withheld. Please call again with your number shown."
        )
        .then(log_again)
        .on_error(log_again),
        say_no_letters: say("I am sorry, your telephone number has no keys with letters that I could make words of.")
            .then(log_again)
            .on_error(log_again),
        say_invalid_number: say("I am sorry, I do not understand the telephone number you are calling from.")
            .then(log_again)
            .on_error(log_again),
        log_the_failure: set_logging(FlowLoggingBehavior::Enabled).then(apologise),
        apologise: say("I am sorry, something went wrong on our side. Please call again later.").then(hang_up).on_error(hang_up),
        hang_up: disconnect(),
    }
}

#[test]
fn shipped_flow_can_be_written_in_rust() {
    let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../flows/vanity.json")).unwrap();
    let differences = diff(&deployer_flow::Flow::parse(&file).unwrap(), &vanity().into());
    assert!(differences.is_empty(), "{differences:#?}");
    assert_eq!(vanity().check(), []);
}

fn document(flow: NewFlow) -> Value {
    flow.into()
}

fn identifiers(document: &Value) -> Vec<&str> {
    document["Actions"].as_array().unwrap().iter().map(|action| action["Identifier"].as_str().unwrap()).collect()
}

#[test]
fn actions_in_place_get_identifiers() {
    let built = document(flow!(say("One.").then(say("Two.").then(disconnect()).on_error(disconnect()))));
    assert_eq!(identifiers(&built), ["Say", "Say 2", "Disconnect", "Disconnect 2"]);
    assert_eq!(built["Actions"][0]["Transitions"], json!({"NextAction": "Say 2"}));
    let errors = json!([{"NextAction": "Disconnect 2", "ErrorType": "NoMatchingError"}]);
    assert_eq!(built["Actions"][1]["Transitions"], json!({"NextAction": "Disconnect", "Errors": errors}));
}

/// Asks for a digit, and again if none is pressed.
fn confirm(question: &str, yes: Label, no: Label) -> NewFlow {
    flow! {
        confirm: ask(question).seconds(3).on("1", yes).timeout(confirm).no_match(no).on_error(no),
    }
}

#[test]
fn functions_return_parts_with_labels_of_their_own() {
    let built = flow! {
        first: say("Hello.").then(confirm("Sales?", sales, second)),
        second: say("Then.").then(confirm("Service?", service, bye)),
        sales as "To sales": say("Sales.").then(bye),
        service: say("Service.").then(bye),
        bye: disconnect(),
    };
    assert_eq!(built.check(), []);
    let built = document(built);
    assert_eq!(identifiers(&built), ["First", "Confirm", "Second", "Confirm 2", "To sales", "Service", "Bye"]);
    let loops: Vec<&Value> = [1, 3].iter().map(|at| &built["Actions"][*at]["Transitions"]["Errors"][0]["NextAction"]).collect();
    assert_eq!(loops, ["Confirm", "Confirm 2"]);
}

#[test]
fn long_and_equal_names_stay_apart() {
    let long = "a name that is longer than the fifty characters that an identifier may have";
    let labels: Vec<Label> = (0..12).map(|_| Label::identified("same", Box::leak(long.to_owned().into_boxed_str()))).collect();
    let built = document(NewFlow::new(labels.into_iter().map(|label| (label, disconnect().into_action())).collect()));
    let names: BTreeSet<&str> = identifiers(&built).into_iter().collect();
    assert_eq!(names.len(), 12);
    assert!(names.iter().all(|name| name.chars().count() <= 50));
}

#[test]
fn label_of_another_flow_is_reported() {
    let elsewhere = Label::new("elsewhere");
    let findings = flow! { start: say("Hello.").then(elsewhere) }.check();
    assert!(findings.iter().any(|finding| finding.code == "target"), "{findings:?}");
}

#[test]
fn next_action_is_implied_where_no_contact_takes_it() {
    let built = document(flow! {
        start: check_hours().open(sales).closed(bye).on_error(failed),
        sales: set_queue(Queue::named("sales")).then(transfer_to_queue().at_capacity(bye).on_error(failed)).on_error(failed),
        failed: say("Sorry.").then(bye),
        bye: disconnect(),
    });
    assert_eq!(built["Actions"][0]["Transitions"]["NextAction"], "Failed");
    assert_eq!(built["Actions"][2]["Transitions"]["NextAction"], "Failed");
    assert_eq!(built["Actions"][4]["Transitions"], json!({}));
}

#[test]
fn parameters_add_and_take_branches() {
    let built = flow! {
        call: transfer_to_phone_number("+18005550100")
            .continue_flow_execution()
            .then(bye)
            .on_call_failed(bye)
            .timeout(bye)
            .on_error(wait_here),
        wait_here: wait(60)
            .completed(bye)
            .on_customer_returned(bye)
            .on_bot_participant_disconnected(bye)
            .on_participant_not_found(bye)
            .on_error(number),
        number: ask_for_input("Your number?")
            .seconds(5)
            .phone_number_validation(json!({"NumberFormat": "E164"}))
            .on_invalid_phone_number(number)
            .then(bye)
            .on_error(bye),
        bye: disconnect(),
    };
    assert_eq!(built.check(), []);
    let built = document(built);
    assert_eq!(built["Actions"][1]["Parameters"]["Events"], json!(["CustomerReturned", "BotParticipantDisconnected"]));
    assert_eq!(built["Actions"][2]["Parameters"]["StoreInput"], "True");
}

#[test]
fn type_and_settings_are_written() {
    let built = flow!(return_from_module()).of_type(FlowType::Module).settings(json!({"Transitions": []}));
    let built = document(built);
    assert_eq!((&built["Metadata"]["type"], &built["Settings"]), (&json!("contactFlowModule"), &json!({"Transitions": []})));
}

#[test]
fn every_action_has_a_place_of_its_own() {
    let built = document(vanity());
    let places: BTreeSet<String> =
        built["Metadata"]["ActionMetadata"].as_object().unwrap().values().map(|one| one["position"].to_string()).collect();
    assert_eq!(places.len(), identifiers(&built).len());
    assert!(places.iter().all(|place| !place.contains("null")));
}

#[test]
fn raw_parts_are_written_as_they_are() {
    let built = document(flow! {
        start: say("Hello.").then(other).raw().parameter("New", 5).condition("Equals", "x", bye).error("NewError", bye),
        other: raw("FromTomorrow", json!({"A": 1})).then(bye),
        bye: disconnect(),
    });
    assert_eq!(built["Actions"][0]["Parameters"], json!({"Text": "Hello.", "New": 5}));
    assert_eq!(built["Actions"][0]["Transitions"]["Errors"][0]["ErrorType"], "NewError");
    assert_eq!(built["Actions"][1]["Type"], "FromTomorrow");
}
