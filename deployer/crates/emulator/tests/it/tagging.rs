//! The index of tags through its JSON API.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::support::fresh::{ACCOUNT, REGION, TestEmulator, fresh, fresh_with};
use crate::support::function;

const AN_HOUR: Duration = Duration::from_secs(3600);

async fn ask(fresh: &TestEmulator, operation: &str, input: Value) -> Result<Value, String> {
    let credential = format!("AWS4-HMAC-SHA256 Credential=test/20261123/{REGION}/tagging/aws4_request");
    let request = http::Request::post("https://tagging.example/")
        .header("authorization", credential)
        .header("x-amz-target", format!("ResourceGroupsTaggingAPI_20170126.{operation}"))
        .body(Bytes::from(input.to_string()))
        .expect("a request");
    let response = fresh.emulator.handle(request).await;
    let good = response.status().is_success();
    let body: Value = serde_json::from_slice(response.body()).expect("JSON");
    if good { Ok(body) } else { Err(format!("{}: {}", body["__type"].as_str().unwrap_or_default(), body["message"])) }
}

async fn arns(fresh: &TestEmulator, input: Value) -> Vec<String> {
    let answer = ask(fresh, "GetResources", input).await.expect("resources");
    let found = answer["ResourceTagMappingList"].as_array().expect("a list").iter();
    found.map(|one| one["ResourceARN"].as_str().expect("an ARN").to_owned()).collect()
}

fn group(name: &str) -> String {
    format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}")
}

/// Creates groups `g00`, `g01` …, tagged with their number and whether it is even; the clock does not advance.
async fn groups(fresh: &TestEmulator, count: usize) -> Client {
    let client = Client::new(&fresh.config);
    for n in 0..count {
        let parity = if n % 2 == 0 { "even" } else { "odd" };
        let create = client.create_log_group().log_group_name(format!("g{n:02}")).tags("n", n.to_string());
        create.tags("parity", parity).send().await.expect("a group");
    }
    client
}

#[tokio::test]
async fn index_follows_tags_and_deletions_with_delay() {
    let fresh = fresh();
    let client = groups(&fresh, 1).await;
    client.create_log_group().log_group_name("untagged").send().await.expect("a group");
    assert!(arns(&fresh, json!({})).await.is_empty(), "the index lags");
    fresh.clock.advance(Duration::from_secs(60));
    assert_eq!(arns(&fresh, json!({})).await, [group("g00")], "what was never tagged is not listed");
    client.untag_resource().resource_arn(group("g00")).tag_keys("n").tag_keys("parity").send().await.expect("untagged");
    assert_eq!(arns(&fresh, json!({"TagFilters": [{"Key": "n"}]})).await, [group("g00")], "the change lags too");
    fresh.clock.advance(Duration::from_secs(60));
    assert!(arns(&fresh, json!({"TagFilters": [{"Key": "n"}]})).await.is_empty());
    assert_eq!(arns(&fresh, json!({})).await, [group("g00")], "what was tagged once stays");
    client.delete_log_group().log_group_name("g00").send().await.expect("deleted");
    fresh.clock.advance(Duration::from_secs(600));
    assert_eq!(arns(&fresh, json!({})).await, [group("g00")], "what is deleted stays for a while");
    fresh.clock.advance(AN_HOUR);
    assert!(arns(&fresh, json!({})).await.is_empty());
}

#[tokio::test]
async fn filters_are_anded_and_their_values_ored() {
    let fresh = fresh();
    groups(&fresh, 6).await;
    fresh.clock.advance(AN_HOUR);
    let even = json!([{"Key": "parity", "Values": ["even"]}, {"Key": "n", "Values": ["2", "3", "4"]}]);
    assert_eq!(arns(&fresh, json!({"TagFilters": even})).await, [group("g02"), group("g04")]);
    for (types, count) in [(json!(["logs"]), 6), (json!(["logs:log-group"]), 6), (json!(["lambda", "s3:bucket"]), 0)] {
        assert_eq!(arns(&fresh, json!({"ResourceTypeFilters": types})).await.len(), count, "{types}");
    }
    let named = json!({"ResourceARNList": [group("g05"), group("nothing")]});
    assert_eq!(arns(&fresh, named).await, [group("g05")]);
    let keys = ask(&fresh, "GetTagKeys", json!({})).await.expect("keys");
    assert_eq!(keys, json!({"TagKeys": ["n", "parity"], "PaginationToken": ""}));
    let values = ask(&fresh, "GetTagValues", json!({"Key": "parity"})).await.expect("values");
    assert_eq!(values["TagValues"], json!(["even", "odd"]));
}

