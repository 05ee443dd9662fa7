//! Turns a phone number into vanity numbers: the same number with letters of
//! the keypad in place of digits, such as `+1800FLOWERS` for `+18003569377`.
//!
//! [`Number::parse`] reads a number, [`Caller::read`] whatever a telephone
//! network says about a caller, [`best_five`] finds the forms, [`Answer`] is both
//! in one, and [`speech`] says them. No input or output, no allocation in the search, and the word
//! list (`words.txt`, made of SCOWL) is part of the binary as constant tables.

mod answer;
mod blocked;
mod segmentation;
mod filler;
mod vanity_number;
mod number;
mod search;
pub mod speech;
mod trie;

pub use answer::{Answer, Status};
pub use vanity_number::{ALGORITHM, Best, VanityNumber, Token, best_five};
pub use number::{Caller, NotANumber, Number};
