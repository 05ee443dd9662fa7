//! Checks a flow as `CreateContactFlow` does, reports all problems at once, and adds to the service's messages: an
//! explanation in plain words, the place in the file, and a suggested correction.
//!
//! The wording of errors is the service's own where a published record of real calls has it ([`Finding::recorded`]);
//! otherwise it follows the same style.

mod dataflow;
mod finding;
mod parameters;
mod resource;
mod special;
mod speech;
mod structure;
pub(crate) mod suggest;
mod transitions;
mod values;

use std::collections::HashMap;

pub use finding::{Finding, Severity};

use crate::action_types::{ActionType, Catalogue};
use crate::model::{Action, Flow};
use crate::path::Path;

/// Maximum length of `Content` that the API accepts, in characters (botocore model).
pub const MAX_CONTENT_CHARS: usize = 256_000;
/// Maximum number of actions of a flow (AWS page on the Flow language).
pub const MAX_ACTIONS: usize = 250;
/// Maximum number of findings that are kept; further ones are only counted.
const MAX_FINDINGS: usize = 1000;
/// Maximum number of characters of an identifier that its findings repeat. A valid identifier has at most 50.
const MAX_NAME_SHOWN: usize = 100;
/// Maximum number of identifiers among which similar ones are searched. It exceeds the number that a flow may have.
const MAX_COMPARED: usize = 300;
/// Maximum number of suggestions, which bounds the time spent on flows with very many problems.
const MAX_SUGGESTIONS: usize = 200;

/// The type of a flow, as the API's `Type` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlowType {
    /// `CONTACT_FLOW`, the inbound flow.
    ContactFlow,
    /// `CUSTOMER_QUEUE`.
    CustomerQueue,
    /// `CUSTOMER_HOLD`.
    CustomerHold,
    /// `CUSTOMER_WHISPER`.
    CustomerWhisper,
    /// `AGENT_HOLD`.
    AgentHold,
    /// `AGENT_WHISPER`.
    AgentWhisper,
    /// `OUTBOUND_WHISPER`.
    OutboundWhisper,
    /// `AGENT_TRANSFER`.
    AgentTransfer,
    /// `QUEUE_TRANSFER`.
    QueueTransfer,
    /// `CAMPAIGN`.
    Campaign,
    /// A flow module; the API has separate operations for modules instead of a type.
    Module,
}

impl FlowType {
    const ALL: [(Self, &'static str, &'static str); 11] = [
        (Self::ContactFlow, "CONTACT_FLOW", "contactFlow"),
        (Self::CustomerQueue, "CUSTOMER_QUEUE", "customerQueue"),
        (Self::CustomerHold, "CUSTOMER_HOLD", "customerHold"),
        (Self::CustomerWhisper, "CUSTOMER_WHISPER", "customerWhisper"),
        (Self::AgentHold, "AGENT_HOLD", "agentHold"),
        (Self::AgentWhisper, "AGENT_WHISPER", "agentWhisper"),
        (Self::OutboundWhisper, "OUTBOUND_WHISPER", "outboundWhisper"),
        (Self::AgentTransfer, "AGENT_TRANSFER", "agentTransfer"),
        (Self::QueueTransfer, "QUEUE_TRANSFER", "queueTransfer"),
        (Self::Campaign, "CAMPAIGN", "campaign"),
        (Self::Module, "MODULE", "contactFlowModule"),
    ];

    /// Returns the type with this name, in the API's spelling (`CONTACT_FLOW`) or in that of console exports (`contactFlow`).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let known = |(_, api, console): &&(Self, &str, &str)| *api == name || console.eq_ignore_ascii_case(name);
        let module = || (name == "flowModule").then_some(Self::Module);
        Self::ALL.iter().find(known).map(|(found, _, _)| *found).or_else(module)
    }

    /// Returns the name in the API's spelling; `MODULE` for a module.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(known, _, _)| *known == self).map_or("", |(_, api, _)| api)
    }
}

/// The kind of resource a parameter refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// A queue.
    Queue,
    /// A contact flow.
    Flow,
    /// A flow module.
    Module,
    /// A prompt.
    Prompt,
    /// Hours of operation.
    Hours,
    /// A Lambda function.
    Lambda,
    /// A user.
    Agent,
    /// A view.
    View,
    /// An alias of a Lex V2 bot.
    Bot,
}

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

/// Returns all problems of a flow, in document order; empty if there are none.
#[must_use]
pub fn check(flow: &Flow, context: &Context<'_>) -> Vec<Finding> {
    let mut report = Report::new(flow, context);
    structure::check(&mut report);
    recorded_type(&mut report);
    for action in flow.actions() {
        check_action(&mut report, action);
    }
    dataflow::check(&mut report);
    report.finish()
}

