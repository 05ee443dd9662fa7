//! Maps that drafts of the state share, and whose differences are found without looking at what is shared.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::ops::RangeBounds;
use std::str::FromStr;
use std::sync::Arc;

use rpds::RedBlackTreeMapSync;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::shared::Shared;

/// The entries of a map.
type Tree<K, V> = RedBlackTreeMapSync<K, Shared<V>>;

/// An ordered map. A clone is free, whatever its size, and a change of a clone copies one path of a tree.
pub(crate) struct PersistentMap<K: Ord, V> {
    entries: Arc<Tree<K, V>>,
    /// The entries when this map was cloned from another one.
    origin: Arc<Tree<K, V>>,
    /// Keys that may differ between the entries and the origin.
    touched: BTreeSet<K>,
}

/// A key with its earlier and its present value.
type Change<'a, K, V> = (&'a K, Option<&'a V>, Option<&'a V>);

impl<K: Ord, V> PersistentMap<K, V> {
    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).map(|value| &**value)
    }

    pub(crate) fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.entries.get_key_value(key).map(|(key, value)| (key, &**value))
    }

    pub(crate) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.entries.contains_key(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.size()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn first(&self) -> Option<&V> {
        self.entries.first().map(|(_, value)| &**value)
    }

    pub(crate) fn last(&self) -> Option<(&K, &V)> {
        self.entries.last().map(|(key, value)| (key, &**value))
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, &**value))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.keys()
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Returns the entries of a range whose start is not after its end.
    pub(crate) fn range<'a>(&'a self, range: impl RangeBounds<K> + 'a) -> impl DoubleEndedIterator<Item = (&'a K, &'a V)> {
        self.entries.range(range).map(|(key, value)| (key, &**value))
    }

    /// Returns the keys whose values differ from those in `before`, with the earlier and the present value. A value that has been mutated
    /// may be equal nevertheless. Looks only at what has been touched if this map was cloned from `before`, and at all entries otherwise.
    pub(crate) fn changes<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)> {
        let change = |key| Self::change(&before.entries, &self.entries, key);
        let changes: Vec<Change<'a, K, V>> = if Arc::ptr_eq(&self.entries, &before.entries) {
            Vec::new()
        } else if Arc::ptr_eq(&self.origin, &before.entries) {
            self.touched.iter().filter_map(change).collect()
        } else {
            let all: BTreeSet<&K> = before.entries.keys().chain(self.entries.keys()).collect();
            all.into_iter().filter_map(change).collect()
        };
        changes.into_iter()
    }

    fn change<'a>(before: &'a Tree<K, V>, now: &'a Tree<K, V>, key: &K) -> Option<Change<'a, K, V>> {
        match (before.get_key_value(key), now.get_key_value(key)) {
            (None, None) => None,
            (None, Some((key, now))) => Some((key, None, Some(now))),
            (Some((key, before)), None) => Some((key, Some(before), None)),
            (Some((_, before)), Some((key, now))) => (!before.same(now)).then_some((key, Some(&**before), Some(&**now))),
        }
    }
}

impl<K: Ord + Clone, V: Clone> PersistentMap<K, V> {
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.touched.insert(key.clone());
        Arc::make_mut(&mut self.entries).insert_mut(key, Shared::new(value));
    }

    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let found = self.entries.get_key_value(key)?.0.clone();
        self.touched.insert(found);
        Arc::make_mut(&mut self.entries).get_mut(key).map(|value| &mut **value)
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (found, value) = self.entries.get_key_value(key).map(|(key, value)| (key.clone(), V::clone(value)))?;
        Arc::make_mut(&mut self.entries).remove_mut(key);
        self.touched.insert(found);
        Some(value)
    }

    /// Removes the entries for which `keep` returns false.
    pub(crate) fn retain(&mut self, keep: impl Fn(&K, &V) -> bool) {
        let gone: Vec<K> = self.iter().filter(|(key, value)| !keep(key, value)).map(|(key, _)| key.clone()).collect();
        gone.iter().for_each(|key| drop(self.remove(key)));
    }
}

impl<K: Ord, V> Default for PersistentMap<K, V> {
    fn default() -> Self {
        let entries = Arc::new(Tree::default());
        Self { origin: Arc::clone(&entries), entries, touched: BTreeSet::new() }
    }
}

impl<K: Ord, V> Clone for PersistentMap<K, V> {
    fn clone(&self) -> Self {
        Self { entries: Arc::clone(&self.entries), origin: Arc::clone(&self.entries), touched: BTreeSet::new() }
    }
}

impl<K: Ord + fmt::Debug, V: fmt::Debug> fmt::Debug for PersistentMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for PersistentMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        entries.into_iter().for_each(|(key, value)| map.insert(key, value));
        map
    }
}

/// Keys are stored as text.
impl<K: Ord + Display, V: Serialize> Serialize for PersistentMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key.to_string(), value)))
    }
}

impl<'de, K: Ord + Clone + FromStr, V: Clone + Deserialize<'de>> Deserialize<'de> for PersistentMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<K, V>(PhantomData<(K, V)>);

impl<'de, K: Ord + Clone + FromStr, V: Clone + Deserialize<'de>> Visitor<'de> for Entries<K, V> {
    type Value = PersistentMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = PersistentMap::default();
        while let Some((key, value)) = map.next_entry::<String, V>()? {
            let parsed = key.parse().map_err(|_| A::Error::custom(format!("{key} is not a key of this map")))?;
            entries.insert(parsed, value);
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stored_form_equals_that_of_other_maps() {
        let map: PersistentMap<u64, u32> = [(10, 1), (9, 2)].into_iter().collect();
        let stored = serde_json::to_string(&map).expect("stored");
        assert_eq!(stored, r#"{"9":2,"10":1}"#);
        let read: PersistentMap<u64, u32> = serde_json::from_str(&stored).expect("read back");
        assert!(read.iter().eq(map.iter()));
    }

    proptest! {
        #[test]
        fn changes_turn_original_into_draft(
            size in 0..500_u32,
            edits in prop::collection::vec((0..600_u32, 0..3_u8), 0..60),
            // A draft that was cloned once more does not know what it was made from.
            cloned in 0..120_usize,
        ) {
            let original: PersistentMap<u32, u32> = (0..size).map(|n| (n, n)).collect();
            let mut draft = original.clone();
            for (place, (key, kind)) in edits.iter().enumerate() {
                if place == cloned {
                    draft = draft.clone();
                }
                match kind {
                    0 => draft.insert(*key, key + 1),
                    1 => draft.get_mut(key).into_iter().for_each(|value| *value += 7),
                    _ => drop(draft.remove(key)),
                }
            }
            prop_assert!(original.iter().eq((0..size).collect::<Vec<_>>().iter().zip(&(0..size).collect::<Vec<_>>())));
            let changes: Vec<_> = draft.changes(&original).collect();
            prop_assert!(changes.iter().all(|(key, _, _)| edits.iter().any(|(edited, _)| edited == *key)), "only what was touched");
            let mut replayed = original.clone();
            for (key, before, now) in changes {
                prop_assert_eq!(before, original.get(key));
                match now {
                    Some(now) => replayed.insert(*key, *now),
                    None => drop(replayed.remove(key)),
                }
            }
            prop_assert!(replayed.iter().eq(draft.iter()));
        }
    }
}
