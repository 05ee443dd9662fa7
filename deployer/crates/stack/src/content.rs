//! JSON documents with `${…}` references in their strings, such as contact flows.

use std::collections::BTreeMap;

use deployer_engine::Expr;
use deployer_flow::Segment;
use serde_json::Value;

/// A reference to something that the stack does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndefinedReference {
    /// The reference as written, without `${` and `}`.
    pub reference: String,
    /// Its position in the document, as a JSON pointer.
    pub pointer: String,
}

/// Replaces every `${name}` in the strings of the document with the result of `lookup` for the name; `$${` stands for a plain `${`.
///
/// # Errors
/// Returns all references unknown to `lookup` at once.
pub fn with_references(document: &Value, lookup: &dyn Fn(&str) -> Option<Expr>) -> Result<Expr, Vec<UndefinedReference>> {
    let mut dangling = Vec::new();
    let resolved = resolve(document, "", lookup, &mut dangling);
    if dangling.is_empty() { Ok(resolved) } else { Err(dangling) }
}

fn resolve(value: &Value, pointer: &str, lookup: &dyn Fn(&str) -> Option<Expr>, dangling: &mut Vec<UndefinedReference>) -> Expr {
    match value {
        Value::Array(items) => Expr::List(
            items.iter().enumerate().map(|(i, item)| resolve(item, &format!("{pointer}/{i}"), lookup, dangling)).collect(),
        ),
        Value::Object(members) => {
            let members: BTreeMap<String, Expr> = members
                .iter()
                .map(|(key, member)| {
                    let step = key.replace('~', "~0").replace('/', "~1");
                    (key.clone(), resolve(member, &format!("{pointer}/{step}"), lookup, dangling))
                })
                .collect();
            Expr::Map(members)
        }
        Value::String(text) => resolve_text(text, pointer, lookup, dangling),
        plain => Expr::Value(plain.clone()),
    }
}

fn resolve_text(
    text: &str,
    pointer: &str,
    lookup: &dyn Fn(&str) -> Option<Expr>,
    dangling: &mut Vec<UndefinedReference>,
) -> Expr {
    let mut parts = Vec::new();
    for piece in deployer_flow::segments(text) {
        match piece {
            Segment::Text(plain) => parts.push(Expr::from(plain.into_owned())),
            Segment::Symbol(name) => match lookup(name) {
                Some(found) => parts.push(found),
                None => dangling.push(UndefinedReference { reference: name.to_owned(), pointer: pointer.to_owned() }),
            },
        }
    }
    if parts.is_empty() {
        parts.push(Expr::from(String::new()));
    }
    match parts.len() {
        1 => parts.remove(0),
        _ => Expr::Text(parts),
    }
}
