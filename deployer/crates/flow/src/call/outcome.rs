//! What comes of an action.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::resources::LoadedFlow;

/// Outcome of a call that the caller has ended.
pub(crate) const HUNG_UP: &str = "caller hung up";

/// The control flow after an action.
pub(crate) enum Control {
    /// Continue without a value to branch on.
    Next,
    /// Branch on a value for the conditions.
    Result(Option<String>),
    /// Take the branch of this error type.
    Error(Cow<'static, str>),
    /// End the call.
    End(String),
    /// Continue in another flow.
    Transfer(LoadedFlow),
    /// Call a module.
    Enter(LoadedFlow),
    /// Leave the module with this result.
    Return(Returned),
}

/// Values that a module returns to its caller.
#[derive(Default)]
pub(crate) struct Returned {
    /// Name of one of the module's own branches.
    pub(crate) result: Option<String>,
    /// Data that the caller can read.
    pub(crate) data: Option<Value>,
}

pub(crate) struct ActionOutcome {
    pub(crate) control: Control,
    pub(crate) results: String,
    pub(crate) note: Option<String>,
    pub(crate) external: Option<Value>,
}

impl ActionOutcome {
    pub(crate) fn new(go: Control, results: impl Into<String>) -> Self {
        Self { control: go, results: results.into(), note: None, external: None }
    }

    /// Returns an error outcome with the reason, for transcript and log.
    pub(crate) fn error(kind: impl Into<Cow<'static, str>>, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { note: Some(why.clone()), ..Self::new(Control::Error(kind.into()), why) }
    }

    pub(crate) fn next(results: impl Into<String>) -> Self {
        Self::new(Control::Next, results)
    }
}

/// Returns the outcome of an action during which the caller hangs up.
pub(crate) fn hung_up() -> ActionOutcome {
    ActionOutcome::new(Control::End(HUNG_UP.to_owned()), "The caller has hung up")
}

/// A result of an action, defined by a test.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActionResult {
    /// Value that the conditions compare; `None` for an action without conditions.
    pub value: Option<String>,
    /// Values that can be read afterwards, by root, such as `Customer`.
    pub sets: Map<String, Value>,
}

/// Roots whose values come from outside of the call (AWS administrator guide, list of contact attributes).
pub const EXTERNAL_ROOTS: [&str; 9] =
    ["Case", "Customer", "Email", "Media", "MediaStreams", "SegmentAttributes", "Task", "Views", "Wisdom"];

impl ActionResult {
    pub(crate) fn done(self) -> ActionOutcome {
        let done = match self.value {
            Some(value) => ActionOutcome::new(Control::Result(Some(value.clone())), value),
            None => ActionOutcome::next("As given"),
        };
        ActionOutcome { note: Some("the result is given".to_owned()), ..done }
    }
}
