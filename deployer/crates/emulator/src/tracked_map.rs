//! Maps that drafts of the state share and that record what a draft has changed.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeBounds;
use std::sync::Arc;

use rpds::RedBlackTreeMapSync;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Changed keys with their new values, or `None` for removed ones.
pub(crate) type Changes<K, V> = Vec<(K, Option<V>)>;

/// An ordered map. A clone is free, whatever its size, and a change of a clone copies one path of a tree.
pub(crate) struct TrackedMap<K: Ord, V> {
    all: RedBlackTreeMapSync<K, V>,
    /// Keys changed since [`changes`](Self::changes) was last called; may contain duplicates.
    dirty_keys: Vec<K>,
    /// Identity that a map shares with all its clones, however they have changed, and with no other map.
    origin: Arc<()>,
}

impl<K: Ord, V> TrackedMap<K, V> {
    /// Whether both are clones of one map. If not, the changed keys do not describe their difference.
    pub(crate) fn shares_origin(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.origin, &other.origin)
    }

    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.all.get(key)
    }

    pub(crate) fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.all.get_key_value(key)
    }

    pub(crate) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.all.contains_key(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.size()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn first(&self) -> Option<&V> {
        self.all.first().map(|(_, value)| value)
    }

    pub(crate) fn last(&self) -> Option<(&K, &V)> {
        self.all.last()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.all.iter()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.all.keys()
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.all.iter().map(|(_, value)| value)
    }

    /// Returns the entries of a range whose start is not after its end.
    pub(crate) fn range<'a>(&'a self, range: impl RangeBounds<K> + 'a) -> impl DoubleEndedIterator<Item = (&'a K, &'a V)> {
        self.all.range(range)
    }
}

impl<K: Ord + Clone, V: Clone> TrackedMap<K, V> {
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.dirty_keys.push(key.clone());
        self.all.insert_mut(key, value);
    }

    /// Returns a mutable reference to the value, and records the key as changed.
    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let found = self.all.get_key_value(key)?.0.clone();
        self.dirty_keys.push(found);
        self.all.get_mut(key)
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (found, value) = self.all.get_key_value(key).map(|(key, value)| (key.clone(), value.clone()))?;
        self.all.remove_mut(key);
        self.dirty_keys.push(found);
        Some(value)
    }

    /// Removes the entries for which `keep` returns false.
    pub(crate) fn retain(&mut self, keep: impl Fn(&K, &V) -> bool) {
        let gone: Vec<K> = self.iter().filter(|(key, value)| !keep(key, value)).map(|(key, _)| key.clone()).collect();
        gone.iter().for_each(|key| drop(self.remove(key)));
    }

    /// Returns the keys changed since the last call, each once.
    pub(crate) fn take_dirty_keys(&mut self) -> BTreeSet<K> {
        std::mem::take(&mut self.dirty_keys).into_iter().collect()
    }

    /// Returns a mutable reference to the value without recording a change.
    pub(crate) fn get_mut_untracked(&mut self, key: &K) -> Option<&mut V> {
        self.all.get_mut(key)
    }

    /// Returns the keys changed since the last call, with their current values.
    pub(crate) fn changes(&mut self) -> Changes<K, V> {
        self.take_dirty_keys().into_iter().map(|key| (key.clone(), self.all.get(&key).cloned())).collect()
    }

    /// Returns the changed keys, for values that record their own changes.
    pub(crate) fn changes_by<C>(&mut self, tell: impl Fn(&mut V) -> C) -> Changes<K, C> {
        self.take_dirty_keys().into_iter().map(|key| (key.clone(), self.all.get_mut(&key).map(&tell))).collect()
    }

    /// Applies changes that are recorded elsewhere.
    pub(crate) fn replay(&mut self, changes: Changes<K, V>) {
        for (key, value) in changes {
            match value {
                Some(value) => self.all.insert_mut(key, value),
                None => drop(self.all.remove_mut(&key)),
            }
        }
    }
}

impl<K: Ord, V> Default for TrackedMap<K, V> {
    fn default() -> Self {
        Self { all: RedBlackTreeMapSync::new_sync(), dirty_keys: Vec::new(), origin: Arc::default() }
    }
}

impl<K: Ord + Clone, V> Clone for TrackedMap<K, V> {
    fn clone(&self) -> Self {
        Self { all: self.all.clone(), dirty_keys: self.dirty_keys.clone(), origin: Arc::clone(&self.origin) }
    }
}

impl<K: Ord + fmt::Debug, V: fmt::Debug> fmt::Debug for TrackedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Builds a map without recorded changes.
impl<K: Ord, V> FromIterator<(K, V)> for TrackedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut all = RedBlackTreeMapSync::new_sync();
        entries.into_iter().for_each(|(key, value)| all.insert_mut(key, value));
        Self { all, ..Self::default() }
    }
}

impl<K: Ord + Serialize, V: Serialize> Serialize for TrackedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, K: Ord + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for TrackedMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<K, V>(PhantomData<(K, V)>);

impl<'de, K: Ord + Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
    type Value = TrackedMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut kept = TrackedMap::default();
        while let Some((key, value)) = map.next_entry()? {
            kept.all.insert_mut(key, value);
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_turn_original_into_draft() {
        let world: TrackedMap<u32, String> = (0..1000).map(|n| (n, n.to_string())).collect();
        let mut draft = world.clone();
        draft.insert(7, "seven".to_owned());
        draft.insert(2000, "new".to_owned());
        draft.insert(2001, "gone at once".to_owned());
        assert_eq!(draft.remove(&2001).as_deref(), Some("gone at once"));
        assert_eq!(draft.remove(&3).as_deref(), Some("3"));
        assert_eq!(draft.remove(&5000), None);
        draft.get_mut(&9).expect("it is there").push('!');
        let changes = draft.changes();
        let keys: Vec<u32> = changes.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, [3, 7, 9, 2000, 2001]);
        assert!(draft.changes().is_empty(), "they are told once");
        let mut replayed = world.clone();
        replayed.replay(changes);
        assert!(replayed.iter().eq(draft.iter()) && replayed.changes().is_empty());
        assert_eq!((world.get(&7).map(String::as_str), world.len()), (Some("7"), 1000), "the draft was a draft");
    }

    #[test]
    fn stored_form_equals_that_of_other_maps() {
        let kept: TrackedMap<String, u32> = [("a".to_owned(), 1), ("b".to_owned(), 2)].into_iter().collect();
        let stored = serde_json::to_string(&kept).expect("stored");
        assert_eq!(stored, r#"{"a":1,"b":2}"#);
        let read: TrackedMap<String, u32> = serde_json::from_str(&stored).expect("read back");
        assert!(read.iter().eq(kept.iter()));
    }
}
