//! Parsing of a spec's text as a tree.

use deployer_flow::yaml::{self, Reason, YamlError};
pub(crate) use deployer_flow::yaml::{Node, Value};

use serde_json::Value as Json;

use crate::diagnostic::{Code, Diagnostic, Span};

/// Maximum size of a spec in bytes: enough for ten thousand resources.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Maximum nesting depth; no spec nests deeper.
const MAX_DEPTH: usize = 24;

/// Returns a tree as JSON.
pub(crate) fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Integer(number) => i64::try_from(*number).map_or_else(|_| (*number as f64).into(), Json::from),
        Value::Decimal(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(elements) => elements.iter().map(json).collect(),
        Value::Map(_) => Json::Object(node.members().map(|(name, _, value)| (name.to_owned(), json(value))).collect()),
    }
}

/// Returns the bytes as text, and the error if they are not UTF-8.
pub(crate) fn decode(bytes: &[u8]) -> (String, Option<Box<Diagnostic>>) {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return (text.to_owned(), None),
        Err(error) => error,
    };
    let (good, bad) = bytes.split_at(error.valid_up_to());
    let good = String::from_utf8_lossy(good);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
    let line = count(good.matches('\n').count());
    let column = count(good.rsplit('\n').next().unwrap_or_default().chars().count());
    let message = format!("the byte 0x{:02x} here is not UTF-8", bad.first().copied().unwrap_or_default());
    let fault = Diagnostic::new(Code::NotUtf8, Span { line, column, length: 1 }, message).help("save the file as UTF-8");
    (String::from_utf8_lossy(bytes).into_owned(), Some(Box::new(fault)))
}

/// Parses a YAML text as a tree.
///
/// # Errors
/// The text is empty or too large, is not YAML, nests or repeats too much, or contains more than one document.
pub(crate) fn parse(text: &str) -> Result<Node, Box<Diagnostic>> {
    let empty = || {
        Box::new(
            Diagnostic::new(Code::Empty, Span::START, "the file declares nothing").help("see config/local.yaml for an example"),
        )
    };
    if text.trim_start_matches('\u{feff}').trim().is_empty() && text.len() <= MAX_BYTES {
        return Err(empty());
    }
    let node = yaml::parse(text, MAX_DEPTH, MAX_BYTES).map_err(|refused| Box::new(fault(refused, text)))?;
    if matches!(node.value, Value::Null) { Err(empty()) } else { Ok(node) }
}

fn fault(YamlError { span, reason }: YamlError, text: &str) -> Diagnostic {
    let message = match reason {
        Reason::TooLong(bytes) => {
            let message = format!("the file has {bytes} bytes; a spec has at most {MAX_BYTES}");
            return Diagnostic::new(Code::TooLarge, span, message);
        }
        Reason::TooDeep => {
            let message = "what begins or stands here nests deeper or repeats more than any spec does";
            return Diagnostic::new(Code::TooLarge, span, message).help("write out what is nested or repeated by aliases");
        }
        Reason::Syntax(message) => message,
    };
    let fault = Diagnostic::new(Code::Syntax, span, format!("this is not YAML that a spec may have: {message}"));
    let mut lines = text.split('\n').skip(span.line.saturating_sub(1) as usize);
    let (line, next) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let tab = |line: &str| line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t');
    if tab(line) || tab(next) || message.contains("tab") {
        fault.help("replace the tab by spaces; YAML is indented with spaces")
    } else if line.contains("${") {
        fault.help("between `{` and `}`, put a value with a reference in quotes: \"${...}\"")
    } else {
        fault
    }
}
