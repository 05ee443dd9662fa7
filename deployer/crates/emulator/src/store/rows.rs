//! Reading a value from its rows.

use std::collections::BTreeMap;

use serde::de::value::{Error, StringDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Rows by path.
#[derive(Default)]
pub(super) struct Rows<'a>(BTreeMap<&'a [u8], &'a [u8]>);

impl<'a> Rows<'a> {
    /// Applies a change: a new value, or the removal of a row and all below it.
    pub(super) fn apply(&mut self, path: &'a [u8], value: Option<&'a [u8]>) {
        match value {
            Some(value) => drop(self.0.insert(path, value)),
            None => {
                let below = self.0.range(path..).map(|(below, _)| *below).take_while(|below| below.starts_with(path));
                for gone in below.collect::<Vec<_>>() {
                    self.0.remove(gone);
                }
            }
        }
    }

    /// Returns the size of all paths and values.
    pub(super) fn size(&self) -> u64 {
        self.0.iter().map(|(path, value)| (path.len() + value.len()) as u64).sum()
    }

    /// Reads the value that consists of all rows; the error names the row that does not fit.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        let rows: Vec<Row<'a>> = self.0.iter().map(|(path, value)| (*path, *value)).collect();
        T::deserialize(Node { rows: &rows, depth: 0 }).map_err(|error| error.to_string())
    }
}

type Row<'a> = (&'a [u8], &'a [u8]);

/// The rows below a path, which is their first `depth` bytes.
#[derive(Clone, Copy)]
struct Node<'a> {
    rows: &'a [Row<'a>],
    depth: usize,
}

/// Returns a name as it was before zero bytes were escaped.
fn unescaped(name: &[u8]) -> Result<String, Error> {
    let (mut bytes, mut rest) = (Vec::with_capacity(name.len()), name.iter());
    while let Some(byte) = rest.next() {
        bytes.push(if *byte == 1 { rest.next().map_or(0, |escaped| escaped.wrapping_sub(1)) } else { *byte });
    }
    String::from_utf8(bytes).map_err(Error::custom)
}

/// The names directly below a node, with their rows.
struct Children<'a> {
    rest: Node<'a>,
    next: Option<Node<'a>>,
}

impl<'a> Node<'a> {
    fn children(self) -> Children<'a> {
        Children { rest: self, next: None }
    }

    /// Reads a value: from the JSON of its own row, or from the rows below it.
    fn value<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, Error> {
        match self.rows {
            [(path, value)] if path.len() == self.depth => {
                let mut json = serde_json::Deserializer::from_slice(value);
                let read = seed.deserialize(&mut json).and_then(|read| json.end().map(|()| read));
                read.map_err(|error| Error::custom(format!("{}: {error}", path.escape_ascii())))
            }
            _ => seed.deserialize(self),
        }
    }
}

impl<'a> Children<'a> {
    fn name(&mut self) -> Result<Option<String>, Error> {
        let Node { rows, depth } = self.rest;
        let Some((path, _)) = rows.first() else { return Ok(None) };
        let length = path[depth..].iter().position(|byte| *byte == 0);
        let length = length.ok_or_else(|| Error::custom(format!("{}: the path has no end", path.escape_ascii())))?;
        let name = &path[..=depth + length];
        let (these, rest) = rows.split_at(rows.partition_point(|(path, _)| path.starts_with(name)));
        self.rest.rows = rest;
        self.next = Some(Node { rows: these, depth: name.len() });
        unescaped(&path[depth..depth + length]).map(Some)
    }

    fn take<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<T::Value, Error> {
        self.next.take().ok_or_else(|| Error::custom("no name has been read"))?.value(seed)
    }
}

impl<'a> MapAccess<'a> for Children<'a> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let name = self.name()?;
        name.map(|name| seed.deserialize::<StringDeserializer<Error>>(name.into_deserializer())).transpose()
    }

    fn next_value_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<T::Value, Error> {
        self.take(seed)
    }
}

