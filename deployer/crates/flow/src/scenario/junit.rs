//! Results as JUnit XML, which continuous integration shows.

use std::fmt::Write;

use super::Report;

/// The reports of several suites, each under its name, as one JUnit XML document.
#[must_use]
pub fn junit(reports: &[(String, Report)]) -> String {
    let tests: usize = reports.iter().map(|(_, report)| report.outcomes.len()).sum();
    let failures: usize = reports.iter().map(|(_, report)| report.failures()).sum();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String does not fail.
    let _ = writeln!(xml, "<testsuites tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">");
    for (name, report) in reports {
        suite(&mut xml, name, report);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, name: &str, report: &Report) {
    let (tests, failures) = (report.outcomes.len(), report.failures());
    let name = escaped(name);
    let _ = writeln!(xml, "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">");
    for outcome in &report.outcomes {
        let _ = writeln!(xml, "    <testcase classname=\"{name}\" name=\"{}\">", escaped(&outcome.name));
        if let Some(first) = outcome.unmet.first() {
            let all = escaped(&outcome.unmet.join("\n"));
            let _ = writeln!(xml, "      <failure message=\"{}\">{all}</failure>", escaped(first));
        }
        let heard = escaped(&outcome.transcript.heard.join("\n"));
        let _ = writeln!(xml, "      <system-out>{heard}</system-out>");
        xml.push_str("    </testcase>\n");
    }
    xml.push_str("  </testsuite>\n");
}

/// Text for elements and attributes. What XML 1.0 cannot hold is replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
