//! Inventory of the resources that exist in the account, whatever any state file says.

use std::collections::BTreeMap;

use deployer_emulator::AccountState;
use deployer_engine::Graph;
use serde_json::{Map, Value};

use crate::specs::DesiredSpec;
use crate::store::BUCKET;

/// A resource that exists in the account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveResource {
    /// Resource type.
    pub type_name: &'static str,
    /// ID in AWS.
    pub id: String,
    /// ID of the parent, for resources without tags of their own.
    pub parent: Option<String>,
    /// Its tags, or those of its parent.
    pub tags: BTreeMap<String, String>,
    /// All other properties, to detect changes.
    pub details: String,
}

impl LiveResource {
    /// Whether its tags say that it belongs to this project and environment.
    pub fn belongs_to(&self, wanted: &DesiredSpec) -> bool {
        let is = |tag: &str, value: &str| self.tags.get(tag).is_some_and(|found| found == value);
        is("deployer:project", &wanted.project) && is("deployer:environment", &wanted.environment)
    }

    /// Returns the address in its own tags; `None` for resources without tags of their own.
    pub fn address(&self) -> Option<&str> {
        self.parent.is_none().then(|| self.tags.get("deployer:address").map(String::as_str)).flatten()
    }
}

/// Returns all resources in an account that exist and are not being deleted.
pub fn inventory(world: &AccountState) -> Vec<LiveResource> {
    let world = json_of(world);
    let mut things = Vec::new();
    for (id, role) in each(&world["iam"]["roles"]) {
        things.push(thing("iam.role", id, role));
    }
    for (id, group) in each(&world["logs"]["groups"]) {
        things.push(thing("logs.group", id, group));
    }
    for (id, table) in each(&world["dynamodb"]["tables"]).filter(|(_, table)| table["way"].get("Deleting").is_none()) {
        things.push(thing("dynamodb.table", id, table));
    }
    for (id, function) in each(&world["lambda"]["functions"]).filter(|(_, function)| function["deleted_at"].is_null()) {
        functions(&mut things, id, function);
    }
    for (id, certificate) in each(&world["acm"]["certificates"]) {
        things.push(thing("acm.certificate", id, certificate));
    }
    for (id, api) in each(&world["apigateway"]["apis"]) {
        let whole = thing("apigateway.rest_api", id, api);
        children(&mut things, &whole, "apigateway.deployment", &api["deployments"]);
        children(&mut things, &whole, "apigateway.stage", &api["stages"]);
        things.push(whole);
    }
    for (id, key) in each(&world["apigateway"]["keys"]) {
        things.push(thing("apigateway.api_key", id, key));
    }
    for (id, plan) in each(&world["apigateway"]["plans"]) {
        things.push(thing("apigateway.usage_plan", id, plan));
    }
    for (id, domain) in each(&world["apigateway"]["domains"]) {
        let whole = thing("apigateway.domain_name", id, domain);
        children(&mut things, &whole, "apigateway.base_path_mapping", &domain["mappings"]);
        things.push(whole);
    }
    // A state bucket is not a resource.
    for (name, bucket) in each(&world["s3"]["buckets"]).filter(|(_, bucket)| !bucket["tags"]["deployer:project"].is_null()) {
        buckets(&mut things, name, bucket);
    }
    for (id, instance) in each(&world["connect"]["instances"]).filter(|(_, instance)| instance["gone_at"].is_null()) {
        instances(&mut things, id, instance);
    }
    for (id, number) in each(&world["connect"]["numbers"]).filter(|(_, number)| number["failure"].is_null()) {
        numbers(&mut things, id, number);
    }
    things.sort();
    things
}

/// Returns the account without the bucket of the state, whose contents are most of it and no resource.
fn json_of(world: &AccountState) -> Value {
    let mut world = world.clone();
    *world.s3 = world.s3.without(BUCKET);
    serde_json::to_value(world).unwrap_or_default()
}

