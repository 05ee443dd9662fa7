//! Rules that belong to one action type only.

use serde_json::Value;

use super::Report;
use super::parameters::missing;
use crate::model::Action;
use crate::path::Path;

/// The rules of the action's type that no table holds.
pub(super) fn check(report: &mut Report<'_>, action: Action<'_>) {
    match action.kind().unwrap_or_default() {
        "GetParticipantInput" => participant_input(report, action),
        "InvokeLambdaFunction" => lambda(report, action),
        "MessageParticipantIteratively" => messages(report, action),
        "CheckMetricData" => metric(report, action),
        "Wait" => wait(report, action),
        "UpdateFlowAttributes" => flow_attributes(report, action),
        "MessageParticipant" => length(report, action),
        "TransferParticipantToThirdParty" => third_party(report, action),
        _ => {}
    }
}

fn parameter(action: Action<'_>, name: &str) -> Path {
    action.path().key("Parameters").key(name)
}

fn participant_input(report: &mut Report<'_>, action: Action<'_>) {
    match (action.text("StoreInput"), action.parameter("InputValidation")) {
        (Some("True"), None) => missing(report, action, "InputValidation"),
        (Some("False"), Some(_)) => {
            let path = parameter(action, "InputValidation");
            let message = format!("Invalid Action property name. Path: {path}");
            report.error("unknown-parameter", path, message).explain("a menu (StoreInput \"False\") has nothing to validate");
        }
        _ => {}
    }
    if number(action.parameter("InputTimeLimitSeconds")).is_some_and(|limit| limit > 180) {
        let path = parameter(action, "InputTimeLimitSeconds");
        let message = format!("Time limit over 180 seconds. Path: {path}");
        report.warn("time-limit", path, message).explain("the console allows at most 180 seconds");
    }
    keypad(report, action);
}

/// AWS page on `GetParticipantInput`, `DTMFConfiguration`.
fn keypad(report: &mut Report<'_>, action: Action<'_>) {
    let Some(keypad) = action.parameter("DTMFConfiguration") else {
        return;
    };
    let place = parameter(action, "DTMFConfiguration");
    let text = |name: &str| keypad.get(name).and_then(Value::as_str);
    let cancel = text("DisableCancelKey");
    if cancel.is_some_and(|value| !matches!(value, "True" | "False") && !report.is_symbolic(value)) {
        report.bad_value("enum", place.key("DisableCancelKey")).explain("DisableCancelKey is \"True\" or \"False\"");
    }
    if let Some(end) = text("InputTerminationSequence").filter(|end| !end.is_empty()) {
        let path = place.key("InputTerminationSequence");
        let fault = if end.chars().count() > 5 || !end.chars().all(is_key) {
            Some("the terminator is 1 to 5 of 0-9, * and #")
        } else if end.contains('*') && cancel != Some("True") {
            Some("* clears the input; in a terminator it needs DisableCancelKey \"True\"")
        } else {
            None
        };
        if let Some(fault) = fault.filter(|_| !report.is_symbolic(end)) {
            report.bad_value("terminator", path).explain(fault);
        }
    }
    let between = keypad.get("InterdigitTimeLimitSeconds");
    let known = text("InterdigitTimeLimitSeconds").is_none_or(|value| !report.is_symbolic(value));
    if between.is_some() && known && !number(between).is_some_and(|n| (1..=20).contains(&n)) {
        report
            .bad_value("range", place.key("InterdigitTimeLimitSeconds"))
            .explain("the time between two keys is 1 to 20 seconds");
    }
}

fn is_key(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '*' | '#')
}

fn number(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    }
}

