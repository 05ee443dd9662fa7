//! Prebuilt executables of functions: `DIRECTORY/TARGET/PACKAGE`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{BuildOutput, Target, Zips, elf, pack};
use crate::failure::Failure;

fn place(directory: &Path, package: &str, target: Target) -> PathBuf {
    directory.join(target.name()).join(package)
}

/// Copies every built executable into the directory.
///
/// # Errors
/// Fails if an executable cannot be read, or the directory cannot be written.
pub(crate) fn write_prebuilt(built: &BuildOutput, directory: &Path) -> Result<(), Failure> {
    for ((package, target), digest) in &built.digests {
        let Some(executable) = built.zips.0.get(digest) else { continue };
        let path = place(directory, package, *target);
        let parent = path.parent().unwrap_or(directory);
        std::fs::create_dir_all(parent).map_err(|error| Failure::io(parent, error))?;
        std::fs::copy(executable, &path).map_err(|error| Failure::io(&path, error))?;
    }
    Ok(())
}

/// Reads the executables of all packages in the set from the directory, and compiles nothing.
///
/// # Errors
/// Fails with all missing executables at once, or with one that the runtime could not start.
pub(crate) fn read_prebuilt(directory: &Path, wanted: &BTreeSet<(String, Target)>) -> Result<BuildOutput, Failure> {
    let paths = || wanted.iter().map(|(package, target)| (package, *target, place(directory, package, *target)));
    let missing: Vec<String> =
        paths().filter(|(.., path)| !path.is_file()).map(|(.., path)| path.display().to_string()).collect();
    if !missing.is_empty() {
        let message = format!("{} is missing: functions were not built into {}", missing.join(", "), directory.display());
        let help = format!("run `deployer build --out {}` for this environment first", directory.display());
        return Err(Failure::input(message).help(help));
    }
    let mut built = BuildOutput::default();
    let mut zips = Zips::default();
    for (package, target, path) in paths() {
        let binary = std::fs::read(&path).map_err(|error| Failure::io(&path, error))?;
        elf::check(&path, &binary, target)?;
        let digest = pack::digest(&pack::zip(&binary).map_err(|error| Failure::io(&path, error))?);
        zips.0.insert(digest.clone(), path);
        built.digests.insert((package.clone(), target), digest);
    }
    built.zips = Arc::new(zips);
    Ok(built)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_executables_are_read_back() {
        let place = tempfile::tempdir().expect("a directory");
        let own = std::env::current_exe().expect("a test runs");
        let digest = pack::digest(&pack::zip(b"x").expect("it can be packed"));
        let mut built = BuildOutput::default();
        built.digests.insert(("hello".to_owned(), Target::Host), digest.clone());
        built.zips = Arc::new(Zips([(digest, own)].into()));
        write_prebuilt(&built, place.path()).expect("it can be written");
        let wanted = BTreeSet::from([("hello".to_owned(), Target::Host)]);
        let read = read_prebuilt(place.path(), &wanted).expect("it is there");
        assert!(read.digests.contains_key(&("hello".to_owned(), Target::Host)));
        let more = BTreeSet::from([("hello".to_owned(), Target::LambdaArm), ("other".to_owned(), Target::Host)]);
        let failure = read_prebuilt(place.path(), &more).expect_err("two are missing");
        assert!(failure.message.contains("lambda-arm64/hello") && failure.message.contains("host/other"), "{failure}");
        std::fs::create_dir(place.path().join("lambda-x86_64")).expect("created");
        std::fs::write(place.path().join("lambda-x86_64/hello"), "#!/bin/sh").expect("written");
        let script = BTreeSet::from([("hello".to_owned(), Target::LambdaX86)]);
        assert!(read_prebuilt(place.path(), &script).is_err(), "the runtime starts no script");
    }
}
