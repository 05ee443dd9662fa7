//! What the builder has for each action type: functions, methods, and what they require. All of it is derived from the declaration of
//! the type; the generated files are made of it, and `deployer flow to-rust` writes its calls.

use std::fmt;

use serde_json::{Map, Value, json};

use super::references::KINDS;
use crate::actions::ActionType;
use crate::model::Flow;
use crate::rules::{ConditionMode, Conditional, Form, Kind, NextRequirement, Parameter, Rule};

/// A function of the builder, with the struct that it returns.
pub struct Shape {
    /// The action type.
    pub rules: &'static ActionType,
    /// Its form.
    pub form: Form,
    /// Name of the struct.
    pub structure: String,
    /// Name of the function.
    pub function: String,
    /// Methods of the struct.
    pub methods: Vec<Method>,
    /// What a new action lacks, by the names of methods in camel case.
    pub needs: Vec<String>,
}

/// A method of a built action.
#[derive(Debug)]
pub struct Method {
    /// Name of the method.
    pub name: String,
    /// What it gives.
    pub slot: Slot,
    /// What it makes necessary.
    pub adds: Vec<String>,
    /// What it does.
    pub does: Does,
}

/// How a method changes what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// Not at all.
    Free,
    /// It gives what is missing, once.
    Once(String),
    /// It gives what is missing, and may be called again.
    Again(String),
}

