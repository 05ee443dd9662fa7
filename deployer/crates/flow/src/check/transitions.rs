//! Checks of an action's transitions: next action, conditions, errors.

use std::collections::HashSet;

use serde_json::Value;

use crate::actions::ActionType;
use crate::findings::finding::Severity;
use crate::findings::report::Report;
use crate::findings::suggest;
use crate::model::{Action, Branch, json_type};
use crate::path::Path;
use crate::rules::{ConditionMode, Conditional, Conditions, NextRequirement};

const OPERATORS: [&str; 8] = [
    "Equals",
    "TextStartsWith",
    "TextEndsWith",
    "TextContains",
    "NumberGreaterThan",
    "NumberGreaterOrEqualTo",
    "NumberLessThan",
    "NumberLessOrEqualTo",
];

/// Checks the rules of the action's type.
pub(super) fn check(report: &mut Report<'_>, action: Action<'_>, rules: &ActionType) {
    if rules.is_terminal() {
        terminal(report, action);
        return;
    }
    next_action(report, action, rules);
    conditions(report, action, rules);
    errors(report, action, rules);
}

fn terminal(report: &mut Report<'_>, action: Action<'_>) {
    let leads_on = action
        .transitions()
        .is_some_and(|transitions| transitions.values().any(|value| !matches!(value, Value::Array(list) if list.is_empty())));
    if leads_on {
        let path = action.path().key("Transitions");
        let message = format!("Action does not support transitions. Path: {path}");
        let kind = action.kind().unwrap_or_default();
        report
            .error("transitions", path, message)
            .explain(format!("the flow ends at {kind}, nothing can follow it"))
            .suggest(|| Some("write \"Transitions\": {}".to_owned()));
    }
}

fn next_action(report: &mut Report<'_>, action: Action<'_>, rules: &ActionType) {
    let present = action.transitions().is_some_and(|transitions| transitions.contains_key("NextAction"));
    if !present && rules.next == NextRequirement::Required {
        let path = action.path().key("Transitions").key("NextAction");
        let message = format!("Action is missing required property. Path: {path}");
        report
            .add("missing-next", rules.source.status.into(), path, message)
            .explain("Connect wants NextAction on every action that does not end the flow, even where a branch is always taken");
    }
}

/// Checks that every target exists, whatever the type of the action.
pub(super) fn check_targets(report: &mut Report<'_>, action: Action<'_>) {
    let path = action.path().key("Transitions");
    match action.as_value().get("Transitions") {
        None | Some(Value::Object(_)) => {}
        Some(other) => {
            let kind = json_type(other);
            report.bad_value("structure", path).explain(format!("Transitions is an object, this is {kind}"));
            return;
        }
    }
    let next = action.transitions().and_then(|all| all.get("NextAction"));
    if let Some(next) = next {
        target(report, path.key("NextAction"), next);
    }
    for member in ["Conditions", "Errors"] {
        branch_targets(report, action, &path.key(member), member);
    }
}

fn branch_targets(report: &mut Report<'_>, action: Action<'_>, path: &Path, member: &str) {
    let branches = match action.transitions().and_then(|all| all.get(member)) {
        None => return,
        Some(Value::Array(branches)) => branches,
        Some(other) => {
            let kind = json_type(other);
            report.bad_value("structure", path.clone()).explain(format!("{member} is a list, this is {kind}"));
            return;
        }
    };
    for (index, branch) in branches.iter().enumerate() {
        let place = path.index(index).key("NextAction");
        match branch.get("NextAction") {
            Some(value) => target(report, place, value),
            None => {
                let message = format!("Action is missing required property. Path: {place}");
                report.error("missing-next", place, message).explain("every branch leads to an action");
            }
        }
    }
}

fn target(report: &mut Report<'_>, path: Path, value: &Value) {
    match value.as_str() {
        Some(name) if report.identifiers.contains_key(name) => {}
        Some(name) => {
            let meant = report.similar_identifier(name);
            report.bad_value("target", path).explain(format!("no action has the identifier \"{name}\"")).suggest(|| meant);
        }
        None => {
            let kind = json_type(value);
            report.bad_value("target", path).explain(format!("an identifier is a string, this is {kind}"));
        }
    }
}

fn conditions(report: &mut Report<'_>, action: Action<'_>, rules: &ActionType) {
    let without = (rules.without_conditions)(action);
    let supported = rules.conditions.as_ref().filter(|_| without.is_none());
    let path = action.path().key("Transitions").key("Conditions");
    let Some(supported) = supported else {
        if action.branches().next().is_some() {
            let kind = action.kind().unwrap_or_default();
            let when = without.unwrap_or_default();
            report
                .add("conditions", rules.source.status.into(), path, "Action does not support conditions".to_owned())
                .explain(format!("{kind}{when} has no conditions"));
        }
        return;
    };
    let mut complete = true;
    for branch in action.branches() {
        complete &= condition(report, &path.index(branch.index), branch, supported);
    }
    if complete {
        all_operands(report, action, &path, supported, rules.source.status.into());
    }
    same_conditions(report, action, &path);
}

