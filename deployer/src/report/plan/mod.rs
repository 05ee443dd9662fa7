//! Plans rendered as text.

mod drift;
mod flow;
mod group;
mod property;

use std::collections::BTreeSet;

use deployer_engine::{Action, Address, Change, ChangeEffect, ChangeOrigin, ExternalResource, Plan, QuotaUsage};
use deployer_stack::InstanceSection;

use super::page::{Page, plain, styled};
use super::style::{Style, legend, ordered_sign};
use crate::review::{Review, data_lost};
pub(crate) use drift::{drift_json, render_drift};
use group::{Group, groups};

/// Layout of a rendered plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Whether every property of created resources is shown.
    pub(crate) verbose: bool,
    /// Columns of a line; `None` for no limit.
    pub(crate) width: Option<usize>,
    /// Whether `apply` asks for separate approval of broader permissions and data loss.
    pub(crate) guarded: bool,
}

/// Renders the changes of a plan with their changed properties, grouped by part of the spec; then the separate confirmations and the
/// totals.
pub(crate) fn render(plan: &Plan, layout: Layout) -> String {
    let mut page = Page::new(layout.width);
    signs(&mut page, plan);
    let (alike, others) = tagged_alike(plan, layout.verbose);
    for group in groups(others.into_iter()) {
        write_group(&mut page, &group, layout.verbose);
    }
    alike.iter().for_each(|changes| write_alike(&mut page, changes));
    notes(plan).into_iter().for_each(|line| page.text(2, 4, Style::DIM, line));
    for problem in &plan.problems {
        page.paragraph(2, 4, styled(Style::ERROR, "! "), &format!("{}: {}", problem.address, problem.error));
        if let Some(help) = &problem.error.help {
            page.paragraph(4, 4, styled(Style::BOLD, "help: "), help);
        }
    }
    if layout.guarded {
        confirmations(&mut page, &Review::of(plan));
    }
    page.blank();
    external(&mut page, plan);
    plan.quota_usage.iter().for_each(|cost| quota(&mut page, cost));
    needed(plan).iter().for_each(|line| page.text(0, 2, Style::DIM, line.as_str()));
    held_back(plan).iter().for_each(|line| page.text(0, 2, Style::WARNING, line.as_str()));
    page.line(0, 2, &[styled(Style::BOLD, totals(plan))]);
    page.finish()
}

/// Minimum number of resources with the same tag change that are shown as one entry.
const ALIKE: usize = 3;

/// Splits off changes of tags only that are the same for several resources; returns those groups and all other changes.
fn tagged_alike(plan: &Plan, verbose: bool) -> (Vec<Vec<&Change>>, Vec<&Change>) {
    let only_tags = |change: &Change| {
        let tags =
            change.properties.iter().all(|property| property.path.first() == "tags" && property.origin == ChangeOrigin::Spec);
        !verbose && change.action == Action::Update && !change.properties.is_empty() && tags
    };
    let same = |one: &Change, other: &Change| one.properties == other.properties;
    let mut alike: Vec<Vec<&Change>> = Vec::new();
    for change in plan.effective().filter(|change| only_tags(change)) {
        match alike.iter_mut().find(|others| others.first().is_some_and(|first| same(first, change))) {
            Some(others) => others.push(change),
            None => alike.push(vec![change]),
        }
    }
    alike.retain(|changes| changes.len() >= ALIKE);
    let together: BTreeSet<&Address> = alike.iter().flatten().map(|change| &change.address).collect();
    let others = plan.effective().filter(|change| !(only_tags(change) && together.contains(&change.address)));
    (alike, others.collect())
}

fn write_alike(page: &mut Page, changes: &[&Change]) {
    let style = Style::of(Action::Update);
    page.text(2, 4, style, format!("~ tags of {} resources  update in place", changes.len()));
    changes.iter().take(1).for_each(|change| property::write(page, 6, change));
    let addresses: Vec<&str> = changes.iter().map(|change| change.address.as_str()).collect();
    page.line(6, 0, &[plain(addresses.join(", "))]);
}

