//! The vanity-number application as a stack written in Rust, without YAML. Prints the resources of the stack.
//!
//! `cargo run -p deployer-stack --example vanity`
//!
//! `tests/it/spec_and_rust.rs` compares it with `config/local.yaml`: both produce the same graph.

#![allow(clippy::disallowed_macros, reason = "an example is a program")]

use std::collections::BTreeMap;

use deployer_engine::Graph;
use deployer_stack::{
    Api, ApiProps, Certificate, Domain, Flow, FlowProps, Function, FunctionProps, HoursProps, Index, Instance, InstanceProps,
    KeyType, NamedResource, Projection, QueueProps, Settings, Stack, Table, TableProps, UndefinedReference, UserProps,
    with_references,
};
use serde_json::Value;

/// The digest of zero bytes: a real program uses the digest of its build.
const CODE: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// Returns the stack's graph with this contact flow.
pub(crate) fn vanity(flow: &Value) -> Result<Graph, Vec<UndefinedReference>> {
    let mut settings = Settings::new("vanity", "local", "111122223333", "us-east-1");
    settings.tags.insert("application".into(), "vanity-numbers".into());
    let stack = Stack::new(settings);

    let recent = Index {
        partition: ("feed".into(), KeyType::S),
        sort: Some(("updated_at".into(), KeyType::N)),
        projection: Projection::All,
    };
    let numbers = Table::new(
        &stack,
        "numbers",
        TableProps {
            indexes: BTreeMap::from([("recent".into(), recent)]),
            point_in_time_recovery: true,
            ttl_attribute: Some("expires_at".into()),
            ..TableProps::keyed_by("id")
        },
    );

    let function = |name: &str, description: &str, timeout_seconds: u32| {
        let props = FunctionProps {
            description: description.into(),
            memory_mb: 256,
            timeout_seconds,
            log_retention_days: Some(30),
            ..FunctionProps::with_code(CODE)
        };
        let function = Function::new(&stack, name, props);
        function.environment("TABLE_NAME", numbers.name());
        function
    };
    let convert = function("convert", "Turns the caller's number into vanity numbers, saves and returns them", 8);
    let get = function("get", "Reads vanity numbers back", 10);
    convert.environment("KEEP_DAYS", "30");
    numbers.grant_read_write(&convert);
    numbers.grant_read(&get);

    let instance = Instance::new(&stack, "main", InstanceProps::with_alias("vanity-local").attribute("CONTACTFLOW_LOGS", true));
    instance.associate(&convert);
    contact_center(&instance);
    let content = with_references(flow, &|name| (name == "functions.convert.arn").then(|| convert.arn().into()))?;
    Flow::new(
        &instance,
        "vanity",
        FlowProps { description: "Speaks the caller's vanity numbers".into(), ..FlowProps::with_content("vanity", content) },
    );

    let api = Api::new(
        &stack,
        "main",
        ApiProps {
            description: "Reads vanity numbers back".into(),
            stage: "live".into(),
            timeout_ms: 29_000,
            tracing: false,
            throttling: None,
            api_key: None,
            domain: Some(Domain {
                domain: "vanity-local.example".into(),
                zone: None,
                certificate: Certificate::SelfSigned {
                    key_algorithm: "RSA_2048".into(),
                    validity_days: 365,
                    renew_before_days: 30,
                },
            }),
        },
    );
    for path in ["/vanity-numbers/{phone}", "/vanity-numbers", "/"] {
        api.route("GET", path, &get);
    }
    Ok(stack.synthesize())
}

/// Adds the opening hours, the queue for callers, and the users.
fn contact_center(instance: &Instance) {
    let weekday = |day: &str| (day.to_owned(), vec!["08:00-18:00".to_owned()]);
    let mut open: BTreeMap<String, Vec<String>> = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY"].map(weekday).into();
    open.insert("FRIDAY".into(), vec!["08:00-12:00".into(), "13:00-16:00".into()]);
    let name = "Support hours".to_owned();
    let hours = HoursProps { description: name.clone(), name, time_zone: "America/New_York".into(), open };
    let hours = instance.hours("support", hours);
    let queue = QueueProps { description: "Callers who want a person".into(), ..QueueProps::with_hours("support", hours) };
    instance.queue("support", queue);
    let profile = NamedResource::built_in("Basic Routing Profile");
    instance.user("admin", UserProps::named("admin", "Vanity", "Administrator", "Admin", profile));
}

#[allow(dead_code, reason = "the test that compares it with the spec includes this file and has no use for main")]
fn main() {
    let flow = serde_json::json!({"Version": "2019-10-30", "StartAction": "bye", "Actions": [
        {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]});
    match vanity(&flow) {
        Ok(graph) => graph.nodes.iter().for_each(|(address, node)| println!("{address}  {}", node.type_name)),
        Err(dangling) => dangling.iter().for_each(|found| eprintln!("{} names nothing", found.reference)),
    }
}