/// Reports a condition that repeats an earlier one of the same action: its branch is never taken.
fn same_conditions(report: &mut Report<'_>, action: Action<'_>, path: &Path) {
    let mut seen = HashSet::new();
    for branch in action.branches() {
        let Some(condition) = branch.condition() else { continue };
        let operands = condition.operands.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        let written = format!("{} {operands}", condition.operator);
        if seen.contains(&written) {
            let place = path.index(branch.index);
            let message = format!("Condition occurs twice. Path: {place}");
            report
                .warn("duplicate-branch", place, message)
                .explain(format!("an earlier condition is the same ({written}), so this branch is never taken"));
        }
        seen.insert(written);
    }
}

fn condition(report: &mut Report<'_>, path: &Path, branch: Branch<'_>, rules: &Conditions) -> bool {
    let path = path.key("Condition");
    let Some(condition) = branch.condition() else {
        report.bad_value("condition", path).explain("a condition is an object with an Operator and a list of Operands");
        return false;
    };
    let allowed = operators(rules.mode);
    if !allowed.contains(&condition.operator) {
        operator(report, path.key("Operator"), condition.operator, rules, allowed);
        return false;
    }
    let operands = path.key("Operands");
    let [operand] = condition.operands else {
        report
            .bad_value("operand", operands)
            .explain(format!("a condition has one operand, this has {}", condition.operands.len()));
        return false;
    };
    if let Some(fault) = operand_fault(operand, condition.operator, rules) {
        report.bad_value("operand", operands).explain(fault);
        return false;
    }
    if let Some(known) = unlisted_operand(operand, rules) {
        let message = format!("Operand is not documented. Path: {operands}");
        report
            .warn("operand", operands, message)
            .explain(format!("the documented operands here are {}", known.join(", ")))
            .suggest(|| suggest::did_you_mean(operand.as_str()?, known.iter().copied()));
    }
    true
}

/// Reports an operator that is not documented for the action. Where a value is compared with a fixed set of words, the
/// service's guides permit no other operator; an operator that the language does not have may be a gap in the table.
fn operator(report: &mut Report<'_>, path: Path, written: &str, rules: &Conditions, allowed: &[&str]) {
    let list = allowed.join(", ");
    let certain = matches!(rules.mode, ConditionMode::Dtmf | ConditionMode::Fixed) && OPERATORS.contains(&written);
    let finding = if certain {
        report.bad_value("operator", path).explain(format!("the operators here are {list}"))
    } else {
        let message = format!("Operator is not documented. Path: {path}");
        report.warn("operator", path, message).explain(format!("the documented operators here are {list}"))
    };
    finding.suggest(|| suggest::did_you_mean(written, allowed.iter().copied()));
}

fn operators(mode: ConditionMode) -> &'static [&'static str] {
    match mode {
        ConditionMode::Equals | ConditionMode::Dtmf | ConditionMode::Fixed => &OPERATORS[..1],
        ConditionMode::Numeric => &OPERATORS[4..],
        ConditionMode::Free => &OPERATORS,
    }
}

fn operand_fault(operand: &Value, operator: &str, rules: &Conditions) -> Option<String> {
    let text = match operand {
        Value::String(text) => text.clone(),
        // Seen accepted for DistributeByPercentage.
        Value::Number(number) if rules.mode == ConditionMode::Numeric => number.to_string(),
        other => {
            return Some(format!("an operand is a string, this is {}", json_type(other)));
        }
    };
    let dynamic = text.starts_with('$');
    if operator.starts_with("Number") && !dynamic && text.trim().parse::<f64>().is_err() {
        return Some(format!("{operator} compares numbers, \"{text}\" is none"));
    }
    let known = rules.operands;
    (rules.mode == ConditionMode::Dtmf && !known.contains(&text.as_str()))
        .then(|| format!("the operands here are {}", known.join(", ")))
}

/// Returns the documented operands if this is none of them.
fn unlisted_operand(operand: &Value, rules: &Conditions) -> Option<&'static [&'static str]> {
    let known = rules.operands;
    let listed = known.is_empty() || known.contains(&operand.as_str()?);
    (rules.mode != ConditionMode::Dtmf && !listed).then_some(known)
}

