//! The JSON schema of the format.

use serde_json::{Map, Value, json};

use crate::declare::Section;
use crate::model::Spec;
use crate::rule::StringPattern;
use crate::shape::{Field, Shape};

/// What stands for any single value: it contains the value of an environment variable.
const VARIABLE: &str = "#/$defs/variable";

/// Returns the JSON schema (draft 2020-12) of a spec in one file.
///
/// It is generated from the same description as the checks of [`crate::load`]. A schema cannot express the remaining requirements, such as
/// that references name declared entries.
pub fn schema() -> Value {
    document("The spec of one environment of a voice application", false)
}

/// Returns the JSON schema of a file that is a part of a spec, because it extends another file or is extended: no key is required, and
/// `null` removes a key.
pub fn part_schema() -> Value {
    document("A part of the spec of one environment of a voice application", true)
}

fn document(title: &str, part: bool) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "$defs": { "variable": { "type": "string", "pattern": "[$][{]env:" } },
    });
    if let (Some(schema), Value::Object(root)) = (schema.as_object_mut(), Schemas { part }.of(&Spec::format().shape)) {
        schema.extend(root);
    }
    schema
}

/// The schemas of a spec, or of a part of one.
#[derive(Clone, Copy)]
struct Schemas {
    part: bool,
}

impl Schemas {
    fn of(self, shape: &Shape) -> Value {
        let single = |schema: Value| json!({ "anyOf": [schema, { "$ref": VARIABLE }] });
        let mut schema = match shape {
            Shape::Text(rule) => single(text(rule)),
            Shape::Template => json!({ "type": "string" }),
            Shape::TemplateOr(map) => json!({ "anyOf": [{ "type": "string" }, self.of(map)] }),
            Shape::TextOr(rule, map) => json!({ "anyOf": [text(rule), self.of(map), { "$ref": VARIABLE }] }),
            Shape::Integer { min, max } => single(json!({ "type": "integer", "minimum": min, "maximum": max })),
            Shape::Numbers(numbers) => single(json!({ "enum": numbers })),
            Shape::Positive { max } => single(json!({ "type": "number", "exclusiveMinimum": 0, "maximum": max })),
            Shape::Bool => single(json!({ "type": "boolean" })),
            Shape::Any => json!({}),
            Shape::OneOf(words) => single(json!({ "enum": words })),
            Shape::List(element) => json!({ "type": "array", "items": self.of(element), "uniqueItems": true }),
            Shape::Map { key, value, min, max } => json!({
                "type": "object",
                "propertyNames": key_text(key),
                "additionalProperties": self.member(value),
                "minProperties": if self.part { 0 } else { *min },
                "maxProperties": max,
            }),
            Shape::Section(fields) => self.section(fields),
            Shape::Choice(fields) => {
                let mut schema = self.section(fields);
                if !self.part {
                    schema["minProperties"] = json!(1);
                    schema["maxProperties"] = json!(1);
                }
                schema
            }
        };
        if shape.allows_empty() {
            schema["type"] = json!(["object", "null"]);
        }
        schema
    }

    /// Returns the schema of a value at a key, which `null` removes in a part.
    fn member(self, shape: &Shape) -> Value {
        let mut schema = self.of(shape);
        if !self.part {
            return schema;
        }
        if let Some(choices) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
            choices.push(json!({ "type": "null" }));
        } else if schema["type"].is_string() {
            schema["type"] = json!([schema["type"], "null"]);
        }
        schema
    }

    fn section(self, fields: &[Field]) -> Value {
        let required = fields.iter().filter(|field| field.required && !self.part);
        let required: Vec<&str> = required.map(|field| field.name).collect();
        let mut properties = Map::new();
        for field in fields {
            let mut schema = self.member(&field.shape);
            schema["description"] = json!(field.doc);
            if let Some(default) = &field.default {
                schema["default"] = default.clone();
            }
            properties.insert(field.name.to_owned(), schema);
        }
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    }
}

/// Returns the schema of a text that is a value: a `${` in it is `$${`.
fn text(rule: &StringPattern) -> Value {
    let mut schema = key_text(rule);
    let reference = json!({ "pattern": "(^|[^$])[$][{]" });
    match schema.pointer_mut("/not/anyOf").and_then(Value::as_array_mut) {
        Some(never) => never.push(reference),
        None => schema["not"] = reference,
    }
    schema
}

fn key_text(rule: &StringPattern) -> Value {
    let mut schema = json!({
        "type": "string",
        "minLength": rule.min,
        "maxLength": rule.max,
        "pattern": rule.pattern,
    });
    if !rule.forbidden.is_empty() {
        let never: Vec<Value> = rule.forbidden.iter().map(|(pattern, _)| json!({ "pattern": pattern })).collect();
        schema["not"] = json!({ "anyOf": never });
    }
    schema
}
