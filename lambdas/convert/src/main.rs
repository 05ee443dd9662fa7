//! The function that a contact flow calls: caller's number in, best five vanity
//! numbers out, saved in DynamoDB on the way.
//!
//! Environment: `TABLE_NAME`, and what Lambda sets itself. `AWS_ENDPOINT_URL`
//! points the function at another DynamoDB.

mod client;
mod event;
mod handler;
mod log;
mod reply;
mod store;
#[cfg(test)]
mod wire;

use std::time::{Duration, SystemTime};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

use crate::event::Call;
use crate::handler::Handler;
use crate::store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let table = std::env::var("TABLE_NAME").map_err(|_| "TABLE_NAME is not set; give the function the table's name")?;
    let handler = Handler { store: Table::new(client::from_environment()?, table), now: milliseconds };
    let handler = &handler;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let call = Call::read(&event.payload, &event.context.request_id);
        Ok::<_, Error>(handler.answer(call).await)
    }))
    .await
}

/// Milliseconds since 1970, the unit of `updated_at`.
fn milliseconds() -> u64 {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    elapsed.as_millis() as u64
}
