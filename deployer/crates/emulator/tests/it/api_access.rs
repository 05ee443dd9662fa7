//! Access to a deployed API: keys with usage plans, and signatures.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::types::{ApiStage, Op, PatchOperation, QuotaPeriodType, QuotaSettings, ThrottleSettings};
use deployer_emulator::server::api::serve_apis;
use deployer_emulator::server::listener::Listener;
use serde_json::{Value, json};

use crate::apis::{DOMAIN, code_of, deploy, domain, exchange, import, integration, replace};
use crate::support::fresh::{ACCOUNT, REGION, fresh};
use crate::support::function;

/// Returns an API with a route that requires a key, one that requires a signature, and an open one.
fn document() -> Value {
    let function = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:f");
    let operation = |security: Value| {
        json!({"responses": {"200": {"description": "good"}}, "x-amazon-apigateway-integration": integration(&function),
               "security": security})
    };
    let header = |name: &str| json!({"type": "apiKey", "name": name, "in": "header"});
    let mut signed = header("Authorization");
    signed["x-amazon-apigateway-authtype"] = "awsSigv4".into();
    json!({"openapi": "3.0.1", "info": {"title": "birds", "version": "1"}, "paths": {
        "/keyed": {"get": operation(json!([{"by_key": []}]))},
        "/signed": {"get": operation(json!([{"by_signature": []}]))},
        "/open": {"get": operation(json!([]))},
    }, "components": {"securitySchemes": {"by_key": header("x-api-key"), "by_signature": signed}}})
}

