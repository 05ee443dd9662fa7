//! Rules of single action types.

use serde_json::Value;

use super::finding::Severity;
use super::report::Report;
use super::resource;
use crate::jsonpath::JsonPath;
use crate::model::Action;
use crate::path::Path;

/// Checks the rules of the action's type that are not in the table.
pub(super) fn check(report: &mut Report<'_>, action: Action<'_>) {
    match action.kind().unwrap_or_default() {
        "GetParticipantInput" => participant_input(report, action),
        "InvokeLambdaFunction" => lambda(report, action),
        "MessageParticipantIteratively" => messages(report, action),
        "CheckMetricData" => metric(report, action),
        "Wait" => wait(report, action),
        "UpdateFlowAttributes" => flow_attributes(report, action),
        "TransferParticipantToThirdParty" => third_party(report, action),
        "ConnectParticipantWithLexBot" => bot(report, action),
        "UpdateContactRoutingCriteria" => routing_criteria(report, action),
        "UpdateContactEventHooks" => event_hooks(report, action),
        _ => {}
    }
}

fn parameter(action: Action<'_>, name: &str) -> Path {
    action.path().key("Parameters").key(name)
}

fn participant_input(report: &mut Report<'_>, action: Action<'_>) {
    let buffers = action.parameter("EnableDTMFBuffer").is_some();
    match (action.text("StoreInput"), action.parameter("InputValidation")) {
        (Some("True"), None) if !buffers => report.missing_parameter(action, "InputValidation", Severity::Error),
        (Some("False"), Some(_)) => {
            let path = parameter(action, "InputValidation");
            let message = format!("Invalid Action property name. Path: {path}");
            report.error("unknown-parameter", path, message).explain("a menu (StoreInput \"False\") has nothing to validate");
        }
        _ => {}
    }
    if let Some(validation) = action.parameter("InputValidation") {
        input_validation(report, &parameter(action, "InputValidation"), validation);
    }
    dtmf(report, action);
}

/// Checks `InputValidation` (AWS page on `GetParticipantInput`).
fn input_validation(report: &mut Report<'_>, place: &Path, validation: &Value) {
    if let Some(format) = validation.pointer("/PhoneNumberValidation/NumberFormat").and_then(Value::as_str) {
        let path = place.key("PhoneNumberValidation").key("NumberFormat");
        if !matches!(format, "Local" | "E164") && !report.is_symbolic(format) {
            report.bad_value("enum", path).explain("NumberFormat is Local or E164");
        }
    }
    if let Some(length) = validation.pointer("/CustomValidation/MaximumLength") {
        let path = place.key("CustomValidation").key("MaximumLength");
        seconds(report, path, length, 1..=i64::MAX, "the longest input is a number of at least 1");
    }
}

/// Checks that a number, or a text that is one, is in its range; a JSONPath or reference may be any number.
fn seconds(report: &mut Report<'_>, path: Path, value: &Value, range: std::ops::RangeInclusive<i64>, rule: &str) {
    let text = value.as_str();
    if text.is_some_and(|text| report.is_symbolic(text) || JsonPath::parse(text).is_some()) || value.is_boolean() {
        return;
    }
    let number = text.map_or_else(|| value.as_i64(), |text| text.parse().ok());
    if !number.is_some_and(|number| range.contains(&number)) {
        report
            .bad_value("range", path)
            .explain(format!("{rule}, this is {}", text.map_or_else(|| value.to_string(), str::to_owned)));
    }
}