#[tokio::test]
async fn resources_are_on_one_page_and_tokens_expire() {
    let fresh = fresh();
    groups(&fresh, 45).await;
    fresh.clock.advance(AN_HOUR);
    for size in [None, Some(7), Some(100)] {
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let mut input = json!({"PaginationToken": token});
            if let Some(size) = size {
                input["ResourcesPerPage"] = size.into();
            }
            let answer = ask(&fresh, "GetResources", input).await.expect("a page");
            let page = answer["ResourceTagMappingList"].as_array().expect("a list").clone();
            assert!(page.len() <= size.unwrap_or(20));
            seen.extend(page.iter().map(|one| one["ResourceARN"].as_str().expect("an ARN").to_owned()));
            token = answer["PaginationToken"].as_str().expect("always there").to_owned();
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, (0..45).map(|n| group(&format!("g{n:02}"))).collect::<Vec<_>>());
    }
    let first = ask(&fresh, "GetResources", json!({})).await.expect("a page");
    fresh.clock.advance(Duration::from_secs(901));
    let late = ask(&fresh, "GetResources", json!({"PaginationToken": first["PaginationToken"]})).await;
    assert!(late.is_err_and(|refusal| refusal.starts_with("PaginationTokenExpiredException")));
}

#[tokio::test]
async fn faulty_questions_are_refused() {
    let fresh = fresh();
    for input in [
        json!({"PaginationToken": "junk"}),
        json!({"ResourcesPerPage": 0}),
        json!({"ResourcesPerPage": 101}),
        json!({"TagFilters": [{"Values": ["x"]}]}),
        json!({"TagFilters": vec![json!({"Key": "k"}); 51]}),
        json!({"TagFilters": [{"Key": "k", "Values": vec!["v"; 21]}]}),
        json!({"ResourceARNList": ["not an ARN"]}),
        json!({"ResourceARNList": [group("a")], "ResourcesPerPage": 5}),
        json!({"ResourceARNList": [group("a")], "TagFilters": [{"Key": "k"}]}),
        json!({"Unknown": 1}),
    ] {
        let refused = ask(&fresh, "GetResources", input.clone()).await;
        let code = if input.get("Unknown").is_some() { "" } else { "InvalidParameterException" };
        assert!(refused.as_ref().is_err_and(|refusal| refusal.starts_with(code)), "{input}: {refused:?}");
    }
    assert!(ask(&fresh, "GetTagValues", json!({})).await.is_err_and(|refusal| refusal.starts_with("InvalidParameterException")));
    assert!(ask(&fresh, "GetResources", json!({"TagsPerPage": 100})).await.is_err_and(|refusal| refusal.contains("TagsPerPage")));
}

#[tokio::test]
async fn denied_callers_get_nothing_and_index_is_durable() {
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*","tag:GetTagKeys"],"Resource":"*"}]}"#;
    let directory = tempfile::tempdir().expect("a directory");
    let open = |policy: Option<String>| {
        fresh_with(|options| {
            options.directory = Some(directory.path().to_owned());
            options.limits.as_role = policy;
        })
    };
    let fresh = open(Some(policy.to_owned()));
    groups(&fresh, 1).await;
    assert!(ask(&fresh, "GetResources", json!({})).await.is_err_and(|refusal| refusal.contains("tag:GetResources")));
    assert!(ask(&fresh, "GetTagKeys", json!({})).await.is_ok());
    drop(fresh);
    let fresh = open(None);
    fresh.clock.advance(AN_HOUR);
    assert_eq!(arns(&fresh, json!({})).await, [group("g00")]);
}

#[tokio::test]
async fn functions_are_in_the_index_as_everything_else() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:f");
    lambda.tag_resource().resource(&arn).tags("n", "1").send().await.expect("tagged");
    fresh.clock.advance(AN_HOUR);
    assert_eq!(arns(&fresh, json!({"ResourceTypeFilters": ["lambda:function"], "TagFilters": [{"Key": "n"}]})).await, [arn]);
}
