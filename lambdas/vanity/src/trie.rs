//! The constant tables and their traversal.

use crate::segmentation::Span;

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// A node: start of its children and entries, the keys with a child, and the number of entries that end here.
pub(crate) struct Node {
    children: u16,
    entries: u16,
    keys: u8,
    count: u8,
}

/// Creates a node. The name is short, because the generated table has tens of thousands of them.
const fn n(children: u16, entries: u16, keys: u8, count: u8) -> Node {
    Node { children, entries, keys, count }
}

/// A trie over keypad digits. Its levels two to four are complete and adjacent, so that three independent lookups replace the
/// first four steps.
pub(crate) struct Trie {
    nodes: &'static [Node],
    entries: &'static [u32],
}

/// Dictionary words and connectors; the class is above bit 24.
pub(crate) static WORDS: Trie = Trie { nodes: &WORD_NODES, entries: &WORD_ENTRIES };

/// Blocked words of three to ten letters.
pub(crate) static BLOCKED: Trie = Trie { nodes: &BLOCKED_NODES, entries: &BLOCKED_ENTRIES };

/// Start of the complete level three, followed by that of level four.
const LEVEL_THREE: usize = 64;
const LEVEL_FOUR: usize = LEVEL_THREE + 512;

/// Words that the same digits spell: a range of a trie's entries.
#[derive(Clone, Copy, Default)]
pub(crate) struct Words {
    first: u16,
    count: u8,
    /// Number of letters of each word.
    pub(crate) len: u8,
}

impl Trie {
    /// Calls `found` for everything spelled from the digit with `right - 1` digits after it, short before long.
    #[inline]
    pub(crate) fn walk(&self, span: &Span, right: usize, mut found: impl FnMut(Words)) {
        let letters = span.letters_from(right);
        if letters < 2 {
            return;
        }
        let first_four = usize::from(span.first_four(right));
        Self::report(&self.nodes[first_four >> 6], 2, &mut found);
        if letters < 3 {
            return;
        }
        Self::report(&self.nodes[LEVEL_THREE + (first_four >> 3)], 3, &mut found);
        if letters < 4 {
            return;
        }
        let mut node = &self.nodes[LEVEL_FOUR + first_four];
        Self::report(node, 4, &mut found);
        for len in 5..=letters {
            let bit = 1u8 << (span.digit(right - usize::from(len)) - 2);
            if node.keys & bit == 0 {
                return;
            }
            let before = (node.keys & (bit - 1)).count_ones();
            node = &self.nodes[usize::from(node.children) + before as usize];
            Self::report(node, len, &mut found);
        }
    }

    #[inline]
    fn report(node: &Node, len: u8, found: &mut impl FnMut(Words)) {
        if node.count > 0 {
            found(Words { first: node.entries, count: node.count, len });
        }
    }

    /// Returns the entries of words found by a traversal of this trie.
    #[inline]
    pub(crate) fn entries(&self, words: Words) -> &'static [u32] {
        let first = usize::from(words.first);
        &self.entries[first..first + usize::from(words.count)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::size_of_val;

    #[test]
    fn tables_have_at_most_512_kb() {
        let nodes = size_of_val(&WORD_NODES) + size_of_val(&BLOCKED_NODES);
        let entries = size_of_val(&WORD_ENTRIES) + size_of_val(&BLOCKED_ENTRIES);
        let sequences = size_of_val(&SEQUENCES);
        println!("nodes {nodes}, entries {entries}, sequences {sequences}: {} bytes", nodes + entries + sequences);
        assert!(nodes > 100_000 && entries > 50_000 && sequences > 50_000);
        assert!(nodes + entries + sequences <= 512 * 1024);
    }
}
