//! Every resource type against the embedded AWS: created, read back without a difference, found, changed, deleted.

mod contact_center;
mod dns;
mod existing;
mod numbers;
mod owners;
mod parts;
mod pipeline;
mod prompts;
mod recorded;
mod refusals;
mod runs;
mod transfer;
mod workspace;

use deployer_engine::{ErrorClass, Lookup};
use serde_json::{Value, json};

use crate::support::world::{ACCOUNT, REGION, TestCloud, TestResource, code, tags};

fn changed_tags(address: &str) -> Value {
    let mut tags = tags(address);
    tags.as_object_mut().expect("a map").remove("team");
    tags["stage"] = "live".into();
    tags
}

async fn role(world: &TestCloud) -> TestResource {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let table = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/shop-dev-numbers");
    let policies = json!({"table": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:GetItem"], "Resource": table}]}});
    let wanted = json!({"name": "shop-dev-convert", "description": "Runs convert.", "trust": trust, "policies": policies,
                        "tags": tags("role.convert")});
    world.make("iam.role", "role.convert", wanted).await
}

async fn function(world: &TestCloud, role: &TestResource) -> TestResource {
    let wanted = json!({
        "name": "shop-dev-convert", "description": "", "role_arn": role.output("arn"), "runtime": "provided.al2023",
        "handler": "bootstrap", "architecture": "x86_64", "memory_mb": 128, "ephemeral_storage_mb": 512,
        "timeout_seconds": 8, "environment": {"TABLE": "shop-dev-numbers"}, "code_sha256": code("one"), "reserved_concurrency": null, "tracing": false,
        "code_s3": null, "layers": [], "vpc": null, "dead_letter_arn": null,
        "logging": {"format": "Text", "application_level": null, "system_level": null},
        "tags": tags("function.convert"),
    });
    world.make("lambda.function", "function.convert", wanted).await
}

async fn instance(world: &TestCloud) -> TestResource {
    let attributes = json!({"CONTACTFLOW_LOGS": true, "CONTACT_LENS": true, "AUTO_RESOLVE_BEST_VOICES": true, "EARLY_MEDIA": false,
                            "MULTI_PARTY_CONFERENCE": true, "MESSAGE_STREAMING": true});
    let wanted = json!({"alias": "shop-dev", "deletion_protection": true, "inbound_calls": true, "outbound_calls": false,
                        "attributes": attributes, "tags": tags("instance.main")});
    world.make("connect.instance", "instance.main", wanted).await
}

async fn api(world: &TestCloud, function: &TestResource) -> TestResource {
    let routes =
        json!({"GET /vanity-numbers/{phone}": {"function_arn": function.output("arn"), "timeout_ms": 5000, "auth": "api_key"}});
    let wanted = json!({"name": "shop-dev", "description": "Vanity numbers.", "routes": routes, "tags": tags("api.main")});
    world.make("apigateway.rest_api", "api.main", wanted).await
}

async fn deployment(world: &TestCloud, api: &TestResource) -> TestResource {
    world.make("apigateway.deployment", "deployment.main", json!({"rest_api_id": api.output("id"), "digest": "0a1b"})).await
}

async fn stage(world: &TestCloud, api: &TestResource, deployment: &TestResource) -> TestResource {
    let wanted = json!({"rest_api_id": api.output("id"), "name": "live", "deployment_id": deployment.output("id"), "description": "",
                        "tracing": false, "throttling": {"rate_limit": 10, "burst_limit": 20}, "tags": tags("stage.main")});
    world.make("apigateway.stage", "stage.main", wanted).await
}

#[tokio::test]
async fn role_with_policies() {
    let world = TestCloud::empty();
    let mut role = role(&world).await;
    let wanted = role.with(
        "policies",
        json!({"logs": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}}),
    );
    world.change(&mut role, wanted).await;
    let wanted = role.with("description", "");
    world.change(&mut role, wanted).await;
    let wanted = role.with("tags", changed_tags("role.convert"));
    world.change(&mut role, wanted).await;
    let again = world.make_again(&role).await.map_err(|error| error.class);
    assert_eq!(again.err(), Some(ErrorClass::AlreadyExists));
    assert!(matches!(world.find_as("role.other", &role).await, Lookup::Unowned { .. }));
    world.delete_and_verify(&role).await;
}

#[tokio::test]
async fn log_group_with_and_without_retention() {
    let world = TestCloud::empty();
    let wanted = json!({"name": "/aws/lambda/shop-dev-convert", "retention_days": 14, "tags": tags("log_group.convert")});
    let mut group = world.make("logs.group", "log_group.convert", wanted).await;
    let wanted = group.with("retention_days", Value::Null);
    world.change(&mut group, wanted).await;
    let wanted = group.with("tags", changed_tags("log_group.convert"));
    world.change(&mut group, wanted).await;
    world.delete_and_verify(&group).await;
}

#[tokio::test]
async fn table_with_all_and_with_no_options() {
    let world = TestCloud::empty();
    let wanted = json!({
        "name": "shop-dev-numbers", "attributes": {"phone": "S", "at": "N"}, "key": {"partition": "phone", "sort": null},
        "indexes": {"by-time": {"partition": "at", "sort": null, "projection": "KEYS_ONLY"}}, "encryption": "aws-managed",
        "point_in_time_recovery": true, "ttl_attribute": "expires", "deletion_protection": true, "tags": tags("table.numbers"),
    });
    let mut table = world.make("dynamodb.table", "table.numbers", wanted).await;
    let refused = world.delete(&table).await.map_err(|error| (error.class, error.help.unwrap_or_default()));
    assert!(refused.is_err_and(|(class, help)| class == ErrorClass::Invalid && help.contains("deletion_protection")));
    let mut wanted = table.with("deletion_protection", false);
    wanted["encryption"] = "aws-owned".into();
    wanted["indexes"] = json!({"by-day": {"partition": "day", "sort": "at", "projection": "ALL"}});
    wanted["attributes"] = json!({"phone": "S", "at": "N", "day": "S"});
    wanted["point_in_time_recovery"] = false.into();
    world.change(&mut table, wanted).await;
    let mut wanted = table.with("indexes", json!({}));
    wanted["attributes"] = json!({"phone": "S"});
    world.change(&mut table, wanted).await;
    let wanted = table.with("ttl_attribute", Value::Null);
    world.change(&mut table, wanted).await;
    world.delete_and_verify(&table).await;
}

#[tokio::test]
async fn function_waits_for_role_and_changes_by_parts() {
    let world = TestCloud::empty();
    let role = role(&world).await;
    let mut function = function(&world, &role).await;
    let mut wanted = function.with("environment", json!({}));
    wanted["memory_mb"] = 256.into();
    wanted["ephemeral_storage_mb"] = 1024.into();
    wanted["tracing"] = true.into();
    world.change(&mut function, wanted).await;
    let wanted = function.with("code_sha256", code("two"));
    world.change(&mut function, wanted).await;
    let mut wanted = function.with("layers", json!(["arn:aws:lambda:us-east-1:111122223333:layer:shared:3"]));
    wanted["runtime"] = "python3.13".into();
    wanted["handler"] = "app.handler".into();
    wanted["vpc"] = json!({"subnet_ids": ["subnet-01234567"], "security_group_ids": ["sg-01234567"]});
    wanted["dead_letter_arn"] = "arn:aws:sqs:us-east-1:111122223333:failed".into();
    wanted["logging"] = json!({"format": "JSON", "application_level": "DEBUG", "system_level": "WARN"});
    let before = function.with("runtime", "provided.al2023");
    world.change(&mut function, wanted).await;
    world.change(&mut function, before).await;
    let wanted = function.with("architecture", "arm64");
    world.change(&mut function, wanted).await;
    let wanted = function.with("tags", changed_tags("function.convert"));
    world.change(&mut function, wanted).await;
    world.delete_and_verify(&function).await;
    world.delete_and_verify(&role).await;
}

#[tokio::test]
async fn an_instance_its_function_and_its_flow() {
    let world = TestCloud::empty();
    let (role, mut instance) = (role(&world).await, instance(&world).await);
    let function = function(&world, &role).await;
    let permission = json!({"function_name": function.output("name"), "statement_id": "connect", "principal": "connect.amazonaws.com",
                            "source_arn": instance.output("arn"), "source_account": ACCOUNT, "of_existing_function": false});
    let permission = world.make("lambda.permission", "permission.convert", permission).await;
    let association = json!({"instance_id": instance.output("id"), "function_arn": function.output("arn")});
    let association = world.make("connect.lambda_association", "association.convert", association).await;
    let content = json!({"Version": "2019-10-30", "StartAction": "end", "Metadata": {"entryPointPosition": {"x": 1, "y": 2}},
        "Actions": [{"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]});
    let flow = json!({"instance_id": instance.output("id"), "name": "vanity", "type": "CONTACT_FLOW", "description": "Says numbers.",
                      "content": content, "status": "PUBLISHED", "state": "ACTIVE", "tags": tags("flow.vanity")});
    let mut flow = world.make("connect.contact_flow", "flow.vanity", flow).await;
    let mut wanted = flow.with("name", "vanity-numbers");
    wanted["content"]["StartAction"] = "bye".into();
    wanted["content"]["Actions"][0]["Identifier"] = "bye".into();
    wanted["tags"] = changed_tags("flow.vanity");
    world.change(&mut flow, wanted).await;
    let wanted = flow.with("state", "ARCHIVED");
    world.change(&mut flow, wanted).await;
    let mut wanted = flow.with("status", "SAVED");
    wanted["content"]["Actions"][0]["Identifier"] = "later".into();
    wanted["content"]["StartAction"] = "later".into();
    world.change(&mut flow, wanted).await;
    let wanted = flow.with("status", "PUBLISHED");
    world.change(&mut flow, wanted).await;
    let mut wanted = instance.with("deletion_protection", false);
    wanted["attributes"]["CONTACTFLOW_LOGS"] = false.into();
    wanted["outbound_calls"] = true.into();
    wanted["tags"] = changed_tags("instance.main");
    world.change(&mut instance, wanted).await;
    for made in [&flow, &association, &permission, &instance, &function, &role] {
        world.delete_and_verify(made).await;
    }
}

/// Returns a flow that transfers the caller to another one.
fn passing_on(to: &str) -> Value {
    json!({"Version": "2019-10-30", "StartAction": "pass", "Metadata": {}, "Actions": [
        {"Identifier": "pass", "Type": "TransferToFlow", "Parameters": {"ContactFlowId": to}, "Transitions": {
            "NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}], "Conditions": []}},
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]})
}

#[tokio::test]
async fn cyclic_flows_are_created_first_filled_later() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let mut made = Vec::new();
    for (name, address) in [("a", "flow.a"), ("b", "flow.b")] {
        let flow = json!({"instance_id": instance.output("id"), "name": name, "type": "CONTACT_FLOW", "description": "",
                          "content": null, "status": "PUBLISHED", "state": "ACTIVE", "tags": tags(address)});
        made.push(world.make("connect.contact_flow", address, flow).await);
    }
    let (one, two) = (&made[0], &made[1]);
    for (of, to, address) in [(one, two, "flow_content.a"), (two, one, "flow_content.b")] {
        let wanted = json!({"instance_id": instance.output("id"), "flow_id": of.output("id"), "content": passing_on(&to.output("arn")),
                            "status": "PUBLISHED"});
        let Lookup::Owned(live) = world.look("connect.flow_content", address, &wanted).await else {
            panic!("{address} is not found")
        };
        assert_ne!(live.properties["content"], wanted["content"]);
        let mut content = TestResource { type_name: "connect.flow_content", address, live };
        world.change(&mut content, wanted).await;
    }
    for flow in &made {
        world.delete_and_verify(flow).await;
    }
    world.delete_and_verify(&instance).await;
}

#[tokio::test]
async fn rejected_flow_error_lists_every_problem() {
    let world = TestCloud::empty();
    let instance = instance(&world).await;
    let flow = json!({"instance_id": instance.output("id"), "name": "vanity", "type": "CONTACT_FLOW", "description": "",
                      "content": {"Version": "2019-10-30", "StartAction": "nowhere", "Actions": []}, "status": "PUBLISHED",
                      "state": "ACTIVE", "tags": tags("flow.vanity")});
    let made = TestResource {
        type_name: "connect.contact_flow",
        address: "flow.vanity",
        live: deployer_engine::Live { id: deployer_engine::PhysicalId(String::new()), properties: flow, outputs: Value::Null },
    };
    let error = world.make_again(&made).await.expect_err("no such start action");
    assert_eq!((error.class, error.problems.is_empty()), (ErrorClass::Invalid, false), "{error}");
}

#[tokio::test]
async fn an_api_its_deployments_and_its_stage() {
    let world = TestCloud::empty();
    let role = role(&world).await;
    let function = function(&world, &role).await;
    let mut api = api(&world, &function).await;
    let source = format!("{}/*/GET/vanity-numbers/*", api.output("execution_arn"));
    let permission = json!({"function_name": function.output("name"), "statement_id": "api", "principal": "apigateway.amazonaws.com",
                            "source_arn": source, "source_account": null, "of_existing_function": false});
    let permission = world.make("lambda.permission", "permission.api", permission).await;
    let first = deployment(&world, &api).await;
    let mut stage = stage(&world, &api, &first).await;
    let mut wanted = api.with("description", "");
    wanted["routes"]["ANY /"] = json!({"function_arn": function.output("arn"), "timeout_ms": 29000, "auth": "iam"});
    wanted["tags"] = changed_tags("api.main");
    world.change(&mut api, wanted).await;
    let second = json!({"rest_api_id": api.output("id"), "digest": "2c3d"});
    let second = world.make("apigateway.deployment", "deployment.main", second).await;
    let mut wanted = stage.with("deployment_id", second.output("id"));
    wanted["throttling"] = Value::Null;
    wanted["tags"] = changed_tags("stage.main");
    let refused = world.delete(&first).await.map_err(|error| error.message);
    assert!(refused.is_err_and(|message| message.contains("live")));
    world.change(&mut stage, wanted).await;
    for made in [&first, &stage, &second, &permission, &api, &function, &role] {
        world.delete_and_verify(made).await;
    }
}

#[tokio::test]
async fn api_key_and_usage_plan() {
    let world = TestCloud::empty();
    let role = role(&world).await;
    let function = function(&world, &role).await;
    let api = api(&world, &function).await;
    let deployment = deployment(&world, &api).await;
    let stage = stage(&world, &api, &deployment).await;
    let key = json!({"name": "shop-dev", "description": "For partners", "enabled": true, "tags": tags("api_key.main")});
    let mut key = world.make("apigateway.api_key", "api_key.main", key).await;
    let mut wanted = key.with("description", "");
    wanted["enabled"] = false.into();
    wanted["tags"] = changed_tags("api_key.main");
    world.change(&mut key, wanted).await;
    let plan = json!({"name": "shop-dev", "description": "", "rest_api_id": api.output("id"), "stage": "live", "api_key_id": key.output("id"),
                      "throttling": {"rate_limit": 2.5, "burst_limit": 5}, "quota": {"limit": 100, "period": "WEEK"},
                      "tags": tags("usage_plan.main")});
    let mut plan = world.make("apigateway.usage_plan", "usage_plan.main", plan).await;
    let mut wanted = plan.with("throttling", Value::Null);
    wanted["quota"] = json!({"limit": 7, "period": "DAY"});
    wanted["description"] = "For partners".into();
    wanted["tags"] = changed_tags("usage_plan.main");
    world.change(&mut plan, wanted).await;
    let wanted = plan.with("quota", Value::Null);
    world.change(&mut plan, wanted).await;
    let other = json!({"name": "shop-dev", "description": "", "enabled": true, "tags": tags("api_key.other")});
    let other = world.make("apigateway.api_key", "api_key.other", other).await;
    let wanted = plan.with("api_key_id", other.output("id"));
    world.change(&mut plan, wanted).await;
    for made in [&plan, &key, &other, &stage, &deployment, &api, &function, &role] {
        world.delete_and_verify(made).await;
    }
}

#[tokio::test]
async fn domain_with_certificate_and_mapping() {
    let world = TestCloud::empty();
    let role = role(&world).await;
    let function = function(&world, &role).await;
    let api = api(&world, &function).await;
    let deployment = deployment(&world, &api).await;
    let stage = stage(&world, &api, &deployment).await;
    let certificate = json!({"domain": "api.numbers.example", "alternative_names": ["www.numbers.example"], "key_algorithm": "RSA_2048", "validity_days": 90,
                             "renew_before_days": 30, "tags": tags("certificate.main")});
    let mut certificate = world.make("acm.certificate", "certificate.main", certificate).await;
    let domain = json!({"domain": "api.numbers.example", "certificate_arn": certificate.output("arn"), "security_policy": "TLS_1_2",
                        "tags": tags("domain.main")});
    let mut domain = world.make("apigateway.domain_name", "domain.main", domain).await;
    let mapping = json!({"domain": "api.numbers.example", "base_path": "", "rest_api_id": api.output("id"), "stage": "live"});
    let mapping = world.make("apigateway.base_path_mapping", "mapping.main", mapping).await;
    let before = (certificate.output("arn"), certificate.output("sha256"));
    let wanted = certificate.with("validity_days", 120);
    world.change(&mut certificate, wanted).await;
    assert_eq!(certificate.output("arn"), before.0);
    assert_ne!(certificate.output("sha256"), before.1);
    let wanted = domain.with("tags", changed_tags("domain.main"));
    world.change(&mut domain, wanted).await;
    for made in [&mapping, &domain, &certificate, &stage, &deployment, &api, &function, &role] {
        world.delete_and_verify(made).await;
    }
}

#[tokio::test]
async fn certificate_near_expiry_is_renewed_in_place() {
    let world = TestCloud::empty();
    let wanted = json!({"domain": "api.numbers.example", "alternative_names": [], "key_algorithm": "EC_prime256v1", "validity_days": 90,
                        "renew_before_days": 30, "tags": tags("certificate.main")});
    let mut certificate = world.make("acm.certificate", "certificate.main", wanted.clone()).await;
    world.advance(std::time::Duration::from_secs(61 * 86_400));
    let aged = world.read(&certificate, &wanted).await.expect("there");
    assert_eq!(aged.properties["renewal_due"], true);
    let arn = certificate.output("arn");
    certificate.live = aged;
    world.change(&mut certificate, wanted).await;
    assert_eq!(certificate.output("arn"), arn);
}
