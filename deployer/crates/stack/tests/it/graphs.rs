//! Compares the graphs of the shipped specs, of `docs/everything.yaml` and of bootstrap with recorded ones: types, property names and
//! values are what state, plan and review read. `UPDATE=1 cargo test -p deployer-stack` records them.

use std::collections::BTreeMap;
use std::path::Path;

use deployer_engine::Graph;
use deployer_stack::bootstrap::{Bootstrap, Pipeline, StateFolder};
use deployer_stack::{BuildInputs, Settings, from_spec};
use serde_json::{Value, json};

use crate::spec_and_rust::{AROUND, file, shipped};

/// Returns the resources by address, with every reference replaced by `${address.output}`.
fn shown(graph: &Graph) -> Value {
    let nodes = graph.nodes.iter().map(|(address, node)| {
        let reference = |to: &deployer_engine::Reference| Some(json!(format!("${{{}.{}}}", to.address, to.output)));
        let shown = json!({
            "type": node.type_name,
            "properties": node.properties.resolve(&reference).value,
            "after": node.depends_on,
            "unchecked": node.unchecked,
        });
        (address.to_string(), shown)
    });
    Value::Object(nodes.collect())
}

fn graph(text: &str, environment: &str) -> Graph {
    let spec = deployer_spec::load(Path::new("spec.yaml"), text, environment).expect("the spec is good");
    let flow = |name: &str, content: Value| (name.to_owned(), content);
    let named = json!({"Actions": [{"Parameters": {
        "LambdaFunctionARN": "${functions.lookup.arn}", "QueueId": "${connect.queues.support.arn}",
        "PromptId": "${connect.prompts.greeting.id}", "HoursOfOperationId": "${connect.hours.office.arn}",
        "FlowModuleId": "${connect.modules.identify.arn}", "LexV2Bot": {"AliasArn": "${connect.bots.helper.arn}"},
        "Text": "${project} ${environment} ${region} ${account} ${tables.calls.name} ${connect.id} ${connect.alias} $${plain} \
                 ${connect.routing_profiles.agents.id} ${connect.phone_numbers.main.number} ${api.url} ${api.id} ${api.stage} \
                 ${api.domain} ${api.execution_arn}",
    }}]});
    let vanity = serde_json::from_str(&file("flows/vanity.json")).expect("the shipped flow is JSON");
    let circular = json!({"Actions": [{"Parameters": {"AgentId": "${connect.users.ada.arn}"}}]});
    let whisper = if environment == "everything" { json!({"Actions": []}) } else { circular };
    let digest = |name: &str| (name.to_owned(), format!("digest of {name}"));
    let inputs = BuildInputs {
        account: "111122223333".into(),
        region: "us-east-1".into(),
        code_sha256: BTreeMap::from(["convert", "get", "lookup", "greeter", "compiled", "packed"].map(digest)),
        secrets: BTreeMap::from([(("lookup".into(), "API_TOKEN".into()), "digest of the secret".into())]),
        passwords: BTreeMap::from([digest("agent")]),
        recordings: BTreeMap::from(["greeting", "music", "again"].map(digest)),
        certificate: Default::default(),
        flows: BTreeMap::from([flow("vanity", vanity), flow("main", named), flow("whisper", whisper)]),
        modules: BTreeMap::from([flow(
            "identify",
            json!({"Actions": ["${tables.calls.arn}"], "Settings": {"Transitions": [{"ReferenceName": "Found"}]}}),
        )]),
        documents: BTreeMap::from([
            flow("views.caller", json!({"Template": {"Head": {}}, "Actions": ["Next"]})),
            flow("task_templates.callback", json!({"Fields": []})),
            flow("evaluation_forms.quality", json!({"Items": []})),
            flow("rules.review", json!({"Function": {"FormId": "${connect.evaluation_forms.quality.id}"}})),
        ]),
        existing: None,
        ..BuildInputs::default()
    };
    from_spec(&spec, &inputs).expect("every reference names something")
}

fn bootstrap() -> Bootstrap {
    let mut settings = Settings::new("shop", "dev", "111122223333", "us-east-1");
    settings.tags = BTreeMap::from([("team".into(), "a".into())]);
    let policy = |action: &str| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action}]});
    Bootstrap {
        settings,
        bucket: Some(StateFolder { bucket: "states".into(), prefix: "shop/dev/".into() }),
        pipeline: Some(Pipeline {
            repository: "example/shop".into(),
            plan: vec![policy("a:Get")],
            apply: vec![policy("a:Put"), policy("b:Put")],
            boundary: policy("*"),
        }),
    }
}

/// Compares `graph` with the recorded one, or records it.
fn assert_recorded(name: &str, graph: &Graph) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graphs").join(format!("{name}.json"));
    let seen = shown(graph);
    let recorded: Value =
        std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    if std::env::var_os("UPDATE").is_some() && seen != recorded {
        return std::fs::write(&path, format!("{seen:#}\n")).expect("the recorded graph can be written");
    }
    for address in seen.as_object().into_iter().chain(recorded.as_object()).flat_map(|nodes| nodes.keys()) {
        assert_eq!(seen[address], recorded[address], "{address} of {name} differs from {}", path.display());
    }
}

#[test]
fn graphs_of_specs_are_the_recorded_ones() {
    for name in ["local", "dev", "prod"] {
        assert_recorded(name, &graph(&shipped(name), name));
    }
    assert_recorded("everything", &graph(&file("deployer/docs/everything.yaml"), "everything"));
    assert_recorded("cyclic", &graph(AROUND, "dev"));
}

#[test]
fn graphs_of_bootstrap_are_the_recorded_ones() {
    assert_recorded("bootstrap", &bootstrap().graph());
    assert_recorded("bootstrap_removal", &bootstrap().removal_graph());
}
