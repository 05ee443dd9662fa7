//! The environment of child processes: without credentials, and without the variables that `cargo run` adds.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Prefixes of variables that give access to AWS or to GitHub's identity provider.
const CREDENTIALS: [&str; 3] = ["AWS_", "ACTIONS_ID_TOKEN_REQUEST_", "ACTIONS_RUNTIME_"];

/// Prefixes of variables that cargo sets for the program that it runs (the Cargo book, environment variables cargo sets for crates). Build
/// scripts watch some of them: a nested cargo that inherits them recompiles what the outer one has compiled, and vice versa.
const SET_BY_CARGO: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
const SET_BY_CARGO_EXACTLY: [&str; 5] =
    ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "CARGO_TARGET_TMPDIR", "OUT_DIR", "RUST_RECURSION_COUNT"];

/// Library paths to which cargo adds its own directories while it runs a program.
const LIBRARY_PATHS: [&str; 2] = ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];

/// Minimum length of a secret: a shorter value occurs in other values by chance.
const SHORTEST_SECRET: usize = 8;

/// Returns the sorted variables for a child process: those of this process except credentials, `secrets` and cargo's additions. A variable
/// that contains the value of a secret under another name is a secret too.
pub(crate) fn child_environment(secrets: &BTreeSet<String>) -> Vec<(OsString, OsString)> {
    let run_by_cargo = std::env::var_os("CARGO_MANIFEST_DIR").is_some();
    let added = if run_by_cargo { added_by_cargo() } else { Vec::new() };
    child_variables(std::env::vars_os(), secrets, &added)
}

fn child_variables(
    all: impl Iterator<Item = (OsString, OsString)>,
    secrets: &BTreeSet<String>,
    added: &[PathBuf],
) -> Vec<(OsString, OsString)> {
    let all: Vec<(OsString, OsString)> = all.collect();
    let is_secret = |name: &OsString| name.to_str().is_some_and(|name| secrets.contains(name));
    let values: Vec<String> =
        all.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.to_string_lossy().into_owned()).collect();
    let holds_one = |value: &OsString| {
        let value = value.to_string_lossy();
        values.iter().any(|secret| secret.len() >= SHORTEST_SECRET && value.contains(secret))
    };
    let mut kept: Vec<(OsString, OsString)> = all
        .into_iter()
        .filter(|(name, value)| name.to_str().is_none_or(|name| !is_withheld(name, secrets)) && !holds_one(value))
        .filter_map(|(name, value)| match LIBRARY_PATHS.iter().any(|path| name == *path) {
            true => Some((name, without(&value, added)?)),
            false => Some((name, value)),
        })
        .collect();
    kept.sort();
    kept
}

fn is_withheld(name: &str, secrets: &BTreeSet<String>) -> bool {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    secrets.contains(name) || begins(&CREDENTIALS) || begins(&SET_BY_CARGO) || SET_BY_CARGO_EXACTLY.contains(&name)
}

/// Returns the library path without these directories and their subdirectories; `None` if nothing else is in it.
fn without(paths: &OsStr, added: &[PathBuf]) -> Option<OsString> {
    let kept = std::env::split_paths(paths).filter(|path| !added.iter().any(|added| path.starts_with(added)));
    std::env::join_paths(kept).ok().filter(|joined| !joined.is_empty())
}

/// Returns the directories that cargo adds to the library path: that of this executable, and the toolchain.
fn added_by_cargo() -> Vec<PathBuf> {
    let executable = std::env::current_exe().ok();
    let profile = executable.as_deref().and_then(Path::parent).map(Path::to_owned);
    let cargo = std::env::var_os("CARGO").map(PathBuf::from);
    let toolchain = cargo.as_deref().and_then(Path::parent).and_then(Path::parent).map(|toolchain| toolchain.join("lib"));
    profile.into_iter().chain(toolchain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(given: &[(&str, &str)], secrets: &[&str], added: &[&str]) -> Vec<String> {
        let all = given.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let secrets = secrets.iter().map(|name| (*name).to_owned()).collect();
        let added: Vec<PathBuf> = added.iter().map(PathBuf::from).collect();
        let kept = child_variables(all, &secrets, &added);
        kept.into_iter().map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy())).collect()
    }

    #[test]
    fn credentials_and_secrets_are_withheld() {
        let given = [
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_PROFILE", "x"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x"),
            ("VANITY_API_KEY", "correct-horse"),
            ("COPY_OF_IT", "Bearer correct-horse"),
            ("PATH", "/bin"),
            ("RUSTFLAGS", "-g"),
        ];
        assert_eq!(names(&given, &["VANITY_API_KEY"], &[]), ["PATH=/bin", "RUSTFLAGS=-g"]);
    }

    #[test]
    fn additions_of_cargo_are_removed() {
        let given = [
            ("CARGO", "/rust/bin/cargo"),
            ("CARGO_HOME", "/cargo"),
            ("CARGO_MANIFEST_DIR", "/p/deployer"),
            ("CARGO_PKG_NAME", "deployer"),
            ("CARGO_TARGET_DIR", "/t"),
            ("LD_LIBRARY_PATH", "/t/debug/deps:/t/debug:/rust/lib:/own"),
            ("DYLD_FALLBACK_LIBRARY_PATH", "/t/debug/deps"),
        ];
        let kept = ["CARGO=/rust/bin/cargo", "CARGO_HOME=/cargo", "CARGO_TARGET_DIR=/t", "LD_LIBRARY_PATH=/own"];
        assert_eq!(names(&given, &[], &["/t/debug", "/rust/lib"]), kept);
    }
}
