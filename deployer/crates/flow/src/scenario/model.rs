//! Content of a test file.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use time::{OffsetDateTime, Time, UtcOffset, Weekday};

use crate::interpret::{ActionResult, BotTurn, BoxFuture, Key, LambdaFailure, ThirdParty};
use crate::model::Flow;
use crate::source_map::Position;

/// The tests of a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// File of the called flow.
    pub flow: FileRef,
    /// Tests in their order.
    pub cases: Vec<Case>,
}

/// A file that a test file refers to, relative to the test file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRef {
    /// Path as written.
    pub path: String,
    /// Position in the test file.
    pub at: Position,
}

/// A test with one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Name of the test.
    pub name: String,
    /// Position in the test file.
    pub at: Position,
    /// Preconditions of the call.
    pub given: Given,
    /// Reactions of the caller to requests for keys.
    pub keys: Vec<Key>,
    /// Expectations of the test.
    pub expect: Expect,
}

/// Preconditions of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// Number of the caller; `None` if it is withheld.
    pub caller: Option<String>,
    /// Dialled number.
    pub called: String,
    /// Start of the call.
    pub time: OffsetDateTime,
    /// Attributes that the contact has from the beginning.
    pub attributes: Map<String, Value>,
    /// Responses of functions, one per invocation; the last one is repeated.
    pub functions: BTreeMap<String, Vec<FunctionAnswer>>,
    /// Results of conversations with bots: one per conversation, the last one repeated, or by the keys that the caller
    /// presses.
    pub bots: BTreeMap<String, Vec<BotAnswer>>,
    /// Other flows and modules.
    pub flows: BTreeMap<String, FileRef>,
    /// Queues.
    pub queues: BTreeMap<String, GivenQueue>,
    /// Hours of operation.
    pub hours: BTreeMap<String, Hours>,
    /// Source of random numbers.
    pub chance: PercentSource,
    /// Actions that fail, with their errors.
    pub fails: BTreeMap<String, String>,
    /// Results of actions that depend on something outside of the call, one per execution; the last one is repeated.
    pub results: BTreeMap<String, Vec<ActionResult>>,
    /// Reactions of the numbers that the flow calls.
    pub numbers: BTreeMap<String, ThirdParty>,
}

/// The random numbers of `DistributeByPercentage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PercentSource {
    /// Always this number, from 1 to 100.
    Percent(u8),
    /// A sequence that depends on this seed only.
    Seed(u64),
}

impl PercentSource {
    /// Returns the next number from 1 to 100.
    #[must_use]
    pub fn draw(&mut self) -> u8 {
        match self {
            Self::Percent(percent) => *percent,
            Self::Seed(state) => u8::try_from(next(state) % 100).map_or(100, |below| below + 1),
        }
    }
}

/// Returns the next number of a sequence (SplitMix64, Steele and others 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A stubbed response of a function to one invocation.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionAnswer {
    /// Kind of the response.
    pub kind: AnswerKind,
    /// Delay in seconds.
    pub after: u64,
}

/// The kind of a function's response.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerKind {
    /// This JSON.
    Json(Value),
    /// This text, which need not be JSON.
    Text(String),
    /// No response within the time limit.
    TimesOut,
    /// The invocation is throttled.
    Throttled,
    /// The function fails with this type and message.
    Fails(String, String),
    /// The response of the real function.
    Real,
}

/// A stubbed result of a conversation with a bot.
#[derive(Debug, Clone, PartialEq)]
pub struct BotAnswer {
    /// Keys that lead to this result, for a bot that responds to keys.
    pub keys: Option<String>,
    /// Result of the conversation.
    pub talk: BotTurn,
}

/// A queue of a test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenQueue {
    /// Display name.
    pub name: String,
    /// Whether the queue rejects further contacts.
    pub full: bool,
    /// Key of its hours of operation.
    pub hours: Option<String>,
    /// Metrics by their names in `CheckMetricData`.
    pub metrics: BTreeMap<String, u64>,
    /// Number of seconds until an agent answers.
    pub answered_after: Option<u64>,
    /// User name of the agent.
    pub agent: Option<String>,
    /// Duration in seconds of each hold by the agent.
    pub holds: Vec<u64>,
}

/// Hours of operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// Always open, or always closed.
    Always(bool),
    /// Open at these times of the week.
    Week {
        /// Offset of the times from UTC.
        offset: UtcOffset,
        /// Start and end times by weekday.
        days: Vec<(Weekday, Time, Time)>,
    },
}

impl Hours {
    /// Whether they are open at a time. The end is exclusive.
    #[must_use]
    pub fn are_open(&self, at: OffsetDateTime) -> bool {
        match self {
            Self::Always(open) => *open,
            Self::Week { offset, days } => {
                let local = at.checked_to_offset(*offset).unwrap_or(at);
                days.iter().any(|(day, from, to)| *day == local.weekday() && *from <= local.time() && local.time() < *to)
            }
        }
    }
}

/// Expectations of a test. Anything absent is not checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expect {
    /// Parts of sentences that the caller hears, in this order.
    pub heard: Vec<String>,
    /// Parts of sentences that the caller must not hear.
    pub not_heard: Vec<String>,
    /// Parts of sentences that an agent hears in a whisper, in this order.
    pub agent_hears: Vec<String>,
    /// Attributes at the end; `None` if there must be none of that name.
    pub attributes: BTreeMap<String, Option<String>>,
    /// Actions that run, in this order; others may run between them.
    pub path: Vec<String>,
    /// Outcome of the call.
    pub outcome: Option<String>,
    /// Functions that are invoked.
    pub functions: BTreeMap<String, ExpectedInvocations>,
    /// Bots that are used.
    pub bots: BTreeMap<String, ExpectedInvocations>,
}

/// Expected invocations of a function, or conversations with a bot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExpectedInvocations {
    /// Number of times; at least once if absent.
    pub times: Option<u64>,
    /// Parameters of the last invocation, or session attributes of the last conversation.
    pub parameters: BTreeMap<String, String>,
}

/// Real functions, for tests that request them.
pub trait Functions: Send + Sync {
    /// Invokes the function with this key and returns its response.
    fn invoke<'a>(&'a self, key: &'a str, event: &'a Value, limit: Duration) -> BoxFuture<'a, Result<Value, LambdaFailure>>;
}

/// Flows of a suite, by the paths in it.
pub type Files = BTreeMap<String, Arc<Flow>>;
