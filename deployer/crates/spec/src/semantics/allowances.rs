//! Checks of what a function may do: actions that exist, on resources that they apply to.
//!
//! Source: AWS's Service Authorization Reference, reduced to `data/service_authorization.txt` (its script says how).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::suggest::closest;
use crate::template::{Output, Part, ReferenceKind, Template, from_node};
use crate::yaml::Node;

/// What the reference says of one service.
#[derive(Default)]
struct Service {
    /// The ARN of each kind of resource; `*` stands for its variables.
    kinds: BTreeMap<&'static str, &'static str>,
    /// The kinds of resources of each action; none if it takes `*` only.
    actions: BTreeMap<&'static str, Vec<&'static str>>,
}

#[derive(Default)]
struct Services {
    known: BTreeMap<&'static str, Service>,
    /// Services whose actions are not known here.
    others: Vec<&'static str>,
}

/// Returns the reference.
fn services() -> &'static Services {
    static SERVICES: OnceLock<Services> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let mut services = Services::default();
        let mut current = "";
        for line in include_str!("../../data/service_authorization.txt").lines() {
            if let Some(others) = line.strip_prefix("others ") {
                services.others = others.split(' ').collect();
            } else if let Some((kind, arn)) = line.strip_prefix("  ").and_then(|kind| kind.split_once(' ')) {
                services.known.entry(current).or_default().kinds.insert(kind, arn);
            } else if let Some(action) = line.strip_prefix(' ') {
                let (action, kinds) = action.split_once('=').unwrap_or((action, ""));
                let kinds = kinds.split(',').filter(|kind| !kind.is_empty()).collect();
                services.known.entry(current).or_default().actions.insert(action, kinds);
            } else {
                current = line;
            }
        }
        services
    })
}

/// Reports what is wrong with the entries of `allow` of the function at `path`.
pub(super) fn check(function: &Node, path: &str, faults: &mut Vec<Diagnostic>) {
    for (index, allowance) in function.get("allow").into_iter().flat_map(Node::elements).enumerate() {
        let path = format!("{path}.allow[{index}]");
        for key in ["actions", "resources"] {
            if let Some(list) = allowance.get(key).filter(|list| list.elements().is_empty() && list.text().is_none()) {
                let message = format!("`{key}` is empty, so nothing is allowed");
                faults.push(Diagnostic::new(Code::OutOfRange, list.span, message).with_path(format!("{path}.{key}")));
            }
        }
        Allowance::read(allowance).check(&path, faults);
    }
}

/// An entry of `allow`, as far as it can be read.
struct Allowance<'n> {
    actions: Vec<(&'n str, Span)>,
    /// Resources as patterns.
    resources: Vec<(String, Span)>,
}

impl<'n> Allowance<'n> {
    fn read(node: &'n Node) -> Self {
        let elements = |key| node.get(key).into_iter().flat_map(Node::elements);
        let actions = elements("actions").filter_map(|action| Some((action.text()?, action.span)));
        let resources = elements("resources").filter(|resource| resource.text().is_some());
        let resources = resources.map(|resource| (pattern(&from_node(resource).0), resource.span));
        Self { actions: actions.collect(), resources: resources.collect() }
    }

