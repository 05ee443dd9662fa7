//! What differs between wanted, recorded and live properties, and why. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::address::PropertyPath;
use crate::expr::{Reference, Resolved};
use crate::resource::{AnyResource, ChangeEffect};

/// A property's value after the change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewValue {
    /// This value.
    Known(Value),
    /// Known only when these outputs exist.
    Unknown(BTreeSet<Reference>),
    /// No value any more.
    Absent,
}

/// Where a difference comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeOrigin {
    /// Something else is wanted than was last applied.
    Spec,
    /// The live thing was changed behind our back.
    Drift,
    /// Both.
    Both,
}

/// One property that changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PropertyChange {
    /// Where it stands.
    pub path: PropertyPath,
    /// The live value; `None` if it has none.
    pub before: Option<Value>,
    /// The wanted value.
    pub after: NewValue,
    /// What the change means for the resource.
    pub effect: ChangeEffect,
    /// Where the difference comes from.
    pub origin: ChangeOrigin,
    /// The wanted value for people: what is not known yet is named by its output, as `${function.pay.arn}`.
    #[serde(skip)]
    pub display_value: Option<Value>,
}

/// What the properties of a resource mean.
pub trait Rules {
    /// What a change of the property at this path means.
    fn change_effect(&self, path: &PropertyPath) -> ChangeEffect;

    /// The property at this path in a form in which values that mean the same are equal; `None` for properties that are compared
    /// part by part. One with a meaning is compared whole, and reported whole.
    fn normalized(&self, path: &PropertyPath, value: &Value) -> Option<Value> {
        let _ = (path, value);
        None
    }
}

/// The rules of a resource type for the change from one set of properties to another.
pub(crate) struct ResourceRules<'a> {
    /// The type.
    pub(crate) resource: &'a dyn AnyResource,
    /// The properties before; `null` if there is nothing.
    pub(crate) live: &'a Value,
    /// The properties after.
    pub(crate) wanted: &'a Value,
}

impl Rules for ResourceRules<'_> {
    fn change_effect(&self, path: &PropertyPath) -> ChangeEffect {
        self.resource.change_effect_between(path, self.live, self.wanted)
    }

    fn normalized(&self, path: &PropertyPath, value: &Value) -> Option<Value> {
        self.resource.normalized(path, value)
    }
}

impl<F: Fn(&PropertyPath) -> ChangeEffect> Rules for F {
    fn change_effect(&self, path: &PropertyPath) -> ChangeEffect {
        self(path)
    }
}

/// What must change to make `live` as `wanted`; `recorded` tells whether the wish or the thing has changed.
///
/// Maps are compared key by key, lists of equal length item by item, everything else whole. An absent value and `null`
/// are equal. A leaf that is not known yet is always a change. What has a meaning is compared by it, whole. What the rules ignore
/// is left out.
pub fn diff(wanted: &Resolved, recorded: Option<&Value>, live: &Value, rules: &dyn Rules) -> Vec<PropertyChange> {
    let mut comparison = Comparison { unknown: &wanted.unknown, rules, changes: Vec::new() };
    comparison.compare(&PropertyPath::default(), Some(&wanted.value), recorded, Some(live));
    comparison.changes
}

/// Whether two values are equal in the sense of [`diff`].
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

    /// What is not known yet at this path and below, except for what is ignored.
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

/// Returns wanted properties for people: what is not known yet is named by its output, as `${function.pay.arn}`.
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

/// A step into the record: what a record does not hold was recorded as absent; no record stays no record.
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
