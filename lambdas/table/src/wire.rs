//! A fake DynamoDB for tests that returns the same response to every request and records the requests.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

/// A fake DynamoDB endpoint.
#[derive(Clone, Debug)]
pub(crate) struct FakeDynamoDb {
    status: u16,
    body: String,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

impl FakeDynamoDb {
    /// Creates an endpoint that returns this response to every request.
    pub(crate) fn answering(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into(), requests: Arc::default() }
    }

    /// Returns operation and body of the only request.
    pub(crate) fn only_request(&self) -> (String, Value) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(requests.len(), 1, "one request");
        requests[0].clone()
    }
}

impl HttpConnector for FakeDynamoDb {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push((target, body));
        let response = http::Response::builder().status(self.status).body(SdkBody::from(self.body.clone()));
        let response = HttpResponse::try_from(response.expect("a sound response")).expect("a sound response");
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// Returns a client of the endpoint, with the functions' own settings.
pub(crate) fn client(wire: &FakeDynamoDb) -> Client {
    let connector = SharedHttpConnector::new(wire.clone());
    let config = crate::client::settings(Duration::from_secs(4))
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .http_client(http_client_fn(move |_, _| connector.clone()));
    Client::from_conf(config.build())
}
