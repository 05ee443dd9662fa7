//! Function code and prompt recordings, generated from the name of a version, and the RSA keys of certificates.

use std::io::{Cursor, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_aws::{Artifacts, Zeroizing, generate_rsa_key};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

/// Versions of code and recordings that simulations use.
const VERSIONS: [&str; 3] = ["one", "two", "three"];

/// Returns the digest of a version of the code.
pub(crate) fn digest(version: &str) -> String {
    STANDARD.encode(Sha256::digest(zipped(version)))
}

fn zipped(version: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let written = zip
        .start_file("bootstrap", SimpleFileOptions::default().unix_permissions(0o755))
        .and_then(|()| zip.write_all(version.as_bytes()).map_err(Into::into));
    written.and_then(|()| zip.finish()).map_or_else(|_| unreachable!("memory takes every write"), Cursor::into_inner)
}

/// Returns the digest of a version of a recording.
pub(crate) fn recording_digest(version: &str) -> String {
    hex::encode(Sha256::digest(recording(version)))
}

/// Returns a recording that Connect can play; its content is the version's name.
fn recording(version: &str) -> Vec<u8> {
    let length = u32::try_from(version.len()).unwrap_or_default();
    let mut bytes = [b"RIFF".as_slice(), &(36 + length).to_le_bytes(), b"WAVEfmt ", &16u32.to_le_bytes()].concat();
    bytes.extend([7u16, 1].map(u16::to_le_bytes).concat());
    bytes.extend([8_000u32, 8_000].map(u32::to_le_bytes).concat());
    bytes.extend([1u16, 8].map(u16::to_le_bytes).concat());
    bytes.extend([b"data".as_slice(), &length.to_le_bytes(), version.as_bytes()].concat());
    bytes
}

/// Returns one of three RSA keys, in turn. Generating a new one takes longer than the rest of a run.
///
/// # Errors
/// Fails if the operating system provides no random numbers.
pub(crate) fn rsa_key() -> deployer_engine::Result<Zeroizing<Vec<u8>>> {
    static KEYS: [OnceLock<Zeroizing<Vec<u8>>>; 3] = [const { OnceLock::new() }; 3];
    static DRAWN: AtomicUsize = AtomicUsize::new(0);
    let key = &KEYS[DRAWN.fetch_add(1, Ordering::Relaxed) % KEYS.len()];
    if let Some(key) = key.get() {
        return Ok(key.clone());
    }
    let new = generate_rsa_key()?;
    Ok(key.get_or_init(|| new).clone())
}

/// The store of these zips and recordings.
pub(crate) struct SimulatedArtifacts;

impl Artifacts for SimulatedArtifacts {
    fn zip(&self, code_sha256: &str) -> std::io::Result<Vec<u8>> {
        let known = VERSIONS.into_iter().find(|version| digest(version) == code_sha256);
        known.map(zipped).ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }

    fn recording(&self, sha256: &str) -> std::io::Result<Vec<u8>> {
        let known = VERSIONS.into_iter().find(|version| recording_digest(version) == sha256);
        known.map(recording).ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }
}
