//! Checks of the document around the actions, and of each action's identifier and type.

use serde_json::Value;

use crate::actions::{self, ActionType, NameSource};
use crate::findings::finding::Finding;
use crate::findings::report::Report;
use crate::findings::suggest;
use crate::model::{Action, json_type};
use crate::path::Path;

/// Maximum length of `Content` that the API accepts, in characters (botocore model).
pub(super) const MAX_CONTENT_CHARS: usize = 256_000;
/// Maximum number of actions of a flow (AWS page on the Flow language).
const MAX_ACTIONS: usize = 250;
const TOP_MEMBERS: [&str; 5] = ["Version", "StartAction", "Metadata", "Actions", "Settings"];
const ACTION_MEMBERS: [&str; 4] = ["Identifier", "Type", "Parameters", "Transitions"];
const FORBIDDEN_CHARACTERS: &str = "%:(\\/)=$,;[]{}";
const FORBIDDEN_NAMES: [&str; 10] = [
    "__proto__",
    "constructor",
    "__defineGetter__",
    "__defineSetter__",
    "toString",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "valueOf",
];

/// Checks the document: version, start action, list of actions, size.
pub(super) fn check(report: &mut Report<'_>) {
    duplicates(report);
    members(report);
    version(report);
    actions(report);
    start(report);
    let length = report.flow.as_value().to_string().chars().count();
    if length > MAX_CONTENT_CHARS {
        let message = format!("Contact flow content is longer than {MAX_CONTENT_CHARS} characters");
        report.unrecorded_error("limit", Path::root(), message).explain(format!(
            "the flow has {length} characters even without indentation; \
                 split it with TransferToFlow or flow modules"
        ));
    }
}

fn duplicates(report: &mut Report<'_>) {
    let Some(positions) = report.flow.positions() else {
        return;
    };
    for (path, at) in positions.duplicates().to_vec() {
        let message = format!("Member is written more than once. Path: {path}");
        let finding = report.warn("duplicate-member", path, message);
        finding.explain("only the last of them counts");
        finding.position = Some(at);
    }
}

fn members(report: &mut Report<'_>) {
    let Some(members) = report.flow.as_value().as_object() else {
        return;
    };
    for name in members.keys() {
        unknown_member(report, Path::root().key(name), name, &TOP_MEMBERS);
    }
}

fn unknown_member(report: &mut Report<'_>, path: Path, name: &str, known: &[&str]) {
    if known.contains(&name) {
        return;
    }
    let message = format!("Member is not documented. Path: {path}");
    report
        .warn("unknown-member", path, message)
        .explain(format!("the Flow language has {} here", known.join(", ")))
        .suggest(|| suggest::did_you_mean(name, known.iter().copied()));
}

fn version(report: &mut Report<'_>) {
    let path = Path::root().key("Version");
    match report.flow.as_value().get("Version") {
        Some(Value::String(version)) if version == "2019-10-30" => return,
        None => missing(report, path),
        Some(_) => bad(report, path),
    }
    .explain("the version of the Flow language must be the string \"2019-10-30\"");
}

fn missing<'r>(report: &'r mut Report<'_>, path: Path) -> &'r mut Finding {
    let message = format!("Contact flow is missing required property. Path: {path}");
    report.unrecorded_error("missing-property", path, message)
}

fn bad<'r>(report: &'r mut Report<'_>, path: Path) -> &'r mut Finding {
    let message = format!("Invalid contact flow property value. Path: {path}");
    report.unrecorded_error("structure", path, message)
}

fn start(report: &mut Report<'_>) {
    let path = Path::root().key("StartAction");
    match report.flow.as_value().get("StartAction") {
        None => {
            missing(report, path).explain("a flow says which action a contact starts at");
        }
        Some(Value::String(name)) if report.identifiers.contains_key(name.as_str()) => {}
        Some(Value::String(name)) => {
            let meant = report.similar_identifier(name);
            bad(report, path).explain(format!("no action has the identifier \"{name}\"")).suggest(|| meant);
        }
        Some(other) => {
            let kind = json_type(other);
            bad(report, path).explain(format!("an identifier is a string, this is {kind}"));
        }
    }
}

