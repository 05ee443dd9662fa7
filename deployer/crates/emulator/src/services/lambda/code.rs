//! Uploaded code: validation, storage by SHA-256, unpacking, and garbage collection.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::function::Code;
use super::host::Host;
use super::refused;
use crate::error::AwsError;
use crate::kernel::others::ObjectContent;
use crate::request::Request;

/// Maximum size of a directly uploaded zip, and of an unzipped package (Lambda quotas page).
const MAX_ZIP: usize = 52_428_800;
const MAX_UNZIPPED: u64 = 262_144_000;

/// Name prefix of incompletely written zips.
pub(super) const UNFINISHED: &str = "new-";

/// A store of zips: in the blob directory, or in memory if there is none.
#[derive(Default)]
pub(crate) struct CodeStore {
    memory: Mutex<BTreeMap<String, Bytes>>,
    /// Uploads of requests in progress, which a sweep must not remove.
    pinned: Mutex<Vec<String>>,
}

/// A validated upload, which no sweep removes during its lifetime.
pub(crate) struct Upload {
    pub(crate) code: Code,
    /// The zip, until it is stored.
    zip: Vec<u8>,
    code_store: Arc<CodeStore>,
}

impl Drop for Upload {
    fn drop(&mut self) {
        let mut pinned = self.code_store.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = pinned.iter().position(|sha256| *sha256 == self.code.sha256) {
            pinned.swap_remove(at);
        }
    }
}

impl Upload {
    /// Stores the upload.
    pub(crate) fn persist(mut self, host: &dyn Host) -> Result<Self, AwsError> {
        let zip = std::mem::take(&mut self.zip);
        self.code_store.keep(host.blobs_to_write()?.as_deref(), &self.code.sha256, zip)?;
        Ok(self)
    }
}

/// Returns the part of a request that holds its code.
fn holder(call: &Request) -> Option<&Value> {
    match call.operation() {
        "CreateFunction" => call.input.get("Code"),
        "UpdateFunctionCode" => Some(&call.input),
        _ => None,
    }
}

/// Returns bucket, key and version of the zip, if the request names one.
pub(crate) fn location(call: &Request) -> Option<(&str, &str, Option<&str>)> {
    let holder = holder(call)?;
    let text = |member: &str| holder.get(member).and_then(Value::as_str);
    Some((text("S3Bucket")?, text("S3Key")?, text("S3ObjectVersion")))
}

/// Extracts and validates the code of a request; `None` if the request has none. `object` is the zip that it names in a bucket.
pub(crate) fn receive(
    store: &Arc<CodeStore>,
    call: &Request,
    object: Option<Result<ObjectContent, AwsError>>,
) -> Result<Option<Upload>, AwsError> {
    let zip = holder(call).and_then(|holder| holder.get("ZipFile")).filter(|zip| !zip.is_null());
    let zip = match (zip, object) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(refused("Please do not provide other FunctionCode parameters when providing a ZipFile."));
        }
        (Some(zip), None) => {
            let zip = zip.as_str().and_then(|zip| BASE64_STANDARD.decode(zip).ok());
            let zip = zip.ok_or_else(|| AwsError::serialization("ZipFile", "base64"))?;
            if zip.len() > MAX_ZIP {
                return Err(too_large());
            }
            zip
        }
        (None, Some(object)) => read(call, object)?,
    };
    check(&zip, MAX_UNZIPPED)?;
    let code = Code { sha256: BASE64_STANDARD.encode(Sha256::digest(&zip)), size: zip.len() as u64 };
    let vault = Arc::clone(store);
    vault.pinned.lock().unwrap_or_else(PoisonError::into_inner).push(code.sha256.clone());
    Ok(Some(Upload { code, zip, code_store: vault }))
}

