//! The collector of findings, and the context in which a flow is checked.

use std::collections::HashMap;

use super::finding::{Finding, Severity};
use super::suggest;
use crate::flow_type::FlowType;
use crate::model::{Action, Flow};
use crate::path::Path;
use crate::resource_kind::ResourceKind;

/// Maximum number of findings that are kept; further ones are only counted.
const MAX_FINDINGS: usize = 1000;
/// Maximum number of characters of an identifier that its findings repeat. A valid identifier has at most 50.
const MAX_NAME_SHOWN: usize = 100;
/// Maximum number of identifiers among which similar ones are searched. It exceeds the number that a flow may have.
const MAX_COMPARED: usize = 300;
/// Maximum number of suggestions, which bounds the time spent on flows with very many problems.
const MAX_SUGGESTIONS: usize = 200;

/// Returns whether an instance has a resource of this kind with this ARN or id.
pub type ResourceLookup<'a> = dyn Fn(ResourceKind, &str) -> bool + 'a;

/// Facts about the environment of the flow that is checked.
#[derive(Clone, Copy, Default)]
pub struct Context<'a> {
    /// Type of the flow. If absent, the type recorded in a console export's Metadata is used; without either, placement is
    /// not checked.
    pub flow_type: Option<FlowType>,
    /// Whether a text that contains `${…}` is valid for every parameter, as in the flow files of a project before deployment.
    pub symbolic: bool,
    /// Callback that returns whether the instance has this resource and may use it; it receives the ARN, id or reference as
    /// written.
    pub exists: Option<&'a ResourceLookup<'a>>,
    /// Whether contacts only enter the flow from outside: no other flow leads to it, so that none can have set a queue
    /// before.
    pub entry: bool,
}

impl Context<'static> {
    /// Returns the context for a flow file of a project, with symbolic references.
    #[must_use]
    pub fn project(flow_type: FlowType) -> Self {
        Self { flow_type: Some(flow_type), symbolic: true, ..Context::default() }
    }
}

/// Collector of findings.
pub(crate) struct Report<'a> {
    pub(crate) flow: &'a Flow,
    pub(crate) context: &'a Context<'a>,
    /// Index of the first action with each identifier.
    pub(crate) identifiers: HashMap<&'a str, usize>,
    findings: Vec<Finding>,
    dropped: usize,
    /// Highest severity of the dropped findings.
    dropped_severity: Severity,
    overflow: Finding,
}

impl<'a> Report<'a> {
    pub(crate) fn new(flow: &'a Flow, context: &'a Context<'a>) -> Self {
        let mut identifiers = HashMap::new();
        for action in flow.actions() {
            if let Some(name) = action.identifier() {
                identifiers.entry(name).or_insert(action.index());
            }
        }
        Self {
            flow,
            context,
            identifiers,
            findings: Vec::new(),
            dropped: 0,
            dropped_severity: Severity::Warning,
            overflow: Finding::new("", Severity::Error, Path::root(), String::new()),
        }
    }

    pub(crate) fn flow_type(&self) -> Option<FlowType> {
        let recorded = || FlowType::from_name(self.flow.recorded_type()?);
        self.context.flow_type.or_else(recorded)
    }

    /// Adds an error with recorded wording of the service.
    pub(crate) fn error(&mut self, code: &'static str, path: Path, message: String) -> &mut Finding {
        self.add(code, Severity::Error, path, message)
    }

    /// Adds a finding with recorded wording of the service, with the severity that the status of the violated rule gives.
    pub(crate) fn add(&mut self, code: &'static str, severity: Severity, path: Path, message: String) -> &mut Finding {
        let mut finding = Finding::new(code, severity, path, message);
        finding.recorded = severity == Severity::Error;
        self.keep(finding)
    }

    /// Adds an error for which no wording of the service is recorded.
    pub(crate) fn unrecorded_error(&mut self, code: &'static str, path: Path, message: String) -> &mut Finding {
        self.keep(Finding::new(code, Severity::Error, path, message))
    }

    /// Adds a finding with our own wording, with the severity that the status of the violated rule gives.
    pub(crate) fn unrecorded(&mut self, code: &'static str, severity: Severity, path: Path, message: String) -> &mut Finding {
        self.keep(Finding::new(code, severity, path, message))
    }

