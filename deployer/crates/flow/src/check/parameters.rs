//! Checks of the set of parameters of an action.

use serde_json::Value;

use super::values;
use crate::actions::ActionType;
use crate::findings::report::Report;
use crate::findings::suggest;
use crate::model::{Action, json_type};
use crate::rules::{Group, Rule};

/// Checks presence, names, groups and values of the parameters.
pub(super) fn check(report: &mut Report<'_>, action: Action<'_>, rules: &ActionType) {
    let path = action.path().key("Parameters");
    match action.as_value().get("Parameters") {
        None | Some(Value::Object(_)) => {}
        Some(other) => {
            let kind = json_type(other);
            report.bad_value("structure", path).explain(format!("Parameters is an object, this is {kind}"));
            return;
        }
    }
    required(report, action, rules);
    for (name, value) in action.parameters().into_iter().flatten() {
        match rules.parameter(name) {
            Some(rule) => values::check(report, path.key(name), value, &values::Rule::new(rule, action, rules)),
            None => unknown(report, action, rules, name),
        }
    }
    for group in rules.groups {
        check_group(report, action, group);
    }
}

fn required(report: &mut Report<'_>, action: Action<'_>, rules: &ActionType) {
    for rule in rules.parameters {
        let replaced = rule.required_unless.map(|other| action.parameter(other).is_some());
        if (rule.required || replaced == Some(false)) && action.parameter(rule.name).is_none() {
            report.missing_parameter(action, rule.name, rules.status_of(rule).into());
        }
    }
}

/// Reports a name that the table does not have. The service rejects names it does not know, but it knows more than the guides
/// describe, so only names that it is recorded to reject are errors.
fn unknown(report: &mut Report<'_>, action: Action<'_>, rules: &ActionType, name: &str) {
    let path = action.path().key("Parameters").key(name);
    let known: Vec<_> = rules.parameters.iter().map(|p| p.name).collect();
    let kind = action.kind().unwrap_or_default();
    let finding = if rules.refused.contains(&name) {
        let message = format!("Invalid Action property name. Path: {path}");
        report.error("unknown-parameter", path, message)
    } else {
        let message = format!("Parameter is not documented. Path: {path}");
        report.warn("unknown-parameter", path, message)
    };
    finding
        .explain(match known.is_empty() {
            true => format!("{kind} is documented without parameters; Connect refuses names that it does not know"),
            false => format!("the parameters of {kind} are {}; Connect refuses names that it does not know", known.join(", ")),
        })
        .suggest(|| suggest::did_you_mean(name, known));
}

fn check_group(report: &mut Report<'_>, action: Action<'_>, group: &Group) {
    let present: Vec<_> = group.keys.iter().copied().filter(|key| action.parameter(key).is_some()).collect();
    let path = action.path().key("Parameters");
    if present.len() > 1 && group.rule != Rule::AtLeastOne {
        let message = format!("Only one of these properties may be defined. Properties: [{}]", present.join(", "));
        report.error("exclusive", path, message).explain(format!("{} exclude each other", present.join(" and ")));
    } else if present.is_empty() && group.rule != Rule::AtMostOne {
        let message = format!("At least one of [{}] must be set", group.keys.join(", "));
        let kind = action.kind().unwrap_or_default();
        report.error("missing-choice", path, message).explain(format!("{kind} needs one of them"));
    }
}
