//! The word forms of a span: every cut is tried, the five best are kept.
//!
//! Positions are counted from the right: a word at `right` has its first
//! letter on the digit with `right - 1` digits after it.

use crate::blocked::Blocked;
use crate::cut::{Cut, Five, NEAR, Span, WIDE};
use crate::trie::{WORDS, Words};

/// Points for each letter of a word, squared, by class.
const CLASS_POINTS: [i32; 5] = [10, 9, 8, 6, 4];
const CONNECTOR_POINTS: i32 = 20;
/// For a word that starts or ends where the last four digits start.
const GROUP_POINTS: i32 = 10;
const NO_DIGIT_POINTS: i32 = 100;
const LAST_WORD_POINTS: i32 = 40;
const BLOCK_POINTS: i32 = -30;
/// Two to seven letters.
const LENGTHS: usize = 6;

/// Finds the best word forms: of the near span, and where those are fewer than
/// five, of the wide span after them.
pub(crate) fn best_words(wide: &Span, blocked: &mut Option<Blocked>) -> Five {
    let near = wide.len().min(NEAR);
    let mut search = Search {
        span: wide,
        blocked,
        hits: [[Words::default(); LENGTHS]; WIDE + 1],
        hit_count: [0; WIDE + 1],
        bound: [0; WIDE + 1],
        last_word: WIDE + 1,
        len: 0,
        first_word: 1,
        best: Five::default(),
    };
    search.extend(near);
    search.step(near, START);
    let mut best = search.best;
    if best.len() < 5 && wide.len() > near {
        search.extend(wide.len());
        // Every near form is taken by now, so only forms with a letter left of it are new.
        search.first_word = near + 1;
        search.best = Five::default();
        search.step(wide.len(), START);
        search.best.as_slice().iter().for_each(|cut| best.push(*cut));
    }
    best
}

/// What is under way, and so what may follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Start,
    Digits,
    /// Letters without a word of three letters yet.
    Connectors,
    /// Letters with such a word.
    Words,
}

#[derive(Clone, Copy)]
struct Path {
    cut: Cut,
    run: Run,
    digits: bool,
}

const START: Path = Path { cut: Cut { score: 0, code: 0, starts: 0 }, run: Run::Start, digits: false };

struct Search<'a> {
    span: &'a Span,
    blocked: &'a mut Option<Blocked>,
    /// The words that start at each position.
    hits: [[Words; LENGTHS]; WIDE + 1],
    hit_count: [u8; WIDE + 1],
    /// The most points that words from each position on can add.
    bound: [i32; WIDE + 1],
    /// The rightmost position where a word starts.
    last_word: usize,
    /// How many digits are searched.
    len: usize,
    /// The rightmost position where the first word may start.
    first_word: usize,
    best: Five,
}

impl Search<'_> {
    /// Looks words up at the positions up to `len`.
    fn extend(&mut self, len: usize) {
        let digits = self.span.digits();
        for right in self.len + 1..=len {
            let (hits, count) = (&mut self.hits[right], &mut self.hit_count[right]);
            WORDS.walk(&digits[digits.len() - right..], |words| {
                hits[usize::from(*count)] = words;
                *count += 1;
            });
            self.bound[right] = self.bound[right - 1];
            for words in &hits[..usize::from(*count)] {
                let len = usize::from(words.len);
                // Entries are sorted by class, so the first has the most points.
                let most = WORDS.entries(*words).first().map_or(0, |entry| points(len, *entry));
                self.bound[right] = self.bound[right].max(most + GROUP_POINTS + self.bound[right - len]);
            }
            if *count > 0 {
                self.last_word = self.last_word.min(right);
            }
        }
        self.len = len;
    }

    fn step(&mut self, right: usize, path: Path) {
        if right == 0 {
            return self.finish(path);
        }
        if !self.best.may_take(path.cut.score + self.bound[right] + ending_points(path.digits, true)) {
            return;
        }
        for index in 0..usize::from(self.hit_count[right]) {
            let words = self.hits[right][index];
            let len = usize::from(words.len);
            for entry in WORDS.entries(words) {
                self.step(right - len, self.with_word(right, path, len, *entry));
            }
        }
        if path.run != Run::Connectors && self.may_keep_digit(right, &path) {
            let score = path.cut.score + if path.run == Run::Words { BLOCK_POINTS } else { 0 };
            let next = Path { cut: Cut { score, ..path.cut }, run: Run::Digits, digits: true };
            self.step(if right < self.last_word { 0 } else { right - 1 }, next);
        }
    }

    fn may_keep_digit(&self, right: usize, path: &Path) -> bool {
        path.cut.code != 0 || right > self.first_word.max(self.last_word)
    }

    #[inline]
    fn with_word(&self, right: usize, path: Path, len: usize, entry: u32) -> Path {
        let group = self.len > 4 && (right == 4 || right == 4 + len);
        let mut cut = path.cut;
        cut.score += points(len, entry);
        cut.score += if group { GROUP_POINTS } else { 0 };
        cut.score += if path.run == Run::Start { 0 } else { BLOCK_POINTS };
        cut.code |= (entry & 0x00ff_ffff) << (3 * (right - len));
        cut.starts |= 1 << (right - 1);
        let run = if len > 2 || path.run == Run::Words { Run::Words } else { Run::Connectors };
        Path { cut, run, digits: path.digits }
    }

    fn finish(&mut self, path: Path) {
        if path.run == Run::Connectors || path.cut.code == 0 {
            return;
        }
        let mut cut = path.cut;
        cut.score += ending_points(path.digits, path.run == Run::Words);
        if !self.best.wants(&cut) {
            return;
        }
        let span = self.span;
        let one_word = cut.starts.is_power_of_two();
        if one_word || !self.blocked.get_or_insert_with(|| Blocked::of(span)).crosses(&cut) {
            self.best.offer(cut);
        }
    }
}

#[inline]
fn points(len: usize, entry: u32) -> i32 {
    match len {
        2 => CONNECTOR_POINTS,
        _ => (len * len) as i32 * CLASS_POINTS[(entry >> 24) as usize],
    }
}

fn ending_points(digits: bool, word_last: bool) -> i32 {
    let whole = if digits { 0 } else { NO_DIGIT_POINTS };
    whole + if word_last { LAST_WORD_POINTS } else { 0 }
}
