//! Conversion of phone numbers to vanity numbers: the same number with letters of the keypad in place of digits, such as
//! `+1800FLOWERS` for `+18003569377`.
//!
//! [`Number::parse`] parses a number, [`Caller::read`] any caller address from a telephone network, [`best_five`] finds the
//! vanity numbers, [`Answer`] combines both, and [`speech`] formats them for speech. There is no input or output and no
//! allocation in the search, and the word list (`words.txt`, derived from SCOWL) is part of the binary as constant tables.

mod answer;
mod blocked;
mod filler;
mod number;
mod search;
mod segmentation;
pub mod speech;
mod trie;
mod vanity_number;

pub use answer::{Answer, Status};
pub use number::{Caller, NotANumber, Number};
pub use vanity_number::{ALGORITHM, Best, Token, VanityNumber, best_five};
