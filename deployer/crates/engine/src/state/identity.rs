//! The identity of one version of a state, which reveals nothing of its content.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::State;
use crate::error::Result;

/// Identifies one version of a state. The lineage itself is not part of it: it is the key of the digests of secret values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateIdentity {
    /// SHA-256 of the lineage, in hexadecimal.
    pub lineage_sha256: String,
    /// The number of writes.
    pub serial: u64,
    /// SHA-256 of the content without the fencing token, in hexadecimal.
    pub sha256: String,
}

impl State {
    /// Returns the identity of this version. Taking a lease does not change it, a write of the state does.
    ///
    /// # Errors
    /// [`ErrorClass::Local`](crate::ErrorClass::Local) if the state cannot be written as JSON.
    pub fn identity(&self) -> Result<StateIdentity> {
        let bytes = Self { fence: 0, ..self.clone() }.to_bytes()?;
        Ok(StateIdentity {
            lineage_sha256: lineage_sha256(self.lineage),
            serial: self.serial,
            sha256: hex::encode(Sha256::digest(bytes)),
        })
    }
}

fn lineage_sha256(lineage: Uuid) -> String {
    hex::encode(Sha256::digest(lineage.as_bytes()))
}
