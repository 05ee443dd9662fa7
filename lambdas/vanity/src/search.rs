//! Search for the word-based vanity numbers of a span: it visits every segmentation that could be among the best and keeps
//! the five best.
//!
//! Positions are counted from the right: a word at `right` has its first letter on the digit with `right - 1` digits after
//! it.

use crate::blocked::Blocked;
use crate::segmentation::{NEAR, Segmentation, Span, TopFive, WIDE};
use crate::trie::{WORDS, Words};

/// Points for each letter of a word, squared, by class.
const CLASS_POINTS: [i32; 5] = [10, 9, 8, 6, 4];
const CONNECTOR_POINTS: i32 = 20;
/// Points for a word that starts or ends where the last four digits start.
const GROUP_POINTS: i32 = 10;
const NO_DIGIT_POINTS: i32 = 100;
const LAST_WORD_POINTS: i32 = 40;
const BLOCK_POINTS: i32 = -30;
/// Number of word lengths: two to seven letters.
const LENGTHS: usize = 6;
/// A score below that of every path.
const IMPOSSIBLE: i32 = -100_000;

/// Finds the best vanity numbers made of words: those of the near span, and if there are fewer than five, those of the wide
/// span after them.
pub(crate) fn best_words(wide: &Span, blocked: &mut Option<Blocked>) -> TopFive {
    let near = wide.len().min(NEAR);
    let mut search = Search::new(wide, blocked);
    search.extend(near);
    search.start();
    if search.best.len() == 5 || wide.len() == near {
        return search.best;
    }
    let mut best = search.best;
    search.extend(wide.len());
    if search.hit_count[near + 1..].iter().any(|count| *count > 0) {
        // Every near vanity number has been found by now, so only those with a letter left of it are new.
        search.first_word = near + 1;
        search.best = TopFive::with_room(5 - best.len());
        search.start();
        search.best.as_slice().iter().for_each(|cut| best.push(*cut));
    }
    best
}

/// The current run, which determines what may follow.
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
    segmentation: Segmentation,
    run: Run,
    digits: bool,
}

const START: Path = Path { segmentation: Segmentation { score: 0, code: 0, starts: 0 }, run: Run::Start, digits: false };

/// Upper bounds on the points that the remaining digits can add to a path: exact except for runs of connectors alone, which
/// are not allowed, and for blocked words.
#[derive(Clone, Copy)]
struct Bounds {
    /// After a digit.
    after_digit: i32,
    /// After a word, with a digit somewhere in the vanity number.
    after_word: i32,
    /// After nothing but words.
    words_only: i32,
}

/// Bounds with no digits left.
const END: Bounds = Bounds { after_digit: 0, after_word: LAST_WORD_POINTS, words_only: LAST_WORD_POINTS + NO_DIGIT_POINTS };

struct Search<'a> {
    span: &'a Span,
    blocked: &'a mut Option<Blocked>,
    /// Words that start at each position, short before long.
    hits: [[Words; LENGTHS]; WIDE + 1],
    hit_count: [u8; WIDE + 1],
    bounds: [Bounds; WIDE + 1],
    /// The rightmost position where a word of three letters starts; every run of letters needs one.
    last_word: usize,
    /// Number of digits that are searched.
    len: usize,
    /// The rightmost position where the first word may start.
    first_word: usize,
    best: TopFive,
}

impl<'a> Search<'a> {
    fn new(span: &'a Span, blocked: &'a mut Option<Blocked>) -> Self {
        Self {
            span,
            blocked,
            hits: [[Words::default(); LENGTHS]; WIDE + 1],
            hit_count: [0; WIDE + 1],
            bounds: [END; WIDE + 1],
            last_word: WIDE + 1,
            len: 0,
            first_word: 1,
            best: TopFive::with_room(5),
        }
    }

    /// Looks up the words at the positions up to `len`.
    fn extend(&mut self, len: usize) {
        for right in self.len + 1..=len {
            let (hits, count) = (&mut self.hits[right], &mut self.hit_count[right]);
            WORDS.walk(self.span, right, |words| {
                hits[usize::from(*count)] = words;
                *count += 1;
            });
            let hits = &hits[..usize::from(*count)];
            if hits.last().is_some_and(|words| words.len > 2) {
                self.last_word = self.last_word.min(right);
            }
            self.bounds[right] = bounds(&self.bounds, right, hits);
        }
        self.len = len;
    }

