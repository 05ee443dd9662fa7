//! What the search hands out: forms of a number, and the best five.

use crate::cut::{Cut, Span};
use crate::filler::{Filler, fill, letters_of};
use crate::number::Number;
use crate::search::best_words;

/// The version of the word lists and of the rules, stored with every result so
/// that items made by an older one can be found and made again.
pub const ALGORITHM: &str = crate::trie::LISTS_AND_RULES;

/// A number written with letters. Dialling it dials the number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Form {
    number: Number,
    text: [u8; 16],
    cut: Cut,
    /// 0 for words, else how many last characters are one letter sequence.
    sequence: u8,
}

/// A part of a form as a person would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// The country code, an area code, or digits between words.
    Digits(&'a str),
    /// A word in upper case.
    Word(&'a str),
    /// Letters that are no word, to be spelled; may contain 0 and 1.
    Letters(&'a str),
}

impl Form {
    fn new(number: Number, cut: Cut, sequence: u8) -> Self {
        let mut text = [0; 16];
        let bytes = number.as_bytes();
        text[..bytes.len()].copy_from_slice(bytes);
        let mut code = cut.code;
        for byte in text[..bytes.len()].iter_mut().rev() {
            if code == 0 {
                break;
            }
            if let Some(choice) = (code as usize & 7).checked_sub(1) {
                *byte = letters_of(*byte - b'0')[choice];
            }
            code >>= 3;
        }
        Self { number, text, cut, sequence }
    }

    /// The canonical text, such as `+1800FLOWERS`: as long as the number.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.number.as_bytes().len()]).expect("a form is ASCII")
    }

    /// The number that this form dials.
    pub fn number(&self) -> Number {
        self.number
    }

    /// The points of a word form; `None` for a letter sequence.
    pub fn score(&self) -> Option<i32> {
        (self.sequence == 0).then_some(self.cut.score)
    }

    /// Whether this form is made of words, not a mere letter sequence.
    pub fn has_words(&self) -> bool {
        self.sequence == 0
    }

    /// The words in order, in upper case; none for a letter sequence.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.tokens().filter_map(|token| match token {
            Token::Word(word) => Some(word),
            _ => None,
        })
    }

    /// Everything after the `+`, in order: the country code, for North America
    /// the area code apart from what follows, then digits, words and letters.
    pub fn tokens(&self) -> impl Iterator<Item = Token<'_>> {
        let mut at = 1;
        std::iter::from_fn(move || {
            let end = self.token_end(at)?;
            let token = self.token(at, end);
            at = end;
            Some(token)
        })
    }

    /// The tokens joined by dashes, such as `1-800-FLOW-ERR`.
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

    fn token(&self, from: usize, to: usize) -> Token<'_> {
        let text = &self.as_str()[from..to];
        if self.starts_sequence(from) {
            Token::Letters(text)
        } else if self.text[from].is_ascii_digit() {
            Token::Digits(text)
        } else {
            Token::Word(text)
        }
    }

    fn token_end(&self, from: usize) -> Option<usize> {
        let len = self.as_str().len();
        if from >= len {
            return None;
        }
        let same = |at: usize| self.text[at].is_ascii_digit() == self.text[from].is_ascii_digit();
        let whole = self.starts_sequence(from);
        Some((from + 1..len).find(|&at| !whole && (self.is_border(at) || !same(at))).unwrap_or(len))
    }

    fn is_border(&self, at: usize) -> bool {
        let word = self.starts_at(at);
        let country = at == 1 + self.number.country_digits();
        let area = self.number.is_north_american() && at == 5 && self.text[4..6].iter().all(u8::is_ascii_digit);
        word || country || area || self.starts_sequence(at)
    }

    fn starts_at(&self, at: usize) -> bool {
        let place = self.number.as_bytes().len() - 1 - at;
        place < 16 && self.cut.starts >> place & 1 == 1
    }

    fn starts_sequence(&self, at: usize) -> bool {
        self.sequence > 0 && at + usize::from(self.sequence) == self.number.as_bytes().len()
    }
}

impl<'a> Token<'a> {
    /// The characters of the token.
    pub fn as_str(&self) -> &'a str {
        match self {
            Self::Digits(text) | Self::Word(text) | Self::Letters(text) => text,
        }
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Shows where the words are but not the rest of the number.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Form({:?}, {:?})", self.number, self.score())
    }
}

/// The best forms of one number: at most five, no text twice.
#[derive(Clone, Copy, Debug)]
pub struct Best {
    number: Number,
    forms: [Option<Form>; 5],
    word_count: usize,
}

impl Best {
    /// The number that was asked about.
    pub fn number(&self) -> Number {
        self.number
    }

    /// Best first: word forms by score, then letter sequences.
    pub fn ranked(&self) -> impl Iterator<Item = &Form> {
        self.forms.iter().flatten()
    }

    /// As stored: word forms ascending, then letter sequences ascending.
    pub fn stored(&self) -> impl Iterator<Item = Form> + use<> {
        let mut forms = self.forms;
        let len = self.len();
        forms[..self.word_count].sort_unstable_by_key(|form| form.map(|form| form.text));
        forms[self.word_count..len].sort_unstable_by_key(|form| form.map(|form| form.text));
        forms.into_iter().flatten()
    }

    /// How many forms there are.
    pub fn len(&self) -> usize {
        self.ranked().count()
    }

    /// Whether there is no form at all: the number has only 0 and 1 where
    /// letters could be.
    pub fn is_empty(&self) -> bool {
        self.forms[0].is_none()
    }

    /// How many of the forms are made of words.
    pub fn word_count(&self) -> usize {
        self.word_count
    }
}

/// The best five forms of a number. The same number gives the same forms, with
/// the same [`ALGORITHM`], always. Allocates nothing.
pub fn best_five(number: &Number) -> Best {
    let span = Span::new(number.national());
    let mut blocked = None;
    let words = best_words(&span, &mut blocked);
    let filler = if words.len() < 5 {
        fill(span, &words, &blocked.unwrap_or_else(|| crate::blocked::Blocked::of(&span)))
    } else {
        Filler::default()
    };
    let mut forms = [None; 5];
    let words_then_filler = words.as_slice().iter().map(|cut| (cut, 0)).chain(filler.cuts.as_slice().iter().zip(filler.lengths));
    for (slot, (cut, sequence)) in forms.iter_mut().zip(words_then_filler) {
        *slot = Some(Form::new(*number, *cut, sequence));
    }
    Best { number: *number, forms, word_count: words.len() }
}
