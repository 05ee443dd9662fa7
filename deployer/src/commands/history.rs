//! `deployer history`: shows the last runs that changed something.

use std::sync::Arc;

use deployer_engine::history::RecordedChange;
use deployer_engine::{Action, Backend, EventSink, History, RunEntry, RunResult};
use serde_json::{Value, json};
use time::macros::format_description;

use super::{print, stored};
use crate::failure::{Exit, Failure};
use crate::output::{count, harmless};
use crate::project::Project;
use crate::report::{Style, table_with_heading};
use crate::runtime::{Cloud, directory};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The number of a run, to show everything that is recorded of it.
    #[arg(value_name = "N")]
    number: Option<u64>,
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// Print JSON on standard output instead of text.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load_for_state(&args.env)?;
    let backend: Arc<dyn Backend> = match directory(&project) {
        Some(directory) => Arc::new(directory),
        None => Cloud::open(&project).await?.backend(&project, &EventSink::ignore()),
    };
    let history = stored::state(&project, &*backend).await?.map(|state| state.history).unwrap_or_default();
    let text = match (args.number, args.json) {
        (None, true) => format!("{:#}\n", json!(history.entries.iter().rev().map(of_json).collect::<Vec<_>>())),
        (None, false) if history.entries.is_empty() => format!("No run of the environment {} is recorded.\n", args.env),
        (None, false) => list(&history),
        (Some(number), true) => format!("{:#}\n", of_json(entry(&history, number, &args.env)?)),
        (Some(number), false) => details(entry(&history, number, &args.env)?),
    };
    print(&text)?;
    Ok(Exit::Success)
}

/// Returns the run with this number.
///
/// # Errors
/// It is not recorded.
pub(super) fn entry<'h>(history: &'h History, number: u64, environment: &str) -> Result<&'h RunEntry, Failure> {
    history.entry(number).ok_or_else(|| {
        let failure = Failure::input(format!("run {number} of the environment {environment} is not recorded"));
        match (history.entries.first(), history.entries.last()) {
            (Some(first), Some(last)) if first.number == last.number => failure.help(format!("only run {} is", first.number)),
            (Some(first), Some(last)) => failure.help(format!("runs {} to {} are", first.number, last.number)),
            _ => failure.help(format!("deployer apply --env {environment}")),
        }
    })
}

/// Formats the start of a run in UTC.
pub(super) fn started(entry: &RunEntry) -> String {
    entry.started_at.format(format_description!("[year]-[month]-[day] [hour]:[minute]")).unwrap_or_default()
}

fn of_json(entry: &RunEntry) -> Value {
    let mut value = json!(entry);
    if let Some(members) = value.as_object_mut() {
        members.insert("contents_kept".to_owned(), json!(entry.contents.is_some()));
        members.remove("contents");
    }
    value
}

/// Whether `rollback --to` can restore what the run applied.
fn is_restorable(entry: &RunEntry) -> bool {
    entry.contents.is_some() && entry.result == RunResult::Applied
}

fn list(history: &History) -> String {
    let row = |entry: &RunEntry| {
        let kept = if is_restorable(entry) { "*" } else { "" };
        vec![
            format!("{}{kept}", entry.number),
            started(entry),
            result(entry),
            summary(entry),
            by(entry),
            entry.origin.revision.as_deref().map_or_else(|| "-".to_owned(), short),
        ]
    };
    let rows: Vec<Vec<String>> = history.entries.iter().rev().map(row).collect();
    let heading = ["run", "started (UTC)", "result", "changes", "by", "revision"];
    let kept = history.entries.iter().any(is_restorable);
    let note = if kept { "* `deployer rollback --to N` can restore it\n" } else { "" };
    format!("{}{note}", table_with_heading(&heading, &rows))
}

fn result(entry: &RunEntry) -> String {
    let result = match entry.result {
        RunResult::Running => "unfinished",
        RunResult::Applied => "applied",
        RunResult::Failed => "failed",
        RunResult::Interrupted => "interrupted",
        RunResult::Killed => "killed",
    };
    match entry.restores {
        Some(number) => format!("{result} (back to {number})"),
        None => result.to_owned(),
    }
}

/// Returns the numbers of changes by action, as `+2 ~1 -3`.
fn summary(entry: &RunEntry) -> String {
    let signs = [
        (Action::Create, '+'),
        (Action::Adopt, '>'),
        (Action::Update, '~'),
        (Action::Replace, '±'),
        (Action::Delete, '-'),
        (Action::Forget, 'x'),
    ];
    let number = |action| entry.changes.values().filter(|change| change.action == action).count();
    let mut parts: Vec<String> = signs
        .into_iter()
        .filter(|(action, _)| number(*action) > 0)
        .map(|(action, sign)| format!("{sign}{}", number(action)))
        .collect();
    parts.extend((entry.omitted > 0).then(|| format!("and {} more", entry.omitted)));
    parts.extend((!entry.moves.is_empty()).then(|| format!("{} renamed", entry.moves.len())));
    parts.join(" ")
}

fn by(entry: &RunEntry) -> String {
    match entry.origin.user.as_deref().or(entry.origin.principal.as_deref()) {
        Some(user) => harmless(&format!("{user} on {}", entry.host)),
        None => harmless(&entry.host),
    }
}

/// Shortens a commit to 12 digits; a mark of a changed working tree stays.
fn short(revision: &str) -> String {
    let mark = if revision.ends_with('+') { "+" } else { "" };
    harmless(&format!("{}{mark}", revision.trim_end_matches('+').chars().take(12).collect::<String>()))
}

fn details(entry: &RunEntry) -> String {
    let mut rows = vec![("run", entry.number.to_string()), ("started", format!("{} UTC", started(entry)))];
    if let Some(ended) = entry.ended_at {
        rows.push(("took", format!("{} s", (ended - entry.started_at).whole_seconds().max(0))));
    }
    rows.push(("result", result(entry)));
    rows.push(("command", entry.command.clone()));
    rows.push(("deployer", entry.version.clone()));
    rows.push(("host", entry.host.clone()));
    let origin = &entry.origin;
    let parts = [("user", &origin.user), ("identity", &origin.principal), ("job", &origin.url), ("revision", &origin.revision)];
    rows.extend(parts.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    let kept = if entry.contents.is_some() { "the spec and the code are kept" } else { "neither spec nor code are kept" };
    rows.push(("contents", kept.to_owned()));
    let mut text = String::new();
    for (name, value) in rows {
        text += &format!("{}  {}\n", Style::bold(&format!("{name:9}")), harmless(&value));
    }
    text += &format!("{}\n", Style::bold(&count(entry.changes.len() + entry.omitted, "change", "changes")));
    for (address, change) in &entry.changes {
        let failed = if entry.failed.contains(address) { Style::error("  failed") } else { String::new() };
        text += &format!("  {} {address}{}{failed}\n", crate::report::sign(change.action), properties(change));
    }
    if entry.omitted > 0 {
        text += &format!("  and {} more\n", entry.omitted);
    }
    for (to, from) in &entry.moves {
        text += &format!("  {from} is now {to}\n");
    }
    text
}

fn properties(change: &RecordedChange) -> String {
    match change.properties.is_empty() {
        true => String::new(),
        false => format!(" ({})", change.properties.iter().cloned().collect::<Vec<_>>().join(", ")),
    }
}