    fn check(&self, path: &str, faults: &mut Vec<Diagnostic>) {
        let is_arn = |resource: &str| resource.starts_with("arn:") || resource.starts_with('*');
        for (resource, span) in self.resources.iter().filter(|(resource, _)| !is_arn(resource)) {
            let message = format!("`{resource}` is no ARN");
            let help = "write the whole ARN, a reference to one such as `${tables.NAME.arn}`, or \"*\" for everything";
            faults.push(Diagnostic::new(Code::BadValue, *span, message).with_path(format!("{path}.resources")).help(help));
        }
        if self.actions.is_empty() || !self.resources.iter().all(|(resource, _)| is_arn(resource)) {
            return;
        }
        let mut used = vec![false; self.resources.len()];
        for (action, span) in &self.actions {
            match self.action(action, &mut used) {
                Ok(()) => {}
                Err(fault) => {
                    // A wrong action says nothing about the resources.
                    used.fill(true);
                    let (code, message, help, meant) = *fault;
                    let fault = Diagnostic::new(code, *span, message).with_path(format!("{path}.actions")).with_suggestion(meant);
                    faults.push(fault.help(help));
                }
            }
        }
        for ((resource, span), _) in self.resources.iter().zip(used).filter(|(_, used)| !used) {
            let message = format!("no action here applies to `{resource}`");
            let help = "leave it out, or add the action that it is for in an entry of its own";
            faults.push(Diagnostic::new(Code::Conflict, *span, message).with_path(format!("{path}.resources")).help(help));
        }
    }

    /// Checks one action, and marks the resources that it applies to.
    fn action(&self, written: &str, used: &mut [bool]) -> Result<(), Box<Fault>> {
        let Some((prefix, name)) = written.split_once(':') else { return Ok(()) };
        let services = services();
        let Some(service) = services.known.get(prefix) else {
            if services.others.contains(&prefix) {
                used.fill(true);
                return Ok(());
            }
            let all = services.known.keys().chain(&services.others).copied();
            let meant = closest(prefix, all).map(|meant| format!("{meant}:{name}"));
            let help = "it is the prefix of a service in AWS's Service Authorization Reference";
            return Err(Box::new((Code::NotAllowed, format!("IAM knows no service `{prefix}`"), help.to_owned(), meant)));
        };
        let fits = |known: &&str| name.strip_suffix('*').map_or(**known == *name, |start| known.starts_with(start));
        let meant: Vec<&str> = service.actions.keys().copied().filter(|known| fits(known)).collect();
        if meant.is_empty() {
            let near = closest(name, service.actions.keys().copied()).map(|near| format!("{prefix}:{near}"));
            let help = format!("it has {} actions; AWS's Service Authorization Reference lists them", service.actions.len());
            return Err(Box::new((Code::NotAllowed, format!("`{prefix}` has no action `{name}`"), help, near)));
        }
        let mut applies = false;
        for (at, (resource, _)) in self.resources.iter().enumerate() {
            if meant.iter().any(|action| service.applies(action, resource)) {
                (applies, used[at]) = (true, true);
            }
        }
        if applies || self.resources.is_empty() { Ok(()) } else { Err(Box::new(service.inapplicable(written, &meant))) }
    }
}

/// Kind, message, help and suggestion of a diagnostic.
type Fault = (Code, String, String, Option<String>);

impl Service {
    /// Whether an action applies to resources of this pattern.
    fn applies(&self, action: &str, resource: &str) -> bool {
        let kinds = self.actions.get(action).map(Vec::as_slice).unwrap_or_default();
        let is_kind = |kind: &&str| {
            self.kinds.get(kind).is_none_or(|arn| arns_overlap(resource, arn) && !(*kind == "bucket" && in_bucket(resource)))
        };
        resource == "*" || kinds.iter().any(is_kind)
    }

    fn inapplicable(&self, written: &str, meant: &[&str]) -> Fault {
        let kinds: Vec<&str> = meant.iter().filter_map(|action| self.actions.get(action)).flatten().copied().collect();
        let message = format!("`{written}` applies to none of these resources, so nothing would be allowed");
        let arns: Vec<String> =
            kinds.iter().take(3).filter_map(|kind| Some(format!("{kind}: {}", self.kinds.get(kind)?))).collect();
        let help = match arns.as_slice() {
            [] => "it applies to no single resource: write resources: [\"*\"] in an entry of its own".to_owned(),
            arns => format!("it applies to {}", arns.join(", ")),
        };
        (Code::Conflict, message, help, None)
    }
}

/// Whether a resource of S3 is in a bucket.
fn in_bucket(resource: &str) -> bool {
    resource.strip_prefix("arn:aws:s3:::").is_some_and(|rest| rest.contains('/'))
}

