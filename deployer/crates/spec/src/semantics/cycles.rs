//! Detection of cycles between dependencies.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::template::{Output, ReferenceKind, from_node};
use crate::yaml::Node;

/// The dependencies of each entry, by its path, with the position of each reference.
type Needs = BTreeMap<String, Vec<(String, Span)>>;

/// Reports each cycle once, at the reference that closes it.
pub(super) fn check(root: &Node, faults: &mut Vec<Diagnostic>) {
    let needs = needs(root);
    let mut search = Search { needs: &needs, done: Vec::new(), path: Vec::new(), diagnostics: faults };
    for thing in needs.keys() {
        search.visit(thing, Span::START);
    }
}

fn needs(root: &Node) -> Needs {
    let mut needs = Needs::new();
    for (name, _, function) in root.get("functions").into_iter().flat_map(Node::members) {
        let own = needs.entry(format!("functions.{name}")).or_default();
        let variables = function.get("environment").into_iter().flat_map(Node::members).map(|(_, _, value)| value);
        let allowances = function.get("allow").into_iter().flat_map(Node::elements);
        let resources = allowances.filter_map(|allowance| allowance.get("resources")).flat_map(Node::elements);
        for value in variables.chain(resources) {
            let template = from_node(value).0;
            for reference in template.references().filter(|reference| reference.environment.is_none()) {
                match (reference.kind, &reference.name) {
                    (ReferenceKind::Function, Some(name)) => own.push((format!("functions.{name}"), reference.span)),
                    // The domain and the stage are known from the spec, so nothing has to be created first.
                    (ReferenceKind::Api, _) if !matches!(reference.output, Output::Domain | Output::Stage) => {
                        own.push(("api".to_owned(), reference.span));
                    }
                    _ => {}
                }
            }
        }
    }
    if let Some(routes) = root.find(&["api", "routes"]) {
        let targets = routes.members().filter_map(|(_, _, target)| {
            let function = crate::route::function(target)?;
            Some((format!("functions.{}", function.text()?), function.span))
        });
        needs.insert("api".to_owned(), targets.collect());
    }
    needs
}

struct Search<'n, 'f> {
    needs: &'n Needs,
    done: Vec<&'n str>,
    /// The path from the start of the search to the current entry, with the position of each reference.
    path: Vec<(&'n str, Span)>,
    diagnostics: &'f mut Vec<Diagnostic>,
}

impl<'n> Search<'n, '_> {
    fn visit(&mut self, thing: &'n str, asked: Span) {
        if let Some(at) = self.path.iter().position(|(on, _)| *on == thing) {
            return self.report(at, thing, asked);
        }
        let Some((thing, needs)) = self.needs.get_key_value(thing).filter(|_| !self.done.contains(&thing)) else { return };
        self.path.push((thing, asked));
        for (needed, span) in needs {
            self.visit(needed, *span);
        }
        self.path.pop();
        self.done.push(thing);
    }

    fn report(&mut self, at: usize, thing: &str, asked: Span) {
        let circle: Vec<&str> = self.path[at..].iter().map(|(on, _)| *on).chain([thing]).collect();
        let closes = self.path.last().map_or(thing, |(on, _)| *on);
        let message = match circle.len() {
            2 => format!("`{thing}` needs itself"),
            _ => format!("these references form a cycle: {}", circle.join(" -> ")),
        };
        let fault = Diagnostic::new(Code::Cycle, asked, message).with_path(closes);
        self.diagnostics.push(fault.help("remove one of the references"));
    }
}
