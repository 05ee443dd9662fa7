//! The spec reference, generated from the JSON schema, with an example for every key from valid specs.

use std::fmt::Write;
use std::path::Path;

use deployer_spec::{Loader, load, schema};
use serde_json::Value;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

/// Reads the specs that examples are taken from; the first with a key provides its example.
fn examples() -> Vec<Value> {
    let named = |file: &str, environment: &str| {
        let path = Path::new(DOCS).join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        if let Err(diagnostics) = load(&path, &text, environment) {
            panic!("{diagnostics}");
        }
        serde_yaml::from_str_with_options(&text, serde_yaml::options! { strict_booleans: true }).unwrap()
    };
    let shipped = ["dev", "local", "prod"].map(|name| {
        let path = Path::new(DOCS).join(format!("../../config/{name}.yaml"));
        let loader = Loader { read: &|path| std::fs::read(path), ..Loader::default() };
        loader.document(&path, &std::fs::read(&path).unwrap()).unwrap()
    });
    let own = ["everything", "alternatives", "alternatives-acm", "alternatives-files", "existing", "program", "program-command"]
        .map(|name| named(&format!("{name}.yaml"), name));
    // No spec in one file extends another.
    let extending = serde_json::json!({ "extends": "base.yaml" });
    [own.to_vec(), shipped.to_vec(), vec![extending]].concat()
}

/// Returns the first value at a path; the step `*` matches any name.
fn find<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    match path {
        [] => Some(value),
        ["*", rest @ ..] => value.as_object()?.values().find_map(|value| find(value, rest)),
        [name, rest @ ..] => find(value.get(name)?, rest),
    }
}

/// Formats a value as YAML on one line.
fn inline(value: &Value) -> String {
    let plain = |text: &str| {
        let is_plain = serde_yaml::from_str::<Value>(text).is_ok_and(|value| value == Value::String(text.to_owned()))
            && !text.contains([',', '{', '}', '[', ']', ':']);
        if is_plain { text.to_owned() } else { Value::String(text.to_owned()).to_string() }
    };
    match value {
        Value::String(text) => plain(text),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{}: {}", plain(name), inline(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Describes the values that a schema allows.
fn kind(schema: &Value) -> String {
    let number = |key: &str| schema.get(key).filter(|value| value.is_number()).map(ToString::to_string);
    if let Some(choices) = schema["enum"].as_array() {
        return choices.iter().map(|choice| format!("`{}`", inline(choice))).collect::<Vec<_>>().join(", ");
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        // Every value may come from a variable, which is said once.
        let own = choices.iter().filter(|choice| choice["$ref"].is_null());
        return own.map(kind).collect::<Vec<_>>().join(" or ");
    }
    let name = match &schema["type"] {
        Value::String(name) => name.as_str(),
        Value::Array(names) => names[0].as_str().unwrap_or_default(),
        _ => "",
    };
    match name {
        "object" if schema["properties"].is_object() => "section".to_owned(),
        "object" => "map".to_owned(),
        "array" => format!("list of {}", kind(&schema["items"])),
        "boolean" => "`true` or `false`".to_owned(),
        "integer" | "number" => match (number("minimum").or_else(|| number("exclusiveMinimum")), number("maximum")) {
            (Some(least), Some(most)) => format!("{name}, {least} to {most}"),
            _ => name.to_owned(),
        },
        "string" => match number("maxLength") {
            Some(most) => format!("text, up to {most} characters"),
            None => "text".to_owned(),
        },
        other => other.to_owned(),
    }
}

/// Collects every key below a section: its path, its schema, and whether its section requires it.
fn keys<'s>(section: &'s Value, path: &[&'s str], found: &mut Vec<(Vec<&'s str>, &'s Value, bool)>) {
    let required = section["required"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    for (name, below) in section["properties"].as_object().into_iter().flatten() {
        let path = [path, &[name.as_str()]].concat();
        found.push((path.clone(), below, required.iter().any(|required| required == name)));
        keys(below, &path, found);
    }
    for choice in section["anyOf"].as_array().into_iter().flatten() {
        keys(choice, path, found);
    }
    if section["additionalProperties"].is_object() {
        keys(&section["additionalProperties"], &[path, &["*"]].concat(), found);
    }
}

fn reference() -> String {
    let schema = schema();
    let mut all = Vec::new();
    keys(&schema, &[], &mut all);
    let examples = examples();
    let mut text = String::from(
        "# The spec\n\nOne YAML file for each environment, `config/ENV.yaml`. Written by a test from [the JSON schema](schema.json), with examples from\n\
         [everything.yaml](everything.yaml) and the shipped specs; `UPDATE=1 cargo test -p deployer-spec` renews it. `deployer check --env ENV`\n\
         checks a spec, every error at once. Editors complete and check a spec that begins with this line; `deployer schema` prints the schema:\n\n\
         ```yaml\n# yaml-language-server: $schema=../deployer/docs/schema.json\n```\n\n\
         Maps are keyed by names of your choice, `NAME` below. References such as `${tables.numbers.name}` or `${functions.convert.arn}` may stand in\n\
         environment values and in flow files; `${env:VARIABLE}` may stand in any value. [composition.md](composition.md) has these, and specs\n\
         that share a file.\n",
    );
    let mut missing = Vec::new();
    for (path, schema, required) in &all {
        let shown = path.iter().map(|step| if *step == "*" { "NAME" } else { step }).collect::<Vec<_>>().join(".");
        if path.len() == 1 {
            write!(text, "\n## {shown}\n").unwrap();
        } else {
            write!(text, "\n### {shown}\n").unwrap();
        }
        let description = schema["description"].as_str().unwrap_or_default();
        let default = match (&schema["default"], required) {
            (Value::Null, true) => " Required.".to_owned(),
            (Value::Null, false) => String::new(),
            (default, _) => format!(" Default: `{}`.", inline(default)),
        };
        write!(text, "\n{description} *{}.*{default}\n", kind(schema)).unwrap();
        let Some(example) = examples.iter().find_map(|spec| find(spec, path)) else {
            missing.push(shown);
            continue;
        };
        // The keys of a section contain its example.
        if !schema["properties"].is_object() && !schema["additionalProperties"]["properties"].is_object() {
            write!(text, "\n```yaml\n{}: {}\n```\n", path.last().unwrap(), inline(example)).unwrap();
        }
    }
    assert!(missing.is_empty(), "docs/everything.yaml has no example of {missing:#?}");
    text
}

#[test]
fn reference_is_current() {
    let path = Path::new(DOCS).join("spec.md");
    let wanted = reference();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == wanted, "docs/spec.md is old: run UPDATE=1 cargo test -p deployer-spec --test it");
}
