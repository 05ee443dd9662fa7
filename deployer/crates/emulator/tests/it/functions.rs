//! Lambda through the real SDK, with functions that really run.

use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{AliasRoutingConfiguration, Environment, FunctionCode, LastUpdateStatus, LogType, Runtime, State};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::fresh::{ACCOUNT, REGION, TestEmulator, fresh};
use crate::support::function;

async fn invoke(lambda: &Client, event: Value) -> InvokeOutput {
    let request = lambda.invoke().function_name("f").payload(Blob::new(event.to_string())).log_type(LogType::Tail);
    request.send().await.expect("an invocation")
}

fn payload(output: &InvokeOutput) -> Value {
    serde_json::from_slice(output.payload().expect("a payload").as_ref()).expect("JSON")
}

fn log(output: &InvokeOutput) -> String {
    let tail = BASE64_STANDARD.decode(output.log_result().expect("a log")).expect("base64");
    String::from_utf8(tail).expect("text")
}

fn code_of<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    answer: Result<T, aws_sdk_lambda::error::SdkError<E, R>>,
) -> (String, String) {
    let error = answer.expect_err("a refusal");
    (error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
}

fn creation(
    lambda: &Client,
    name: &str,
    role: &str,
) -> aws_sdk_lambda::operation::create_function::builders::CreateFunctionFluentBuilder {
    let code = FunctionCode::builder().zip_file(Blob::new(function::code())).build();
    lambda.create_function().function_name(name).role(role).runtime(Runtime::Providedal2023).handler("bootstrap").code(code)
}

#[tokio::test]
async fn function_runs_with_its_environment_and_stays_warm() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[("TABLE", "numbers")]).await;
    let first = invoke(&lambda, json!({"a": 1})).await;
    let said = payload(&first);
    assert_eq!(said["event"], json!({"a": 1}));
    assert_eq!(said["arn"], format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"));
    let environment = &said["environment"];
    for (key, value) in [
        ("TABLE", "numbers"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("_HANDLER", "bootstrap"),
        ("AWS_LAMBDA_FUNCTION_NAME", "f"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/f"),
    ] {
        assert_eq!(environment[key], value, "{key}");
    }
    assert!(environment["AWS_SESSION_TOKEN"].is_string() && environment["AWS_ENDPOINT_URL"].is_string());
    assert!(environment.get("CARGO_MANIFEST_DIR").is_none(), "the parent's environment leaks");
    let second = invoke(&lambda, json!({})).await;
    assert_eq!((&payload(&second)["pid"], &payload(&second)["count"]), (&said["pid"], &json!(2)));
    assert_eq!(first.executed_version(), Some("$LATEST"));
}

#[tokio::test]
async fn function_output_is_logged_between_start_and_report() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    let tail = log(&invoke(&lambda, json!({})).await);
    let logs = aws_sdk_cloudwatchlogs::Client::new(&fresh.config);
    let events = logs.filter_log_events().log_group_name("/aws/lambda/f").send().await.expect("events");
    let lines: Vec<&str> = events.events().iter().filter_map(|event| event.message()).collect();
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(kinds, ["INIT_START", "START", "event", "END", "REPORT"]);
    assert_eq!(tail.lines().collect::<Vec<_>>(), lines);
    assert!(lines[4].contains("Init Duration"), "{}", lines[4]);
}

#[tokio::test]
async fn failed_function_is_an_unhandled_error() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 1, &[]).await;
    for (event, kind, text) in [
        (json!({"fail": "no"}), "Boom", "no"),
        (json!({"exit": 3}), "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        (json!({"exit": 0}), "Runtime.ExitError", "Runtime exited without providing a reason"),
        (json!({"sleep": 60}), "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    ] {
        let output = invoke(&lambda, event).await;
        assert_eq!(output.function_error(), Some("Unhandled"));
        let said = payload(&output);
        assert_eq!(said["errorType"], kind);
        assert!(said["errorMessage"].as_str().expect("a message").ends_with(text), "{said}");
        assert!(kind == "Boom" || log(&output).contains(text), "{}", log(&output));
    }
    assert_eq!(invoke(&lambda, json!({})).await.function_error(), None);
}

#[tokio::test]
async fn failed_start_is_reported_at_invocation() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 5, &[("BROKEN", "yes")]).await;
    assert_eq!(payload(&invoke(&lambda, json!({})).await), json!({"errorType": "Init.Broken", "errorMessage": "never started"}));
    let elf = String::from_utf8_lossy(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x08\0").into_owned();
    for (files, text) in [
        (vec![("main", "x")], "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        (vec![("bootstrap", elf.as_str())], "fork/exec /var/task/bootstrap: exec format error"),
        (vec![("bootstrap", "#!/no/such/program\n")], "fork/exec /var/task/bootstrap: no such file or directory"),
    ] {
        let update = lambda.update_function_code().function_name("f").zip_file(Blob::new(function::zip(&files)));
        update.send().await.expect("an update");
        fresh.clock.advance(Duration::from_secs(10));
        let output = invoke(&lambda, json!({})).await;
        let said = payload(&output);
        assert_eq!((output.function_error(), &said["errorType"]), (Some("Unhandled"), &json!("Runtime.InvalidEntrypoint")));
        assert!(said["errorMessage"].as_str().expect("a message").ends_with(text), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_events_run_in_processes_up_to_reservation() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    lambda.put_function_concurrency().function_name("f").reserved_concurrent_executions(2).send().await.expect("reserved");
    let both = futures::future::join(invoke(&lambda, json!({"sleep": 0.3})), invoke(&lambda, json!({"sleep": 0.3}))).await;
    assert_ne!(payload(&both.0)["pid"], payload(&both.1)["pid"]);
    lambda.put_function_concurrency().function_name("f").reserved_concurrent_executions(0).send().await.expect("none");
    assert_eq!(code_of(lambda.invoke().function_name("f").send().await).0, "TooManyRequestsException");
}

#[tokio::test]
async fn role_is_rejected_until_lambda_can_assume_it() {
    let fresh = fresh();
    let role = function::role(&fresh, "good").await;
    let lambda = Client::new(&fresh.config);
    let iam = aws_sdk_iam::Client::new(&fresh.config);
    let refused = "The role defined for the function cannot be assumed by Lambda.".to_owned();
    let other = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "connect.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    iam.create_role().role_name("other").assume_role_policy_document(other.to_string()).send().await.expect("a role");
    fresh.clock.advance(Duration::from_secs(60));
    for name in ["none", "other"] {
        let role = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
        let (code, message) = code_of(creation(&lambda, "f", &role).send().await);
        assert_eq!((code.as_str(), message), ("InvalidParameterValueException", refused.clone()), "{name}");
    }
    creation(&lambda, "f", &role).send().await.expect("a good role");
}

#[tokio::test]
async fn creation_and_updates_take_time_and_are_exclusive() {
    let fresh = fresh();
    let role = function::role(&fresh, "role").await;
    let lambda = Client::new(&fresh.config);
    let created = creation(&lambda, "f", &role).send().await.expect("a function");
    assert_eq!(created.state(), Some(&State::Pending));
    assert_eq!(created.code_sha256(), Some(BASE64_STANDARD.encode(Sha256::digest(function::code())).as_str()));
    let change = || lambda.update_function_configuration().function_name("f").timeout(7);
    assert_eq!(code_of(change().send().await).0, "ResourceConflictException");
    assert_eq!(code_of(lambda.invoke().function_name("f").send().await).0, "ResourceConflictException");
    fresh.clock.advance(Duration::from_secs(10));
    let changed = change().send().await.expect("a change");
    assert_eq!(changed.last_update_status(), Some(&LastUpdateStatus::InProgress));
    let (code, message) = code_of(change().send().await);
    assert_eq!(code, "ResourceConflictException");
    assert!(message.contains("An update is in progress for resource: arn:aws:lambda:"), "{message}");
    fresh.clock.advance(Duration::from_secs(10));
    let read = lambda.get_function_configuration().function_name("f").send().await.expect("settings");
    assert_eq!((read.last_update_status(), read.timeout()), (Some(&LastUpdateStatus::Successful), Some(7)));
    assert_eq!(code_of(change().revision_id("stale").send().await).0, "PreconditionFailedException");
}

#[tokio::test]
async fn absent_setting_stays_and_empty_one_is_cleared() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 9, &[("KEY", "value")]).await;
    let update = async |environment: Environment| {
        let update = lambda.update_function_configuration().function_name("f").environment(environment);
        let updated = update.send().await.expect("an update");
        fresh.clock.advance(Duration::from_secs(10));
        (updated.timeout(), updated.environment().and_then(|environment| environment.variables()).map(|all| all.len()))
    };
    assert_eq!(update(Environment::builder().build()).await, (Some(9), Some(1)));
    assert_eq!(update(Environment::builder().set_variables(Some(Default::default())).build()).await, (Some(9), None));
}

#[tokio::test]
async fn bad_settings_are_refused_and_leave_nothing_behind() {
    let fresh = fresh();
    let role = function::role(&fresh, "role").await;
    let lambda = Client::new(&fresh.config);
    let create = || creation(&lambda, "f", &role);
    let variables = |key: &str, value: &str| Environment::builder().variables(key, value).build();
    let zip = |bytes: &[u8]| FunctionCode::builder().zip_file(Blob::new(bytes)).build();
    let slip = function::zip(&[("../bootstrap", "x")]);
    for (request, wanted) in [
        (create().function_name("a b"), "ValidationException"),
        (create().function_name("f".repeat(65)), "ValidationException"),
        (create().timeout(901), "ValidationException"),
        (create().memory_size(127), "ValidationException"),
        (create().handler("a b"), "ValidationException"),
        (create().description("d".repeat(257)), "ValidationException"),
        (create().role("role"), "ValidationException"),
        (create().environment(variables("1A", "x")), "ValidationException"),
        (create().environment(variables("AWS_REGION", "x")), "InvalidParameterValueException"),
        (create().environment(variables("KEY", &"x".repeat(4096))), "InvalidParameterValueException"),
        (create().code(zip(b"no zip")), "InvalidParameterValueException"),
        (create().code(zip(&slip)), "InvalidParameterValueException"),
        (
            create().set_layers(Some(vec!["arn:aws:lambda:eu-central-1:111122223333:layer:l:1".to_owned(); 6])),
            "InvalidParameterValueException",
        ),
        (create().kms_key_arn("arn:aws:kms:eu-central-1:111122223333:key/k"), "NotImplemented"),
    ] {
        let answer = request.send().await;
        assert_eq!(code_of(answer).0, wanted);
    }
    assert!(lambda.list_functions().send().await.expect("a list").functions().is_empty());
}

#[tokio::test]
async fn deleted_functions_name_is_free_after_the_deletion() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 3, &[]).await;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/f-role");
    lambda.delete_function().function_name("f").send().await.expect("a deletion");
    assert_eq!(code_of(creation(&lambda, "f", &role).send().await).0, "ResourceConflictException");
    fresh.clock.advance(Duration::from_secs(10));
    assert_eq!(code_of(lambda.get_function().function_name("f").send().await).0, "ResourceNotFoundException");
    creation(&lambda, "f", &role).send().await.expect("the name is free");
}

