//! Lifecycles of entries: all resources of an entry, and renames that change nothing but addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use deployer_engine::{Address, Graph, PropertyPath};
use deployer_stack::{BuildInputs, Problem, from_spec};
use serde_json::{Value, json};

use crate::spec_and_rust::file;

/// Returns the graph of a spec with flows that name what can be named.
fn try_graph(text: &str, environment: &str, keys: &[&str]) -> Result<Graph, Vec<Problem>> {
    let spec = deployer_spec::load(Path::new("spec.yaml"), text, environment).unwrap_or_else(|faults| panic!("{faults}"));
    let names = spec.connect.iter().flat_map(|connect| connect.flows.keys().map(ToString::to_string)).collect::<Vec<_>>();
    let modules = spec.connect.iter().flat_map(|connect| connect.modules.keys().map(ToString::to_string));
    let named = json!({"Actions": [keys.iter().map(|key| format!("${{{key}}}")).collect::<Vec<_>>()]});
    let inputs = BuildInputs {
        account: "111122223333".into(),
        region: "us-east-1".into(),
        flows: names.into_iter().map(|name| (name, named.clone())).collect(),
        modules: modules.map(|name| (name, json!({"Actions": []}))).collect(),
        recordings: BTreeMap::from([("hello".to_owned(), "digest".to_owned()), ("hi".to_owned(), "digest".to_owned())]),
        ..BuildInputs::default()
    };
    from_spec(&spec, &inputs)
}

