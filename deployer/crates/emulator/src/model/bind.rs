//! Combines the parts of a request into one input, whatever the protocol.

use serde_json::{Map, Value};

use super::table::{Kind, Location, Member, Shape, Table};
use crate::error::AwsError;
use crate::kernel::info::Protocol;
use crate::request::Request;

/// Returns the operation's input by the model's member names, from the path, the query, headers and the body.
pub(super) fn input(call: &Request, table: &Table, shape: &Shape) -> Result<Value, AwsError> {
    match call.service.protocol {
        Protocol::Query(_) => {
            let given = call.input.as_object();
            let read = |key: &str| given.and_then(|given| given.get(key)).and_then(Value::as_str);
            let holds = |prefix: &str| given.is_some_and(|given| given.keys().any(|key| under(key, prefix)));
            if let Some(key) = given.and_then(|given| given.keys().find(|key| !known(table, shape, key))) {
                return Err(unknown(key, call.operation()));
            }
            Ok(structure(table, shape, "", &read, &holds))
        }
        Protocol::RestJson { .. } | Protocol::RestXml(_) | Protocol::S3 => rest(call, table, shape),
        Protocol::Json(_) => Ok(call.input.clone()),
    }
}

/// Returns the error for a member that the embedded AWS does not know.
pub(super) fn unknown(member: &str, operation: &str) -> AwsError {
    AwsError::new(501, "NotImplemented", format!("the embedded AWS knows no member {member} of {operation}"))
}

fn rest(call: &Request, table: &Table, shape: &Shape) -> Result<Value, AwsError> {
    let mut bound = match &call.input {
        Value::Object(members) => members.clone(),
        _ => Map::new(),
    };
    // The body's members first: PutIntegration has an `httpMethod` in its body that is another member than the path's.
    let in_body = shape.members.iter().filter(|(_, member)| member.location.is_none());
    let renamed = in_body.filter_map(|(name, member)| Some((name, member.name.as_deref().filter(|wire| wire != name)?)));
    let renamed: Vec<_> = renamed.filter_map(|(name, wire)| Some((name.clone(), bound.remove(wire)?))).collect();
    bound.extend(renamed);
    let mut queries: Vec<&str> = Vec::new();
    for (name, member) in &shape.members {
        let wire = member.name.as_deref().unwrap_or(name);
        let value = match member.location {
            Some(Location::Uri) => {
                let found = call.path.iter().find(|(key, _)| same(key, wire));
                found.map(|(_, text)| typed(table, &member.shape, text))
            }
            Some(Location::QueryString) => {
                queries.push(wire);
                query(call, table, member, wire)
            }
            Some(Location::Header) => {
                let text = call.headers.get(wire).and_then(|value| value.to_str().ok());
                text.map(|text| typed(table, &member.shape, text))
            }
            Some(Location::Headers) | None => None,
        };
        if let Some(value) = value {
            bound.insert(name.clone(), value);
        }
    }
    let constant = |key: &str| call.row.route_parts().and_then(|(.., constant)| constant).is_some_and(|(name, _)| name == key);
    match call.query.iter().find(|(key, _)| !queries.contains(&key.as_str()) && !constant(key)) {
        Some((key, _)) if !takes_any_query(table, shape) => Err(unknown(key, call.operation())),
        _ => Ok(Value::Object(bound)),
    }
}

/// Whether a map of the shape takes every query parameter that has no member of its own.
fn takes_any_query(table: &Table, shape: &Shape) -> bool {
    let whole = |member: &Member| {
        member.location == Some(Location::QueryString)
            && table.shapes.get(&member.shape).is_some_and(|shape| shape.kind == Kind::Map)
    };
    shape.members.values().any(whole)
}

/// Whether two names are equal except for case and underscores: `restApiId` is sent as `restapi_id`.
fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect::<String>();
    plain(one) == plain(other)
}

