//! The artifacts of a run for the history, and those of an earlier run from it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_aws::Artifacts;
use deployer_engine::RunArtifacts;

use crate::assets::recordings::Recordings;
use crate::functions::Zips;

/// The zips and recordings that a run may upload, by SHA-256 in hexadecimal.
#[derive(Debug)]
pub(crate) struct KeptArtifacts {
    zips: Arc<Zips>,
    recordings: Recordings,
}

impl KeptArtifacts {
    /// Returns the artifacts of a run.
    pub(crate) fn of(zips: Arc<Zips>, recordings: Recordings) -> Arc<dyn RunArtifacts> {
        Arc::new(Self { zips, recordings })
    }
}

impl RunArtifacts for KeptArtifacts {
    fn digests(&self) -> BTreeSet<String> {
        let zips = self.zips.digests().filter_map(|digest| STANDARD.decode(digest).ok()).map(hex::encode);
        zips.chain(self.recordings.digests.values().cloned()).collect()
    }

    fn read(&self, sha256: &str) -> io::Result<Vec<u8>> {
        if let Some(recording) = self.recordings.bytes(sha256) {
            return Ok(recording.clone());
        }
        self.zips.zip(&STANDARD.encode(hex::decode(sha256).map_err(io::Error::other)?))
    }
}

/// Returns the artifacts of an earlier run as a run of this one uploads them. Each is offered as a zip and as a recording: its digest says
/// which one is asked for.
pub(crate) fn restored(artifacts: BTreeMap<String, Vec<u8>>) -> (Arc<Zips>, Recordings) {
    let zips = artifacts.iter().filter_map(|(digest, bytes)| Some((STANDARD.encode(hex::decode(digest).ok()?), bytes.clone())));
    let zips = Zips::from_bytes(zips.filter(|(_, bytes)| bytes.starts_with(b"PK")));
    (Arc::new(zips), Recordings::restored(artifacts.into_iter().filter(|(_, bytes)| !bytes.starts_with(b"PK")).collect()))
}
