//! Property tests: no input makes the crate panic, and parsing loses nothing.

use deployer_flow::{
    Context, Flow, FlowType, MAX_DOCUMENT_BYTES, check, diff, is_equivalent, mermaid, occurrences, publish_errors, references,
    ssml_to_sentences, svg, text_to_sentences,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::clean;
use crate::support::instance::{Instance, dial};

fn text() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        "$",
        "$.",
        "$.External.a",
        "$.['x']",
        "$.Bad",
        "${a.b}",
        "{{x}}",
        "1",
        "-1",
        "True",
        "False",
        "Bye",
        "Hub",
        "Loop",
        "Compare",
        "arn:",
        "<speak>",
        "<speak>&#x0;</speak>",
        "99999999999999999999999",
        "\u{feff}é\u{0}",
    ]);
    prop_oneof![known.prop_map(str::to_owned), ".{0,12}"]
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Replaces the value at the place found by descending with these choices.
fn replace(document: &mut Value, choices: &[usize], value: Value) {
    let Some((choice, rest)) = choices.split_first() else {
        *document = value;
        return;
    };
    let child = match document {
        Value::Array(list) if !list.is_empty() => {
            let at = choice % list.len();
            list.get_mut(at)
        }
        Value::Object(members) if !members.is_empty() => {
            let at = choice % members.len();
            members.values_mut().nth(at)
        }
        _ => None,
    };
    match child {
        Some(child) => replace(child, rest, value),
        None => *document = value,
    }
}

fn use_everything(document: &Value) {
    let content = document.to_string();
    let _ = publish_errors(&content, FlowType::ContactFlow, &|_, _| false);
    let Ok(flow) = Flow::parse(&format!("{document:#}")) else {
        return;
    };
    let exists = |_, _: &str| false;
    for context in
        [Context::default(), Context::project(FlowType::Module), Context { exists: Some(&exists), ..Context::default() }]
    {
        for finding in check(&flow, &context) {
            assert!(!finding.message.is_empty());
            let at = finding.position.unwrap();
            assert!(at.line >= 1 && at.column >= 1);
            let _ = (finding.to_string(), serde_json::to_string(&finding).unwrap());
        }
    }
    for reference in references(&flow) {
        assert!(reference.line.is_some());
    }
    let again = Flow::parse(&flow.to_json()).unwrap();
    assert_eq!(again, flow);
    assert!(is_equivalent(&again, &flow));
    assert!(diff(&again, &flow).is_empty());
    assert!(mermaid(&flow).starts_with("flowchart LR\n"));
    assert!(svg(&flow, 1340.0).ends_with("</svg>\n"));
    let answer = Ok(json!({"status": "OK"}));
    let instance = Instance { answer, ..Instance::default() };
    let transcript = dial(&instance, document, None, "1#2");
    assert!(transcript.path.len() <= 1000);
    assert!(serde_json::to_string(&transcript).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_json_never_panics(document in anything()) {
        use_everything(&document);
        use_everything(&json!({"Version": "2019-10-30", "StartAction": "a", "Actions": document}));
    }

    #[test]
    fn arbitrary_flows_do_not_panic(
        changes in prop::collection::vec((prop::collection::vec(any::<usize>(), 1..8), anything()), 1..4),
    ) {
        let mut document = clean();
        for (choices, value) in changes {
            replace(&mut document, &choices, value);
        }
        use_everything(&document);
    }

    #[test]
    fn text_that_is_hardly_json_never_panics(text in "[\\[\\]{}\",:\\\\a-c0-9.eE\\-\\s$<>]{0,60}") {
        if let Ok(flow) = Flow::parse(&text) {
            let _ = check(&flow, &Context::default());
        }
        let _ = ssml_to_sentences(&text);
    }

    #[test]
    fn heard_text_consists_of_its_words(text in "\\PC{0,80}") {
        let words = |text: &str| -> String {
            text.chars().filter(|c| c.is_alphanumeric()).collect()
        };
        prop_assert_eq!(words(&text_to_sentences(&text).concat()), words(&text));
    }

    #[test]
    fn ssml_never_panics(text in "(<speak>)?(<(p|s|break|sub|x|/p|/s|/speak)( [a-z]*=?[\"']?[a-z0-9]*[\"']?)*/?>|[a&;#é. ]){0,12}(</speak>)?") {
        let _ = ssml_to_sentences(&text);
    }

    #[test]
    fn references_in_a_text_are_parts_of_it(text in "([$.\\[\\]'a-cé ]|\\$\\.Queue\\.Name){0,40}") {
        let mut end = 0;
        for (range, path) in occurrences(&text) {
            prop_assert!(range.start >= end && text[range.clone()].starts_with('$'));
            prop_assert!(!path.root().is_empty());
            end = range.end;
        }
    }

    #[test]
    fn unknown_members_survive_a_round_trip(members in prop::collection::vec((text(), anything()), 0..6)) {
        let document = Value::Object(members.into_iter().collect());
        prop_assume!(!document.as_object().unwrap().contains_key("modules"));
        let flow = Flow::parse(&document.to_string()).unwrap();
        let reread: Value = serde_json::from_str(&document.to_string()).unwrap();
        prop_assert_eq!(flow.as_value().to_string(), reread.to_string());
    }
}

#[test]
fn oversized_or_deep_documents_are_rejected() {
    let deep = "[".repeat(100_000);
    assert!(Flow::parse(&deep).is_err());
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    assert!(Flow::parse(&deep).is_err());
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_DOCUMENT_BYTES));
    assert!(Flow::parse(&long).unwrap_err().reason.contains("bytes"));
}
