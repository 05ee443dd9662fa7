//! Reading what was written of every kind of change results in the state that the change made.

use std::path::Path;

use deployer_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::function;
use crate::support::wire::{ACCOUNT, REGION, Request, open, send};

fn whole(emulator: &Emulator) -> Value {
    serde_json::to_value(emulator.account_state()).expect("its form")
}

/// Returns the state as a process reads it that is started after a kill at this time.
fn read_back(directory: &Path) -> Value {
    let copy = tempfile::tempdir().expect("a directory");
    for entry in std::fs::read_dir(directory).expect("a list").flatten().filter(|entry| entry.path().is_file()) {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }
    whole(&open(copy.path()).expect("opens"))
}

async fn each_is_read_back(requests: Vec<Request<'_>>) {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    for request in requests {
        let what = format!("{request:?}");
        send(&emulator, request).await;
        assert_eq!(whole(&emulator), read_back(directory.path()), "{what}");
    }
}

fn dynamo(operation: &str, mut input: Value) -> Request<'_> {
    input["TableName"] = "calls".into();
    ("dynamodb", "POST", "/", operation, input.to_string())
}

fn index(name: &str, hash: &str) -> Value {
    json!({"IndexName": name, "KeySchema": [{"AttributeName": hash, "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}})
}

fn attributes(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"AttributeName": name, "AttributeType": "S"})).collect()
}

fn created() -> Request<'static> {
    dynamo(
        "D.CreateTable",
        json!({
            "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes(&["id", "a"]),
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "GlobalSecondaryIndexes": [index("by-it", "a")],
        }),
    )
}

#[tokio::test]
async fn tables_items_indexes_and_tokens_are_replayed() {
    let put = |id: &str, a: &str| {
        dynamo("D.PutItem", json!({"Item": {"id": {"S": id}, "a": {"S": a}, "b": {"S": a}, "n": {"N": "1"}}}))
    };
    let key = json!({"id": {"S": "2"}});
    let transaction = json!({"TransactItems": [
        {"Put": {"TableName": "calls", "Item": {"id": {"S": "4"}}}},
        {"Delete": {"TableName": "calls", "Key": {"id": {"S": "1"}}}},
    ], "ClientRequestToken": "once"});
    let change = |change: Value| {
        dynamo("D.UpdateTable", json!({"AttributeDefinitions": attributes(&["b"]), "GlobalSecondaryIndexUpdates": [change]}))
    };
    let by_a = || {
        dynamo(
            "D.Query",
            json!({
                "IndexName": "by-it", "KeyConditionExpression": "b = :b", "ExpressionAttributeValues": {":b": {"S": "x"}},
            }),
        )
    };
    let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/calls");
    let tag = json!({"ResourceArn": arn, "Tags": [{"Key": "k", "Value": "v"}]}).to_string();
    each_is_read_back(vec![
        created(),
        put("1", "x"),
        put("2", "y"),
        put("3", "x"),
        put("3", "z"),
        dynamo(
            "D.UpdateItem",
            json!({"Key": key, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}),
        ),
        dynamo("D.DeleteItem", json!({"Key": key})),
        ("dynamodb", "POST", "/", "D.TransactWriteItems", transaction.to_string()),
        ("dynamodb", "POST", "/", "D.TransactWriteItems", transaction.to_string()),
        ("dynamodb", "POST", "/", "D.TagResource", tag),
        change(json!({"Delete": {"IndexName": "by-it"}})),
        // The index that has been deleted by now, and another one of its name, in one change.
        change(json!({"Create": index("by-it", "b")})),
        put("1", "x"),
        by_a(),
        dynamo("D.DeleteTable", json!({})),
        // The same for the table.
        created(),
        put("5", "x"),
        dynamo("D.DeleteTable", json!({})),
    ])
    .await;
}

#[tokio::test]
async fn recreated_index_has_its_own_items_after_replay() {
    let directory = tempfile::tempdir().expect("a directory");
    let query = || {
        dynamo(
            "D.Query",
            json!({
                "IndexName": "by-it", "KeyConditionExpression": "b = :b", "ExpressionAttributeValues": {":b": {"S": "x"}},
            }),
        )
    };
    let change = |change: Value| {
        dynamo("D.UpdateTable", json!({"AttributeDefinitions": attributes(&["b"]), "GlobalSecondaryIndexUpdates": [change]}))
    };
    {
        let emulator = open(directory.path()).expect("opens");
        send(&emulator, created()).await;
        for (id, a, b) in [("1", "x", "y"), ("2", "y", "x"), ("3", "y", "x")] {
            send(&emulator, dynamo("D.PutItem", json!({"Item": {"id": {"S": id}, "a": {"S": a}, "b": {"S": b}}}))).await;
        }
        send(&emulator, change(json!({"Delete": {"IndexName": "by-it"}}))).await;
        send(&emulator, change(json!({"Create": index("by-it", "b")}))).await;
    }
    let emulator = open(directory.path()).expect("opens");
    let answer: Value = serde_json::from_str(&send(&emulator, query()).await).expect("JSON");
    let mut ids: Vec<&str> =
        answer["Items"].as_array().expect("items").iter().filter_map(|item| item["id"]["S"].as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["2", "3"]);
}

