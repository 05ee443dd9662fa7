//! Simulates the call of a caller to a flow, on a [`Host`] that represents the instance.
//!
//! The simulation follows the AWS pages on the Flow language and the administrator guide. An action that is not simulated
//! takes its error branch, and the transcript reports it. A withheld number appears as `anonymous`.

pub(crate) mod bot;
pub(crate) mod buffer;
pub(crate) mod caller;
pub(crate) mod contact;
pub(crate) mod engine;
pub(crate) mod host;
mod log;
pub(crate) mod metrics;
pub(crate) mod outcome;
pub(crate) mod queued;
pub(crate) mod queueing;
pub(crate) mod resources;
mod rounds;
mod run;
mod start;
pub(crate) mod stored_input;
pub(crate) mod transcript;
pub(crate) mod values;

pub(crate) use bot::FALLBACK;
pub use bot::{BotOutcome, BotTurn, Intent};
pub use caller::{BoxFuture, Caller, Key, Script};
pub use host::{Host, LambdaFailure};
pub use outcome::{ActionResult, EXTERNAL_ROOTS};
pub use resources::{Agent, AgentAnswer, LoadedFlow, Queue, ThirdParty};
pub use start::ActionStart;
pub use transcript::{BranchTaken, Call, LambdaCall, TraceStep, Transcript};
pub(crate) use values::can_be_named;

/// Runs one call from a flow's `StartAction` to its end.
pub async fn call(host: &dyn Host, caller: &mut dyn Caller, flow: LoadedFlow, call: &Call) -> Transcript {
    engine::Engine::new(host, caller, flow, call).run().await
}
