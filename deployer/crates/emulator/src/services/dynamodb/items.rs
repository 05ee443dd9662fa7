//! The items of a table, in read order.

use std::collections::BTreeMap;
use std::ops::Bound::{self, Excluded, Included, Unbounded};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::index::Index;
use super::key::{Key, KeyBound};
use super::value::Item;
use crate::persistent_map::PersistentMap;
use crate::shared::Shared;
use crate::stored::{Changes, Stored};

/// The position of an item in an index, where several items may have the same key: the table's key distinguishes them.
pub(super) type IndexPosition = (Key, KeyBound<Key>);

/// Positions by which items are ordered.
pub(super) trait Position: Ord + Clone {
    /// Returns the positions before and after everything that has this key.
    fn around(key: Key) -> (Self, Self);
}

impl Position for Key {
    fn around(key: Key) -> (Self, Self) {
        (key.clone(), key)
    }
}

impl Position for IndexPosition {
    fn around(key: Key) -> (Self, Self) {
        ((key.clone(), KeyBound::Low), (key, KeyBound::High))
    }
}

/// The items of a table, ordered in the table and in its indexes.
#[derive(Debug, Clone, Default)]
pub(super) struct Items {
    all: PersistentMap<Key, Shared<Item>>,
    /// The same items by index. Derived from `all`, not stored.
    indexed: BTreeMap<String, Order>,
}

/// An index: its key, and its items in order.
#[derive(Debug, Clone)]
struct Order {
    of: Index,
    items: PersistentMap<IndexPosition, Shared<Item>>,
}

impl Order {
    fn remove(&mut self, key: &Key, item: &Item) {
        if let Some(place) = self.of.place(item) {
            self.items.remove(&(place, KeyBound::At(key.clone())));
        }
    }

    fn insert(&mut self, key: &Key, item: &Shared<Item>) {
        if let Some(place) = self.of.place(item) {
            self.items.insert((place, KeyBound::At(key.clone())), item.clone());
        }
    }
}

impl Items {
    pub(super) fn get(&self, key: &Key) -> Option<&Shared<Item>> {
        self.all.get(key)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Shared<Item>> {
        self.all.values()
    }

    /// Returns the items that are in an index.
    pub(super) fn of_index(&self, name: &str) -> impl Iterator<Item = &Shared<Item>> {
        self.indexed.get(name).into_iter().flat_map(|order| order.items.values())
    }

    /// Stores an item, or removes the one with this key.
    pub(super) fn put(&mut self, key: &Key, item: Option<Shared<Item>>) {
        let old = match &item {
            Some(item) => {
                let old = self.all.get(key).cloned();
                self.all.insert(key.clone(), item.clone());
                old
            }
            None => self.all.remove(key),
        };
        for order in self.indexed.values_mut() {
            old.iter().for_each(|old| order.remove(key, old));
            item.iter().for_each(|item| order.insert(key, item));
        }
    }

    /// Builds the order of every new index, and drops that of deleted ones.
    pub(super) fn index(&mut self, indexes: &BTreeMap<String, Index>) {
        let known = |name: &String, order: &Order| indexes.get(name).is_some_and(|index| index.key == order.of.key);
        self.indexed.retain(|name, order| known(name, order));
        for (name, index) in indexes {
            if !self.indexed.contains_key(name) {
                let mut order = Order { of: index.clone(), items: PersistentMap::default() };
                self.all.iter().for_each(|(key, item)| order.insert(key, item));
                self.indexed.insert(name.clone(), order);
            }
        }
    }

    /// Returns the items of the table within `span`, in ascending or descending order.
    pub(super) fn walk(&self, span: Span<Key>, forward: bool) -> Walk<'_> {
        if span.is_empty() { Box::new(std::iter::empty()) } else { directed(self.all.range(span.bounds()), forward) }
    }

    /// Returns the items of an index within `span`, in ascending or descending order.
    pub(super) fn walk_index<'a>(&'a self, name: &str, span: Span<IndexPosition>, forward: bool) -> Walk<'a> {
        match self.indexed.get(name) {
            Some(order) if !span.is_empty() => {
                directed(order.items.range(span.bounds()).map(|(place, item)| (&place.0, item)), forward)
            }
            _ => Box::new(std::iter::empty()),
        }
    }
}

/// Items with the keys that they are read by.
pub(super) type Walk<'a> = Box<dyn Iterator<Item = (&'a Key, &'a Shared<Item>)> + 'a>;

fn directed<'a>(walk: impl DoubleEndedIterator<Item = (&'a Key, &'a Shared<Item>)> + 'a, forward: bool) -> Walk<'a> {
    if forward { Box::new(walk) } else { Box::new(walk.rev()) }
}

/// A range of positions to read.
#[derive(Debug, Clone)]
pub(super) struct Span<P>(Bound<P>, Bound<P>);

impl<P: Position> Span<P> {
    /// Returns the range of the items whose keys are within these bounds.
    pub(super) fn of_keys(from: Bound<Key>, to: Bound<Key>) -> Self {
        let (low, high) = (|key| P::around(key).0, |key| P::around(key).1);
        let from = match from {
            Included(key) => Included(low(key)),
            Excluded(key) => Excluded(high(key)),
            Unbounded => Unbounded,
        };
        let to = match to {
            Included(key) => Included(high(key)),
            Excluded(key) => Excluded(low(key)),
            Unbounded => Unbounded,
        };
        Self(from, to)
    }

    /// Returns the rest of the range after `place`, where the previous page ended.
    pub(super) fn after(self, place: P, forward: bool) -> Self {
        match (forward, self) {
            (true, Self(Included(from) | Excluded(from), to)) if from > place => Self(Excluded(from), to),
            (true, Self(_, to)) => Self(Excluded(place), to),
            (false, Self(from, Included(to) | Excluded(to))) if to < place => Self(from, Excluded(to)),
            (false, Self(from, _)) => Self(from, Excluded(place)),
        }
    }

    fn is_empty(&self) -> bool {
        match (&self.0, &self.1) {
            (Included(from), Included(to)) => from > to,
            (Included(from) | Excluded(from), Included(to) | Excluded(to)) => from >= to,
            _ => false,
        }
    }

    fn bounds(self) -> (Bound<P>, Bound<P>) {
        (self.0, self.1)
    }
}

impl Stored for Items {
    fn changes(&self, before: Option<&Self>, changes: &mut Changes) -> Result<(), String> {
        let none = PersistentMap::default();
        let before = before.map_or(&none, |before| &before.all);
        changes.entries(self.all.changes(before), |before, now, changes| changes.row(before, now))
    }
}

impl Serialize for Items {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { all: PersistentMap::deserialize(deserializer)?, indexed: BTreeMap::new() })
    }
}