#[tokio::test]
async fn log_events_and_groups_are_replayed() {
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let logs = |operation: &'static str, input: Value| ("logs", "POST", "/", operation, input.to_string());
    let stream = |operation| logs(operation, json!({"logGroupName": "calls", "logStreamName": "one"}));
    let event = |at: i64, message: &str| json!({"timestamp": now + at, "message": message});
    let put =
        |events: Value| logs("L.PutLogEvents", json!({"logGroupName": "calls", "logStreamName": "one", "logEvents": events}));
    each_is_read_back(vec![
        logs("L.CreateLogGroup", json!({"logGroupName": "calls"})),
        stream("L.CreateLogStream"),
        put(json!([event(0, "a"), event(0, "b"), event(5, "c")])),
        put(json!([event(-9, "before"), event(0, "third of its moment")])),
        logs("L.PutRetentionPolicy", json!({"logGroupName": "calls", "retentionInDays": 7})),
        stream("L.DeleteLogStream"),
        stream("L.CreateLogStream"),
        put(json!([event(0, "anew")])),
        logs("L.DeleteLogGroup", json!({"logGroupName": "calls"})),
    ])
    .await;
}

fn form(action: &str, parameters: &[(&str, &str)]) -> Request<'static> {
    let encoded = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let parameters = parameters.iter().map(|(name, value)| format!("&{name}={}", encoded(value)));
    ("iam", "POST", "/", "", format!("Action={action}&Version=2010-05-08{}", parameters.collect::<String>()))
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}"#;

