//! Calls whose body is sent, and whose response is read, as JSON in place of the SDK's types: for documents that are stored as they are,
//! such as evaluation forms, whose types would only be copied member by member in both directions. Everything else of such a call is the
//! SDK's own: path, signature, errors.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

/// Replaces the body of a request and keeps the body of its response.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawJson {
    body: Option<String>,
    answer: Arc<Mutex<Option<Value>>>,
}

impl RawJson {
    /// Returns an interceptor that keeps the response.
    pub(crate) fn reading() -> Self {
        Self::default()
    }

    /// Returns an interceptor that sends `body` and keeps the response.
    pub(crate) fn sending(body: &Value) -> Self {
        Self { body: Some(body.to_string()), ..Self::default() }
    }

    /// Returns the last response; `None` if it was not JSON.
    pub(crate) fn answer(&self) -> Option<Value> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Intercept for RawJson {
    fn name(&self) -> &'static str {
        "RawJson"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(body) = &self.body {
            let request = context.request_mut();
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = SdkBody::from(body.clone());
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response().body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok());
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        Ok(())
    }
}
