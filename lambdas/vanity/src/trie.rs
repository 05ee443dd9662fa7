//! The constant tables and how they are walked.

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// One node: where its children and entries start, which keys have a child,
/// and how many entries end here.
pub(crate) struct Node {
    children: u16,
    entries: u16,
    keys: u8,
    count: u8,
}

/// Short, because the generated table has tens of thousands of these.
const fn n(children: u16, entries: u16, keys: u8, count: u8) -> Node {
    Node { children, entries, keys, count }
}

/// A trie over keypad digits.
pub(crate) struct Trie {
    nodes: &'static [Node],
    entries: &'static [u32],
}

/// Dictionary words and connectors; the class is above bit 24.
pub(crate) static WORDS: Trie = Trie { nodes: &WORD_NODES, entries: &WORD_ENTRIES };

/// Blocked words of three to ten letters.
pub(crate) static BLOCKED: Trie = Trie { nodes: &BLOCKED_NODES, entries: &BLOCKED_ENTRIES };

/// Some words that the same digits spell: a piece of a trie's entries.
#[derive(Clone, Copy, Default)]
pub(crate) struct Words {
    first: u16,
    count: u8,
    /// How many letters each has.
    pub(crate) len: u8,
}

impl Trie {
    /// Calls `found` for every prefix of `digits` that spells something.
    #[inline]
    pub(crate) fn walk(&self, digits: &[u8], mut found: impl FnMut(Words)) {
        let mut node = &self.nodes[0];
        for (index, &digit) in digits.iter().enumerate() {
            // 0 and 1 have no letters: their bit falls outside the eight keys.
            let bit = 1u16 << (digit.wrapping_sub(2) & 15);
            let keys = u16::from(node.keys);
            if keys & bit == 0 {
                return;
            }
            let before = (keys & (bit - 1)).count_ones();
            node = &self.nodes[usize::from(node.children) + before as usize];
            if node.count > 0 {
                found(Words { first: node.entries, count: node.count, len: index as u8 + 1 });
            }
        }
    }

    /// The entries of words found by walking this trie.
    #[inline]
    pub(crate) fn entries(&self, words: Words) -> &'static [u32] {
        let first = usize::from(words.first);
        &self.entries[first..first + usize::from(words.count)]
    }
}
