//! Parameters and record of a call.

use serde::Serialize;
use serde_json::{Map, Value};

use super::caller::Key;

/// Parameters of a call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Number of the caller in E.164 form; `None` if it is withheld.
    pub from: Option<String>,
    /// Dialled number.
    pub to: String,
    /// Id of the contact.
    pub contact_id: String,
    /// ARN of the instance.
    pub instance_arn: String,
    /// User-defined attributes that the contact has from the beginning, as after a transfer.
    pub attributes: Map<String, Value>,
    /// Number of actions after which the call is ended, so that it always terminates.
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

/// The record of a call.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Transcript {
    /// Number of the caller; `null` if it is withheld.
    pub from: Option<String>,
    /// Sentences that the caller heard.
    pub heard: Vec<String>,
    /// Actions in the order of execution.
    pub path: Vec<TraceStep>,
    /// Functions in the order of invocation.
    pub lambda: Vec<LambdaCall>,
    /// Outcome of the call: `disconnected`, `ended`, `waiting` (indefinitely, in looped prompts), `queued: NAME`,
    /// `answered: AGENT`, `transferred: NUMBER` (or another destination), `caller hung up`, or the reason why it could not
    /// continue.
    pub outcome: String,
    /// Reactions of the caller to requests for keys, each with the number of sentences heard before it.
    #[serde(skip)]
    pub keys: Vec<(usize, Key)>,
    /// Sentences that an agent heard in a whisper.
    #[serde(skip)]
    pub agent_heard: Vec<String>,
    /// User-defined attributes of the contact at the end.
    #[serde(skip)]
    pub attributes: Map<String, Value>,
    /// Flow-log entries in Connect's format, while logging was on.
    #[serde(skip)]
    pub log: Vec<Value>,
}

/// An executed action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TraceStep {
    /// Identifier of the action.
    pub id: String,
    /// Type of the action.
    #[serde(rename = "type")]
    pub kind: String,
    /// Action that followed; `null` if the call ended here.
    pub next: Option<String>,
    /// Reason for an error branch, or the part that was not simulated; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Name of the flow or module that contains the action.
    #[serde(skip)]
    pub flow: String,
    /// Branch that was taken.
    #[serde(skip)]
    pub taken: BranchTaken,
}

/// The branch taken after an action.
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

/// An invocation of a function.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LambdaCall {
    /// ARN that was invoked.
    pub function: String,
    /// Response, or `{"error","message"}` if there was none.
    pub response: Value,
}
