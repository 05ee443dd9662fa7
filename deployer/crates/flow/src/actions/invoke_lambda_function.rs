use std::time::Duration;

use serde_json::{Value, json};

use super::action_type::*;
use crate::call::contact::endpoint;
use crate::call::transcript::LambdaCall;
use crate::call::values::{filled, seconds};
use crate::designer::parts::keyed;
use crate::designer::values::resource;
use crate::findings::numbers::whole_number;
use crate::resource_kind::ResourceKind;

pub(crate) const ACTION: ActionType = ActionType {
    name: "InvokeLambdaFunction",
    block: "AWS Lambda function",
    source: Source::recorded("devguide/interactions-invokelambdafunction", "2026-11"),
    aliases: &[
        Aliases::designer(&["InvokeExternalResource"]),
        Aliases::block(&["AWSLambdaFunction", "InvokeAWSLambdaFunction"]),
        Aliases::invented(&["CallAPI", "CallLambda", "HttpRequest", "InvokeApi", "InvokeLambda", "LambdaFunction"]),
    ],
    parameters: &[
        Parameter::dynamic("LambdaFunctionARN").required().refers_to("lambda"),
        Parameter::fixed("InvocationTimeLimitSeconds").required().at_least(1),
        Parameter::fixed("InvocationType").such_as(&["SYNCHRONOUS", "ASYNCHRONOUS"]),
        Parameter::map("LambdaInvocationAttributes"),
        Parameter::object("ResponseValidation").members(&["ResponseType"]),
    ],
    defaults: &[(&["InvocationType"], "SYNCHRONOUS"), (&["ResponseValidation", "ResponseType"], "STRING_MAP")],
    errors: Errors::required(&["NoMatchingError"]),
    simulation: Simulation::performed(
        "with Connect's event, limits and rules for answers",
        "AWS page on the action; administrator guide, Lambda functions",
    ),
    forms: &[Form::new("invoke", &["lambda_function"])
        .words(&[("InvocationTimeLimitSeconds", "seconds"), ("LambdaInvocationAttributes", "input")])],
    effects: &[Effect::AsksOutside, Effect::SetsExternal],
    check,
    run: Run::Later(|engine, action| Box::pin(invoke(engine, action))),
    converted: &[FromBlock::new("InvokeExternalResource", convert)],
    logged_as: |_| "InvokeExternalResource",
    ..ActionType::BASE
};

/// Checks the time limit (AWS page on `InvokeLambdaFunction`): 8 s, or 60 s for an asynchronous invocation.
fn check(report: &mut Report<'_>, action: Action<'_>) {
    let asynchronous = action.text("InvocationType") == Some("ASYNCHRONOUS");
    let most = if asynchronous { 60 } else { 8 };
    let name = "InvocationTimeLimitSeconds";
    if whole_number(action.parameter(name)).is_some_and(|limit| limit > most) {
        report
            .bad_value("time-limit", action.parameter_path(name))
            .explain(format!("Connect waits at most {most} seconds for a function"))
            .suggest(|| Some(format!("write \"{most}\"")));
    }
    let response = action.parameter("ResponseValidation");
    let kind = response.and_then(|value| value.get("ResponseType")).and_then(Value::as_str);
    if kind.is_some_and(|kind| !matches!(kind, "STRING_MAP" | "JSON") && !report.is_symbolic(kind)) {
        report
            .bad_value("enum", action.parameter_path("ResponseValidation").key("ResponseType"))
            .explain("ResponseType is STRING_MAP or JSON");
    }
}

/// A response must be smaller than this (AWS administrator guide, Lambda functions).
const MAX_RESPONSE_BYTES: usize = 32 * 1024;

async fn invoke(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
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
    let parameters =
        action.parameter("LambdaInvocationAttributes").map_or_else(|| json!({}), |map| contact.interpolate_value(map));
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

fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let function = block.parameter("FunctionArn").ok_or("no function is chosen")?;
    let arn = resource(draft, "LambdaFunctionARN", ResourceKind::Lambda, &function)?;
    draft.set("LambdaFunctionARN", arn);
    let seconds = block.text("TimeLimit").unwrap_or_else(|| {
        draft.assume("the block has no time limit; it is 3 seconds, the designer's own".to_owned());
        "3".to_owned()
    });
    draft.set("InvocationTimeLimitSeconds", seconds);
    let parameters = keyed(draft, &block.parameters("Parameter"))?;
    if !parameters.is_empty() {
        draft.set("LambdaInvocationAttributes", parameters);
    }
    draft.follow(block, "Success");
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
