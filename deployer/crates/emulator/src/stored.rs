//! The stored form of a state: rows, one for each member of a role, function or flow, for each item, event and object version. A change
//! of the state is the rows that differ.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::persistent_map::PersistentMap;
use crate::shared::Shared;

/// Maximum nesting depth of a row: the reader of JSON accepts 127 levels.
const MAX_JSON_DEPTH: usize = 120;

/// A changed row. Its path consists of the names on the way to it, each ended by a zero byte; its value is JSON, or `None` if this row and
/// all below it are removed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RowChange {
    pub(crate) path: Vec<u8>,
    pub(crate) value: Option<Vec<u8>>,
}

/// Collects the changed rows of a state.
#[derive(Default)]
pub(crate) struct Changes {
    path: Vec<u8>,
    rows: Vec<RowChange>,
}

/// A part of the state that is stored in rows.
pub(crate) trait Stored {
    /// Collects the rows in which this differs from `before`, or all rows.
    fn changes(&self, before: Option<&Self>, changes: &mut Changes) -> Result<(), String>;
}

/// Returns the rows in which a state differs from `before`, or all rows. A row that could not be read back is an error.
pub(crate) fn changes<T: Stored>(state: &T, before: Option<&T>) -> Result<Vec<RowChange>, String> {
    let mut changes = Changes::default();
    state.changes(before, &mut changes)?;
    Ok(changes.rows)
}

impl Changes {
    /// Collects changes below the name. Zero bytes in names are escaped.
    pub(crate) fn within<T>(&mut self, name: &str, collect: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        for byte in name.bytes() {
            match byte {
                0 | 1 => self.path.extend([1, byte + 1]),
                byte => self.path.push(byte),
            }
        }
        self.path.push(0);
        let collected = collect(self);
        self.path.truncate(length);
        collected
    }

    fn push(&mut self, value: Option<Vec<u8>>) {
        self.rows.push(RowChange { path: self.path.clone(), value });
    }

    /// Records this row, if its value differs.
    pub(crate) fn row<T: Serialize>(&mut self, before: Option<&T>, now: &T) -> Result<(), String> {
        self.value(before.map(json).transpose()?, json(now)?)
    }

    /// Compares texts, because values with the same members in another order are equal.
    fn value(&mut self, before: Option<Value>, now: Value) -> Result<(), String> {
        let (text, depth) = (now.to_string(), depth(&now));
        if before.map(|before| before.to_string()).as_ref() == Some(&text) {
            return Ok(());
        }
        if depth > MAX_JSON_DEPTH {
            return Err(format!(
                "what is nested {depth} levels deep is not written, because at most {MAX_JSON_DEPTH} could be read again"
            ));
        }
        self.push(Some(text.into_bytes()));
        Ok(())
    }

    /// Records the members that differ, each in its own row.
    pub(crate) fn members(&mut self, before: Option<Map<String, Value>>, now: Map<String, Value>) -> Result<(), String> {
        let mut before = before.unwrap_or_default();
        for (name, now) in now {
            let before = before.remove(&name);
            self.within(&name, |changes| changes.value(before, now))?;
        }
        before.keys().for_each(|gone| self.within(gone, |changes| changes.push(None)));
        Ok(())
    }

    /// Records the values that differ, and removes those that are gone.
    pub(crate) fn entries<'a, K: Display + 'a, V: 'a>(
        &mut self,
        entries: impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)>,
        mut collect: impl FnMut(Option<&V>, &V, &mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        for (key, before, now) in entries {
            self.within(&key.to_string(), |changes| match now {
                Some(now) => collect(before, now, changes),
                None => {
                    changes.push(None);
                    Ok(())
                }
            })?;
        }
        Ok(())
    }
}

fn json(value: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| format!("a change cannot be written as JSON: {error}"))
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// Returns the members of an object except some.
pub(crate) fn members(value: &impl Serialize, except: &[&str]) -> Result<Map<String, Value>, String> {
    match json(value)? {
        Value::Object(mut members) => {
            members.retain(|name, _| !except.contains(&name.as_str()));
            Ok(members)
        }
        other => Err(format!("{other} has no members")),
    }
}

impl<T: Stored> Stored for Shared<T> {
    fn changes(&self, before: Option<&Self>, changes: &mut Changes) -> Result<(), String> {
        if before.is_some_and(|before| self.same(before)) {
            return Ok(());
        }
        T::changes(self, before.map(|before| &**before), changes)
    }
}

impl<K: Ord + Display, V: Stored> Stored for PersistentMap<K, V> {
    fn changes(&self, before: Option<&Self>, changes: &mut Changes) -> Result<(), String> {
        let none = Self::default();
        changes.entries(self.changes(before.unwrap_or(&none)), |before, now, changes| now.changes(before, changes))
    }
}

/// A map with few entries, which are all compared.
impl<V: Stored> Stored for BTreeMap<String, V> {
    fn changes(&self, before: Option<&Self>, changes: &mut Changes) -> Result<(), String> {
        let none = Self::new();
        let before = before.unwrap_or(&none);
        let gone = before.iter().filter(|(name, _)| !self.contains_key(*name)).map(|(name, gone)| (name, Some(gone), None));
        let there = self.iter().map(|(name, now)| (name, before.get(name), Some(now)));
        changes.entries(gone.chain(there), |before, now, changes| now.changes(before, changes))
    }
}

/// Implements [`Stored`] for a type: the named maps have rows of their own, and so has each other member. The type must be serialized under
/// the names of its members. `whole` makes one row of a type.
macro_rules! stored {
    (whole $type:ty) => {
        impl $crate::stored::Stored for $type {
            fn changes(&self, before: Option<&Self>, changes: &mut $crate::stored::Changes) -> Result<(), String> {
                changes.row(before, self)
            }
        }
    };
    ($type:ty $(: $($map:ident),+)?) => {
        impl $crate::stored::Stored for $type {
            fn changes(&self, before: Option<&Self>, changes: &mut $crate::stored::Changes) -> Result<(), String> {
                $($(changes.within(stringify!($map), |changes| {
                    $crate::stored::Stored::changes(&self.$map, before.map(|before| &before.$map), changes)
                })?;)+)?
                let rest = |one: &Self| {
                    #[allow(unused_mut)]
                    let mut one = one.clone();
                    $($(one.$map = Default::default();)+)?
                    $crate::stored::members(&one, &[$($(stringify!($map)),+)?])
                };
                changes.members(before.map(rest).transpose()?, rest(self)?)
            }
        }
    };
}

pub(crate) use stored;
