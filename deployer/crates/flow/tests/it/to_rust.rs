//! Tests that flows written as Rust compile and have the same meaning. The written sources are the module `written`, so that they are
//! compiled once, with these tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use deployer_flow::actions;
use deployer_flow::build::NewFlow;
use deployer_flow::to_rust::{Options, RustSource, to_rust};
use deployer_flow::{Flow, diff};
use serde_json::{Value, json};

use crate::support::drive::subjects;
use crate::support::legacy_blocks::{more_rows, one, rows};
use crate::support::{assert_current, clean, mutations};
use crate::written;

/// Returns one flow with the actions of all: those of the first flow start it.
fn merged(flows: Vec<Value>) -> Value {
    let mut actions = Vec::new();
    for (number, flow) in flows.iter().enumerate() {
        let named = |value: &mut Value| {
            if let Some(name) = value.as_str() {
                *value = format!("{name} {number}").into();
            }
        };
        for mut action in flow["Actions"].as_array().cloned().unwrap_or_default() {
            named(&mut action["Identifier"]);
            let Some(transitions) = action["Transitions"].as_object_mut() else { continue };
            transitions.get_mut("NextAction").into_iter().for_each(named);
            for list in ["Conditions", "Errors"] {
                let branches = transitions.get_mut(list).and_then(Value::as_array_mut);
                branches.into_iter().flatten().for_each(|branch| named(&mut branch["NextAction"]));
            }
            actions.push(action);
        }
    }
    json!({"Version": "2019-10-30", "StartAction": actions[0]["Identifier"], "Metadata": {}, "Actions": actions})
}

/// Returns a flow with what the builder's types do not have, and with identifiers that are no labels.
fn odd() -> Value {
    let id = |number: u32| format!("7d0c1f2e-1111-4222-8333-94445555666{number}");
    let on = |target: &str| json!({"NextAction": target, "Errors": [{"NextAction": "match", "ErrorType": "NoMatchingError"}]});
    let when = |operator: &str, operand: Value, target: &str| json!({"NextAction": target, "Condition": {"Operator": operator, "Operands": [operand]}});
    let large: Vec<Value> = (0..60).map(|number| json!({"n": number, "large": 5_000_000_000_i64, "part": 0.5})).collect();
    json!({"Version": "2019-10-30", "StartAction": id(0), "Metadata": {"type": "customerQueue"}, "Settings": {"Transitions": []}, "Actions": [
        {"Identifier": id(0), "Type": "MessageParticipant", "Parameters": {"Text": "Line\nbreak \"quoted\" \\ {} 'ä' $.Attributes.x"}, "Transitions": on(&id(1))},
        {"Identifier": id(1), "Type": "MessageParticipant", "Parameters": {"SSML": "<speak>$.External.a</speak>", "New": [1, null, true]}, "Transitions": on("Äh, ja?")},
        {"Identifier": "Äh, ja?", "Type": "FromTomorrow", "Parameters": {"A": {"B": large}}, "Transitions": {"NextAction": "match", "Conditions": [when("Equals", json!("x"), "say")], "Errors": []}},
        {"Identifier": "match", "Type": "Compare", "Parameters": {"ComparisonValue": "$.Attributes.['first name']"}, "Transitions": {"NextAction": "say", "Conditions": [
            when("Equals", json!("a"), "say"), when("Sounds", json!("b"), "say"), when("NumberLessThan", json!("3"), "match")],
            "Errors": [{"NextAction": "1st", "ErrorType": "NoMatchingCondition"}, {"NextAction": "say", "ErrorType": "New"}]}},
        {"Identifier": "say", "Type": "GetParticipantInput", "Parameters": {"StoreInput": "maybe", "InputTimeLimitSeconds": "five"}, "Transitions": on("1st")},
        {"Identifier": "1st", "Type": "MessageParticipantIteratively", "Parameters": {"Messages": [{"Text": "a"}, {"PromptId": "$.Attributes.p"}], "InterruptFrequencySeconds": "007"},
            "Transitions": {"Conditions": [when("Equals", json!("MessagesInterrupted"), "Say")]}},
        {"Identifier": "Say", "Type": "UpdateContactTargetQueue", "Parameters": {"AgentId": "$.Agent.ARN"}, "Transitions": on("say goodbye")},
        {"Identifier": "say goodbye", "Type": "DistributeByPercentage", "Parameters": {}, "Transitions": {"NextAction": "Loop", "Conditions": [
            when("NumberLessThan", json!(31), "Loop"), when("Equals", json!("7"), "Loop")], "Errors": [{"NextAction": "Loop", "ErrorType": "NoMatchingCondition"}]}},
        {"Identifier": "Loop", "Type": "Loop", "Parameters": {"LoopCount": "3", "LoopName": "rounds"}, "Transitions": {"NextAction": "end", "Conditions": [
            when("Equals", json!("ContinueLooping"), "say"), when("Equals", json!("DoneLooping"), "end")]}},
        {"Identifier": "Twice", "Type": "TransferToFlow", "Parameters": {"ContactFlowId": "f"}, "Transitions": {"NextAction": "end", "Errors": [
            {"NextAction": "end", "ErrorType": "NoMatchingError"}, {"NextAction": "say", "ErrorType": "NoMatchingError"}]}},
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
    ]})
}