impl<'a> Deserializer<'a> for Node<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.children())
    }

    forward_to_deserialize_any! {
        <W: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};
    use serde_json::{Value, json};

    use super::*;
    use crate::persistent_map::PersistentMap;
    use crate::shared::Shared;
    use crate::stored::{RowChange, changes, stored};

    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    struct Leaf {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
    }

    stored!(whole Leaf);

    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    struct Branch {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        #[serde(default)]
        leaves: PersistentMap<u64, Leaf>,
        #[serde(default)]
        list: PersistentMap<String, PersistentMap<u64, Leaf>>,
    }

    stored!(Branch: leaves, list);

    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    struct Tree {
        height: u32,
        #[serde(default)]
        branches: PersistentMap<String, Branch>,
        #[serde(default)]
        few: BTreeMap<String, Shared<Branch>>,
    }

    stored!(Tree: branches, few);

    /// Applies an edit that is chosen by numbers; the names contain what separates names in a path.
    fn edit(tree: &mut Tree, (kind, name, number): (u8, usize, u64)) {
        let name = ["", "a", "a\0", "a\0b", "\u{1}", "\u{1}\u{2}", "ü/"][name % 7].to_owned();
        let leaf = Leaf { text: format!("{number}"), value: number.is_multiple_of(2).then(|| json!({"b": number, "a": [null]})) };
        let mut branch = tree.branches.get(&name).cloned().unwrap_or_default();
        match kind {
            0 => tree.height = number as u32,
            1 => drop(tree.branches.remove(&name)),
            2 => drop(tree.few.remove(&name)),
            3 => tree.branches.insert(name, Branch::default()),
            4 => tree.few.entry(name).or_default().leaves.insert(number, leaf),
            5 => tree.few.entry(name).or_default().note = number.is_multiple_of(2).then(|| "text".to_owned()),
            _ => {
                match kind {
                    6 => branch.leaves.insert(number, leaf),
                    7 => drop(branch.leaves.remove(&number)),
                    8 => branch.name = format!("{number}"),
                    9 => {
                        let mut list = branch.list.get("list").cloned().unwrap_or_default();
                        list.insert(number, leaf);
                        branch.list.insert("list".to_owned(), list);
                    }
                    _ => {
                        let mut list = branch.list.remove("list").unwrap_or_default();
                        let oldest = list.keys().next().copied();
                        oldest.and_then(|oldest| list.remove(&oldest));
                        if !list.is_empty() {
                            branch.list.insert("list".to_owned(), list);
                        }
                    }
                }
                tree.branches.insert(name, branch);
            }
        }
    }

    fn read(changes: &[RowChange]) -> Tree {
        let mut rows = Rows::default();
        changes.iter().for_each(|row| rows.apply(&row.path, row.value.as_deref()));
        rows.read().expect("rows of a tree")
    }

    fn text(tree: &Tree) -> String {
        serde_json::to_string(tree).expect("JSON")
    }

    proptest! {
        #[test]
        fn rows_of_any_changes_are_read_back(edits in prop::collection::vec((0..11_u8, 0..7_usize, 0..4_u64), 0..60), every in 1..5_usize) {
            let mut tree = Tree::default();
            let mut written = changes(&tree, None).expect("rows");
            for edits in edits.chunks(every) {
                let before = tree.clone();
                edits.iter().for_each(|one| edit(&mut tree, *one));
                let rows = changes(&tree, Some(&before)).expect("rows");
                prop_assert_eq!(rows.is_empty(), text(&tree) == text(&before), "only what differs is written");
                written.extend(rows);
                prop_assert_eq!(text(&read(&written)), text(&tree));
            }
            prop_assert_eq!(text(&read(&changes(&tree, None).expect("rows"))), text(&tree));
        }
    }

    #[test]
    fn rows_are_as_large_as_the_change() {
        let mut tree = Tree::default();
        for n in 0..50 {
            let mut branch = Branch { name: "long ".repeat(1000), ..Branch::default() };
            (0..20).for_each(|n| branch.leaves.insert(n, Leaf { text: "long ".repeat(100), value: None }));
            tree.branches.insert(format!("branch-{n}"), branch);
        }
        let mut draft = tree.clone();
        let branch = draft.branches.get_mut("branch-7").expect("there");
        branch.note = Some("short".to_owned());
        branch.leaves.get_mut(&3).expect("there").text.clear();
        branch.leaves.remove(&4);
        let rows = changes(&draft, Some(&tree)).expect("rows");
        let size: usize = rows.iter().map(|row| row.path.len() + row.value.as_ref().map_or(0, Vec::len)).sum();
        assert!(rows.len() == 3 && size < 150, "{rows:?}");
    }

    #[test]
    fn written_rows_can_be_read_at_any_depth() {
        let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| json!({ "a": inner }));
        let mut accepted = 0;
        for depth in 100..140 {
            let mut tree = Tree::default();
            let leaf = Leaf { text: String::new(), value: Some(nested(depth)) };
            tree.branches.insert("a".to_owned(), Branch { leaves: [(1, leaf)].into_iter().collect(), ..Branch::default() });
            match changes(&tree, None) {
                Ok(rows) => {
                    assert_eq!(text(&read(&rows)), text(&tree));
                    accepted = depth;
                }
                Err(why) => assert!(why.contains("levels deep"), "{why}"),
            }
        }
        assert_eq!(accepted, 119);
    }
}
