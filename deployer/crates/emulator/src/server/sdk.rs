//! An HTTP client for the AWS SDK that is connected to the embedded AWS in this process.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;

use crate::Emulator;

/// Returns a client that sends every request to `emulator`.
pub fn http_client(emulator: Arc<Emulator>) -> SharedHttpClient {
    SharedHttpClient::new(Client(emulator))
}

#[derive(Clone)]
struct Client(Arc<Emulator>);

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("embedded AWS")
    }
}

impl HttpClient for Client {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Client {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let emulator = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
            let response = emulator.handle(http::Request::from_parts(parts, body)).await;
            response
                .map(SdkBody::from)
                .try_into()
                .map_err(|error: aws_smithy_runtime_api::http::HttpError| ConnectorError::user(error.into()))
        })
    }
}
