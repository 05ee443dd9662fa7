//! Parameters that name a resource of the instance.

use super::{RefKind, Report};
use crate::jsonpath::occurrences;
use crate::named::{Named, section};
use crate::path::Path;
use crate::references::{Piece, pieces};

impl RefKind {
    const ALL: [(Self, &'static str, &'static str); 9] = [
        (Self::Queue, "queue", "/queue/"),
        (Self::Flow, "flow", "/contact-flow/"),
        (Self::Module, "module", "/flow-module/"),
        (Self::Prompt, "prompt", "/prompt/"),
        (Self::Hours, "hours", "/operating-hours/"),
        (Self::Lambda, "lambda", ":function:"),
        (Self::Agent, "agent", "/agent/"),
        (Self::View, "view", ""),
        (Self::Bot, "bot", ":bot-alias/"),
    ];

    /// The kind of a resource by its ARN; `None` for ARNs of other things.
    #[must_use]
    pub fn of_arn(arn: &str) -> Option<Self> {
        let (service, rest) = arn.strip_prefix("arn:")?.split_once(':')?.1.split_once(':')?;
        let known = |part: &&str| !part.is_empty() && rest.contains(*part);
        match service {
            "lambda" => rest.contains(":function:").then_some(Self::Lambda),
            "lex" => rest.contains(":bot-alias/").then_some(Self::Bot),
            "connect" if rest.contains(":view/") || rest.contains("/view/") => Some(Self::View),
            "connect" => Self::ALL.iter().find(|(_, _, part)| known(part)).map(|(kind, ..)| *kind),
            _ => None,
        }
    }

    fn named(name: &str) -> Option<(Self, &'static str)> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(kind, _, part)| (*kind, *part))
    }

    /// The kind with this name, such as `queue`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::named(name).map(|(kind, _)| kind)
    }

    /// The kind's name, such as `queue`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _, _)| *kind == self).map_or("", |(_, name, _)| name)
    }
}

/// A text with references: one that names a resource of another kind than the parameter takes is found before anything is
/// deployed.
pub(super) fn check_symbol(report: &mut Report<'_>, path: Path, text: &str, kind: &str) {
    let Some((kind, _)) = RefKind::named(kind) else {
        return;
    };
    let pieces = pieces(text);
    let [Piece::Symbol(symbol)] = pieces.as_slice() else {
        return;
    };
    let Some(named) = Named::parse(symbol) else {
        return;
    };
    if named.kind != kind {
        let (wanted, meant) = (kind.as_str(), named.kind.as_str());
        report
            .bad_value("resource-kind", path)
            .explain(format!("{text} names a {meant}, and a {wanted} is expected here"))
            .suggest(|| Some(format!("write ${{{}.NAME.arn}}", section(kind))));
    } else if report.context.exists.is_some_and(|exists| !exists(kind, text)) {
        unknown(report, path, text, kind);
    }
}

/// A text that is not one JSONPath, where an ARN or id is expected.
pub(super) fn check(report: &mut Report<'_>, path: Path, text: &str, kind: &str) {
    let Some((kind, part)) = RefKind::named(kind) else {
        return;
    };
    let name = kind.as_str();
    if !occurrences(text).is_empty() {
        return;
    }
    if !is_arn(text) && (kind == RefKind::Lambda || !is_id(text)) {
        let message = format!("Failed to convert id: {text}");
        let finding = report.error("id", path, message);
        if text.contains("${") || text.contains("{{") {
            finding.explain(format!(
                "a placeholder stands where the ARN of a {name} is expected; \
                 it was not replaced before the flow was sent"
            ));
        } else {
            finding.explain(format!("this is neither the ARN nor the id of a {name}"));
        }
        return;
    }
    if is_arn(text) && !text.contains(part) {
        report.bad_value("resource-kind", path).explain(format!("this is not the ARN of a {name}"));
        return;
    }
    if report.context.exists.is_some_and(|exists| !exists(kind, text)) {
        unknown(report, path, text, kind);
    }
}

/// A function need not be associated with the instance if its own policy lets
/// Connect call it (AWS administrator guide), so that is only a warning.
fn unknown(report: &mut Report<'_>, path: Path, text: &str, kind: RefKind) {
    if kind == RefKind::Lambda {
        let message = format!("Function is not associated with the instance. Path: {path}");
        report
            .warn("not-associated", path, message)
            .explain(format!("Connect can call {text} only if the function's own policy allows it"));
    } else {
        report
            .bad_value("not-found", path)
            .explain(format!("the instance has no {} {text}; an ARN of another instance is refused", kind.as_str()));
    }
}

fn is_arn(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let shaped = parts.next() == Some("arn") && text.splitn(6, ':').count() == 6;
    shaped && !text.contains(['{', '}', ' ']) && parts.nth(1).is_some_and(|s| !s.is_empty())
}

/// A resource id of Connect is a UUID, with `:$SAVED` or a version after it.
fn is_id(text: &str) -> bool {
    let id = text.split(':').next().unwrap_or_default();
    id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}