/// Returns a line for each resource that has a new address (nothing of it changes but the tag that names the address), and for each with
/// differences that are ignored.
pub(super) fn notes(plan: &Plan) -> Vec<String> {
    let moves = plan.moves.iter().map(|(to, from)| format!("{from} is renamed to {to} and keeps its name in AWS"));
    let ignored = plan.ignored.iter().map(|(address, paths)| {
        let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
        let verb = if paths.len() == 1 { "differs and stays" } else { "differ and stay" };
        format!("{address}: {} {verb} as in the cloud: ignore_changes", paths.join(", "))
    });
    moves.chain(ignored).collect()
}

/// Maximum number of addresses of changes that are held back in a line.
const MAX_HELD: usize = 12;

/// Returns the line that says which changes a selection leaves for later; none if there are none.
pub(super) fn held_back(plan: &Plan) -> Option<String> {
    let all: Vec<String> =
        plan.held_back.iter().map(|(address, held)| format!("{} {address}", ordered_sign(held.action, None))).collect();
    let more = all.len().saturating_sub(MAX_HELD);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let listed = all.iter().take(MAX_HELD).cloned().collect::<Vec<_>>().join(", ");
    (!all.is_empty()).then(|| format!("Not selected, so left for later: {listed}{rest}."))
}

/// Returns the line that says which changes are made because selected ones need them; none if there are none.
fn needed(plan: &Plan) -> Option<String> {
    let all: Vec<String> = plan.needed_by.iter().map(|(address, by)| format!("{address} (for {by})")).collect();
    (!all.is_empty()).then(|| format!("Not selected, but needed: {}.", all.join(", ")))
}

/// Writes the legend of the signs used in this plan.
fn signs(page: &mut Page, plan: &Plan) {
    let used: BTreeSet<&str> = plan.effective().map(sign).collect();
    let order = ["+", "~", "-/+", "+/-", "-", ">", "x"];
    let shown: Vec<String> =
        order.iter().filter(|sign| used.contains(*sign)).map(|sign| format!("{sign} {}", legend(sign))).collect();
    page.text(2, 0, Style::DIM, shown.join("   "));
    page.blank();
}

fn sign(change: &Change) -> &'static str {
    ordered_sign(change.action, change.replacement)
}

/// Writes the changes of a group, in full where a change has details beyond its action.
fn write_group(page: &mut Page, group: &Group<'_>, verbose: bool) {
    let details = group.changes.iter().any(|change| has_details(change, verbose));
    if let (false, Some(action)) = (details, group.action()) {
        let line = format!("{} {}", ordered_sign(action, None), group.summary());
        return page.text(2, 4, Style::of(action), line);
    }
    let alone = group.changes.len() == 1;
    if !alone {
        page.text(2, 2, Style::BOLD, group.title.as_str());
    }
    let indent = if alone { 2 } else { 4 };
    for change in &group.changes {
        write_change(page, indent, change, verbose);
    }
}

fn has_details(change: &Change, verbose: bool) -> bool {
    match change.action {
        Action::Create => verbose || unusual(change).is_some(),
        Action::Delete => change.superseded || data_lost(change).is_some(),
        Action::Update | Action::Replace | Action::Adopt | Action::Forget | Action::NoOp => true,
    }
}

