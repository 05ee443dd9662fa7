//! State types that record what a draft has changed.

use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diff::Diff;
use crate::tracked_map::TrackedMap;

/// A part of the account state whose changes are recorded as diffs, so that a journal entry is as large as the change and not as the state.
pub(crate) trait Journaled: Clone + Serialize + DeserializeOwned {
    /// Returns the diff of this draft from `before`, and clears the record of changes.
    fn take_diff(&mut self, before: &Self) -> Result<Option<Diff>, String>;

    /// Clears the record of changes without computing a diff.
    fn clear_dirty(&mut self);

    /// Applies a change returned by [`take_diff`](Self::take_diff).
    fn apply(&mut self, change: Diff) -> Result<(), String>;
}

/// Serializes a value to JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| format!("a change cannot be written as JSON: {error}"))
}

/// Deserializes a value from JSON.
pub(crate) fn value<T: DeserializeOwned>(json: Value) -> Result<T, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

/// Implements [`Journaled`] for a type: the named maps record changes by key, and all other members are compared as a whole. The type must
/// be stored under the names of its members.
macro_rules! journaled {
    ($type:ty $(: $($map:ident),+)?) => {
        impl $crate::journaled::Journaled for $type {
            fn take_diff(&mut self, before: &Self) -> Result<Option<$crate::diff::Diff>, String> {
                let rest = |one: &Self| {
                    #[allow(unused_mut)]
                    let mut one = one.clone();
                    $($(one.$map = Default::default();)+)?
                    $crate::journaled::json(&one)
                };
                #[allow(unused_mut)]
                let mut members = match (rest(before)?, rest(self)?) {
                    (serde_json::Value::Object(before), serde_json::Value::Object(after)) => {
                        $crate::diff::members(before, after)
                    }
                    (before, after) => return Ok($crate::diff::Diff::between(before, after)),
                };
                $($(
                    let change = $crate::journaled::Journaled::take_diff(&mut self.$map, &before.$map)?;
                    members.extend(change.map(|change| (stringify!($map).to_owned(), change)));
                )+)?
                Ok($crate::diff::Diff::of_members(members))
            }

            fn clear_dirty(&mut self) {
                $($($crate::journaled::Journaled::clear_dirty(&mut self.$map);)+)?
            }

            fn apply(&mut self, change: $crate::diff::Diff) -> Result<(), String> {
                #[allow(unused_mut)]
                let mut change = change;
                $(if let $crate::diff::Diff::In(members) = &mut change {
                    $(if let Some(change) = members.remove(stringify!($map)) {
                        $crate::journaled::Journaled::apply(&mut self.$map, change).map_err(|error| format!(concat!(stringify!($map), ": {}"), error))?;
                    })+
                    if members.is_empty() {
                        return Ok(());
                    }
                    $(let $map = std::mem::take(&mut self.$map);)+
                    let mut json = $crate::journaled::json(self)?;
                    change.apply(&mut json)?;
                    let mut rest: Self = $crate::journaled::value(json)?;
                    $(rest.$map = $map;)+
                    *self = rest;
                    return Ok(());
                })?
                let mut json = $crate::journaled::json(self)?;
                change.apply(&mut json)?;
                *self = $crate::journaled::value(json)?;
                Ok(())
            }
        }
    };
}

pub(crate) use journaled;

