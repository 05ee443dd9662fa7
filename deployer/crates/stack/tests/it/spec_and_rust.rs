//! Tests of the graphs of the shipped specs. `examples/vanity` compares them with those of a program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use deployer_engine::{Address, Graph};
use deployer_stack::{BuildInputs, from_spec};
use serde_json::{Value, json};

const CODE: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

pub(crate) fn file(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    std::fs::read_to_string(root.join(name)).expect("the shipped file exists")
}

/// Returns a shipped spec with what it extends as one text.
pub(crate) fn shipped(environment: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../../config/{environment}.yaml"));
    let loader = deployer_spec::Loader { read: &|path| std::fs::read(path), ..Default::default() };
    let bytes = std::fs::read(&path).expect("the shipped file exists");
    let loaded = loader.load(&path, &bytes, environment).unwrap_or_else(|faults| panic!("{faults}"));
    loaded.resolved.to_yaml(&deployer_spec::Sources::default())
}

fn flow() -> Value {
    serde_json::from_str(&file("flows/vanity.json")).expect("the shipped flow is JSON")
}

fn from_yaml(environment: &str) -> Graph {
    let text = shipped(environment);
    let spec = deployer_spec::load(Path::new("spec.yaml"), &text, environment).expect("the shipped spec is good");
    let code = |name: &str| (name.to_owned(), CODE.to_owned());
    let inputs = BuildInputs {
        account: "111122223333".into(),
        region: "us-east-1".into(),
        code_sha256: BTreeMap::from([code("convert"), code("get")]),
        flows: BTreeMap::from([("vanity".into(), flow())]),
        ..BuildInputs::default()
    };
    from_spec(&spec, &inputs).expect("every reference names something")
}

#[test]
fn every_reference_and_dependency_is_in_graph() {
    for environment in ["local", "dev", "prod"] {
        let graph = from_yaml(environment);
        for address in graph.nodes.keys() {
            for dependency in graph.dependencies(address) {
                assert!(graph.nodes.contains_key(&dependency), "{environment}: {address} waits for {dependency}");
            }
        }
        assert!(graph.order().is_ok(), "{environment} has no cycle");
    }
}

#[test]
fn flow_log_group_precedes_its_instance() {
    let text = shipped("dev");
    let graph_of = |text: &str| {
        let spec = deployer_spec::load(Path::new("spec.yaml"), text, "dev").expect("the spec is good");
        let inputs = BuildInputs { flows: BTreeMap::from([("vanity".into(), flow())]), ..BuildInputs::default() };
        from_spec(&spec, &inputs).expect("every reference names something")
    };
    let (instance, logs) = (Address::new("instance", "main"), Address::new("flow_logs", "main"));
    let graph = graph_of(&text);
    assert!(graph.dependencies(&instance).contains(&logs));
    let group = graph.nodes[&logs].properties.resolve(&|_| None).value;
    assert_eq!((&group["name"], &group["retention_days"]), (&json!("/aws/connect/vanity-dev"), &json!(90)));
    let shorter = graph_of(&text.replacen("flow_logs: true", "flow_logs: true\n  flow_log_retention_days: 30", 1));
    assert_eq!(shorter.nodes[&logs].properties.resolve(&|_| None).value["retention_days"], 30);
    let without = graph_of(&text.replacen("flow_logs: true", "flow_logs: false", 1));
    assert!(!without.nodes.contains_key(&logs));
}

/// Returns the policies of a function's role, with every reference replaced by its address.
fn allowed(graph: &Graph, function: &str) -> BTreeSet<(String, String)> {
    let role = &graph.nodes[&Address::new("role", function)];
    let properties = role.properties.resolve(&|reference| Some(json!(format!("<{}>", reference.address)))).value;
    let mut pairs = BTreeSet::new();
    for document in properties["policies"].as_object().expect("policies are a map").values() {
        for statement in document["Statement"].as_array().expect("statements are a list") {
            assert_eq!(statement["Effect"], "Allow");
            for action in statement["Action"].as_array().expect("actions are a list") {
                for resource in statement["Resource"].as_array().expect("resources are a list") {
                    pairs.insert((action.as_str().unwrap().to_owned(), resource.as_str().unwrap().to_owned()));
                }
            }
        }
    }
    pairs
}

