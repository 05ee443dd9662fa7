//! Formats log events.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style as Ansi};
use serde_json::json;
use time::OffsetDateTime;
use time::macros::format_description;
use unicode_width::UnicodeWidthStr;

use super::events::LogEvent;
use crate::failure::Failure;
use crate::output::{harmless, print_while_read};
use crate::report::Style;

/// Colours of the labels, in turn.
const COLOURS: [AnsiColor; 5] = [AnsiColor::Cyan, AnsiColor::Magenta, AnsiColor::Green, AnsiColor::Yellow, AnsiColor::Blue];

/// Prints events, one by one.
pub(super) struct Printer {
    styles: BTreeMap<String, Ansi>,
    width: usize,
    json: bool,
    filter: Option<String>,
}

impl Printer {
    pub(super) fn new<'l>(labels: impl Iterator<Item = &'l str>, json: bool, filter: Option<String>) -> Self {
        let colours = COLOURS.iter().cycle();
        let styles: BTreeMap<String, Ansi> =
            labels.zip(colours).map(|(label, colour)| (label.to_owned(), colour.on_default())).collect();
        let width = styles.keys().map(|label| label.width()).max().unwrap_or_default();
        Self { styles, width, json, filter }
    }

    /// Prints an event that passes the filter, and returns whether the output is still read.
    pub(super) fn print(&mut self, event: &LogEvent) -> Result<bool, Failure> {
        match self.format(event) {
            Some(text) => print_while_read(&text),
            None => Ok(true),
        }
    }

    fn format(&self, event: &LogEvent) -> Option<String> {
        if self.filter.as_ref().is_some_and(|text| !event.message.contains(text.as_str())) {
            return None;
        }
        let (time, message) = (time_of(event.at), event.message.trim_end_matches(['\r', '\n']));
        if self.json {
            return Some(format!(
                "{}\n",
                json!({
                    "time": time, "source": event.label, "log_group": event.group, "log_stream": event.stream, "event_id": event.id,
                    "message": message,
                })
            ));
        }
        let style = self.styles.get(&event.label).copied().unwrap_or_default();
        let label = format!("{style}{:width$}{style:#}", event.label, width = self.width);
        // One event may have several lines, and a carriage return would overwrite what is before it.
        let mut lines = message.split(['\r', '\n']).map(harmless);
        let mut text = format!("{} {label} {}\n", Style::dim(&time), lines.next().unwrap_or_default());
        lines.filter(|line| !line.is_empty()).for_each(|line| text += &format!("    {line}\n"));
        Some(text)
    }
}

/// Formats milliseconds since 1970 in UTC.
fn time_of(at: i64) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000);
    time.ok().and_then(|time| time.format(format).ok()).unwrap_or_else(|| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(message: &str) -> LogEvent {
        let text = |text: &str| text.to_owned();
        let (label, group, stream, id) = (text("greet"), text("/aws/lambda/shop-dev-greet"), text("s"), text("1"));
        LogEvent { label, group, stream, id, at: 1_767_607_200_123, message: message.to_owned() }
    }

    fn plain(printer: &Printer, message: &str) -> String {
        anstream::adapter::strip_str(&printer.format(&event(message)).unwrap_or_default()).to_string()
    }

    #[test]
    fn lines_of_one_event_are_indented() {
        let printer = Printer::new(["greet", "flows!!"].into_iter(), false, None);
        assert_eq!(plain(&printer, "one\r  two\n"), "2026-01-05T10:00:00.123Z greet   one\n      two\n");
        assert_eq!(plain(&printer, ""), "2026-01-05T10:00:00.123Z greet   \n");
    }

    #[test]
    fn filter_selects_by_contained_text() {
        let printer = Printer::new(["greet"].into_iter(), true, Some("KeyError: \"x\"".to_owned()));
        assert_eq!(plain(&printer, "keyerror: \"x\""), "");
        let line: serde_json::Value = serde_json::from_str(&plain(&printer, "a KeyError: \"x\" here\n")).expect("JSON");
        assert_eq!(line["message"], "a KeyError: \"x\" here");
        assert_eq!((&line["time"], &line["source"]), (&json!("2026-01-05T10:00:00.123Z"), &json!("greet")));
    }
}
