//! The constant tables and how they are walked.

use crate::segmentation::Span;

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

/// A trie over keypad digits. Its levels two to four are complete and lie one
/// after the other, so that three looks that do not wait for each other replace the first four steps.
pub(crate) struct Trie {
    nodes: &'static [Node],
    entries: &'static [u32],
}

/// Dictionary words and connectors; the class is above bit 24.
pub(crate) static WORDS: Trie = Trie { nodes: &WORD_NODES, entries: &WORD_ENTRIES };

/// Blocked words of three to ten letters.
pub(crate) static BLOCKED: Trie = Trie { nodes: &BLOCKED_NODES, entries: &BLOCKED_ENTRIES };

/// Where the complete levels three and four start.
const LEVEL_THREE: usize = 64;
const LEVEL_FOUR: usize = LEVEL_THREE + 512;

/// Some words that the same digits spell: a piece of a trie's entries.
#[derive(Clone, Copy, Default)]
pub(crate) struct Words {
    first: u16,
    count: u8,
    /// How many letters each has.
    pub(crate) len: u8,
}

impl Trie {
    /// Calls `found` for everything spelled from the digit with `right - 1`
    /// digits after it, short before long.
    #[inline]
    pub(crate) fn walk(&self, span: &Span, right: usize, mut found: impl FnMut(Words)) {
        let letters = span.letters_from(right);
        if letters < 2 {
            return;
        }
        let first_four = usize::from(span.first_four(right));
        self.tell(&self.nodes[first_four >> 6], 2, &mut found);
        if letters < 3 {
            return;
        }
        self.tell(&self.nodes[LEVEL_THREE + (first_four >> 3)], 3, &mut found);
        if letters < 4 {
            return;
        }
        let mut node = &self.nodes[LEVEL_FOUR + first_four];
        self.tell(node, 4, &mut found);
        for len in 5..=letters {
            let bit = 1u8 << (span.digit(right - usize::from(len)) - 2);
            if node.keys & bit == 0 {
                return;
            }
            let before = (node.keys & (bit - 1)).count_ones();
            node = &self.nodes[usize::from(node.children) + before as usize];
            self.tell(node, len, &mut found);
        }
    }

    #[inline]
    fn tell(&self, node: &Node, len: u8, found: &mut impl FnMut(Words)) {
        if node.count > 0 {
            found(Words { first: node.entries, count: node.count, len });
        }
    }

    /// The entries of words found by walking this trie.
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
    fn all_tables_together_have_at_most_512_kb_and_none_is_empty() {
        let nodes = size_of_val(&WORD_NODES) + size_of_val(&BLOCKED_NODES);
        let entries = size_of_val(&WORD_ENTRIES) + size_of_val(&BLOCKED_ENTRIES);
        let sequences = size_of_val(&SEQUENCES);
        println!("nodes {nodes}, entries {entries}, sequences {sequences}: {} bytes", nodes + entries + sequences);
        assert!(nodes > 100_000 && entries > 50_000 && sequences > 50_000);
        assert!(nodes + entries + sequences <= 512 * 1024);
    }
}
