//! Tests of the conversion from the old designer: Connect would accept the result, and parts without an equivalent are
//! reported.

use std::path::{Path, PathBuf};

use deployer_flow::legacy::{Conversion, NoteKind, convert};
use serde_json::{Value, json};

use crate::support::legacy_blocks::{QUEUE, block, document, errors, more_rows, one, rows, text};

#[test]
fn every_block_converts_to_a_clean_flow() {
    for (kind, target, parameters, branches, action, expected) in rows().into_iter().chain(more_rows()) {
        let conversion = one(kind, target, parameters, &branches);
        let made = &conversion.flow.as_value()["Actions"][0];
        assert_eq!(made["Type"], action, "{kind}: {:?}", conversion.blocks[0].notes);
        assert_eq!(made["Parameters"], expected, "{kind}");
        assert_eq!(conversion.blocks[0].to.as_deref(), Some(action));
        let lost = conversion.blocks[0].notes.iter().find(|note| note.loses_meaning());
        assert_eq!(lost, None, "{kind}");
        let found = errors(&conversion);
        assert!(found.is_empty(), "{kind}: {found:#?}");
        let places = &conversion.flow.metadata().unwrap()["ActionMetadata"]["it"]["position"];
        assert_eq!(places, &json!({"x": 1, "y": 2}), "{kind}");
    }
}

/// Returns the branches of the action for a block, as `(operand or error, target)`.
fn ways(conversion: &Conversion) -> Vec<(String, String)> {
    let transitions = &conversion.flow.as_value()["Actions"][0]["Transitions"];
    let way = |branch: &Value| {
        let name = branch["ErrorType"].as_str().or(branch["Condition"]["Operands"][0].as_str()).unwrap();
        (name.to_owned(), branch["NextAction"].as_str().unwrap().to_owned())
    };
    ["Conditions", "Errors"].iter().flat_map(|list| transitions[list].as_array().unwrap()).map(way).collect()
}

#[test]
fn interrupted_prompts_lead_where_the_interrupt_led() {
    let parameters = json!([{"name": "Text", "value": "Hold", "key": "text"}, text("InterruptSeconds", json!("20"))]);
    let conversion = one("LoopPrompts", Value::Null, parameters.clone(), &[("Timeout", "it"), ("Error", "bye")]);
    let way = |name: &str, to: &str| (name.to_owned(), to.to_owned());
    assert_eq!(ways(&conversion), [way("MessagesInterrupted", "it"), way("NoMatchingError", "bye")]);
    let alone = one("LoopPrompts", Value::Null, parameters, &[("Timeout", "it")]);
    assert_eq!(ways(&alone), [way("MessagesInterrupted", "it")]);
    assert_eq!(alone.flow.actions().last().unwrap().identifier(), Some("bye"), "no end was added");
}

#[test]
fn waiting_for_the_customer_keeps_that_branch() {
    for name in ["CustomerReturned", "ParticipantReturned", "CustomerReturn"] {
        let parameters = json!([text("TimeoutSeconds", json!("60"))]);
        let branches = [("Timeout", "bye"), (name, "it"), ("Error", "bye")];
        let conversion = one("Wait", Value::Null, parameters, &branches);
        assert_eq!(ways(&conversion)[1], ("CustomerReturned".to_owned(), "it".to_owned()), "{name}");
        assert_eq!(conversion.flow.as_value()["Actions"][0]["Parameters"]["Events"], json!(["CustomerReturned"]));
        assert_eq!(conversion.losses().count(), 0, "{name}");
    }
}

#[test]
fn losses_are_reported_with_their_place() {
    let document = "{\"modules\":[{\"id\":\"a\",\"type\":\"SetVoice\",\"branches\":[],\n\"parameters\":[\
                    {\"name\":\"GlobalVoice\",\"value\":\"Amy\"},\n  {\"name\":\"Echo\",\"value\":\"long\"}]}],\"start\":\"a\"}";
    let conversion = convert(document).unwrap();
    let losses: Vec<_> = conversion.losses().map(|note| (note.path.to_string(), note.at.line, note.at.column)).collect();
    assert_eq!(losses, [("modules[0].parameters[1]".to_owned(), 3, 3)]);
}

#[test]
fn choosing_a_conversion_reads_nothing() {
    let parameters = json!([text("GlobalVoice", json!("Amy")), text("RetryDelaySeconds", json!("60"))]);
    let conversion = one("SetVoice", Value::Null, parameters, &[("Success", "bye")]);
    let losses: Vec<_> = conversion.losses().map(|note| note.path.to_string()).collect();
    assert_eq!(losses, ["modules[0].parameters[1]"]);
}

#[test]
fn empty_parts_are_no_losses() {
    let parameters = json!([text("GlobalVoice", json!("Amy")), text("Echo", Value::Null), text("Hall", json!(""))]);
    let mut block = block("it", "SetVoice", Value::Null, parameters, &[("Success", "bye")]);
    block["branches"].as_array_mut().unwrap().push(json!({"condition": "Sideways"}));
    assert_eq!(convert(&document("contactFlow", vec![block])).unwrap().losses().count(), 0);
}

