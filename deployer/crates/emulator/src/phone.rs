//! Phone calls to the instances of an embedded AWS.

use std::sync::Arc;

use deployer_flow::interpret::{Caller, Transcript};

use crate::live_calls::{LiveCall, RecordedCaller};
use crate::services::connect::{call as calls, host::Host};
use crate::{Emulator, Failure};

pub use crate::services::connect::call::Call;

/// Runs one inbound call from the start of the flow to its end and returns the transcript. Functions are invoked as Connect
/// invokes them: they must be associated with the instance, and their resource policies must allow `connect.amazonaws.com` with
/// the instance as source; otherwise the flow takes its error branch. Entries of the flow log are written to the log group
/// `/aws/connect/ALIAS` if the instance's attribute `CONTACTFLOW_LOGS` is on and the flow has enabled logging.
///
/// # Errors
/// Returns [`Failure::State`] if the instance or published flow does not exist, the instance takes no inbound calls, or the
/// flow is not an inbound flow. Failures during the call are part of the transcript.
pub async fn call(emulator: &Arc<Emulator>, call: Call, caller: &mut dyn Caller) -> Result<Transcript, Failure> {
    let calls = emulator.root().map_err(|refusal| Failure::State(refusal.message))?;
    let live = calls.calls.begin(&call, &emulator.request_context(), None);
    call_live(emulator, call, caller, &live).await
}

/// Runs one inbound call that has been entered among the live calls, where everybody can follow it.
pub(crate) async fn call_live(
    emulator: &Arc<Emulator>,
    call: Call,
    caller: &mut dyn Caller,
    live: &Arc<LiveCall>,
) -> Result<Transcript, Failure> {
    let host: Arc<dyn Host> = Arc::clone(emulator) as _;
    let _ended = live.ended_on_drop();
    let mut caller = RecordedCaller { caller, live: Arc::clone(live) };
    let done = calls::call(&host, call, &mut caller, live.observer()).await;
    match &done {
        Ok(transcript) => live.done(transcript),
        Err(failure) => live.refused(&failure.to_string()),
    }
    done
}

/// Returns the ids of the instance and flow of a claimed number. `None` if the number is not claimed here, its claim is still
/// in progress, or it has no flow.
pub fn dialled(emulator: &Emulator, number: &str) -> Option<(String, String)> {
    calls::dialled(emulator, number)
}
