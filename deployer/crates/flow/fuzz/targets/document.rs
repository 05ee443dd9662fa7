//! Fuzz target: every function that parses a text as a flow.

#![no_main]

use deployer_flow::{Context, Flow, FlowType, check, diff, legacy, mermaid, portable, problems, references, same_behaviour, svg};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let messages = problems(text, FlowType::ContactFlow, &|_, _| false);
    assert!(messages.len() <= 50 && messages.iter().all(|message| message.chars().count() <= 256));
    if let Ok(conversion) = legacy::convert(text) {
        let _ = check(&conversion.flow, &Context { symbolic: true, ..Context::default() });
        assert!(Flow::parse(text).is_err(), "a document is of one language only");
    }
    let Ok(flow) = Flow::parse(text) else { return };
    for finding in check(&flow, &Context::project(FlowType::Module)) {
        assert!(!finding.message.is_empty() && finding.position.is_some());
        let _ = (finding.to_string(), serde_json::to_string(&finding).expect("a finding is JSON"));
    }
    assert!(references(&flow).iter().all(|reference| reference.line.is_some()));
    let again = Flow::parse(&flow.to_json());
    // The indented form may exceed the maximum document size.
    if let Ok(again) = again {
        assert!(again == flow && same_behaviour(&again, &flow) && diff(&again, &flow).is_empty());
    }
    let made = portable(&flow);
    assert_eq!(portable(&made.flow).flow, made.flow, "what is portable stays as it is");
    let _ = diff(&flow, &made.flow);
    assert!(mermaid(&flow).starts_with("flowchart LR\n") && svg(&flow).ends_with("</svg>\n"));
});
