//! Digests: those that a client sends are verified, and one is stored with every object (user guide, "Checking object integrity").

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use crc_fast::CrcAlgorithm;
use md5::Digest;
use serde::{Deserialize, Serialize};

use super::invalid;
use crate::error::AwsError;
use crate::request::Request;

/// A checksum algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

const ALL: &[(Algorithm, &str, &str)] = &[
    (Algorithm::Crc32, "CRC32", "x-amz-checksum-crc32"),
    (Algorithm::Crc32c, "CRC32C", "x-amz-checksum-crc32c"),
    (Algorithm::Crc64Nvme, "CRC64NVME", "x-amz-checksum-crc64nvme"),
    (Algorithm::Sha1, "SHA1", "x-amz-checksum-sha1"),
    (Algorithm::Sha256, "SHA256", "x-amz-checksum-sha256"),
];

/// Whether this header contains a checksum.
pub(super) fn is_header(name: &str) -> bool {
    ALL.iter().any(|(.., header)| *header == name)
}

impl Algorithm {
    fn row(self) -> (&'static str, &'static str) {
        ALL.iter().find(|(algorithm, ..)| *algorithm == self).map_or(("", ""), |(_, name, header)| (name, header))
    }

    /// Returns its name in the API.
    pub(super) fn name(self) -> &'static str {
        self.row().0
    }

    /// Returns the algorithm that a request asks for, if any (API reference, CopyObject: ChecksumAlgorithm).
    pub(super) fn asked(call: &Request) -> Result<Option<Self>, AwsError> {
        let Some(wanted) = call.header("x-amz-checksum-algorithm") else { return Ok(None) };
        let found = ALL.iter().find(|(_, name, _)| *name == wanted).map(|(algorithm, ..)| *algorithm);
        let names: Vec<&str> = ALL.iter().map(|(_, name, _)| *name).collect();
        // Text unverified.
        let message = format!("Checksum algorithm provided is unsupported. Please try again with any of: {}", names.join(", "));
        found.map(Some).ok_or_else(|| invalid("InvalidRequest", message))
    }

    /// Returns the header that contains it.
    pub(super) fn header(self) -> &'static str {
        self.row().1
    }

    /// Returns the checksum in base64.
    pub(super) fn of(self, bytes: &[u8]) -> String {
        let crc32 = |algorithm| BASE64_STANDARD.encode(&crc_fast::checksum(algorithm, bytes).to_be_bytes()[4..]);
        match self {
            Self::Crc32 => crc32(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => crc32(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => BASE64_STANDARD.encode(crc_fast::checksum(CrcAlgorithm::Crc64Nvme, bytes).to_be_bytes()),
            Self::Sha1 => BASE64_STANDARD.encode(sha1::Sha1::digest(bytes)),
            Self::Sha256 => BASE64_STANDARD.encode(<sha2::Sha256 as Digest>::digest(bytes)),
        }
    }
}

/// Returns the ETag of bytes uploaded in one part: their MD5 in quotation marks (API reference, Object).
pub(super) fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(md5::Md5::digest(bytes)))
}

/// Verifies every digest of the body, and returns the checksum to store: the one that was sent, or else CRC64NVME, which S3 adds itself.
pub(super) fn check(call: &Request) -> Result<(Algorithm, String), AwsError> {
    check_payload(call)?;
    check_md5(call)?;
    let sent: Vec<_> = ALL.iter().filter_map(|(algorithm, _, header)| Some((*algorithm, call.header(header)?))).collect();
    match sent.as_slice() {
        [] => Ok((Algorithm::Crc64Nvme, Algorithm::Crc64Nvme.of(&call.body))),
        [(algorithm, value)] => check_checksum(call, *algorithm, value),
        _ => {
            Err(invalid("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."))
        }
    }
}

fn check_checksum(call: &Request, algorithm: Algorithm, value: &str) -> Result<(Algorithm, String), AwsError> {
    let computed = algorithm.of(&call.body);
    let length = BASE64_STANDARD.decode(value).map(|bytes| bytes.len()).ok();
    if length != BASE64_STANDARD.decode(&computed).map(|bytes| bytes.len()).ok() {
        return Err(invalid("InvalidRequest", format!("Value for {} header is invalid.", algorithm.header())));
    }
    if value != computed {
        return Err(invalid(
            "BadDigest",
            format!("The {} you specified did not match the calculated checksum.", algorithm.name()),
        ));
    }
    Ok((algorithm, computed))
}

/// Verifies `Content-MD5` (RFC 1864; the error codes are those of the API reference's list).
fn check_md5(call: &Request) -> Result<(), AwsError> {
    let Some(given) = call.header("content-md5") else { return Ok(()) };
    match BASE64_STANDARD.decode(given) {
        Ok(given) if given.len() == 16 => match given == md5::Md5::digest(&call.body).as_slice() {
            true => Ok(()),
            false => Err(invalid("BadDigest", "The Content-MD5 you specified did not match what we received.")),
        },
        _ => Err(invalid("InvalidDigest", "The Content-MD5 you specified was invalid.")),
    }
}

/// Verifies the digest in the signature, unless it is a word such as `UNSIGNED-PAYLOAD`.
fn check_payload(call: &Request) -> Result<(), AwsError> {
    let given = call.header("x-amz-content-sha256").unwrap_or_default();
    let is_digest = given.len() == 64 && given.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest && !given.eq_ignore_ascii_case(&hex::encode(<sha2::Sha256 as Digest>::digest(&call.body))) {
        let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return Err(invalid("XAmzContentSHA256Mismatch", message));
    }
    Ok(())
}

/// Requires a digest, as operations that delete or configure do (API reference, DeleteObjects, PutBucketTagging …).
pub(super) fn require(call: &Request) -> Result<(), AwsError> {
    let sent = call.headers.contains_key("content-md5") || ALL.iter().any(|(.., header)| call.headers.contains_key(*header));
    if !sent {
        let message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*";
        return Err(invalid("InvalidRequest", message));
    }
    check(call).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_equal_published_ones() {
        // "123456789" in the catalogue of parametrised CRC algorithms; the SHA values are those of RFC-style test vectors.
        let check = b"123456789";
        let crc = |algorithm: Algorithm| hex::encode(BASE64_STANDARD.decode(algorithm.of(check)).expect("base64"));
        assert_eq!(crc(Algorithm::Crc32), "cbf43926");
        assert_eq!(crc(Algorithm::Crc32c), "e3069283");
        assert_eq!(crc(Algorithm::Crc64Nvme), "ae8b14860a799888");
        assert_eq!(crc(Algorithm::Sha1), "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
        assert_eq!(crc(Algorithm::Sha256), "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
        assert_eq!(etag(check), "\"25f9e794323b453885f5181f1b624d0b\"");
    }
}
