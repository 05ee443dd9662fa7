//! XML documents of responses.

use crate::response::{Body, Response, xml_escape};

use super::NAMESPACE;

/// Returns an element with escaped text.
pub(super) fn text(name: &str, text: impl ToString) -> String {
    element(name, &xml_escape(&text.to_string()))
}

/// Returns an element with inner XML.
pub(super) fn element(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}

/// Returns a response whose root element has this name.
pub(super) fn document(root: &str, inner: &str) -> Response {
    status(200, root, inner)
}

/// Returns a response of this status whose root element has this name.
pub(super) fn status(status: u16, root: &str, inner: &str) -> Response {
    let xml = format!("<?xml version=\"1.0\"?>\n<{root} xmlns=\"{NAMESPACE}\">{inner}</{root}>");
    Response { status, headers: Vec::new(), body: Body::Xml(xml) }
}