#[test]
fn shares_become_rising_bounds() {
    let branches = [("Evaluate Equals 20", "bye"), ("Evaluate Equals 30", "bye"), ("NoMatch", "bye")];
    let conversion = one("PercentileBranching", Value::Null, json!([]), &branches);
    let conditions = &conversion.flow.as_value()["Actions"][0]["Transitions"]["Conditions"];
    let bounds: Vec<_> = conditions.as_array().unwrap().iter().map(|one| one["Condition"]["Operands"][0].clone()).collect();
    assert_eq!(bounds, [json!("21"), json!("51")]);
}

#[test]
fn unsupported_blocks_become_placeholders() {
    let conversion = one("SetSunspots", Value::Null, json!([text("Count", json!(7))]), &[("Success", "it"), ("Error", "bye")]);
    assert_eq!(conversion.failures(), 1);
    assert_eq!(conversion.blocks[0].to, None);
    let note = &conversion.blocks[0].notes[0];
    assert_eq!((note.kind, note.path.to_string().as_str()), (NoteKind::NotConverted, "modules[0]"));
    assert!(note.text.contains("SetSunspots"));
    let made = &conversion.flow.as_value()["Actions"][0];
    assert_eq!(made["Transitions"]["NextAction"], "bye");
    let kept = &conversion.flow.metadata().unwrap()["ActionMetadata"]["it"]["legacyBlock"];
    assert_eq!(kept["parameters"][0], text("Count", json!(7)));
    assert!(errors(&conversion).is_empty());
}

#[test]
fn parts_without_equivalent_are_reported_and_kept() {
    for (kind, target, parameters, branches, ..) in rows().into_iter().chain(more_rows()) {
        let mut parameters = parameters;
        parameters.as_array_mut().unwrap().push(text("Glitter", json!("much")));
        let mut branches = branches;
        branches.push(("Sideways", "bye"));
        let conversion = one(kind, target, parameters, &branches);
        let notes: Vec<&str> = conversion.blocks[0].notes.iter().map(|note| note.text.as_str()).collect();
        assert!(notes.iter().any(|note| note.contains("Glitter")), "{kind}: {notes:?}");
        assert!(notes.iter().any(|note| note.contains("Sideways")), "{kind}: {notes:?}");
        let kept = &conversion.flow.metadata().unwrap()["ActionMetadata"]["it"]["legacyBlock"];
        assert!(kept.to_string().contains("Glitter"), "{kind}");
        assert!(errors(&conversion).is_empty(), "{kind}");
    }
}

#[test]
fn missing_targets_end_the_call() {
    let voice = json!([text("GlobalVoice", json!("Joanna"))]);
    let conversion = one("SetVoice", Value::Null, voice, &[]);
    assert!(conversion.blocks[0].notes[0].text.contains("led nowhere"));
    let actions = conversion.flow.actions();
    assert_eq!(actions[0].next(), Some("end"));
    assert_eq!(actions.last().unwrap().kind(), Some("DisconnectParticipant"));
    assert!(errors(&conversion).is_empty());
    let hook = json!([text("Type", json!("AgentWhisper")), {"name": "ContactFlowId", "value": "", "resourceName": "Whisper"}]);
    let conversion = one("SetContactFlow", Value::Null, hook, &[("Success", "bye")]);
    assert!(conversion.blocks[0].notes.iter().any(|note| note.text.contains("NoMatchingError")));
    assert!(errors(&conversion).is_empty());
}

#[test]
fn invalid_arns_are_not_carried_over() {
    for arn in ["arn:aws:lambda:<REGION>:<ACCOUNT>:function<NAME>", QUEUE] {
        let parameters = json!([text("FunctionArn", json!(arn)), text("TimeLimit", json!("3"))]);
        let conversion = one("InvokeExternalResource", json!("Lambda"), parameters, &[("Success", "bye"), ("Error", "bye")]);
        assert_eq!(conversion.failures(), 1, "{arn}");
        assert!(conversion.blocks[0].notes[0].text.contains(arn), "{:?}", conversion.blocks[0].notes);
    }
}

#[test]
fn what_is_no_legacy_document_is_refused() {
    for text in ["", "[]", "{}", "{\"modules\":5}", "{\"modules\":[],\"Actions\":[]}"] {
        assert!(convert(text).is_err(), "{text}");
    }
    let odd = convert("{\"modules\":[5,{},{\"id\":7,\"type\":\"PlayPrompt\",\"parameters\":5,\"branches\":[1]}]}").unwrap();
    assert_eq!(odd.failures(), 3);
}

/// Returns the JSON files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if path.extension().is_some_and(|extension| extension == "json") => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

/// Converts the documents of a local directory: `FLOW_COLLECTION=directory cargo test -p deployer-flow`.
#[test]
fn collection_converts_and_checks_clean() {
    let Ok(directory) = std::env::var("FLOW_COLLECTION") else {
        println!("skipped: FLOW_COLLECTION names no directory");
        return;
    };
    let (mut documents, mut blocks) = (0, 0);
    for path in files(Path::new(&directory)) {
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(conversion) = convert(&text) else { continue };
        documents += 1;
        blocks += conversion.blocks.len();
        for block in &conversion.blocks {
            for note in block.notes.iter().filter(|note| note.loses_meaning()) {
                println!("{}: {} {}: {note:?}", path.display(), block.id, block.from);
            }
        }
        let found = errors(&conversion);
        assert!(found.is_empty(), "{}: {found:#?}", path.display());
    }
    println!("{documents} documents with {blocks} blocks");
    assert!(documents > 0);
}
