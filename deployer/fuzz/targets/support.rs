//! What targets of the embedded AWS share.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use deployer_emulator::{Limits, Options, SystemClock};
use http::Request;

pub(crate) fn options(directory: Option<PathBuf>) -> Options {
    Options {
        directory,
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        clock: Arc::new(SystemClock),
        speed: 1_000_000.0,
        seed: Some(1),
        limits: Limits::default(),
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Makes a request of a service; `None` if it is not valid HTTP.
pub(crate) fn request(service: &str, method: &str, path: &str, target: &str, body: &[u8]) -> Option<Request<Bytes>> {
    let credential =
        format!("AWS4-HMAC-SHA256 Credential=example/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0");
    let request = Request::builder().method(method).uri(path).header("host", "localhost").header("authorization", credential);
    let request = if target.is_empty() { request } else { request.header("x-amz-target", target) };
    request.body(Bytes::copy_from_slice(body)).ok()
}
