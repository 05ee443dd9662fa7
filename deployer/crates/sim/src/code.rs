//! Functions' code: zips that follow from a version's name.

use std::io::{Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployer_aws::Artifacts;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

/// Every version of code that a simulation uses.
const VERSIONS: [&str; 3] = ["one", "two", "three"];

/// The digest by which a version is known.
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

/// The store of these zips.
pub(crate) struct Zips;

impl Artifacts for Zips {
    fn zip(&self, code_sha256: &str) -> std::io::Result<Vec<u8>> {
        let known = VERSIONS.into_iter().find(|version| digest(version) == code_sha256);
        known.map(zipped).ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }
}