#[tokio::test]
async fn permission_is_added_read_and_removed_once() {
    let fresh: TestEmulator = fresh();
    let lambda = function::make(&fresh, "f", 3, &[]).await;
    assert_eq!(code_of(lambda.get_policy().function_name("f").send().await).0, "ResourceNotFoundException");
    let add = || {
        let source = format!("arn:aws:connect:{REGION}:{ACCOUNT}:instance/i");
        let add = lambda.add_permission().function_name("f").statement_id("connect").action("lambda:InvokeFunction");
        add.principal("connect.amazonaws.com").source_account(ACCOUNT).source_arn(source)
    };
    add().send().await.expect("a statement");
    assert_eq!(code_of(add().send().await).0, "ResourceConflictException");
    let policy = lambda.get_policy().function_name("f").send().await.expect("a policy").policy.expect("its text");
    let statement = &serde_json::from_str::<Value>(&policy).expect("JSON")["Statement"][0];
    assert_eq!(statement["Principal"], json!({"Service": "connect.amazonaws.com"}));
    assert_eq!(statement["Condition"]["StringEquals"], json!({"AWS:SourceAccount": ACCOUNT}));
    let remove = || lambda.remove_permission().function_name("f").statement_id("connect");
    remove().send().await.expect("removed");
    assert_eq!(code_of(remove().send().await).0, "ResourceNotFoundException");
}

