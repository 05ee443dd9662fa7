//! `app`: the program that declares the rest.

use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::{Node, Value};

/// Sections that the program declares in the place of the file.
const DECLARED: [&str; 5] = ["tables", "functions", "connect", "api", "lifecycle"];

/// Checks that there is exactly one program.
pub(super) fn check(root: &Node, faults: &mut Vec<Diagnostic>) {
    let Some((_, key, app)) = root.members().find(|(name, ..)| *name == "app") else { return };
    if !matches!(app.value, Value::Map(_) | Value::Null) {
        return;
    }
    match (app.get("package"), app.get("command")) {
        (None, None) => {
            let fault = Diagnostic::new(Code::MissingKey, key.span, "`app` names no program").with_path("app");
            faults.push(fault.help("write `package: NAME` for a Cargo package, or `command: COMMAND`"));
        }
        (Some(_), Some(command)) => {
            let fault = Diagnostic::new(Code::Conflict, command.span, "`app` has both `package` and `command`");
            faults.push(fault.with_path("app.command").help("leave one of them out"));
        }
        _ => {}
    }
}

/// Returns a diagnostic for each section beside `app` that the program declares.
pub(crate) fn beside_app(root: &Node) -> Vec<Diagnostic> {
    let given = root.members().filter(|(name, ..)| DECLARED.contains(name));
    let fault = |(name, key, _): (&str, &Node, &Node)| {
        let message = format!("`{name}` cannot stand beside `app`: the program declares it");
        let fault = Diagnostic::new(Code::Conflict, key.span, message).with_path(name);
        fault.help("declare it in the program, or leave `app` out; values that differ between environments go to `app.context`")
    };
    given.map(fault).collect()
}
