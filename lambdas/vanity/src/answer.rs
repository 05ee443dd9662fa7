//! Answers to all kinds of callers.

use crate::number::Caller;
use crate::vanity_number::{Best, best_five};

/// The status of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// There are vanity numbers.
    Ok,
    /// The number is valid but has only 0 and 1 where letters could be.
    NoLetters,
    /// The caller's number is withheld or unknown.
    NoCallerId,
    /// The caller's address is not a phone number.
    InvalidNumber,
    /// The request could not be read.
    Unavailable,
}

impl Status {
    /// Returns the name that contact flows compare and that is used in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::NoLetters => "NO_LETTERS",
            Self::NoCallerId => "NO_CALLER_ID",
            Self::InvalidNumber => "INVALID_NUMBER",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// An answer to a caller: a status, and the best vanity numbers if the caller has a number.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// Status of the answer.
    pub status: Status,
    /// The vanity numbers; present for [`Status::Ok`] and, empty, for [`Status::NoLetters`].
    pub best: Option<Best>,
}

impl Answer {
    /// Answers a caller. Never fails; a caller without a number gets a separate status.
    pub fn to(caller: Caller) -> Self {
        let number = match caller {
            Caller::Known(number) => number,
            Caller::Withheld => return Self { status: Status::NoCallerId, best: None },
            Caller::Invalid(_) => return Self { status: Status::InvalidNumber, best: None },
        };
        let best = best_five(&number);
        let status = if best.is_empty() { Status::NoLetters } else { Status::Ok };
        Self { status, best: Some(best) }
    }
}
