//! The function behind the API: it returns saved vanity numbers.
//!
//! `GET /vanity-numbers/{phone}` returns one caller, `GET /vanity-numbers` the last five, `GET /` a page for people.
//! Environment: `TABLE_NAME`, and the variables that Lambda sets. `AWS_ENDPOINT_URL` selects another DynamoDB endpoint.

mod api;
mod log;
mod page;
mod request;
mod response;

use std::time::{Duration, SystemTime};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use table::{Table, Tracer};

use crate::api::Api;
use crate::request::Request;

/// Maximum time for reading, retries included; API Gateway waits 29 seconds, but people do not.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let store = Table::from_environment(READ_TIMEOUT)?;
    let tracer = Tracer::from_environment(store.name());
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| "get".to_owned());
    let api = Api { store, tracer, function, now: milliseconds };
    let api = &api;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        Ok::<_, Error>(api.answer(&Request::read(&event.payload), event.context.xray_trace_id.as_deref()).await)
    }))
    .await
}

/// Returns the milliseconds since 1970.
fn milliseconds() -> u64 {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    elapsed.as_millis() as u64
}
