//! A JSON schema validator for the keywords that the schema uses. It fails on all others, so that nothing in the schema remains untested.
//! (The crate `jsonschema` brings 28 others, which take one and a half minutes of CPU time to compile.)

use regex_lite::Regex;
use serde_json::{Map, Value};

/// Returns the path and the keyword of each violation of the schema.
pub(crate) fn errors(schema: &Value, value: &Value) -> Vec<String> {
    errors_in(schema, schema, value)
}

fn errors_in(root: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    validate(root, schema, value, "", &mut errors);
    errors
}

fn validate(root: &Value, schema: &Value, value: &Value, path: &str, errors: &mut Vec<String>) {
    let Some(schema) = schema.as_object() else { panic!("a schema that is no object at {path}") };
    for (keyword, wanted) in schema {
        let holds = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" => true,
            "$ref" => {
                let target = root.pointer(wanted.as_str().unwrap().trim_start_matches('#')).unwrap();
                errors_in(root, target, value).is_empty()
            }
            "type" => types(wanted).any(|name| is(value, name)),
            "enum" => wanted.as_array().unwrap().contains(value),
            "minimum" => value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap()),
            "exclusiveMinimum" => value.as_f64().is_none_or(|number| number > wanted.as_f64().unwrap()),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() >= size(wanted)),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() <= size(wanted)),
            "pattern" => value.as_str().is_none_or(|text| Regex::new(wanted.as_str().unwrap()).unwrap().is_match(text)),
            "not" => !errors_in(root, wanted, value).is_empty(),
            "anyOf" => wanted.as_array().unwrap().iter().any(|one| errors_in(root, one, value).is_empty()),
            "uniqueItems" => value.as_array().is_none_or(|items| (1..items.len()).all(|at| !items[..at].contains(&items[at]))),
            "minProperties" => value.as_object().is_none_or(|map| map.len() >= size(wanted)),
            "maxProperties" => value.as_object().is_none_or(|map| map.len() <= size(wanted)),
            "required" => value
                .as_object()
                .is_none_or(|map| wanted.as_array().unwrap().iter().all(|key| map.contains_key(key.as_str().unwrap()))),
            "propertyNames" => value
                .as_object()
                .is_none_or(|map| map.keys().all(|key| errors_in(root, wanted, &Value::from(key.as_str())).is_empty())),
            "items" => {
                value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .for_each(|item| validate(root, wanted, item, &format!("{path}/*"), errors));
                true
            }
            "properties" | "additionalProperties" => true,
            other => panic!("this validator does not know `{other}`"),
        };
        if !holds {
            errors.push(format!("{path}: {keyword}"));
        }
    }
    members(root, schema, value, path, errors);
}

fn members(root: &Value, schema: &Map<String, Value>, value: &Value, path: &str, errors: &mut Vec<String>) {
    for (key, member) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        match (schema.get("properties").and_then(|known| known.get(key)), schema.get("additionalProperties")) {
            (Some(known), _) => validate(root, known, member, &path, errors),
            (None, Some(Value::Bool(false))) => errors.push(format!("{path}: additionalProperties")),
            (None, Some(others)) => validate(root, others, member, &path, errors),
            (None, None) => {}
        }
    }
}

fn size(number: &Value) -> usize {
    usize::try_from(number.as_u64().unwrap()).unwrap()
}

fn types(wanted: &Value) -> impl Iterator<Item = &str> {
    wanted.as_str().into_iter().chain(wanted.as_array().into_iter().flatten().filter_map(Value::as_str))
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("no such type: {other}"),
    }
}
