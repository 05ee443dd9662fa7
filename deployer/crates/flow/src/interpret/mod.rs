//! Simulates the call of a caller to a flow, on a [`Host`] that represents the instance.
//!
//! The simulation follows the AWS pages on the Flow language and the administrator guide. An action that is not simulated
//! takes its error branch, and the transcript reports it. A withheld number appears as `anonymous`.

mod log;
mod rounds;
mod run;

pub use crate::call::bot::{BotOutcome, BotTurn, Intent};
pub use crate::call::caller::{BoxFuture, Caller, Key, Script};
use crate::call::engine::Engine;
pub use crate::call::host::{Host, LambdaFailure};
pub use crate::call::outcome::{ActionResult, EXTERNAL_ROOTS};
pub use crate::call::resources::{Agent, AgentAnswer, LoadedFlow, Queue, ThirdParty};
pub use crate::call::start::ActionStart;
pub use crate::call::transcript::{BranchTaken, Call, LambdaCall, TraceStep, Transcript};

/// Runs one call from a flow's `StartAction` to its end.
pub async fn call(host: &dyn Host, caller: &mut dyn Caller, flow: LoadedFlow, call: &Call) -> Transcript {
    Engine::new(host, caller, flow, call).run().await
}
