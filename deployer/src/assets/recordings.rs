//! Recordings of the spec's prompts from files: read, validated against the formats that Connect plays, and indexed by digest.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use deployer_flow::{MAX_RECORDING_BYTES, RECORDING_HELP};
use deployer_spec::{Connect, PromptSource};
use ring::digest::{SHA256, digest};

use crate::assets::certificates::ProjectCertificate;
use crate::files;
use crate::functions::Zips;

/// The recordings of a project.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recordings {
    /// Contents by SHA-256, in hexadecimal.
    bytes: Arc<BTreeMap<String, Vec<u8>>>,
    /// Digest of each prompt's recording by the prompt's name.
    pub(crate) digests: BTreeMap<String, String>,
}

impl Recordings {
    /// Returns the recordings of an earlier run, by SHA-256 in hexadecimal.
    pub(crate) fn restored(bytes: BTreeMap<String, Vec<u8>>) -> Self {
        let digests = bytes.keys().map(|digest| (digest.clone(), digest.clone())).collect();
        Self { bytes: Arc::new(bytes), digests }
    }

    /// Returns the recording with this digest.
    pub(crate) fn bytes(&self, sha256: &str) -> Option<&Vec<u8>> {
        self.bytes.get(sha256)
    }

    /// Reads every file that a prompt names; the error has one message for each invalid file.
    pub(crate) fn read(root: &Path, connect: &Connect) -> Result<Self, Vec<String>> {
        let (mut bytes, mut digests, mut faults) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (name, prompt) in &connect.prompts {
            let PromptSource::File(file) = &prompt.source else { continue };
            match read(&root.join(file)) {
                Ok(recording) => {
                    let digest = hex::encode(digest(&SHA256, &recording));
                    digests.insert(name.to_string(), digest.clone());
                    bytes.insert(digest, recording);
                }
                Err(fault) => faults.push(format!("prompt {name}: {file}: {fault}")),
            }
        }
        if faults.is_empty() { Ok(Self { bytes: Arc::new(bytes), digests }) } else { Err(faults) }
    }
}

/// Reads a file that Connect can play. A file that is too large is not read at all.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let about = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is no file".to_owned());
    }
    if about.len() >= MAX_RECORDING_BYTES {
        return Err(format!("it has {} bytes; a prompt has less than {MAX_RECORDING_BYTES}", about.len()));
    }
    let bytes = files::read(path, MAX_RECORDING_BYTES).map_err(|error| error.to_string())?;
    match deployer_flow::parse_recording(&bytes) {
        Ok(_) => Ok(bytes),
        Err(faults) => Err(format!("{}; {RECORDING_HELP}", faults.join("; "))),
    }
}

/// Everything that is uploaded as bytes: the zips of functions and the recordings.
#[derive(Default)]
pub(crate) struct LocalArtifacts {
    /// Zips of functions.
    pub(crate) zips: Arc<Zips>,
    /// Recordings of prompts.
    pub(crate) recordings: Recordings,
    /// Certificate from files.
    pub(crate) certificate: ProjectCertificate,
}

impl deployer_aws::Artifacts for LocalArtifacts {
    fn zip(&self, code_sha256: &str) -> std::io::Result<Vec<u8>> {
        self.zips.zip(code_sha256)
    }

    fn certificate(&self, sha256: &str) -> std::io::Result<deployer_aws::CertificateFiles> {
        self.certificate.files(sha256)
    }

    fn recording(&self, sha256: &str) -> std::io::Result<Vec<u8>> {
        self.recordings
            .bytes
            .get(sha256)
            .cloned()
            .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::NotFound, format!("no recording has the digest {sha256}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreadable_recordings_are_reported_with_their_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = |name: &str, bytes: &[u8]| std::fs::write(directory.path().join(name), bytes).expect("written");
        file("words.wav", b"no recording at all");
        let said = |name: &str| read(&directory.path().join(name)).expect_err("refused");
        assert!(said("words.wav").contains("RIFF") && said("words.wav").contains("ffmpeg"), "{}", said("words.wav"));
        assert!(said(".").contains("no file"));
        assert!(!said("absent.wav").is_empty());
        let large = std::fs::File::create(directory.path().join("large.wav")).expect("made");
        large.set_len(MAX_RECORDING_BYTES).expect("long");
        assert!(said("large.wav").contains("less than 50000000"));
    }
}
