//! The zip of a function: one executable file `bootstrap`, reproducible byte for byte.

use std::io::{Cursor, Write};

use base64::Engine;
use ring::digest::SHA256;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Returns the zip of this executable; the same bytes for the same executable.
pub(crate) fn zip(binary: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    writer.start_file("bootstrap", options)?;
    writer.write_all(binary)?;
    Ok(writer.finish()?.into_inner())
}

/// Returns the digest as Lambda does: base64 of the SHA-256 of the zip (API reference, FunctionConfiguration.CodeSha256).
pub(crate) fn digest(zip: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(ring::digest::digest(&SHA256, zip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_executable_gives_the_same_zip() {
        let binary: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
        assert_eq!(zip(&binary).unwrap(), zip(&binary).unwrap());
    }

    #[test]
    fn zip_contains_one_executable_bootstrap() {
        let mut archive = zip::ZipArchive::new(Cursor::new(zip(b"hello").unwrap())).unwrap();
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_index(0).unwrap();
        assert_eq!(file.name().unwrap(), "bootstrap");
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut content).unwrap();
        assert_eq!(content, b"hello");
    }
}
