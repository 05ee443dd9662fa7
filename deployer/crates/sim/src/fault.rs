//! Faults of a call.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The call at which a fault is injected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// The call with this number, counted from 0.
    Call(usize),
    /// The call with this number among those that can change resources; calls to the state bucket do not count.
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

/// Faults of one run.
pub type Faults = BTreeMap<At, Fault>;

/// A fault at one call of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The process crashes before the request is sent.
    CrashBeforeSend,
    /// The request takes effect, and the process crashes before the response arrives.
    CrashAfterEffect,
    /// The connection breaks before the request arrives.
    RequestLost,
    /// The request takes effect, and the connection breaks before the response arrives.
    ResponseLost,
    /// The request takes effect immediately, and no response ever arrives.
    NoAnswer,
    /// No response ever arrives, and the request takes effect half a minute later.
    LateEffect,
    /// The request is delivered twice; the response to the first arrives. A request that no client can make idempotent is delivered once.
    Duplicated,
    /// The response takes half a minute.
    Delayed,
    /// The request is throttled.
    Throttled,
    /// Status 500 without an effect.
    FailedWithoutEffect,
    /// Status 500 after the request has taken effect.
    FailedAfterEffect,
    /// The request is rejected because a quota is exhausted.
    Quota,
    /// A read returns the state of a few seconds ago. Writes are unaffected.
    Stale,
    /// The request takes effect, and then this machine is suspended for a minute and a half, so that its lease expires.
    Suspended,
    /// The request takes effect, and then this machine's wall clock is set back by ten minutes.
    ClockSetBack,
    /// The request takes effect, and then this machine's wall clock is set forward by two hours.
    ClockSetForward,
    /// The request takes effect, and then this machine is suspended until its lease has expired, with its wall clock set back by the same
    /// time before it resumes.
    FrozenAndSetBack,
    /// An asynchronous operation is accepted and fails in the end. Other operations are unaffected.
    FailsAsync,
}

impl Fault {
    /// All faults.
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
        Self::FailsAsync,
    ];

    /// Returns its name in tables.
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
            Self::FailsAsync => "accepted, and fails in the end",
        }
    }

    /// Whether it can be injected at a call of this operation.
    pub fn applies_to(self, operation: &str) -> bool {
        match self {
            Self::Stale => is_read(operation),
            // Operations whose failures AWS reports afterwards.
            Self::FailsAsync => matches!(operation, "CreateInstance" | "ClaimPhoneNumber" | "CreateVocabulary"),
            _ => true,
        }
    }

    /// Whether it ends the process.
    pub fn crashes(self) -> bool {
        matches!(self, Self::CrashBeforeSend | Self::CrashAfterEffect)
    }
}

/// Delay of a late effect, and of a delayed response.
pub(crate) const LATE: Duration = Duration::from_secs(30);
/// Age of a stale response.
pub(crate) const STALE: Duration = Duration::from_secs(5);
/// Duration of a suspension, longer than the TTL of a lease.
pub(crate) const SUSPENDED: Duration = Duration::from_secs(90);
/// Error of a wall clock after it was set back.
pub(crate) const SET_BACK: time::Duration = time::Duration::minutes(-10);
/// Error of a wall clock after it was set forward.
pub(crate) const SET_FORWARD: time::Duration = time::Duration::hours(2);

/// Whether an operation only reads, by its name.
pub(crate) fn is_read(operation: &str) -> bool {
    ["Get", "List", "Describe", "Search", "Head"].iter().any(|prefix| operation.starts_with(prefix))
}