/// AWS page on `InvokeLambdaFunction`: 8 s, or 60 s when nobody waits.
fn lambda(report: &mut Report<'_>, action: Action<'_>) {
    let asynchronous = action.text("InvocationType") == Some("ASYNCHRONOUS");
    let most = if asynchronous { 60 } else { 8 };
    let name = "InvocationTimeLimitSeconds";
    if number(action.parameter(name)).is_some_and(|limit| limit > most) {
        report
            .bad_value("time-limit", parameter(action, name))
            .explain(format!("Connect waits at most {most} seconds for a function"))
            .suggest(|| Some(format!("write \"{most}\"")));
    }
    let response = action.parameter("ResponseValidation");
    let kind = response.and_then(|value| value.get("ResponseType")).and_then(Value::as_str);
    if kind.is_some_and(|kind| !matches!(kind, "STRING_MAP" | "JSON") && !report.is_symbolic(kind)) {
        report
            .bad_value("enum", parameter(action, "ResponseValidation").key("ResponseType"))
            .explain("ResponseType is STRING_MAP or JSON");
    }
}

fn messages(report: &mut Report<'_>, action: Action<'_>) {
    const SORTS: [&str; 4] = ["Text", "SSML", "PromptId", "Media"];
    let list = action.parameter("Messages").and_then(Value::as_array);
    for (index, message) in list.into_iter().flatten().enumerate() {
        let count = SORTS.iter().filter(|sort| message.get(sort).is_some()).count();
        if count != 1 {
            report
                .bad_value("value-kind", parameter(action, "Messages").index(index))
                .explain(format!("each message has one of {}", SORTS.join(", ")));
        }
    }
}

fn metric(report: &mut Report<'_>, action: Action<'_>) {
    let staffing = action.text("MetricType").is_some_and(|metric| metric.starts_with("NumberOfAgents"));
    if !staffing {
        return;
    }
    for branch in action.branches() {
        let Some(condition) = branch.condition() else {
            continue;
        };
        let zero = number(condition.operands.first()) == Some(0);
        if condition.operator.starts_with("Number") && (condition.operator != "NumberGreaterThan" || !zero) {
            let path = action.path().key("Transitions").key("Conditions");
            report
                .bad_value("condition", path.index(branch.index).key("Condition"))
                .explain("numbers of agents can only be compared with NumberGreaterThan \"0\"");
        }
    }
}

fn wait(report: &mut Report<'_>, action: Action<'_>) {
    let events = action.parameter("Events").and_then(Value::as_array);
    let events = events.into_iter().flatten().filter_map(Value::as_str);
    for wanted in std::iter::once("WaitCompleted").chain(events) {
        let found = action.branches().any(|branch| {
            let operand = branch.condition().and_then(|c| c.operands.first()?.as_str());
            operand == Some(wanted)
        });
        if !found {
            let path = action.path().key("Transitions").key("Conditions");
            let message = format!("Action is missing required property. Path: {path}");
            report.own_error("missing-condition", path, message).explain(format!("there is no branch for {wanted}"));
        }
    }
}

fn flow_attributes(report: &mut Report<'_>, action: Action<'_>) {
    let map = action.parameter("FlowAttributes").and_then(Value::as_object);
    for (name, value) in map.into_iter().flatten() {
        if value.get("Value").and_then(Value::as_str).is_none() {
            report
                .bad_value("value-kind", parameter(action, "FlowAttributes").key(name))
                .explain("a flow attribute is written {\"Value\": \"…\"}");
        }
    }
}

/// Amazon Polly, limits: 6,000 characters in all, 3,000 of them spoken.
fn length(report: &mut Report<'_>, action: Action<'_>) {
    for name in ["Text", "SSML"] {
        let length = action.text(name).map_or(0, |text| text.chars().count());
        if length > 6000 {
            let path = parameter(action, name);
            let message = format!("Text is longer than 6000 characters. Path: {path}");
            report.warn("limit", path, message).explain(format!("it has {length}; speech has at most 6,000"));
        }
    }
}

fn third_party(report: &mut Report<'_>, action: Action<'_>) {
    let digits = action.text("ThirdPartyDTMFDigits").unwrap_or_default();
    let fixed = !digits.starts_with('$') && !report.is_symbolic(digits);
    if fixed && (digits.chars().count() > 50 || !digits.chars().all(|c| is_key(c) || c == ',')) {
        report
            .bad_value("keys", parameter(action, "ThirdPartyDTMFDigits"))
            .explain("the keys to send are at most 50 of 0-9, comma, * and #");
    }
}
