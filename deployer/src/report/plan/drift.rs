//! Drift rendered as text and as JSON: every difference from the applied to the live value.

use deployer_engine::{Action, Change, ChangeEffect, ChangeOrigin, Drift, DriftKind, DriftedResource, NewValue, PropertyChange};
use serde_json::{Value, json};

use super::property;
use crate::report::page::{Page, columns, plain, styled};
use crate::report::style::Style;

/// Renders what others have changed, one entry for each resource, and the totals.
pub(crate) fn render_drift(drift: &Drift, heading: &str) -> String {
    let mut page = Page::new(columns());
    page.text(0, 2, Style::BOLD, heading);
    if !drift.resources.is_empty() {
        page.blank();
    }
    drift.resources.iter().for_each(|drifted| write(&mut page, drifted));
    page.blank();
    if !drift.pending.is_empty() {
        let pending: Vec<&str> = drift.pending.iter().map(|address| address.as_str()).collect();
        let text = format!("Not compared, because an unfinished run was changing it: {}.", pending.join(", "));
        page.text(0, 2, Style::WARNING, text);
    }
    page.line(0, 2, &[styled(Style::BOLD, totals(drift))]);
    if !drift.resources.is_empty() {
        page.line(0, 2, &[plain("`apply` undoes this, as `plan` shows. To keep a change, write it into the spec.")]);
    }
    page.finish()
}

fn write(page: &mut Page, drifted: &DriftedResource) {
    let change = &drifted.restoring;
    let id = change.id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    let (sign, action, what) = match drifted.kind {
        DriftKind::Changed => ("~", Action::Update, "changed".to_owned()),
        DriftKind::Deleted => ("-", Action::Delete, format!("deleted ({})", change.reasons.join("; "))),
        DriftKind::Recreated => ("+", Action::Create, format!("another one is in its place:{id}")),
        DriftKind::TakenOver => (">", Action::Adopt, format!("no longer ours: {}", change.reasons.join("; "))),
    };
    page.text(2, 4, Style::of(action), format!("{sign} {}  {what}", change.address));
    if drifted.kind == DriftKind::Changed {
        property::write(page, 6, &inverted(change));
    }
}

/// Returns the change that others have made: from the applied values to the live ones.
fn inverted(change: &Change) -> Change {
    let property = |property: &PropertyChange| PropertyChange {
        path: property.path.clone(),
        before: applied(property).cloned(),
        after: property.before.clone().map_or(NewValue::Absent, NewValue::Known),
        effect: ChangeEffect::Update,
        origin: ChangeOrigin::Spec,
        display_value: property.before.clone(),
    };
    Change {
        action: Action::Update,
        properties: change.properties.iter().map(property).collect(),
        live: change.wanted.clone(),
        wanted: change.live.clone(),
        ..change.clone()
    }
}

/// Returns the value that was applied last.
fn applied(property: &PropertyChange) -> Option<&Value> {
    match &property.after {
        NewValue::Known(value) => Some(value),
        NewValue::Absent | NewValue::Unknown(_) => None,
    }
}

fn totals(drift: &Drift) -> String {
    let number = |kind: DriftKind| drift.resources.iter().filter(|drifted| drifted.kind == kind).count();
    let parts = [
        (number(DriftKind::Changed), "changed"),
        (number(DriftKind::Deleted), "deleted"),
        (number(DriftKind::Recreated), "in the place of ours"),
        (number(DriftKind::TakenOver), "no longer ours"),
        (drift.unchanged, "as applied"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    match drift.resources.is_empty() {
        true => format!("No drift: {}.", if parts.is_empty() { "no resources".to_owned() } else { parts.join(", ") }),
        false => format!("Drift: {}.", parts.join(", ")),
    }
}

/// Returns the drift as one JSON document.
pub(crate) fn drift_json(drift: &Drift) -> Value {
    let resource = |drifted: &DriftedResource| {
        let change = &drifted.restoring;
        let properties: Vec<Value> = match drifted.kind {
            DriftKind::Changed => change
                .properties
                .iter()
                .map(|one| json!({"path": one.path, "applied": applied(one), "live": one.before}))
                .collect(),
            _ => Vec::new(),
        };
        json!({
            "address": change.address,
            "type": change.type_name,
            "id": change.id,
            "drift": drifted.kind,
            "reasons": change.reasons,
            "properties": properties,
        })
    };
    json!({
        "event": "drift",
        "resources": drift.resources.iter().map(resource).collect::<Vec<_>>(),
        "pending": drift.pending,
        "unchanged": drift.unchanged,
    })
}