fn query(call: &Request, table: &Table, member: &Member, wire: &str) -> Option<Value> {
    let all: Vec<&str> = call.query.iter().filter(|(key, _)| key == wire).map(|(_, value)| value.as_str()).collect();
    let shape = table.shapes.get(&member.shape)?;
    match shape.kind {
        Kind::Map => None,
        Kind::List if all.is_empty() => None,
        Kind::List => {
            let inner = shape.member.as_deref().unwrap_or_default();
            Some(all.iter().map(|text| typed(table, inner, text)).collect())
        }
        _ => all.last().map(|text| typed(table, &member.shape, text)),
    }
}

/// Converts a text to the type of its shape; an unreadable text remains a text, and is rejected as one.
pub(super) fn typed(table: &Table, shape: &str, text: &str) -> Value {
    let kind = table.shapes.get(shape).map(|shape| shape.kind);
    let read = match kind {
        Some(Kind::Boolean) => text.parse::<bool>().ok().map(Value::from),
        Some(Kind::Integer | Kind::Long) => text.parse::<i64>().ok().map(Value::from),
        Some(Kind::Float | Kind::Double) => text.parse::<f64>().ok().map(Value::from),
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text))
}

/// Whether a key of the query protocol belongs to a member or to the protocol itself.
fn known(table: &Table, shape: &Shape, key: &str) -> bool {
    if matches!(key, "Action" | "Version") {
        return true;
    }
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    let Some(member) = shape.members.iter().find(|(name, member)| member.name.as_deref().unwrap_or(name) == first) else {
        return false;
    };
    let Some(inner) = table.shapes.get(&member.1.shape) else { return false };
    match (inner.kind, rest) {
        (Kind::Structure, Some(rest)) => known(table, inner, rest),
        (Kind::List, Some(rest)) => entry(rest).is_some_and(|rest| match rest {
            None => true,
            Some(rest) => {
                let item = inner.member.as_ref().and_then(|name| table.shapes.get(name));
                item.is_some_and(|item| known(table, item, rest))
            }
        }),
        (Kind::Map, Some(_)) => true,
        // The encoding of an empty list.
        (Kind::List, None) => true,
        (_, rest) => rest.is_none(),
    }
}

/// Parses the rest of a list key: `member.3.Key` is the entry's `Key`, `member.3` the entry itself.
fn entry(rest: &str) -> Option<Option<&str>> {
    let rest = rest.strip_prefix("member.")?;
    let (number, rest) = rest.split_once('.').map_or((rest, None), |(number, rest)| (number, Some(rest)));
    number.parse::<u32>().ok().map(|_| rest)
}

fn under(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

type Read<'a> = dyn Fn(&str) -> Option<&'a str> + 'a;

fn structure<'a>(table: &Table, shape: &Shape, prefix: &str, read: &Read<'a>, holds: &dyn Fn(&str) -> bool) -> Value {
    let mut found = Map::new();
    for (name, member) in &shape.members {
        let at = format!("{prefix}{}", member.name.as_deref().unwrap_or(name));
        if let Some(value) = flat(table, &member.shape, &at, read, holds) {
            found.insert(name.clone(), value);
        }
    }
    Value::Object(found)
}

/// Decodes the value of the flat keys at and under `at`.
fn flat<'a>(table: &Table, shape: &str, at: &str, read: &Read<'a>, holds: &dyn Fn(&str) -> bool) -> Option<Value> {
    let inner = table.shapes.get(shape)?;
    match inner.kind {
        _ if !holds(at) => None,
        Kind::Structure => Some(structure(table, inner, &format!("{at}."), read, holds)),
        Kind::List => {
            let entries = (1..).map(|n| format!("{at}.member.{n}")).take_while(|at| holds(at));
            let item = inner.member.as_deref().unwrap_or_default();
            Some(entries.filter_map(|at| flat(table, item, &at, read, holds)).collect())
        }
        Kind::Map => None,
        _ => read(at).map(|text| typed(table, shape, text)),
    }
}