/// Returns the flows that are written: the shipped one, fixtures, every action type in every form of its declaration.
fn inputs() -> BTreeMap<String, Value> {
    let shipped = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../flows/vanity.json")).unwrap();
    let blocks = rows().into_iter().chain(more_rows());
    let old =
        blocks.map(|(kind, target, parameters, branches, ..)| one(kind, target, parameters, &branches).flow.as_value().clone());
    let mut inputs = BTreeMap::from([
        ("shipped".to_owned(), serde_json::from_str(&shipped).unwrap()),
        ("clean".to_owned(), clean()),
        ("odd".to_owned(), odd()),
        ("old".to_owned(), merged(old.collect())),
    ]);
    for rules in actions::all() {
        let flows = subjects(rules).iter().map(|subject| subject.flow(rules.name, false)).collect();
        inputs.insert(format!("type_{}", deployer_flow::build::shape::snake(rules.name)), merged(flows));
    }
    inputs
}

fn written_as_rust(name: &str, flow: &Value) -> RustSource {
    let options = Options { name: name.to_owned(), keep_ids: name == "odd" };
    let written = to_rust(&Flow::from_value(flow.clone()).unwrap(), &options);
    written.unwrap_or_else(|reasons| panic!("{name}: {reasons:#?}"))
}

const HEAD: &str = "// Written by `UPDATE_DOCS=1 cargo test -p deployer-flow --test it to_rust` with `deployer_flow::to_rust`.\n#![cfg_attr(rustfmt, rustfmt_skip)]\n\n";

/// The files of `written`, with the first letters of the types in them; the first file has the other flows.
const FILES: [(&str, &str); 4] =
    [("flows", ""), ("types_a_to_e", "abcde"), ("types_g_to_t", "ghijklmnopqrst"), ("types_u_to_z", "uvwxyz")];

fn file_of(name: &str) -> &'static str {
    let letter = name.strip_prefix("type_").and_then(|kind| kind.chars().next());
    letter.and_then(|letter| FILES.iter().find(|(_, letters)| letters.contains(letter))).map_or("flows", |(file, _)| file)
}

fn files() -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = FILES
        .iter()
        .map(|(file, _)| {
            let text = format!("{HEAD}use deployer_flow::build::*;\nuse deployer_flow::flow;\nuse serde_json::json;\n");
            (format!("{file}.rs"), text)
        })
        .collect();
    let mut list = format!(
        "{HEAD}mod {};\n\nuse deployer_flow::build::NewFlow;\n\n/// A function with its name.\npub(crate) type Written = (&'static str, fn() -> NewFlow);\n\n/// All functions.\npub(crate) const ALL: &[Written] = &[\n",
        FILES.map(|(file, _)| file).join(";\nmod ")
    );
    for (name, flow) in inputs() {
        let function = written_as_rust(&name, &flow).function.replace("/// Returns the flow.\npub fn", "pub(super) fn");
        let file = file_of(&name);
        files.get_mut(&format!("{file}.rs")).unwrap().push_str(&format!("\n{function}"));
        let _ = writeln!(list, "    (\"{name}\", {file}::{name}),");
    }
    list.push_str("];\n");
    files.insert("mod.rs".to_owned(), list);
    files
}

#[test]
fn written_sources_are_those_that_are_compiled() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/written");
    assert_current(&directory, files(), "to_rust");
}

/// Gives the actions of a flow these identifiers.
fn renamed(flow: &Value, names: &[(String, String)]) -> Value {
    let names: BTreeMap<&str, &str> = names.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    let distinct: BTreeSet<&str> = names.values().copied().collect();
    assert_eq!(distinct.len(), names.len(), "two actions have one identifier");
    let rename = |value: &mut Value| {
        if let Some(new) = value.as_str().and_then(|old| names.get(old)) {
            *value = (*new).into();
        }
    };
    let mut flow = flow.clone();
    rename(&mut flow["StartAction"]);
    for action in flow["Actions"].as_array_mut().unwrap() {
        rename(&mut action["Identifier"]);
        action.pointer_mut("/Transitions/NextAction").into_iter().for_each(rename);
        for list in ["/Transitions/Conditions", "/Transitions/Errors"] {
            let branches = action.pointer_mut(list).and_then(Value::as_array_mut);
            branches.into_iter().flatten().for_each(|branch| rename(&mut branch["NextAction"]));
        }
    }
    flow
}

