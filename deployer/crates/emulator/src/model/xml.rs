//! Reads XML bodies by the shape of an operation's input.

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value};

use super::bind::typed;
use super::table::{Kind, Shape, Table};
use crate::error::AwsError;
use crate::kernel::info::ServiceInfo;
use crate::kernel::row::Row;

/// Maximum number of nodes of a document: a batch of Route 53 has at most 1,000 changes.
const MAX_NODES: u32 = 100_000;

/// Returns the body's members as JSON; an empty body has none. Every element of a list is an item, whatever its name.
pub(crate) fn input(service: &ServiceInfo, row: &Row, body: &[u8]) -> Result<Value, AwsError> {
    let empty = Value::Object(Map::new());
    if body.is_empty() {
        return Ok(empty);
    }
    let Some(table) = service.model.map(super::Model::table) else { return Ok(empty) };
    let shape = table.operations.get(row.name).and_then(|operation| table.shapes.get(operation.input.as_ref()?));
    let Some(shape) = shape else { return Ok(empty) };
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|_| malformed())?;
    if document.root_element().tag_name().name() != format!("{}Request", row.name) {
        return Err(malformed());
    }
    structure(table, shape, document.root_element())
}

/// Unverified: Route 53's models declare no error for it.
fn malformed() -> AwsError {
    AwsError::new(400, "MalformedInput", "Unexpected list element termination")
}

fn structure(table: &Table, shape: &Shape, node: Node<'_, '_>) -> Result<Value, AwsError> {
    let mut members = Map::new();
    for child in node.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        // An unknown member is kept, so that the check of the input names it.
        let inner = shape.members.get(name).and_then(|member| Some((&member.shape, table.shapes.get(&member.shape)?)));
        let value = match inner {
            Some((shape_name, shape)) => value(table, shape_name, shape, child)?,
            None => Value::Null,
        };
        if members.insert(name.to_owned(), value).is_some() {
            return Err(malformed());
        }
    }
    Ok(Value::Object(members))
}

fn value(table: &Table, name: &str, shape: &Shape, node: Node<'_, '_>) -> Result<Value, AwsError> {
    match shape.kind {
        Kind::Structure => structure(table, shape, node),
        Kind::List => {
            let item_name = shape.member.as_deref().unwrap_or_default();
            let Some(item) = table.shapes.get(item_name) else { return Ok(Value::Array(Vec::new())) };
            let items = node.children().filter(Node::is_element);
            items.map(|child| value(table, item_name, item, child)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        _ => Ok(typed(table, name, node.text().unwrap_or_default())),
    }
}
