//! A finding of the flow checks.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::message::Message;
pub(crate) use crate::message::Severity;
use crate::model::Flow;
use crate::path::Path;
use crate::rules::Status;
use crate::source_map::Position;

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
    /// Formats the finding for people, with the line of the flow in question if the flow was parsed from text. `file` is the flow's file
    /// as the reader knows it.
    #[must_use]
    pub fn render(&self, file: &str, flow: &Flow) -> String {
        let (positions, suggestion) = (flow.positions(), self.suggestion.as_deref());
        let message = Message {
            severity: self.severity,
            code: self.code,
            text: &self.titled(),
            file,
            position: self.position.map(|at| (at.line, at.column)),
            line: self.position.zip(positions).and_then(|(at, map)| Some((map.line(at.line)?, map.length(&self.path)))),
            note: self.explained(),
            help: suggestion.as_slice(),
        };
        message.render()
    }

    /// Returns Connect's message with the action that it is about.
    fn titled(&self) -> String {
        let action = self.action.as_ref().map(|action| format!(" (action \"{action}\")")).unwrap_or_default();
        format!("{}{action}", self.message)
    }

    fn explained(&self) -> Option<&str> {
        Some(self.explanation.as_str()).filter(|explanation| !explanation.is_empty())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.position.map(|Position { line, column }| format!("{line}:{column}: ")).unwrap_or_default();
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(out, "{place}{severity}: {}", self.titled())?;
        self.explained().into_iter().chain(self.suggestion.as_deref()).try_for_each(|line| write!(out, "\n  {line}"))
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
