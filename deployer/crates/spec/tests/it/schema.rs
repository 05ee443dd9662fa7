//! Tests that the JSON schema agrees with the checker.

use std::path::{Path, PathBuf};

use deployer_spec::{load, part_schema, schema};
use serde_json::Value;

use crate::support::validator;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// Converts YAML text to JSON by YAML 1.2: `N` is text, as in editors, not the `false` of YAML 1.1.
fn as_json(text: &str) -> Value {
    serde_yaml::from_str_with_options(text, serde_yaml::options! { strict_booleans: true }).unwrap()
}

fn dev() -> String {
    include_str!("../dev.yaml").to_owned()
}

#[test]
fn every_example_is_valid_by_the_schema() {
    assert_eq!(validator::errors(&schema(), &as_json(&dev())), Vec::<String>::new());
    let schema = part_schema();
    for environment in ["base", "local", "dev", "prod"] {
        let text = std::fs::read_to_string(root().join(format!("config/{environment}.yaml"))).unwrap();
        assert_eq!(validator::errors(&schema, &as_json(&text)), Vec::<String>::new(), "config/{environment}.yaml");
    }
}

/// Replaced parts of the development example, their replacements, and whether the result is valid.
const CHANGES: &[(&str, &str, bool)] = &[
    ("memory_mb: 256", "memory_mb: 10240", true),
    ("memory_mb: 256", "memory_mb: 10241", false),
    ("memory_mb: 256", "memory_mb: \"256\"", false),
    ("memory_mb: 256", "memory: 256", false),
    ("log_retention_days: 30", "log_retention_days: 31", false),
    ("log_retention_days: 30", "log_retention_days: 3653", true),
    ("point_in_time_recovery: true", "point_in_time_recovery: \"yes\"", false),
    ("account: \"111122223333\"", "account: 111122223333", false),
    ("region: us-east-1", "region: us-east1", false),
    ("region: us-east-1", "region: eu-central-2", true),
    ("s3: {}", "directory: .deployer/dev", true),
    ("s3: {}", "s3: { bucket: my-bucket, prefix: a/b }", true),
    ("s3: {}", "s3: { bucket: my..bucket }", false),
    ("s3: {}", "s3: { bucket: my-bucket, prefix: /a }", false),
    ("application: vanity-numbers", "aws:application: vanity-numbers", false),
    ("{ id: S }", "{ id: X }", false),
    ("{ id: S }", "{ id: S, at: N }", false),
    ("{ id: S }", "{}", false),
    ("recent:", "re:", false),
    ("TABLE_NAME", "AWS_REGION", false),
    ("numbers: read-write", "numbers: all", false),
    ("alias: vanity-dev", "alias: d-vanity", false),
    ("functions: [convert]", "functions: [convert, convert]", false),
    ("functions: [convert]", "functions: convert", false),
    ("type: CONTACT_FLOW", "type: FLOW", false),
    ("GET /vanity-numbers/{phone}:", "GET /vanity-numbers/{rest+}:", true),
    ("GET /vanity-numbers/{phone}:", "GET /{rest+}/x:", false),
    ("GET /vanity-numbers/{phone}:", "FETCH /vanity-numbers/{phone}:", false),
    ("domain: vanity-dev.example", "domain: vanity_dev.example", false),
    ("validity_days: 365", "validity_days: 826", false),
    ("validity_days: 365", "validity_days: 365, key_algorithm: EC_prime256v1", true),
    ("validity_days: 365", "validity_days: 365, key_algorithm: P-256", false),
    ("application: vanity-numbers", "owner: team@example.com", true),
    ("application: vanity-numbers", "owner: Größe 2 東京", true),
    ("application: vanity-numbers", "owner: a;b", false),
    ("application: vanity-numbers", "e@mail: team@example.com", true),
    ("application: vanity-numbers", "Größe/東京: ja", true),
    ("application: vanity-numbers", "a;b: c", false),
    ("flow_logs: true", "flow_logs: true\n  flow_log_retention_days: 30", true),
    ("flow_logs: true", "flow_logs: true\n  flow_log_retention_days: 31", false),
    ("rate_limit: 10, burst_limit: 20", "rate_limit: 0.5, burst_limit: 1", true),
    ("rate_limit: 10, burst_limit: 20", "rate_limit: 0, burst_limit: 1", false),
    ("rate_limit: 10, burst_limit: 20", "rate_limit: 1", false),
    ("auth: api_key", "auth: iam", true),
    ("auth: api_key", "auth: nobody", false),
    (", auth: api_key", "", true),
    ("function: get, auth: api_key", "auth: api_key", false),
    ("limit: 10000, period: DAY", "limit: 10000, period: YEAR", false),
    ("limit: 10000, period: DAY", "period: DAY", false),
    ("  api_key:\n", "  api_key:\n    enabled: false\n", true),
    ("  api_key:\n", "  api_key:\n    enabled: no\n", false),
    ("tags:\n  application: vanity-numbers", "tags:", true),
    ("project: vanity", "project:", false),
    ("    file: flows/vanity.json", "    name: Main", false),
];

