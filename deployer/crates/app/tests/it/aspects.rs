//! Aspects and rules.

use deployer_app::{App, Function, Request, Resource, Severity, Table, rules};
use serde_json::json;

use crate::support::{app, properties};

fn found(app: &App) -> Vec<(String, String)> {
    app.assembly().findings.into_iter().map(|found| (found.rule, found.subject)).collect()
}

#[test]
fn recommended_rules_find_what_lacks_them() {
    let app = App::new(Request { embedded: false, ..Request::embedded("shop", "prod") });
    let stack = app.stack();
    stack.aspect(rules::recommended());
    let calls = Table::keyed_by(stack, "calls", "id");
    let get = Function::cargo(stack, "get");
    get.allow(["s3:*"], ["arn:aws:s3:::shop-files/*"]);
    let pair = |rule: &str, subject: &str| (rule.to_owned(), subject.to_owned());
    let expected = [
        pair("log-retention", "log_group.get"),
        pair("narrow-permissions", "role.get"),
        pair("table-backups", "table.calls"),
        pair("deletion-protection", "table.calls"),
    ];
    assert_eq!(found(&app), expected);
    let _calls = calls.point_in_time_recovery(true).deletion_protection(true);
    let _get = get.log_retention_days(30);
    assert_eq!(found(&app), [pair("narrow-permissions", "role.get")]);
}

#[test]
fn wide_permissions_are_found_however_they_are_written() {
    let allow = |more: serde_json::Value| {
        let mut statement = json!({"Effect": "Allow", "Resource": "*"});
        statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        statement
    };
    let found_in = |statements: serde_json::Value| {
        let app = app();
        app.stack().aspect(rules::narrow_permissions());
        let _get = Function::cargo(app.stack(), "get");
        let document = json!({"more": {"Version": "2012-10-17", "Statement": statements}});
        app.stack().override_property(deployer_app::Address::new("role", "get"), "policies", document);
        found(&app).len()
    };
    assert_eq!(found_in(json!([allow(json!({"Action": ["s3:GetObject"]}))])), 0);
    assert_eq!(found_in(json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}])), 0);
    for wide in [json!({"Action": "*"}), json!({"Action": ["s3:GetObject", "s3:*"]}), json!({"NotAction": ["iam:*"]})] {
        assert_eq!((found_in(json!([allow(wide.clone())])), found_in(allow(wide.clone()))), (1, 1), "{wide}");
    }
}

#[test]
fn rule_as_error_keeps_the_graph_from_being_made() {
    let app = app();
    app.stack().aspect(rules::recommended().without("log-retention").as_errors());
    let line = line!() + 1;
    let _calls = Table::keyed_by(app.stack(), "calls", "id");
    let findings = app.assembly().findings;
    assert_eq!((findings[0].severity, findings[0].location.line), (Severity::Error, line));
    assert!(app.graph().is_err());
}

#[test]
fn aspects_see_what_earlier_ones_changed() {
    let app = app();
    let stack = app.stack();
    let _calls = Table::keyed_by(stack, "calls", "id");
    stack.tag("team", "voice");
    stack.aspect(rules::tagged(["team", "cost-center"]));
    stack.aspect(|resource: &mut Resource<'_>| resource.tag("cost-center", "4711"));
    stack.aspect(rules::tagged(["cost-center"]).as_error());
    let findings = app.assembly().findings;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].message.contains("`cost-center`") && !findings[0].message.contains("`team`"));
    let tags = &properties(&app, "table", "calls")["tags"];
    assert_eq!((&tags["team"], &tags["cost-center"]), (&"voice".into(), &"4711".into()));
}

#[test]
fn names_are_compared_with_a_form() {
    let app = app();
    app.stack().aspect(rules::named("short", |name| name.len() < 16));
    let _tables = ["calls", "lost-calls"].map(|key| Table::keyed_by(app.stack(), key, "id"));
    assert_eq!(found(&app), [("named".to_owned(), "table.lost-calls".to_owned())]);
}