/// What a method does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// Sets `NextAction`.
    Next,
    /// Sets `NextAction`, which no contact takes.
    Unused,
    /// Adds an error branch.
    Error(&'static str),
    /// Adds a condition `Equals` with this operand, and an element to the list parameter of this name.
    Operand(&'static str, Option<&'static str>),
    /// Adds a condition `Equals` with any operand.
    On,
    /// Adds a condition with a comparison, of numbers only if so.
    Compare(bool),
    /// Sets the parameter that the type writes: one of these.
    Set(Vec<&'static str>, Type),
    /// Sets a member of an object.
    Member(&'static str, &'static str),
    /// Sets a parameter to a value.
    Fix(&'static str, &'static str),
}

/// The type of a method's argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Text with attributes.
    Text,
    /// Text or one attribute.
    TextOrAttribute,
    /// Text without attributes.
    Constant,
    /// One attribute.
    Attribute,
    /// An integer.
    Whole,
    /// An integer or one attribute.
    WholeOrAttribute,
    /// `True` or `False`.
    TrueFalse,
    /// `true` or `false`.
    Truth,
    /// One of the values of an enumeration, or another one if it is open, or one attribute.
    Values(&'static Parameter),
    /// A reference to a resource, by the name of its kind in Rust.
    Ref(&'static str),
    /// A reference in this member of an object.
    In(&'static str, &'static str),
    /// A queue or an agent.
    QueueOrAgent,
    /// A prompt.
    Speech,
    /// A list of prompts.
    Prompts,
    /// Names with values.
    Entries,
    /// Names with objects that hold the values.
    EntryValues,
    /// A flow for each event.
    Hooks(&'static Parameter),
    /// A list of JSON values.
    List,
    /// Any JSON value.
    Json,
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Values(parameter) => out.write_str(parameter.name),
            Self::Ref(kind) => write!(out, "Ref<{kind}>"),
            Self::In(member, kind) => write!(out, "By{member}<{kind}>"),
            Self::Hooks(parameter) => write!(out, "Hooks<{}>", parameter.name),
            Self::Json => out.write_str("Value"),
            other => write!(out, "{other:?}"),
        }
    }
}

/// Returns the functions of the builder for an action type.
#[must_use]
pub fn shapes(rules: &'static ActionType) -> Vec<Shape> {
    let derived = [Form::new("", &[])];
    let forms = if rules.forms.is_empty() { &derived[..] } else { rules.forms };
    forms.iter().map(|form| Shape::new(rules, *form, forms.len() == 1)).collect()
}

/// Words for methods that several action types share.
const WORDS: [(&str, &str); 6] = [
    ("NoMatchingError", "on_error"),
    ("NoMatchingCondition", "no_match"),
    ("InputTimeLimitExceeded", "timeout"),
    ("TimeLimitExceeded", "timeout"),
    ("QueueAtCapacity", "at_capacity"),
    ("SSML", "ssml"),
];

/// Parameters of which an action has one, as one argument.
const TOGETHER: [(&str, &[&str], Type); 2] =
    [("speech", &["Text", "SSML", "PromptId", "Media"], Type::Speech), ("queue", &["QueueId", "AgentId"], Type::QueueOrAgent)];

impl Shape {
    fn new(rules: &'static ActionType, form: Form, only: bool) -> Self {
        let function = if form.function.is_empty() { snake(rules.name) } else { form.function.to_owned() };
        let structure = if only { rules.name.to_owned() } else { camel(&function) };
        let mut shape = Self { rules, form, structure, function, methods: Vec::new(), needs: Vec::new() };
        shape.parameters();
        shape.conditions();
        shape.errors();
        shape.next();
        shape.requirements();
        shape
    }

    /// Returns the method's name for a parameter, an error type or an operand.
    fn word(&self, name: &str, prefix: &str) -> String {
        let known = self.form.words.iter().chain(&WORDS).find(|(known, _)| *known == name);
        known.map_or_else(|| format!("{prefix}{}", snake(name)), |(_, word)| (*word).to_owned())
    }

    /// Returns the name of a parameter's method: a word, or the name without the `Id` or `ARN` of a reference.
    fn parameter_name(&self, parameter: &Parameter) -> String {
        if self.form.words.iter().chain(&WORDS).any(|(known, _)| *known == parameter.name) {
            return self.word(parameter.name, "");
        }
        let refers = matches!(parameter.kind, Kind::Single | Kind::Dynamic) && parameter.reference.is_some();
        let short = ["Id", "ARN", "Arn"].iter().find_map(|end| parameter.name.strip_suffix(end));
        snake(short.filter(|_| refers).unwrap_or(parameter.name))
    }

    fn has(&self, parameter: &Parameter) -> bool {
        let fixed = self.form.fixed.iter().any(|(name, _)| *name == parameter.name);
        !fixed && !self.form.without.contains(&parameter.name)
    }

    /// Returns a flow with one action that has what is fixed in the form, and these parameters.
    fn sample(&self, more: &[(&str, &str)]) -> Flow {
        let required = self.form.requires.iter().map(|name| (*name, "true"));
        let all = self.form.fixed.iter().chain(more).copied().chain(required);
        let parameters: Map<String, Value> = all.map(|(name, value)| (name.to_owned(), value.into())).collect();
        Flow::of_document(json!({"Actions": [{"Type": self.rules.name, "Parameters": parameters}]}))
    }

    fn leaves(&self, more: &[(&str, &str)]) -> bool {
        self.sample(more).actions().first().is_some_and(|action| (self.rules.leaves)(*action))
    }

    fn parameters(&mut self) {
        let mut done: Vec<&str> = Vec::new();
        let mut methods = Vec::new();
        for parameter in self.rules.parameters.iter().filter(|parameter| self.has(parameter)) {
            if done.contains(&parameter.name) {
                continue;
            }
            let is_there = |key: &&&str| self.rules.parameter(key).is_some_and(|one| self.has(one));
            let together =
                TOGETHER.iter().find(|(_, keys, _)| keys.contains(&parameter.name) && keys.iter().filter(is_there).count() > 1);
            let (name, keys, of) = match together {
                Some((name, keys, of)) => ((*name).to_owned(), keys.to_vec(), of.clone()),
                None => (self.parameter_name(parameter), vec![parameter.name], type_of(parameter)),
            };
            done.extend(&keys);
            methods.extend(self.setters(parameter, name, keys, of));
        }
        self.methods = methods;
    }

    /// Returns the methods that set a parameter.
    fn setters(&self, parameter: &'static Parameter, name: String, keys: Vec<&'static str>, of: Type) -> Vec<Method> {
        let slot = self.slot(parameter, &name, &keys);
        let mut adds = Vec::new();
        for rule in self.rules.errors.conditional.iter().filter(|rule| !self.is_excluded(rule)) {
            let errors = || rule.errors.iter().map(|error| camel(&self.word(error, "on_")));
            if let Some((_, member)) = rule.with.filter(|(with, _)| *with == parameter.name && self.holds(rule)) {
                let one = |other: &&'static str| Method {
                    name: snake(other),
                    slot: slot.clone(),
                    adds: if *other == member { errors().collect() } else { Vec::new() },
                    does: Does::Member(parameter.name, other),
                };
                return parameter.members.iter().map(one).collect();
            }
            if rule.parameter != parameter.name || rule.has.is_some() {
                continue;
            }
            match rule.is {
                Some(value) => {
                    let left = self.leaves(&[]) && !self.leaves(&[(parameter.name, value)]);
                    let adds = left.then(|| "Then".to_owned()).into_iter().chain(errors()).collect();
                    return vec![Method { name, slot, adds, does: Does::Fix(parameter.name, value) }];
                }
                None => adds.extend(errors()),
            }
        }
        let set_by_operands =
            parameter.kind == Kind::List && !parameter.values.is_empty() && self.operands().contains(&parameter.values[0]);
        if set_by_operands {
            return Vec::new();
        }
        vec![Method { name, slot, adds, does: Does::Set(keys, of) }]
    }

    /// Whether another parameter that the form requires excludes a rule.
    fn is_excluded(&self, rule: &Conditional) -> bool {
        rule.unless.is_some_and(|unless| self.form.requires.contains(&unless))
    }

    /// Whether the fixed parameters of the form satisfy a rule, apart from `with`.
    fn holds(&self, rule: &Conditional) -> bool {
        let fixed = self.form.fixed.iter().find(|(name, _)| *name == rule.parameter).map(|(_, value)| *value);
        fixed.is_some_and(|value| rule.is.is_none_or(|is| is == value) && rule.not.is_none_or(|not| not != value))
    }

    fn slot(&self, parameter: &Parameter, name: &str, keys: &[&str]) -> Slot {
        let own = camel(name);
        let unless =
            |one: &Parameter| one.required_unless.and_then(|other| self.rules.parameter(other)).filter(|other| self.has(other));
        if parameter.required
            || self.form.requires.contains(&parameter.name)
            || (parameter.required_unless.is_some() && unless(parameter).is_none())
        {
            return Slot::Once(own);
        }
        if parameter.required_unless.is_some_and(|other| self.form.requires.contains(&other)) {
            return Slot::Free;
        }
        if parameter.required_unless.is_some() {
            return Slot::Again(own);
        }
        let replaced = self
            .rules
            .parameters
            .iter()
            .find(|one| self.has(one) && unless(one).is_some_and(|other| other.name == parameter.name));
        if let Some(replaced) = replaced {
            return Slot::Again(camel(&self.parameter_name(replaced)));
        }
        let group = self
            .rules
            .groups
            .iter()
            .find(|group| group.rule != Rule::AtMostOne && keys.iter().any(|key| group.keys.contains(key)));
        let Some(group) = group else { return Slot::Free };
        let outside: Vec<&&str> = group.keys.iter().filter(|key| !keys.contains(key)).collect();
        let names = match outside.is_empty() {
            true => own,
            false => self.group_name(group.keys),
        };
        if group.rule == Rule::ExactlyOne { Slot::Once(names) } else { Slot::Again(names) }
    }

    /// Returns the names of a group's methods, as one: `LexV2BotOrLexBot`.
    fn group_name(&self, keys: &[&str]) -> String {
        let mut names: Vec<String> = Vec::new();
        for key in keys {
            let together = TOGETHER.iter().find(|(_, keys, _)| keys.contains(key));
            let name = together.map_or_else(|| camel(&self.word(key, "")), |(name, ..)| camel(name));
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join("Or")
    }

    /// Returns the documented operands of the form's conditions.
    fn operands(&self) -> &'static [&'static str] {
        let sample = self.sample(&[]);
        let without = sample.actions().first().is_some_and(|action| (self.rules.without_conditions)(*action).is_some());
        self.rules.conditions.as_ref().filter(|_| !without).map_or(&[], |conditions| conditions.operands)
    }

    fn conditions(&mut self) {
        let sample = self.sample(&[]);
        let without = sample.actions().first().is_some_and(|action| (self.rules.without_conditions)(*action).is_some());
        let Some(conditions) = self.rules.conditions.as_ref().filter(|_| !without) else { return };
        let method = |name: &str, slot, does| Method { name: name.to_owned(), slot, adds: Vec::new(), does };
        match conditions.mode {
            ConditionMode::Dtmf => self.methods.push(method("on", Slot::Free, Does::On)),
            ConditionMode::Equals if conditions.operands.is_empty() => self.methods.push(method("on", Slot::Free, Does::On)),
            ConditionMode::Free => self.methods.push(method("when", Slot::Free, Does::Compare(false))),
            ConditionMode::Numeric => self.methods.push(method("when", Slot::Again("When".to_owned()), Does::Compare(true))),
            ConditionMode::Equals | ConditionMode::Fixed => {
                for operand in conditions.operands {
                    let found = self.operand(operand, conditions.mode == ConditionMode::Fixed);
                    if !self.methods.iter().any(|known| known.name == found.name) {
                        self.methods.push(found);
                    }
                }
                if conditions.mode == ConditionMode::Equals {
                    self.methods.push(method("on", Slot::Free, Does::On));
                }
            }
        }
    }

    fn operand(&self, operand: &'static str, fixed: bool) -> Method {
        let name = self.word(operand, "on_");
        let required = fixed || self.form.requires.contains(&operand);
        let list = self.rules.parameters.iter().find(|one| one.kind == Kind::List && one.values.contains(&operand));
        let rules = self.rules.errors.conditional.iter().filter(|rule| rule.has == Some(operand));
        let adds = rules.flat_map(|rule| rule.errors).map(|error| camel(&self.word(error, "on_"))).collect();
        let slot = if required { Slot::Once(camel(&name)) } else { Slot::Free };
        Method { name, slot, adds, does: Does::Operand(operand, list.map(|list| list.name)) }
    }

    fn errors(&mut self) {
        let errors = &self.rules.errors;
        let conditional = errors.conditional.iter().filter(|rule| !self.is_excluded(rule));
        let possible = conditional.filter(|rule| {
            let fixed = self.form.fixed.iter().any(|(name, _)| *name == rule.parameter);
            !fixed || self.holds(rule)
        });
        let conditional: Vec<&'static str> = possible.flat_map(|rule| rule.errors).copied().collect();
        for error in errors.required.iter().copied().chain(conditional) {
            self.error(error, true);
        }
        for error in errors.optional {
            self.error(error, false);
        }
    }

    fn error(&mut self, error: &'static str, required: bool) {
        let name = self.word(error, "on_");
        let slot = if required { Slot::Once(camel(&name)) } else { Slot::Free };
        if !self.methods.iter().any(|known| known.name == name) {
            self.methods.push(Method { name, slot, adds: Vec::new(), does: Does::Error(error) });
        }
    }

    /// Adds `then`, unless a contact never takes `NextAction`: where conditions decide, or where success leaves the flow.
    fn next(&mut self) {
        let decided = self.rules.errors.required.contains(&"NoMatchingCondition")
            || self.methods.iter().any(|method| match (&method.does, &method.slot) {
                (Does::Operand(..) | Does::Compare(true), Slot::Once(_) | Slot::Again(_)) => true,
                (Does::Error(error), _) => *error == "NoMatchingCondition" && self.is_needed_from_the_start(error),
                _ => false,
            });
        let later = self.methods.iter().any(|method| method.adds.iter().any(|one| one == "Then"));
        let unused = decided || self.leaves(&[]);
        let slot = match self.rules.next {
            NextRequirement::None => return,
            NextRequirement::Optional => Some(Slot::Free),
            NextRequirement::Required => (later || !unused).then(|| Slot::Once("Then".to_owned())),
        };
        let method = |name: &str, slot, does| Method { name: name.to_owned(), slot, adds: Vec::new(), does };
        self.methods.extend(slot.map(|slot| method("then", slot, Does::Next)));
        self.methods.extend(unused.then(|| method("next_action", Slot::Free, Does::Unused)));
    }

    fn is_needed_from_the_start(&self, error: &str) -> bool {
        let fixed = self
            .rules
            .errors
            .conditional
            .iter()
            .filter(|rule| !self.is_excluded(rule) && self.holds(rule) && rule.with.is_none());
        self.rules.errors.required.contains(&error) || fixed.flat_map(|rule| rule.errors).any(|known| *known == error)
    }

    /// Sets what a new action lacks: all slots but those that a method adds.
    fn requirements(&mut self) {
        let added: Vec<&String> = self.methods.iter().flat_map(|method| &method.adds).collect();
        let mut needs: Vec<String> = Vec::new();
        for method in &self.methods {
            let (Slot::Once(slot) | Slot::Again(slot)) = &method.slot else { continue };
            if !needs.contains(slot) && !added.contains(&slot) {
                needs.push(slot.clone());
            }
        }
        self.needs = needs;
    }

    /// Returns the method with this name.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// Returns the methods whose values are the function's arguments: those of the form, or that of the only required parameter.
    #[must_use]
    pub fn arguments(&self) -> Vec<&Method> {
        if !self.form.function.is_empty() {
            return self.form.takes.iter().filter_map(|name| self.method(name)).collect();
        }
        let needed = |method: &&Method| matches!(method.does, Does::Set(..)) && matches!(method.slot, Slot::Once(_));
        let all: Vec<&Method> = self.methods.iter().filter(needed).collect();
        if all.len() == 1 { all } else { Vec::new() }
    }

    /// Returns what an action lacks after these methods, by the rules of the generated types; `None` if one of them cannot be called.
    #[must_use]
    pub fn lacks_after<'m>(&self, methods: impl IntoIterator<Item = &'m Method>) -> Option<Vec<String>> {
        Some(self.list_after(methods)?.into_iter().filter(|(_, given)| !given).map(|(name, _)| name).collect())
    }

    /// Returns the type's list after these methods: names, and whether each is there and may be given again.
    #[must_use]
    pub fn list_after<'m>(&self, methods: impl IntoIterator<Item = &'m Method>) -> Option<Vec<(String, bool)>> {
        let mut lacking: Vec<(String, bool)> = self.needs.iter().map(|need| (need.clone(), false)).collect();
        for method in methods {
            match &method.slot {
                Slot::Free => {}
                Slot::Once(slot) => {
                    let at = lacking.iter().position(|(known, given)| known == slot && !given)?;
                    lacking.remove(at);
                }
                Slot::Again(slot) => lacking.iter_mut().find(|(known, _)| known == slot)?.1 = true,
            }
            for (place, added) in method.adds.iter().enumerate() {
                lacking.insert(place, (added.clone(), false));
            }
        }
        Some(lacking)
    }
}

