//! `deployer check`: checks the spec and its flows, without AWS.

use std::collections::BTreeMap;

use deployer_spec::{Code, Diagnostic, Diagnostics, Provider, RUNTIMES, built_in};
use deployer_stack::InstanceSection;
use serde_json::json;

use super::print;
use crate::failure::{Exit, Failure};
use crate::functions;
use crate::project::{Project, invalid_spec, show};
use crate::secrets::SecretValues;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: super::Target,
    /// Print the spec as one document: with everything that it extends and takes from the environment, and comments that say where that
    /// stands.
    ///
    /// Values of secrets are not part of it, only the names of the variables that hold them.
    #[arg(long)]
    resolved: bool,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let checked = Project::load(&args.target.env).and_then(|project| {
        project.certificate.require(&project.spec_path)?;
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
    if args.resolved {
        let text = match args.target.json {
            true => format!("{:#}\n", project.resolved.to_json()),
            false => project.resolved.to_yaml(&project.sources),
        };
        return print(&text).map(|()| Exit::Success);
    }
    let warnings: Vec<String> = project
        .flows
        .values()
        .chain(project.modules.values())
        .flat_map(|file| file.warnings.iter().map(|finding| show(&project.root.join(&file.path), &file.flow, finding)))
        .chain(project.program.iter().flat_map(|program| program.warnings.iter().cloned()))
        .chain(project.certificate.warning.iter().map(|warning| format!("warning: {warning}")))
        .collect();
    if args.target.json {
        print(&format!("{}\n", json!({"ok": true, "warnings": warnings, "notes": notes})))?;
    } else {
        let mut text: String = warnings.iter().map(|warning| format!("{warning}\n\n")).collect();
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
    let users = created.flat_map(|connect| connect.users.iter().map(move |user| (connect, user)));
    for (connect, (user, declared)) in users {
        let known = |name: &str| built_in::SECURITY_PROFILES.contains(&name) || connect.security_profiles.contains_key(name);
        let own = declared.security_profiles.iter().filter(|name| !known(name));
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
    notes.extend(function_notes(project));
    check_sources(project)?;
    if project.spec.functions.values().all(|function| function.package().is_none()) {
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

/// How long before its deprecation a runtime is named.
const DEPRECATION_NOTICE: time::Duration = time::Duration::days(90);

/// Returns what is to be known about functions: wide permissions, deprecated runtimes, and runtimes that this machine cannot run.
fn function_notes(project: &Project) -> Vec<String> {
    // Dates as text sort like the days.
    let soon = (time::OffsetDateTime::now_utc() + DEPRECATION_NOTICE).date().to_string();
    let is_embedded = matches!(project.spec.provider, Provider::Embedded(_));
    let mut notes = Vec::new();
    for (name, function) in project.spec.functions.iter().filter(|(_, function)| function.existing().is_none()) {
        let runtime = function.runtime();
        let known = RUNTIMES.iter().find(|known| known.name == runtime);
        notes.extend(known.and_then(|known| known.deprecated_from).filter(|date| **date < *soon).map(|date| {
            format!("functions.{name}: AWS has named {date} as the day from which {runtime} is deprecated; it may have moved it")
        }));
        notes.extend(function.allow.iter().enumerate().filter_map(|(index, allowance)| {
            let wide = wide(allowance);
            let shown = wide.join(", ");
            (!wide.is_empty()).then(|| format!("functions.{name}.allow[{index}]: {shown} is wide: name what the function needs"))
        }));
        let missing = if is_embedded { deployer_emulator::missing_interpreter(runtime) } else { None };
        notes.extend(missing.map(|missing| format!("functions.{name}: calls will fail: {missing}")));
    }
    notes
}

/// Checks the directories and zips of functions.
///
/// # Errors
/// Fails with all of them that are missing, or do not fit their handlers.
fn check_sources(project: &Project) -> Result<(), Failure> {
    let wanted = project.wanted_functions().zips;
    let failures: Vec<Failure> =
        wanted.iter().filter_map(|(name, function)| functions::check_source(&project.root, name, function).err()).collect();
    let lines: Vec<&str> = failures.iter().map(|failure| failure.message.as_str()).collect();
    match failures.first() {
        None => Ok(()),
        Some(first) => {
            let failure = Failure::input(lines.join("\n"));
            Err(match &first.help {
                Some(help) => failure.help(help.clone()),
                None => failure,
            })
        }
    }
}

/// Returns the actions and resources that stand for all of a service, or more.
fn wide(allowance: &deployer_spec::Allowance) -> Vec<String> {
    let is_wide = |text: &str| text == "*" || text.ends_with(":*");
    let resources = allowance.resources.iter().map(ToString::to_string);
    let all = allowance.actions.iter().cloned().chain(resources).filter(|text| is_wide(text));
    all.map(|text| format!("`{text}`")).collect()
}

fn known_packages(project: &Project, packages: &BTreeMap<String, bool>) -> Result<(), Failure> {
    let faults = project.spec.functions.iter().filter_map(|(name, function)| {
        let package = function.package()?;
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
        let fault = Diagnostic::new(Code::Dangling, function.source_span, message);
        Some(fault.with_path(format!("functions.{name}")).help(help))
    });
    let faults: Vec<Diagnostic> = faults.collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(invalid_spec(&Diagnostics::new(faults, &project.sources)))
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
