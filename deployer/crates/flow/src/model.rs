//! A flow document and typed views of its actions.
//!
//! The document is kept as it was parsed, so everything in a flow, known to this crate or not, is written back unchanged. The
//! views give the parts of the Flow language their types and return `None` for a part that is missing or of another type;
//! [`crate::check`] reports such parts.

use serde_json::{Map, Value};

use crate::message::{Message, Severity};
use crate::path::Path;
use crate::source_map::{Position, SourceMap};

/// Maximum size in bytes of a text that is parsed as a flow. The console rejects exports of more than 1 MB, the API content
/// of more than 256,000 characters.
pub const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// Maximum number of JSON values of a text that is parsed as a flow. Published flows have some 33 for each action, so one
/// with the 250 actions that Connect allows has some 8,000; a text with far more is not a flow, and its tree takes a hundred
/// times its size.
pub const MAX_DOCUMENT_VALUES: usize = 50_000;

/// The reason why a text is not a flow document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct ParseError {
    /// Line of the error, from 1.
    pub line: usize,
    /// Column of the error, from 1.
    pub column: usize,
    /// Description of the error.
    pub reason: String,
    /// The line of the error, if it is one of JSON.
    pub text: Option<String>,
}

impl ParseError {
    /// Formats the error for people. `file` is the flow's file as the reader knows it.
    #[must_use]
    pub fn render(&self, file: &str) -> String {
        let message = Message {
            severity: Severity::Error,
            code: "syntax",
            text: &self.reason,
            file,
            position: Some((self.line, self.column)),
            line: self.text.as_deref().map(|text| (text, 1)),
            note: None,
            help: &[],
        };
        message.render()
    }
}

/// A flow or flow module in the Amazon Connect Flow language.
#[derive(Debug, Clone)]
pub struct Flow {
    document: Value,
    positions: Option<SourceMap>,
}

impl PartialEq for Flow {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl Flow {
    /// Parses a flow from its JSON text and records the position of every value.
    ///
    /// # Errors
    /// [`ParseError`] if the text is not JSON, is not one object, is longer than [`MAX_DOCUMENT_BYTES`], or is a legacy
    /// designer export (with `modules` in place of `Actions`), which the API does not accept either.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut flow = Self::from_value(read_document(text)?)?;
        flow.positions = Some(SourceMap::of(text.strip_prefix('\u{feff}').unwrap_or(text)));
        Ok(flow)
    }

    /// Creates a flow from a JSON value; its findings have no position.
    ///
    /// # Errors
    /// [`ParseError`] if the value is not an object or is a legacy export.
    pub fn from_value(document: Value) -> Result<Self, ParseError> {
        let Some(members) = document.as_object() else {
            return Err(fault_at_start(format!("a flow is a JSON object, this is {}", json_type(&document))));
        };
        if is_legacy(members) {
            return Err(fault_at_start(
                "this is an export of the old designer (\"modules\"); `deployer flow convert` makes a flow in the Flow \
                 language of it"
                    .to_owned(),
            ));
        }
        Ok(Self { document, positions: None })
    }

    /// Creates a flow from a document that is known to be one.
    pub(crate) fn of_document(document: Value) -> Self {
        Self { document, positions: None }
    }

    /// Returns the flow as JSON text, indented by two spaces, members in their order.
    #[must_use]
    pub fn to_json(&self) -> String {
        format!("{:#}", self.document)
    }

    /// Returns the whole document.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.document
    }

    /// Returns the `Version` member.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.document.get("Version")?.as_str()
    }

    /// Returns the identifier of the action that a contact starts at.
    #[must_use]
    pub fn start_action(&self) -> Option<&str> {
        self.document.get("StartAction")?.as_str()
    }

    /// Returns layout and display names, which Connect stores but never interprets.
    #[must_use]
    pub fn metadata(&self) -> Option<&Value> {
        self.document.get("Metadata")
    }

    /// Returns the flow type recorded in the metadata by a console export, in the API's spelling, if there is one.
    #[must_use]
    pub fn recorded_type(&self) -> Option<&str> {
        self.metadata()?.get("type")?.as_str()
    }

    /// Returns the actions, in document order; empty if there is no list of them.
    #[must_use]
    pub fn actions(&self) -> Vec<Action<'_>> {
        self.each_action().collect()
    }

    fn each_action(&self) -> impl Iterator<Item = Action<'_>> {
        let actions = self.document.get("Actions").and_then(Value::as_array);
        actions.into_iter().flatten().enumerate().map(|(index, value)| Action { index, value })
    }

    /// Returns the first action with this identifier.
    #[must_use]
    pub fn action(&self, identifier: &str) -> Option<Action<'_>> {
        self.each_action().find(|action| action.identifier() == Some(identifier))
    }

    /// Returns the document without `Metadata` and with every object's members in alphabetical order: two flows with equal
    /// canonical content behave alike.
    #[must_use]
    pub fn canonical(&self) -> Value {
        let mut canonical = sorted(&self.document);
        if let Some(members) = canonical.as_object_mut() {
            members.shift_remove("Metadata");
        }
        canonical
    }

    /// Returns line and column of a place, if the flow was parsed from text.
    #[must_use]
    pub fn locate(&self, path: &Path) -> Option<Position> {
        Some(self.positions.as_ref()?.locate(path))
    }

    pub(crate) fn positions(&self) -> Option<&SourceMap> {
        self.positions.as_ref()
    }
}