/// Checks that actions with two fixed operands have both branches, and that numeric ones have at least one comparison.
fn all_operands(report: &mut Report<'_>, action: Action<'_>, path: &Path, rules: &Conditions, severity: Severity) {
    let given: Vec<_> = action.branches().filter_map(|branch| branch.condition()?.operands.first()?.as_str()).collect();
    let message = format!("Action is missing required property. Path: {path}");
    if rules.mode == ConditionMode::Fixed {
        let lacking: Vec<_> = rules.operands.iter().copied().filter(|operand| !given.contains(operand)).collect();
        if !lacking.is_empty() {
            report
                .unrecorded("missing-condition", severity, path.clone(), message)
                .explain(format!("there is no branch for {}", lacking.join(", ")));
        }
    } else if rules.mode == ConditionMode::Numeric && action.branches().next().is_none() {
        report.unrecorded("missing-condition", severity, path.clone(), message).explain("at least one comparison is needed");
    }
}

fn errors(report: &mut Report<'_>, action: Action<'_>, rules: &ActionType) {
    let mut required: Vec<&str> = rules.errors.required.to_vec();
    let mut tolerated: Vec<&str> = rules.errors.optional.to_vec();
    for rule in rules.errors.conditional {
        let names = rule.errors;
        match holds(report, action, rules, rule) {
            Some(true) => required.extend(names),
            Some(false) if rule.refused_otherwise => {}
            Some(false) | None => tolerated.extend(names),
        }
    }
    for error in &required {
        if !action.errors().any(|branch| branch.error_type() == Some(error)) {
            let message = format!("Action is missing required error. Error: {error}, Path: {}", action.path());
            let kind = action.kind().unwrap_or_default();
            report
                .add("missing-error", rules.source.status.into(), action.path(), message)
                .explain(format!("{kind} needs a branch for {error}"));
        }
    }
    tolerated.extend(&required);
    let mut seen = HashSet::new();
    for branch in action.errors() {
        let place = action.path().key("Transitions").key("Errors").index(branch.index);
        let Some(error) = branch.error_type() else {
            report.bad_value("error-type", place.key("ErrorType")).explain("an error branch says for which ErrorType it is");
            continue;
        };
        if !seen.insert(error) {
            let message = format!("Error branch occurs twice. Error: {error}, Path: {place}");
            report
                .warn("duplicate-branch", place.clone(), message)
                .explain(format!("an earlier branch is for {error} too, so one of them is never taken"));
        }
        error_type(report, action, rules, error, &tolerated, place.key("ErrorType"));
    }
}

fn error_type(report: &mut Report<'_>, action: Action<'_>, rules: &ActionType, error: &str, tolerated: &[&str], path: Path) {
    if tolerated.contains(&error) {
        return;
    }
    let mut conditional = rules.errors.conditional.iter().filter(|rule| rule.refused_otherwise);
    let refused = rules.errors.rejected.contains(&error) || conditional.any(|rule| rule.errors.contains(&error));
    let finding = if refused {
        let message = format!("Invalid Action error. Error: {error}, Path: {}", action.path());
        report.add("refused-error", rules.source.status.into(), path, message)
    } else {
        let message = format!("Error branch is not documented. Error: {error}, Path: {}", action.path());
        report.warn("unknown-error", path, message)
    };
    let kind = action.kind().unwrap_or_default();
    finding
        .explain(if tolerated.is_empty() {
            format!("{kind} has no error branches here")
        } else {
            format!("the error branches of {kind} are here {}", tolerated.join(", "))
        })
        .suggest(|| suggest::did_you_mean(error, tolerated.iter().copied()));
}

/// Whether a conditional rule applies; `None` if that cannot be determined.
fn holds(report: &Report<'_>, action: Action<'_>, rules: &ActionType, rule: &Conditional) -> Option<bool> {
    if rule.unless.is_some_and(|other| action.parameter(other).is_some()) {
        return None;
    }
    let value = action.parameter(rule.parameter);
    if let Some(element) = rule.has {
        let list = value.and_then(Value::as_array);
        return Some(list.is_some_and(|list| list.iter().any(|found| found == element)));
    }
    if rule.is.is_none() && rule.not.is_none() {
        return Some(value.is_some());
    }
    let parameter = rules.parameter(rule.parameter)?;
    let Some(value) = value else {
        // A missing parameter is a separate finding.
        let needed = parameter.required || parameter.required_unless.is_some();
        return (!needed).then_some(rule.is.is_none());
    };
    let text = value.as_str()?;
    let known = parameter.values;
    if report.is_symbolic(text) || !(known.is_empty() || known.contains(&text)) {
        return None;
    }
    let with =
        rule.with.is_none_or(|(parameter, member)| action.parameter(parameter).is_some_and(|value| value.get(member).is_some()));
    let is = rule.is.is_none_or(|wanted| wanted.eq_ignore_ascii_case(text));
    let not = rule.not.is_none_or(|unwanted| !unwanted.eq_ignore_ascii_case(text));
    Some(is && not && with)
}
