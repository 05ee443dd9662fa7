//! Checks of functions: their names in AWS, environments and grants.

use super::{allowances, exists, function_code, no_two, resolves};
use crate::diagnostic::{Code, Diagnostic};
use crate::template::from_node;
use crate::yaml::Node;

/// Maximum number of characters of a function's and of a role's name (API reference, CreateFunction and roleNameType).
const MAX_FUNCTION_NAME: usize = 64;

/// Maximum number of bytes of all environment variables of a function (Lambda developer guide, "Lambda quotas").
const MAX_ENVIRONMENT: usize = 4096;

pub(super) fn check(root: &Node, faults: &mut Vec<Diagnostic>) {
    let setting = |key| root.get(key).and_then(Node::text);
    let prefix = setting("project").zip(setting("environment")).map(|(project, environment)| format!("{project}-{environment}-"));
    let existing = |function: &Node| {
        let given = function.get("existing").and_then(Node::text)?;
        Some(given.rsplit(':').next().unwrap_or(given).to_owned())
    };
    no_two(root, "functions", &existing, "existing function", "functions", faults);
    for (name, at, function) in root.get("functions").into_iter().flat_map(Node::members) {
        let path = format!("functions.{name}");
        let full = format!("{}{name}", prefix.as_deref().unwrap_or_default());
        let length = full.chars().count();
        let is_own = function.get("existing").is_none();
        if is_own && length > MAX_FUNCTION_NAME && length < 200 {
            let message =
                format!("the function's name in AWS would be `{full}`, {length} characters; {MAX_FUNCTION_NAME} are allowed");
            faults.push(
                Diagnostic::new(Code::BadName, at.span, message)
                    .with_path(&path)
                    .help("shorten the name of project, environment or function"),
            );
        }
        function_code::check(root, name, at.span, function, faults);
        for (table, at, _) in function.get("grants").into_iter().flat_map(Node::members) {
            exists(root, &["tables"], &[], table, at.span, &format!("{path}.grants.{table}"), faults);
        }
        environment(root, function, &format!("{path}.environment"), at, faults);
        references(root, function, &path, faults);
        allowances::check(function, &path, faults);
    }
}

/// Reports references in `allow` to what is not declared.
fn references(root: &Node, function: &Node, path: &str, faults: &mut Vec<Diagnostic>) {
    for (index, allowance) in function.get("allow").into_iter().flat_map(Node::elements).enumerate() {
        for resource in allowance.get("resources").into_iter().flat_map(Node::elements) {
            for reference in from_node(resource).0.references() {
                resolves(root, reference, &format!("{path}.allow[{index}].resources"), faults);
            }
        }
    }
}

fn environment(root: &Node, function: &Node, path: &str, owner: &Node, faults: &mut Vec<Diagnostic>) {
    let mut bytes = 0;
    for (variable, _, value) in function.get("environment").into_iter().flat_map(Node::members) {
        bytes += variable.len();
        let (template, _) = from_node(value);
        bytes += template.static_bytes();
        for reference in template.references() {
            resolves(root, reference, &format!("{path}.{variable}"), faults);
        }
    }
    if bytes > MAX_ENVIRONMENT {
        let message = format!("the environment has {bytes} bytes of names and text; Lambda takes {MAX_ENVIRONMENT}");
        faults.push(Diagnostic::new(Code::OutOfRange, owner.span, message).with_path(path));
    }
}