/// Whether two flows differ in nothing but `Metadata` and the order of members.
#[must_use]
pub fn is_equivalent(one: &Flow, other: &Flow) -> bool {
    one.canonical() == other.canonical()
}

/// An action of a flow.
#[derive(Debug, Clone, Copy)]
pub struct Action<'a> {
    index: usize,
    value: &'a Value,
}

/// A branch taken when a condition holds.
#[derive(Debug, Clone, Copy)]
pub struct Branch<'a> {
    /// Index in `Transitions.Conditions`.
    pub index: usize,
    value: &'a Value,
}

/// The condition of a [`Branch`].
#[derive(Debug, Clone, Copy)]
pub struct Condition<'a> {
    /// Operator, such as `Equals`.
    pub operator: &'a str,
    /// Values to compare with.
    pub operands: &'a [Value],
}

/// A branch taken when the action fails or nothing matches.
#[derive(Debug, Clone, Copy)]
pub struct ErrorBranch<'a> {
    /// Index in `Transitions.Errors`.
    pub index: usize,
    value: &'a Value,
}

impl<'a> Action<'a> {
    /// Returns the index in `Actions`.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the place of the action in the document.
    #[must_use]
    pub fn path(&self) -> Path {
        Path::action(self.index)
    }

    /// Returns the `Identifier`.
    #[must_use]
    pub fn identifier(&self) -> Option<&'a str> {
        self.value.get("Identifier")?.as_str()
    }

    /// Returns the `Type`.
    #[must_use]
    pub fn kind(&self) -> Option<&'a str> {
        self.value.get("Type")?.as_str()
    }

    /// Returns the action as it is in the document.
    #[must_use]
    pub fn as_value(&self) -> &'a Value {
        self.value
    }

    /// Returns the parameters, if there are any.
    #[must_use]
    pub fn parameters(&self) -> Option<&'a Map<String, Value>> {
        self.value.get("Parameters")?.as_object()
    }

    pub(crate) fn parameter_value(&self) -> Option<&'a Value> {
        self.value.get("Parameters")
    }

    /// Returns one parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'a Value> {
        self.parameters()?.get(name)
    }

    /// Returns the place of one parameter.
    pub(crate) fn parameter_path(&self, name: &str) -> Path {
        self.path().key("Parameters").key(name)
    }

    /// Returns one parameter, if it is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.parameter(name)?.as_str()
    }

    /// Returns the transitions, if there are any.
    #[must_use]
    pub fn transitions(&self) -> Option<&'a Map<String, Value>> {
        self.value.get("Transitions")?.as_object()
    }

    /// Returns the action that follows if no branch is taken.
    #[must_use]
    pub fn next(&self) -> Option<&'a str> {
        self.transitions()?.get("NextAction")?.as_str()
    }

    /// Returns the condition branches in order.
    pub fn branches(&self) -> impl Iterator<Item = Branch<'a>> + use<'a> {
        self.list("Conditions").iter().enumerate().map(|(index, value)| Branch { index, value })
    }

    /// Returns the error branches in order.
    pub fn errors(&self) -> impl Iterator<Item = ErrorBranch<'a>> + use<'a> {
        self.list("Errors").iter().enumerate().map(|(index, value)| ErrorBranch { index, value })
    }

    /// Returns every action that this one can lead to: branches, errors, then the next one.
    pub fn targets(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let branches = self.branches().filter_map(|branch| branch.target());
        let errors = self.errors().filter_map(|branch| branch.target());
        branches.chain(errors).chain(self.next())
    }

    fn list(&self, member: &str) -> &'a [Value] {
        self.transitions().and_then(|transitions| transitions.get(member)).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

