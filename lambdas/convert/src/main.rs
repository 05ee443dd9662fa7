//! The function that a contact flow invokes: it converts the caller's number to the best five vanity numbers and saves them
//! in DynamoDB.
//!
//! Environment: `TABLE_NAME`, and the variables that Lambda sets. `AWS_ENDPOINT_URL` selects another DynamoDB endpoint.

mod event;
mod handler;
mod log;
mod reply;

use std::time::{Duration, SystemTime};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use table::{Table, Tracer};

use crate::event::Call;
use crate::handler::Handler;

/// Maximum time for saving, retries included: a caller, who waits at most eight seconds in silence, must get an answer even
/// if saving fails.
const SAVE_TIMEOUT: Duration = Duration::from_millis(3_500);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let store = Table::from_environment(SAVE_TIMEOUT)?;
    let tracer = Tracer::from_environment(store.name());
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| "convert".to_owned());
    let handler = Handler { store, tracer, function, now: milliseconds };
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let call = Call::read(&event.payload, &event.context.request_id);
        Ok::<_, Error>(handler.answer(call, event.context.xray_trace_id.as_deref()).await)
    }))
    .await
}

/// Returns the milliseconds since 1970, the unit of `updated_at`.
fn milliseconds() -> u64 {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    elapsed.as_millis() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saving_gives_up_while_connect_still_waits() {
        assert!(SAVE_TIMEOUT * 2 < Duration::from_secs(8), "Connect waits eight seconds, with its own retry inside");
    }

    #[test]
    fn spec_overrides_lambdas_default_timeout() {
        // A failed save alone may take longer.
        let spec = include_str!("../../../config/base.yaml");
        let (_, function) = spec.split_once("    package: convert\n").expect("the function is in the spec");
        let (_, seconds) = function.split_once("    timeout_seconds: ").expect("it has a time-out");
        let seconds: u64 = seconds.lines().next().and_then(|line| line.trim().parse().ok()).expect("a number");
        assert!(Duration::from_secs(seconds) > SAVE_TIMEOUT * 2, "{seconds}");
    }
}
