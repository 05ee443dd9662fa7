//! An action while it is built, and where its branches lead.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value};

use super::attribute::Argument;
use super::values::Comparison;

/// The name of an action in [`flow!`](crate::flow!), to which branches lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label {
    pub(super) number: u64,
    pub(super) name: &'static str,
    pub(super) identifier: Option<&'static str>,
}

impl Label {
    /// Creates a label that differs from all others. The identifier of its action is derived from the name: `say_goodbye` becomes
    /// `Say goodbye`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { number: NEXT.fetch_add(1, Ordering::Relaxed), name, identifier: None }
    }

    /// Creates a label whose action has this identifier.
    #[must_use]
    pub fn identified(name: &'static str, identifier: &'static str) -> Self {
        Self { identifier: Some(identifier), ..Self::new(name) }
    }
}

/// Where a branch leads.
#[derive(Debug, Clone)]
pub enum Target {
    /// To the action with this label.
    Label(Label),
    /// To an action written in place.
    Action(Box<Draft>),
    /// To the first of these actions.
    Actions(Vec<(Label, Draft)>),
}

/// What a branch can lead to: a label, an action written in place, or actions that begin with one.
#[diagnostic::on_unimplemented(
    message = "a branch cannot lead to `{Self}`",
    note = "a branch leads to a label of `flow!`, or to a complete action written in place"
)]
pub trait IntoTarget {
    /// Returns the target.
    fn into_target(self) -> Target;
}

impl IntoTarget for Target {
    fn into_target(self) -> Target {
        self
    }
}

impl IntoTarget for Label {
    fn into_target(self) -> Target {
        Target::Label(self)
    }
}

impl IntoTarget for Draft {
    fn into_target(self) -> Target {
        Target::Action(Box::new(self))
    }
}

/// An action that has all that it needs.
#[diagnostic::on_unimplemented(message = "`{Self}` is no action")]
pub trait IntoAction {
    /// Returns the action without its type's restrictions.
    fn into_action(self) -> Draft;
}

impl IntoAction for Draft {
    fn into_action(self) -> Draft {
        self
    }
}

/// An action of any type, without restrictions: an escape hatch for what the builder does not know.
///
/// [`raw`] creates one, and every other action has a method `raw` that converts it.
#[derive(Debug, Clone)]
#[must_use = "an action is a part of a flow only if a branch or a label leads to it"]
pub struct Draft {
    pub(super) kind: String,
    /// Word for its identifier, if it has no label.
    pub(super) word: &'static str,
    pub(super) parameters: Map<String, Value>,
    pub(super) next: Option<Target>,
    pub(super) conditions: Vec<(String, Value, Target)>,
    pub(super) errors: Vec<(String, Target)>,
}

/// Returns an action of this type with these parameters, a JSON object. Nothing about it is checked before the flow is.
pub fn raw(kind: &str, parameters: Value) -> Draft {
    let parameters = match parameters {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    Draft { parameters, ..Draft::new(kind, "action") }
}

/// Returns the JSON value that a text holds, for a value that is too long for `json!`.
///
/// # Panics
/// If the text is not JSON.
#[must_use]
#[track_caller]
pub fn json_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("this is not JSON: {error}"))
}

impl Draft {
    pub(super) fn new(kind: &str, word: &'static str) -> Self {
        let (kind, parameters) = (kind.to_owned(), Map::new());
        Self { kind, word, parameters, next: None, conditions: Vec::new(), errors: Vec::new() }
    }

    /// Leads to this action if no branch is taken.
    pub fn then(mut self, target: impl IntoTarget) -> Self {
        self.next = Some(target.into_target());
        self
    }

    /// Sets a parameter to any JSON value.
    pub fn parameter(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a branch for a condition, by operator and operand.
    pub fn condition(mut self, operator: &str, operand: impl Into<Value>, target: impl IntoTarget) -> Self {
        self.conditions.push((operator.to_owned(), operand.into(), target.into_target()));
        self
    }

    /// Adds a branch for an error type.
    pub fn error(mut self, kind: &str, target: impl IntoTarget) -> Self {
        self.errors.push((kind.to_owned(), target.into_target()));
        self
    }

    pub(super) fn set(&mut self, name: &str, value: impl Argument) {
        value.write(name, &mut self.parameters);
    }

    /// Sets a member of a parameter that is an object.
    pub(super) fn set_member(&mut self, name: &str, member: &str, value: Value) {
        let object = self.parameters.entry(name).or_insert_with(|| Value::Object(Map::new()));
        if let Some(members) = object.as_object_mut() {
            members.insert(member.to_owned(), value);
        }
    }

    pub(super) fn compare(&mut self, comparison: Comparison, target: Target) {
        self.conditions.push((comparison.operator.to_owned(), comparison.operand.into(), target));
    }

    /// Adds an element to a list parameter, unless it is there.
    pub(super) fn include(&mut self, name: &str, element: &str) {
        let list = self.parameters.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Some(elements) = list.as_array_mut().filter(|elements| !elements.iter().any(|one| one == element)) {
            elements.push(element.into());
        }
    }
}
