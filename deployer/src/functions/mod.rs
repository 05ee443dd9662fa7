//! Functions from source to zip: compiles changed ones, checks the binary, and packs it reproducibly.

mod archive;
mod command;
mod compile;
mod elf;
mod environment;
mod inputs;
mod pack;
mod packages;
mod prebuilt;
mod program;
mod progress;
mod reproducible;
mod sources;
mod target;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::failure::Failure;

use compile::Compilation;
pub(crate) use compile::compiler;
use inputs::{BuildCache, Settings};
pub(crate) use packages::executables;
pub(crate) use prebuilt::{check_out, read_prebuilt, write_prebuilt};
pub(crate) use program::{Program, plain as plain_line, run as run_program};
use sources::{Packing, Record};
pub(crate) use sources::{ZipFunction, ZipSource, check as check_source};
pub(crate) use target::Target;

/// What a zip is made of when it is uploaded.
#[derive(Debug, Clone)]
pub(crate) enum Artifact {
    /// The executable of a Cargo package.
    Executable(PathBuf),
    /// A directory of a project.
    Directory { root: PathBuf, directory: PathBuf },
    /// A zip file.
    Zip(PathBuf),
    /// A zip.
    Bytes(Vec<u8>),
}

impl Artifact {
    fn zip(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::Executable(path) => pack::zip(&std::fs::read(path)?),
            Self::Directory { root, directory } => {
                sources::zip_directory(root, directory).map_err(|failure| io::Error::other(failure.message))
            }
            Self::Zip(path) => std::fs::read(path),
            Self::Bytes(zip) => Ok(zip.clone()),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Executable(path) | Self::Zip(path) | Self::Directory { directory: path, .. } => path.display().to_string(),
            Self::Bytes(_) => "a function".to_owned(),
        }
    }
}

/// Artifacts by the digest that Lambda returns for their zips. A zip is created when it is uploaded.
#[derive(Debug, Default)]
pub(crate) struct Zips(BTreeMap<String, Artifact>);

impl Zips {
    /// Returns the zips with these digests and bytes.
    pub(crate) fn from_bytes(all: impl Iterator<Item = (String, Vec<u8>)>) -> Self {
        Self(all.map(|(digest, bytes)| (digest, Artifact::Bytes(bytes))).collect())
    }

    /// Returns the digests, as Lambda returns them.
    pub(crate) fn digests(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

impl deployer_aws::Artifacts for Zips {
    fn zip(&self, code_sha256: &str) -> io::Result<Vec<u8>> {
        let artifact = self.0.get(code_sha256).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("no function was built with the digest {code_sha256}"))
        })?;
        let zip = artifact.zip()?;
        match pack::digest(&zip) == code_sha256 {
            true => Ok(zip),
            false => Err(io::Error::other(format!("{} was changed during this run; run it again", artifact.shown()))),
        }
    }
}

/// The functions to build.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Cargo packages with their targets.
    pub(crate) packages: BTreeSet<(String, Target)>,
    /// Functions from directories and zip files, by name.
    pub(crate) zips: BTreeMap<String, ZipFunction>,
}

/// The result of a build: the zips, and the digest of each package and of each other function.
#[derive(Debug, Default)]
pub(crate) struct BuildOutput {
    pub(crate) zips: Arc<Zips>,
    pub(crate) packages: BTreeMap<(String, Target), String>,
    pub(crate) functions: BTreeMap<String, String>,
}

/// Builds everything that is wanted. Cargo, build scripts and build commands get no AWS credentials and none of the variables `secrets`.
pub(crate) fn build(root: &Path, wanted: &Wanted, secrets: &BTreeSet<String>, quiet: bool) -> Result<BuildOutput, Failure> {
    let (mut zips, packages) = compile(root, &wanted.packages, secrets, quiet)?;
    let functions = pack_sources(root, &wanted.zips, secrets, quiet, &mut zips)?;
    Ok(BuildOutput { zips: Arc::new(zips), packages, functions })
}

/// Packs functions from directories and zip files.
fn pack_sources(
    root: &Path,
    wanted: &BTreeMap<String, ZipFunction>,
    secrets: &BTreeSet<String>,
    quiet: bool,
    zips: &mut Zips,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut digests = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(digests);
    }
    let path = root.join(".deployer/functions/zips.json");
    let mut packing = Packing { root, secrets, quiet, record: Record::read(&path) };
    for (name, function) in wanted {
        let (digest, artifact) = packing.pack(name, function)?;
        zips.0.insert(digest.clone(), artifact);
        digests.insert(name.clone(), digest);
    }
    if let Err(error) = packing.record.write(&path) {
        tracing::debug!("cannot record the packing of functions in {}: {error}", path.display());
    }
    Ok(digests)
}

type Compiled = (Zips, BTreeMap<(String, Target), String>);

/// Compiles all packages in the set for their targets. Runs cargo only if an input of a build has changed.
fn compile(
    root: &Path,
    wanted: &BTreeSet<(String, Target)>,
    secrets: &BTreeSet<String>,
    quiet: bool,
) -> Result<Compiled, Failure> {
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
            zips.0.insert(digest.to_owned(), Artifact::Executable(executable.to_owned()));
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
    Ok((zips, digests))
}
