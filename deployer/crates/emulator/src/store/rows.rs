//! Reading a value from its rows.

use std::collections::BTreeMap;

use serde::de::value::{Error, StringDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor};
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

impl<'a> SeqAccess<'a> for Children<'a> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.name()?.map(|_| self.take(seed)).transpose()
    }
}

impl<'a> Deserializer<'a> for Node<'a> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.children())
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.children())
    }

    forward_to_deserialize_any! {
        <W: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct tuple
        tuple_struct map struct enum identifier ignored_any
    }
}
