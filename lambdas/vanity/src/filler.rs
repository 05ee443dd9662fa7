//! Letter sequences for numbers that spell too few words.

use crate::blocked::Blocked;
use crate::segmentation::{Segmentation, Span, TopFive};
use crate::trie::SEQUENCES;

/// The sequences chosen after the words, with the length of each.
#[derive(Clone, Copy)]
pub(crate) struct Filler {
    /// Segmentations, best first.
    pub(crate) segmentations: TopFive,
    /// Number of last places that each sequence covers.
    pub(crate) lengths: [u8; 5],
}

impl Filler {
    pub(crate) fn none() -> Self {
        Self { segmentations: TopFive::with_room(5), lengths: [4; 5] }
    }
}

/// Returns as many letter sequences as `taken` lacks to five: for the last four digits, then five, six and seven until there
/// are enough; those with the most alternations between vowel and consonant first, then ascending.
pub(crate) fn fill(span: &Span, taken: &TopFive, blocked: &mut Option<Blocked>) -> Filler {
    let mut filler = Filler::none();
    let missing = 5 - taken.len();
    fill_four(span, taken, &mut filler.segmentations);
    for length in 5..=span.len().min(7) {
        if filler.segmentations.len() >= missing {
            break;
        }
        let mut found = TopFive::with_room(missing - filler.segmentations.len());
        let blocked = blocked.get_or_insert_with(|| Blocked::of(span));
        let mut sequences = Sequences { span, blocked, taken, earlier: filler.segmentations, found: &mut found };
        sequences.step(length, Sound::None, 0, 0);
        for cut in found.as_slice() {
            filler.lengths[filler.segmentations.len()] = length as u8;
            filler.segmentations.push(*cut);
        }
    }
    filler
}

/// Adds the sequences of the last four digits, from the precomputed table.
///
/// The table has five entries if there are that many, and `taken` can contain at most as many of them as it has elements, so
/// those left suffice.
fn fill_four(span: &Span, taken: &TopFive, found: &mut TopFive) {
    let index = (0..4).rev().fold(0, |index, place| index * 9 + usize::from(span.digit(place).saturating_sub(1)));
    let codes = (0..5).map(|at| (SEQUENCES[index] >> (12 * at)) as u32 & 0xfff);
    let free = codes.filter(|code| *code != 0 && !taken.contains(*code));
    free.take(5 - taken.len()).for_each(|code| found.push(Segmentation { code, ..Segmentation::default() }));
}

struct Sequences<'a> {
    span: &'a Span,
    blocked: &'a Blocked,
    taken: &'a TopFive,
    earlier: TopFive,
    found: &'a mut TopFive,
}

impl Sequences<'_> {
    /// Writes the digits to the right of `place` in every way, in ascending order.
    fn step(&mut self, place: usize, left: Sound, code: u32, alternations: i32) {
        let most = Segmentation { score: alternations + place as i32, code, starts: 0 };
        if !self.found.wants(&most) {
            return;
        }
        let Some(place) = place.checked_sub(1) else { return self.finish(code, alternations) };
        let digit = self.span.digit(place);
        if digit < 2 {
            return self.step(place, Sound::None, code, alternations);
        }
        for choice in 1..=letters_on(digit) {
            let sound = if choice == VOWELS[usize::from(digit)] { Sound::Vowel } else { Sound::Consonant };
            let alternates = left != Sound::None && left != sound;
            self.step(place, sound, code | choice << (3 * place), alternations + i32::from(alternates));
        }
    }

    fn finish(&mut self, code: u32, alternations: i32) {
        if code == 0 || self.taken.contains(code) || self.earlier.contains(code) || self.blocked.is_in(code) {
            return;
        }
        self.found.offer(Segmentation { score: alternations, code, starts: 0 });
    }
}

/// The kind of a letter, or none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sound {
    None,
    Vowel,
    Consonant,
}

/// Index of the vowel (A, E, I, O, U, Y) of each key, counted from 1; 0 for none.
const VOWELS: [u32; 10] = [0, 0, 1, 2, 3, 0, 3, 0, 2, 3];

/// Letters of every key, each at its index in a code; index 0 keeps the digit.
const LETTERS: [&[u8; 8]; 10] = [
    b"0       ",
    b"1       ",
    b"2ABC    ",
    b"3DEF    ",
    b"4GHI    ",
    b"5JKL    ",
    b"6MNO    ",
    b"7PQRS   ",
    b"8TUV    ",
    b"9WXYZ   ",
];

/// Returns the character that a code writes in place of an ASCII digit.
#[inline]
pub(crate) fn written(digit: u8, choice: u32) -> u8 {
    LETTERS[usize::from(digit - b'0')][choice as usize & 7]
}

/// Returns the number of letters of a digit.
fn letters_on(digit: u8) -> u32 {
    match digit {
        0 | 1 => 0,
        7 | 9 => 4,
        _ => 3,
    }
}
