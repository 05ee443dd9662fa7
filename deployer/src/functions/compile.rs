//! Compilation of functions with cargo, or with the cross-compilers for Lambda if they are installed.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::progress::{Progress, cargo_start_failure};
use super::target::{RUNTIME_GLIBC_VERSION, Target};
use crate::failure::Failure;

/// The compiler: for Lambda a cross-compiler if one is installed, since it links against the runtime's glibc whatever this machine has;
/// plain cargo if this machine is of the target's kind.
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

    fn name(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::CargoLambda => "cargo-lambda",
            Self::CargoZigbuild => "cargo-zigbuild",
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
            arguments.push(format!("{}.{}", target.triple(), RUNTIME_GLIBC_VERSION));
        }
        arguments
    }
}

/// Returns the name of the compiler that compiles functions for a target on this machine.
///
/// # Errors
/// Fails if this machine has none: cargo is not installed, the target needs a cross-compiler, or the compiler lacks the target's standard
/// library. cargo-lambda installs that by itself.
pub(crate) fn compiler(target: Target) -> Result<&'static str, Failure> {
    let install_rust = "install Rust from https://rustup.rs";
    if !installed("cargo") || !installed("rustc") {
        return Err(Failure::new("cargo and rustc are not installed").help(install_rust));
    }
    let compiler = Compiler::choose(target, &installed)?;
    if compiler == Compiler::CargoZigbuild {
        let directory = Command::new("rustc").args(["--print", "target-libdir", "--target", target.triple()]).output();
        let directory = directory.map_err(|error| Failure::new(format!("rustc: {error}")).help(install_rust))?;
        let directory = PathBuf::from(String::from_utf8_lossy(&directory.stdout).trim());
        if !directory.is_dir() {
            let triple = target.triple();
            return Err(Failure::new(format!("the target {triple} is not installed")).help(format!("rustup target add {triple}")));
        }
    }
    Ok(compiler.name())
}

/// Installation advice for functions that cannot be built for Lambda.
pub(crate) const CROSS_COMPILER: &str =
    "install a cross-compiler: `pip install cargo-lambda`, or `pip install ziglang cargo-zigbuild`";

/// One invocation of the compiler for functions of one target.
pub(super) struct Compilation<'c> {
    root: &'c Path,
    packages: BTreeSet<&'c str>,
    target: Target,
    compiler: Compiler,
    /// What is compiled, for messages: `functions`, or the program of an `app`.
    what: &'static str,
    /// Whether exactly the committed dependencies are used.
    locked: bool,
}

impl<'c> Compilation<'c> {
    /// Chooses a compiler for these packages.
    ///
    /// # Errors
    /// Fails if this machine has none for the target.
    pub(super) fn new(root: &'c Path, packages: BTreeSet<&'c str>, target: Target) -> Result<Self, Failure> {
        // Deployments to AWS use exactly the committed dependencies. On this machine a dependency may just be added.
        let locked = target != Target::Host && root.join("Cargo.lock").is_file();
        Ok(Self { root, packages, target, compiler: Compiler::choose(target, &installed)?, what: "functions", locked })
    }

    /// Returns the compilation of the program that declares a stack, with exactly the committed dependencies if any are.
    pub(super) fn of_program(root: &'c Path, package: &'c str) -> Self {
        let locked = root.ancestors().any(|directory| directory.join("Cargo.lock").is_file());
        Self { root, packages: [package].into(), target: Target::Host, compiler: Compiler::Cargo, what: "program", locked }
    }

    /// Returns the arguments of cargo. All packages of a target are always compiled together: the selection of packages affects the
    /// features of shared dependencies, and with them the digest of each function.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut arguments = self.compiler.arguments(self.target);
        let mut add = |words: &[&str]| arguments.extend(words.iter().map(|word| (*word).to_owned()));
        add(&["--profile", self.target.profile()]);
        if self.compiler != Compiler::CargoLambda {
            add(&["--message-format", "json-render-diagnostics"]);
        }
        if self.target == Target::Host {
            // On this machine features are resolved over the whole workspace, as in every other build of it.
            add(&["--workspace"]);
        }
        for package in &self.packages {
            add(&[if self.target == Target::Host { "--bin" } else { "--package" }, package]);
        }
        arguments
    }

    /// Compiles the packages and returns the path of each one's executable.
    ///
    /// # Errors
    /// Fails if cargo cannot be started or fails, or a package has no executable of its name.
    pub(super) fn run(&self, environment: &[(OsString, OsString)], quiet: bool) -> Result<BTreeMap<String, PathBuf>, Failure> {
        let names = self.packages.iter().copied().collect::<Vec<_>>().join(", ");
        let mut command = cargo(environment);
        command.args(self.arguments()).current_dir(self.root);
        if self.locked {
            command.arg("--locked");
        }
        // Functions for this machine only are compiled in the same way as the deployer itself.
        if self.target != Target::Host {
            super::reproducible::remap_local_paths(&mut command, environment, self.root);
        }
        let output = Progress::new(&names, quiet).watch(command)?;
        if !output.status.success() {
            return Err(Failure::new(format!("cannot compile the {} {names}; see cargo's messages above", self.what)));
        }
        let found = match self.compiler {
            Compiler::CargoLambda => self.packed_by_cargo_lambda(environment)?,
            _ => executables(&output.stdout),
        };
        let executable = |package: &str| match found.get(package) {
            Some(path) => Ok((package.to_owned(), path.clone())),
            None => Err(Failure::new(format!("the package {package} has no executable of the same name"))
                .help(format!("give {package} a src/main.rs, or correct `package` in the spec"))),
        };
        self.packages.iter().map(|package| executable(package)).collect()
    }

    /// Returns the executables where `cargo lambda build` leaves them: `target/lambda/NAME/bootstrap`.
    fn packed_by_cargo_lambda(&self, environment: &[(OsString, OsString)]) -> Result<BTreeMap<String, PathBuf>, Failure> {
        let mut command = cargo(environment);
        command.args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(self.root);
        let output = command.stdin(Stdio::null()).output().map_err(cargo_start_failure)?;
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let directory = PathBuf::from(metadata["target_directory"].as_str().unwrap_or("target")).join("lambda");
        let paths = self.packages.iter().map(|package| ((*package).to_owned(), directory.join(package).join("bootstrap")));
        Ok(paths.filter(|(_, path)| path.is_file()).collect())
    }
}

/// Returns a cargo command with exactly this environment.
fn cargo(environment: &[(OsString, OsString)]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    command
}

fn installed(program: &str) -> bool {
    let Some(path) = std::env::var_os("PATH") else { return false };
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// Parses the executables by package name from cargo's messages.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_compiler_is_preferred_for_lambda_only() {
        assert_eq!(Compiler::choose(Target::Host, &|_| true).unwrap(), Compiler::Cargo);
        for target in [Target::LambdaX86, Target::LambdaArm] {
            assert_eq!(Compiler::choose(target, &|_| true).unwrap(), Compiler::CargoLambda);
            assert_eq!(Compiler::choose(target, &|name| name == "cargo-zigbuild").unwrap(), Compiler::CargoZigbuild);
        }
    }

    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    fn missing_cross_compiler_is_an_error_with_advice() {
        assert_eq!(Compiler::choose(Target::LambdaX86, &|_| false).unwrap(), Compiler::Cargo);
        let failure = Compiler::choose(Target::LambdaArm, &|_| false).unwrap_err();
        assert!(failure.to_string().contains("aarch64"), "{failure}");
    }
}
