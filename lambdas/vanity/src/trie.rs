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

impl Trie {
    /// Calls `found(length, entries)` for every prefix of `digits` that spells something.
    #[inline]
    pub(crate) fn walk(&self, digits: &[u8], mut found: impl FnMut(usize, &'static [u32])) {
        let mut node = &self.nodes[0];
        for (index, &digit) in digits.iter().enumerate() {
            let bit = match digit {
                2..=9 => 1u8 << (digit - 2),
                _ => return,
            };
            if node.keys & bit == 0 {
                return;
            }
            let before = (node.keys & (bit - 1)).count_ones();
            node = &self.nodes[usize::from(node.children) + before as usize];
            if node.count > 0 {
                let first = usize::from(node.entries);
                found(index + 1, &self.entries[first..first + usize::from(node.count)]);
            }
        }
    }
}