#[tokio::test]
async fn published_version_keeps_its_code() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    let version = lambda.publish_version().function_name("f").send().await.expect("a version").version.expect("its number");
    let again = lambda.publish_version().function_name("f").send().await.expect("the same").version;
    assert_eq!(again.as_deref(), Some(version.as_str()));
    lambda.create_alias().function_name("f").name("live").function_version(&version).send().await.expect("an alias");
    let other = function::zip(&[("other", "x")]);
    lambda.update_function_code().function_name("f").zip_file(Blob::new(other)).send().await.expect("an update");
    fresh.clock.advance(Duration::from_secs(10));
    assert_eq!(invoke(&lambda, json!({})).await.function_error(), Some("Unhandled"));
    let old = lambda.invoke().function_name("f").qualifier("live").send().await.expect("the old code");
    assert_eq!((old.function_error(), old.executed_version()), (None, Some(version.as_str())));
    let delete = lambda.delete_function().function_name("f").qualifier(&version);
    assert_eq!(code_of(delete.send().await).0, "ResourceConflictException");
}

#[tokio::test]
async fn alias_routes_to_published_versions_only() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    lambda.publish_version().function_name("f").send().await.expect("version 1");
    let weights = |version: &str| AliasRoutingConfiguration::builder().additional_version_weights(version, 0.1).build();
    let create = || lambda.create_alias().function_name("f").name("live");
    for (version, other, code) in [("$LATEST", "1", "InvalidParameterValueException"), ("1", "$LATEST", "ValidationException")] {
        let refused = code_of(create().function_version(version).routing_config(weights(other)).send().await);
        assert_eq!(refused.0, code, "{version} with {other}: {}", refused.1);
    }
    create().function_version("$LATEST").send().await.expect("without weights it may");
    let moved = lambda.update_alias().function_name("f").name("live").routing_config(weights("1")).send().await;
    assert_eq!(code_of(moved).0, "InvalidParameterValueException");
}

