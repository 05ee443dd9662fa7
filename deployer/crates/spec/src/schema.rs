//! The JSON schema of the format.

use serde_json::{Map, Value, json};

use crate::declare::Section;
use crate::model::Spec;
use crate::rule::StringPattern;
use crate::shape::{Field, Shape};

/// Returns the JSON schema (draft 2020-12) of a spec.
///
/// It is generated from the same description as the checks of [`crate::load`]. A schema cannot express the remaining requirements, such as
/// that references name declared entries.
pub fn schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The spec of one environment of a voice application",
    });
    if let (Some(schema), Value::Object(root)) = (schema.as_object_mut(), of(&Spec::format().shape)) {
        schema.extend(root);
    }
    schema
}

fn of(shape: &Shape) -> Value {
    let mut schema = match shape {
        Shape::Text(rule) => text(rule),
        Shape::Template => json!({ "type": "string" }),
        Shape::TemplateOr(map) => json!({ "anyOf": [{ "type": "string" }, of(map)] }),
        Shape::TextOr(rule, map) => json!({ "anyOf": [text(rule), of(map)] }),
        Shape::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Numbers(numbers) => json!({ "enum": numbers }),
        Shape::Positive { max } => json!({ "type": "number", "exclusiveMinimum": 0, "maximum": max }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::OneOf(words) => json!({ "enum": words }),
        Shape::List(element) => json!({ "type": "array", "items": of(element), "uniqueItems": true }),
        Shape::Map { key, value, min, max } => json!({
            "type": "object",
            "propertyNames": text(key),
            "additionalProperties": of(value),
            "minProperties": min,
            "maxProperties": max,
        }),
        Shape::Section(fields) => section(fields),
        Shape::Choice(fields) => {
            let mut schema = section(fields);
            schema["minProperties"] = json!(1);
            schema["maxProperties"] = json!(1);
            schema
        }
    };
    if shape.allows_empty() {
        schema["type"] = json!(["object", "null"]);
    }
    schema
}

fn text(rule: &StringPattern) -> Value {
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

fn section(fields: &[Field]) -> Value {
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut properties = Map::new();
    for field in fields {
        let mut schema = of(&field.shape);
        schema["description"] = json!(field.doc);
        if let Some(default) = &field.default {
            schema["default"] = default.clone();
        }
        properties.insert(field.name.to_owned(), schema);
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}
