//! What is wrong with an input: where, what is allowed, and what was perhaps meant.

use std::fmt;
use std::path::{Path, PathBuf};

pub use deployer_flow::yaml::Span;
use serde::{Serialize, Serializer};

use crate::string_enum::string_enum;

string_enum! {
    /// What kind of fault it is. The text of a code is stable.
    Code {
        /// The text is not YAML, or uses a part of YAML that specs do not have.
        Syntax = "syntax",
        /// The file is not UTF-8.
        NotUtf8 = "not-utf-8",
        /// There is nothing in the file.
        Empty = "empty",
        /// The file is larger, deeper or more expanding than any spec.
        TooLarge = "too-large",
        /// A key that the format does not have.
        UnknownKey = "unknown-key",
        /// A key that occurs twice in its map.
        DuplicateKey = "duplicate-key",
        /// A key that must be there and is not.
        MissingKey = "missing-key",
        /// Text where a number is wanted, and so on.
        WrongType = "wrong-type",
        /// Text that is not of the form wanted.
        BadValue = "bad-value",
        /// A secret whose value the deployer's environment does not have.
        MissingSecret = "missing-secret",
        /// A name that AWS or the format does not take.
        BadName = "bad-name",
        /// A number out of its range.
        OutOfRange = "out-of-range",
        /// Text that is none of the words allowed.
        NotAllowed = "not-allowed",
        /// Values that are right alone but not together.
        Conflict = "conflict",
        /// A reference that is not of the form `${kind.name.output}`.
        BadReference = "bad-reference",
        /// A reference or a name of something that is not declared.
        Dangling = "dangling",
        /// References that lead back to where they began.
        Cycle = "cycle",
        /// The file is for another environment than the one asked for.
        OtherEnvironment = "other-environment",
    }
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// What kind of fault it is.
    pub code: Code,
    /// The file, as the caller named it.
    #[serde(serialize_with = "shown")]
    pub file: PathBuf,
    /// Where.
    #[serde(flatten)]
    pub span: Span,
    /// The place in the document, such as `functions.convert.memory_mb`; empty for the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What is allowed or what to do.
    pub help: Option<String>,
    /// What was perhaps meant.
    pub did_you_mean: Option<String>,
}

fn shown<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.display().to_string())
}

impl Diagnostic {
    /// A fault of this kind at this place, in a file yet to be named.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        let (file, path) = (PathBuf::new(), String::new());
        Self { code, file, span, path, message: message.into(), help: None, did_you_mean: None }
    }

    /// The same fault in this file.
    #[must_use]
    pub fn in_file(mut self, file: &Path) -> Self {
        self.file = file.to_owned();
        self
    }

    /// The same fault at this place in the document.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The same fault with what is allowed or what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same fault with what was perhaps meant.
    #[must_use]
    pub fn with_suggestion(mut self, meant: Option<String>) -> Self {
        self.did_you_mean = meant;
        self
    }
}

/// Every fault of a file, in the order of their places; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    faults: Vec<Diagnostic>,
    /// The lines that faults are on, by number, so that they can be shown.
    lines: std::collections::BTreeMap<u32, String>,
}

/// How much of a line is shown at most.
const MAX_LINE: usize = 160;

impl Diagnostics {
    /// The faults found in `text`; their lines are kept to be shown. Faults at the same place with the same message are one.
    pub fn new(mut faults: Vec<Diagnostic>, text: &str) -> Self {
        faults.sort_by(|a, b| (a.span, &a.path, &a.message).cmp(&(b.span, &b.path, &b.message)));
        faults.dedup();
        let wanted: std::collections::BTreeSet<u32> = faults.iter().map(|fault| fault.span.line).collect();
        let lines = (1_u32..)
            .zip(text.trim_start_matches('\u{feff}').split('\n'))
            .filter(|(number, _)| wanted.contains(number))
            .map(|(number, line)| (number, line.trim_end_matches('\r').to_owned()))
            .collect();
        Self { faults, lines }
    }

    /// The faults, in the order of their places.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.faults.iter()
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.faults.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// The faults as a JSON list.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.faults).unwrap_or(serde_json::Value::Null)
    }

    /// One fault as text: message, place, the line with the stretch marked, and what to do. No escape sequences.
    pub fn render(&self, fault: &Diagnostic) -> String {
        let Span { line, column, .. } = fault.span;
        let gutter = line.to_string().len();
        let mut text =
            format!("error[{}]: {}\n{:gutter$}--> {}:{line}:{column}\n", fault.code, fault.message, "", fault.file.display());
        if let Some(source) = self.lines.get(&line) {
            let (shown, marks) = excerpt(source, fault.span);
            text += &format!("{:gutter$} |\n{line} | {shown}\n{:gutter$} | {marks}\n", "", "");
        }
        if let Some(meant) = &fault.did_you_mean {
            text += &format!("{:gutter$} = did you mean `{meant}`?\n", "");
        }
        if let Some(help) = &fault.help {
            text += &format!("{:gutter$} = help: {help}\n", "");
        }
        text
    }
}

/// The line, cut to what can be shown around the stretch, and a second line that marks the stretch.
fn excerpt(line: &str, span: Span) -> (String, String) {
    let start = span.column.saturating_sub(1) as usize;
    let from = start.saturating_sub(MAX_LINE / 2);
    let shown: String = line.chars().skip(from).take(MAX_LINE).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let room = shown.chars().count().saturating_sub(start - from).max(1);
    let marks = "^".repeat((span.length.max(1) as usize).min(room));
    (shown, format!("{:>width$}{marks}", "", width = start - from))
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Diagnostics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.faults.serialize(serializer)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(f, "{}", self.render(fault))?;
        }
        let plural = if self.len() == 1 { "" } else { "s" };
        write!(f, "{} fault{plural}; nothing was touched", self.len())
    }
}

impl std::error::Error for Diagnostics {}