/// Returns what `CreateContactFlow` and `UpdateContactFlowContent` would list as `problems[].message` of an
/// `InvalidContactFlowException`: errors only, at most 50 of at most 256 characters (botocore model). Empty if the content
/// would be accepted.
#[must_use]
pub fn publish_errors(content: &str, flow_type: FlowType, references: &dyn Fn(ResourceKind, &str) -> bool) -> Vec<String> {
    let context = Context { flow_type: Some(flow_type), exists: Some(references), ..Context::default() };
    let mut messages = match Flow::parse(content) {
        Err(error) => vec![format!("Invalid contact flow content: {error}")],
        Ok(flow) => check(&flow, &context)
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.message)
            .collect(),
    };
    if content.chars().count() > MAX_CONTENT_CHARS && messages.is_empty() {
        messages.push(format!("Contact flow content is longer than {MAX_CONTENT_CHARS} characters"));
    }
    messages.truncate(50);
    for message in &mut messages {
        *message = message.chars().take(256).collect();
    }
    messages
}

/// Compares the type recorded in a console export with the requested type: Connect's console refuses to import a flow into a
/// flow of another type, whereas the API accepts it with blocks that do not work there.
fn recorded_type(report: &mut Report<'_>) {
    let recorded = report.flow.recorded_type().and_then(FlowType::from_name);
    let (Some(recorded), Some(asked)) = (recorded, report.context.flow_type) else {
        return;
    };
    if recorded != asked {
        let path = Path::root().key("Metadata").key("type");
        let message = format!("Flow of another type. Path: {path}");
        report.warn("recorded-type", path, message).explain(format!(
            "the export was made of a flow of type {}, and the type asked for is {}",
            recorded.as_str(),
            asked.as_str()
        ));
    }
}

fn check_action(report: &mut Report<'_>, action: Action<'_>) {
    if !structure::check_action(report, action) {
        return;
    }
    let rules = structure::rules(report, action);
    if let Some(rules) = rules {
        placement(report, action, rules);
        parameters::check(report, action, rules);
        special::check(report, action);
        speech::check(report, action);
        transitions::check(report, action, rules);
    }
    transitions::check_targets(report, action);
}

/// Reports an action in a flow type that does not support it. There are reports of a rejection at publishing, but no record
/// shows the API's response, so it is a warning.
fn placement(report: &mut Report<'_>, action: Action<'_>, rules: &ActionType) {
    let Some(flow_type) = report.flow_type() else {
        return;
    };
    let Some(places) = &rules.flow_types else {
        return;
    };
    if flow_type == FlowType::Campaign || places.iter().any(|place| place == flow_type.as_str()) {
        return;
    }
    let kind = action.kind().unwrap_or_default();
    let path = action.path().key("Type");
    let message = format!("Unsupported block type. Type: {kind}, Path: {path}");
    report.warn("placement", path, message).explain(format!(
        "{kind} (\"{}\" in the designer) is not meant for a flow of type {}; it is for {}",
        rules.block,
        flow_type.as_str(),
        places.join(", ")
    ));
}

/// Collector of findings.
pub(crate) struct Report<'a> {
    pub(crate) flow: &'a Flow,
    pub(crate) context: &'a Context<'a>,
    pub(crate) catalogue: &'static Catalogue,
    /// Index of the first action with each identifier.
    pub(crate) identifiers: HashMap<&'a str, usize>,
    findings: Vec<Finding>,
    dropped: usize,
    /// Highest severity of the dropped findings.
    dropped_severity: Severity,
    overflow: Finding,
}

impl<'a> Report<'a> {
    fn new(flow: &'a Flow, context: &'a Context<'a>) -> Self {
        let mut identifiers = HashMap::new();
        for action in flow.actions() {
            if let Some(name) = action.identifier() {
                identifiers.entry(name).or_insert(action.index());
            }
        }
        Self {
            flow,
            context,
            catalogue: Catalogue::builtin(),
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

    /// Returns the type of the action that contains a place.
    pub(crate) fn kind_at(&self, path: &Path) -> String {
        let actions = self.flow.as_value().get("Actions");
        path.action_index().and_then(|index| actions?.get(index)?.get("Type")?.as_str()).unwrap_or_default().to_owned()
    }

    /// Adds the number of actions that are unreachable because of it to the first finding about a branch with an undefined
    /// target; returns `false` if there is no such finding.
    pub(crate) fn note_unreached(&mut self, count: usize) -> bool {
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

    fn finish(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| finding.path.action_index().map_or(0, |index| index + 1));
        if self.dropped > 0 {
            let message = format!("{} more findings are not listed", self.dropped);
            self.findings.push(Finding::new("more", self.dropped_severity, Path::root(), message));
        }
        self.findings
    }
}
