//! A function for tests: a zipped Python script that implements the Runtime API.

use std::io::{Cursor, Write};
use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime};
use serde_json::json;
use zip::write::SimpleFileOptions;

use crate::support::fresh::{ACCOUNT, TestEmulator};

/// A script that returns its event and environment; `exit`, `fail`, `sleep` and `answer` in the event control it, and `python` is executed,
/// and its variable `result` returned.
const BOOTSTRAP: &str = r#"#!/usr/bin/env python3
import json, os, sys, time, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime"
def post(path, body):
    urllib.request.urlopen(urllib.request.Request(api + path, data=json.dumps(body).encode(), method="POST"))
if os.environ.get("BROKEN"):
    post("/init/error", {"errorType": "Init.Broken", "errorMessage": "never started"})
    sys.exit(1)
count = 0
while True:
    got = urllib.request.urlopen(api + "/invocation/next")
    id = got.headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.loads(got.read())
    count += 1
    print("event number", count, flush=True)
    if "exit" in event: sys.exit(event["exit"])
    if "sleep" in event: time.sleep(event["sleep"])
    if "fail" in event: post("/invocation/" + id + "/error", {"errorType": "Boom", "errorMessage": event["fail"]})
    elif "python" in event:
        scope = {}
        try: exec(event["python"], scope)
        except BaseException as error: scope["result"] = repr(error)
        post("/invocation/" + id + "/response", scope.get("result"))
    elif "answer" in event: post("/invocation/" + id + "/response", event["answer"])
    elif "httpMethod" in event:
        body = event if event["resource"] != "/broken" else None
        answer = {"statusCode": 200, "body": json.dumps(body)} if body else {"body": {}}
        post("/invocation/" + id + "/response", answer)
    else: post("/invocation/" + id + "/response", {"count": count, "environment": dict(os.environ), "event": event,
        "arn": got.headers["Lambda-Runtime-Invoked-Function-Arn"], "pid": os.getpid()})
"#;

/// Returns a zip with these files, all executable.
pub(crate) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default().unix_permissions(0o755)).expect("an entry");
        writer.write_all(content.as_bytes()).expect("content");
    }
    writer.finish().expect("a zip").into_inner()
}

/// Returns the zip of the function.
pub(crate) fn code() -> Vec<u8> {
    zip(&[("bootstrap", BOOTSTRAP)])
}

/// Creates a role that Lambda can assume immediately and that may write logs.
pub(crate) async fn role(fresh: &TestEmulator, name: &str) -> String {
    let iam = aws_sdk_iam::Client::new(&fresh.config);
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    iam.create_role().role_name(name).assume_role_policy_document(trust.to_string()).send().await.expect("a role");
    let logs = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]});
    iam.put_role_policy().role_name(name).policy_name("logs").policy_document(logs.to_string()).send().await.expect("a policy");
    fresh.clock.advance(Duration::from_secs(60));
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// Creates the function with a timeout and an environment, and waits until it is active.
pub(crate) async fn make(fresh: &TestEmulator, name: &str, timeout: i32, environment: &[(&str, &str)]) -> aws_sdk_lambda::Client {
    let role = role(fresh, &format!("{name}-role")).await;
    let lambda = aws_sdk_lambda::Client::new(&fresh.config);
    let variables = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let create = lambda
        .create_function()
        .function_name(name)
        .role(role)
        .runtime(Runtime::Providedal2023)
        .handler("bootstrap")
        .timeout(timeout)
        .environment(Environment::builder().set_variables(Some(variables)).build())
        .code(FunctionCode::builder().zip_file(Blob::new(code())).build());
    create.send().await.expect("a function");
    fresh.clock.advance(Duration::from_secs(10));
    lambda
}
