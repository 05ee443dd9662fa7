//! Compiling functions with cargo, or with the cross-compilers for Lambda where they are installed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::failure::Failure;

/// What functions are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Target {
    /// This machine: the embedded AWS runs them here.
    Host,
    /// Lambda on x86_64.
    LambdaX86,
    /// Lambda on arm64.
    LambdaArm,
}

impl Target {
    /// The cargo profile. For AWS small and quick to start; for this machine the one that the deployer itself was most likely built
    /// with, so that hardly anything is left to compile.
    fn profile(self) -> &'static str {
        match self {
            Self::Host => "release",
            Self::LambdaX86 | Self::LambdaArm => "function",
        }
    }

    fn triple(self) -> &'static str {
        match self {
            Self::LambdaArm => "aarch64-unknown-linux-gnu",
            _ => "x86_64-unknown-linux-gnu",
        }
    }

    /// Whether code compiled for this machine runs there.
    fn is_host(self) -> bool {
        let here = (std::env::consts::OS, std::env::consts::ARCH);
        match self {
            Self::Host => true,
            Self::LambdaX86 => here == ("linux", "x86_64"),
            Self::LambdaArm => here == ("linux", "aarch64"),
        }
    }
}

/// What compiles: for Lambda a cross-compiler where one is installed, since it links against the runtime's glibc whatever
/// this machine has; plain cargo where this machine is of the target's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compiler {
    Cargo,
    CargoLambda,
    CargoZigbuild,
}

impl Compiler {
    fn choose(target: Target, installed: &dyn Fn(&str) -> bool) -> Result<Self, Failure> {
        if target == Target::Host {
            Ok(Self::Cargo)
        } else if installed("cargo-lambda") {
            Ok(Self::CargoLambda)
        } else if installed("cargo-zigbuild") {
            Ok(Self::CargoZigbuild)
        } else if target.is_host() {
            Ok(Self::Cargo)
        } else {
            Err(Failure::new(format!("functions for {} cannot be compiled on this machine", target.triple()))
                .help(CROSS_COMPILER))
        }
    }

    fn arguments(self, target: Target) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Cargo => &["build"],
            Self::CargoLambda if target == Target::LambdaArm => &["lambda", "build", "--arm64"],
            Self::CargoLambda => &["lambda", "build", "--x86-64"],
            Self::CargoZigbuild => &["zigbuild", "--target"],
        };
        let mut arguments: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        if self == Self::CargoZigbuild {
            arguments.push(format!("{}.{}", target.triple(), super::elf::GLIBC_OF_RUNTIME));
        }
        arguments
    }
}

/// What to install where a function cannot be built for Lambda.
pub(crate) const CROSS_COMPILER: &str =
    "install a cross-compiler: `pip install cargo-lambda`, or `pip install ziglang cargo-zigbuild`";

/// Compiles the packages and gives the path of each one's executable.
pub(crate) fn compile(
    root: &Path,
    packages: &BTreeSet<&str>,
    target: Target,
    quiet: bool,
) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let compiler = Compiler::choose(target, &installed)?;
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(compiler.arguments(target)).args(["--profile", target.profile()]);
    if compiler != Compiler::CargoLambda {
        command.args(["--message-format", "json-render-diagnostics"]);
    }
    if quiet {
        command.arg("--quiet");
    }
    // What runs on this machine only is compiled as the deployer itself was.
    if target != Target::Host {
        super::reproducible::without_local_paths(&mut command, root);
    }
    // On this machine features are resolved over the whole workspace, as in every other build of it.
    command.args(if target == Target::Host { &["--workspace"][..] } else { &[] });
    for package in packages {
        command.args([if target == Target::Host { "--bin" } else { "--package" }, package]);
    }
    let output = run(command.current_dir(root))?;
    if !output.status.success() {
        let names: Vec<&str> = packages.iter().copied().collect();
        return Err(Failure::new(format!("the functions {} do not compile; cargo's messages stand above", names.join(" and "))));
    }
    let found = match compiler {
        Compiler::CargoLambda => packed_by_cargo_lambda(root, packages)?,
        _ => executables(&output.stdout),
    };
    packages
        .iter()
        .map(|package| match found.get(*package) {
            Some(path) => Ok(((*package).to_owned(), path.clone())),
            None => Err(Failure::new(format!("the package {package} has no executable of the same name"))
                .help(format!("give {package} a src/main.rs, or correct `package` in the spec"))),
        })
        .collect()
}

/// Runs cargo with its messages on standard error and its machine-readable output kept.
fn run(command: &mut Command) -> Result<Output, Failure> {
    command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("cargo cannot be started: {error}")).help("install Rust from https://rustup.rs"))
}

fn installed(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// Executables by package name, from cargo's messages.
fn executables(messages: &[u8]) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for line in messages.split(|byte| *byte == b'\n') {
        let Ok(message) = serde_json::from_slice::<Value>(line) else { continue };
        if let (Some(executable), Some(name)) = (message["executable"].as_str(), message["target"]["name"].as_str()) {
            found.insert(name.to_owned(), PathBuf::from(executable));
        }
    }
    found
}

/// Executables where `cargo lambda build` leaves them: `target/lambda/NAME/bootstrap`.
fn packed_by_cargo_lambda(root: &Path, packages: &BTreeSet<&str>) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let output = run(command.args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(root))?;
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let directory = PathBuf::from(metadata["target_directory"].as_str().unwrap_or("target")).join("lambda");
    let paths = packages.iter().map(|package| ((*package).to_owned(), directory.join(package).join("bootstrap")));
    Ok(paths.filter(|(_, path)| path.is_file()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cross_compiler_is_preferred_for_lambda_and_never_used_for_this_machine() {
        assert_eq!(Compiler::choose(Target::Host, &|_| true).unwrap(), Compiler::Cargo);
        for target in [Target::LambdaX86, Target::LambdaArm] {
            assert_eq!(Compiler::choose(target, &|_| true).unwrap(), Compiler::CargoLambda);
            assert_eq!(Compiler::choose(target, &|name| name == "cargo-zigbuild").unwrap(), Compiler::CargoZigbuild);
        }
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn without_a_cross_compiler_another_processor_is_an_error_that_says_what_to_install() {
        assert_eq!(Compiler::choose(Target::LambdaX86, &|_| false).unwrap(), Compiler::Cargo);
        let failure = Compiler::choose(Target::LambdaArm, &|_| false).unwrap_err();
        assert!(failure.to_string().contains("aarch64"), "{failure}");
    }
}
