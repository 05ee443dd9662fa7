//! The function behind the API: reads saved vanity numbers back.
//!
//! `GET /vanity-numbers/{phone}` is one caller, `GET /vanity-numbers` the last
//! five, `GET /` a page for people. Environment: `TABLE_NAME`, and what Lambda
//! sets itself. `AWS_ENDPOINT_URL` points the function at another DynamoDB.

mod api;
mod client;
mod page;
mod request;
mod response;
mod store;
#[cfg(test)]
mod wire;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

use crate::api::Api;
use crate::request::Request;
use crate::store::Table;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let table = std::env::var("TABLE_NAME").map_err(|_| "TABLE_NAME is not set; give the function the table's name")?;
    let api = Api { store: Table::new(client::from_environment()?, table) };
    let api = &api;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        Ok::<_, Error>(api.answer(&Request::read(&event.payload)).await)
    }))
    .await
}
