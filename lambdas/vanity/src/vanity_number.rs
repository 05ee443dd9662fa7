//! Results of the search: vanity numbers, and the best five of a number.

use crate::filler::{Filler, fill, written};
use crate::number::Number;
use crate::search::best_words;
use crate::segmentation::{Segmentation, Span, TopFive};

/// Version of the word lists and of the rules, stored with every result so that items made by an older one can be found and
/// recomputed.
pub const ALGORITHM: &str = crate::trie::LISTS_AND_RULES;

/// A number written with letters. Dialling it dials the number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VanityNumber {
    number: Number,
    text: [u8; 16],
    segmentation: Segmentation,
    /// 0 for words, otherwise the number of last characters that form one letter sequence.
    sequence: u8,
}

/// A part of a vanity number as a person would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// The country code, an area code, or digits between words.
    Digits(&'a str),
    /// A word in upper case.
    Word(&'a str),
    /// Letters that are not a word, to be spelled; may contain 0 and 1.
    Letters(&'a str),
}

impl VanityNumber {
    fn new(number: Number, cut: Segmentation, sequence: u8) -> Self {
        let mut text = *number.padded();
        let mut code = cut.code;
        for byte in text[..number.as_bytes().len()].iter_mut().rev() {
            if code == 0 {
                break;
            }
            *byte = written(*byte, code);
            code >>= 3;
        }
        Self { number, text, segmentation: cut, sequence }
    }

    /// Returns the canonical text, such as `+1800FLOWERS`: as long as the number.
    #[inline]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.number.as_bytes().len()]).unwrap_or_else(|_| unreachable!("a form is ASCII"))
    }

    /// Returns the number that this vanity number dials.
    pub fn number(&self) -> Number {
        self.number
    }

    /// Returns the score of a vanity number made of words; `None` for a letter sequence.
    #[inline]
    pub fn score(&self) -> Option<i32> {
        (self.sequence == 0).then_some(self.segmentation.score)
    }

    /// Whether this is made of words, not only of a letter sequence.
    #[inline]
    pub fn has_words(&self) -> bool {
        self.sequence == 0
    }

    /// Returns the words in order, in upper case; none for a letter sequence.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.tokens().filter_map(|token| match token {
            Token::Word(word) => Some(word),
            _ => None,
        })
    }

    /// Returns everything after the `+`, in order: the country code, for North America the area code as a separate token,
    /// then digits, words and letters.
    #[inline]
    pub fn tokens(&self) -> impl Iterator<Item = Token<'_>> {
        let text = self.as_str();
        let mut at = 1;
        let mut ends = self.borders() | 1 << text.len();
        std::iter::from_fn(move || {
            let from = at;
            at = ends.trailing_zeros() as usize;
            ends &= ends.wrapping_sub(1);
            text.get(from..at).map(|part| self.token(from, part))
        })
    }

    /// Returns the tokens joined by dashes, such as `1-800-FLOW-ERR`.
    pub fn display(&self) -> String {
        let mut out = String::with_capacity(24);
        for token in self.tokens() {
            if !out.is_empty() {
                out.push('-');
            }
            out.push_str(token.as_str());
        }
        out
    }

    fn token<'a>(&self, from: usize, part: &'a str) -> Token<'a> {
        if from == self.sequence_start() {
            Token::Letters(part)
        } else if self.text[from].is_ascii_digit() {
            Token::Digits(part)
        } else {
            Token::Word(part)
        }
    }

    /// Returns a bit for every index of the text, after the first digit, where a token starts.
    fn borders(&self) -> u32 {
        let len = self.number.as_bytes().len();
        let is_letter = |index: &usize| self.text[*index].is_ascii_uppercase();
        let letters = (0..len).filter(is_letter).fold(0, |letters, index| letters | 1_u32 << index);
        let changes = letters ^ letters << 1;
        let words = u32::from(self.segmentation.starts.reverse_bits()) >> (16 - len);
        let country = 1 << (1 + self.number.country_digits());
        let area = if self.number.is_north_american() && letters & 0b11_0000 == 0 { 1 << 5 } else { 0 };
        let all = (changes | words | country | area) & ((1 << len) - 1) & !0b11;
        match self.sequence_start() {
            0 => all,
            start => all & ((1 << start) - 1) | 1 << start,
        }
    }

    /// Returns the index where the letter sequence starts; 0 for a vanity number made of words.
    fn sequence_start(&self) -> usize {
        if self.sequence == 0 { 0 } else { self.number.as_bytes().len() - usize::from(self.sequence) }
    }
}

impl<'a> Token<'a> {
    /// Returns the characters of the token.
    pub fn as_str(&self) -> &'a str {
        match self {
            Self::Digits(text) | Self::Word(text) | Self::Letters(text) => text,
        }
    }
}

impl std::fmt::Display for VanityNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Shows the position of the words but not the rest of the number.
impl std::fmt::Debug for VanityNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Form({:?}, {:?})", self.number, self.score())
    }
}

/// The best vanity numbers of one number: at most five, without duplicates.
#[derive(Clone, Copy)]
pub struct Best {
    number: Number,
    words: TopFive,
    filler: Filler,
}

impl Best {
    /// Returns the number that they were computed for.
    pub fn number(&self) -> Number {
        self.number
    }

    /// Returns the vanity numbers best first: those of words by score, then letter sequences.
    pub fn ranked(&self) -> impl Iterator<Item = VanityNumber> {
        let words = self.words.as_slice().iter().map(|cut| (*cut, 0));
        let filler = self.filler.segmentations.as_slice().iter().copied().zip(self.filler.lengths);
        words.chain(filler).map(|(cut, sequence)| VanityNumber::new(self.number, cut, sequence))
    }

    /// Returns the vanity numbers as stored: those of words ascending, then letter sequences ascending.
    pub fn stored(&self) -> impl Iterator<Item = VanityNumber> + use<> {
        let number = self.number;
        let len = self.len();
        let mut forms = [(Segmentation::default(), 0); 5];
        let words = self.words.as_slice().iter().map(|cut| (*cut, 0));
        let filler = self.filler.segmentations.as_slice().iter().copied().zip(self.filler.lengths);
        forms.iter_mut().zip(words.chain(filler)).for_each(|(slot, form)| *slot = form);
        // Comparing codes compares texts.
        let (words, filler) = forms[..len].split_at_mut(self.word_count());
        words.sort_unstable_by_key(|(cut, _)| cut.code);
        filler.sort_unstable_by_key(|(cut, _)| cut.code);
        forms.into_iter().take(len).map(move |(cut, sequence)| VanityNumber::new(number, cut, sequence))
    }

    /// Returns the number of vanity numbers.
    #[inline]
    pub fn len(&self) -> usize {
        self.words.len() + self.filler.segmentations.len()
    }

    /// Whether there is no vanity number at all: the number has only 0 and 1 where letters could be.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many of the vanity numbers are made of words.
    #[inline]
    pub fn word_count(&self) -> usize {
        self.words.len()
    }
}

impl std::fmt::Debug for Best {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.ranked()).finish()
    }
}

/// Returns the best five vanity numbers of a number. The result for a number is always the same for the same [`ALGORITHM`].
/// Does not allocate.
pub fn best_five(number: &Number) -> Best {
    let span = Span::new(number.national());
    let mut blocked = None;
    let words = best_words(&span, &mut blocked);
    let filler = if words.len() < 5 { fill(&span, &words, &mut blocked) } else { Filler::none() };
    Best { number: *number, words, filler }
}
