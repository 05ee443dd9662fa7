//! Property changes of a plan: set, changed and removed properties. Differences are never truncated.

use deployer_engine::{Action, Change, ChangeEffect, ChangeOrigin, NewValue, PropertyChange};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::super::page::{Page, Span, plain, styled};
use super::super::style::Style;
use super::flow;
use crate::review::policy::sentences;
use crate::review::{is_policy, policies};

/// Maximum columns of a value for it to be shown beside another on one line.
const SHORT: usize = 60;
/// Number of equal lines shown around differing lines.
const CONTEXT: usize = 2;
/// Indent of continued lines.
const HANG: usize = 4;

/// Writes every changed property of a change.
pub(super) fn write(page: &mut Page, indent: usize, change: &Change) {
    let mut shown = false;
    for property in &change.properties {
        if is_policy(&change.type_name, property.path.first()) {
            if !std::mem::replace(&mut shown, true) {
                permission_table(page, indent, change);
            }
            continue;
        }
        write_property(page, indent, change, property);
    }
}

/// Writes the permissions that the policies of a resource gain and lose by the change.
fn permission_table(page: &mut Page, indent: usize, change: &Change) {
    let nothing = Value::Null;
    let (live, wanted) = (change.live.as_ref().unwrap_or(&nothing), change.wanted.as_ref().unwrap_or(&nothing));
    page.line(indent, HANG, &[plain("permissions:"), origin(change, |path| is_policy(&change.type_name, path))]);
    let mut equal = true;
    for (before, after) in policies(&change.type_name, live, wanted) {
        for lost in sentences(before.difference(&after)) {
            page.text(indent + 2, HANG, Style::REMOVED, format!("- {lost}"));
            equal = false;
        }
        for gained in sentences(after.difference(&before)) {
            page.text(indent + 2, HANG, Style::ADDED, format!("+ {gained}"));
            equal = false;
        }
    }
    if equal {
        page.text(indent + 2, HANG, Style::DIM, "the same, written in another way");
    }
}

/// Returns the origins of a change, if the spec is not the only one.
fn origin(change: &Change, about: impl Fn(&str) -> bool) -> Span {
    let causes: Vec<ChangeOrigin> =
        change.properties.iter().filter(|property| about(property.path.first())).map(|property| property.origin).collect();
    let all_drift = causes.iter().all(|cause| *cause == ChangeOrigin::Drift);
    match causes.iter().any(|cause| *cause != ChangeOrigin::Spec) {
        false => plain(""),
        true if all_drift => styled(Style::WARNING, "  (changed outside of deployer)"),
        true => styled(Style::WARNING, "  (also changed outside of deployer)"),
    }
}

fn write_property(page: &mut Page, indent: usize, change: &Change, property: &PropertyChange) {
    let notes = notes(change.action, property);
    if let Some(lines) = flow::lines(&change.type_name, property) {
        head(page, indent, &format!("{}:", property.path), notes);
        lines.iter().for_each(|line| page.text(indent + 2, HANG, of_line(line), line.as_str()));
        return;
    }
    let hidden = hidden(&change.type_name, property);
    let after = match &property.after {
        NewValue::Absent => None,
        NewValue::Known(value) => Some(property.display_value.clone().unwrap_or_else(|| value.clone())),
        NewValue::Unknown(outputs) => property.display_value.clone().or_else(|| {
            let names = outputs.iter().map(|output| format!("${{{}.{}}}", output.address, output.output));
            Some(names.collect::<Vec<_>>().join(", ").into())
        }),
    };
    if let Some(hidden) = hidden {
        // Secret values are compared by digest, which is nested in the property.
        let path: Vec<&str> = property.path.0.iter().take(2).map(String::as_str).collect();
        return head(page, indent, &format!("{}: {hidden}", path.join(".")), notes);
    }
    let before = property.before.as_ref().map(|value| masked(&change.type_name, property.path.first(), value));
    let after = after.map(|value| masked(&change.type_name, property.path.first(), &value));
    match (&before, &after) {
        (None, Some(after)) if change.action == Action::Create => set(page, indent, property, after, notes),
        (before, after) => compare(page, indent, property, before.as_ref(), after.as_ref(), notes),
    }
}

/// Writes the value of a new property.
fn set(page: &mut Page, indent: usize, property: &PropertyChange, value: &Value, notes: Vec<Span>) {
    let short = value.to_string();
    if short.chars().count() <= SHORT || value.is_string() {
        return head(page, indent, &format!("{}: {short}", property.path), notes);
    }
    head(page, indent, &format!("{}:", property.path), notes);
    lines_of(value).iter().for_each(|line| page.line(indent + 2, HANG, &[plain(line.as_str())]));
}

/// Writes the old and the new value: on one line if both are short, as a line diff otherwise.
fn compare(
    page: &mut Page,
    indent: usize,
    property: &PropertyChange,
    before: Option<&Value>,
    after: Option<&Value>,
    notes: Vec<Span>,
) {
    let text = |value: Option<&Value>| value.map_or_else(|| "(none)".to_owned(), Value::to_string);
    let short = |value: Option<&Value>| text(value).chars().count() <= SHORT;
    if short(before) && short(after) {
        return head(page, indent, &format!("{}: {} → {}", property.path, text(before), text(after)), notes);
    }
    head(page, indent, &format!("{}:", property.path), notes);
    let lines = |value: Option<&Value>| value.map(lines_of).unwrap_or_default();
    difference(page, indent + 2, &lines(before), &lines(after));
}

