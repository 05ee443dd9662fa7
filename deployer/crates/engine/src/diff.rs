//! Differences between desired, recorded and live properties, and their origin. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::address::PropertyPath;
use crate::expr::{Reference, Resolved};
use crate::rules::ChangeEffect;

/// The value of a property after the change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewValue {
    /// A known value.
    Known(Value),
    /// A value that is known only when these outputs exist.
    Unknown(BTreeSet<Reference>),
    /// No value.
    Absent,
}

/// The origin of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeOrigin {
    /// The spec has changed since the last apply.
    Spec,
    /// The live resource was changed outside of the deployer.
    Drift,
    /// Both have changed.
    Both,
}

/// One changed property.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PropertyChange {
    /// Path of the property.
    pub path: PropertyPath,
    /// Live value; `None` if there is none.
    pub before: Option<Value>,
    /// Desired value.
    pub after: NewValue,
    /// Effect of the change on the resource.
    pub effect: ChangeEffect,
    /// Origin of the difference.
    pub origin: ChangeOrigin,
    /// Desired value for display: a value that is not known yet is shown as its output, such as `${function.pay.arn}`.
    #[serde(skip)]
    pub display_value: Option<Value>,
}

/// The comparison rules for the properties of a resource.
pub trait Rules {
    /// Returns the effect of changing the property at this path.
    fn change_effect(&self, path: &PropertyPath) -> ChangeEffect;

    /// Returns the property at this path in a form in which equivalent values are equal; `None` for properties that are compared part by
    /// part. A normalized property is compared and reported as a whole.
    fn normalized(&self, path: &PropertyPath, value: &Value) -> Option<Value> {
        let _ = (path, value);
        None
    }
}

impl<F: Fn(&PropertyPath) -> ChangeEffect> Rules for F {
    fn change_effect(&self, path: &PropertyPath) -> ChangeEffect {
        self(path)
    }
}

/// Returns the property changes that turn `live` into `wanted`; `recorded` determines whether the spec or the resource has changed.
///
/// Maps are compared key by key, lists of equal length item by item, everything else as a whole. An absent value and `null` are equal. A
/// value that is not known yet is always a change. A property with a normalized form is compared by that form, as a whole. Changes that the
/// rules ignore are left out.
pub fn diff(wanted: &Resolved, recorded: Option<&Value>, live: &Value, rules: &dyn Rules) -> Vec<PropertyChange> {
    let mut comparison = Comparison { unknown: &wanted.unknown, rules, changes: Vec::new() };
    comparison.compare(&PropertyPath::default(), Some(&wanted.value), recorded, Some(live));
    comparison.changes
}

/// Whether [`diff`] finds no difference between two values.
pub fn same(one: &Value, other: &Value) -> bool {
    let wanted = Resolved { value: one.clone(), unknown: BTreeMap::new() };
    diff(&wanted, None, other, &|_: &PropertyPath| ChangeEffect::Update).is_empty()
}

struct Comparison<'a> {
    unknown: &'a BTreeMap<PropertyPath, BTreeSet<Reference>>,
    rules: &'a dyn Rules,
    changes: Vec<PropertyChange>,
}

