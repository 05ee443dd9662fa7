//! Diagnostics of an input: the position, the allowed values, and a suggestion.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

pub use deployer_flow::yaml::Span;
use deployer_flow::{Message, Severity};
use serde::{Serialize, Serializer};

use crate::sources::Sources;
use crate::string_enum::string_enum;

string_enum! {
    /// The kind of a diagnostic. The text of a code is stable.
    Code {
        /// The text is not YAML, or uses a feature of YAML that specs do not support.
        Syntax = "syntax",
        /// The file is not UTF-8.
        NotUtf8 = "not-utf-8",
        /// A file that a spec extends and that cannot be read.
        Unreadable = "unreadable",
        /// The file is empty.
        Empty = "empty",
        /// The file is larger, more deeply nested or more repetitive than any spec.
        TooLarge = "too-large",
        /// A key that the format does not have.
        UnknownKey = "unknown-key",
        /// A key that occurs twice in its map.
        DuplicateKey = "duplicate-key",
        /// A required key that is missing.
        MissingKey = "missing-key",
        /// A value of the wrong type, such as text instead of a number.
        WrongType = "wrong-type",
        /// Text of the wrong form.
        BadValue = "bad-value",
        /// A secret whose value is not set in the deployer's environment.
        MissingSecret = "missing-secret",
        /// An environment variable that a spec takes a value from, and that is not set.
        MissingVariable = "missing-variable",
        /// A secret that would be stored and printed as plain text.
        OpenSecret = "open-secret",
        /// A name that AWS or the format does not accept.
        BadName = "bad-name",
        /// A number out of its range.
        OutOfRange = "out-of-range",
        /// Text that is not one of the allowed words.
        NotAllowed = "not-allowed",
        /// Values that are valid alone but not together.
        Conflict = "conflict",
        /// A reference that is not of the form `${kind.name.output}`.
        BadReference = "bad-reference",
        /// A reference to, or a name of, something that is not declared.
        Dangling = "undefined-reference",
        /// References that form a cycle.
        Cycle = "cycle",
        /// An error that the program of an `app` reports.
        Program = "program",
        /// The file is for another environment than the requested one.
        OtherEnvironment = "other-environment",
    }
}

/// One error in a spec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The kind of the error.
    pub code: Code,
    /// The file, as the caller named it; empty until the diagnostic is one of [`Diagnostics`].
    #[serde(serialize_with = "shown")]
    pub file: PathBuf,
    /// The position in the file.
    #[serde(flatten)]
    pub span: Span,
    /// The path in the document, such as `functions.convert.memory_mb`; empty for the whole document.
    pub path: String,
    /// The description of the error.
    pub message: String,
    /// The allowed values, or advice.
    pub help: Option<String>,
    /// A suggested replacement.
    pub did_you_mean: Option<String>,
}

fn shown<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.display().to_string())
}

impl Diagnostic {
    /// Creates a diagnostic of this kind at this position of a spec.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        let (file, path) = (PathBuf::new(), String::new());
        Self { code, file, span, path, message: message.into(), help: None, did_you_mean: None }
    }

    /// Returns the diagnostic with this path in the document.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Returns the diagnostic with the allowed values or advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Returns the diagnostic with a suggested replacement.
    #[must_use]
    pub fn with_suggestion(mut self, meant: Option<String>) -> Self {
        self.did_you_mean = meant;
        self
    }
}

/// All diagnostics of a spec, ordered by file and position; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    diagnostics: Vec<Diagnostic>,
    /// The lines with diagnostics, by file and number, for rendering.
    lines: BTreeMap<(PathBuf, u32), String>,
}

impl Diagnostics {
    /// Creates the list of the diagnostics found in the files, and retains their lines for rendering. Diagnostics at the same position with
    /// the same message are merged.
    pub fn new(mut faults: Vec<Diagnostic>, sources: &Sources) -> Self {
        faults.sort_by(|a, b| (a.span, &a.path, &a.message).cmp(&(b.span, &b.path, &b.message)));
        faults.dedup();
        let mut lines = BTreeMap::new();
        for fault in &mut faults {
            let line = sources.line(fault.span).map(str::to_owned);
            let (file, span) = sources.locate(fault.span);
            (fault.file, fault.span) = (file.to_owned(), span);
            if let Some(line) = line {
                lines.insert((fault.file.clone(), span.line), line);
            }
        }
        Self { diagnostics: faults, lines }
    }

    /// Returns the diagnostics, ordered by position.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.diagnostics.iter()
    }

    /// Returns the number of diagnostics.
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// Whether there are no diagnostics.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Returns the diagnostics as a JSON list.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.diagnostics).unwrap_or(serde_json::Value::Null)
    }

    /// Renders one diagnostic as text: the message, the position, the line with the span marked, and the advice. Without escape sequences.
    pub fn render(&self, fault: &Diagnostic) -> String {
        let Span { line, column, length } = fault.span;
        let meant = fault.did_you_mean.as_ref().map(|meant| format!("did you mean `{meant}`?"));
        let help: Vec<&str> = meant.as_deref().into_iter().chain(fault.help.as_deref()).collect();
        let message = Message {
            severity: Severity::Error,
            code: fault.code.as_str(),
            text: &fault.message,
            file: &fault.file.display().to_string(),
            position: Some((line as usize, column as usize)),
            line: self.lines.get(&(fault.file.clone(), line)).map(|text| (text.as_str(), length as usize)),
            note: None,
            help: &help,
        };
        message.render() + "\n"
    }
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
        self.diagnostics.serialize(serializer)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.diagnostics {
            writeln!(f, "{}", self.render(fault))?;
        }
        let plural = if self.len() == 1 { "" } else { "s" };
        write!(f, "{} error{plural}; nothing was changed", self.len())
    }
}

impl std::error::Error for Diagnostics {}