/// Returns the reasons for a creation, other than that the resource is new.
fn unusual(change: &Change) -> Option<String> {
    let reasons: Vec<&str> =
        change.reasons.iter().map(String::as_str).filter(|reason| *reason != "it does not exist yet").collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn write_change(page: &mut Page, indent: usize, change: &Change, verbose: bool) {
    let style = Style::of(change.action);
    let mut spans = vec![styled(style, format!("{} {}", sign(change), change.address))];
    let id = change.id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    let (what, why) = match change.action {
        Action::Create => ("create".to_owned(), unusual(change)),
        Action::Update if change.properties.is_empty() => ("update in place".to_owned(), unusual(change)),
        Action::Update => ("update in place".to_owned(), None),
        Action::Delete if change.superseded => (format!("delete the replaced one,{id}"), None),
        Action::Delete => (format!("delete{id}"), None),
        Action::Replace => ("replaced".to_owned(), Some(causes(change))),
        Action::Adopt => ("adopt".to_owned(), Some(change.reasons.join("; "))),
        Action::Forget => ("forget".to_owned(), Some(change.reasons.join("; "))),
        Action::NoOp => ("no change".to_owned(), None),
    };
    spans.push(styled(style, format!("  {what}")));
    if data_lost(change).is_some() {
        spans.push(styled(style, ", "));
        let all = matches!(change.action, Action::Delete | Action::Replace);
        let what = match (change.type_name.as_str(), all) {
            ("logs.group", true) => "DELETES ITS LOG EVENTS",
            (_, true) => "DELETES ITS DATA",
            (_, false) => "DELETES OLD LOG EVENTS",
        };
        spans.push(styled(Style::ERROR, what));
    }
    spans.extend(why.map(|why| styled(style, format!(" ({why})"))));
    page.line(indent, 4, &spans);
    if verbose || change.action != Action::Create {
        property::write(page, indent + 4, change);
    }
}

/// Returns the reasons for a replacement: each reason once, with its properties.
fn causes(change: &Change) -> String {
    let mut causes: Vec<(&str, Vec<String>)> = Vec::new();
    for property in &change.properties {
        let ChangeEffect::Replace(why) = property.effect else { continue };
        let path = property.path.to_string();
        match causes.iter_mut().find(|(other, _)| *other == why) {
            Some((_, paths)) => paths.push(path),
            None => causes.push((why, vec![path])),
        }
    }
    let named: Vec<String> = causes.iter().map(|(why, paths)| format!("{}: {why}", paths.join(", "))).collect();
    if named.is_empty() { change.reasons.join("; ") } else { named.join("; ") }
}

/// Writes the approvals that `apply` asks for separately, with the flags that grant them.
fn confirmations(page: &mut Page, review: &Review) {
    if !review.broader_permissions.is_empty() {
        page.blank();
        page.line(
            0,
            2,
            &[styled(Style::WARNING.bold(), "Broader permissions"), plain(" (`apply --yes` needs --approve-security):")],
        );
    }
    for broader in &review.broader_permissions {
        page.line(2, 4, &[plain(broader.address.as_str())]);
        broader.lost.iter().for_each(|lost| page.text(4, 4, Style::REMOVED, format!("- {lost}")));
        broader.gained.iter().for_each(|gained| page.text(4, 4, Style::ADDED, format!("+ {gained}")));
    }
    if !review.data_loss.is_empty() {
        page.blank();
        let flags: Vec<String> = review.data_loss.iter().map(|loss| format!("--allow-data-loss {}", loss.address)).collect();
        let needs = format!(" (`apply --yes` needs {}):", flags.join(" "));
        page.line(0, 2, &[styled(Style::ERROR, "Data that is deleted"), plain(needs)]);
    }
    for loss in &review.data_loss {
        page.text(2, 4, Style::ERROR, format!("- {}: {}", loss.address, loss.data));
    }
}

/// Writes which existing resources are used, and that they stay as they are.
fn external(page: &mut Page, plan: &Plan) {
    let id = |external: &ExternalResource| external.id.as_ref().filter(|id| **id != external.name).map(|id| format!(" ({id})"));
    for instance in plan.external.iter().filter(|external| external.type_name == "connect.instance") {
        let id = id(instance).unwrap_or_default();
        page.text(0, 2, Style::DIM, format!("Uses the existing instance {}{id}, which is never changed.", instance.name));
    }
    let named: Vec<String> = plan
        .external
        .iter()
        .filter_map(|external| Some(format!("{} {}", InstanceSection::from_type(&external.type_name)?.noun(), external.name)))
        .collect();
    if !named.is_empty() {
        page.text(0, 2, Style::DIM, format!("Uses in it, unchanged: {}.", named.join(", ")));
    }
}

/// Writes the planned use of an AWS quota, which is shared with other users of the account.
fn quota(page: &mut Page, cost: &QuotaUsage) {
    let QuotaUsage { quota: meter, used: spent, planned: costs, .. } = cost;
    let (limit, what, days) = (meter.limit, meter.what, meter.days);
    let text = format!("Quota: this plan uses {costs} of {limit} {what} per {days} days ({spent} used).");
    page.text(0, 2, if spent + costs > limit as usize { Style::ERROR } else { Style::DIM }, text);
}

fn totals(plan: &Plan) -> String {
    let counts = plan.summary;
    let parts: Vec<String> = [
        (counts.create, "to create"),
        (counts.update, "to update"),
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
