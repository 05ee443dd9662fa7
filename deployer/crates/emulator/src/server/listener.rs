//! AWS's endpoint on a loopback socket.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::bare::bare;
pub use super::socket::{GRACE, Listener};
use super::{admission, page, phone, signature};
use crate::error::AwsError;
use crate::{Emulator, Failure};

/// Maximum size of a request body: a 50 MB zip in base64 and some room (Lambda quotas page).
const MAX_BODY: usize = 72 * 1024 * 1024;

/// Serves every service on `127.0.0.1:port` (0 selects a free port) until the listener is stopped or dropped.
///
/// # Errors
/// Fails if the port cannot be bound.
pub async fn listen(emulator: Arc<Emulator>, port: u16) -> Result<Listener, Failure> {
    Ok(listen_weakly(Arc::downgrade(&emulator), port).await?.keeping_alive(emulator))
}

/// Serves an embedded AWS that may be dropped before the listener; every request is answered with 503 then.
pub(crate) async fn listen_weakly(emulator: Weak<Emulator>, port: u16) -> Result<Listener, Failure> {
    Listener::open(port, move |stream, peer, stopped| {
        let emulator = Weak::clone(&emulator);
        stopped.serve(stream, move |mut request| {
            request.extensions_mut().insert(peer);
            answer(Weak::clone(&emulator), request)
        })
    })
    .await
}

async fn answer(emulator: Weak<Emulator>, request: Request<Incoming>) -> Response<Bytes> {
    let is_call = request.uri().path() == phone::PATH;
    let (parts, body) = request.into_parts();
    if let Err(refusal) = admission::check(&parts) {
        return error_response(&emulator, parts, &refusal);
    }
    if is_call {
        let allowed = emulator.upgrade().is_none_or(|emulator| phone::is_allowed(&emulator, &parts.headers));
        let request = Request::from_parts(parts, body);
        return if allowed { phone::answer(emulator, request) } else { bare(StatusCode::FORBIDDEN) };
    }
    if page::serves(parts.uri.path()) {
        return page::answer(emulator, Request::from_parts(parts, body)).await;
    }
    match (Limited::new(body, MAX_BODY).collect().await, emulator.upgrade()) {
        (Ok(body), Some(there)) => {
            let body = body.to_bytes();
            let signed = there
                .access_key()
                .map(|_| signature::check(&parts, &body, there.request_context().now, |key, token| there.secret_of(key, token)));
            match signed {
                Some(Err(refusal)) => error_response(&emulator, parts, &refusal),
                _ => there.handle(Request::from_parts(parts, body)).await,
            }
        }
        (Ok(_), None) => bare(StatusCode::SERVICE_UNAVAILABLE),
        (Err(_), _) => bare(StatusCode::PAYLOAD_TOO_LARGE),
    }
}

/// Writes the error in the protocol of the service that the request is signed for.
fn error_response(emulator: &Weak<Emulator>, parts: http::request::Parts, refusal: &AwsError) -> Response<Bytes> {
    match emulator.upgrade() {
        Some(emulator) => emulator.error_response(&Request::from_parts(parts, Bytes::new()), refusal),
        None => bare(StatusCode::SERVICE_UNAVAILABLE),
    }
}