#[test]
fn written_flows_mean_the_same() {
    let built: BTreeMap<&str, fn() -> NewFlow> = written::ALL.iter().copied().collect();
    for (name, flow) in inputs() {
        let names = written_as_rust(&name, &flow).identifiers;
        let made: Flow = built.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not compiled"))().into();
        let before = Flow::from_value(renamed(&flow, &names)).unwrap();
        let differences: Vec<String> = diff(&before, &made).iter().map(ToString::to_string).collect();
        assert!(differences.is_empty(), "{name}: {differences:#?}");
        assert_eq!(made.recorded_type(), before.recorded_type(), "{name}");
    }
}

#[test]
fn declared_forms_need_no_escape_hatch() {
    let mut raw = BTreeMap::new();
    for (name, flow) in inputs().into_iter().filter(|(name, _)| name != "odd") {
        let written = written_as_rust(&name, &flow);
        raw.extend((!written.raw.is_empty()).then_some((name, written.function.matches(".raw()").count())));
    }
    // `SkipWhenDTMFBufferEnabled` is accepted as `true` and as `True`; the builder writes the latter.
    assert_eq!(raw, BTreeMap::from([("type_message_participant".to_owned(), 1)]));
}

#[test]
fn unsound_flows_are_refused_with_reasons() {
    let refused = |edit: &dyn Fn(&mut Value)| {
        let mut flow = clean();
        edit(&mut flow);
        to_rust(&Flow::from_value(flow).unwrap(), &Options::default()).unwrap_err().join("\n")
    };
    type Row<'e> = (&'static str, &'e dyn Fn(&mut Value));
    let rows: [Row<'_>; 8] = [
        ("Actions[0].Transitions.NextAction: no action has this identifier", &|flow| {
            flow["Actions"][0]["Transitions"]["NextAction"] = "x".into();
        }),
        ("StartAction: no action has this identifier", &|flow| flow["StartAction"] = "x".into()),
        ("Version: the version is not 2019-10-30", &|flow| flow["Version"] = "2018-01-01".into()),
        ("Actions[1].Identifier: an earlier action has this identifier", &|flow| flow["Actions"][1]["Identifier"] = "Hub".into()),
        ("Actions[2].Note: the Flow language does not have this member", &|flow| flow["Actions"][2]["Note"] = 1.into()),
        ("Actions[3].Parameters: the parameters are not an object", &|flow| flow["Actions"][3]["Parameters"] = 1.into()),
        ("Actions[1].Transitions.NextAction: it is missing", &|flow| {
            flow["Actions"][1]["Transitions"].as_object_mut().unwrap().shift_remove("NextAction");
        }),
        ("Actions[0].Transitions.Conditions[0].Condition: a condition has an operator and one operand", &|flow| {
            flow["Actions"][0]["Transitions"]["Conditions"][0]["Condition"]["Operands"] = json!(["a", "b"]);
        }),
    ];
    for (reason, edit) in rows {
        assert!(refused(edit).contains(reason), "{reason}: {}", refused(edit));
    }
}

#[test]
fn flows_with_single_mistakes_are_written_or_refused() {
    // Whatever is not refused is written in full: every mutation of a parameter or branch changes the source.
    let before = written_as_rust("clean", &clean()).source;
    for mutation in mutations::errors() {
        let mut flow = clean();
        (mutation.change)(&mut flow);
        if let Ok(written) = Flow::from_value(flow)
            .map_err(drop)
            .and_then(|flow| to_rust(&flow, &Options { name: "clean".to_owned(), ..Options::default() }).map_err(drop))
        {
            assert_ne!(written.source, before, "{}", mutation.name);
        }
    }
}

#[test]
fn source_reads_like_the_call() {
    let source = written_as_rust("shipped", &inputs()["shipped"]).source;
    let expected =
        "        find_words: invoke(Function::named(\"convert\")).seconds(8).then(what_was_found).on_error(log_the_failure),
        what_was_found: compare(external(\"status\"))
            .when(equals(\"OK\"), speak_the_numbers)
";
    assert!(source.contains(expected), "{source}");
    assert!(source.contains("        hang_up: disconnect(),\n"), "{source}");
}