/// Writes the differing lines with [`CONTEXT`] equal lines around them.
fn difference(page: &mut Page, indent: usize, before: &[String], after: &[String]) {
    let (before, after): (Vec<&str>, Vec<&str>) =
        (before.iter().map(String::as_str).collect(), after.iter().map(String::as_str).collect());
    let diff = TextDiff::from_slices(&before, &after);
    let mut shown = 0;
    for hunk in diff.grouped_ops(CONTEXT) {
        let begin = hunk.first().map_or(0, |operation| operation.old_range().start);
        if begin > shown {
            page.text(indent, HANG, Style::DIM, skipped(begin - shown));
        }
        for line in hunk.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let (sign, style) = match line.tag() {
                ChangeTag::Delete => ("-", Style::REMOVED),
                ChangeTag::Insert => ("+", Style::ADDED),
                ChangeTag::Equal => (" ", Style::DIM),
            };
            page.text(indent, HANG, style, format!("{sign} {}", line.value()));
        }
        shown = hunk.last().map_or(shown, |operation| operation.old_range().end);
    }
    if before.len() > shown {
        page.text(indent, HANG, Style::DIM, skipped(before.len() - shown));
    }
}

fn skipped(lines: usize) -> String {
    format!("  ({lines} equal {})", if lines == 1 { "line" } else { "lines" })
}

/// Returns the lines of a value: those of a text, or of JSON with one line per member.
fn lines_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.contains('\n') => text.lines().map(str::to_owned).collect(),
        Value::String(text) => vec![text.clone()],
        other => format!("{other:#}").lines().map(str::to_owned).collect(),
    }
}

fn of_line(line: &str) -> anstyle::Style {
    match line.trim_start().chars().next() {
        Some('+') => Style::ADDED,
        Some('-') => Style::REMOVED,
        _ => anstyle::Style::new(),
    }
}

fn head(page: &mut Page, indent: usize, text: &str, notes: Vec<Span>) {
    let spans: Vec<Span> = std::iter::once(plain(text)).chain(notes).collect();
    page.line(indent, HANG, &spans);
}

/// Returns the notes on a property change besides its values.
fn notes(action: Action, property: &PropertyChange) -> Vec<Span> {
    let mut notes = Vec::new();
    if matches!(property.after, NewValue::Unknown(_)) {
        notes.push(styled(Style::DIM, "  (known after apply)"));
    }
    match property.origin {
        ChangeOrigin::Drift => notes.push(styled(Style::WARNING, "  (changed outside of deployer)")),
        ChangeOrigin::Both => notes.push(styled(Style::WARNING, "  (also changed outside of deployer)")),
        ChangeOrigin::Spec => {}
    }
    match (property.effect, action) {
        (ChangeEffect::RecordOnly(why), Action::Update | Action::Adopt) => {
            notes.push(styled(Style::WARNING, format!("  (only recorded: {why})")));
        }
        (ChangeEffect::Rebuild(why), Action::Update) => notes.push(styled(Style::WARNING, format!("  ({why})"))),
        (ChangeEffect::Replace(_), Action::Replace) => notes.push(styled(Style::DIM, "  (forces the replacement)")),
        _ => {}
    }
    notes
}

/// Returns the text shown for a change of a secret value, which never shows the values. A text that becomes a secret may be the same value,
/// so it is hidden too.
fn hidden(type_name: &str, property: &PropertyChange) -> Option<&'static str> {
    let top = property.path.first();
    if type_name == "connect.user" && top == "password" {
        return Some("(secret value)");
    }
    let below = type_name == "lambda.function" && top == "environment" && property.path.0.len() >= 2;
    if !below {
        return None;
    }
    let inside = property.path.0.len() > 2;
    let before = property.before.as_ref().map(|value| inside || is_secret(value));
    let after = match &property.after {
        NewValue::Absent => None,
        NewValue::Known(value) => Some(inside || is_secret(value)),
        NewValue::Unknown(_) => Some(false),
    };
    match (before, after) {
        (Some(true), Some(true)) => Some("(secret value) → (another secret value)"),
        (None, Some(true)) => Some("(none) → (secret value)"),
        (Some(true), None) => Some("(secret value) → (none)"),
        (Some(false), Some(true)) => Some("(text, hidden) → (secret value)"),
        (Some(true), Some(false)) => Some("(secret value) → (text, hidden)"),
        _ => None,
    }
}

fn is_secret(value: &Value) -> bool {
    value.get("secret").is_some_and(Value::is_string) && value.as_object().is_some_and(|members| members.len() == 1)
}

/// Returns a value without the digests of the secret values in it.
fn masked(type_name: &str, top: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) if type_name == "lambda.function" && top == "environment" => {
            let shown = |value: &Value| if is_secret(value) { "(secret value)".into() } else { value.clone() };
            members.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
        }
        other => other.clone(),
    }
}
