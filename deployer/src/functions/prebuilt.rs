//! Prebuilt functions: `DIRECTORY/TARGET/PACKAGE` is an executable, `DIRECTORY/zip/FUNCTION.zip` a packed directory or zip file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::read_zip;
use super::{Artifact, BuildOutput, Target, Wanted, ZipSource, Zips, elf, pack};
use crate::failure::Failure;

fn place(directory: &Path, package: &str, target: Target) -> PathBuf {
    directory.join(target.name()).join(package)
}

fn zip_place(directory: &Path, function: &str) -> PathBuf {
    directory.join("zip").join(format!("{function}.zip"))
}

/// Checks that a directory to write into is in no code directory of a function: the next build would pack what was written.
///
/// # Errors
/// Fails with the name of that function.
pub(crate) fn check_out(root: &Path, wanted: &Wanted, directory: &Path) -> Result<(), Failure> {
    let out = real(directory);
    for (name, function) in &wanted.zips {
        let ZipSource::Directory { path, .. } = &function.source else { continue };
        if out.starts_with(real(&root.join(path))) {
            let message = format!(
                "--out {} is in the code of functions.{name}, {}, and would be packed with it",
                directory.display(),
                path.display()
            );
            return Err(Failure::input(message).help("name a directory beside it; nothing was written"));
        }
    }
    Ok(())
}

/// Returns the real path of a directory that may not exist yet.
fn real(directory: &Path) -> PathBuf {
    let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    for place in directory.ancestors() {
        if let (Ok(there), Ok(rest)) = (place.canonicalize(), directory.strip_prefix(place)) {
            return there.join(rest);
        }
    }
    directory
}

/// Copies every built executable and zip into the directory.
///
/// # Errors
/// Fails if one cannot be read, or the directory cannot be written.
pub(crate) fn write_prebuilt(built: &BuildOutput, directory: &Path) -> Result<(), Failure> {
    let packages = built.packages.iter().map(|((package, target), digest)| (place(directory, package, *target), digest));
    let functions = built.functions.iter().map(|(function, digest)| (zip_place(directory, function), digest));
    for (path, digest) in packages.chain(functions) {
        let Some(artifact) = built.zips.0.get(digest) else { continue };
        let parent = path.parent().unwrap_or(directory);
        std::fs::create_dir_all(parent).map_err(|error| Failure::io(parent, error))?;
        let written = match artifact {
            Artifact::Executable(executable) => std::fs::copy(executable, &path).map(drop),
            other => other.zip().and_then(|zip| std::fs::write(&path, zip)),
        };
        written.map_err(|error| Failure::io(&path, error))?;
    }
    Ok(())
}

/// Reads all functions that are wanted from the directory, and builds nothing.
///
/// # Errors
/// Fails with all missing files at once, or with one that the runtime could not start.
pub(crate) fn read_prebuilt(directory: &Path, wanted: &Wanted) -> Result<BuildOutput, Failure> {
    let packages = || wanted.packages.iter().map(|(package, target)| (package, *target, place(directory, package, *target)));
    let functions = || wanted.zips.iter().map(|(name, function)| (name, function, zip_place(directory, name)));
    let all = packages().map(|(.., path)| path).chain(functions().map(|(.., path)| path));
    let missing: Vec<String> = all.filter(|path| !path.is_file()).map(|path| path.display().to_string()).collect();
    if !missing.is_empty() {
        let message = format!("{} is missing: functions were not built into {}", missing.join(", "), directory.display());
        let help = format!("run `deployer build --out {}` for this environment first", directory.display());
        return Err(Failure::input(message).help(help));
    }
    let mut built = BuildOutput::default();
    let mut zips = Zips::default();
    for (package, target, path) in packages() {
        let binary = std::fs::read(&path).map_err(|error| Failure::io(&path, error))?;
        elf::check(&path, &binary, target)?;
        let digest = pack::digest(&pack::zip(&binary).map_err(|error| Failure::io(&path, error))?);
        zips.0.insert(digest.clone(), Artifact::Executable(path));
        built.packages.insert((package.clone(), target), digest);
    }
    for (name, function, path) in functions() {
        let (zip, names) = read_zip(&path)?;
        function.check(&path, &names)?;
        let digest = pack::digest(&zip);
        zips.0.insert(digest.clone(), Artifact::Zip(path));
        built.functions.insert(name.clone(), digest);
    }
    built.zips = Arc::new(zips);
    Ok(built)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn packages<const N: usize>(packages: [(String, Target); N]) -> Wanted {
        Wanted { packages: BTreeSet::from(packages), ..Wanted::default() }
    }

    #[test]
    fn nothing_is_written_into_the_code() {
        let root = tempfile::tempdir().expect("a directory");
        std::fs::create_dir_all(root.path().join("functions/greet")).expect("created");
        let source = ZipSource::Directory { path: "functions/greet".into(), build: None, output: None };
        let function = super::super::ZipFunction {
            source,
            runtime: "python3.13".to_owned(),
            handler: "app.handler".to_owned(),
            has_layers: false,
        };
        let wanted = Wanted { zips: [("greet".to_owned(), function)].into(), ..Wanted::default() };
        for (out, is_right) in
            [("functions/greet", false), ("functions/greet/a/b", false), ("functions/greet-out", true), ("out", true)]
        {
            assert_eq!(check_out(root.path(), &wanted, &root.path().join(out)).is_ok(), is_right, "{out}");
        }
    }

    #[test]
    fn written_executables_are_read_back() {
        let place = tempfile::tempdir().expect("a directory");
        let own = std::env::current_exe().expect("a test runs");
        let digest = pack::digest(&pack::zip(b"x").expect("it can be packed"));
        let mut built = BuildOutput::default();
        built.packages.insert(("hello".to_owned(), Target::Host), digest.clone());
        built.zips = Arc::new(Zips([(digest, Artifact::Executable(own))].into()));
        write_prebuilt(&built, place.path()).expect("it can be written");
        let wanted = packages([("hello".to_owned(), Target::Host)]);
        let read = read_prebuilt(place.path(), &wanted).expect("it is there");
        assert!(read.packages.contains_key(&("hello".to_owned(), Target::Host)));
        let more = packages([("hello".to_owned(), Target::LambdaArm), ("other".to_owned(), Target::Host)]);
        let failure = read_prebuilt(place.path(), &more).expect_err("two are missing");
        assert!(failure.message.contains("lambda-arm64/hello") && failure.message.contains("host/other"), "{failure}");
        std::fs::create_dir(place.path().join("lambda-x86_64")).expect("created");
        std::fs::write(place.path().join("lambda-x86_64/hello"), "#!/bin/sh").expect("written");
        let script = packages([("hello".to_owned(), Target::LambdaX86)]);
        assert!(read_prebuilt(place.path(), &script).is_err(), "the runtime starts no script");
    }
}
