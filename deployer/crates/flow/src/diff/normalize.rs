//! Normalisation of flows, so that flows with the same meaning are equal.

use serde_json::{Map, Value};

use crate::actions;
use crate::model::Flow;

/// Returns the content of a flow in a normal form, in which contents with the same meaning are equal: without `Metadata`,
/// with the actions sorted by identifier and the members alphabetically, without empty lists and defaults, with error
/// branches sorted by type, and with numbers written as the console writes them. Content that is not a flow stays unchanged.
#[must_use]
pub fn normalized_content(content: &Value) -> Value {
    let Value::Object(members) = content else { return content.clone() };
    let mut members: Vec<_> = members.iter().filter(|(name, _)| *name != "Metadata").collect();
    members.sort_by_key(|(name, _)| name.as_str());
    let meant = |(name, value): (&String, &Value)| match (name.as_str(), value) {
        ("Actions", Value::Array(list)) => (name.clone(), actions(list)),
        _ => (name.clone(), sorted(value)),
    };
    members.into_iter().map(meant).collect::<Map<_, _>>().into()
}

/// Returns the flow in that normal form.
pub(super) fn normalized(flow: &Flow) -> Flow {
    Flow::from_value(normalized_content(flow.as_value())).unwrap_or_else(|_| flow.clone())
}

fn actions(list: &[Value]) -> Value {
    let mut all: Vec<Value> = list.iter().map(action).collect();
    // Of two actions with the same identifier, their order decides which is meant.
    all.sort_by(|one, other| text(one, "Identifier").cmp(text(other, "Identifier")));
    all.into()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn action(value: &Value) -> Value {
    let mut action = sorted(value);
    let kind = text(&action, "Type").to_owned();
    let Some(members) = action.as_object_mut() else { return action };
    if let Some(Value::Object(parameters)) = members.get_mut("Parameters") {
        parameters.values_mut().for_each(numbers_to_strings);
        for (path, usual) in actions::get(&kind).map(|rules| rules.defaults).unwrap_or_default() {
            remove_default(parameters, path, usual);
        }
    }
    if let Some(Value::Object(transitions)) = members.get_mut("Transitions") {
        branches(transitions);
    }
    members.retain(|name, value| !matches!(name.as_str(), "Parameters" | "Transitions") || !is_empty(value));
    action
}

fn branches(transitions: &mut Map<String, Value>) {
    if let Some(Value::Array(errors)) = transitions.get_mut("Errors") {
        errors.sort_by(|one, other| text(one, "ErrorType").cmp(text(other, "ErrorType")));
    }
    if let Some(Value::Array(conditions)) = transitions.get_mut("Conditions") {
        let operands =
            conditions.iter_mut().filter_map(|branch| branch.get_mut("Condition")?.get_mut("Operands")?.as_array_mut());
        operands.flatten().for_each(numbers_to_strings);
    }
    transitions.retain(|_, value| !is_empty(value));
}

/// Writes numbers as text. Exports have them as text, and Connect accepts both (published records of `CreateContactFlow`
/// calls).
fn numbers_to_strings(value: &mut Value) {
    if let Value::Number(number) = value {
        *value = Value::String(number.to_string());
    }
}

/// Removes a value equal to its default, and members that become empty by that.
pub(crate) fn remove_default(members: &mut Map<String, Value>, path: &[&str], usual: &str) {
    let Some((first, rest)) = path.split_first() else { return };
    let empty = match members.get_mut(*first) {
        Some(Value::Object(inner)) if !rest.is_empty() => {
            remove_default(inner, rest, usual);
            inner.is_empty()
        }
        Some(value) if rest.is_empty() => {
            numbers_to_strings(value);
            value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(usual))
        }
        _ => false,
    };
    if empty {
        members.shift_remove(*first);
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(sorted).collect(),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            members.into_iter().map(|(name, member)| (name.clone(), sorted(member))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn input(parameters: Value, transitions: Value) -> Value {
        let ask =
            json!({"Identifier": "ask", "Type": "GetParticipantInput", "Parameters": parameters, "Transitions": transitions});
        json!({"Version": "2019-10-30", "StartAction": "ask", "Actions": [ask]})
    }

    #[test]
    fn spellings_of_one_flow_mean_the_same() {
        let errors = json!([{"NextAction": "a", "ErrorType": "X"}, {"NextAction": "b", "ErrorType": "A"}]);
        let short = input(json!({"InputTimeLimitSeconds": "5"}), json!({"NextAction": "a", "Errors": errors}));
        let keypad = json!({"InputTerminationSequence": "#", "DisableCancelKey": "false", "InterdigitTimeLimitSeconds": 5});
        let errors = json!([{"ErrorType": "A", "NextAction": "b"}, {"ErrorType": "X", "NextAction": "a"}]);
        let mut long = input(
            json!({"DTMFConfiguration": keypad, "InputTimeLimitSeconds": 5}),
            json!({"Errors": errors, "Conditions": [], "NextAction": "a"}),
        );
        long["Metadata"] = json!({"x": 1});
        assert_eq!(normalized_content(&long), normalized_content(&short));
        assert_eq!(normalized_content(&normalized_content(&long)), normalized_content(&long));
    }

    #[test]
    fn what_means_something_else_differs() {
        let usual = input(json!({"DTMFConfiguration": {"InputTerminationSequence": "##"}}), json!({"NextAction": "a"}));
        for other in [
            input(json!({"DTMFConfiguration": {"InputTerminationSequence": "#"}}), json!({"NextAction": "a"})),
            input(json!({"DTMFConfiguration": {"InputTerminationSequence": "##"}}), json!({"NextAction": "b"})),
            input(json!({}), json!({})),
        ] {
            assert_ne!(normalized_content(&other), normalized_content(&usual));
        }
    }

    #[test]
    fn what_is_no_flow_stays() {
        for value in [json!(null), json!([1]), json!("text"), json!({"Actions": 5})] {
            assert_eq!(normalized_content(&value), value);
        }
    }
}
