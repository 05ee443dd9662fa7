//! The graph of a spec that names an existing instance: nothing in it is the instance, and references become values.

use std::collections::BTreeMap;
use std::path::Path;

use deployer_engine::{Address, Graph};
use deployer_stack::{BuildInputs, ExistingInstance, InstanceSection, NamedInInstance, Problem, from_spec};
use serde_json::{Value, json};

use crate::spec_and_rust::file;

const ARN: &str = "arn:aws:connect:us-east-1:111122223333:instance/i-1";

fn named(section: InstanceSection, names: &[&str]) -> (InstanceSection, Vec<NamedInInstance>) {
    let one = |(number, name): (usize, &&str)| {
        let id = format!("{}-{number}", section.word());
        NamedInInstance { arn: format!("{ARN}/{id}"), id, name: (*name).to_owned() }
    };
    (section, names.iter().enumerate().map(one).collect())
}

/// Returns an instance with these queues.
fn instance(queues: &[&str]) -> ExistingInstance {
    let names = BTreeMap::from([
        named(InstanceSection::Queues, queues),
        named(InstanceSection::Flows, &["Main menu"]),
        named(InstanceSection::Prompts, &["Beep.wav"]),
        named(InstanceSection::Hours, &["Night hours"]),
        named(InstanceSection::Users, &["boss"]),
    ]);
    ExistingInstance { id: "i-1".into(), arn: ARN.into(), alias: "support-line".into(), names }
}

fn graph(existing: Option<ExistingInstance>) -> Result<Graph, Vec<Problem>> {
    graph_of(&file("deployer/docs/existing.yaml"), existing)
}

fn graph_of(text: &str, existing: Option<ExistingInstance>) -> Result<Graph, Vec<Problem>> {
    let spec = deployer_spec::load(Path::new("existing.yaml"), text, "existing").expect("the example is good");
    let flow = json!({"Actions": [{"Parameters": {
        "QueueId": "${connect.queues.billing.arn}", "PromptId": "${connect.prompts.beep-wav.id}", "Own": "${connect.queues.orders.arn}",
        "Text": "${connect.id} ${connect.alias} ${connect.arn}"}}]});
    let inputs = BuildInputs {
        account: "111122223333".into(),
        region: "us-east-1".into(),
        flows: BTreeMap::from([("main".into(), flow)]),
        existing,
        ..BuildInputs::default()
    };
    from_spec(&spec, &inputs)
}

fn properties(graph: &Graph, kind: &str, name: &str) -> Value {
    graph.nodes[&Address::new(kind, name)]
        .properties
        .resolve(&|to| Some(json!(format!("${{{}.{}}}", to.address, to.output))))
        .value
}

#[test]
fn references_are_values_and_the_instance_is_no_resource() {
    let graph = graph(Some(instance(&["Billing"]))).expect("every reference names something");
    for kind in ["instance", "flow_logs", "storage", "bot"] {
        assert!(graph.nodes.keys().all(|address| address.kind() != kind), "{kind}");
    }
    let content = &properties(&graph, "flow", "main")["content"]["Actions"][0]["Parameters"];
    let expected = json!({"QueueId": format!("{ARN}/queues-0"), "PromptId": "prompts-0", "Own": "${queue.orders.arn}",
                          "Text": format!("i-1 support-line {ARN}")});
    assert_eq!(content, &expected);
    assert_eq!(properties(&graph, "phone_number_flow", "main")["flow_id"], "flows-0");
    assert_eq!(properties(&graph, "association", "lookup")["instance_id"], "i-1");
    assert_eq!(properties(&graph, "permission", "connect-lookup")["source_arn"], ARN);
    let used: Vec<String> = graph.external.iter().map(|one| format!("{} {}", one.type_name, one.name)).collect();
    let expected = [
        "connect.bot arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/TSTALIASID",
        "connect.contact_flow Main menu",
        "connect.hours_of_operation Night hours",
        "connect.instance support-line",
        "connect.prompt Beep.wav",
        "connect.queue Billing",
        "connect.security_profile Agent",
    ];
    assert_eq!(used, expected);
}

#[test]
fn missing_and_ambiguous_names_are_problems() {
    for queues in [&["Bills"] as &[&str], &["billing ", "Billing!"]] {
        let problems = graph(Some(instance(queues))).map(drop).expect_err("no queue is meant");
        fn named(problem: &Problem) -> (&str, &str) {
            match problem {
                Problem::Undefined { flow, undefined, .. } => (flow.as_str(), undefined.reference.as_str()),
                Problem::Lifecycle(_) | Problem::Assembly(_) => ("", ""),
            }
        }
        let found: Vec<(&str, &str)> = problems.iter().map(named).collect();
        assert_eq!(found, [("main", "connect.queues.billing.arn")], "{queues:?}");
    }
    assert!(graph(Some(instance(&["billing", "Billing"]))).is_ok(), "the name itself is meant");
}

#[test]
fn every_name_may_exist_before_the_instance_is_looked_up() {
    let offline = graph(None).expect("it may all be there");
    let online = graph(Some(instance(&["Billing"]))).expect("it is all there");
    assert!(offline.nodes.keys().eq(online.nodes.keys()));
    // Before that, a key and a name may be the same resource.
    let types = |graph: &Graph| graph.external.iter().map(|one| one.type_name.clone()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(types(&offline), types(&online));
}

#[test]
fn quick_connects_lead_to_users_and_flows_of_the_instance() {
    let added = "\nconnect:\n  quick_connects:\n    boss: { to: { user: boss }, flow: main-menu }\n";
    let text = file("deployer/docs/existing.yaml").replacen("\nconnect:\n", added, 1);
    for (existing, user) in [(Some(instance(&["Billing"])), "users-0"), (None, "")] {
        let looked_up = existing.is_some();
        let graph = graph_of(&text, existing).unwrap_or_else(|problems| panic!("{problems:?}"));
        let properties = properties(&graph, "quick_connect", "boss").to_string();
        assert!(!looked_up || (properties.contains(user) && properties.contains("flows-0")), "{properties}");
    }
}
