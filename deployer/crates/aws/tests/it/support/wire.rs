//! An HTTP client for the embedded AWS, with which a test may change requests or respond to them itself.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

/// A hook that sees every request; its return value is the response.
pub(crate) type Hook = Box<dyn FnMut(&mut HttpRequest) -> Option<HttpResponse> + Send>;

/// A client that wraps another one.
#[derive(Clone)]
pub(crate) struct Wire {
    inner: SharedHttpClient,
    hook: Arc<Mutex<Option<Hook>>>,
}

impl Wire {
    pub(crate) fn before(inner: SharedHttpClient) -> Self {
        Self { inner, hook: Arc::default() }
    }

    /// Sets the hook that sees every request from now on.
    pub(crate) fn set(&self, hook: impl FnMut(&mut HttpRequest) -> Option<HttpResponse> + Send + 'static) {
        *self.hook.lock().expect("nobody panics holding it") = Some(Box::new(hook));
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wire")
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Line { inner: self.inner.http_connector(settings, components), wire: self.clone() })
    }
}

#[derive(Debug)]
struct Line {
    inner: SharedHttpConnector,
    wire: Wire,
}

impl HttpConnector for Line {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let mut hook = self.wire.hook.lock().expect("nobody panics holding it");
        match hook.as_mut().and_then(|hook| hook(&mut request)) {
            Some(answer) => HttpConnectorFuture::ready(Ok(answer)),
            None => self.inner.call(request),
        }
    }
}

/// Returns an error response in the format of the JSON services.
pub(crate) fn refusal(status: u16, code: &'static str, body: Value) -> HttpResponse {
    let mut answer = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body.to_string()));
    answer.headers_mut().insert("content-type", "application/json");
    answer.headers_mut().insert("x-amzn-errortype", code);
    answer
}
