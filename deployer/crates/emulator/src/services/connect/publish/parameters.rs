//! Checks of action parameters.

use deployer_flow::{Action, JsonPath, ResourceKind, occurrences};
use serde_json::{Map, Value};

use super::Validator;
use super::table::ActionRules;

impl Validator<'_> {
    pub(super) fn parameters(&mut self, action: Action<'_>, rules: &ActionRules, path: &str) {
        let place = format!("{path}.Parameters");
        let none = Map::new();
        let given = match action.as_value().get("Parameters") {
            None => &none,
            Some(Value::Object(given)) => given,
            Some(_) => {
                self.bad_value(&place);
                return;
            }
        };
        let replaced = rules.required_unless.as_ref().is_some_and(|other| given.contains_key(other));
        for name in rules.required.iter().filter(|name| !replaced && !given.contains_key(*name)) {
            self.missing(&format!("{place}.{name}"));
        }
        for (name, value) in given {
            let place = format!("{place}.{name}");
            if rules.closed && !rules.parameters.contains(name) {
                self.add(format!("Invalid Action property name. Path: {place}"));
            } else {
                self.parameter(action, name, value, &place);
            }
        }
        self.groups(given, rules);
        self.stored_input(action, given, &place);
    }

    fn groups(&mut self, given: &Map<String, Value>, rules: &ActionRules) {
        let present = |keys: &[String]| keys.iter().filter(|key| given.contains_key(*key)).cloned().collect::<Vec<_>>();
        for keys in [&rules.exactly_one, &rules.at_most_one] {
            let both = present(keys);
            if both.len() > 1 {
                self.add(format!("Only one of these properties may be defined. Properties: [{}]", both.join(", ")));
            }
        }
        for keys in [&rules.exactly_one, &rules.at_least_one] {
            if !keys.is_empty() && present(keys).is_empty() {
                self.add(format!("At least one of [{}] must be set", keys.join(", ")));
            }
        }
    }

    /// Checks that stored input has a validation and a menu has none (recorded).
    fn stored_input(&mut self, action: Action<'_>, given: &Map<String, Value>, place: &str) {
        if action.kind() != Some("GetParticipantInput") || given.contains_key("EnableDTMFBuffer") {
            return;
        }
        match (action.text("StoreInput"), given.contains_key("InputValidation")) {
            (Some("True"), false) => self.missing(&format!("{place}.InputValidation")),
            (Some("False"), true) => self.add(format!("Invalid Action property name. Path: {place}.InputValidation")),
            _ => {}
        }
    }

    fn parameter(&mut self, action: Action<'_>, name: &str, value: &Value, place: &str) {
        if self.table.any_json.iter().any(|free| free == name) {
            return;
        }
        match value {
            Value::String(text) => self.text(action, name, text, place),
            Value::Number(number) => {
                if !self
                    .table
                    .numbers
                    .get(name)
                    .is_some_and(|range| number.as_i64().is_some_and(|n| (range.0..=range.1).contains(&n)))
                {
                    self.bad_value(place);
                }
            }
            // The error for a boolean names the type of the action (recorded).
            Value::Bool(_) => {
                let kind = action.kind().unwrap_or_default();
                self.add(format!("Invalid Action type. Type: {kind}, Path: {}.Type", action.path()));
            }
            Value::Null => self.bad_value(place),
            Value::Array(_) | Value::Object(_) => self.inside(action, name, value, place),
        }
    }

    fn text(&mut self, action: Action<'_>, name: &str, text: &str, place: &str) {
        let table = self.table;
        let whole = JsonPath::parse(text.trim());
        let reference = table.references.get(name);
        let number = table.numbers.get(name);
        let is_path = table.paths.iter().any(|path| path == name);
        if text.is_empty() || (is_path && whole.is_none()) {
            self.bad_value(place);
        } else if let Some(path) = whole.filter(|_| reference.is_some() || number.is_some() || is_path) {
            if !table.roots.iter().any(|root| root == path.root()) {
                self.bad_value(place);
            }
        } else if let Some(values) = table.values.get(name) {
            if !values.iter().any(|value| value == text) {
                self.bad_value(place);
            }
        } else if let Some((least, most)) = number {
            let most = if name == "InvocationTimeLimitSeconds" { time_limit(action).unwrap_or(*most) } else { *most };
            if !text.parse().is_ok_and(|number| (*least..=most).contains(&number)) {
                self.bad_value(place);
            }
        } else if let Some(kind) = reference {
            self.resource(kind, text, place);
        }
    }

    /// Checks nested members and elements: no empty strings, and booleans in `DTMFConfiguration` as at the top level.
    fn inside(&mut self, action: Action<'_>, name: &str, value: &Value, place: &str) {
        match value {
            Value::String(text) if text.is_empty() => self.bad_value(place),
            Value::String(text) if name == "EventHooks" => self.hook(text, place),
            Value::Bool(_) if name == "DTMFConfiguration" => self.parameter(action, "", value, place),
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    self.inside(action, name, element, &format!("{place}[{index}]"));
                }
            }
            Value::Object(members) => {
                if name == "Tags" && members.len() > 6 {
                    self.add("More than 6 tags in Parameters.Tags".to_owned());
                }
                for (key, member) in members {
                    self.inside(action, name, member, &format!("{place}.{key}"));
                }
            }
            _ => {}
        }
    }

    fn hook(&mut self, text: &str, place: &str) {
        match JsonPath::parse(text.trim()) {
            Some(path) if !self.table.roots.iter().any(|root| root == path.root()) => self.bad_value(place),
            Some(_) => {}
            None => self.resource("flow", text, place),
        }
    }

    /// Checks that a resource exists in the same instance; a function need not, if its own policy allows Connect to invoke it.
    fn resource(&mut self, kind: &str, text: &str, place: &str) {
        let (kind, part) = match kind {
            "queue" => (ResourceKind::Queue, "/queue/"),
            "agent" => (ResourceKind::Agent, "/agent/"),
            "flow" => (ResourceKind::Flow, "/contact-flow/"),
            "module" => (ResourceKind::Module, "/flow-module/"),
            "prompt" => (ResourceKind::Prompt, "/prompt/"),
            "hours" => (ResourceKind::Hours, "/operating-hours/"),
            _ => (ResourceKind::Lambda, ":function:"),
        };
        if !occurrences(text).is_empty() {
            return;
        }
        let arn = text.starts_with("arn:") && text.splitn(6, ':').count() == 6 && !text.contains(['{', '}', ' ']);
        let id = text.split(':').next().is_some_and(|id| id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-'));
        if !arn && (kind == ResourceKind::Lambda || !id) {
            self.add(format!("Failed to convert id: {text}"));
        } else if (arn && !text.contains(part)) || (kind != ResourceKind::Lambda && !(self.exists)(kind, text)) {
            self.bad_value(place);
        }
    }
}

/// Returns Connect's maximum time limit for a function, in seconds.
fn time_limit(action: Action<'_>) -> Option<i64> {
    (action.kind() == Some("InvokeLambdaFunction")).then(|| match action.text("InvocationType") {
        Some("ASYNCHRONOUS") => 60,
        _ => 8,
    })
}