#[tokio::test]
async fn less_than_no_concurrency_is_refused() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    let refused = code_of(lambda.put_function_concurrency().function_name("f").reserved_concurrent_executions(-1).send().await);
    assert_eq!(refused.0, "ValidationException");
    assert!(refused.1.contains("Member must have value greater than or equal to 0"), "{}", refused.1);
}

#[tokio::test]
async fn code_is_read_from_a_bucket() {
    let fresh = fresh();
    let (role, lambda) = (function::role(&fresh, "role").await, Client::new(&fresh.config));
    let s3 = aws_sdk_s3::Client::new(&fresh.config);
    let place = aws_sdk_s3::types::BucketLocationConstraint::from(REGION);
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(place).build();
    s3.create_bucket().bucket("artifacts").create_bucket_configuration(place).send().await.expect("a bucket");
    let zip = function::code();
    s3.put_object().bucket("artifacts").key("f.zip").body(zip.clone().into()).send().await.expect("an object");
    let create = |key: &str| {
        let code = FunctionCode::builder().s3_bucket("artifacts").s3_key(key).build();
        let create =
            lambda.create_function().function_name("f").role(&role).runtime(Runtime::Providedal2023).handler("bootstrap");
        create.code(code).timeout(30).send()
    };
    let (code, message) = code_of(create("absent.zip").await);
    assert!(code == "InvalidParameterValueException" && message.contains("S3 Error Code: NoSuchKey"), "{code} {message}");
    let made = create("f.zip").await.expect("a function");
    assert_eq!(made.code_sha256(), Some(BASE64_STANDARD.encode(Sha256::digest(&zip)).as_str()));
    fresh.clock.advance(Duration::from_secs(10));
    assert_eq!(payload(&invoke(&lambda, json!({"a": 1})).await)["event"], json!({"a": 1}));
    let update = lambda.update_function_code().function_name("f").s3_bucket("nowhere").s3_key("f.zip").send().await;
    assert!(code_of(update).1.contains("NoSuchBucket"));
}
