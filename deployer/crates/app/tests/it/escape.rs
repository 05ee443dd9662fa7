//! The lowest level, overrides, and the lifecycle.

use deployer_app::resources::{LogGroup, LogGroupProperties};
use deployer_app::{Address, Construct, Function, Table};
use serde_json::json;

use crate::support::{app, properties};

#[test]
fn resources_of_all_levels_refer_to_each_other() {
    let app = app();
    let stack = app.stack();
    let address = Address::new("log_group", "audit");
    let tags = stack.settings().tags_of(&address);
    let group = LogGroupProperties { name: "shop-audit".into(), retention_days: Some(365), deletion_protection: false, tags };
    let audit = stack.add::<LogGroup>(address.clone(), &group);
    let get = Function::cargo(stack, "get");
    get.environment_output("AUDIT_GROUP", audit.name());
    let shown = properties(&app, "function", "get");
    assert_eq!(shown["environment"]["AUDIT_GROUP"], "<log_group.audit.name>");
    let graph = app.graph().expect("it is sound");
    assert!(graph.dependencies(&Address::new("function", "get")).contains(&address));
    assert_eq!(graph.nodes[&address].identity, ["name"]);
}

#[test]
fn overrides_are_checked_against_the_resource_type() {
    let attempt = |path: &str, value: serde_json::Value| {
        let app = app();
        Table::keyed_by(app.stack(), "calls", "id").override_property(path, value);
        app.graph().map(|_| properties(&app, "table", "calls"))
    };
    assert_eq!(attempt("tags.team", json!("voice")).expect("a tag")["tags"]["team"], "voice");
    assert_eq!(attempt("ttl_attribute", json!("at")).expect("an attribute")["ttl_attribute"], "at");
    for (path, value, expected) in [
        ("ttl_attribut", json!("at"), "has no property `ttl_attribut`"),
        ("ttl_attribute", json!(5), "cannot be set so"),
        ("key.partition.name", json!("x"), "has no property"),
        ("tags.deployer:address", json!("table.other"), "belongs"),
        ("tags", json!({"team": "voice"}), "lack `deployer:project`"),
    ] {
        let error = attempt(path, value).expect_err(path);
        assert!(error.contains("escape.rs:") && error.contains(expected), "{error}");
    }
}

#[test]
fn added_resources_say_to_whom_they_belong() {
    let app = app();
    let group =
        LogGroupProperties { name: "shop-audit".into(), retention_days: None, deletion_protection: false, tags: [].into() };
    app.stack().add::<LogGroup>(Address::new("log_group", "audit"), &group);
    let error = app.graph().map(drop).expect_err("it has no tags");
    assert!(error.contains("escape.rs:") && error.contains("lack `deployer:project`"), "{error}");
}

#[test]
fn lifecycle_is_that_of_the_spec() {
    let app = app();
    let calls = Table::keyed_by(app.stack(), "calls", "id");
    calls.retain().protect().ignore_changes("tags.team").renamed_from("contacts");
    let graph = app.graph().expect("it is sound");
    let lifecycle = &graph.lifecycles[&Address::new("table", "calls")];
    assert!(lifecycle.retention.retain && lifecycle.retention.protect);
    assert_eq!(lifecycle.renamed_from, [Address::new("table", "contacts")]);
    // The name in AWS is the one that the table was created with.
    assert_eq!(properties(&app, "table", "calls")["name"], "shop-dev-contacts");
}

#[test]
fn keys_without_a_method_can_be_set() {
    let app = app();
    let get = Function::cargo(app.stack(), "get");
    get.set("log_format", "JSON").set("log_level", "DEBUG");
    assert_eq!(properties(&app, "function", "get")["logging"]["format"], "JSON");
    get.set("log_fromat", "JSON");
    let error = app.graph().expect_err("no such key");
    assert!(error.contains("did you mean `log_format`?") || error.contains("log_fromat"), "{error}");
}
