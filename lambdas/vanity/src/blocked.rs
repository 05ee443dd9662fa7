//! Blocked words that a number could spell.

use crate::segmentation::{Segmentation, Span, WIDE};
use crate::trie::{BLOCKED, Words};

/// The blocked words of one length that the digits at one place spell.
#[derive(Clone, Copy, Default)]
struct Spelling {
    words: Words,
    /// Number of places to the right of the words.
    place: u8,
}

/// Maximum number of spellings: words of three letters and more, one for each place and length.
const SPELLINGS: usize = WIDE * (WIDE - 1) / 2;

/// Every blocked word that the digits of a span spell, computed once per number.
pub(crate) struct Blocked {
    spellings: [Spelling; SPELLINGS],
    len: usize,
}

impl Blocked {
    pub(crate) fn of(span: &Span) -> Self {
        let mut found = Self { spellings: [Spelling::default(); SPELLINGS], len: 0 };
        for right in 3..=span.len() {
            BLOCKED.walk(span, right, |words| {
                found.spellings[found.len] = Spelling { words, place: right as u8 - words.len };
                found.len += 1;
            });
        }
        found
    }

    /// Whether a text contains a blocked word.
    pub(crate) fn is_in(&self, code: u32) -> bool {
        self.spelled().any(|spelling| spelling.is_in(code))
    }

    /// Whether a blocked word of four letters or more crosses the border between two words of this segmentation.
    ///
    /// This covers a run of letters that equals a blocked word: such a run is never one word, since blocked words are not in
    /// the dictionary, so it contains a border, and with a word of three letters it has at least five letters.
    pub(crate) fn crosses(&self, cut: &Segmentation) -> bool {
        self.spelled().any(|spelling| spelling.words.len >= 4 && spelling.has_border(cut.starts) && spelling.is_in(cut.code))
    }

    fn spelled(&self) -> impl Iterator<Item = &Spelling> {
        self.spellings[..self.len].iter()
    }
}

impl Spelling {
    fn is_in(&self, code: u32) -> bool {
        let letters = code >> (3 * self.place) & ((1 << (3 * self.words.len)) - 1);
        BLOCKED.entries(self.words).contains(&letters)
    }

    /// Whether a word starts inside, that is after the first letter.
    fn has_border(&self, starts: u16) -> bool {
        let inside = (1u16 << (self.words.len - 1)) - 1;
        starts >> self.place & inside != 0
    }
}
