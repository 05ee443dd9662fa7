//! Which keys of the spec have methods.

use std::collections::BTreeSet;

use deployer_app::{
    Api, Architecture, Auth, Certificate, Channel, Day, Encryption, FlowType, Function, Index, Instance, InstanceAttribute,
    KeyType, Period, PhoneNumberType, StorageKind, Table, TransferTo,
};
use serde_json::{Value, json};

use crate::support::app;

/// Keys that `set` or `declare` sets, because there is no method.
const WITHOUT_METHOD: &[&str] = &[
    "connect.bots.NAME.existing",
    "connect.flows.NAME.state",
    "connect.modules.NAME.state",
    "connect.queues.NAME.enabled",
    "connect.users.NAME.hierarchy_group",
    "functions.NAME.log_format",
    "functions.NAME.log_level",
    "functions.NAME.system_log_level",
    "functions.NAME.vpc",
];
/// Sections of `connect` that only `declare` and `document` have.
const DECLARED: &[&str] = &[
    "agent_statuses",
    "evaluation_forms",
    "predefined_attributes",
    "rules",
    "security_profiles",
    "task_templates",
    "user_hierarchy",
    "views",
    "vocabularies",
];

/// Adds the paths of keys with an entry's name as NAME, down to the keys of entries.
fn paths(schema: &Value, path: &str, depth: usize, found: &mut BTreeSet<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        // `Instance::existing` is instead of `Instance::new`.
        if path == "connect" && (name == "existing" || DECLARED.contains(&name.as_str())) || path == "connect.storage" {
            continue;
        }
        found.insert(below(name));
        if depth > 0 {
            paths(inner, &below(name), depth - 1, found);
        }
    }
    if schema["additionalProperties"].is_object() && depth > 0 {
        paths(&schema["additionalProperties"], &below("NAME"), depth - 1, found);
    }
}

/// Declares something with every method.
fn everything(app: &deployer_app::App) {
    let stack = app.stack();
    let index = Index::with_key("day", KeyType::String).sort_key("at", KeyType::Number).keys_only();
    let table = Table::with_key(stack, "calls", "id", KeyType::String).sort_key("at", KeyType::Number).index("by_day", index);
    let table = table.ttl("expires").point_in_time_recovery(true).deletion_protection(false).encryption(Encryption::AwsManaged);
    let get = Function::cargo_package(stack, "get", "lookup").description("Looks up").memory_mb(256).ephemeral_storage_mb(1024);
    let get =
        get.timeout_seconds(8).log_retention_days(30).reserved_concurrency(5).tracing(true).architecture(Architecture::Arm64);
    let get = get.dead_letter("arn:aws:sqs:us-east-1:111122223333:failed").environment("TABLE", table.name());
    let get = get.secret("TOKEN", "SHOP_TOKEN").layer("arn:aws:lambda:us-east-1:111122223333:layer:tracing:7");
    get.allow(["sns:Publish"], ["arn:aws:sns:us-east-1:111122223333:calls"]);
    table.grant_read(&get);
    table.grant_write(&get);
    let _report = Function::directory(stack, "report", "report", "python3.13", "app.handler").build("true");
    let legacy = Function::existing(stack, "legacy", "legacy-get");
    let instance = Instance::new(stack, "shop-dev").inbound_calls(true).outbound_calls(true).deletion_protection(false);
    let instance = instance.flow_logs(true).flow_log_retention_days(30).prompts_bucket("shop-prompts");
    let attributes = InstanceAttribute::ALL.iter().filter(|attribute| **attribute != InstanceAttribute::FlowLogs);
    let instance = attributes.fold(instance, |instance, attribute| instance.attribute(*attribute, true));
    instance.associate(&get);
    instance.associate(&legacy);
    instance.store_in_s3(StorageKind::CallRecordings, "shop-calls", "calls");
    let prompt = instance.prompt("hello", "hello.wav").name("Hello").description("Says hello");
    let _music = instance.prompt_from_s3("music", "s3://shop-voices/music.wav");
    instance.bot("orders", "arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/ABCDEFGHIJ");
    let hours = instance.hours("office", "Europe/Berlin").name("Office").description("Open").closed_on("christmas", "2026-12-25");
    let hours = hours.open_on_weekdays(["08:00-18:00"]).open(Day::Saturday, ["09:00-12:00"]);
    let end = json!({"Version": "2019-10-30", "StartAction": "bye", "Actions": [
        {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]});
    let main = instance.flow("main", end.clone()).name("Main").description("Answers").only_saved();
    let whisper = instance.flow("whisper", end.clone()).flow_type(FlowType::OutboundWhisper);
    let _module = instance.module("menu", end).name("Menu").description("A menu");
    let number = instance.phone_number("hotline", PhoneNumberType::TollFree, "US").prefix("+1800").description("The hotline");
    let number = number.number("+18005550100").release(true).answered_by(&main);
    let queue = instance.queue("support", &hours).name("Support").description("People").max_contacts(50);
    let queue = queue.caller_number(&number).whisper(&whisper);
    let profile = instance.routing_profile("agents", &queue).name("Agents").description("Agents").concurrency(Channel::Chat, 2);
    let profile = profile.serves(&queue, Channel::Voice, 1);
    let user = instance.user("ada", "Ada", "Lovelace", &profile).username("ada.l").email("ada@voice.example");
    let user = user.security_profile("Agent").password_from("ADA_PASSWORD").desk_phone("+18005550101");
    let quick = instance.quick_connect("ada", &TransferTo::User(&user)).name("Ada").description("Ada");
    let transfer = instance.flow_from_file("transfer", "transfer.json").flow_type(FlowType::AgentTransfer);
    queue.offer(&quick.flow(&transfer));
    let _ = (prompt.arn(), user.arn(), instance.id());
    instance.declare("agent_statuses", "lunch", json!({}));
    let api = Api::new(stack).description("Reads").stage_name("v1").timeout_ms(20_000).tracing(true).throttling(10.0, 20);
    let api = api.quota(100, Period::Day).domain("api.voice.example", Certificate::self_signed().with("validity_days", 90));
    api.route("GET", "/", &get).route_with_auth("GET", "/calls", &get, Auth::ApiKey);
}

#[test]
fn every_key_has_a_method_or_is_listed() {
    let app = app();
    everything(&app);
    let sections = Value::Object(app.assembly().sections);
    let (schema, mut wanted, mut known) = (deployer_spec::schema(), BTreeSet::new(), BTreeSet::new());
    for (section, depth) in [("tables", 1), ("functions", 1), ("connect", 2), ("api", 0)] {
        paths(&schema["properties"][section], section, depth, &mut wanted);
    }
    set_keys(&sections, "", &schema, &mut known);
    let without: BTreeSet<&str> = wanted.iter().filter(|path| !known.contains(*path)).map(String::as_str).collect();
    let listed: BTreeSet<&str> = WITHOUT_METHOD.iter().copied().collect();
    assert_eq!(without, listed);
}

/// Adds the paths of keys that are set, with names of entries as NAME.
fn set_keys(value: &Value, path: &str, schema: &Value, found: &mut BTreeSet<String>) {
    for (name, inner) in value.as_object().into_iter().flatten() {
        let own = &schema["properties"][name];
        let step = if own.is_null() { "NAME" } else { name };
        let path = if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
        let below = if own.is_null() { &schema["additionalProperties"] } else { own };
        found.insert(path.clone());
        set_keys(inner, &path, below, found);
    }
}

#[test]
fn everything_at_once_is_a_sound_stack() {
    let app = app();
    everything(&app);
    app.graph().unwrap_or_else(|errors| panic!("{errors}"));
}
