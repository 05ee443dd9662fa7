//! Diffs between JSON values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A change of a JSON value, as the journal stores it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Diff {
    /// The new value.
    Is(Value),
    /// A removed member.
    Gone,
    /// Changed members of an object.
    In(BTreeMap<String, Diff>),
    /// Replaced elements of an array: the index of the first, the number of old elements, and the new elements.
    At(usize, usize, Vec<Value>),
}

impl Diff {
    /// Returns the diff from `before` to `after`, or `None` if they are equal.
    pub(crate) fn between(before: Value, after: Value) -> Option<Self> {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => Self::of_members(members(before, after)),
            (Value::Array(before), Value::Array(after)) => spliced(&before, after),
            (before, after) => (before != after).then_some(Self::Is(after)),
        }
    }

    /// Returns a change of these members, or `None` if there are none.
    pub(crate) fn of_members(members: BTreeMap<String, Self>) -> Option<Self> {
        (!members.is_empty()).then_some(Self::In(members))
    }

    /// Returns its nesting depth as JSON. A change that is nested too deeply can be written but not read.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Gone => 0,
            Self::Is(value) => 1 + depth(value),
            Self::In(members) => 2 + members.values().map(Self::depth).max().unwrap_or_default(),
            Self::At(_, _, elements) => 3 + elements.iter().map(depth).max().unwrap_or_default(),
        }
    }

    /// Applies the change; a change that does not fit the value is an error.
    pub(crate) fn apply(self, value: &mut Value) -> Result<(), String> {
        match (self, value) {
            (Self::Is(now), value) => *value = now,
            (Self::In(changes), Value::Object(members)) => make_members(changes, members)?,
            (Self::At(from, count, now), Value::Array(elements)) => {
                let to = from.checked_add(count).filter(|to| *to <= elements.len());
                let to = to.ok_or_else(|| format!("{} elements have no places {from} to {from} + {count}", elements.len()))?;
                elements.splice(from..to, now);
            }
            (change, _) => return Err(format!("{change:?} is a change of something else")),
        }
        Ok(())
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// Returns the changes of the members of an object.
pub(crate) fn members(mut before: Map<String, Value>, after: Map<String, Value>) -> BTreeMap<String, Diff> {
    let mut changes = BTreeMap::new();
    for (name, after) in after {
        let change = match before.remove(&name) {
            Some(before) => Diff::between(before, after),
            None => Some(Diff::Is(after)),
        };
        changes.extend(change.map(|change| (name, change)));
    }
    changes.extend(before.into_iter().map(|(name, _)| (name, Diff::Gone)));
    changes
}

fn make_members(changes: BTreeMap<String, Diff>, members: &mut Map<String, Value>) -> Result<(), String> {
    for (name, change) in changes {
        match change {
            Diff::Gone => drop(members.remove(&name)),
            Diff::Is(now) => drop(members.insert(name, now)),
            change => {
                let member = members.get_mut(&name).ok_or_else(|| format!("there is no {name} to be changed"))?;
                change.apply(member).map_err(|error| format!("{name}: {error}"))?;
            }
        }
    }
    Ok(())
}

/// Returns a diff of only the elements that were inserted or removed in one place.
fn spliced(before: &[Value], mut after: Vec<Value>) -> Option<Diff> {
    if before == after {
        return None;
    }
    let from = before.iter().zip(&after).take_while(|(before, after)| before == after).count();
    let same_end = before[from..].iter().rev().zip(after[from..].iter().rev()).take_while(|(before, after)| before == after);
    let end = same_end.count();
    after.truncate(after.len() - end);
    Some(Diff::At(from, before.len() - end - from, after.split_off(from)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns values that differ from each other in every possible way.
    fn values() -> Vec<Value> {
        let texts = [
            "null",
            "1",
            "\"1\"",
            "[]",
            "{}",
            "[1]",
            "[null]",
            "[1,2,3]",
            "[2,3]",
            "[1,3]",
            "[1,2]",
            "[1,1,2,3]",
            "[3,2,1]",
            r#"{"a":null}"#,
            r#"{"a":1}"#,
            r#"{"a":{"b":null}}"#,
            r#"{"a":{"b":[1,2]},"c":1}"#,
            r#"{"a":{"b":[1,2,4]},"c":1}"#,
            r#"{"a":[{"b":1}],"is":{"gone":1}}"#,
            r#"{"a":[{"b":2}],"is":{"gone":2}}"#,
        ];
        texts.into_iter().map(|text| serde_json::from_str(text).expect("JSON")).collect()
    }

    #[test]
    fn diffs_round_trip_between_any_two_values() {
        for before in values() {
            for after in values() {
                let change = Diff::between(before.clone(), after.clone());
                assert_eq!(change.is_none(), before == after, "{before} {after}");
                let Some(change) = change else { continue };
                let written = serde_json::to_string(&change).expect("written");
                let read: Diff = serde_json::from_str(&written).expect("read");
                let mut made = before.clone();
                read.apply(&mut made).expect("it fits");
                assert_eq!(made, after, "{before} by {written}");
            }
        }
    }

    #[test]
    fn depth_equals_that_of_written_json() {
        /// Counts brackets in the text, where no string contains one.
        fn counted(text: &str) -> usize {
            let (mut now, mut most) = (0_usize, 0);
            for letter in text.chars() {
                match letter {
                    '{' | '[' => now += 1,
                    '}' | ']' => now -= 1,
                    _ => {}
                }
                most = most.max(now);
            }
            most
        }
        for before in values() {
            for after in values() {
                let Some(change) = Diff::between(before.clone(), after.clone()) else { continue };
                let written = serde_json::to_string(&change).expect("written");
                assert_eq!(change.depth(), counted(&written), "{written}");
            }
        }
    }

    #[test]
    fn what_has_not_changed_is_not_told() {
        let before = json!({"text": "long", "list": [1, 2, 3, 4], "inner": {"a": 1, "b": 2, "c": 3}});
        let after = json!({"text": "long", "list": [1, 2, 3, 4, 5], "inner": {"a": 1, "b": 7}});
        let change = Diff::between(before, after).expect("a change");
        let written = serde_json::to_string(&change).expect("written");
        assert_eq!(written, r#"{"in":{"inner":{"in":{"b":{"is":7},"c":"gone"}},"list":{"at":[4,0,[5]]}}}"#);
    }

    #[test]
    fn diff_of_another_value_is_rejected() {
        let change = Diff::between(json!({"a": {"b": 1}}), json!({"a": {"b": 2}})).expect("a change");
        for other in ["[]", "{}", r#"{"a":1}"#, "null"] {
            change.clone().apply(&mut serde_json::from_str(other).expect("JSON")).expect_err(other);
        }
        Diff::At(2, 1, Vec::new()).apply(&mut json!([1, 2])).expect_err("there is no third element");
        Diff::At(usize::MAX, 2, Vec::new()).apply(&mut json!([1, 2])).expect_err("nor one so far out");
    }
}