/// Returns the resources that a template can stand for, as a pattern with `*`.
fn pattern(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Reference(reference) => match (reference.kind, reference.output) {
            (ReferenceKind::Table, Output::Arn) => "arn:aws:dynamodb:*:*:table/*".to_owned(),
            (ReferenceKind::Function, Output::Arn) => "arn:aws:lambda:*:*:function:*".to_owned(),
            (_, Output::Arn) => "arn:aws:*".to_owned(),
            _ => "*".to_owned(),
        },
    };
    template.parts.iter().map(part).collect()
}

/// Whether some ARN fits both patterns. A `*` stands for text within one of the five parts in front of the resource; the last one of a
/// shorter pattern, such as `arn:aws:sqs:*`, also for the rest.
fn arns_overlap(written: &str, kind: &str) -> bool {
    let mut written: Vec<&str> = written.splitn(6, ':').collect();
    if written.last().is_some_and(|last| last.ends_with('*')) {
        written.resize(6, "*");
    }
    let kind: Vec<&str> = kind.splitn(6, ':').collect();
    written.len() == kind.len() && written.iter().zip(kind).all(|(written, kind)| overlaps(written, kind))
}

/// Whether some text fits both patterns, in which `*` stands for any text and, in the first one, `?` for a character.
fn overlaps(first: &str, second: &str) -> bool {
    let (first, second): (Vec<char>, Vec<char>) = (first.chars().collect(), second.chars().collect());
    // `row[j]`: whether the rest of `first` and the rest of `second` from `j` on have a text in common.
    let mut row = vec![false; second.len() + 1];
    for i in (0..=first.len()).rev() {
        let below = std::mem::replace(&mut row, vec![false; second.len() + 1]);
        for j in (0..=second.len()).rev() {
            let (a, b) = (first.get(i), second.get(j));
            row[j] = match (a, b) {
                (None, None) => true,
                (Some('*'), _) if below[j] => true,
                (_, Some('*')) if row[j + 1] => true,
                (Some('*'), Some(_)) => row[j + 1],
                (Some(_), Some('*')) => below[j],
                (Some(a), Some(b)) => (a == b || *a == '?') && below[j + 1],
                _ => false,
            };
        }
    }
    row[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_overlap_if_some_text_fits_both() {
        let yes = [("*", "a"), ("a*", "*b"), ("", "*"), ("a?c", "abc"), ("a*c", "a*b*c")];
        let no = [("a", "b"), ("a*", "b*"), ("", "a"), ("*a", "*b"), ("ab", "a*c")];
        assert!(yes.iter().all(|(a, b)| overlaps(a, b)));
        assert!(no.iter().all(|(a, b)| !overlaps(a, b)));
    }

    #[test]
    fn wildcard_stays_within_its_part_of_an_arn() {
        let queue = "arn:*:sqs:*:*:*";
        for written in ["arn:aws:sqs:us-east-1:1:q", "arn:aws:sqs:*", "*", "arn:aws:s*:*:*:q*", "arn:aws:*"] {
            assert!(arns_overlap(written, queue), "{written}");
        }
        assert!(!arns_overlap("arn:aws:sns:us-east-1:1:q", queue) && !arns_overlap("arn:aws:sqs:us-east-1", queue));
        assert!(!arns_overlap("arn:aws:s3:::b/*", "arn:*:s3:*:*:accesspoint/*"));
    }

    #[test]
    fn every_kind_of_an_action_is_known() {
        assert!(services().known.len() > 30 && services().others.len() > 300);
        for (prefix, service) in &services().known {
            assert!(!service.actions.is_empty(), "{prefix}");
            for (action, kinds) in &service.actions {
                let unknown: Vec<_> = kinds.iter().filter(|kind| !service.kinds.contains_key(*kind)).collect();
                assert!(unknown.is_empty(), "{prefix}:{action} {unknown:?}");
            }
        }
    }
}