impl<'a> Branch<'a> {
    /// Returns the action that the branch leads to.
    #[must_use]
    pub fn target(&self) -> Option<&'a str> {
        self.value.get("NextAction")?.as_str()
    }

    /// Returns the condition, if it has an operator and a list of operands.
    #[must_use]
    pub fn condition(&self) -> Option<Condition<'a>> {
        let condition = self.value.get("Condition")?;
        Some(Condition { operator: condition.get("Operator")?.as_str()?, operands: condition.get("Operands")?.as_array()? })
    }

    /// Returns the branch as it is in the document.
    #[must_use]
    pub fn as_value(&self) -> &'a Value {
        self.value
    }
}

impl<'a> ErrorBranch<'a> {
    /// Returns the action that the branch leads to.
    #[must_use]
    pub fn target(&self) -> Option<&'a str> {
        self.value.get("NextAction")?.as_str()
    }

    /// Returns the error type of the branch.
    #[must_use]
    pub fn error_type(&self) -> Option<&'a str> {
        self.value.get("ErrorType")?.as_str()
    }

    /// Returns the branch as it is in the document.
    #[must_use]
    pub fn as_value(&self) -> &'a Value {
        self.value
    }
}

pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a JSON boolean",
        Value::Number(_) => "a JSON number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut pairs: Vec<_> = members.iter().collect();
            pairs.sort_by_key(|(name, _)| *name);
            let pairs = pairs.into_iter().map(|(name, value)| (name.clone(), sorted(value)));
            Value::Object(pairs.collect())
        }
        Value::Array(elements) => Value::Array(elements.iter().map(sorted).collect()),
        scalar => scalar.clone(),
    }
}

/// Parses the JSON value of a document of either language.
pub(crate) fn read_document(text: &str) -> Result<Value, ParseError> {
    if text.len() > MAX_DOCUMENT_BYTES {
        return Err(fault_at_start(format!("the document has {} bytes; a flow has at most {MAX_DOCUMENT_BYTES}", text.len())));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let values = most_values(text);
    if values > MAX_DOCUMENT_VALUES {
        return Err(fault_at_start(format!(
            "the document has up to {values} values; a flow has at most {MAX_DOCUMENT_VALUES}, and 250 actions need far fewer"
        )));
    }
    serde_json::from_str(text).map_err(|error| ParseError {
        line: error.line().max(1),
        column: error.column().max(1),
        reason: format!("not JSON: {}", without_place(&error.to_string())),
        text: text.lines().nth(error.line().saturating_sub(1)).map(str::to_owned),
    })
}

/// Returns an upper bound on the number of values of a JSON text, without building anything: each value but the first follows
/// a bracket, a comma or a colon outside of strings, and what follows a colon was counted with its member.
fn most_values(text: &str) -> usize {
    let (mut values, mut quoted, mut escaped) = (1, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' | b',' if !quoted => values += 1,
            _ => {}
        }
    }
    values
}

pub(crate) fn fault_at_start(reason: String) -> ParseError {
    ParseError { line: 1, column: 1, reason, text: None }
}

/// Removes the position from a message, because it is a field of [`ParseError`].
fn without_place(message: &str) -> &str {
    message.rfind(" at line ").map_or(message, |at| &message[..at])
}

/// Whether a document is an export of the old designer.
pub(crate) fn is_legacy(members: &Map<String, Value>) -> bool {
    members.contains_key("modules") && !members.contains_key("Actions")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_errors_have_line_and_column() {
        let error = Flow::parse("{\n \"Version\": ,\n}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 13));
        assert_eq!(error.reason, "not JSON: expected value");
    }

    #[test]
    fn legacy_exports_are_recognised() {
        let error = Flow::parse(r#"{"modules":[],"start":"x"}"#).unwrap_err();
        assert!(error.reason.contains("old designer"), "{error}");
    }

    #[test]
    fn layout_and_member_order_are_ignored() {
        let one = r#"{"Version":"2019-10-30","StartAction":"a","Actions":[]}"#;
        let other = r#"{"StartAction":"a","Metadata":{"x":1},"Version":"2019-10-30","Actions":[]}"#;
        let third = r#"{"Version":"2019-10-30","StartAction":"b","Actions":[]}"#;
        let flows: Vec<_> = [one, other, third].iter().map(|text| Flow::parse(text).unwrap()).collect();
        assert!(is_equivalent(&flows[0], &flows[1]));
        assert!(!is_equivalent(&flows[0], &flows[2]));
    }

    #[test]
    fn unknown_members_and_types_survive() {
        let text = r#"{"Version":"2019-10-30","Extra":{"z":1,"a":[2.5,null]},"Actions":[{"Type":"Brand new","Odd":true}]}"#;
        let flow = Flow::parse(text).unwrap();
        let again = Flow::parse(&flow.to_json()).unwrap();
        assert_eq!(flow, again);
        assert_eq!(again.as_value().to_string(), text);
    }
}
