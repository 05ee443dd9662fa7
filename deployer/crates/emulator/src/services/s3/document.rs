//! XML request bodies.

use roxmltree::{Document, Node, ParsingOptions};

use super::invalid;
use crate::error::AwsError;
use crate::request::Request;

/// Returns the error for malformed XML (API reference, error responses).
pub(super) fn malformed() -> AwsError {
    invalid("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

/// Parses the body as XML with this root element.
pub(super) fn read<T>(call: &Request, root: &str, read: impl FnOnce(Node<'_, '_>) -> Result<T, AwsError>) -> Result<T, AwsError> {
    let text = std::str::from_utf8(&call.body).map_err(|_| malformed())?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: 20_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|_| malformed())?;
    let element = document.root_element();
    if element.tag_name().name() != root {
        return Err(malformed());
    }
    read(element)
}

/// Returns the child elements, each of which must have one of these names.
pub(super) fn children<'a, 'i>(node: Node<'a, 'i>, allowed: &[&str]) -> Result<Vec<Node<'a, 'i>>, AwsError> {
    let elements: Vec<_> = node.children().filter(Node::is_element).collect();
    match elements.iter().all(|element| allowed.contains(&element.tag_name().name())) {
        true => Ok(elements),
        false => Err(malformed()),
    }
}

/// Returns the text of the only child element of this name.
pub(super) fn text<'a>(node: Node<'a, '_>, name: &str) -> Result<Option<&'a str>, AwsError> {
    let mut named = node.children().filter(|child| child.is_element() && child.tag_name().name() == name);
    match (named.next(), named.next()) {
        (None, _) => Ok(None),
        (Some(only), None) => Ok(Some(only.text().unwrap_or_default())),
        _ => Err(malformed()),
    }
}

/// Returns the boolean of the only child element of this name.
pub(super) fn flag(node: Node<'_, '_>, name: &str) -> Result<bool, AwsError> {
    match text(node, name)? {
        None => Ok(false),
        Some(text) => text.trim().to_ascii_lowercase().parse().map_err(|_| malformed()),
    }
}
