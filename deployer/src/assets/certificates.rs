//! The certificate of the spec from files: read and checked without AWS, and handed to the import by its digest.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use deployer_aws::{CertificateContents, CertificateFiles, Zeroizing, check_certificate_files};
use deployer_spec::{Certificate, Spec};
use time::OffsetDateTime;

use crate::failure::Failure;
use crate::files;

/// The certificate of a project, if it is in files.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProjectCertificate {
    /// The files, for the import.
    files: Option<Arc<CertificateFiles>>,
    /// Their contents without the key.
    pub(crate) contents: CertificateContents,
    /// That it expires soon.
    pub(crate) warning: Option<String>,
    /// What is wrong with the files.
    faults: Vec<String>,
}

impl ProjectCertificate {
    /// Reads and checks the files that the spec names. What is wrong with them is no obstacle to a removal.
    pub(crate) fn read(root: &Path, spec: &Spec, now: OffsetDateTime) -> Self {
        Self::checked(root, spec, now).unwrap_or_else(|faults| Self { faults, ..Self::default() })
    }

    /// Refuses files that ACM would refuse.
    pub(crate) fn require(&self, spec_path: &Path) -> Result<(), Failure> {
        if !self.faults.is_empty() {
            let help = format!("{} names these files", spec_path.display());
            return Err(Failure::input(self.faults.join("\n")).help(help));
        }
        Ok(())
    }

    fn checked(root: &Path, spec: &Spec, now: OffsetDateTime) -> Result<Self, Vec<String>> {
        let Some(domain) = spec.api.as_ref().and_then(|api| api.domain.as_ref()) else { return Ok(Self::default()) };
        let Certificate::Files(declared) = &domain.certificate else { return Ok(Self::default()) };
        let bytes = |key: &str, file: &str| {
            let read = files::read(&root.join(file), files::MAX_TEXT_BYTES).map(Zeroizing::new);
            read.map_err(|error| vec![fault(&format!("{key}: {file}: {error}"))])
        };
        let text = |key: &str, file: &str| bytes(key, file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let files = CertificateFiles {
            certificate: text("certificate", &declared.certificate)?,
            key: bytes("key", &declared.key)?,
            chain: declared.chain.as_ref().map(|file| text("chain", file)).transpose()?,
        };
        let contents = check_certificate_files(&files, &domain.host.name, now)
            .map_err(|faults| faults.iter().map(|one| fault(one)).collect::<Vec<_>>())?;
        let warning = contents.not_after.and_then(|end| warning(end, now, declared.warn_before_days));
        Ok(Self { files: Some(Arc::new(files)), contents, warning, faults: Vec::new() })
    }

    /// Warns on stderr of a certificate that expires soon.
    pub(crate) fn warn(&self) {
        if let Some(warning) = &self.warning {
            // A closed stderr is no reason to fail.
            let _ = writeln!(std::io::stderr(), "Warning: {warning}");
        }
    }

    /// Returns the files with this digest.
    pub(crate) fn files(&self, sha256: &str) -> std::io::Result<CertificateFiles> {
        let files = self.files.as_ref().filter(|_| self.contents.sha256 == sha256);
        let missing = || std::io::Error::new(std::io::ErrorKind::NotFound, "the certificate's files are not those of the plan");
        files.map(|files| (**files).clone()).ok_or_else(missing)
    }
}

fn fault(why: &str) -> String {
    format!("api.certificate.files.{why}")
}

/// Returns the warning of a certificate that expires within `days`.
fn warning(end: OffsetDateTime, now: OffsetDateTime, days: u32) -> Option<String> {
    let left = (end - now).whole_days();
    let date = end.date();
    (left < i64::from(days))
        .then(|| format!("the certificate expires on {date}, in {left} days; put the renewed one into its files and apply"))
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn certificate_near_expiry_is_warned_about() {
        let now = time::macros::datetime!(2030-06-01 0:00 UTC);
        assert_eq!(warning(now + Duration::days(30), now, 30), None);
        let said = warning(now + Duration::days(29), now, 30).expect("a warning");
        assert!(said.contains("2030-06-30") && said.contains("in 29 days"), "{said}");
        assert_eq!(warning(now + Duration::hours(1), now, 0), None);
    }
}