    pub(crate) fn warn(&mut self, code: &'static str, path: Path, message: String) -> &mut Finding {
        self.keep(Finding::new(code, Severity::Warning, path, message))
    }

    /// Adds `Invalid Action property value`, the service's response to most problems.
    pub(crate) fn bad_value(&mut self, code: &'static str, path: Path) -> &mut Finding {
        let message = format!("Invalid Action property value. Path: {path}");
        self.error(code, path, message)
    }

    /// Adds `Invalid Action property value` with the severity that the status of the violated rule gives.
    pub(crate) fn violation(&mut self, code: &'static str, severity: Severity, path: Path) -> &mut Finding {
        let message = match severity {
            Severity::Error => format!("Invalid Action property value. Path: {path}"),
            Severity::Warning => format!("Value is not as documented. Path: {path}"),
        };
        self.add(code, severity, path, message)
    }

    /// Adds a missing required parameter.
    pub(crate) fn missing_parameter(&mut self, action: Action<'_>, name: &str, severity: Severity) {
        let path = action.path().key("Parameters").key(name);
        let message = format!("Action is missing required property. Path: {path}");
        let kind = action.kind().unwrap_or_default();
        self.add("missing-parameter", severity, path, message).explain(format!("{kind} needs the parameter {name}"));
    }

    /// Returns the type of the action that contains a place.
    pub(crate) fn kind_at(&self, path: &Path) -> String {
        let actions = self.flow.as_value().get("Actions");
        path.action_index().and_then(|index| actions?.get(index)?.get("Type")?.as_str()).unwrap_or_default().to_owned()
    }

    /// Adds the number of actions that are unreachable because of it to the first finding about a branch with an undefined
    /// target; returns `false` if there is no such finding.
    pub(crate) fn note_unreachable(&mut self, count: usize) -> bool {
        let breaks =
            |finding: &&mut Finding| matches!(finding.code, "target" | "missing-next") && finding.severity == Severity::Error;
        let Some(cause) = self.findings.iter_mut().find(breaks) else {
            return false;
        };
        let actions = if count == 1 { "1 action is" } else { &format!("{count} actions are") };
        cause.explanation = format!("{}; {actions} never reached because of this", cause.explanation);
        true
    }

    /// Returns a question that suggests a similar identifier.
    pub(crate) fn similar_identifier(&self, name: &str) -> Option<String> {
        if self.findings.len() > MAX_SUGGESTIONS || self.identifiers.len() > MAX_COMPARED {
            return None;
        }
        let mut known: Vec<_> = self.identifiers.keys().copied().collect();
        known.sort_unstable();
        suggest::did_you_mean(name, known)
    }

    /// Whether further findings are only counted.
    pub(crate) fn is_full(&self) -> bool {
        self.findings.len() >= MAX_FINDINGS
    }

    /// Whether a text stands for a value that is only known after deployment.
    pub(crate) fn is_symbolic(&self, text: &str) -> bool {
        self.context.symbolic && crate::references::is_symbolic(text)
    }

    fn keep(&mut self, mut finding: Finding) -> &mut Finding {
        if self.findings.len() >= MAX_FINDINGS {
            self.dropped += 1;
            self.dropped_severity = self.dropped_severity.min(finding.severity);
            return &mut self.overflow;
        }
        finding.action = finding
            .path
            .action_index()
            .and_then(|index| self.flow.as_value().get("Actions")?.get(index))
            .and_then(|action| action.get("Identifier")?.as_str())
            .map(|name| name.chars().take(MAX_NAME_SHOWN).collect());
        finding.position = self.flow.locate(&finding.path);
        let index = self.findings.len();
        self.findings.push(finding);
        &mut self.findings[index]
    }

    pub(crate) fn finish(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| finding.path.action_index().map_or(0, |index| index + 1));
        if self.dropped > 0 {
            let message = format!("{} more findings are not listed", self.dropped);
            self.findings.push(Finding::new("more", self.dropped_severity, Path::root(), message));
        }
        self.findings
    }
}
