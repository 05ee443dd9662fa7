//! References to outputs of other environments of the project, checked by their specs.

use deployer_spec::{Code, Diagnostic, Diagnostics, Reference};
use deployer_stack::{BuildInputs, reference_in};

use super::{Project, invalid_spec};
use crate::failure::Failure;

/// Checks that each other environment has a valid spec, that this spec declares what the reference names, and that no environment refers to
/// itself through others. Reads files only.
///
/// # Errors
/// All such errors at once.
pub(super) fn check(project: &Project) -> Result<(), Failure> {
    let mut faults = Vec::new();
    for (path, named) in project.spec.outputs_of_others() {
        if let Err(fault) = check_one(project, named) {
            faults.push(fault.with_path(path));
        }
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(invalid_spec(&Diagnostics::new(faults, &project.sources))),
    }
}

fn check_one(project: &Project, named: &Reference) -> Result<(), Diagnostic> {
    let environment = named.environment.as_ref().map(ToString::to_string).unwrap_or_default();
    let fault = |code, message: String| Diagnostic::new(code, named.span, message);
    let other = Project::load_spec(&environment).map_err(|failure| {
        let message = format!("the spec of the environment `{environment}` cannot be used: {}", first_line(&failure.message));
        let help = failure.help.unwrap_or_else(|| format!("deployer check --env {environment}"));
        fault(Code::Dangling, message).help(help)
    })?;
    let inputs = BuildInputs { account: other.spec.provider.account().to_string(), ..BuildInputs::default() };
    if reference_in(&other.spec, &inputs, &entry(named)).is_none() {
        let message = format!("{} does not declare what `${{{named}}}` names", other.spec_path.display());
        return Err(
            fault(Code::Dangling, message).help(format!("deployer check --env {environment} --resolved shows what it has"))
        );
    }
    let mut path = vec![project.spec.environment.to_string(), environment];
    match circle(&other, &mut path) {
        false => Ok(()),
        true => {
            let message = format!("the environments refer to each other in a circle: {}", path.join(" -> "));
            Err(fault(Code::Cycle, message).help("remove one of the references"))
        }
    }
}

/// Whether references lead from the last environment of the path back to its first one; the path then has all of them.
fn circle(project: &Project, path: &mut Vec<String>) -> bool {
    for (_, named) in project.spec.outputs_of_others() {
        let next = named.environment.as_ref().map(ToString::to_string).unwrap_or_default();
        if path.first() == Some(&next) {
            path.push(next);
            return true;
        }
        if path.contains(&next) {
            // A circle of other environments, which their own checks report.
            continue;
        }
        // An invalid spec is an error of that environment.
        let Ok(other) = Project::load_spec(&next) else { continue };
        path.push(next);
        if circle(&other, path) {
            return true;
        }
        path.pop();
    }
    false
}

/// Returns the reference as it would be written in the spec of its own environment.
pub(crate) fn entry(named: &Reference) -> String {
    Reference { environment: None, ..named.clone() }.to_string()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
