//! What can go wrong with one call.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Which call of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// The one with this number, counted from 0.
    Call(usize),
    /// The one with this number of those that can change what exists, the state bucket apart.
    Change(usize),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(number) => write!(f, "call {number}"),
            Self::Change(number) => write!(f, "change {number}"),
        }
    }
}

impl FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is neither \"call N\" nor \"change N\"");
        let (kind, number) = text.split_once(' ').ok_or_else(wrong)?;
        match (kind, number.parse()) {
            ("call", Ok(number)) => Ok(Self::Call(number)),
            ("change", Ok(number)) => Ok(Self::Change(number)),
            _ => Err(wrong()),
        }
    }
}

impl Serialize for At {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What goes wrong in one run.
pub type Faults = BTreeMap<At, Fault>;

/// A fault at one call of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The process dies before the request is sent.
    CrashBeforeSend,
    /// The request has its effect, and the process dies before the answer arrives.
    CrashAfterEffect,
    /// The connection breaks before the request arrives.
    RequestLost,
    /// The request has its effect, and the connection breaks before the answer arrives.
    ResponseLost,
    /// The request has its effect at once, and no answer ever comes.
    NoAnswer,
    /// No answer ever comes, and the request has its effect half a minute later.
    LateEffect,
    /// The request arrives twice; the answer to the first arrives. A request that no client can keep from being carried out twice
    /// arrives once.
    Duplicated,
    /// The answer takes half a minute.
    Delayed,
    /// Refused: too many calls.
    Throttled,
    /// 500, and there was no effect.
    FailedWithoutEffect,
    /// 500, and the effect is there.
    FailedAfterEffect,
    /// Refused: a quota is used up.
    Quota,
    /// A read is answered as things were a few seconds ago. A change is not touched by this.
    Stale,
    /// The request has its effect, and then this machine stands still for a minute and a half, so that its lease lapses.
    Suspended,
    /// The request has its effect, and then this machine's wall clock is set back by ten minutes.
    ClockSetBack,
    /// The request has its effect, and then this machine's wall clock is set forward by two hours.
    ClockSetForward,
    /// The request has its effect, and then this machine stands still until its lease has lapsed, with its wall clock set back by as
    /// much again before it goes on.
    FrozenAndSetBack,
    /// What takes a while is accepted, and has failed when it is over. Nothing else is touched by this.
    ComesToNothing,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 18] = [
        Self::CrashBeforeSend,
        Self::CrashAfterEffect,
        Self::RequestLost,
        Self::ResponseLost,
        Self::NoAnswer,
        Self::LateEffect,
        Self::Duplicated,
        Self::Delayed,
        Self::Throttled,
        Self::FailedWithoutEffect,
        Self::FailedAfterEffect,
        Self::Quota,
        Self::Stale,
        Self::Suspended,
        Self::ClockSetBack,
        Self::ClockSetForward,
        Self::FrozenAndSetBack,
        Self::ComesToNothing,
    ];

    /// What the tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrashBeforeSend => "crash before the request is sent",
            Self::CrashAfterEffect => "crash after the effect, before the answer",
            Self::RequestLost => "request lost",
            Self::ResponseLost => "effect done, answer lost",
            Self::NoAnswer => "effect done, no answer until the time limit",
            Self::LateEffect => "no answer, effect 30 s later",
            Self::Duplicated => "request delivered twice",
            Self::Delayed => "answer delayed by 30 s",
            Self::Throttled => "throttled",
            Self::FailedWithoutEffect => "500 without effect",
            Self::FailedAfterEffect => "500 after the effect",
            Self::Quota => "quota used up",
            Self::Stale => "stale read",
            Self::Suspended => "machine suspended for 90 s",
            Self::ClockSetBack => "clock set back by 10 min",
            Self::ClockSetForward => "clock set forward by 2 h",
            Self::FrozenAndSetBack => "machine suspended for 90 s, clock set back",
            Self::ComesToNothing => "accepted, and fails in the end",
        }
    }

    /// Whether it can happen to a call of this operation.
    pub fn happens_to(self, operation: &str) -> bool {
        match self {
            Self::Stale => crate::network::is_read(operation),
            // Of what AWS tells afterwards that it has failed.
            Self::ComesToNothing => matches!(operation, "CreateInstance" | "ClaimPhoneNumber"),
            _ => true,
        }
    }

    /// Whether it ends the process.
    pub fn crashes(self) -> bool {
        matches!(self, Self::CrashBeforeSend | Self::CrashAfterEffect)
    }
}

/// How late a late effect is, and how long a delayed answer takes.
pub(crate) const LATE: Duration = Duration::from_secs(30);
/// How old a stale answer is.
pub(crate) const STALE: Duration = Duration::from_secs(5);
/// How long a suspended machine stands still: longer than a lease lives.
pub(crate) const SUSPENDED: Duration = Duration::from_secs(90);
/// By how much a wall clock is wrong after it was set back.
pub(crate) const SET_BACK: time::Duration = time::Duration::minutes(-10);
/// The same after it was set forward.
pub(crate) const SET_FORWARD: time::Duration = time::Duration::hours(2);
