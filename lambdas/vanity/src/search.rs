//! The word forms of a span: every cut is tried, the five best are kept.

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
pub(crate) fn best_words(wide: Span, blocked: &mut Option<Blocked>) -> Five {
    let near = wide.narrowed(NEAR);
    let mut search = Search::new(near, 0, wide, blocked);
    search.run();
    let mut best = search.best;
    if best.len() < 5 && wide.len() > near.len() {
        // Every near form is taken by now, so only forms with a letter left of it are new.
        let mut search = Search::new(wide, wide.len() - near.len(), wide, blocked);
        search.run();
        search.best.as_slice().iter().for_each(|cut| best.push(*cut));
    }
    best
}

/// What the run of letters under way, if any, lacks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    /// No letters under way, and no digits either: the start.
    Start,
    /// Digits under way.
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

struct Search<'a> {
    span: Span,
    /// A letter is wanted among this many first digits, when more than 0.
    letter_within: usize,
    hits: [[Words; LENGTHS]; WIDE],
    hit_count: [u8; WIDE],
    /// One past the last position where a word starts.
    words_end: usize,
    best: Five,
    whole: Span,
    blocked: &'a mut Option<Blocked>,
}

impl<'a> Search<'a> {
    fn new(span: Span, letter_within: usize, whole: Span, blocked: &'a mut Option<Blocked>) -> Self {
        let mut search = Self {
            span,
            letter_within,
            hits: [[Words::default(); LENGTHS]; WIDE],
            hit_count: [0; WIDE],
            words_end: 0,
            best: Five::default(),
            whole,
            blocked,
        };
        for start in 0..span.len() {
            let digits = span.digits();
            WORDS.walk(&digits[start..], |words| {
                search.hits[start][usize::from(search.hit_count[start])] = words;
                search.hit_count[start] += 1;
                search.words_end = start + 1;
            });
        }
        search
    }

    fn run(&mut self) {
        self.step(0, Path { cut: Cut::default(), run: Run::Start, digits: false });
    }

    fn step(&mut self, at: usize, path: Path) {
        if at == self.span.len() {
            return self.finish(path);
        }
        if path.run != Run::Connectors && self.may_keep_digit(at, &path) {
            let mut next = path;
            next.cut.score += if path.run == Run::Words { BLOCK_POINTS } else { 0 };
            next.run = Run::Digits;
            next.digits = true;
            let to = if at >= self.words_end { self.span.len() } else { at + 1 };
            self.step(to, next);
        }
        for index in 0..usize::from(self.hit_count[at]) {
            let words = self.hits[at][index];
            let len = usize::from(words.len);
            for entry in WORDS.entries(words) {
                self.step(at + len, self.with_word(at, path, len, *entry));
            }
        }
    }

    fn may_keep_digit(&self, at: usize, path: &Path) -> bool {
        path.cut.code != 0 || at < self.words_end && (self.letter_within == 0 || at + 1 < self.letter_within)
    }

    #[inline]
    fn with_word(&self, at: usize, mut path: Path, len: usize, entry: u32) -> Path {
        let right = self.span.len() - at;
        let group = self.span.len() > 4 && (right == 4 || right == 4 + len);
        path.cut.score += match len {
            2 => CONNECTOR_POINTS,
            _ => (len * len) as i32 * CLASS_POINTS[(entry >> 24) as usize],
        };
        path.cut.score += if group { GROUP_POINTS } else { 0 };
        path.cut.score += if path.run == Run::Start { 0 } else { BLOCK_POINTS };
        path.cut.code |= (entry & 0x00ff_ffff) << (3 * (right - len));
        path.cut.starts |= 1 << (right - 1);
        path.run = if len > 2 || path.run == Run::Words { Run::Words } else { Run::Connectors };
        path
    }

    fn finish(&mut self, path: Path) {
        if path.run == Run::Connectors || path.cut.code == 0 {
            return;
        }
        let mut cut = path.cut;
        cut.score += if path.digits { 0 } else { NO_DIGIT_POINTS };
        cut.score += if path.run == Run::Words { LAST_WORD_POINTS } else { 0 };
        if !self.best.wants(&cut) {
            return;
        }
        let whole = self.whole;
        let one_word = cut.starts.is_power_of_two();
        if one_word || !self.blocked.get_or_insert_with(|| Blocked::of(&whole)).crosses(&cut) {
            self.best.offer(cut);
        }
    }
}
