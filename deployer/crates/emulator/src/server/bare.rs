//! Responses without a body.

use bytes::Bytes;
use http::{Response, StatusCode};

/// Returns a response with a status and no body.
pub(crate) fn bare(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}
