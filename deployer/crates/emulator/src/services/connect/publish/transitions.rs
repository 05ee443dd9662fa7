//! Checks of an action's transitions.

use deployer_flow::Action;
use serde_json::Value;

use super::Validator;
use super::table::{ActionRules, Conditions, ErrorsWhen, Next};

const WORDS: [&str; 4] = ["Equals", "TextStartsWith", "TextEndsWith", "TextContains"];
const NUMBERS: [&str; 4] = ["NumberGreaterThan", "NumberGreaterOrEqualTo", "NumberLessThan", "NumberLessOrEqualTo"];

impl Validator<'_> {
    pub(super) fn transitions(&mut self, action: Action<'_>, rules: &ActionRules, path: &str) {
        if rules.next == Next::None {
            let leads_on = |value: &Value| !matches!(value, Value::Array(list) if list.is_empty());
            if action.transitions().is_some_and(|all| all.values().any(leads_on)) {
                self.add(format!("Action does not support transitions. Path: {path}.Transitions"));
            }
            return;
        }
        let next = action.transitions().is_some_and(|all| all.contains_key("NextAction"));
        if !next && rules.next == Next::Required {
            self.missing(&format!("{path}.Transitions.NextAction"));
        }
        self.conditions(action, rules, path);
        self.errors(action, rules, path);
    }

    fn conditions(&mut self, action: Action<'_>, rules: &ActionRules, path: &str) {
        let stores = action.text("StoreInput").is_some_and(|value| value.eq_ignore_ascii_case("True"));
        let given = action.branches().count();
        let Some(kind) = rules.conditions.filter(|_| !stores) else {
            if given > 0 && rules.closed {
                self.add("Action does not support conditions".to_owned());
            }
            return;
        };
        let place = format!("{path}.Transitions.Conditions");
        let mut operands = Vec::new();
        for branch in action.branches() {
            let place = format!("{place}[{}].Condition", branch.index);
            let Some(condition) = branch.condition() else {
                self.bad_value(&place);
                continue;
            };
            let known = match kind {
                Conditions::Equals | Conditions::Dtmf | Conditions::Fixed => condition.operator == WORDS[0],
                Conditions::Numeric => NUMBERS.contains(&condition.operator),
                Conditions::Free => WORDS.contains(&condition.operator) || NUMBERS.contains(&condition.operator),
            };
            if !known {
                self.bad_value(&format!("{place}.Operator"));
            }
            let operand = match condition.operands {
                [Value::String(operand)] => operand.clone(),
                [Value::Number(number)] if kind == Conditions::Numeric => number.to_string(),
                _ => {
                    self.bad_value(&format!("{place}.Operands"));
                    continue;
                }
            };
            let number = operand.starts_with('$') || operand.trim().parse::<f64>().is_ok();
            if (NUMBERS.contains(&condition.operator) && !number)
                || (!rules.operands.is_empty() && !rules.operands.contains(&operand))
            {
                self.bad_value(&format!("{place}.Operands"));
            }
            operands.push(operand);
        }
        let lacks_one = kind == Conditions::Fixed && rules.operands.iter().any(|wanted| !operands.contains(wanted));
        if lacks_one || (kind == Conditions::Numeric && given == 0) {
            self.missing(&place);
        }
    }

    fn errors(&mut self, action: Action<'_>, rules: &ActionRules, path: &str) {
        let mut required: Vec<&String> = rules.errors.iter().collect();
        let mut allowed: Vec<&String> = rules.also_errors.iter().collect();
        for when in &rules.errors_when {
            match holds(action, when, rules) {
                Some(true) => required.extend(&when.errors),
                Some(false) if when.only => {}
                _ => allowed.extend(&when.errors),
            }
        }
        for error in &required {
            if !action.errors().any(|branch| branch.error_type() == Some(error)) {
                self.add(format!("Action is missing required error. Error: {error}, Path: {path}"));
            }
        }
        allowed.extend(required);
        for branch in action.errors() {
            match branch.error_type() {
                None => self.bad_value(&format!("{path}.Transitions.Errors[{}].ErrorType", branch.index)),
                Some(error) if rules.closed && !allowed.iter().any(|known| *known == error) => {
                    self.add(format!("Invalid Action error. Error: {error}, Path: {path}"));
                }
                Some(_) => {}
            }
        }
    }

    /// Checks that every transition target is an action of the flow.
    pub(super) fn targets(&mut self, action: Action<'_>, path: &str) {
        let place = format!("{path}.Transitions");
        let Some(transitions) = action.as_value().get("Transitions") else { return };
        if !transitions.is_object() {
            self.bad_value(&place);
            return;
        }
        if let Some(next) = transitions.get("NextAction") {
            self.target(Some(next), &format!("{place}.NextAction"));
        }
        for member in ["Conditions", "Errors"] {
            match transitions.get(member) {
                None => {}
                Some(Value::Array(branches)) => {
                    for (index, branch) in branches.iter().enumerate() {
                        self.target(branch.get("NextAction"), &format!("{place}.{member}[{index}].NextAction"));
                    }
                }
                Some(_) => self.bad_value(&format!("{place}.{member}")),
            }
        }
    }

    fn target(&mut self, target: Option<&Value>, path: &str) {
        match target {
            None => self.missing(path),
            Some(Value::String(name)) if self.names.contains(name) => {}
            Some(_) => self.bad_value(path),
        }
    }
}

/// Returns whether error branches that depend on a parameter are required; `None` if that cannot be determined.
fn holds(action: Action<'_>, when: &ErrorsWhen, rules: &ActionRules) -> Option<bool> {
    if rules.required_unless.as_ref().is_some_and(|other| action.parameter(other).is_some()) {
        return None;
    }
    let value = action.parameter(&when.parameter);
    if let Some(element) = &when.has {
        return Some(value.and_then(Value::as_array).is_some_and(|list| list.iter().any(|one| one == element)));
    }
    let Some(is) = &when.is else { return Some(value.is_some()) };
    let text = value?.as_str()?;
    let with = when.with.as_ref().is_none_or(|pointer| {
        action.as_value().get("Parameters").is_some_and(|parameters| parameters.pointer(pointer).is_some())
    });
    Some(text.eq_ignore_ascii_case(is) && with)
}
