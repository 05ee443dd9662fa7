//! Calls a flow as a caller would, on a [`Host`] that stands for the instance.
//!
//! What is simulated follows the AWS pages on the Flow language and the
//! administrator guide. An action that is not simulated takes its error branch,
//! and the transcript says so. A withheld number arrives as `anonymous`.

mod start;
mod actions;
mod bot;
mod buffer;
mod contact;
mod engine;
mod host;
mod input;
mod lambda;
mod log;
mod metrics;
mod queueing;
mod rounds;
mod support;

use serde::Serialize;
use serde_json::{Map, Value};

pub use start::ActionStart;
pub(crate) use actions::can_be_named;
pub(crate) use bot::FALLBACK;
pub use bot::{Intent, BotTurn, TalkEnd};
pub use host::{Agent, Answer, BoxFuture, Caller, Host, Key, LambdaFailure, LoadedFlow, Queue, Script, ThirdParty};
pub(crate) use support::why_no_result;
pub use support::{ActionResult, ActionSupport, OUTSIDE_ROOTS, SimulationSupport, known};

/// Who calls where.
#[derive(Debug, Clone)]
pub struct Call {
    /// The caller's number in E.164 form; `None` when it is withheld.
    pub from: Option<String>,
    /// The dialled number.
    pub to: String,
    /// The contact's id.
    pub contact_id: String,
    /// The ARN of the instance.
    pub instance_arn: String,
    /// User-defined attributes the contact has from the beginning, as after a transfer.
    pub attributes: Map<String, Value>,
    /// After so many actions the call is ended, lest it go on for ever.
    pub step_limit: usize,
}

impl Default for Call {
    fn default() -> Self {
        Self {
            from: None,
            to: "+18005550100".to_owned(),
            contact_id: "00000000-0000-4000-8000-000000000000".to_owned(),
            instance_arn: "arn:aws:connect:us-east-1:111122223333:instance/\
                           00000000-0000-4000-8000-000000000001"
                .to_owned(),
            attributes: Map::new(),
            step_limit: 1000,
        }
    }
}

/// What happened in a call.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Transcript {
    /// The caller's number; `null` when it is withheld.
    pub from: Option<String>,
    /// What the caller heard, sentence by sentence.
    pub heard: Vec<String>,
    /// The actions in the order they ran.
    pub path: Vec<TraceStep>,
    /// The functions in the order they were invoked.
    pub lambda: Vec<LambdaCall>,
    /// How the call ended: `disconnected`, `ended`, `waiting` (for ever, in looped prompts), `queued: NAME`, `answered: AGENT`,
    /// `transferred: NUMBER` or to whom, `caller hung up`, or why it could not go on.
    pub outcome: String,
    /// What the caller did when keys were expected, each with how many sentences had been heard before it.
    #[serde(skip)]
    pub keys: Vec<(usize, Key)>,
    /// What an agent heard in a whisper.
    #[serde(skip)]
    pub agent_heard: Vec<String>,
    /// The contact's user-defined attributes at the end.
    #[serde(skip)]
    pub attributes: Map<String, Value>,
    /// Flow-log entries in Connect's shape, while logging was on.
    #[serde(skip)]
    pub log: Vec<Value>,
}

/// One action that ran.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TraceStep {
    /// Its identifier.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The action that followed; `null` when the call ended here.
    pub next: Option<String>,
    /// Why an error branch was taken or what was not simulated; absent when
    /// there is nothing to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The name of the flow or module the action is in.
    #[serde(skip)]
    pub flow: String,
    /// The branch that was taken.
    #[serde(skip)]
    pub taken: BranchTaken,
}

/// The way on from an action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BranchTaken {
    /// The condition branch with this index.
    Condition(usize),
    /// The error branch with this index.
    Error(usize),
    /// `NextAction`.
    Next,
    /// None: the flow was left or the call ended.
    #[default]
    Left,
}

/// One function that was invoked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LambdaCall {
    /// The ARN it was invoked by.
    pub function: String,
    /// Its answer, or `{"error","message"}` if there was none.
    pub response: Value,
}

/// Runs one call from a flow's `StartAction` to its end.
pub async fn call(host: &dyn Host, caller: &mut dyn Caller, flow: LoadedFlow, call: &Call) -> Transcript {
    engine::Engine::new(host, caller, flow, call).run().await
}
