//! Results as JUnit XML, which continuous integration systems display.

use std::fmt::Write;

use super::report::{Outcome, Report};

/// Result of a test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JunitCase {
    /// Name of the test.
    pub name: String,
    /// Reasons of the failure; the test passed if there is none.
    pub failures: Vec<String>,
    /// Reason why the test was skipped.
    pub skipped: Option<String>,
    /// Output lines.
    pub output: Vec<String>,
}

/// Returns the reports of several suites, each under its name, as one JUnit XML document.
#[must_use]
pub fn junit(reports: &[(String, Report)]) -> String {
    let case = |outcome: &Outcome| JunitCase {
        name: outcome.name.clone(),
        failures: outcome.failures.clone(),
        skipped: None,
        output: outcome.transcript.heard.clone(),
    };
    let suites: Vec<(String, Vec<JunitCase>)> =
        reports.iter().map(|(name, report)| (name.clone(), report.outcomes.iter().map(case).collect())).collect();
    junit_of(&suites)
}

/// Returns the tests of several suites, each suite under its name, as one JUnit XML document.
#[must_use]
pub fn junit_of(suites: &[(String, Vec<JunitCase>)]) -> String {
    let tests: usize = suites.iter().map(|(_, cases)| cases.len()).sum();
    let failures: usize = suites.iter().map(|(_, cases)| failed(cases)).sum();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String does not fail.
    let _ = writeln!(xml, "<testsuites tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">");
    for (name, cases) in suites {
        suite(&mut xml, name, cases);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn failed(cases: &[JunitCase]) -> usize {
    cases.iter().filter(|case| !case.failures.is_empty()).count()
}

fn suite(xml: &mut String, name: &str, cases: &[JunitCase]) {
    let (tests, failures) = (cases.len(), failed(cases));
    let skipped = cases.iter().filter(|case| case.skipped.is_some()).count();
    let name = escaped(name);
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">"
    );
    for case in cases {
        let _ = writeln!(xml, "    <testcase classname=\"{name}\" name=\"{}\">", escaped(&case.name));
        if let Some(first) = case.failures.first() {
            let all = escaped(&case.failures.join("\n"));
            let _ = writeln!(xml, "      <failure message=\"{}\">{all}</failure>", escaped(first));
        }
        if let Some(why) = &case.skipped {
            let _ = writeln!(xml, "      <skipped message=\"{}\"/>", escaped(why));
        }
        let output = escaped(&case.output.join("\n"));
        let _ = writeln!(xml, "      <system-out>{output}</system-out>");
        xml.push_str("    </testcase>\n");
    }
    xml.push_str("  </testsuite>\n");
}

/// Escapes text for elements and attributes. Characters that XML 1.0 does not allow are replaced.
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
