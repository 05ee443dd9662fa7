//! Turns `words.txt` and `blocked.txt` into constant tables: two tries over
//! keypad digits, so that nothing is parsed when a function starts.
//!
//! An entry is a spelling packed as three bits a letter (1 to 4: which letter
//! of its key), the first letter highest, with the class above bit 24. Packed
//! so, comparing numbers is comparing texts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::{env, fs, path::Path};

/// The fixed two-letter connectors; their class is 0 but their score is fixed.
const CONNECTORS: &str = "am an as at be by do go he hi if in is it me my no of oh ok on or so to up us we";

/// Raised whenever the same lists would give other forms.
const RULES: u32 = 1;

const KEYS: [&str; 8] = ["abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"];

fn main() {
    println!("cargo::rerun-if-changed=words.txt");
    println!("cargo::rerun-if-changed=blocked.txt");
    println!("cargo::rerun-if-changed=build.rs");
    let blocked_text = fs::read_to_string("blocked.txt").expect("blocked.txt is committed");
    let words_text = fs::read_to_string("words.txt").expect("words.txt is committed");

    let blocked: BTreeSet<&str> = blocked_text.lines().filter(|line| !line.starts_with('#')).collect();
    let connectors = CONNECTORS.split(' ').map(|word| (word, 0));
    let words = words_text.lines().map(class_and_word).filter(|(word, _)| !blocked.contains(word));

    let mut out = String::new();
    write_trie(&mut out, "WORD", Trie::new(words.chain(connectors)));
    write_trie(&mut out, "BLOCKED", Trie::new(blocked.iter().map(|word| (*word, 0))));
    let version = fingerprint(&[&words_text, &blocked_text]);
    writeln!(out, "pub(crate) const LISTS_AND_RULES: &str = \"scowl50-{version:016x}/{RULES}\";").expect("a String takes text");
    let target = Path::new(&env::var("OUT_DIR").expect("cargo sets OUT_DIR")).join("tables.rs");
    fs::write(target, out).expect("OUT_DIR can be written");
}

fn class_and_word(line: &str) -> (&str, u32) {
    let (word, class) = line.split_once(' ').expect("a line of words.txt is `word class`");
    (word, class.parse().expect("a class is a number"))
}

#[derive(Default)]
struct Node {
    children: BTreeMap<u8, usize>,
    entries: BTreeSet<u32>,
}

struct Trie(Vec<Node>);

impl Trie {
    fn new<'a>(words: impl Iterator<Item = (&'a str, u32)>) -> Self {
        let mut nodes = vec![Node::default()];
        for (word, class) in words {
            let mut at = 0;
            let mut code = 0;
            for letter in word.chars() {
                let key = KEYS.iter().position(|key| key.contains(letter)).expect("words are a to z");
                let choice = KEYS[key].find(letter).expect("just found") as u32 + 1;
                code = code << 3 | choice;
                let next = nodes.len();
                at = *nodes[at].children.entry(key as u8).or_insert(next);
                if at == next {
                    nodes.push(Node::default());
                }
            }
            nodes[at].entries.insert(class << 24 | code);
        }
        Self(nodes)
    }

    /// Node numbers with the children of every node side by side.
    fn breadth_first(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.0.len());
        let mut queue = VecDeque::from([0]);
        while let Some(at) = queue.pop_front() {
            order.push(at);
            queue.extend(self.0[at].children.values());
        }
        order
    }
}

fn write_trie(out: &mut String, name: &str, trie: Trie) {
    let order = trie.breadth_first();
    let (mut nodes, mut entries) = (String::new(), String::new());
    let (mut next_child, mut next_entry) = (1, 0);
    for at in &order {
        let node = &trie.0[*at];
        let mask = node.children.keys().fold(0u8, |mask, key| mask | 1 << key);
        let count = node.entries.len();
        writeln!(nodes, "n({next_child},{next_entry},{mask},{count}),").expect("a String takes text");
        next_child += node.children.len();
        next_entry += count;
        for entry in &node.entries {
            write!(entries, "{entry},").expect("a String takes text");
        }
    }
    assert!(next_child <= usize::from(u16::MAX) && next_entry <= usize::from(u16::MAX), "{name} outgrew u16");
    let (nodes_len, entries_len) = (order.len(), next_entry);
    writeln!(out, "pub(crate) static {name}_NODES: [Node; {nodes_len}] = [{nodes}];").expect("a String takes text");
    writeln!(out, "pub(crate) static {name}_ENTRIES: [u32; {entries_len}] = [{entries}];").expect("a String takes text");
}

/// FNV-1a over the lists, so that stored items can name what they were made with.
fn fingerprint(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
