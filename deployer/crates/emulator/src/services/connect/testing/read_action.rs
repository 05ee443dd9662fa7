//! Parser of the actions of an observation.

use std::time::Duration;

use deployer_flow::JsonPath;
use deployer_flow::interpret::{Key, Script};
use serde_json::Value;

use super::language::{Action, ActionKind, Assertion, Override, Target};
use super::read::Reader;

const OPERATORS: [&str; 9] = [
    "Equals",
    "TextStartsWith",
    "TextEndsWith",
    "TextContains",
    "NumberGreaterThan",
    "NumberGreaterOrEqualTo",
    "NumberLessThan",
    "NumberLessOrEqualTo",
    "Exists",
];

impl Reader {
    /// Returns the actions in order, from the one that no other refers to, each followed by its successor.
    pub(super) fn actions(&mut self, one: &Value, at: &str) -> Option<Vec<Action>> {
        let Some(listed) = one.get("Actions").and_then(Value::as_array) else {
            self.missing(&format!("{at}.Actions"));
            return None;
        };
        let next = |action: &Value| {
            action.pointer("/Transitions/NextAction").and_then(Value::as_str).filter(|next| !next.is_empty()).map(str::to_owned)
        };
        let mut read = Vec::new();
        for (index, action) in listed.iter().enumerate() {
            let place = format!("{at}.Actions[{index}]");
            let id = self.text(action, "Identifier", &place);
            let does = self.action(action, &place);
            read.push((id, does, next(action)));
        }
        let all = read.into_iter().map(|(id, does, next)| Some((Action { id: id?, kind: does? }, next)));
        let all: Vec<(Action, Option<String>)> = all.collect::<Option<_>>()?;
        let ordered = in_order(&all);
        if ordered.is_none() {
            self.wrong(
                &format!("{at}.Actions"),
                "the actions are no chain: each but the last must name its NextAction, and no two the same",
            );
        }
        ordered
    }

    fn action(&mut self, action: &Value, at: &str) -> Option<ActionKind> {
        let kinds = ["SendInstruction", "OverrideSystemBehavior", "Assert", "TestControl"];
        let kind = self.word(action, "Type", at, &kinds)?;
        let parameters = action.get("Parameters").unwrap_or(&Value::Null);
        let at = format!("{at}.Parameters");
        // By records of real calls, every action but an assertion repeats its type.
        match (kind.as_str(), parameters.get("ActionType")) {
            ("Assert", None) => {}
            ("Assert", Some(_)) => self.wrong(&format!("{at}.ActionType"), "an assertion has none"),
            (kind, _) => drop(self.word(parameters, "ActionType", &at, &[kind])),
        }
        match kind.as_str() {
            "SendInstruction" => self.instruction(parameters, &at),
            "OverrideSystemBehavior" => self.override_of(parameters, &at),
            "Assert" => self.assertion(parameters, &at),
            _ => self.command(parameters, &at),
        }
    }

    fn instruction(&mut self, parameters: &Value, at: &str) -> Option<ActionKind> {
        self.word(parameters, "Actor", at, &["Customer"]);
        let instruction = parameters.get("Instruction").unwrap_or(&Value::Null);
        let at = format!("{at}.Instruction");
        let kind = self.word(instruction, "Type", &at, &["DtmfInput", "TextUtterance", "Disconnect"])?;
        let properties = instruction.get("Properties").unwrap_or(&Value::Null);
        let at = format!("{at}.Properties");
        match kind.as_str() {
            "Disconnect" => Some(ActionKind::HangUp),
            "DtmfInput" => {
                let value = properties.get("Value").map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                let keys = value.as_deref().and_then(keys);
                if keys.is_none() {
                    self.wrong(&format!("{at}.Value"), "must be keys: 0-9, * and #");
                }
                keys.map(ActionKind::Press)
            }
            _ => {
                if properties.get("Text").is_none() && properties.get("SSML").is_none() {
                    self.missing(&format!("{at}.Text"));
                }
                Some(ActionKind::Utter)
            }
        }
    }

    fn assertion(&mut self, parameters: &Value, at: &str) -> Option<ActionKind> {
        let namespace = self.text(parameters, "Namespace", at);
        if namespace.as_ref().is_some_and(|path| JsonPath::parse(path).is_none()) {
            self.wrong(&format!("{at}.Namespace"), "must be a JSON path, such as $.Attributes.name");
        }
        let operator = self.word(parameters, "Operator", at, &OPERATORS)?;
        let operand = match parameters.get("Operand") {
            Some(Value::String(text)) => text.clone(),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
            None if operator == "Exists" => String::new(),
            _ => {
                self.missing(&format!("{at}.Operand"));
                return None;
            }
        };
        Some(ActionKind::Assert(Assertion { namespace: namespace?, operator, operand }))
    }