#[test]
fn role_allows_exactly_its_grants() {
    let graph = from_yaml("local");
    let table = "arn:aws:dynamodb:us-east-1:111122223333:table/vanity-local-numbers";
    let logs = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/vanity-local-get:*";
    let mut expected = BTreeSet::new();
    for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
        expected.insert((action.to_owned(), logs.to_owned()));
    }
    for action in ["GetItem", "BatchGetItem", "Query", "ConditionCheckItem"] {
        for resource in [table.to_owned(), format!("{table}/index/*")] {
            expected.insert((format!("dynamodb:{action}"), resource));
        }
    }
    assert_eq!(allowed(&graph, "get"), expected);
    let convert = allowed(&graph, "convert");
    assert!(convert.iter().any(|(action, _)| action == "dynamodb:UpdateItem"));
    assert!(!convert.iter().any(|(action, resource)| action.contains('*') || action == "dynamodb:Scan" || resource == "*"));
}

#[test]
fn every_resource_with_tags_says_whose_it_is() {
    let graph = from_yaml("prod");
    let mut tagged = 0;
    for (address, node) in &graph.nodes {
        let properties = node.properties.resolve(&|_| Some(json!("x"))).value;
        let Some(tags) = properties.get("tags") else { continue };
        tagged += 1;
        assert_eq!(tags["deployer:project"], "vanity");
        assert_eq!(tags["deployer:environment"], "prod");
        assert_eq!(tags["deployer:address"], address.as_str());
        assert_eq!(tags["application"], "vanity-numbers");
    }
    assert!(tagged >= 12, "only {tagged} resources have tags");
}

#[test]
fn only_changed_routes_need_another_deployment() {
    let digest = |graph: &Graph| {
        graph.nodes[&Address::new("deployment", "main")].properties.resolve(&|_| Some(json!("x"))).value["digest"].clone()
    };
    let with = |edit: &dyn Fn(&str) -> String| {
        let text = edit(&shipped("local"));
        let spec = deployer_spec::load(Path::new("spec.yaml"), &text, "local").expect("the edited spec is good");
        let flows = BTreeMap::from([("vanity".to_owned(), flow())]);
        from_spec(&spec, &BuildInputs { flows, ..BuildInputs::default() }).expect("good")
    };
    let plain = digest(&with(&str::to_owned));
    assert_ne!(plain, digest(&with(&|text| text.replace("    GET /: get\n", ""))));
    assert_ne!(plain, digest(&with(&|text| text.replace("GET /vanity-numbers: get", "GET /vanity-numbers: convert"))));
    assert_eq!(plain, digest(&with(&|text| text.replace("Reads vanity numbers back", "Something else"))));
}

#[test]
fn api_key_can_be_switched_off() {
    let text = shipped("dev");
    for (added, enabled) in [("", true), ("    enabled: true\n", true), ("    enabled: false\n", false)] {
        let text = text.replacen("  api_key:\n", &format!("  api_key:\n{added}"), 1);
        let spec = deployer_spec::load(Path::new("spec.yaml"), &text, "dev").expect("the edited spec is good");
        let flows = BTreeMap::from([("vanity".to_owned(), flow())]);
        let graph = from_spec(&spec, &BuildInputs { flows, ..BuildInputs::default() }).expect("every reference names something");
        let key = graph.nodes[&Address::new("api_key", "main")].properties.resolve(&|_| None).value;
        assert_eq!(key["enabled"], enabled, "{added:?}");
    }
}

