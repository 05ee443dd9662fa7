//! Functions from source to zip: compiles changed ones, checks the binary, and packs it reproducibly.

mod compile;
mod elf;
mod environment;
mod inputs;
mod pack;
mod packages;
mod prebuilt;
mod progress;
mod reproducible;
mod target;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::failure::Failure;

use compile::Compilation;
use inputs::{BuildCache, Settings};
pub(crate) use packages::executables;
pub(crate) use prebuilt::{read_prebuilt, write_prebuilt};
pub(crate) use target::Target;

/// Executables by the digest that Lambda returns for their zips. A zip is created when it is uploaded.
#[derive(Debug, Default)]
pub(crate) struct Zips(BTreeMap<String, PathBuf>);

impl deployer_aws::Artifacts for Zips {
    fn zip(&self, code_sha256: &str) -> io::Result<Vec<u8>> {
        let executable = self.0.get(code_sha256).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("no function was built with the digest {code_sha256}"))
        })?;
        let zip = pack::zip(&std::fs::read(executable)?)?;
        match pack::digest(&zip) == code_sha256 {
            true => Ok(zip),
            false => Err(io::Error::other(format!("{} was rebuilt during this run; run it again", executable.display()))),
        }
    }
}

/// The result of a build: the zips, and each package's digest.
#[derive(Debug, Default)]
pub(crate) struct BuildOutput {
    pub(crate) zips: Arc<Zips>,
    pub(crate) digests: BTreeMap<(String, Target), String>,
}

/// Builds all packages in the set for their targets. Runs cargo only if an input of a build has changed. Cargo and the build scripts get no
/// AWS credentials and none of the variables `secrets`.
pub(crate) fn build(
    root: &Path,
    wanted: &BTreeSet<(String, Target)>,
    secrets: &BTreeSet<String>,
    quiet: bool,
) -> Result<BuildOutput, Failure> {
    let environment = environment::child_environment(secrets);
    let (mut zips, mut digests) = (Zips::default(), BTreeMap::new());
    let targets: BTreeSet<Target> = wanted.iter().map(|(_, target)| *target).collect();
    for target in targets {
        let packages: BTreeSet<&str> =
            wanted.iter().filter(|(_, wanted)| *wanted == target).map(|(package, _)| package.as_str()).collect();
        let compilation = Compilation::new(root, packages.clone(), target)?;
        let arguments = compilation.arguments();
        let settings = Settings { arguments: &arguments, environment: &environment };
        let path = root.join(".deployer/functions").join(format!("{}.json", target.name()));
        let mut record = BuildCache::read(&path);
        let mut add = |package: &str, executable: &Path, digest: &str| {
            zips.0.insert(digest.to_owned(), executable.to_owned());
            digests.insert((package.to_owned(), target), digest.to_owned());
        };
        let current: Option<Vec<_>> =
            packages.iter().map(|package| Some((*package, record.current(package, &settings)?))).collect();
        if let Some(current) = current {
            current.into_iter().for_each(|(package, build)| add(package, &build.executable, &build.code_sha256));
            continue;
        }
        for (package, executable) in compilation.run(&environment, quiet)? {
            let binary = std::fs::read(&executable).map_err(|error| Failure::io(&executable, error))?;
            elf::check(&executable, &binary, target)?;
            let digest = pack::digest(&pack::zip(&binary).map_err(|error| Failure::io(&executable, error))?);
            add(&package, &executable, &digest);
            record.insert(&package, &executable, &digest, &settings);
        }
        // A record that cannot be written, as in a read-only checkout, costs only speed.
        if let Err(error) = record.write(&path) {
            tracing::debug!("cannot record the build of functions in {}: {error}", path.display());
        }
    }
    Ok(BuildOutput { zips: Arc::new(zips), digests })
}