async fn get(listener: &Listener, pem: &str, path: &str, headers: &str) -> (u16, Value) {
    let text = format!("GET {path} HTTP/1.1\r\nHost: {DOMAIN}\r\n{headers}Connection: close\r\n\r\n");
    let answer = exchange(listener, pem, &text).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, serde_json::from_str(body).expect("JSON"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn methods_let_in_whom_they_ask_for() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    let add = lambda.add_permission().function_name("f").statement_id("api").action("lambda:InvokeFunction");
    add.principal("apigateway.amazonaws.com").send().await.expect("a permission");
    let gateway = Client::new(&fresh.config);
    let api = import(&gateway, &document()).await;
    deploy(&gateway, &api).await;
    let pem = domain(&fresh, &gateway, &api).await;
    let listener = serve_apis(Arc::clone(&fresh.emulator), 0).await.expect("a listener");
    let ask = async |path: &str, headers: &str| get(&listener, &pem, path, headers).await;

    let key = gateway.create_api_key().name("watcher").enabled(true).send().await.expect("a key");
    let (id, value) = (key.id.expect("an id"), key.value.expect("a value"));
    let with_key = format!("x-api-key: {value}\r\n");
    let forbidden = (403, json!({"message": "Forbidden"}));
    assert_eq!(ask("/keyed", "").await, forbidden);
    assert_eq!(ask("/keyed", &with_key).await, forbidden, "a key without a plan opens nothing");
    let limits = ThrottleSettings::builder().rate_limit(1.0).burst_limit(3).build();
    let quota = QuotaSettings::builder().limit(4).period(QuotaPeriodType::Day).build();
    let stage = ApiStage::builder().api_id(&api).stage("live").build();
    let plan = gateway.create_usage_plan().name("watchers").api_stages(stage).throttle(limits).quota(quota);
    let plan = plan.send().await.expect("a plan").id.expect("an id");
    assert_eq!(ask("/keyed", &with_key).await, forbidden, "nor one that its plan does not have");
    gateway.create_usage_plan_key().usage_plan_id(&plan).key_id(&id).key_type("API_KEY").send().await.expect("added");
    let again = gateway.create_usage_plan_key().usage_plan_id(&plan).key_id(&id).key_type("API_KEY").send().await;
    assert_eq!(code_of(again).0, "ConflictException");

    let (status, event) = ask("/keyed", &with_key).await;
    let identity = &event["requestContext"]["identity"];
    assert_eq!((status, &identity["apiKeyId"], &identity["apiKey"]), (200, &json!(id), &json!(value)));
    assert_eq!(ask("/keyed", "x-api-key: made-up-by-somebody\r\n").await, forbidden);
    for expected in [200, 200, 429] {
        assert_eq!(ask("/keyed", &with_key).await.0, expected);
    }
    fresh.clock.advance(Duration::from_secs(10));
    assert_eq!(ask("/keyed", &with_key).await.0, 200);
    assert_eq!(ask("/keyed", &with_key).await, (429, json!({"message": "Limit Exceeded"})), "the day's quota is used up");
    fresh.clock.advance(Duration::from_secs(24 * 3600));
    gateway.update_api_key().api_key(&id).patch_operations(replace("/enabled", "false")).send().await.expect("switched off");
    assert_eq!(ask("/keyed", &with_key).await, forbidden);

    let (status, event) = ask("/open", &with_key).await;
    assert_eq!((status, event["requestContext"]["identity"].get("apiKeyId")), (200, None));
    assert_eq!(ask("/signed", "").await, (403, json!({"message": "Missing Authentication Token"})));
    let signed = |key: &str, service: &str| {
        format!(
            "x-amz-date: 20261124T100000Z\r\nauthorization: AWS4-HMAC-SHA256 Credential={key}/20261124/{REGION}/{service}/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=00\r\n"
        )
    };
    let (status, event) = ask("/signed", &signed(ACCOUNT, "execute-api")).await;
    assert_eq!((status, &event["requestContext"]["identity"]["userArn"]), (200, &json!(format!("arn:aws:iam::{ACCOUNT}:root"))));
    assert_eq!(ask("/signed", &signed(ACCOUNT, "lambda")).await.0, 403);
    assert_eq!(ask("/signed", &signed(&format!("ASIAEMBEDDED{ACCOUNT}ABCDEFGH"), "execute-api")).await.0, 403);
}

#[tokio::test]
async fn keys_and_plans_live_as_in_the_service() {
    let fresh = fresh();
    let gateway = Client::new(&fresh.config);
    let api = import(&gateway, &document()).await;
    deploy(&gateway, &api).await;
    let method = gateway.get_resources().rest_api_id(&api).embed("methods").send().await.expect("resources");
    let of = |path: &str| {
        let resource = method.items().iter().find(|resource| resource.path() == Some(path)).expect("it is there");
        let method = resource.resource_methods().expect("methods")["GET"].clone();
        (method.api_key_required().unwrap_or_default(), method.authorization_type().unwrap_or_default().to_owned())
    };
    assert_eq!(of("/keyed"), (true, "NONE".to_owned()));
    assert_eq!(of("/signed"), (false, "AWS_IAM".to_owned()));
    let short = gateway.create_api_key().name("k").value("short").send().await;
    assert_eq!(code_of(short).0, "BadRequestException");
    let make = || gateway.create_api_key().name("k").value("a-value-of-twenty-characters").tags("team", "birds").send();
    let id = make().await.expect("a key").id.expect("an id");
    assert_eq!(code_of(make().await).0, "ConflictException");
    let read = async |value: bool| gateway.get_api_key().api_key(&id).include_value(value).send().await.expect("a key");
    assert_eq!(read(false).await.value, None);
    assert_eq!(read(true).await.value.as_deref(), Some("a-value-of-twenty-characters"));
    assert_eq!(read(false).await.tags.expect("tags")["team"], "birds");
    let listed = gateway.get_api_keys().name_query("k").send().await.expect("keys");
    assert!(listed.items().len() == 1 && listed.items()[0].value().is_none());

    let stage = |name: &str| ApiStage::builder().api_id(&api).stage(name).build();
    let unknown = gateway.create_usage_plan().name("p").api_stages(stage("none")).send().await;
    assert_eq!(code_of(unknown).0, "BadRequestException");
    let plan = gateway.create_usage_plan().name("p").api_stages(stage("live")).send().await.expect("a plan").id.expect("an id");
    let (code, message) = code_of(gateway.delete_usage_plan().usage_plan_id(&plan).send().await);
    assert!(code == "BadRequestException" && message.contains("there are API Stages associated with it"), "{message}");
    let steps = [
        replace("/throttle/rateLimit", "2.5"),
        replace("/throttle/burstLimit", "5"),
        PatchOperation::builder().op(Op::Remove).path("/apiStages").value(format!("{api}:live")).build(),
    ];
    let update = gateway.update_usage_plan().usage_plan_id(&plan).set_patch_operations(Some(steps.into()));
    let updated = update.send().await.expect("updated");
    let limits = updated.throttle.expect("limits");
    assert_eq!((limits.rate_limit, limits.burst_limit, updated.api_stages.unwrap_or_default().len()), (2.5, 5, 0));
    gateway.create_usage_plan_key().usage_plan_id(&plan).key_id(&id).key_type("API_KEY").send().await.expect("added");
    assert_eq!(gateway.get_usage_plans().key_id(&id).send().await.expect("plans").items().len(), 1);
    gateway.delete_api_key().api_key(&id).send().await.expect("deleted");
    assert!(gateway.get_usage_plan_keys().usage_plan_id(&plan).send().await.expect("keys").items().is_empty());
    gateway.delete_usage_plan().usage_plan_id(&plan).send().await.expect("deleted");
    assert_eq!(code_of(gateway.get_usage_plan().usage_plan_id(&plan).send().await).0, "NotFoundException");
}
