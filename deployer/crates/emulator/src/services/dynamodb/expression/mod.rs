//! Expressions: conditions, updates, projections and key conditions, with placeholders for names and values.

mod condition;
mod evaluate;
mod parser;
mod path;
mod projection;
mod reserved;
mod token;
mod update;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::invalid;
use super::value::Attribute;
use crate::error::AwsError;
use crate::request::string;

pub(super) use condition::{Comparator, Condition, Operand};
pub(super) use path::Path;
pub(super) use projection::Projection;
pub(super) use update::Update;

/// `ExpressionAttributeNames` and `ExpressionAttributeValues`, with a record of those that an expression used.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    names: BTreeMap<String, String>,
    values: BTreeMap<String, Attribute>,
    used: RefCell<BTreeSet<String>>,
}

/// Members that are expressions.
const EXPRESSIONS: [&str; 5] =
    ["ConditionExpression", "FilterExpression", "KeyConditionExpression", "ProjectionExpression", "UpdateExpression"];

impl Placeholders {
    /// Parses both members of a request.
    pub(super) fn read(input: &Value) -> Result<Self, AwsError> {
        let given = |member: &str| input.get(member).filter(|value| !value.is_null());
        let any = EXPRESSIONS.iter().any(|member| given(member).is_some());
        let mut read = Self::default();
        if let Some(names) = given("ExpressionAttributeNames") {
            let names = names.as_object().ok_or_else(|| AwsError::serialization("ExpressionAttributeNames", "a map"))?;
            if !any {
                return Err(invalid("ExpressionAttributeNames can only be specified when using expressions"));
            }
            if names.is_empty() {
                return Err(invalid("ExpressionAttributeNames must not be empty"));
            }
            for (key, name) in names {
                check_key("ExpressionAttributeNames", '#', key)?;
                let name =
                    name.as_str().ok_or_else(|| AwsError::serialization("ExpressionAttributeNames", "a map of strings"))?;
                read.names.insert(key.clone(), name.to_owned());
            }
        }
        if let Some(values) = given("ExpressionAttributeValues") {
            let values = values.as_object().ok_or_else(|| AwsError::serialization("ExpressionAttributeValues", "a map"))?;
            if !any {
                return Err(invalid("ExpressionAttributeValues can only be specified when using expressions"));
            }
            if values.is_empty() {
                return Err(invalid("ExpressionAttributeValues must not be empty"));
            }
            for (key, value) in values {
                check_key("ExpressionAttributeValues", ':', key)?;
                let value = Attribute::read(value).map_err(|refusal| match refusal.code {
                    "ValidationException" => {
                        invalid(format!("ExpressionAttributeValues contains invalid value: {} for key {key}", refusal.message))
                    }
                    _ => refusal,
                })?;
                read.values.insert(key.clone(), value);
            }
        }
        Ok(read)
    }

    fn name(&self, kind: &str, key: &str) -> Result<String, AwsError> {
        self.used.borrow_mut().insert(key.to_owned());
        self.names.get(key).cloned().ok_or_else(|| {
            invalid(format!(
                "Invalid {kind}: An expression attribute name used in the document path is not defined; attribute name: {key}"
            ))
        })
    }

    fn value(&self, kind: &str, key: &str) -> Result<Attribute, AwsError> {
        self.used.borrow_mut().insert(key.to_owned());
        self.values.get(key).cloned().ok_or_else(|| {
            invalid(format!(
                "Invalid {kind}: An expression attribute value used in expression is not defined; attribute value: {key}"
            ))
        })
    }

    /// Rejects placeholders that no expression used. Call it after every expression is parsed.
    pub(super) fn all_used(&self) -> Result<(), AwsError> {
        let used = self.used.borrow();
        let unused = |keys: Vec<&String>| keys.into_iter().filter(|key| !used.contains(*key)).cloned().collect::<Vec<_>>();
        for (member, keys) in [
            ("ExpressionAttributeNames", unused(self.names.keys().collect())),
            ("ExpressionAttributeValues", unused(self.values.keys().collect())),
        ] {
            if !keys.is_empty() {
                return Err(invalid(format!("Value provided in {member} unused in expressions: keys: {{{}}}", keys.join(", "))));
            }
        }
        Ok(())
    }

    /// Parses the condition in this member, if given.
    pub(super) fn condition(&self, input: &Value, member: &'static str) -> Result<Option<Condition>, AwsError> {
        text(input, member)?.map(|text| Condition::parse(member, text, self)).transpose()
    }

    /// Parses the update in `UpdateExpression`, if given.
    pub(super) fn update(&self, input: &Value) -> Result<Option<Update>, AwsError> {
        text(input, "UpdateExpression")?.map(|text| Update::parse(text, self)).transpose()
    }

    /// Parses the projection in `ProjectionExpression`, if given.
    pub(super) fn projection(&self, input: &Value) -> Result<Option<Projection>, AwsError> {
        text(input, "ProjectionExpression")?.map(|text| Projection::parse(text, self)).transpose()
    }
}

fn check_key(member: &str, sign: char, key: &str) -> Result<(), AwsError> {
    match key.strip_prefix(sign) {
        Some(rest) if !rest.is_empty() && crate::check::word(rest, "_") => Ok(()),
        _ => Err(invalid(format!("{member} contains invalid key: Syntax error; key: \"{key}\""))),
    }
}

fn text<'a>(input: &'a Value, member: &str) -> Result<Option<&'a str>, AwsError> {
    match string(input, member)? {
        Some(text) if text.trim().is_empty() => Err(invalid(format!("Invalid {member}: The expression can not be empty;"))),
        // Developer guide, "Quotas": an expression is at most 4 KB.
        Some(text) if text.len() > 4096 => Err(invalid(format!(
            "Invalid {member}: Expression size has exceeded the maximum allowed size; expression size: {}",
            text.len()
        ))),
        other => Ok(other),
    }
}