fn each(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// Transient members that the embedded AWS updates over time, independent of any request: the progress of a creation or update.
const PASSING: [&str; 3] = ["way", "previous", "busy_until"];

fn thing(type_name: &'static str, id: &str, value: &Value) -> LiveResource {
    let tags = each(&value["tags"]).filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    let mut lasting = value.clone();
    if let Some(members) = lasting.as_object_mut() {
        members.retain(|name, _| !PASSING.contains(&name.as_str()));
    }
    LiveResource { type_name, id: id.to_owned(), parent: None, tags, details: lasting.to_string() }
}

fn children(things: &mut Vec<LiveResource>, of: &LiveResource, type_name: &'static str, values: &Value) {
    for (id, value) in each(values) {
        let parent = Some(of.id.clone());
        things.push(LiveResource { type_name, id: id.clone(), parent, tags: of.tags.clone(), details: value.to_string() });
    }
}

fn functions(things: &mut Vec<LiveResource>, id: &str, function: &Value) {
    let whole = thing("lambda.function", id, function);
    for policy in each(&function["policies"]).map(|(_, policy)| policy) {
        for statement in policy["statements"].as_array().into_iter().flatten() {
            let id = statement["Sid"].as_str().or(statement["sid"].as_str()).unwrap_or_default();
            things.push(LiveResource {
                type_name: "lambda.permission",
                id: id.to_owned(),
                parent: Some(whole.id.clone()),
                tags: whole.tags.clone(),
                details: statement.to_string(),
            });
        }
    }
    things.push(whole);
}

/// Adds the instance and its contents. An instance comes with flows of Connect's own, which have no tags.
fn instances(things: &mut Vec<LiveResource>, id: &str, instance: &Value) {
    let (whole, instance_id) = (thing("connect.instance", id, &without_listed(instance)), id);
    for (id, flow) in each(&instance["flows"]) {
        let content = flow["published"].to_string();
        let flow = thing("connect.contact_flow", id, flow);
        // A flow in a cycle has its final content once it transfers calls.
        if !flow.tags.is_empty() && content.contains("TransferToFlow") {
            let (parent, tags) = (Some(flow.id.clone()), flow.tags.clone());
            things.push(LiveResource {
                type_name: "connect.flow_content",
                id: flow.id.clone(),
                parent,
                tags,
                details: String::new(),
            });
        }
        if !flow.tags.is_empty() {
            things.push(flow);
        }
    }
    // An agent status cannot be deleted; one that was given up is nobody's.
    let tagged = |value: &Value| each(&value["tags"]).next().is_some() && value["tags"]["deployer:given-up"].is_null();
    for (id, resource) in each(&instance["resources"]).filter(|(_, resource)| tagged(resource)) {
        let whole = thing(kind(resource["kind"].as_str().unwrap_or_default()), id, resource);
        for (own, one) in each(&resource["details"]["Hours"]["overrides"]) {
            let (parent, tags, details) = (Some(format!("{instance_id}/{id}")), whole.tags.clone(), one.to_string());
            things.push(LiveResource { type_name: "connect.hours_override", id: own.clone(), parent, tags, details });
        }
        things.extend(offers(&instance["resources"], &whole));
        things.push(whole);
    }
    if instance["levels"].as_array().is_some_and(|levels| !levels.is_empty()) {
        let (parent, tags) = (Some(whole.id.clone()), whole.tags.clone());
        let (id, details) = (whole.id.clone(), instance["levels"].to_string());
        things.push(LiveResource { type_name: "connect.hierarchy_structure", id, parent, tags, details });
    }
    let members = [("connect.module", "modules"), ("connect.test_case", "test_cases"), ("connect.vocabulary", "vocabularies")];
    for (type_name, member) in members {
        let wanted = |(_, value): &(&String, &Value)| tagged(value) && value["gone_at"].is_null();
        things.extend(each(&instance[member]).filter(wanted).map(|(id, value)| thing(type_name, id, value)));
    }
    children(things, &whole, "connect.storage", &instance["storage"]);
    children(things, &whole, "connect.default_vocabulary", &instance["default_vocabularies"]);
    children(things, &whole, "connect.predefined_attribute", &instance["predefined_attributes"]);
    for bot in instance["bots"].as_array().into_iter().flatten() {
        let id = bot["Alias"].as_str().map_or_else(|| bot.to_string(), str::to_owned);
        let (parent, tags, details) = (Some(whole.id.clone()), whole.tags.clone(), bot.to_string());
        things.push(LiveResource { type_name: "connect.bot", id, parent, tags, details });
    }
    for arn in instance["functions"].as_array().into_iter().flatten() {
        let id = arn.as_str().unwrap_or_default().to_owned();
        things.push(LiveResource {
            type_name: "connect.lambda_association",
            id,
            parent: Some(whole.id.clone()),
            tags: whole.tags.clone(),
            details: String::new(),
        });
    }
    things.push(whole);
}

/// Returns the instance without what is listed as resources of their own, so that its details change only with itself and with what comes
/// with it.
fn without_listed(instance: &Value) -> Value {
    let mut own = instance.clone();
    if let Some(members) = own.as_object_mut() {
        members.retain(|name, _| !["bots", "functions", "storage", "bot_tokens", "function_tokens"].contains(&name.as_str()));
    }
    for section in ["flows", "modules", "resources", "test_cases"] {
        let untagged = |value: &Value| each(&value["tags"]).next().is_none();
        own[section].as_object_mut().into_iter().for_each(|all| all.retain(|_, value| untagged(value)));
    }
    own
}

/// Returns the quick connects that a queue offers, if it offers any that exist.
fn offers(resources: &Value, queue: &LiveResource) -> Option<LiveResource> {
    let details = &resources[&queue.id]["details"]["Queue"]["quick_connects"];
    let mut offered = details.as_array()?.iter().filter_map(Value::as_str);
    offered.any(|id| !resources[id].is_null()).then(|| LiveResource {
        type_name: "connect.queue_quick_connects",
        id: queue.id.clone(),
        parent: Some(queue.id.clone()),
        tags: queue.tags.clone(),
        details: details.to_string(),
    })
}

/// Returns the resource type of a kind of resource in an instance.
fn kind(kind: &str) -> &'static str {
    match kind {
        "Hours" => "connect.hours_of_operation",
        "Queue" => "connect.queue",
        "RoutingProfile" => "connect.routing_profile",
        "SecurityProfile" => "connect.security_profile",
        "Prompt" => "connect.prompt",
        "User" => "connect.user",
        "QuickConnect" => "connect.quick_connect",
        "HierarchyGroup" => "connect.hierarchy_group",
        "AgentStatus" => "connect.agent_status",
        "View" => "connect.view",
        "TaskTemplate" => "connect.task_template",
        "EvaluationForm" => "connect.evaluation_form",
        "Rule" => "connect.rule",
        // No spec wants one, so it is detected.
        _ => "connect.unknown",
    }
}

