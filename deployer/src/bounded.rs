//! Limits on the size of responses: a server in AWS's place (a proxy, a captive portal) cannot exhaust the memory.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt, Limited};

/// Maximum size in bytes of a response of a service other than S3: an invocation returns at most 6 MB (Lambda quotas page), a query 1 MB
/// (DynamoDB developer guide, limits), and all others less.
const MAX_ANSWER: usize = 8 << 20;
/// Maximum size of an object that is read: the state, which has the same limit in a directory.
const MAX_OBJECT: usize = 256 << 20;

/// Returns the client with a limit on every response.
pub(crate) fn answers(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Bounded(client))
}

#[derive(Debug, Clone)]
struct Bounded<T>(T);

impl HttpClient for Bounded<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Bounded(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Bounded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let most = if is_object(&request) { MAX_OBJECT } else { MAX_ANSWER };
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move { Ok(bounded(answer.await?, most)) })
    }
}

/// Whether a request is signed for S3 and reads: only an object can be large.
fn is_object(request: &HttpRequest) -> bool {
    let signed = request.headers().get("authorization").unwrap_or_default();
    request.method() == "GET" && signed.contains("/s3/aws4_request")
}

/// Rejects a response that declares a larger size, and one that turns out to be larger while it is read.
fn bounded(answer: HttpResponse, most: usize) -> HttpResponse {
    let length = answer.headers().get("content-length").and_then(|length| length.parse::<u64>().ok());
    // A response that declares a larger size is not read at all, except its status and headers.
    let read = if length.is_some_and(|length| length > most as u64) { 0 } else { most };
    answer.map(|body| SdkBody::from_body_1_x(Limited::new(body, read).map_err(move |_| too_large(most))))
}

fn too_large(most: usize) -> String {
    format!("the answer has more than {most} bytes, which no answer of AWS has")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &'static [u8], length: Option<&str>) -> HttpResponse {
        let mut answer = HttpResponse::new(200.try_into().expect("a status"), SdkBody::from(body));
        if let Some(length) = length {
            answer.headers_mut().insert("content-length", length.to_owned());
        }
        answer
    }

    #[tokio::test]
    async fn answers_are_read_up_to_their_bound() {
        let read = async |answer: HttpResponse| answer.into_body().collect().await.map(|body| body.to_bytes().len()).ok();
        assert_eq!(read(bounded(answer(b"12345", None), 5)).await, Some(5));
        assert_eq!(read(bounded(answer(b"123456", None), 5)).await, None);
        assert_eq!(read(bounded(answer(b"12345", Some("5")), 5)).await, Some(5));
        assert_eq!(read(bounded(answer(b"1", Some("6")), 5)).await, None, "nothing of it is read");
    }
}
