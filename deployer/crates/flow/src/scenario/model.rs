//! What a test file says.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use time::{OffsetDateTime, Time, UtcOffset, Weekday};

use crate::interpret::{ActionResult, Key, BotTurn, ThirdParty};
use crate::source_map::Position;

/// The tests of one flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// The file of the flow that is called.
    pub flow: FileRef,
    /// The tests in their order.
    pub cases: Vec<Case>,
}

/// A file that a test file names, relative to the test file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRef {
    /// The path as it is written.
    pub path: String,
    /// Where it is written.
    pub at: Position,
}

/// One test: one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub at: Position,
    /// What holds before the call.
    pub given: Given,
    /// What the caller does when keys are expected.
    pub keys: Vec<Key>,
    /// What must come of it.
    pub expect: Expect,
}

/// What holds before a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The caller's number; `None` when it is withheld.
    pub caller: Option<String>,
    /// The dialled number.
    pub called: String,
    /// When the call begins.
    pub time: OffsetDateTime,
    /// Attributes the contact has from the beginning.
    pub attributes: Map<String, Value>,
    /// What functions answer, invocation by invocation; the last answer is repeated.
    pub functions: BTreeMap<String, Vec<FunctionAnswer>>,
    /// What bots make of what the caller says, time by time, the last answer repeated; or of the keys that the caller presses.
    pub bots: BTreeMap<String, Vec<BotAnswer>>,
    /// Other flows and modules.
    pub flows: BTreeMap<String, FileRef>,
    /// Queues.
    pub queues: BTreeMap<String, GivenQueue>,
    /// Hours of operation.
    pub hours: BTreeMap<String, Hours>,
    /// Where chance comes from.
    pub chance: PercentSource,
    /// Actions that fail, with the error they fail with.
    pub fails: BTreeMap<String, String>,
    /// What comes of actions that something outside of the call answers, run by run; the last result is repeated.
    pub results: BTreeMap<String, Vec<ActionResult>>,
    /// What numbers do that the flow calls.
    pub numbers: BTreeMap<String, ThirdParty>,
}

/// The random numbers of `DistributeByPercentage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PercentSource {
    /// Always this number, from 1 to 100.
    Percent(u8),
    /// A sequence that depends on this number only.
    Seed(u64),
}

impl PercentSource {
    /// The next number from 1 to 100.
    #[must_use]
    pub fn draw(&mut self) -> u8 {
        match self {
            Self::Percent(percent) => *percent,
            Self::Seed(state) => u8::try_from(next(state) % 100).map_or(100, |below| below + 1),
        }
    }
}

/// The next number of a sequence (SplitMix64, Steele and others 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// How a function answers one invocation.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionAnswer {
    /// How.
    pub kind: AnswerKind,
    /// After how many seconds.
    pub after: u64,
}

/// What a function answers.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerKind {
    /// This JSON.
    Json(Value),
    /// This text, which need not be JSON.
    Text(String),
    /// Nothing in time.
    TimesOut,
    /// It is throttled.
    Throttled,
    /// It fails with this type and message.
    Fails(String, String),
    /// The real function answers.
    Real,
}

/// What a bot makes of what the caller says or presses.
#[derive(Debug, Clone, PartialEq)]
pub struct BotAnswer {
    /// The keys it is the answer to, for a bot that goes by keys.
    pub keys: Option<String>,
    /// What comes of it.
    pub talk: BotTurn,
}

/// A queue as a test has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenQueue {
    /// The name that people have for it.
    pub name: String,
    /// Whether it takes no more contacts.
    pub full: bool,
    /// Its hours of operation, by their key.
    pub hours: Option<String>,
    /// Metrics by their names in `CheckMetricData`.
    pub metrics: BTreeMap<String, u64>,
    /// After how many seconds an agent answers.
    pub answered_after: Option<u64>,
    /// The agent's user name.
    pub agent: Option<String>,
    /// For how many seconds the agent holds the caller, time by time.
    pub holds: Vec<u64>,
}

/// Hours of operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// Always open, or always closed.
    Always(bool),
    /// Open at these times of the week.
    Week {
        /// What the times are relative to.
        offset: UtcOffset,
        /// Beginning and end, day by day.
        days: Vec<(Weekday, Time, Time)>,
    },
}

impl Hours {
    /// Whether they are open at a moment. The end does not belong to them.
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

/// What must come of a call. What is not said is not looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expect {
    /// Parts of sentences the caller hears, in this order.
    pub heard: Vec<String>,
    /// Parts of sentences the caller must not hear.
    pub not_heard: Vec<String>,
    /// Parts of sentences an agent hears in a whisper, in this order.
    pub agent_hears: Vec<String>,
    /// Attributes at the end; `None` when there must be none of that name.
    pub attributes: BTreeMap<String, Option<String>>,
    /// Actions that run, in this order; others may run between them.
    pub path: Vec<String>,
    /// How the call ends.
    pub outcome: Option<String>,
    /// Functions that are invoked.
    pub functions: BTreeMap<String, Invoked>,
    /// Bots that are spoken to.
    pub bots: BTreeMap<String, Invoked>,
}

/// How a function must have been invoked, or a bot spoken to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Invoked {
    /// How often; at least once when it is not said.
    pub times: Option<u64>,
    /// Parameters of the last invocation, or session attributes of the last talk.
    pub parameters: BTreeMap<String, String>,
}