/// Checks `DTMFConfiguration` (AWS page on `GetParticipantInput`).
fn dtmf(report: &mut Report<'_>, action: Action<'_>) {
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
    if let Some(between) = keypad.get("InterdigitTimeLimitSeconds") {
        seconds(report, place.key("InterdigitTimeLimitSeconds"), between, 1..=20, "the time between two keys is 1 to 20 seconds");
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

/// Checks the time limit (AWS page on `InvokeLambdaFunction`): 8 s, or 60 s for an asynchronous invocation.
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
    const PROMPT_MEMBERS: [&str; 4] = ["Text", "SSML", "PromptId", "Media"];
    let list = action.parameter("Messages").and_then(Value::as_array);
    for (index, message) in list.into_iter().flatten().enumerate() {
        let count = PROMPT_MEMBERS.iter().filter(|sort| message.get(sort).is_some()).count();
        if count != 1 {
            report
                .bad_value("value-kind", parameter(action, "Messages").index(index))
                .explain(format!("each message has one of {}", PROMPT_MEMBERS.join(", ")));
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
            report.unrecorded_error("missing-condition", path, message).explain(format!("there is no branch for {wanted}"));
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

/// Checks the parameters of a bot (AWS page on `ConnectParticipantWithLexBot`).
fn bot(report: &mut Report<'_>, action: Action<'_>) {
    let alias = action.parameter("LexV2Bot").and_then(|bot| bot.get("AliasArn")).and_then(Value::as_str);
    if let Some(alias) = alias.filter(|alias| !alias.is_empty()) {
        resource::check_nested(report, parameter(action, "LexV2Bot").key("AliasArn"), alias, "bot");
    }
    if let Some(limit) = action.parameter("LexTimeoutSeconds").and_then(|limit| limit.get("Text")) {
        let path = parameter(action, "LexTimeoutSeconds").key("Text");
        seconds(report, path, limit, 60..=604_800, "the time for an answer in a chat is 60 to 604,800 seconds");
    }
}

/// Checks routing criteria (AWS page on `UpdateRoutingCriteria`): proficiencies are numbers from 1.0 to 5.0, durations whole
/// seconds. Connect's console writes both as JSON numbers.
fn routing_criteria(report: &mut Report<'_>, action: Action<'_>) {
    if let Some(criteria) = action.parameter("RoutingCriteria") {
        routing_numbers(report, &parameter(action, "RoutingCriteria"), criteria);
    }
}

fn routing_numbers(report: &mut Report<'_>, path: &Path, value: &Value) {
    match value {
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, element)| routing_numbers(report, &path.index(index), element));
        }
        Value::Object(members) => {
            for (name, member) in members {
                let place = path.key(name);
                match name.as_str() {
                    "DurationInSeconds" => seconds(report, place, member, 0..=i64::MAX, "a duration is a number of seconds"),
                    "ProficiencyLevel" => proficiency(report, place, member),
                    _ => routing_numbers(report, &place, member),
                }
            }
        }
        _ => {}
    }
}

fn proficiency(report: &mut Report<'_>, path: Path, value: &Value) {
    let text = value.as_str();
    if text.is_some_and(|text| report.is_symbolic(text) || JsonPath::parse(text).is_some()) {
        return;
    }
    let number = text.map_or_else(|| value.as_f64(), |text| text.parse().ok());
    if !number.is_some_and(|number| (1.0..=5.0).contains(&number)) {
        report.bad_value("range", path).explain(format!("a proficiency is a number from 1.0 to 5.0, this is {value}"));
    }
}

/// Checks event hooks. Published exports switch a whisper off by `{"CustomerWhisper": {"DisableExecution": "true"}}`.
fn event_hooks(report: &mut Report<'_>, action: Action<'_>) {
    let place = parameter(action, "EventHooksConfiguration");
    let hooks = action.parameter("EventHooksConfiguration").and_then(Value::as_object);
    for (name, hook) in hooks.into_iter().flatten() {
        let path = place.key(name).key("DisableExecution");
        match hook.get("DisableExecution") {
            Some(Value::String(text)) if !text.is_empty() => {
                let known = text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
                if !known && !report.is_symbolic(text) && JsonPath::parse(text).is_none() {
                    let message = format!("Value is not documented. Path: {path}");
                    report.warn("enum", path, message).explain("exports have \"true\" or \"false\" here");
                }
            }
            _ => {}
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
