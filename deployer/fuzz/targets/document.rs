//! Fuzz target: every function that parses a text as a flow.

#![no_main]

use deployer_flow::{
    Context, Flow, FlowType, check, diff, import_flow, is_equivalent, legacy, mermaid, publish_errors, references, svg,
};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let messages = publish_errors(text, FlowType::ContactFlow, &|_, _| false);
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
        assert!(again == flow && is_equivalent(&again, &flow) && diff(&again, &flow).is_empty());
    }
    let imported = import_flow(&flow);
    assert_eq!(import_flow(&imported.flow).flow, imported.flow, "an imported flow stays as it is");
    let _ = diff(&flow, &imported.flow);
    assert!(mermaid(&flow).starts_with("flowchart LR\n") && svg(&flow, 1340.0).ends_with("</svg>\n"));
});
