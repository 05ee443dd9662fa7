//! Generates constant tables from `words.txt` and `blocked.txt`, so that nothing is parsed when a function starts: two tries
//! over keypad digits, and the letter sequences of every four digits.
//!
//! The levels two to four of a trie are complete, so that the index of a node there is computed; there are no words of one
//! letter. The children of deeper nodes are adjacent.
//!
//! An entry is a spelling packed as three bits per letter (1 to 4: index of the letter on its key), the first letter highest,
//! with the class above bit 24. With this packing, comparing the numbers compares the texts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::{env, fs, path::Path};

/// The fixed two-letter connectors; their class is 0 but their score is fixed.
const CONNECTORS: &str = "am an as at be by do go he hi if in is it me my no of oh ok on or so to up us we";

/// Version of the rules, incremented whenever the same lists would produce other vanity numbers.
const RULES: u32 = 1;

/// The last complete level of a trie.
const COMPLETE: u32 = 4;

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
    write_sequences(&mut out, &blocked);
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
                let (key, choice) = key_and_choice(letter);
                code = code << 3 | choice;
                let next = nodes.len();
                at = *nodes[at].children.entry(key).or_insert(next);
                if at == next {
                    nodes.push(Node::default());
                }
            }
            nodes[at].entries.insert(class << 24 | code);
        }
        Self(nodes)
    }

    /// Returns the node numbers in order, `None` for the gaps of the complete levels two to four, with the children of every
    /// deeper node adjacent.
    fn order(&self) -> Vec<Option<usize>> {
        let mut level = vec![Some(0)];
        let mut order = Vec::new();
        for depth in 1..=COMPLETE {
            let child = |at: &Option<usize>, key| self.0[(*at)?].children.get(&key).copied();
            level = level.iter().flat_map(|at| (0..8).map(move |key| child(at, key))).collect();
            if depth > 1 {
                order.extend(&level);
            }
        }
        let mut queue: VecDeque<usize> =
            level.into_iter().flatten().flat_map(|at| self.0[at].children.values().copied()).collect();
        while let Some(at) = queue.pop_front() {
            order.push(Some(at));
            queue.extend(self.0[at].children.values());
        }
        order
    }
}

/// Returns the key of a letter, counted from that of ABC, and the index of the letter on it, counted from 1.
fn key_and_choice(letter: char) -> (u8, u32) {
    let key = KEYS.iter().position(|key| key.contains(letter)).expect("words are a to z");
    (key as u8, KEYS[key].find(letter).expect("just found") as u32 + 1)
}

fn write_trie(out: &mut String, name: &str, trie: Trie) {
    let order = trie.order();
    let (mut nodes, mut entries) = (String::new(), String::new());
    let incomplete: usize = (2..=COMPLETE).map(|depth| 8_usize.pow(depth)).sum();
    let above: usize = (2..COMPLETE).map(|depth| 8_usize.pow(depth)).sum();
    let (mut next_child, mut next_entry) = (incomplete, 0);
    for (index, at) in order.iter().enumerate() {
        let Some(node) = at.map(|at| &trie.0[at]) else {
            writeln!(nodes, "n(0,0,0,0),").expect("a String takes text");
            continue;
        };
        // Children above a complete level are found by arithmetic.
        let children = if index < above { 0 } else { node.children.len() };
        let mask = if index < above { 0 } else { node.children.keys().fold(0u8, |mask, key| mask | 1 << key) };
        let count = node.entries.len();
        writeln!(nodes, "n({next_child},{next_entry},{mask},{count}),").expect("a String takes text");
        next_child += children;
        next_entry += count;
        for entry in &node.entries {
            write!(entries, "{entry},").expect("a String takes text");
        }
    }
    assert_eq!(next_child, order.len(), "every node is somebody's child");
    assert!(u16::try_from(next_child).is_ok() && u16::try_from(next_entry).is_ok(), "{name} outgrew u16");
    let (nodes_len, entries_len) = (order.len(), next_entry);
    writeln!(out, "pub(crate) static {name}_NODES: [Node; {nodes_len}] = [{nodes}];").expect("a String takes text");
    writeln!(out, "pub(crate) static {name}_ENTRIES: [u32; {entries_len}] = [{entries}];").expect("a String takes text");
}

/// Writes the best five letter sequences of every four digits, twelve bits each, the best lowest; 0 and 1, which have no
/// letters, share one of nine digits.
fn write_sequences(out: &mut String, blocked: &BTreeSet<&str>) {
    writeln!(out, "pub(crate) static SEQUENCES: [u64; 6561] = [").expect("a String takes text");
    for index in 0..6561_usize {
        let digits = [729, 81, 9, 1].map(|place| index / place % 9);
        let mut found = sequences(digits);
        found.retain(|text| text.contains(|c| c != '0') && !is_any_inside(blocked, text));
        found.sort_by_cached_key(|text| (Reverse(alternations(text)), text.clone()));
        let packed = found.iter().take(5).rev().fold(0u64, |packed, text| packed << 12 | u64::from(code(text)));
        writeln!(out, "{packed},").expect("a String takes text");
    }
    writeln!(out, "];").expect("a String takes text");
}

/// Returns every text that four digits spell, `0` for a digit without letters.
fn sequences(digits: [usize; 4]) -> Vec<String> {
    digits.iter().fold(vec![String::new()], |texts, digit| {
        let letters = digit.checked_sub(1).map_or("0", |key| KEYS[key]);
        texts.iter().flat_map(|text| letters.chars().map(move |letter| format!("{text}{letter}"))).collect()
    })
}

fn is_any_inside(blocked: &BTreeSet<&str>, text: &str) -> bool {
    (3..=text.len()).any(|len| (0..=text.len() - len).any(|at| blocked.contains(&text[at..at + len])))
}

/// Returns the number of adjacent pairs of a vowel and a consonant.
fn alternations(text: &str) -> usize {
    let vowel = |letter: &u8| b"aeiouy".contains(letter);
    let pairs = text.as_bytes().windows(2);
    pairs.filter(|pair| !pair.contains(&b'0') && vowel(&pair[0]) != vowel(&pair[1])).count()
}

fn code(text: &str) -> u32 {
    let choice = |letter| if letter == '0' { 0 } else { key_and_choice(letter).1 };
    text.chars().fold(0, |code, letter| code << 3 | choice(letter))
}

/// Returns the FNV-1a hash of the lists, with which stored items record the lists they were made with.
fn fingerprint(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
