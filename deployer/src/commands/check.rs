//! `deployer check`: checks the spec and its flows, without AWS.

use std::collections::BTreeMap;

use deployer_spec::{Code, Diagnostic, Diagnostics, built_in};
use deployer_stack::InstanceSection;
use serde_json::json;

use super::print;
use crate::failure::{Exit, Failure};
use crate::functions;
use crate::project::{Project, show};
use crate::secrets::SecretValues;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: super::Target,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let checked = Project::load(&args.target.env).and_then(|project| {
        let notes = notes(&project)?;
        Ok((project, notes))
    });
    let (project, notes) = match checked {
        Ok(checked) => checked,
        Err(failure) if args.target.json => {
            print(&format!("{}\n", json!({"ok": false, "message": failure.message, "details": failure.details})))?;
            return Err(failure);
        }
        Err(failure) => return Err(failure),
    };
    let warnings: Vec<String> = project
        .flows
        .values()
        .chain(project.modules.values())
        .flat_map(|file| file.warnings.iter().map(|finding| show(&project.root.join(&file.path), &file.flow, finding)))
        .collect();
    if args.target.json {
        print(&format!("{}\n", json!({"ok": true, "warnings": warnings, "notes": notes})))?;
    } else {
        let mut text: String = warnings.iter().map(|warning| format!("{warning}\n")).collect();
        notes.iter().for_each(|note| text.push_str(&format!("note: {note}\n")));
        text.push_str(&summary(&project));
        print(&text)?;
    }
    Ok(Exit::Success)
}

/// Returns notes that are no errors of the spec but should be known before a run.
///
/// # Errors
/// Fails with all functions whose package the workspace does not have.
fn notes(project: &Project) -> Result<Vec<String>, Failure> {
    let missing = SecretValues::missing(&project.spec).into_iter().map(|(path, variable)| {
        format!("{path}: `apply` will need the environment variable `{variable}`, which is not set here")
    });
    let mut notes: Vec<String> = missing.collect();
    notes.extend(names_in_instance(project)?);
    let created = project.spec.connect.iter().filter(|connect| connect.existing.is_none());
    for (user, declared) in created.flat_map(|connect| &connect.users) {
        let own = declared.security_profiles.iter().filter(|name| !built_in::SECURITY_PROFILES.contains(&name.as_str()));
        notes.extend(own.map(|name| {
            format!(
                "connect.users.{user}: a new instance has no security profile `{name}`; an instance that exists must have it already"
            )
        }));
    }
    for route in project.spec.api.iter().filter(|api| api.domain.is_some()).flat_map(|api| api.routes.keys()) {
        let route = route.to_string();
        notes.extend(deployer_spec::reserved_path(&route).map(|path| {
            format!("api.routes.{route}: API Gateway answers `{path}` at a custom domain itself; it is reached at the API's own endpoint only")
        }));
    }
    if project.spec.functions.is_empty() {
        return Ok(notes);
    }
    match functions::executables(&project.root) {
        Ok(packages) => known_packages(project, &packages)?,
        Err(why) => notes.push(format!("the packages of functions were not checked: {why}")),
    }
    Ok(notes)
}

/// Returns which names of an existing instance only a plan can check.
fn names_in_instance(project: &Project) -> Result<Option<String>, Failure> {
    let graph = project.graph_in(project.spec.provider.account().as_str(), project.spec.provider.region().as_str())?;
    let named: Vec<String> = graph
        .external
        .iter()
        .filter_map(|external| Some(format!("{} {}", InstanceSection::from_type(&external.type_name)?.noun(), external.name)))
        .collect();
    let note = format!("connect.existing: `plan` checks that the instance has {}", named.join(", "));
    Ok((!named.is_empty()).then_some(note))
}

fn known_packages(project: &Project, packages: &BTreeMap<String, bool>) -> Result<(), Failure> {
    let faults = project.spec.functions.iter().filter_map(|(name, function)| {
        let package = &function.package;
        let (message, help) = match packages.get(package) {
            Some(true) => return None,
            Some(false) => (
                format!("the package `{package}` has no executable of the same name"),
                format!("give {package} a src/main.rs, or correct `package`"),
            ),
            None => {
                let names: Vec<&str> = packages.iter().filter(|(_, runs)| **runs).map(|(name, _)| name.as_str()).collect();
                let has = if names.is_empty() { "none with an executable".to_owned() } else { names.join(", ") };
                (format!("the workspace has no package `{package}`"), format!("it has {has}"))
            }
        };
        let fault = Diagnostic::new(Code::Dangling, function.package_span, message).in_file(&project.spec_path);
        Some(fault.with_path(format!("functions.{name}.package")).help(help))
    });
    let faults: Vec<Diagnostic> = faults.collect();
    if faults.is_empty() {
        return Ok(());
    }
    let faults = Diagnostics::new(faults, &project.source);
    Err(Failure::input(faults.to_string().trim_end().to_owned()).details(faults.to_json()))
}

fn summary(project: &Project) -> String {
    let spec = &project.spec;
    let mut parts =
        vec![count(spec.tables.len(), "table"), count(spec.functions.len(), "function"), count(project.flows.len(), "flow")];
    if let Some(connect) = &spec.connect {
        let counts = [
            (connect.modules.len(), "module"),
            (connect.prompts.len(), "prompt"),
            (connect.queues.len(), "queue"),
            (connect.users.len(), "user"),
            (connect.phone_numbers.len(), "phone number"),
        ];
        parts.extend(counts.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| count(number, what)));
    }
    if let Some(api) = &spec.api {
        parts.push(count(api.routes.len(), "route"));
    }
    format!("{}: ok ({})\n", project.spec_path.display(), parts.join(", "))
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
