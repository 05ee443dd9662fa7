//! Checks a flow as `CreateContactFlow` does, reports all problems at once, and adds to the service's messages: an
//! explanation in plain words, the place in the file, and a suggested correction.
//!
//! The wording of errors is the service's own where a published record of real calls has it ([`Finding::recorded`]);
//! otherwise it follows the same style.

mod dataflow;
mod parameters;
mod structure;
mod transitions;
mod values;

use structure::MAX_CONTENT_CHARS;

use crate::actions::ActionType;
use crate::findings::finding::{Finding, Severity};
use crate::findings::report::{Context, Report};
use crate::flow_type::FlowType;
use crate::model::{Action, Flow};
use crate::path::Path;
use crate::resource_kind::ResourceKind;

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
        (rules.check)(report, action);
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
    let places = rules.flow_types;
    if flow_type == FlowType::Campaign || places.is_empty() || places.contains(&flow_type) {
        return;
    }
    let kind = action.kind().unwrap_or_default();
    let path = action.path().key("Type");
    let message = format!("Unsupported block type. Type: {kind}, Path: {path}");
    report.warn("placement", path, message).explain(format!(
        "{kind} (\"{}\" in the designer) is not meant for a flow of type {}; it is for {}",
        rules.block,
        flow_type.as_str(),
        places.iter().map(|place| place.as_str()).collect::<Vec<_>>().join(", ")
    ));
}
