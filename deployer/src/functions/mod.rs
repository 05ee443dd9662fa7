//! Functions from source to zip: compile, check the binary, pack it byte for byte the same.

mod compile;
mod elf;
mod pack;
mod reproducible;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::failure::Failure;

pub(crate) use compile::Target;

/// Zips by the digest that Lambda will show for them.
#[derive(Debug, Default)]
pub(crate) struct Zips(BTreeMap<String, Vec<u8>>);

impl deployer_aws::Artifacts for Zips {
    fn zip(&self, code_sha256: &str) -> std::io::Result<Vec<u8>> {
        self.0.get(code_sha256).cloned().ok_or_else(|| {
            std::io::Error::new(std::io::ErrorKind::NotFound, format!("no function was built with the digest {code_sha256}"))
        })
    }
}

/// What was built: the zips, and each package's digest.
#[derive(Debug, Default)]
pub(crate) struct Built {
    pub(crate) zips: Arc<Zips>,
    pub(crate) digests: BTreeMap<(String, Target), String>,
}

/// Builds every package of the set for its target, and packs it. Says nothing but what cargo says, on standard error.
pub(crate) fn build(root: &Path, wanted: &BTreeSet<(String, Target)>, quiet: bool) -> Result<Built, Failure> {
    let mut zips = Zips::default();
    let mut digests = BTreeMap::new();
    let targets: BTreeSet<Target> = wanted.iter().map(|(_, target)| *target).collect();
    for target in targets {
        let packages: BTreeSet<&str> =
            wanted.iter().filter(|(_, wanted)| *wanted == target).map(|(package, _)| package.as_str()).collect();
        for (package, executable) in compile::compile(root, &packages, target, quiet)? {
            let binary = std::fs::read(&executable).map_err(|error| Failure::io(&executable, error))?;
            elf::check(&executable, &binary, target)?;
            let zip = pack::zip(&binary).map_err(|error| Failure::io(&executable, error))?;
            let digest = pack::digest(&zip);
            zips.0.insert(digest.clone(), zip);
            digests.insert((package, target), digest);
        }
    }
    Ok(Built { zips: Arc::new(zips), digests })
}
