//! JSON documents with `${…}` references in their strings, such as contact flows.

use std::collections::BTreeMap;

use deployer_engine::Expr;
use serde_json::Value;

/// A reference that names nothing in the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangling {
    /// The reference as written, without `${` and `}`.
    pub reference: String,
    /// Where in the document it stands, as a JSON pointer.
    pub pointer: String,
}

/// The document with every `${name}` in its strings replaced by what `lookup` gives for the name; `$${` stands for a plain
/// `${`. All references that `lookup` does not know are returned at once.
pub fn with_references(document: &Value, lookup: &dyn Fn(&str) -> Option<Expr>) -> Result<Expr, Vec<Dangling>> {
    let mut dangling = Vec::new();
    let resolved = resolve(document, "", lookup, &mut dangling);
    if dangling.is_empty() { Ok(resolved) } else { Err(dangling) }
}

fn resolve(value: &Value, pointer: &str, lookup: &dyn Fn(&str) -> Option<Expr>, dangling: &mut Vec<Dangling>) -> Expr {
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

fn resolve_text(text: &str, pointer: &str, lookup: &dyn Fn(&str) -> Option<Expr>, dangling: &mut Vec<Dangling>) -> Expr {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            plain.push_str(&rest[..at - 1]);
            plain.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        let Some(end) = rest[at..].find('}') else { break };
        plain.push_str(&rest[..at]);
        let name = &rest[at + 2..at + end];
        match lookup(name) {
            Some(found) => {
                if !plain.is_empty() {
                    parts.push(Expr::from(std::mem::take(&mut plain)));
                }
                parts.push(found);
            }
            None => dangling.push(Dangling { reference: name.to_owned(), pointer: pointer.to_owned() }),
        }
        rest = &rest[at + end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() || parts.is_empty() {
        parts.push(Expr::from(plain));
    }
    match parts.len() {
        1 => parts.remove(0),
        _ => Expr::Text(parts),
    }
}