impl<K: Ord + Clone + Display + FromStr, V: Journaled> Journaled for TrackedMap<K, V>
where
    Self: Clone + Serialize + DeserializeOwned,
{
    fn take_diff(&mut self, before: &Self) -> Result<Option<Diff>, String> {
        if !self.shares_origin(before) {
            // Replaced by a new value under the same name within one request.
            let all: Vec<K> = self.keys().cloned().collect();
            all.iter().for_each(|key| self.get_mut_untracked(key).into_iter().for_each(Journaled::clear_dirty));
            self.take_dirty_keys();
            return if self.is_empty() && before.is_empty() { Ok(None) } else { Ok(Some(Diff::Is(json(self)?))) };
        }
        let mut members = std::collections::BTreeMap::new();
        for key in self.take_dirty_keys() {
            let change = match (before.get(&key), self.get_mut_untracked(&key)) {
                (None, None) => None,
                (Some(_), None) => Some(Diff::Gone),
                (Some(before), Some(now)) => now.take_diff(before)?,
                (None, Some(now)) => {
                    now.clear_dirty();
                    Some(Diff::Is(json(now)?))
                }
            };
            members.extend(change.map(|change| (key.to_string(), change)));
        }
        Ok(Diff::of_members(members))
    }

    fn clear_dirty(&mut self) {
        for key in self.take_dirty_keys() {
            self.get_mut_untracked(&key).into_iter().for_each(Journaled::clear_dirty);
        }
    }

    fn apply(&mut self, change: Diff) -> Result<(), String> {
        let changes = match change {
            Diff::In(changes) => changes,
            Diff::Is(now) => {
                *self = value(now)?;
                return Ok(());
            }
            other => return Err(format!("{other:?} is no change of a map")),
        };
        for (name, change) in changes {
            let key = name.parse().map_err(|_| format!("{name} is no key here"))?;
            let now = match change {
                Diff::Gone => None,
                Diff::Is(now) => Some(value(now).map_err(|error| format!("{name}: {error}"))?),
                change => {
                    let mut now: V = self.get(&key).cloned().ok_or_else(|| format!("there is no {name} to be changed"))?;
                    now.apply(change).map_err(|error| format!("{name}: {error}"))?;
                    Some(now)
                }
            };
            self.replay(vec![(key, now)]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    struct Leaf {
        text: String,
        tags: BTreeMap<String, String>,
    }

    journaled!(Leaf);

    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    struct Branch {
        name: String,
        leaves: TrackedMap<u64, Leaf>,
    }

    journaled!(Branch: leaves);

    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    struct Tree {
        height: Option<u32>,
        branches: TrackedMap<String, Branch>,
    }

    journaled!(Tree: branches);

    fn branch(leaves: u64) -> Branch {
        let mut branch = Branch { name: "a name".to_owned(), leaves: TrackedMap::default() };
        (0..leaves).for_each(|n| branch.leaves.insert(n, Leaf { text: "long ".repeat(100), tags: BTreeMap::new() }));
        branch
    }

    fn tree() -> Tree {
        let mut tree = Tree::default();
        for n in 0..50 {
            tree.branches.insert(format!("branch-{n}"), branch(20));
        }
        tree.clear_dirty();
        tree
    }

    /// Checks that a change, written and read back, turns the old tree into the new one; returns the length of its written form.
    fn length(change: impl Fn(&mut Tree)) -> usize {
        let (before, mut made) = (tree(), tree());
        let mut after = before.clone();
        change(&mut after);
        let reported = after.take_diff(&before).expect("told");
        assert!(after.take_diff(&after.clone()).expect("told").is_none(), "it is told once");
        let written = serde_json::to_string(&reported).expect("written");
        let read: Option<Diff> = serde_json::from_str(&written).expect("read");
        read.into_iter().for_each(|read| made.apply(read).expect("it fits"));
        assert_eq!(json(&made), json(&after), "{written}");
        assert!(made.take_diff(&made.clone()).expect("told").is_none(), "what is made is not told again");
        written.len()
    }

    fn first(tree: &mut Tree) -> &mut Branch {
        tree.branches.get_mut("branch-0").expect("there")
    }

    #[test]
    fn every_change_round_trips_as_a_diff() {
        assert_eq!(length(|_| ()), "null".len());
        assert_eq!(length(|tree| _ = first(tree)), "null".len(), "touched, and the same");
        assert!(length(|tree| tree.height = Some(7)) < 100);
        assert!(length(|tree| first(tree).name = "another".to_owned()) < 100);
        assert!(length(|tree| first(tree).leaves.get_mut(&3).expect("there").text.clear()) < 100);
        assert!(length(|tree| drop(first(tree).leaves.remove(&3))) < 100);
        assert!(length(|tree| drop(tree.branches.remove("branch-7"))) < 100);
        let tagged = |tree: &mut Tree| first(tree).leaves.get_mut(&3).expect("there").tags.insert("k".into(), "v".into());
        assert!(length(|tree| drop(tagged(tree))) < 150);
        assert!(length(|tree| tree.branches.insert("new".to_owned(), branch(1))) < 800);
    }

    #[test]
    fn recreated_entry_keeps_nothing_of_its_predecessor() {
        for leaves in [0, 1, 30] {
            length(|tree| {
                tree.branches.remove("branch-0");
                tree.branches.insert("branch-0".to_owned(), branch(leaves));
            });
        }
        length(|tree| first(tree).leaves = branch(2).leaves);
        length(|tree| tree.branches = TrackedMap::default());
    }

    #[test]
    fn what_a_change_does_not_fit_is_refused() {
        let misfit = |text: &str| {
            let change: Diff = serde_json::from_str(text).expect("a change");
            tree().apply(change).expect_err(text)
        };
        assert!(misfit(r#"{"in":{"branches":{"in":{"none":{"in":{"name":{"is":"x"}}}}}}}"#).contains("none"));
        assert!(misfit(r#"{"in":{"branches":{"in":{"branch-0":{"in":{"leaves":{"in":{"x":"gone"}}}}}}}}"#).contains("no key"));
        assert!(misfit(r#"{"in":{"branches":{"at":[0,0,[]]}}}"#).contains("branches"));
        assert!(misfit(r#"{"in":{"height":{"is":"tall"}}}"#).contains("tall"));
    }
}