/// Returns the zip from a bucket, which must be in the function's Region (API reference, FunctionCode: S3Bucket). The message texts are
/// unverified.
fn read(call: &Request, object: Result<ObjectContent, AwsError>) -> Result<Vec<u8>, AwsError> {
    let failed = |code: &str, message: &str| {
        refused(format!("Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"))
    };
    match object {
        Err(error) => Err(failed(error.code, &error.message)),
        Ok(object) if object.region != call.context.region => {
            let message = format!("The bucket is in this region: {}. Please use this region to retry the request", object.region);
            Err(failed("PermanentRedirect", &message))
        }
        Ok(object) => Ok(object.bytes.to_vec()),
    }
}

fn too_large() -> AwsError {
    let message = format!("Request must be smaller than {MAX_ZIP} bytes for the CreateFunction operation");
    AwsError::new(413, "RequestEntityTooLargeException", message)
}

impl CodeStore {
    fn keep(&self, blobs: Option<&Path>, sha256: &str, zip: Vec<u8>) -> Result<(), AwsError> {
        let Some(blobs) = blobs else {
            self.memory.lock().unwrap_or_else(PoisonError::into_inner).insert(sha256.to_owned(), zip.into());
            return Ok(());
        };
        let failed = |error: std::io::Error| AwsError::internal(format!("cannot keep the code in {}: {error}", blobs.display()));
        let path = path(blobs, sha256);
        // The zip is written before anything refers to it; a damaged one is replaced.
        if std::fs::read(&path).ok().as_deref() != Some(zip.as_slice()) {
            let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(blobs).map_err(failed)?;
            std::io::Write::write_all(&mut file, &zip).map_err(failed)?;
            file.persist(&path).map_err(|error| failed(error.error))?;
        }
        Ok(())
    }

    /// Returns the zip with this hash.
    pub(crate) fn zip(&self, blobs: Option<&Path>, sha256: &str) -> Result<Bytes, AwsError> {
        let lost = |why: String| AwsError::internal(format!("the function's code {sha256} is lost: {why}"));
        match blobs {
            Some(blobs) => {
                let path = path(blobs, sha256);
                std::fs::read(&path).map(Bytes::from).map_err(|error| lost(format!("{}: {error}", path.display())))
            }
            None => {
                let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
                memory.get(sha256).cloned().ok_or_else(|| lost("it is not in memory".into()))
            }
        }
    }

    /// Removes every zip that neither `used` nor a request in progress refers to; removes nothing if `used` is unknown.
    pub(crate) fn sweep(&self, blobs: Option<&Path>, used: impl FnOnce() -> Option<BTreeSet<String>>) {
        // `used` is determined under this lock; otherwise, a request that ends in the meantime would be in neither list.
        let pinned = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(used) = used() else { return };
        let wanted = |sha256: &String| used.contains(sha256) || pinned.contains(sha256);
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).retain(|sha256, _| wanted(sha256));
        let Some(blobs) = blobs else { return };
        let keep: BTreeSet<PathBuf> = used.iter().chain(pinned.iter()).map(|sha256| path(blobs, sha256)).collect();
        for entry in std::fs::read_dir(blobs).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "zip") && !keep.contains(&path) {
                // A failed removal is retried at the next sweep.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

fn path(blobs: &Path, sha256: &str) -> PathBuf {
    let bytes = BASE64_STANDARD.decode(sha256).unwrap_or_default();
    blobs.join(format!("{}.zip", hex::encode(bytes)))
}

/// Validates a zip as Lambda does at upload; `limit` bounds its unpacked size.
fn check(zip: &[u8], limit: u64) -> Result<(), AwsError> {
    if zip.is_empty() {
        return Err(refused("Uploaded file must be a non-empty zip"));
    }
    let bad = || refused("Could not unzip uploaded file. Please check your file, then try to upload again.");
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(|_| bad())?;
    if archive.is_empty() {
        return Err(refused("Uploaded file must be a non-empty zip"));
    }
    let mut total = 0_u64;
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).map_err(|_| bad())?;
        let leaves = file.name().map_or(true, |name| escapes_directory(&name));
        if leaves || file.enclosed_name().is_none() || file.is_symlink() && !link_stays_inside(&mut file) {
            return Err(bad());
        }
        if file.is_symlink() {
            continue;
        }
        // The size in the header is untrusted; only reading determines it, up to the limit. Reading also checks the CRC.
        let mut limited = (&mut file).take(limit + 1 - total);
        total += std::io::copy(&mut limited, &mut std::io::sink()).map_err(|_| bad())?;
        if total > limit {
            // The message text is unverified.
            return Err(refused(format!("Unzipped size must be smaller than {limit} bytes")));
        }
    }
    Ok(())
}

