//! References to outputs of other environments of the project, checked by their specs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use deployer_spec::{Code, Diagnostic, Diagnostics, Reference};
use deployer_stack::{BuildInputs, reference_in};

use super::{Project, invalid_spec};
use crate::failure::Failure;

/// Checks that each other environment has a valid spec, that this spec declares what the reference names, and that no environment refers to
/// itself through others. Reads files only, each spec once.
///
/// # Errors
/// All such errors at once.
pub(super) fn check(project: &Project) -> Result<(), Failure> {
    let mut faults = Vec::new();
    let mut others = Others::default();
    for (path, named) in project.spec.outputs_of_others() {
        if let Err(fault) = check_one(project, named, &mut others) {
            faults.push(fault.with_path(path));
        }
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(invalid_spec(&Diagnostics::new(faults, &project.sources))),
    }
}

/// The specs of other environments that were read.
#[derive(Default)]
struct Others(BTreeMap<String, Rc<Result<Project, Failure>>>);

impl Others {
    fn read(&mut self, environment: &str) -> Rc<Result<Project, Failure>> {
        let read = || Rc::new(Project::load_spec(environment));
        Rc::clone(self.0.entry(environment.to_owned()).or_insert_with(read))
    }

    /// Returns the environments that an environment refers to. An invalid spec is an error of that environment.
    fn named_by(&mut self, environment: &str) -> BTreeSet<String> {
        match &*self.read(environment) {
            Ok(project) => project.spec.outputs_of_others().into_iter().map(|(_, named)| environment_of(named)).collect(),
            Err(_) => BTreeSet::new(),
        }
    }

    /// Returns a path of references from an environment to another one, both included. Each environment is visited once.
    fn path(&mut self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut came_from = BTreeMap::from([(from.to_owned(), None)]);
        let mut left = vec![from.to_owned()];
        while let Some(environment) = left.pop() {
            if environment == to {
                let steps = std::iter::successors(Some(&environment), |step| came_from.get(*step)?.as_ref());
                let mut path: Vec<String> = steps.cloned().collect();
                path.reverse();
                return Some(path);
            }
            for next in self.named_by(&environment) {
                if !came_from.contains_key(&next) {
                    came_from.insert(next.clone(), Some(environment.clone()));
                    left.push(next);
                }
            }
        }
        None
    }
}

fn environment_of(named: &Reference) -> String {
    named.environment.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn check_one(project: &Project, named: &Reference, others: &mut Others) -> Result<(), Diagnostic> {
    let environment = environment_of(named);
    let fault = |code, message: String| Diagnostic::new(code, named.span, message);
    let read = others.read(&environment);
    let other = read.as_ref().as_ref().map_err(|failure| {
        let message = format!("the spec of the environment `{environment}` cannot be used: {}", first_line(&failure.message));
        let help = failure.help.clone().unwrap_or_else(|| format!("deployer check --env {environment}"));
        fault(Code::Dangling, message).help(help)
    })?;
    let inputs = BuildInputs { account: other.spec.provider.account().to_string(), ..BuildInputs::default() };
    if reference_in(&other.spec, &inputs, &entry(named)).is_none() {
        let message = format!("{} does not declare what `${{{named}}}` names", other.spec_path.display());
        return Err(
            fault(Code::Dangling, message).help(format!("deployer check --env {environment} --resolved shows what it has"))
        );
    }
    let own = project.spec.environment.to_string();
    match others.path(&environment, &own) {
        None => Ok(()),
        Some(path) => {
            let message = format!("the environments refer to each other in a circle: {own} -> {}", path.join(" -> "));
            Err(fault(Code::Cycle, message).help("remove one of the references"))
        }
    }
}

/// Returns the reference as it would be written in the spec of its own environment.
pub(crate) fn entry(named: &Reference) -> String {
    Reference { environment: None, ..named.clone() }.to_string()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
