//! Checks of parameters that refer to a resource of the instance.

use super::report::Report;
use crate::jsonpath::{JsonPath, occurrences};
use crate::named::SymbolicName;
use crate::path::Path;
use crate::references::{Segment, segments};
use crate::resource_kind::{ResourceKind, is_resource_id};

/// Checks a text with symbolic references: a reference to a resource of another kind than the parameter accepts is found
/// before deployment.
pub(crate) fn check_symbol(report: &mut Report<'_>, path: Path, text: &str, kind: &str) {
    let Some(kind) = ResourceKind::from_name(kind) else {
        return;
    };
    let segments = segments(text);
    let [Segment::Symbol(symbol)] = segments.as_slice() else {
        return;
    };
    let Some(named) = SymbolicName::parse(symbol) else {
        return;
    };
    if named.kind != kind {
        let (wanted, meant) = (kind.as_str(), named.kind.as_str());
        report
            .bad_value("resource-kind", path)
            .explain(format!("{text} names a {meant}, and a {wanted} is expected here"))
            .suggest(|| Some(format!("write ${{{}.NAME.arn}}", kind.section())));
    } else if report.context.exists.is_some_and(|exists| !exists(kind, text)) {
        unknown(report, path, text, kind);
    }
}

/// Resources outside of the instance that a parameter can refer to: parts of their ARNs and their names. No record shows that
/// the service checks them when it publishes a flow, so a wrong one is a warning.
const OUTSIDE: [(&str, &str, &str, &str); 4] = [
    ("assistant", ":wisdom:", ":assistant/", "an assistant"),
    ("bot", ":lex:", ":bot-alias/", "an alias of a Lex V2 bot"),
    ("case-template", ":cases:", "/template/", "a case template"),
    ("task-template", ":connect:", "/task-template/", "a task template"),
];

/// Checks a text that is not a JSONPath, where an ARN or id is expected.
pub(crate) fn check(report: &mut Report<'_>, path: Path, text: &str, kind: &str) {
    if OUTSIDE.iter().any(|(name, ..)| *name == kind) {
        outside(report, path, text, kind);
        return;
    }
    let Some(kind) = ResourceKind::from_name(kind) else {
        return;
    };
    let name = kind.as_str();
    if !occurrences(text).is_empty() {
        return;
    }
    if !is_arn(text) && (kind == ResourceKind::Lambda || !is_resource_id(text)) {
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
    if is_arn(text) && !text.contains(kind.arn_part()) {
        report.bad_value("resource-kind", path).explain(format!("this is not the ARN of a {name}"));
        return;
    }
    if let Some(fault) = impossible(text) {
        warn_impossible(report, path.clone(), text, &fault);
    }
    if report.context.exists.is_some_and(|exists| !exists(kind, text)) {
        unknown(report, path, text, kind);
    }
}

/// Checks a text inside an object, where the ARN of a resource outside of the instance is expected.
pub(crate) fn check_nested(report: &mut Report<'_>, path: Path, text: &str, kind: &str) {
    if !report.is_symbolic(text) && JsonPath::parse(text.trim()).is_none() {
        outside(report, path, text, kind);
    }
}

fn outside(report: &mut Report<'_>, path: Path, text: &str, kind: &str) {
    let Some((_, service, part, what)) = OUTSIDE.iter().find(|(name, ..)| *name == kind) else {
        return;
    };
    if !text.starts_with("arn:") || !occurrences(text).is_empty() || has_placeholder(text) {
        // An id or a placeholder; it is not recorded which of them the service accepts.
        return;
    }
    if !text.contains(service) || !text.contains(part) {
        let message = format!("ARN of something else. Path: {path}");
        report
            .warn("resource-kind", path, message)
            .explain(format!("{what} is expected here, and its ARN holds {service} and {part}"));
    } else if let Some(fault) = impossible(text) {
        warn_impossible(report, path, text, &fault);
    }
}

fn warn_impossible(report: &mut Report<'_>, path: Path, text: &str, fault: &str) {
    let message = format!("Impossible ARN. Path: {path}");
    report.warn("impossible-arn", path, message).explain(format!("{fault} in {}", text.trim()));
}

/// Whether a text contains a template placeholder.
fn has_placeholder(text: &str) -> bool {
    text.contains(['{', '}', '<', '>', '%', '$'])
        || text.split(':').skip(3).take(2).any(|part| part.chars().any(char::is_uppercase))
}

/// Returns the part of an ARN that no resource can have (AWS General Reference, "Amazon Resource Names"); a text with
/// placeholders is not checked.
fn impossible(arn: &str) -> Option<String> {
    if !arn.starts_with("arn:") || has_placeholder(arn) {
        return None;
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, service, region, account, _] = parts.as_slice() else {
        return Some("there are fewer than six parts".to_owned());
    };
    let small = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let word = |text: &str| !text.is_empty() && small(text);
    let regional = region.rsplit_once('-').is_some_and(|(name, number)| {
        name.contains('-') && word(name) && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
    });
    let digits = account.len() == 12 && account.chars().all(|c| c.is_ascii_digit());
    if !partition.starts_with("aws") || !small(partition) {
        Some(format!("\"{partition}\" is no partition"))
    } else if !word(service) {
        Some(format!("\"{service}\" is no service"))
    } else if !regional {
        Some(format!("\"{region}\" is no region"))
    } else if !digits && *account != "aws" {
        Some(format!("\"{account}\" is no account id of 12 digits"))
    } else {
        None
    }
}

/// Reports an unknown resource. A function need not be associated with the instance if its own policy lets Connect invoke it
/// (AWS administrator guide), so an unknown function is only a warning.
fn unknown(report: &mut Report<'_>, path: Path, text: &str, kind: ResourceKind) {
    if kind == ResourceKind::Lambda {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_arns_are_impossible() {
        for sound in [
            "arn:aws:lambda:us-east-1:111122223333:function:convert:live",
            "arn:aws-us-gov:connect:us-gov-west-1:111122223333:instance/i/queue/q",
            "arn:aws:connect:eu-central-1:aws:view/form:1",
            "arn:aws:lambda:${Region}:${Account}:function:x",
            "6f9a8f3e-0000-4000-8000-000000000000",
        ] {
            assert_eq!(impossible(sound), None, "{sound}");
        }
        for (bad, part) in [
            ("arn:aws:lambda:eu_central_1:111122223333:function:x", "region"),
            ("arn:aws:lambda:useast1:111122223333:function:x", "region"),
            ("arn:aws:lambda:us-east-1:1111:function:x", "account"),
            ("arn:azure:lambda:us-east-1:111122223333:function:x", "partition"),
            ("arn:aws::us-east-1:111122223333:function:x", "service"),
            ("arn:aws:lambda:nowhere", "parts"),
        ] {
            assert!(impossible(bad).is_some_and(|fault| fault.contains(part)), "{bad}");
        }
    }
}