#[tokio::test]
async fn roles_and_functions_are_replayed() {
    let role = |name: &str| form("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", TRUST)]);
    let own = [("RoleName", "convert"), ("PolicyName", "own")];
    let zip = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, function::zip(&[("bootstrap", "x")]));
    let lambda = |method: &'static str, path: &'static str, body: Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        ("lambda", method, path, "", body)
    };
    let create = json!({"FunctionName": "convert", "Runtime": "provided.al2023", "Handler": "bootstrap", "Tags": {"a": "b"},
        "Role": format!("arn:aws:iam::{ACCOUNT}:role/convert"), "Code": {"ZipFile": zip}, "Publish": true,
        "Environment": {"Variables": {"TABLE": "numbers", "LEVEL": "info"}}});
    let permission =
        |id: &str| json!({"StatementId": id, "Action": "lambda:InvokeFunction", "Principal": "connect.amazonaws.com"});
    each_is_read_back(vec![
        role("convert"),
        role("Get"),
        form("PutRolePolicy", &[own[0], own[1], ("PolicyDocument", POLICY)]),
        form("PutRolePolicy", &[("RoleName", "get"), own[1], ("PolicyDocument", POLICY)]),
        form("TagRole", &[own[0], ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        form("UpdateRole", &[own[0], ("Description", "converts"), ("MaxSessionDuration", "7200")]),
        form("UntagRole", &[own[0], ("TagKeys.member.1", "k")]),
        form("DeleteRolePolicy", &[("RoleName", "get"), own[1]]),
        form("DeleteRole", &[("RoleName", "get")]),
        role("get"),
        lambda("POST", "/2015-03-31/functions", create),
        lambda("PUT", "/2015-03-31/functions/convert/configuration", json!({"Environment": {"Variables": {"TABLE": "others"}}})),
        lambda("POST", "/2015-03-31/functions/convert/versions", json!({"Description": "second"})),
        lambda("POST", "/2015-03-31/functions/convert/aliases", json!({"Name": "live", "FunctionVersion": "2"})),
        lambda(
            "PUT",
            "/2015-03-31/functions/convert/aliases/live",
            json!({"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.25}}}),
        ),
        lambda("POST", "/2015-03-31/functions/convert/policy", permission("one")),
        lambda("POST", "/2015-03-31/functions/convert/policy", permission("two")),
        lambda("DELETE", "/2015-03-31/functions/convert/policy/one", Value::Null),
        lambda("DELETE", "/2015-03-31/functions/convert/aliases/live", Value::Null),
        lambda("DELETE", "/2015-03-31/functions/convert?Qualifier=1", Value::Null),
        lambda("PUT", "/2017-10-31/functions/convert/concurrency", json!({"ReservedConcurrentExecutions": 3})),
        lambda("DELETE", "/2015-03-31/functions/convert", Value::Null),
        // The next function of its name finds it deleted, and is another one, without its versions.
        lambda(
            "POST",
            "/2015-03-31/functions",
            json!({"FunctionName": "convert", "Runtime": "provided.al2023", "Handler": "bootstrap",
                "Role": format!("arn:aws:iam::{ACCOUNT}:role/get"), "Code": {"ZipFile": zip}}),
        ),
    ])
    .await;
}

/// Sends requests that refer to IDs in earlier responses: `{0}` is the first ID that was recorded.
async fn each_is_read_back_with_ids(requests: Vec<(Request<'static>, Option<&str>)>) {
    let directory = tempfile::tempdir().expect("a directory");
    let emulator = open(directory.path()).expect("opens");
    let mut ids: Vec<String> = Vec::new();
    for ((service, method, path, target, body), note) in requests {
        let fill =
            |text: &str| ids.iter().enumerate().fold(text.to_owned(), |text, (n, id)| text.replace(&format!("{{{n}}}"), id));
        let (path, body) = (fill(path), fill(&body));
        let answer = send(&emulator, (service, method, &path, target, body)).await;
        if let Some(note) = note {
            let answer: Value = serde_json::from_str(&answer).expect("JSON");
            ids.push(answer.pointer(note).and_then(Value::as_str).expect(note).to_owned());
        }
        assert_eq!(whole(&emulator), read_back(directory.path()), "{service} {method} {path}");
    }
}

#[tokio::test]
async fn apis_stages_domains_and_certificates_are_replayed() {
    let api = |method: &'static str, path: &'static str, body: Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        ("apigateway", method, path, "", body)
    };
    let patch = |op: &str, path: &str, value: &str| json!({"patchOperations": [{"op": op, "path": path, "value": value}]});
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["api.voice.example".to_owned()]).expect("a domain");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    let encoded = |text: &str| base64::Engine::encode(&base64::prelude::BASE64_STANDARD, text);
    let acm = |operation: &'static str, body: Value| ("acm", "POST", "/", operation, body.to_string());
    let import = json!({"Certificate": encoded(&certificate), "PrivateKey": encoded(&key.serialize_pem())});
    each_is_read_back_with_ids(vec![
        (api("POST", "/restapis", json!({"name": "numbers", "tags": {"a": "b"}})), Some("/id")),
        (api("GET", "/restapis/{0}", Value::Null), Some("/rootResourceId")),
        (api("POST", "/restapis/{0}/resources/{1}", json!({"pathPart": "numbers"})), Some("/id")),
        (api("PUT", "/restapis/{0}/resources/{2}/methods/GET", json!({"authorizationType": "NONE"})), None),
        (api("PUT", "/restapis/{0}/resources/{2}/methods/GET/integration", json!({"type": "MOCK"})), None),
        (api("PATCH", "/restapis/{0}", patch("replace", "/description", "converts")), None),
        (api("POST", "/restapis/{0}/deployments", json!({"stageName": "live"})), Some("/id")),
        (api("POST", "/restapis/{0}/deployments", json!({"description": "second"})), Some("/id")),
        (api("PATCH", "/restapis/{0}/stages/live", patch("replace", "/deploymentId", "{4}")), None),
        (api("DELETE", "/restapis/{0}/deployments/{3}", Value::Null), None),
        (api("DELETE", "/restapis/{0}/resources/{2}", Value::Null), None),
        (acm("A.ImportCertificate", import), Some("/CertificateArn")),
        (acm("A.AddTagsToCertificate", json!({"CertificateArn": "{5}", "Tags": [{"Key": "k", "Value": "v"}]})), None),
        (
            api(
                "POST",
                "/domainnames",
                json!({"domainName": "api.voice.example", "regionalCertificateArn": "{5}",
                "endpointConfiguration": {"types": ["REGIONAL"]}}),
            ),
            None,
        ),
        (api("POST", "/domainnames/api.voice.example/basepathmappings", json!({"restApiId": "{0}", "stage": "live"})), None),
        (api("DELETE", "/domainnames/api.voice.example/basepathmappings/(none)", Value::Null), None),
        (api("DELETE", "/domainnames/api.voice.example", Value::Null), None),
        (api("DELETE", "/restapis/{0}/stages/live", Value::Null), None),
        (api("DELETE", "/restapis/{0}", Value::Null), None),
    ])
    .await;
}

#[tokio::test]
async fn flows_modules_and_their_versions_are_replayed() {
    let connect = |method: &'static str, path: &'static str, body: Value| ("connect", method, path, "", body.to_string());
    let instance = json!({"IdentityManagementType": "CONNECT_MANAGED", "InstanceAlias": "voice-example",
        "InboundCallsEnabled": true, "OutboundCallsEnabled": true});
    let content = |kind: &str| {
        json!({"Version": "2019-10-30", "StartAction": "end", "Actions": [
            {"Identifier": "end", "Type": kind, "Parameters": {}, "Transitions": {}}]})
        .to_string()
    };
    let flow = json!({"Name": "main", "Type": "CONTACT_FLOW", "Content": content("DisconnectParticipant"), "Tags": {"a": "b"}});
    let module = json!({"Name": "part", "Content": content("EndFlowModuleExecution"), "ClientToken": "once"});
    let arn = "/tags/arn%3Aaws%3Aconnect%3Aus-east-1%3A111122223333%3Ainstance%2F{0}%2F";
    let tag = |part: &str, id: &str| -> &'static str { Box::leak(format!("{arn}{part}%2F{id}").into_boxed_str()) };
    each_is_read_back_with_ids(vec![
        (connect("PUT", "/instance", instance), Some("/Id")),
        (connect("PUT", "/contact-flows/{0}", flow), Some("/ContactFlowId")),
        (connect("POST", "/contact-flows/{0}/{1}/name", json!({"Name": "renamed", "Description": "it"})), None),
        (connect("PUT", "/contact-flows/{0}/{1}/version", json!({"Description": "first"})), None),
        (connect("POST", "/contact-flows/{0}/{1}:$SAVED/content", json!({"Content": "{}"})), None),
        (connect("PUT", "/contact-flows/{0}/{1}/version", json!({})), None),
        (connect("DELETE", "/contact-flows/{0}/{1}/version/1", json!({})), None),
        (connect("PUT", "/contact-flow-modules/{0}", module), Some("/Id")),
        (connect("PUT", "/contact-flow-modules/{0}/{2}/version", json!({})), None),
        (connect("POST", "/contact-flow-modules/{0}/{2}/metadata", json!({"Description": "a part"})), None),
        (connect("POST", tag("contact-flow", "{1}"), json!({"tags": {"k": "v"}})), None),
        (connect("POST", tag("flow-module", "{2}"), json!({"tags": {"k": "v"}})), None),
        (connect("GET", "/hours-of-operations-summary/{0}", json!({})), Some("/HoursOfOperationSummaryList/0/Id")),
        (connect("POST", tag("operating-hours", "{3}"), json!({"tags": {"k": "v"}})), None),
        (connect("DELETE", "/contact-flow-modules/{0}/{2}", json!({})), None),
        (connect("DELETE", "/contact-flows/{0}/{1}", json!({})), None),
        (connect("DELETE", "/instance/{0}", json!({})), None),
        // Another one, which finds the first one deleted.
        (
            connect(
                "PUT",
                "/instance",
                json!({"IdentityManagementType": "CONNECT_MANAGED", "InstanceAlias": "other-example",
                "InboundCallsEnabled": true, "OutboundCallsEnabled": true}),
            ),
            Some("/Id"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn objects_versions_and_small_states_are_replayed() {
    let object = |method: &'static str, body: &str| ("s3", method, "/example-states/a/b", "", body.to_owned());
    let versioning = |status: &str| {
        let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        ("s3", "PUT", "/example-states?versioning", "", body)
    };
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let role = format!(
        "Action=CreateRole&Version=2010-05-08&RoleName=convert&AssumeRolePolicyDocument={}",
        percent_encoding::utf8_percent_encode(trust, percent_encoding::NON_ALPHANUMERIC)
    );
    each_is_read_back(vec![
        ("s3", "PUT", "/example-states", "", String::new()),
        object("PUT", "first"),
        object("PUT", "second"),
        versioning("Enabled"),
        object("PUT", "third"),
        object("PUT", "fourth"),
        object("DELETE", ""),
        versioning("Suspended"),
        object("PUT", "the null version again"),
        ("s3", "DELETE", "/example-states/a/b?versionId=null", "", String::new()),
        ("s3", "PUT", "/example-states/c", "", "other".to_owned()),
        ("s3", "PUT", "/example-others", "", String::new()),
        ("s3", "DELETE", "/example-others", "", String::new()),
        ("iam", "POST", "/", "", role),
        ("apigateway", "POST", "/restapis", "", json!({"name": "numbers"}).to_string()),
    ])
    .await;
}