impl Comparison<'_> {
    fn compare(&mut self, at: &PropertyPath, wanted: Option<&Value>, recorded: Option<&Value>, live: Option<&Value>) {
        let (wanted, live) = (present(wanted), present(live));
        if self.unknown.contains_key(at) {
            return self.report(at, wanted, recorded, live);
        }
        match (wanted, live) {
            (Some(new), Some(old)) if self.rules.normalized(at, new).is_some() => {
                if self.rules.normalized(at, new) != self.rules.normalized(at, old) || self.waits_below(at) {
                    self.report(at, wanted, recorded, live);
                }
            }
            (Some(Value::Object(new)), Some(Value::Object(old))) => self.compare_maps(at, new, recorded, old),
            (Some(Value::Array(new)), Some(Value::Array(old))) if new.len() == old.len() => {
                for (index, (new, old)) in new.iter().zip(old).enumerate() {
                    self.compare(&at.child(index.to_string()), Some(new), inside(recorded, |list| list.get(index)), Some(old));
                }
            }
            _ if equal_leaves(wanted, live) && !self.waits_below(at) => {}
            _ => self.report(at, wanted, recorded, live),
        }
    }

    fn compare_maps(&mut self, at: &PropertyPath, new: &Map<String, Value>, recorded: Option<&Value>, old: &Map<String, Value>) {
        let keys: BTreeSet<&String> = new.keys().chain(old.keys()).collect();
        for key in keys {
            self.compare(&at.child(key), new.get(key), inside(recorded, |map| map.get(key)), old.get(key));
        }
    }

    /// Returns the references of unknown values at this path and below, except for ignored properties.
    fn unknown_below(&self, at: &PropertyPath) -> impl Iterator<Item = &BTreeSet<Reference>> {
        let below = self.unknown.iter().filter(move |(path, _)| path.0.starts_with(&at.0));
        below.filter(|(path, _)| self.rules.change_effect(path) != ChangeEffect::Ignore).map(|(_, references)| references)
    }

    fn waits_below(&self, at: &PropertyPath) -> bool {
        self.unknown_below(at).next().is_some()
    }

    fn report(&mut self, at: &PropertyPath, wanted: Option<&Value>, recorded: Option<&Value>, live: Option<&Value>) {
        let rule = self.rules.change_effect(at);
        if rule == ChangeEffect::Ignore {
            return;
        }
        let waits: BTreeSet<Reference> = self.unknown_below(at).flatten().cloned().collect();
        let meant = |value: Option<&Value>| value.map(|value| self.rules.normalized(at, value).unwrap_or_else(|| value.clone()));
        let cause = cause(waits.is_empty(), meant(wanted).as_ref(), meant(recorded).as_ref(), meant(live).as_ref());
        let outline = wanted.map(|value| outline_below(self.unknown, at, value));
        let after = match wanted {
            _ if !waits.is_empty() => NewValue::Unknown(waits),
            Some(value) => NewValue::Known(value.clone()),
            None => NewValue::Absent,
        };
        self.changes.push(PropertyChange {
            path: at.clone(),
            before: live.cloned(),
            after,
            effect: rule,
            origin: cause,
            display_value: outline,
        });
    }
}

/// Returns desired properties for display: a value that is not known yet is shown as its output, such as `${function.pay.arn}`.
pub(crate) fn outline(wanted: &Resolved) -> Value {
    outline_below(&wanted.unknown, &PropertyPath::default(), &wanted.value)
}

fn outline_below(unknown: &BTreeMap<PropertyPath, BTreeSet<Reference>>, at: &PropertyPath, value: &Value) -> Value {
    if let Some(references) = unknown.get(at) {
        let names = references.iter().map(|reference| format!("${{{}.{}}}", reference.address, reference.output));
        return names.collect::<Vec<_>>().join(", ").into();
    }
    let below = |step: String, value: &Value| outline_below(unknown, &at.child(step), value);
    match value {
        Value::Object(members) => members.iter().map(|(key, member)| (key.clone(), below(key.clone(), member))).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(index, item)| below(index.to_string(), item)).collect(),
        other => other.clone(),
    }
}

fn cause(known: bool, wanted: Option<&Value>, recorded: Option<&Value>, live: Option<&Value>) -> ChangeOrigin {
    let Some(recorded) = recorded else { return ChangeOrigin::Spec };
    let as_recorded = |value: Option<&Value>| same(value.unwrap_or(&Value::Null), recorded);
    match (known && as_recorded(wanted), as_recorded(live)) {
        (true, _) => ChangeOrigin::Drift,
        (false, true) => ChangeOrigin::Spec,
        (false, false) => ChangeOrigin::Both,
    }
}

/// Descends one step into the recorded properties: a value that a record lacks was recorded as absent (`null`); without a record, the
/// result is `None`.
fn inside<'v>(recorded: Option<&'v Value>, step: impl FnOnce(&'v Value) -> Option<&'v Value>) -> Option<&'v Value> {
    recorded.map(|value| step(value).unwrap_or(&Value::Null))
}

fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

fn equal_leaves(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) if one.is_f64() || other.is_f64() => {
            one.as_f64() == other.as_f64()
        }
        _ => one == other,
    }
}
