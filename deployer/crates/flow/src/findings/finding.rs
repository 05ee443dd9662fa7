//! A finding of the flow checks.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::model::Flow;
use crate::path::Path;
use crate::rules::Status;
use crate::source_map::Position;

/// The severity of a [`Finding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Connect refuses to publish the flow.
    Error,
    /// Connect accepts the flow, but it will probably not do what was intended.
    Warning,
}

impl From<Status> for Severity {
    /// Returns the severity of a violated rule of this reliability: recorded and documented rules are errors, all others
    /// warnings.
    fn from(status: Status) -> Self {
        match status {
            Status::Recorded | Status::Documented => Self::Error,
            Status::Seen | Status::Unknown => Self::Warning,
        }
    }
}

/// A problem found in a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Short stable name of the kind of problem, such as `target`.
    pub code: &'static str,
    /// Severity of the problem.
    pub severity: Severity,
    /// Message of Connect, including the path.
    pub message: String,
    /// Whether `message` is the service's own wording from a published record.
    pub recorded: bool,
    /// Place in the document.
    pub path: Path,
    /// Identifier of the action that contains it.
    pub action: Option<String>,
    /// Explanation of the problem in plain words.
    pub explanation: String,
    /// Suggested correction.
    pub suggestion: Option<String>,
    /// Line and column, if the flow was parsed from text.
    pub position: Option<Position>,
}

impl Finding {
    pub(crate) fn new(code: &'static str, severity: Severity, path: Path, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            recorded: false,
            path,
            action: None,
            explanation: String::new(),
            suggestion: None,
            position: None,
        }
    }

    pub(crate) fn explain(&mut self, explanation: impl Into<String>) -> &mut Self {
        self.explanation = explanation.into();
        self
    }

    /// Sets the suggested correction. The closure only runs if the finding is kept.
    pub(crate) fn suggest(&mut self, suggestion: impl FnOnce() -> Option<String>) -> &mut Self {
        if !self.code.is_empty() {
            self.suggestion = suggestion();
        }
        self
    }
}

impl Finding {
    /// Formats the finding for people, with the line of the flow in question if the flow was parsed from text.
    #[must_use]
    pub fn render(&self, flow: &Flow) -> String {
        let excerpt = self.position.and_then(|at| {
            let (shown, marks) = flow.positions()?.excerpt(&self.path);
            let gutter = " ".repeat(at.line.to_string().len());
            Some(format!("\n{gutter} |\n{} | {shown}\n{gutter} | {marks}", at.line))
        });
        self.text(&excerpt.unwrap_or_default())
    }

    /// Formats the finding with `between` inserted between Connect's message and the explanation.
    fn text(&self, between: &str) -> String {
        let place = self.position.map(|Position { line, column }| format!("{line}:{column}: ")).unwrap_or_default();
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let action = self.action.as_ref().map(|action| format!(" (action \"{action}\")")).unwrap_or_default();
        let mut text = format!("{place}{severity}: {}{action}{between}", self.message);
        let plain = Some(self.explanation.as_str()).filter(|explanation| !explanation.is_empty());
        for line in plain.into_iter().chain(self.suggestion.as_deref()) {
            text.push_str("\n  ");
            text.push_str(line);
        }
        text
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text(""))
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Finding", 10)?;
        out.serialize_field("code", self.code)?;
        out.serialize_field("severity", &self.severity)?;
        out.serialize_field("message", &self.message)?;
        out.serialize_field("recorded", &self.recorded)?;
        out.serialize_field("path", &self.path.to_string())?;
        out.serialize_field("action", &self.action)?;
        out.serialize_field("explanation", &self.explanation)?;
        out.serialize_field("suggestion", &self.suggestion)?;
        out.serialize_field("line", &self.position.map(|at| at.line))?;
        out.serialize_field("column", &self.position.map(|at| at.column))?;
        out.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_and_documented_rules_block_others_warn() {
        assert_eq!(Severity::from(Status::Recorded), Severity::Error);
        assert_eq!(Severity::from(Status::Documented), Severity::Error);
        assert_eq!(Severity::from(Status::Seen), Severity::Warning);
        assert_eq!(Severity::from(Status::Unknown), Severity::Warning);
    }
}