fn graph(text: &str, environment: &str, keys: &[&str]) -> Graph {
    try_graph(text, environment, keys).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Returns the resources by address, with every reference replaced by `${address.output}`.
fn shown(graph: &Graph) -> Value {
    let nodes = graph.nodes.iter().map(|(address, node)| {
        let reference = |to: &deployer_engine::Reference| Some(json!(format!("${{{}.{}}}", to.address, to.output)));
        let properties = node.properties.resolve(&reference).value;
        (address.to_string(), json!([node.type_name, properties, node.depends_on, node.unchecked]))
    });
    Value::Object(nodes.collect())
}

/// A spec in which each `@` stands for the new or the old form of a key.
const TEMPLATE: &str = "
project: shop
environment: dev
provider: { embedded: {} }
state: { directory: .deployer/dev }
tables:
  @calls: { key: { partition: { id: S } }, indexes: { by_day: { partition: { day: S } } } }
functions:
  @look-up: { package: look, environment: { TABLE: \"${tables.@calls.name}\", FLOW: \"${connect.flows.@main.arn}\" }, grants: { @calls: read } }
  b-@look-up: { package: other }
connect:
  alias: shop
  functions: [@look-up]
  hours: { @office: { time_zone: UTC, open: { MONDAY: [08:00-18:00] } } }
  queues: { @help: { hours: @office, outbound_caller: { phone_number: @line } } }
  routing_profiles: { @agents: { default_outbound_queue: @help, queues: { @help: { VOICE: { priority: 1 } } } } }
  users: { @ada: { first_name: A, last_name: B, security_profiles: [Agent], routing_profile: @agents, password: { generate: true } } }
  phone_numbers: { @line: { country: US, type: TOLL_FREE, flow: @main, release: true } }
  prompts: { @hello: { file: hello.wav } }
  bots: { @robot: { alias_arn: \"arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/TSTALIASID\" } }
  modules: { @ask: { file: ask.json } }
  flows: { @main: { file: main.json } }
api:
  routes: { GET /: @look-up, GET /other: b-@look-up }
";

/// The renamed entries: section, old and new key.
const RENAMED: &[(&str, &str, &str)] = &[
    ("tables", "calls", "talks"),
    ("functions", "look-up", "find"),
    ("connect.hours", "office", "open"),
    ("connect.queues", "help", "support"),
    ("connect.routing_profiles", "agents", "people"),
    ("connect.users", "ada", "bea"),
    ("connect.phone_numbers", "line", "hotline"),
    ("connect.prompts", "hello", "hi"),
    ("connect.bots", "robot", "adviser"),
    ("connect.modules", "ask", "inquire"),
    ("connect.flows", "main", "entry"),
];

/// A renamed entry makes the same resources under new addresses: with the same names, ARNs, statements and keys of objects.
#[test]
fn renames_change_nothing_but_addresses() {
    let before = TEMPLATE.replace("b-@look-up", "b-look-up").replace('@', "");
    let mut after = TEMPLATE.replace("b-@look-up", "b-look-up");
    for (_, old, new) in RENAMED {
        after = after.replace(&format!("@{old}"), new);
    }
    after.push_str("lifecycle:\n");
    for (section, old, new) in RENAMED {
        after.push_str(&format!("  {section}.{new}: {{ renamed_from: [elsewhere, {old}] }}\n"));
    }
    let flow = |queue: &str, prompt: &str, function: &str| {
        [format!("connect.queues.{queue}.arn"), format!("connect.prompts.{prompt}.id"), format!("functions.{function}.arn")]
    };
    let (old_flow, new_flow) = (flow("help", "hello", "look-up"), flow("support", "hi", "find"));
    let old = graph(&before, "dev", &old_flow.iter().map(String::as_str).collect::<Vec<_>>());
    let new = graph(&after, "dev", &new_flow.iter().map(String::as_str).collect::<Vec<_>>());
    let mut expected = shown(&old).to_string();
    let mut moved = Vec::new();
    for (to, lifecycle) in &new.lifecycles {
        let from = lifecycle.renamed_from.last().expect("each is renamed");
        assert!(old.nodes.contains_key(from), "{to} was {from}, which did not exist");
        for end in ["\"", "."] {
            expected = expected.replace(&format!("\"{from}{end}"), &format!("\"{to}{end}"));
            expected = expected.replace(&format!("${{{from}{end}"), &format!("${{{to}{end}"));
        }
        moved.push(to.as_str());
    }
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    assert_eq!(serde_json::to_string_pretty(&shown(&new)).ok(), serde_json::to_string_pretty(&expected).ok());
    // The instance, its log group, the other function and its role, log group and permission, and what the API consists of.
    let stay = new.nodes.keys().filter(|address| old.nodes.contains_key(*address)).count();
    assert_eq!(moved.len() + stay, new.nodes.len());
    assert_eq!(
        moved,
        [
            "association.find",
            "bot.adviser",
            "flow.entry",
            "function.find",
            "hours.open",
            "log_group.find",
            "module.inquire",
            "permission.api-find",
            "permission.connect-find",
            "phone_number.hotline",
            "phone_number_flow.hotline",
            "prompt.hi",
            "queue.support",
            "recording.hi",
            "role.find",
            "routing_profile.people",
            "table.talks",
            "user.bea"
        ]
    );
}

/// Every resource of the spec with all keys belongs to an entry, except what several entries share, what links them, what is nested deeper
/// in a section, and what is only used.
#[test]
fn every_resource_belongs_to_an_entry() {
    let text = file("deployer/docs/everything.yaml");
    let plain = text.split("\nlifecycle:").next().unwrap_or_default().to_owned();
    let mut protected = format!("{plain}\nlifecycle:\n");
    for entry in entries(&deployer_flow::yaml::parse(&plain, 24, 1 << 20).expect("YAML")) {
        protected.push_str(&format!("  {entry}: {{ protect: true }}\n"));
    }
    let graph = graph(&protected, "everything", &[]);
    let outside: BTreeSet<&str> =
        graph.nodes.keys().filter(|address| !graph.lifecycles.contains_key(*address)).map(Address::kind).collect();
    assert_eq!(
        outside,
        BTreeSet::from([
            "association",
            "bucket",
            "default_vocabulary",
            "hierarchy",
            "hierarchy_group",
            "hours_override",
            "permission",
            "zone",
        ]),
        "name the new kinds in stack/src/lifecycle.rs"
    );
}

/// Returns the entries that a user would name: `tables.X`, `functions.X`, `connect`, `connect.SECTION.X`, `api`.
fn entries(root: &deployer_flow::yaml::Node) -> Vec<String> {
    use deployer_flow::yaml::{Node, Value};
    let is_map = |node: &Node| matches!(node.value, Value::Map(_));
    let mut all = vec!["connect".to_owned(), "api".to_owned()];
    for section in ["tables", "functions"] {
        all.extend(root.get(section).into_iter().flat_map(Node::members).map(|(key, ..)| format!("{section}.{key}")));
    }
    for (section, _, node) in root.get("connect").into_iter().flat_map(Node::members) {
        if is_map(node) && node.members().all(|(_, _, entry)| is_map(entry)) {
            all.extend(node.members().map(|(key, ..)| format!("connect.{section}.{key}")));
        }
    }
    all
}

#[test]
fn mistakes_are_named_with_their_place() {
    let text = |lifecycle: &str| format!("{}lifecycle: {{ {lifecycle} }}\n", TEMPLATE.replace('@', ""));
    for (lifecycle, message, help) in [
        ("log_group.look-upp: { retain: true }", "the spec makes no resource `log_group.look-upp`", "log_group.look-up"),
        ("functions.look-up: { ignore_changes: [memory] }", "there is no property `memory` here", "memory_mb"),
        ("tables.calls: { ignore_changes: [tag] }", "there is no property `tag` here", "tags"),
        ("functions.look-up: { ignore_changes: [name] }", "`name` says which resource it is", ""),
        ("connect.queues.help: { ignore_changes: [instance_id] }", "`instance_id` says which resource it is", ""),
        ("tables.calls: { ignore_changes: [\"tags.deployer:address\"] }", "says to whom the resource belongs", ""),
    ] {
        let problems = try_graph(&text(lifecycle), "dev", &[]).expect_err(lifecycle);
        let [Problem::Lifecycle(fault)] = problems.as_slice() else { panic!("{lifecycle}: {problems:?}") };
        assert!(fault.message.contains(message), "{lifecycle}: {}", fault.message);
        assert!(help.is_empty() || fault.did_you_mean.as_deref() == Some(help), "{lifecycle}: {:?}", fault.did_you_mean);
        assert!(fault.span.line > 20, "{lifecycle}: {:?}", fault.span);
    }
}

#[test]
fn ignored_properties_are_those_of_the_resources() {
    let text = format!(
        "{}tags: {{ team: a, cost: b }}\nlifecycle:\n  functions.look-up: {{ ignore_changes: [memory_mb, environment.TABLE, retention_days] }}\n  \
         tables.calls: {{ ignore_changes: [tags] }}\n  connect.queues.help: {{ ignore_changes: [tags.a.b] }}\n",
        TEMPLATE.replace('@', "")
    );
    let graph = graph(&text, "dev", &[]);
    let ignored = |address: &str| -> Vec<String> {
        let address = Address::parse(address).expect("an address");
        graph.lifecycles.get(&address).into_iter().flat_map(|found| &found.ignore_changes).map(PropertyPath::to_string).collect()
    };
    assert_eq!(ignored("function.look-up"), ["environment.TABLE", "memory_mb"]);
    assert_eq!(ignored("log_group.look-up"), ["retention_days"]);
    assert_eq!(ignored("role.look-up"), Vec::<String>::new());
    // Not those that name the owner; and what follows the first dot is one key.
    assert_eq!(ignored("table.calls"), ["tags.cost", "tags.team"]);
    let queue = Address::parse("queue.help").expect("an address");
    let key = PropertyPath(vec!["tags".to_owned(), "a.b".to_owned()]);
    assert_eq!(graph.lifecycles.get(&queue).map(|found| &found.ignore_changes), Some(&BTreeSet::from([key])));
}