fn actions(report: &mut Report<'_>) {
    let path = Path::root().key("Actions");
    match report.flow.as_value().get("Actions") {
        None => {
            missing(report, path).explain("a flow has a list of 1 to 250 actions");
        }
        Some(Value::Array(actions)) if actions.is_empty() => {
            bad(report, path).explain("a flow has at least one action");
        }
        Some(Value::Array(actions)) if actions.len() > MAX_ACTIONS => {
            let count = actions.len();
            let message = format!("Contact flow has more than {MAX_ACTIONS} actions");
            report
                .unrecorded_error("limit", path, message)
                .explain(format!("it has {count}; split it with TransferToFlow or flow modules"));
        }
        Some(Value::Array(_)) => {}
        Some(other) => {
            let kind = json_type(other);
            bad(report, path).explain(format!("the actions are a list, this is {kind}"));
        }
    }
}

/// Checks one action's structure and identifier; returns `false` if it is not an object.
pub(super) fn check_action(report: &mut Report<'_>, action: Action<'_>) -> bool {
    let Some(members) = action.as_value().as_object() else {
        let kind = json_type(action.as_value());
        bad(report, action.path()).explain(format!("an action is an object, this is {kind}"));
        return false;
    };
    for name in members.keys() {
        unknown_member(report, action.path().key(name), name, &ACTION_MEMBERS);
    }
    identifier(report, action);
    true
}

fn identifier(report: &mut Report<'_>, action: Action<'_>) {
    let path = action.path().key("Identifier");
    let Some(value) = action.as_value().get("Identifier") else {
        let message = format!("Action is missing required property. Path: {path}");
        report.error("missing-property", path, message).explain("every action has an identifier of its own");
        return;
    };
    let Some(name) = value.as_str() else {
        let kind = json_type(value);
        report.bad_value("identifier", path).explain(format!("an identifier is a string, this is {kind}"));
        return;
    };
    if let Some(fault) = identifier_error(name) {
        report.bad_value("identifier", path).explain(fault);
    } else if let Some(first) = report.identifiers.get(name).copied()
        && first != action.index()
    {
        let message = format!("Duplicate Action identifier. Identifier: {name}, Path: {path}");
        report
            .unrecorded_error("duplicate-identifier", path, message)
            .explain(format!("{} has the same identifier", Path::action(first)));
    }
}

/// Returns the problem of an identifier, if any (AWS page on the Flow language, "Identifier").
fn identifier_error(name: &str) -> Option<String> {
    let length = name.chars().count();
    if length == 0 || length > 50 {
        return Some(format!("an identifier has 1 to 50 characters, this has {length}"));
    }
    if let Some(found) = name.chars().find(|c| FORBIDDEN_CHARACTERS.contains(*c)) {
        return Some(format!("an identifier must not hold \"{found}\" (nor any of {FORBIDDEN_CHARACTERS})"));
    }
    FORBIDDEN_NAMES.contains(&name).then(|| format!("\"{name}\" is one of the names Connect keeps for itself"))
}

/// Returns the rules of an action's type; reports a type that does not exist.
pub(super) fn rules(report: &mut Report<'_>, action: Action<'_>) -> Option<&'static ActionType> {
    let path = action.path().key("Type");
    let Some(value) = action.as_value().get("Type") else {
        let message = format!("Action is missing required property. Path: {path}");
        report.error("missing-property", path, message).explain("every action has a type");
        return None;
    };
    let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if value.is_string()
        && let Some(rules) = actions::get(&name)
    {
        return Some(rules);
    }
    let old = actions::canonical_names(&name);
    let explanation = match old.as_ref().map(|(source, _)| source) {
        Some(NameSource::Page) => {
            format!("AWS's guide has a page of the title {name}, but the service's name of the type differs")
        }
        Some(NameSource::Designer) => format!("{name} is a block type of the old designer, not of the Flow language"),
        Some(NameSource::Block) => format!("{name} is a block of the designer; the Flow language names its action otherwise"),
        Some(NameSource::Invented) | None => format!("{name} is not an action type of the Flow language"),
    };
    let meant = match old {
        Some((_, meant)) => Some(meant.join(" or ")),
        None if report.is_full() => None,
        None => similar_type(&name),
    };
    let message = format!("Invalid Action type. Type: {name}, Path: {path}");
    report
        .error("unknown-type", path, message)
        .explain(explanation)
        .suggest(|| meant.map(|meant| format!("did you mean {meant}?")));
    None
}

/// Returns the types whose name, or one of whose aliases, is nearest to an unknown name.
fn similar_type(name: &str) -> Option<String> {
    let known = actions::all().map(|rules| rules.name).chain(actions::alias_names());
    let nearest = suggest::nearest(name, known)?;
    Some(actions::canonical_names(nearest).map_or_else(|| nearest.to_owned(), |(_, meant)| meant.join(" or ")))
}
