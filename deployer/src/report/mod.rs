//! Reporting of runs. Engine events are rendered here; nothing else in the program prints a run.

mod annotations;
mod human;
mod lines;
mod page;
mod plan;
mod progress;
mod style;
pub(crate) mod svg;
mod timeline;

use std::sync::Arc;

use deployer_engine::{Event, EventSink, Outcome, Plan};

pub(crate) use plan::{Layout, drift_json, render as render_plan, render_drift};
pub(crate) use style::{Style, sign};
pub(crate) use timeline::Timeline;

/// Returns lists with their titles, wrapped at the width of the terminal. Empty lists are left out.
pub(crate) fn lists(all: &[(&str, Vec<String>)]) -> String {
    let mut page = page::Page::new(page::columns());
    for (title, lines) in all.iter().filter(|(_, lines)| !lines.is_empty()) {
        page.line(0, 0, &[page::plain(format!("{title}:"))]);
        lines.iter().for_each(|line| page.line(2, 4, &[page::plain(line.as_str())]));
        page.blank();
    }
    page.finish()
}

/// Output format of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Human-readable, with live progress where standard error is a terminal.
    Human,
    /// One JSON object per line on standard output: every event, then the outcome.
    Json,
}

/// Description of a run, for headings.
#[derive(Debug, Clone)]
pub(crate) struct Heading {
    pub(crate) environment: String,
    pub(crate) location: String,
    /// Whether `apply` asks for separate approval of broader permissions and data loss.
    pub(crate) guarded: bool,
}

/// Sets when output is coloured, for everything that is printed later.
pub(crate) fn set_color(choice: clap::ColorChoice) {
    match choice {
        clap::ColorChoice::Auto => {}
        clap::ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
        clap::ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// Formats the message of an error at the width of the terminal. Lines of a message of several are left as they are: they may quote files.
pub(crate) fn error(message: &str) -> String {
    match message.contains('\n') {
        true => format!("{}: {message}\n", Style::error("error")),
        false => labelled(0, Style::ERROR, "error", message, page::columns()),
    }
}

/// Formats advice at the width of the terminal.
pub(crate) fn help(text: &str) -> String {
    match text.contains('\n') {
        true => format!("  {}: {text}\n", Style::bold("help")),
        false => labelled(2, Style::BOLD, "help", text, page::columns()),
    }
}

fn labelled(indent: usize, style: anstyle::Style, label: &str, text: &str, width: Option<usize>) -> String {
    let mut page = page::Page::new(width);
    page.line(indent, label.len() + 2, &[page::styled(style, label), page::plain(format!(": {text}"))]);
    page.finish()
}

/// Formats a table with a heading, which is left out if a row is wider than the terminal.
pub(crate) fn table_with_heading(heading: &[&str], rows: &[Vec<String>]) -> String {
    let heading: Vec<String> = heading.iter().map(|&cell| cell.to_owned()).collect();
    let all: Vec<Vec<String>> = std::iter::once(heading).chain(rows.iter().cloned()).collect();
    let text = table(&all);
    if text.lines().count() == all.len() { text } else { table(rows) }
}

/// Formats a table for standard output. If a row is wider than the terminal, each row begins a paragraph with its first cell.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
    table_within(rows, if is_terminal { page::columns() } else { None })
}

fn table_within(rows: &[Vec<String>], width: Option<usize>) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|at| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or_default())
        .collect();
    let total = widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1);
    let mut text = String::new();
    for row in rows {
        if width.is_none_or(|width| total <= width) {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
            continue;
        }
        let mut page = page::Page::new(width);
        row.iter().enumerate().for_each(|(at, cell)| page.line(if at == 0 { 0 } else { 4 }, 2, &[page::plain(cell.as_str())]));
        text.push_str(&page.finish());
    }
    text
}

/// Returns whether all output goes to a log that others can read.
pub(crate) fn is_logged() -> bool {
    annotations::wanted()
}

/// A reporter of a run.
pub(crate) trait Reporter: Send + Sync {
    /// Reports an event; called from any task.
    fn event(&self, event: Event);
    /// Reports the plan, before approval is asked or the command ends.
    fn plan(&self, plan: &Plan);
    /// Reports the outcome at the end.
    fn outcome(&self, outcome: &Outcome);
}

/// Creates the reporter of a format; on GitHub's runners errors become annotations too.
pub(crate) fn reporter(format: Format, heading: Heading, verbose: bool) -> Arc<dyn Reporter> {
    let guarded = heading.guarded;
    let inner: Arc<dyn Reporter> = match format {
        Format::Human => Arc::new(human::HumanReporter::new(heading, verbose)),
        Format::Json => Arc::new(lines::JsonLinesReporter),
    };
    match annotations::wanted() {
        true => Arc::new(annotations::Annotations::around(inner, guarded)),
        false => inner,
    }
}

/// Creates the engine's event sink for a reporter.
pub(crate) fn events(reporter: &Arc<dyn Reporter>) -> EventSink {
    let reporter = Arc::clone(reporter);
    EventSink::to(move |event| reporter.event(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_advice_fit_the_terminal() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows =
            [row(["table.calls", "dynamodb.table", "shop-dev-calls"]), row(["api_key.main", "apigateway.key", &"x".repeat(50)])];
        assert_eq!(table_within(&rows[..1], Some(60)), "table.calls  dynamodb.table  shop-dev-calls\n");
        let wide = table_within(&rows, None);
        assert_eq!(wide.lines().count(), 2);
        assert!(wide.starts_with("table.calls   dynamodb.table  shop"), "{wide}");
        let narrow = table_within(&rows, Some(60));
        assert!(narrow.lines().all(|line| line.chars().count() <= 60) && narrow.contains("\n    apigateway.key\n"), "{narrow}");
        let advice = labelled(2, anstyle::Style::new(), "help", &"name another ".repeat(20), Some(60));
        assert!(
            advice.lines().all(|line| line.len() <= 60) && advice.starts_with("  help: name") && advice.contains("\n        "),
            "{advice}"
        );
    }
}
