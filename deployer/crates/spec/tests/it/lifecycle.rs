//! Lifecycles: entries that do not exist, and renames that contradict each other.

use std::path::Path;

use deployer_spec::{Code, load};

const SPEC: &str = "project: shop
environment: dev
provider: { embedded: {} }
state: { directory: .deployer/dev }
tables:
  numbers: { key: { partition: { id: S } } }
  calls: { key: { partition: { id: S } } }
connect:
  alias: shop
  hours:
    office: { time_zone: UTC, open: { MONDAY: [08:00-18:00] } }
    night: { time_zone: UTC, open: { MONDAY: [20:00-22:00] } }
lifecycle:
";

fn spec(lifecycle: &str) -> Result<deployer_spec::Spec, deployer_spec::Diagnostics> {
    load(Path::new("dev.yaml"), &format!("{SPEC}  {lifecycle}\n"), "dev")
}

#[test]
fn contradictions_are_refused_with_place_and_advice() {
    let cases = [
        ("tables.numbes: { retain: true }", Code::Dangling, "the spec has no entry `tables.numbes`", Some("tables.numbers")),
        (
            "tables.numbers.key: { retain: true }",
            Code::Dangling,
            "the spec has no entry `tables.numbers.key`",
            Some("tables.numbers"),
        ),
        ("functions.gone: { retain: true }", Code::Dangling, "the spec has no entry `functions.gone`", None),
        ("tables.numbers: { renamed_from: [numbers] }", Code::Conflict, "cannot have been renamed from itself", None),
        ("tables.numbers: { renamed_from: [calls] }", Code::Conflict, "`tables` still declares `calls`", None),
        ("connect: { renamed_from: [main] }", Code::Conflict, "`connect` has no key that could have been renamed", None),
        ("log_group.a: { renamed_from: [b] }", Code::Conflict, "`log_group.a` has no key that could have been renamed", None),
        ("Tables: { retain: true }", Code::BadName, "is not an entry of the spec or the address of a resource", None),
        ("tables.numbers: { keep: true }", Code::UnknownKey, "there is no key `keep` here", None),
    ];
    for (lifecycle, code, message, suggestion) in cases {
        let found = spec(lifecycle).expect_err(lifecycle);
        assert_eq!(found.len(), 1, "{lifecycle}: {found}");
        let fault = found.iter().next().expect("there is one");
        assert_eq!((fault.code, fault.span.line), (code, 14), "{lifecycle}: {found}");
        assert!(fault.message.contains(message), "{lifecycle}: {}", fault.message);
        assert!(suggestion.is_none() || fault.did_you_mean.as_deref() == suggestion, "{lifecycle}: {:?}", fault.did_you_mean);
    }
}

#[test]
fn circles_and_duplicates_are_refused() {
    let circle = "tables.numbers: { renamed_from: [calls] }\n  tables.calls: { renamed_from: [numbers] }";
    let messages =
        |text: &str| -> Vec<String> { spec(text).expect_err(text).iter().map(|fault| fault.message.clone()).collect() };
    assert_eq!(messages(circle).len(), 2, "{:?}", messages(circle));
    let twice = "tables.numbers: { renamed_from: [old] }\n  tables.calls: { renamed_from: [older, old] }";
    assert_eq!(messages(twice), ["both `numbers` and `calls` claim to be the former `old`"]);
}

/// A default name follows from the first key, and so do the names that must differ.
#[test]
fn default_names_follow_the_first_key() {
    let spec = |lifecycle: &str| spec(lifecycle).unwrap_or_else(|faults| panic!("{faults}"));
    let hours = |spec: &deployer_spec::Spec| spec.connect.as_ref().map(|connect| connect.hours["office"].name.clone());
    assert_eq!(hours(&spec("tables.numbers: {}")).as_deref(), Some("office"));
    let renamed = spec("connect.hours.office: { renamed_from: [daytime, opening] }");
    assert_eq!(hours(&renamed).as_deref(), Some("opening"));
    assert_eq!(renamed.lifecycle["connect.hours.office"].renamed_from, ["daytime", "opening"]);
}
