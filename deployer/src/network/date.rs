//! The time of the server, from the `Date` header of its responses.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// How far the clock of the last server to respond is ahead of this machine's.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerClock(Arc<Mutex<Option<time::Duration>>>);

impl ServerClock {
    /// Returns the client that also notes the time in each response.
    pub(crate) fn watching(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Watched(client, self.clone()))
    }

    /// Returns by how much the server's clock is ahead; `None` without a response that has a date. The header has whole seconds (RFC 9110,
    /// 6.6.1), and the response took time to arrive.
    pub(crate) fn ahead(&self) -> Option<time::Duration> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, response: &HttpResponse, now: OffsetDateTime) {
        if let Some(date) = response.headers().get("date").and_then(date) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(date - now);
        }
    }
}

/// Parses a date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok()
}

#[derive(Debug, Clone)]
struct Watched<T>(T, ServerClock);

impl HttpClient for Watched<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Watched(self.0.http_connector(settings, components), self.1.clone()))
    }
}

impl HttpConnector for Watched<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (response, clock) = (self.0.call(request), self.1.clone());
        HttpConnectorFuture::new(async move {
            let response = response.await?;
            clock.note(&response, OffsetDateTime::now_utc());
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn difference_of_the_clocks_is_noted() {
        let mut response = HttpResponse::new(403.try_into().expect("a status"), SdkBody::empty());
        let clock = ServerClock::default();
        let now = date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        assert_eq!(now.unix_timestamp(), 784_111_777);
        clock.note(&response, now);
        assert_eq!(clock.ahead(), None);
        response.headers_mut().insert("date", "Sun, 06 Nov 1994 08:44:37 GMT");
        clock.note(&response, now);
        assert_eq!(clock.ahead(), Some(time::Duration::minutes(-5)));
        response.headers_mut().insert("date", "soon");
        clock.note(&response, now);
        assert_eq!(clock.ahead(), Some(time::Duration::minutes(-5)));
    }
}