    fn start(&mut self) {
        if self.last_word <= self.len {
            self.step(self.len, START);
        }
    }

    /// Continues a path in every way that could still be among the best.
    fn step(&mut self, right: usize, path: Path) {
        for index in (0..usize::from(self.hit_count[right])).rev() {
            let words = self.hits[right][index];
            let left = right - usize::from(words.len);
            let bounds = self.bounds[left];
            let most = if path.digits { bounds.after_word } else { bounds.words_only.max(bounds.after_word) };
            let shared = self.with_length(right, path, words.len);
            for entry in WORDS.entries(words) {
                let next = with_word(shared, left, words.len, *entry);
                // Entries are sorted by class, so those after it have no more points.
                if !self.best.may_take(next.segmentation.score + most) {
                    break;
                }
                if left == 0 { self.finish(next) } else { self.step(left, next) }
            }
        }
        if path.run != Run::Connectors && self.may_keep_digit(right, &path) {
            let score = path.segmentation.score + if path.run == Run::Words { BLOCK_POINTS } else { 0 };
            let next = Path { segmentation: Segmentation { score, ..path.segmentation }, run: Run::Digits, digits: true };
            if !self.best.may_take(score + self.bounds[right - 1].after_digit) {
                return;
            }
            if right <= self.last_word { self.finish(next) } else { self.step(right - 1, next) }
        }
    }

    fn may_keep_digit(&self, right: usize, path: &Path) -> bool {
        path.segmentation.code != 0 || right > self.first_word.max(self.last_word)
    }

    /// Returns the path with the part that all words of this length at `right` share.
    #[inline]
    fn with_length(&self, right: usize, path: Path, len: u8) -> Path {
        let mut cut = path.segmentation;
        cut.score += group_points(self.len, right, usize::from(len));
        cut.score += if path.run == Run::Start { 0 } else { BLOCK_POINTS };
        cut.starts |= 1 << (right - 1);
        let run = if len > 2 || path.run == Run::Words { Run::Words } else { Run::Connectors };
        Path { segmentation: cut, run, digits: path.digits }
    }

    #[inline]
    fn finish(&mut self, path: Path) {
        if path.run == Run::Connectors || path.segmentation.code == 0 {
            return;
        }
        let mut cut = path.segmentation;
        cut.score += if path.digits { 0 } else { NO_DIGIT_POINTS };
        cut.score += if path.run == Run::Words { LAST_WORD_POINTS } else { 0 };
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

/// Returns the bounds at `right`, from those to the right of it.
#[inline]
fn bounds(right_of_it: &[Bounds], right: usize, hits: &[Words]) -> Bounds {
    let (mut word, mut words_only) = (IMPOSSIBLE, IMPOSSIBLE);
    for words in hits {
        let rest = right_of_it[right - usize::from(words.len)];
        // Entries are sorted by class, so the first has the most points.
        let most = WORDS.entries(*words).first().map_or(0, |entry| points(words.len, *entry));
        let most = most + group_points(WIDE, right, usize::from(words.len)) + BLOCK_POINTS;
        word = word.max(most + rest.after_word);
        words_only = words_only.max(most + rest.words_only);
    }
    let digit = right_of_it[right - 1].after_digit;
    Bounds { after_digit: digit.max(word), after_word: word.max(digit + BLOCK_POINTS), words_only }
}

#[inline]
fn with_word(mut path: Path, left: usize, len: u8, entry: u32) -> Path {
    path.segmentation.score += points(len, entry);
    path.segmentation.code |= (entry & 0x00ff_ffff) << (3 * left);
    path
}

#[inline]
fn group_points(span: usize, right: usize, len: usize) -> i32 {
    if span > 4 && (right == 4 || right == 4 + len) { GROUP_POINTS } else { 0 }
}

#[inline]
fn points(len: u8, entry: u32) -> i32 {
    match i32::from(len) {
        2 => CONNECTOR_POINTS,
        len => len * len * CLASS_POINTS[(entry >> 24) as usize],
    }
}