    fn command(&mut self, parameters: &Value, at: &str) -> Option<ActionKind> {
        let command = parameters.get("Command").unwrap_or(&Value::Null);
        let at = format!("{at}.Command");
        if self.word(command, "Type", &at, &["EndTest", "LogData"])? == "EndTest" {
            return Some(ActionKind::EndTest);
        }
        let Some(expressions) = command.pointer("/Properties/Expressions").and_then(Value::as_object) else {
            self.missing(&format!("{at}.Properties.Expressions"));
            return None;
        };
        let logged = expressions.iter().map(|(label, path)| (label.clone(), path.as_str().unwrap_or_default().to_owned()));
        Some(ActionKind::Log(logged.collect()))
    }

    fn override_of(&mut self, parameters: &Value, at: &str) -> Option<ActionKind> {
        let behavior = parameters.get("Behavior").unwrap_or(&Value::Null);
        let at = format!("{at}.Behavior");
        self.word(behavior, "Type", &at, &["FlowAction"])?;
        let properties = behavior.get("Properties").unwrap_or(&Value::Null);
        let at = format!("{at}.Properties");
        let target = self.target(properties, &at, true)?;
        let strategy = properties.get("Strategy").unwrap_or(&Value::Null);
        let at = format!("{at}.Strategy");
        if self.word(strategy, "Type", &at, &["SubstituteResource", "MockResponse"])? == "SubstituteResource" {
            let arn = self.text(strategy, "SubstituteArn", &at)?;
            return Some(ActionKind::Override(target, Override::Substitute(arn)));
        }
        let response = strategy.get("Response").unwrap_or(&Value::Null);
        let strategy = self.response(response, &format!("{at}.Response"), &target)?;
        Some(ActionKind::Override(target, strategy))
    }

    fn response(&mut self, response: &Value, at: &str, target: &Target) -> Option<Override> {
        let queue = matches!(target, Target::Queue(_) | Target::OtherQueue(_));
        let kinds: &[&str] = if queue { &["Error"] } else { &["ExecutionResult", "Error"] };
        let kind = self.word(response, "Type", at, kinds)?;
        let at = format!("{at}.{kind}");
        let reported = response.get(&kind).unwrap_or(&Value::Null);
        let after = reported.get("DelaySeconds").and_then(Value::as_f64).filter(|seconds| (0.0..=300.0).contains(seconds));
        if after.is_none() && reported.get("DelaySeconds").is_some() {
            self.wrong(&format!("{at}.DelaySeconds"), "must be a number of seconds");
        }
        let after = Duration::from_secs_f64(after.unwrap_or_default());
        if kind == "Error" {
            let names: &[&str] = match target {
                Target::Hours(_) => &["NoMatchingError"],
                Target::Queue(_) | Target::OtherQueue(_) => &["QueueAtCapacity", "NoMatchingError"],
                Target::Function(_) | Target::Bot(_) => &["TimeLimitExceeded", "NoMatchingError"],
            };
            return Some(Override::Error { after, name: self.word(reported, "Value", &at, names)? });
        }
        if matches!(target, Target::Hours(_)) {
            return Some(Override::Open(self.word(reported, "Value", &at, &["InHours", "OutOfHours"])? == "InHours"));
        }
        // The guide calls it `LoadedData`; a record of a real call has `Value`.
        let name = if reported.get("LoadedData").is_none() && reported.get("Value").is_some() { "Value" } else { "LoadedData" };
        match serde_json::from_str(&self.text(reported, name, &at)?) {
            Ok(value) => Some(Override::Answer { after, value }),
            Err(_) => {
                self.wrong(&format!("{at}.{name}"), "must be JSON as a text");
                None
            }
        }
    }
}

/// Returns the telephone keys of a text; `None` if it contains anything else.
fn keys(text: &str) -> Option<Vec<Key>> {
    let keys: Vec<Key> = Script::parse(text).ok()?.remaining_keys().collect();
    let pressed = |key: &Key| matches!(key, Key::Press(_));
    (!keys.is_empty() && !text.contains(char::is_whitespace) && keys.iter().all(pressed)).then_some(keys)
}

/// Returns all actions as a chain; `None` if they do not form one.
fn in_order(all: &[(Action, Option<String>)]) -> Option<Vec<Action>> {
    let named = |action: &Action| all.iter().any(|(_, next)| next.as_ref() == Some(&action.id));
    let mut ordered: Vec<Action> = Vec::new();
    let mut current = all.iter().find(|(action, _)| !named(action));
    while let Some((action, next)) = current {
        if ordered.iter().any(|before| before.id == action.id) {
            return None;
        }
        ordered.push(action.clone());
        current = match next {
            Some(next) => Some(all.iter().find(|(action, _)| action.id == *next)?),
            None => None,
        };
    }
    (ordered.len() == all.len()).then_some(ordered)
}