#[test]
fn schema_and_checker_agree_on_every_change() {
    let schema = schema();
    let good = dev();
    for (from, to, fine) in CHANGES {
        assert!(good.contains(from), "{from} is not in the example");
        let text = good.replacen(from, to, 1);
        let loaded = load(Path::new("dev.yaml"), &text, "dev");
        assert_eq!(
            loaded.is_ok(),
            *fine,
            "the checker on {to}: {}",
            loaded.err().map(|faults| faults.to_string()).unwrap_or_default()
        );
        let errors = validator::errors(&schema, &as_json(&text));
        assert_eq!(errors.is_empty(), *fine, "the schema on {to}: {errors:?}");
    }
}

#[test]
fn schema_of_part_requires_nothing_and_lets_keys_be_removed() {
    let good = "extends: base.yaml\ntags:\nstate: { s3: null }\nfunctions: { get: { memory_mb: 512, timeout_seconds: null }, old: null }\n";
    assert_eq!(validator::errors(&part_schema(), &as_json(good)), Vec::<String>::new());
    for wrong in ["functions: { get: { memory: 1 } }\n", "functions: { get: { memory_mb: 1 } }\n", "project: 5\n"] {
        assert_ne!(validator::errors(&part_schema(), &as_json(wrong)), Vec::<String>::new(), "{wrong}");
    }
}

#[test]
fn value_of_variable_may_stand_for_any_value() {
    for (from, to) in [
        ("memory_mb: 256", "memory_mb: ${env:X}"),
        ("log_retention_days: 30", "log_retention_days: ${env:X:-30}"),
        ("flow_logs: true", "flow_logs: ${env:X}"),
        ("alias: vanity-dev", "alias: vanity-${env:X}"),
        ("GET /: get", "GET /: ${env:X}"),
        ("read-write", "${env:X}"),
    ] {
        let text = dev().replacen(from, to, 1).replacen("{ numbers: ${env:X} }", "{ numbers: \"${env:X}\" }", 1);
        assert_eq!(validator::errors(&schema(), &as_json(&text)), Vec::<String>::new(), "{to}");
    }
    let other = dev().replacen("Reads vanity numbers back", "Reads ${project}", 1);
    assert_ne!(validator::errors(&schema(), &as_json(&other)), Vec::<String>::new());
}

#[test]
fn documented_schemas_match_the_code() {
    for (name, schema) in [("schema", schema()), ("schema-part", part_schema())] {
        let path = root().join(format!("deployer/docs/{name}.json"));
        let mut text = serde_json::to_string_pretty(&schema).unwrap();
        text.push('\n');
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "deployer/docs/{name}.json is out of date: run this test with UPDATE=1");
    }
}
