//! Letter sequences for numbers that spell too few words.

use crate::blocked::Blocked;
use crate::cut::{Cut, Five, Span};

/// The sequences chosen after the words, with the length each was made at.
#[derive(Clone, Copy, Default)]
pub(crate) struct Filler {
    /// Best first.
    pub(crate) cuts: Five,
    /// How many last places each sequence covers.
    pub(crate) lengths: [u8; 5],
}

/// As many letter sequences as `taken` lacks of five: for the last four
/// digits, then five, six and seven until there are enough; those that
/// alternate most between vowel and consonant first, then ascending.
pub(crate) fn fill(span: Span, taken: &Five, blocked: &Blocked) -> Filler {
    let mut filler = Filler::default();
    for length in 4..=span.len().min(7) {
        let missing = 5 - taken.len() - filler.cuts.len();
        if missing == 0 {
            break;
        }
        let mut found = Five::default();
        let mut sequences = Sequences { span, blocked, taken, earlier: filler.cuts, found: &mut found };
        sequences.step(length, Sound::None, 0, 0);
        for cut in found.as_slice().iter().take(missing) {
            filler.lengths[filler.cuts.len()] = length as u8;
            filler.cuts.push(*cut);
        }
    }
    filler
}

struct Sequences<'a> {
    span: Span,
    blocked: &'a Blocked,
    taken: &'a Five,
    earlier: Five,
    found: &'a mut Five,
}

impl Sequences<'_> {
    /// Writes the digits right of `place` in every way, ascending.
    fn step(&mut self, place: usize, left: Sound, code: u32, alternations: i32) {
        let most = Cut { score: alternations + place as i32, code, starts: 0 };
        if !self.found.wants(&most) {
            return;
        }
        let Some(place) = place.checked_sub(1) else { return self.finish(code, alternations) };
        let digit = self.span.digit(place);
        if digit < 2 {
            return self.step(place, Sound::None, code, alternations);
        }
        for choice in 1..=letters_of(digit).len() as u32 {
            let sound = if choice == VOWELS[usize::from(digit)] { Sound::Vowel } else { Sound::Consonant };
            let alternates = left != Sound::None && left != sound;
            self.step(place, sound, code | choice << (3 * place), alternations + i32::from(alternates));
        }
    }

    fn finish(&mut self, code: u32, alternations: i32) {
        if code == 0 || self.taken.contains(code) || self.earlier.contains(code) || self.blocked.is_in(code) {
            return;
        }
        self.found.offer(Cut { score: alternations, code, starts: 0 });
    }
}

/// What a letter is, or that there is none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sound {
    None,
    Vowel,
    Consonant,
}

/// Which letter of a key is its vowel (A, E, I, O, U, Y), counted from 1; 0 for none.
const VOWELS: [u32; 10] = [0, 0, 1, 2, 3, 0, 3, 0, 2, 3];

/// The letters of a key, none for 0 and 1.
pub(crate) fn letters_of(digit: u8) -> &'static [u8] {
    match digit {
        2 => b"ABC",
        3 => b"DEF",
        4 => b"GHI",
        5 => b"JKL",
        6 => b"MNO",
        7 => b"PQRS",
        8 => b"TUV",
        9 => b"WXYZ",
        _ => b"",
    }
}
