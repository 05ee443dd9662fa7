//! The tools that compile or run functions on this machine.

use std::collections::BTreeSet;

use deployer_emulator::missing_interpreter;
use deployer_spec::Provider;

use super::Finding;
use crate::failure::Failure;
use crate::functions::{Target, compiler};
use crate::project::Project;

/// Checks the tools that the functions of an environment need.
pub(super) fn of(project: &Project) -> Vec<Finding> {
    let wanted = project.wanted_functions();
    let targets: BTreeSet<Target> = wanted.packages.iter().map(|(_, target)| *target).collect();
    let mut findings: Vec<Finding> = targets.into_iter().map(compiler_for).collect();
    if matches!(project.spec.provider, Provider::Embedded(_)) {
        let runtimes: BTreeSet<String> = wanted.zips.into_values().map(|function| function.runtime).collect();
        findings.extend(runtimes.iter().map(|runtime| interpreter(runtime)));
    }
    findings
}

/// Checks the compiler of Cargo packages without a spec.
pub(super) fn any() -> Vec<Finding> {
    [Target::Host, Target::LambdaX86, Target::LambdaArm].map(compiler_for).map(Finding::into_warning).to_vec()
}

fn compiler_for(target: Target) -> Finding {
    let check = match target {
        Target::Host => "compiler here",
        Target::LambdaX86 => "for x86_64",
        Target::LambdaArm => "for arm64",
    };
    match compiler(target) {
        Ok(compiler) => Finding::ok(check, format!("{compiler} compiles functions")),
        Err(failure) => Finding::fail(check, failure),
    }
}

fn interpreter(runtime: &str) -> Finding {
    match missing_interpreter(runtime) {
        None => Finding::ok("interpreter", format!("functions in {runtime} run here")),
        Some(why) => Finding::fail("interpreter", Failure::new(why).help("install it, or deploy to AWS, which has its own")),
    }
}