fn kind_of(name: &str) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == name).map_or("Queue", |(_, kind)| kind)
}

fn type_of(parameter: &'static Parameter) -> Type {
    let values = !parameter.values.is_empty();
    if let Some((member, kind)) = parameter.identified_by {
        return Type::In(member, kind_of(kind));
    }
    match (parameter.kind, parameter.reference) {
        (Kind::Single | Kind::Dynamic, Some(kind)) => Type::Ref(kind_of(kind)),
        (Kind::Map, Some(_)) => Type::Hooks(parameter),
        (Kind::Map, None) if parameter.entry_member.is_some() => Type::EntryValues,
        (Kind::Map, None) => Type::Entries,
        (Kind::List, _) if parameter.prompts => Type::Prompts,
        (Kind::List, _) => Type::List,
        (Kind::Object, _) => Type::Json,
        (Kind::Static, _) if parameter.integer => Type::Whole,
        (Kind::Static, _) if parameter.values.contains(&"True") => Type::TrueFalse,
        (Kind::Static, _) if parameter.values == ["true", "false"] => Type::Truth,
        (Kind::Static | Kind::Single, _) if values => Type::Values(parameter),
        (Kind::Static, _) => Type::Constant,
        (Kind::Single, _) if parameter.integer => Type::WholeOrAttribute,
        (Kind::Single, _) => Type::TextOrAttribute,
        (Kind::Dynamic, _) => Type::Text,
        (Kind::Jsonpath, _) => Type::Attribute,
    }
}

/// Returns a name in snake case: `EnableDTMFBuffer` becomes `enable_dtmf_buffer`.
#[must_use]
pub fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut words = String::new();
    for (at, c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            words.push('_');
            continue;
        }
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        let hump = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if hump && !words.ends_with('_') {
            words.push('_');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// Returns a name in camel case: `on_error` becomes `OnError`, `SYNCHRONOUS` becomes `Synchronous`.
#[must_use]
pub fn camel(name: &str) -> String {
    let shouted = !name.chars().any(|c| c.is_ascii_lowercase());
    let mut camel = String::new();
    let mut first = true;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            first = true;
            continue;
        }
        camel.push(if first {
            c.to_ascii_uppercase()
        } else if shouted {
            c.to_ascii_lowercase()
        } else {
            c
        });
        first = false;
    }
    camel
}