/// Whether a name points outside the directory. The zip crate reads an absolute name as a relative one; here it is refused too.
fn escapes_directory(name: &str) -> bool {
    name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..")
}

fn link_stays_inside(file: &mut zip::read::ZipFile<'_, Cursor<&[u8]>>) -> bool {
    // Links that leave their own directory are refused, which is sufficient for the archives of packagers.
    let mut target = String::new();
    let read = file.take(4096).read_to_string(&mut target);
    read.is_ok() && !target.starts_with('/') && !target.split('/').any(|part| part == "..")
}

/// Unpacks a validated zip into an empty directory; nothing is written outside it.
pub(crate) fn unpack(zip: &[u8], into: &Path) -> std::io::Result<()> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(std::io::Error::other)?;
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).map_err(std::io::Error::other)?;
        let Some(name) = file.enclosed_name() else { continue };
        let path = into.join(name);
        if file.is_dir() {
            std::fs::create_dir_all(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        if file.is_symlink() {
            let mut target = String::new();
            file.read_to_string(&mut target)?;
            link(&target, &path)?;
            continue;
        }
        let mode = file.unix_mode();
        // A link of the same archive is never written through: an existing name is an error.
        let mut out = std::fs::File::create_new(&path)?;
        std::io::copy(&mut file, &mut out)?;
        permit(&out, mode)?;
    }
    Ok(())
}

#[cfg(unix)]
fn link(target: &str, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link(_: &str, path: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other(format!("{} is a link, and this system has none", path.display())))
}

#[cfg(unix)]
fn permit(file: &std::fs::File, mode: Option<u32>) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // No set-user-id bits, and always readable by the owner; otherwise, the directory could not be removed.
    file.set_permissions(std::fs::Permissions::from_mode(mode.unwrap_or(0o644) & 0o777 | 0o600))
}

#[cfg(not(unix))]
fn permit(_: &std::fs::File, _: Option<u32>) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn zip(name: &str, content: &[u8]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        writer.write_all(content).expect("content");
        writer.finish().expect("a zip").into_inner()
    }

    #[test]
    fn names_outside_the_directory_are_refused() {
        for name in ["../bootstrap", "a/../../b", "/etc/passwd"] {
            let refusal = check(&zip(name, b"x"), MAX_UNZIPPED).expect_err(name);
            assert_eq!(refusal.code, "InvalidParameterValueException", "{name}");
        }
        check(&zip("a/b/bootstrap", b"x"), MAX_UNZIPPED).expect("an ordinary name");
    }

    #[test]
    fn zip_bomb_is_refused_before_unpacking() {
        let limit = 1_000_000;
        let bomb = zip("bootstrap", &vec![0; 1_000_001]);
        assert!(bomb.len() < 2_000);
        assert_eq!(check(&bomb, limit).expect_err("too large").code, "InvalidParameterValueException");
        check(&bomb, limit + 1).expect("just small enough");
    }

    #[test]
    fn invalid_and_damaged_zips_are_refused() {
        let mut damaged = zip("bootstrap", &[7; 3000]);
        damaged[60] ^= 0xff;
        for bytes in [b"".to_vec(), b"hello".to_vec(), damaged] {
            assert_eq!(check(&bytes, MAX_UNZIPPED).expect_err("bad").code, "InvalidParameterValueException");
        }
    }
}
