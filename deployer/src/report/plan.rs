//! A plan as text.

use std::fmt::Write;

use deployer_engine::{Action, After, Cause, Change, Cost, Plan, PropertyChange, Rule};
use serde_json::Value;

use super::flow;
use super::style::{Style, future, sign};

/// How much of a value is shown in a plan.
const VALUE_WIDTH: usize = 60;

/// The changes of a plan, one line each; properties below those that change in place or are replaced, and with `verbose`
/// below every one.
pub(crate) fn render(plan: &Plan, verbose: bool) -> String {
    let mut text = String::new();
    let width = plan.effective().map(|change| change.address.as_str().len()).max().unwrap_or_default();
    for change in plan.effective() {
        let line = format!("{} {:width$}  {}", sign(change.action), change.address.as_str(), describe(change));
        let _ = writeln!(text, "  {}", Style::action(change.action, &line));
        if verbose || change.action != Action::Create {
            text.push_str(&render_properties(change));
        }
    }
    for problem in &plan.problems {
        let _ = writeln!(text, "  {} {}: {}", Style::error("!"), problem.address, problem.error);
        if let Some(help) = &problem.error.help {
            let _ = writeln!(text, "    help: {help}");
        }
    }
    for cost in &plan.costs {
        let _ = writeln!(text, "{}", budget(cost));
    }
    let _ = writeln!(text, "{}", totals(plan));
    text
}

/// What a plan costs of a budget of the cloud's. Others of the account spend of it, too.
fn budget(cost: &Cost) -> String {
    let Cost { meter, spent, costs, .. } = cost;
    let text = format!(
        "Budget: {} of {} in {} days are recorded here, this plan adds {costs} ({}).",
        spent, meter.limit, meter.days, meter.what
    );
    if spent + costs > meter.limit as usize { Style::error(&text) } else { Style::dim(&text) }
}

fn describe(change: &Change) -> String {
    let what = match change.id.as_ref().filter(|_| change.superseded) {
        Some(id) => format!("{} the old one, {id}", future(change.action)),
        None => future(change.action).to_owned(),
    };
    match change.action {
        Action::Create | Action::Delete => format!("{what} {}", change.type_name),
        Action::Update => what,
        Action::Replace | Action::Adopt | Action::Forget | Action::NoOp => format!("{what}: {}", change.reasons.join("; ")),
    }
}

/// Each changed property on its line, with what it was, what it will be, and why where that is not the spec.
fn render_properties(change: &Change) -> String {
    let mut text = String::new();
    for property in &change.properties {
        match flow::lines(&change.type_name, property) {
            None => {
                let line = property_line(change.action, property, &change_of(change.action, property));
                let _ = writeln!(text, "      {line}");
            }
            Some(lines) => {
                let _ = writeln!(text, "      {}", property_line(change.action, property, ""));
                for line in lines {
                    let _ = writeln!(text, "        {line}");
                }
            }
        }
    }
    text
}

/// What a value was and will be.
fn change_of(action: Action, property: &PropertyChange) -> String {
    let after = match &property.after {
        After::Known(value) => show(value),
        After::Unknown(references) => {
            let names: Vec<String> =
                references.iter().map(|reference| format!("{}.{}", reference.address, reference.output)).collect();
            format!("(known after apply: {})", names.join(", "))
        }
        After::Absent => "(none)".to_owned(),
    };
    match (&property.before, action) {
        (None, Action::Create) => format!(" {after}"),
        (before, _) => format!(" {} → {after}", before.as_ref().map_or_else(|| "(none)".to_owned(), show)),
    }
}

fn property_line(action: Action, property: &PropertyChange, change: &str) -> String {
    let mut line = format!("{}:{change}", property.path);
    match property.cause {
        Cause::Drift => line.push_str(&Style::warning("  (changed outside of deployer)")),
        Cause::Both => line.push_str(&Style::warning("  (also changed outside of deployer)")),
        Cause::Spec => {}
    }
    if let (Rule::Report(why), Action::Update | Action::Adopt) = (property.rule, action) {
        let _ = write!(line, "  {}", Style::warning(&format!("(only recorded: {why})")));
    }
    if let (Rule::Replace(why), Action::Replace) = (property.rule, action) {
        let _ = write!(line, "  {}", Style::dim(&format!("({why})")));
    }
    line
}

fn show(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_WIDTH) {
        None => text,
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

fn totals(plan: &Plan) -> String {
    let counts = plan.summary;
    let parts: Vec<String> = [
        (counts.create, "to create"),
        (counts.update, "to update in place"),
        (counts.replace, "to replace"),
        (counts.delete, "to delete"),
        (counts.adopt, "to adopt"),
        (counts.forget, "to forget"),
        (counts.no_op, "unchanged"),
    ]
    .iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    if parts.is_empty() { "Nothing to do.".to_owned() } else { format!("Plan: {}.", parts.join(", ")) }
}