#[test]
fn undefined_flow_reference_is_reported_with_pointer() {
    let spec = deployer_spec::load(Path::new("spec.yaml"), &shipped("local"), "local").expect("good");
    let flows = BTreeMap::from([("vanity".to_owned(), json!({"Actions": [{"a/b": "x ${functions.nobody.arn}"}]}))]);
    let problems = from_spec(&spec, &BuildInputs { flows, ..BuildInputs::default() }).expect_err("it names nothing");
    assert_eq!(problems.len(), 1);
    let deployer_stack::Problem::Undefined { undefined, .. } = &problems[0] else { panic!("{problems:?}") };
    assert_eq!(undefined.reference, "functions.nobody.arn");
    assert_eq!(undefined.pointer, "/Actions/0/a~1b");
}

/// A contact center with a cycle: the flow that callers reach first names an agent, whose queue names that flow.
pub(crate) const AROUND: &str = r#"
project: shop
environment: dev
provider: { embedded: {} }
state: { directory: state }
connect:
  alias: shop-dev
  queues:
    support: { hours: Basic Hours, outbound_caller: { flow: whisper } }
  routing_profiles:
    agents: { default_outbound_queue: BasicQueue, queues: { support: { VOICE: { priority: 1 } } } }
  users:
    ada: { first_name: Ada, last_name: Lovelace, security_profiles: [Agent], routing_profile: agents, password: { generate: true } }
  prompts:
    hello: { s3: "s3://voices/hello.wav" }
    music: { file: music.wav }
    again: { file: again.wav }
  flows:
    whisper: { file: whisper.json, type: OUTBOUND_WHISPER }
"#;

fn around(content: Value) -> Graph {
    let spec = deployer_spec::load(Path::new("spec.yaml"), AROUND, "dev").expect("the spec is good");
    let inputs = BuildInputs {
        account: "111122223333".into(),
        region: "us-east-1".into(),
        flows: BTreeMap::from([("whisper".into(), content)]),
        recordings: BTreeMap::from([("music".into(), "0a".into()), ("again".into(), "0b".into())]),
        ..BuildInputs::default()
    };
    from_spec(&spec, &inputs).expect("every reference names something")
}

#[test]
fn cycle_through_user_creates_flow_before_content() {
    let graph = around(json!({"Actions": [{"Parameters": {"AgentId": "${connect.users.ada.arn}"}}]}));
    assert!(graph.order().is_ok());
    assert!(graph.nodes.contains_key(&Address::new("flow_content", "whisper")));
}

#[test]
fn flow_depends_on_prompt_recording_and_bucket() {
    let graph = around(json!({"Actions": [{"Parameters": {"PromptId": "${connect.prompts.music.arn}"}}]}));
    let waits = |kind: &str, name: &str| graph.dependencies(&Address::new(kind, name));
    let (prompt, object, bucket) =
        (Address::new("prompt", "music"), Address::new("recording", "music"), Address::new("bucket", "prompts"));
    assert!(waits("flow", "whisper").contains(&prompt) && waits("prompt", "music").contains(&object));
    assert_eq!(waits("recording", "music"), BTreeSet::from([bucket]));
    assert_eq!(waits("prompt", "hello"), BTreeSet::from([Address::new("instance", "main")]), "an object needs no bucket");
    let keys: Vec<&str> = graph.nodes.keys().filter(|address| address.kind() == "recording").map(Address::name).collect();
    assert_eq!(keys, ["again", "music"]);
}

#[test]
fn domains_wait_for_stages_and_callers_keys() {
    let graph = from_yaml("dev");
    let needs = |kind: &str| graph.dependencies(&Address::new(kind, "main"));
    assert!(needs("mapping").contains(&Address::new("usage_plan", "main")));
    assert!(needs("usage_plan").contains(&Address::new("stage", "main")));
    assert!(needs("stage").contains(&Address::new("permission", "api-get")));
}
