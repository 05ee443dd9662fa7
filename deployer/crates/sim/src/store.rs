//! The actual content of the state bucket.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::REGION;
use crate::network::Cloud;

/// Name of the bucket.
pub const BUCKET: &str = "simulated-state";

/// The objects of one environment in the bucket, accessed without a run. Clones share their state.
#[derive(Clone)]
pub struct Store {
    cloud: Arc<Cloud>,
    folder: String,
}

impl Store {
    /// Returns the store of this project's environment.
    pub fn new(cloud: &Arc<Cloud>, project: &str, environment: &str) -> Self {
        Self { cloud: Arc::clone(cloud), folder: format!("{project}/{environment}") }
    }

    fn ask(&self, method: &str, name: &str, body: Vec<u8>) -> Option<Vec<u8>> {
        self.ask_at(method, &format!("{}/{name}", self.folder), body)
    }

    fn ask_at(&self, method: &str, path: &str, body: Vec<u8>) -> Option<Vec<u8>> {
        let scope = format!("Credential=somebody/20261123/{REGION}/s3/aws4_request");
        let request = http::Request::builder()
            .method(method)
            .uri(format!("https://{BUCKET}.s3.{REGION}.amazonaws.com/{path}"))
            .header("host", format!("{BUCKET}.s3.{REGION}.amazonaws.com"))
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"))
            .header("content-length", body.len())
            .body(Bytes::from(body))
            .ok()?;
        let response = self.cloud.emulator.handle(request).now_or_never()?;
        response.status().is_success().then(|| response.into_body().to_vec())
    }

    /// Returns the stored state; `None` if there is none.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        self.ask("GET", "state.json", Vec::new())
    }

    /// Replaces the stored state by these bytes, or deletes it.
    pub fn replace(&self, bytes: Option<Vec<u8>>) {
        match bytes {
            Some(bytes) => drop(self.ask("PUT", "state.json", bytes)),
            None => drop(self.ask("DELETE", "state.json", Vec::new())),
        }
    }

    /// Creates the bucket, with versioning.
    ///
    /// # Panics
    /// Panics if the account rejects the bucket.
    pub(crate) fn create_bucket(cloud: &Arc<Cloud>) {
        let store = Self { cloud: Arc::clone(cloud), folder: String::new() };
        let on = r#"<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>"#;
        for (path, body) in [("", ""), ("?versioning", on)] {
            assert!(store.ask_at("PUT", path, body.into()).is_some(), "the account takes no bucket");
        }
    }

    /// Deletes the lease, so that the next run is the first one of an environment.
    pub fn forget_lease(&self) {
        drop(self.ask("DELETE", "lease.json", Vec::new()));
    }

    /// Returns the run that holds an unexpired lease.
    pub(crate) fn holder(&self) -> Option<String> {
        let lease: Value = serde_json::from_slice(&self.ask("GET", "lease.json", Vec::new())?).ok()?;
        let expires = OffsetDateTime::parse(lease["expires"].as_str()?, &Rfc3339).ok()?;
        (expires > self.cloud.time.now()).then(|| lease["holder"]["id"].as_str().map(str::to_owned)).flatten()
    }
}
