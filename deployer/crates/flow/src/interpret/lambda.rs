//! Invocation of a function as Connect does it.

use std::time::Duration;

use serde_json::{Value, json};

use super::LambdaCall;
use super::actions::{filled, seconds};
use super::contact::endpoint;
use super::engine::{ActionOutcome, Engine};
use crate::model::Action;

/// A response must be smaller than this (AWS administrator guide, Lambda functions).
const MAX_RESPONSE_BYTES: usize = 32 * 1024;

pub(super) async fn perform(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let function = filled(engine, action, "LambdaFunctionARN").unwrap_or_default();
    let asynchronous = action.text("InvocationType") == Some("ASYNCHRONOUS");
    let limit = seconds(engine, action, "InvocationTimeLimitSeconds").unwrap_or(Duration::from_secs(8));
    let event = event(engine, action);
    let answer = engine.host.invoke(&function, &event, limit, asynchronous).await;
    let count = engine.transcript.lambda.len() + 1;
    let response = match &answer {
        Ok(response) if engine.reserve_output(response.to_string().len()) => response.clone(),
        Ok(_) => json!({"error": "TooMuch", "message": "the answer is not shown: the call has become too long"}),
        Err(failure) => json!({"error": failure.name(), "message": failure.to_string()}),
    };
    engine.transcript.lambda.push(LambdaCall { function, response });
    match answer {
        Err(failure) => ActionOutcome::error("NoMatchingError", failure.to_string()),
        Ok(_) if asynchronous => {
            let id = format!("{}-{count}", engine.contact.id);
            engine.contact.scope.invocation = Some(id);
            ActionOutcome::next("The function was started")
        }
        Ok(response) => accept(engine, action, response),
    }
}

fn accept(engine: &mut Engine<'_>, action: Action<'_>, response: Value) -> ActionOutcome {
    if let Some(fault) = fault(action, &response) {
        return ActionOutcome::error("NoMatchingError", fault);
    }
    engine.contact.scope.external = response.clone();
    ActionOutcome { external: Some(response), ..ActionOutcome::next("The function has answered") }
}

/// Returns the problem of a response, if any: `STRING_MAP`, also the default, requires an object of strings; `JSON` accepts
/// anything (AWS page on `InvokeLambdaFunction`).
fn fault(action: Action<'_>, response: &Value) -> Option<String> {
    let size = response.to_string().len();
    if size >= MAX_RESPONSE_BYTES {
        return Some(format!("the answer has {size} bytes; it must be under 32 KB"));
    }
    let kind = action.parameter("ResponseValidation").and_then(|rules| rules.get("ResponseType"));
    if kind.and_then(Value::as_str) == Some("JSON") {
        return None;
    }
    let Some(members) = response.as_object() else {
        return Some("the answer is no flat object of strings (STRING_MAP)".to_owned());
    };
    members
        .iter()
        .find(|(_, value)| !value.is_string())
        .map(|(name, _)| format!("\"{name}\" of the answer is no string (STRING_MAP)"))
}

/// Returns the event that a function receives (AWS administrator guide, "Grant Amazon Connect access to your Lambda
/// functions").
fn event(engine: &Engine<'_>, action: Action<'_>) -> Value {
    let contact = &engine.contact;
    let parameters = action.parameter("LambdaInvocationAttributes").map_or_else(|| json!({}), |map| contact.fill_value(map));
    json!({
        "Name": "ContactFlowEvent",
        "Details": {
            "ContactData": {
                "Attributes": contact.attributes,
                "Channel": "VOICE",
                "ContactId": contact.id,
                "CustomerEndpoint": endpoint(&contact.caller),
                "CustomerId": contact.customer_id,
                "Description": contact.description,
                "InitialContactId": contact.id,
                "InitiationMethod": "INBOUND",
                "InstanceARN": contact.instance_arn,
                "LanguageCode": contact.language,
                "MediaStreams": {"Customer": {"Audio": null}},
                "Name": contact.name,
                "PreviousContactId": contact.id,
                "Queue": contact.queue_value(),
                "References": contact.references,
                "SystemEndpoint": endpoint(&contact.dialled),
            },
            "Parameters": parameters,
        },
    })
}
