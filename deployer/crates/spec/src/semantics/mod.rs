//! Checks of consistency between parts of the spec.
//!
//! All checks tolerate an incomplete tree: whatever is missing or of the wrong type has been reported already, and must not prevent other
//! errors from being found.

mod allowances;
mod api;
mod app;
mod connect;
mod cycles;
mod day_times;
mod existing;
mod function_code;
mod functions;
mod known;
mod lifecycle;
mod overrides;
mod tables;
mod transfer;

pub(crate) use app::beside_app;
pub(crate) use existing::with_known_names;
pub use known::reserved_path;

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::suggest::{closest, listed};
use crate::template::{Reference, ReferenceKind};
use crate::yaml::Node;

/// Returns all inconsistencies between parts of the spec.
pub(crate) fn check(root: &Node, expected_environment: &str) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    environment(root, expected_environment, &mut faults);
    tables::check(root, &mut faults);
    functions::check(root, &mut faults);
    connect::check(root, &mut faults);
    if let Some(connect) = connect::Connect::of(root) {
        transfer::check(&connect, &mut faults);
    }
    known::check(root, &mut faults);
    api::check(root, &mut faults);
    app::check(root, &mut faults);
    cycles::check(root, &mut faults);
    lifecycle::check(root, &mut faults);
    faults
}

fn environment(root: &Node, expected: &str, faults: &mut Vec<Diagnostic>) {
    let Some(node) = root.get("environment") else { return };
    if let Some(found) = node.text().filter(|found| *found != expected) {
        let message = format!("this file is for the environment `{found}`, not for `{expected}`, which was asked for");
        let fault = Diagnostic::new(Code::OtherEnvironment, node.span, message).with_path("environment");
        faults.push(fault.help(format!("write `environment: {expected}` here if it is the right file")));
    }
}

/// Reports a node with a name that is not declared in this section.
fn declared(root: &Node, section: &[&str], node: Option<&Node>, path: &str, faults: &mut Vec<Diagnostic>) {
    known(root, section, &[], node, path, faults);
}

/// Reports a node with a name that is neither declared in this section nor built into every instance.
fn known(root: &Node, section: &[&str], built_in: &[&str], node: Option<&Node>, path: &str, faults: &mut Vec<Diagnostic>) {
    if let Some((node, name)) = node.and_then(|node| Some((node, node.text()?))) {
        exists(root, section, built_in, name, node.span, path, faults);
    }
}

/// Reports a name that is neither declared in this section nor built into every instance.
fn exists(root: &Node, section: &[&str], built_in: &[&str], name: &str, span: Span, path: &str, faults: &mut Vec<Diagnostic>) {
    let declared: Vec<&str> = root.find(section).into_iter().flat_map(Node::members).map(|(name, ..)| name).collect();
    if declared.contains(&name) || built_in.contains(&name) && existing::instance(root).is_none() {
        return;
    }
    if existing::has_names(root, section) {
        return existing::check_name(root, section, &declared, (name, span), path, faults);
    }
    let shown: String = name.chars().take(60).collect();
    let section = section.join(".");
    let help = match (declared.as_slice(), built_in) {
        ([], []) => format!("`{section}` declares nothing"),
        (names, []) => format!("it declares {}", listed(names)),
        (names, built_in) => format!("it declares {}; an instance comes with `{}`", listed(names), built_in.join("`, `")),
    };
    let meant = closest(name, declared.iter().chain(built_in).copied()).map(str::to_owned);
    let fault = Diagnostic::new(Code::Dangling, span, format!("`{section}` declares no `{shown}`"));
    faults.push(fault.with_path(path).help(help).with_suggestion(meant));
}

/// Reports a reference to an undeclared entry.
fn resolves(root: &Node, reference: &Reference, path: &str, faults: &mut Vec<Diagnostic>) {
    use crate::template::Output;
    if let Some(other) = &reference.environment {
        // What it has is checked with its spec.
        if root.get("environment").and_then(Node::text) == Some(other.as_str()) {
            let message = format!("`${{{reference}}}` names the environment that it stands in");
            let own = Reference { environment: None, ..reference.clone() };
            let fault = Diagnostic::new(Code::BadReference, reference.span, message).with_path(path);
            faults.push(fault.with_suggestion(Some(format!("${{{own}}}"))));
        }
        return;
    }
    let section: &[&str] = match reference.kind {
        ReferenceKind::Setting => return,
        ReferenceKind::Table => &["tables"],
        ReferenceKind::Function => &["functions"],
        ReferenceKind::Flow => &["connect", "flows"],
        ReferenceKind::Module => &["connect", "modules"],
        ReferenceKind::Queue => &["connect", "queues"],
        ReferenceKind::Hours => &["connect", "hours"],
        ReferenceKind::RoutingProfile => &["connect", "routing_profiles"],
        ReferenceKind::User => &["connect", "users"],
        ReferenceKind::PhoneNumber => &["connect", "phone_numbers"],
        ReferenceKind::Prompt => &["connect", "prompts"],
        ReferenceKind::Bot => &["connect", "bots"],
        ReferenceKind::Connect => &["connect"],
        ReferenceKind::Api => &["api"],
    };
    if let Some(name) = &reference.name {
        return exists(root, section, &[], name.as_str(), reference.span, path, faults);
    }
    let missing = match root.find(section) {
        None => Some(section.join(".")),
        Some(api) if reference.output == Output::Domain && api.get("domain").is_none() => Some("api.domain".to_owned()),
        Some(_) => None,
    };
    if let Some(missing) = missing {
        let message = format!("`${{{reference}}}` names what the spec does not have: `{missing}`");
        faults.push(Diagnostic::new(Code::Dangling, reference.span, message).with_path(path));
    }
}

/// Reports entries of a section that are the same thing in AWS, by what `identity` returns of each.
fn no_two(
    owner: &Node,
    section: &str,
    identity: &dyn Fn(&Node) -> Option<String>,
    noun: &str,
    path: &str,
    faults: &mut Vec<Diagnostic>,
) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (key, at, thing) in owner.get(section).into_iter().flat_map(Node::members) {
        let Some(id) = identity(thing) else { continue };
        if let Some(other) = seen.get(&id) {
            let message = format!("`{other}` and `{key}` have the same {noun} `{id}`");
            let fault = Diagnostic::new(Code::Conflict, at.span, message).with_path(format!("{path}.{key}"));
            faults.push(fault.help("declare it once, and refer to it by one key"));
        } else {
            seen.insert(id, key);
        }
    }
}