/// Adds a bucket, and the objects in it with an owner in their metadata.
fn buckets(things: &mut Vec<LiveResource>, name: &str, bucket: &Value) {
    for (key, versions) in each(&bucket["objects"]) {
        // Panics on another form of the state: an inventory without objects would prove nothing.
        let newest = each(versions).max_by_key(|(number, _)| number.parse::<u64>().expect("versions are numbered"));
        let (_, newest) = newest.expect("a key has a version");
        let headers = &newest["object"]["headers"];
        let mark = |tag: &str| {
            let value = headers[format!("x-amz-meta-deployer-{tag}")].as_str()?;
            Some((format!("deployer:{tag}"), value.to_owned()))
        };
        let tags: BTreeMap<String, String> = ["project", "environment", "address"].into_iter().filter_map(mark).collect();
        let details = newest["object"]["etag"].to_string();
        things.push(LiveResource { type_name: "s3.object", id: format!("{name}/{key}"), parent: None, tags, details });
    }
    let mut empty = bucket.clone();
    empty["objects"] = Value::Null;
    things.push(thing("s3.bucket", name, &empty));
}

fn numbers(things: &mut Vec<LiveResource>, id: &str, number: &Value) {
    let whole = thing("connect.phone_number", id, number);
    if let Some(flow) = number["flow"].as_str() {
        let (parent, tags) = (Some(whole.id.clone()), whole.tags.clone());
        things.push(LiveResource {
            type_name: "connect.phone_number_flow",
            id: flow.to_owned(),
            parent,
            tags,
            details: String::new(),
        });
    }
    things.push(whole);
}

/// Returns the number of resources of each type.
pub fn counts(things: &[LiveResource]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for thing in things {
        *counts.entry(thing.type_name).or_default() += 1;
    }
    counts
}

/// Returns the number of resources of each type in a graph.
pub fn wanted_counts(graph: &Graph) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for node in graph.nodes.values() {
        *counts.entry(node.type_name.as_str()).or_default() += 1;
    }
    counts
}
