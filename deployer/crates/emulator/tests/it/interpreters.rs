//! Handlers in Python and JavaScript, run by the interpreters of this machine. Without an interpreter its tests say so and test nothing.

use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, LogType, LoggingConfig, Runtime};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::fresh::{ACCOUNT, REGION, TestEmulator, fresh};
use crate::support::function;

const PYTHON: &str = r#"
import logging, os
from pkg import helper
logger = logging.getLogger()
logger.setLevel(logging.INFO)
calls = 0

def handler(event, context):
    global calls
    calls += 1
    print("printed")
    logger.info("logged %s", calls)
    kind = event.get("kind")
    if kind == "raise":
        raise ValueError("no such flower")
    if kind == "unserializable":
        return object()
    if kind == "exit":
        os._exit(7)
    if kind == "loop":
        while True: pass
    if kind == "secret":
        return open("/etc/shadow").read()
    left = context.get_remaining_time_in_millis()
    return {"double": helper.double(event["number"]), "calls": calls, "arn": context.invoked_function_arn,
            "name": context.function_name, "memory": context.memory_limit_in_mb, "left": 0 < left <= 5000,
            "id": context.aws_request_id, "root": os.environ["LAMBDA_TASK_ROOT"] == os.getcwd(),
            "handler": os.environ["_HANDLER"], "execution": os.environ["AWS_EXECUTION_ENV"], "custom": (context.client_context.custom if context.client_context else None)}
"#;

const NODE: &str = r#"
import { double } from "./helper.mjs";
let calls = 0;
export const handler = async (event, context) => {
  calls += 1;
  console.log("logged %d", calls);
  if (event.kind === "raise") throw new TypeError("no such flower");
  if (event.kind === "exit") process.exit(7);
  if (event.kind === "reject") { Promise.reject(new Error("nobody listens")); await new Promise((resolve) => setTimeout(resolve, 2000)); }
  const left = context.getRemainingTimeInMillis();
  return { double: double(event.number), calls, arn: context.invokedFunctionArn, name: context.functionName,
           memory: context.memoryLimitInMB, left: 0 < left && left <= 5000, id: context.awsRequestId,
           root: process.env.LAMBDA_TASK_ROOT === process.cwd(), handler: process.env._HANDLER,
           execution: process.env.AWS_EXECUTION_ENV, custom: context.clientContext?.custom ?? null };
};
export const callback = (event, context, done) => { setTimeout(() => done(null, { waited: true }), 5); };
export const silent = () => {};
"#;

const PYTHON_FILES: &[(&str, &str)] = &[
    ("app.py", PYTHON),
    ("pkg/__init__.py", ""),
    ("pkg/helper.py", "def double(number): return 2 * number\n"),
    ("broken.py", "def handler(:\n"),
    ("failing.py", "raise RuntimeError('not today')\n"),
];
const NODE_FILES: &[(&str, &str)] = &[
    ("index.mjs", NODE),
    ("helper.mjs", "export const double = (number) => 2 * number;\n"),
    ("common.js", "exports.handler = async () => ({ common: true });\n"),
    ("broken.mjs", "export const handler = (\n"),
];

/// Whether this machine can run a runtime; reports on standard error if it cannot.
fn runs(runtime: &Runtime) -> bool {
    let missing = deployer_emulator::missing_interpreter(runtime.as_str());
    missing.iter().for_each(|what| eprintln!("not tried: {what}"));
    missing.is_none()
}

struct Functions {
    fresh: TestEmulator,
    lambda: Client,
    role: String,
    runtime: Runtime,
    zip: Vec<u8>,
}

impl Functions {
    async fn new(runtime: Runtime, files: &[(&str, &str)]) -> Self {
        let fresh = fresh();
        let role = function::role(&fresh, "role").await;
        let lambda = Client::new(&fresh.config);
        Self { fresh, lambda, role, runtime, zip: function::zip(files) }
    }

    async fn make(&self, name: &str, handler: &str, timeout: i32, logging: Option<LoggingConfig>) {
        let create = self.lambda.create_function().function_name(name).role(&self.role).runtime(self.runtime.clone());
        let variables = Environment::builder().variables("GREETING", "hello").build();
        let code = FunctionCode::builder().zip_file(Blob::new(self.zip.clone())).build();
        let create = create.handler(handler).timeout(timeout).memory_size(256).environment(variables).code(code);
        create.set_logging_config(logging).send().await.expect("a function");
        self.fresh.clock.advance(Duration::from_secs(10));
    }

    async fn call(&self, name: &str, event: Value) -> (Value, Option<String>, String) {
        let context = BASE64_STANDARD.encode(r#"{"custom": {"a": 1}}"#);
        let invoke = self.lambda.invoke().function_name(name).client_context(context).log_type(LogType::Tail);
        let output: InvokeOutput = invoke.payload(Blob::new(event.to_string())).send().await.expect("an invocation");
        let log = BASE64_STANDARD.decode(output.log_result().expect("a log")).expect("base64");
        let payload = serde_json::from_slice(output.payload().expect("a payload").as_ref()).expect("JSON");
        (payload, output.function_error().map(str::to_owned), String::from_utf8(log).expect("text"))
    }

    /// Calls a function that answers, and checks its context and environment.
    async fn answers(&self, handler: &str) {
        self.make("f", handler, 5, None).await;
        for calls in [1, 2] {
            let (answer, error, log) = self.call("f", json!({"number": 21})).await;
            assert_eq!(error, None, "{answer} {log}");
            let id = answer["id"].as_str().expect("an id");
            assert!(log.contains(&format!("START RequestId: {id}")) && log.contains(&format!("logged {calls}")), "{log}");
            let expected = json!({
                "double": 42, "calls": calls, "arn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"), "name": "f", "memory": "256",
                "left": true, "id": id, "root": true, "handler": handler,
                "execution": format!("AWS_Lambda_{}", self.runtime.as_str()), "custom": {"a": 1},
            });
            assert_eq!(answer, expected);
        }
    }

    async fn error(&self, name: &str, event: Value) -> (Value, String) {
        let (answer, error, log) = self.call(name, event).await;
        assert_eq!(error.as_deref(), Some("Unhandled"), "{answer} {log}");
        (answer, log)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_handler_answers_and_fails_as_documented() {
    if !runs(&Runtime::Python313) {
        return;
    }
    let functions = Functions::new(Runtime::Python313, PYTHON_FILES).await;
    functions.answers("app.handler").await;
    let (answer, log) = functions.error("f", json!({"kind": "raise"})).await;
    assert_eq!((&answer["errorType"], &answer["errorMessage"]), (&json!("ValueError"), &json!("no such flower")));
    let trace = answer["stackTrace"].as_array().expect("a list");
    assert!(
        trace.len() == 1 && trace[0].as_str().is_some_and(|line| line.contains("app.py") && line.contains("in handler")),
        "{answer}"
    );
    assert!(log.contains("[ERROR] ValueError: no such flower") && log.contains("printed"), "{log}");
    let (answer, _) = functions.error("f", json!({"kind": "unserializable"})).await;
    let message = "Unable to marshal response: Object of type object is not JSON serializable";
    assert_eq!((&answer["errorType"], &answer["errorMessage"]), (&json!("Runtime.MarshalError"), &json!(message)));
    let (answer, _) = functions.error("f", json!({"kind": "exit"})).await;
    assert!(
        answer["errorMessage"].as_str().is_some_and(|text| text.ends_with("Runtime exited with error: exit status 7")),
        "{answer}"
    );
    let (answer, error, _) = functions.call("f", json!({"number": 1})).await;
    assert_eq!((error, &answer["calls"]), (None, &json!(1)), "a new process");
    if deployer_emulator::unenforced_limits().is_none() {
        let (answer, _) = functions.error("f", json!({"kind": "secret"})).await;
        assert_eq!(answer["errorType"], "PermissionError");
    }
    for (name, handler, kind) in [
        ("a", "absent.handler", "Runtime.ImportModuleError"),
        ("b", "app.absent", "Runtime.HandlerNotFound"),
        ("c", "broken.handler", "Runtime.UserCodeSyntaxError"),
        ("d", "failing.handler", "RuntimeError"),
    ] {
        functions.make(name, handler, 5, None).await;
        assert_eq!(functions.error(name, json!({})).await.0["errorType"], kind, "{handler}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_logs_in_json_and_times_out() {
    if !runs(&Runtime::Python313) {
        return;
    }
    let functions = Functions::new(Runtime::Python313, PYTHON_FILES).await;
    let logging = LoggingConfig::builder().log_format(aws_sdk_lambda::types::LogFormat::Json).build();
    functions.make("f", "app.handler", 1, Some(logging)).await;
    let (answer, _, log) = functions.call("f", json!({"number": 1})).await;
    let line = log.lines().find(|line| line.contains("logged 1")).expect("the event");
    let event: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!((&event["level"], &event["requestId"]), (&json!("INFO"), &answer["id"]), "{event}");
    let (answer, _) = functions.error("f", json!({"kind": "loop"})).await;
    assert_eq!(answer["errorType"], "Sandbox.Timedout");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_handler_answers_and_fails_as_documented() {
    if !runs(&Runtime::Nodejs22x) {
        return;
    }
    let functions = Functions::new(Runtime::Nodejs22x, NODE_FILES).await;
    functions.answers("index.handler").await;
    let (answer, _) = functions.error("f", json!({"kind": "raise"})).await;
    assert_eq!((&answer["errorType"], &answer["errorMessage"]), (&json!("TypeError"), &json!("no such flower")));
    assert!(answer["trace"][1].as_str().is_some_and(|line| line.contains("index.mjs")), "{answer}");
    let (answer, _) = functions.error("f", json!({"kind": "reject"})).await;
    assert_eq!(answer["errorType"], "Runtime.UnhandledPromiseRejection");
    let (answer, _) = functions.error("f", json!({"kind": "exit"})).await;
    assert!(
        answer["errorMessage"].as_str().is_some_and(|text| text.ends_with("Runtime exited with error: exit status 7")),
        "{answer}"
    );
    for (name, handler, expected) in [
        ("a", "index.callback", json!({"waited": true})),
        ("b", "index.silent", Value::Null),
        ("c", "common.handler", json!({"common": true})),
    ] {
        functions.make(name, handler, 5, None).await;
        let (answer, error, log) = functions.call(name, json!({})).await;
        assert_eq!((answer, error), (expected, None), "{log}");
    }
    for (name, handler, kind) in [
        ("d", "absent.handler", "Runtime.ImportModuleError"),
        ("e", "index.absent", "Runtime.HandlerNotFound"),
        ("g", "broken.handler", "Runtime.UserCodeSyntaxError"),
    ] {
        functions.make(name, handler, 5, None).await;
        assert_eq!(functions.error(name, json!({})).await.0["errorType"], kind, "{handler}");
    }
}

/// Events of [`HOSTILE_PYTHON`] and [`HOSTILE_NODE`] with the type of the error that each gives.
async fn errors_leave_the_process_alive(functions: &Functions, handler: &str, expected: &[(&str, &str)]) {
    functions.make("f", handler, 5, None).await;
    for (index, (kind, error_type)) in expected.iter().enumerate() {
        let (answer, log) = functions.error("f", json!({"kind": kind})).await;
        assert_eq!(answer["errorType"], *error_type, "{kind}: {answer} {log}");
        let (answer, error, log) = functions.call("f", json!({})).await;
        assert_eq!((error, &answer), (None, &json!(2 * index + 2)), "{kind} ended the process: {log}");
    }
}

const HOSTILE_PYTHON: &str = r#"
calls = 0
class Mute(Exception):
    def __str__(self): raise ValueError("no")

def handler(event, context):
    global calls
    calls += 1
    kind = event.get("kind")
    if kind == "class": raise type("Fehler\u2713", (Exception,), {})("x")
    if kind == "line": raise type("two\nlines", (Exception,), {})("x")
    if kind == "message": raise ValueError("half \ud83d of a pair")
    if kind == "surrogate": return "half \ud83d of a pair"
    if kind == "mute": raise Mute()
    return calls
"#;

const HOSTILE_NODE: &str = r#"
let calls = 0;
export const handler = async ({ kind }) => {
  calls += 1;
  if (kind === "class") throw Object.assign(new Error("x"), { name: "Fehler\u2713\n" });
  if (kind === "number") throw Object.assign(new Error("x"), { name: 5 });
  if (kind === "stack") throw Object.assign(new Error("x"), { stack: 5 });
  if (kind === "getter") throw Object.defineProperty(new Error("x"), "message", { get() { throw new Error("no"); } });
  if (kind === "bare") throw Object.create(null);
  if (kind === "inspect") throw { toString: () => "own", [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("no"); } };
  return calls;
};
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreadable_errors_do_not_end_python() {
    if !runs(&Runtime::Python313) {
        return;
    }
    let functions = Functions::new(Runtime::Python313, &[("app.py", HOSTILE_PYTHON)]).await;
    let expected = [
        ("class", "Fehler\u{2713}"),
        ("line", "two\nlines"),
        ("message", "ValueError"),
        ("surrogate", "Runtime.MarshalError"),
        ("mute", "Mute"),
    ];
    errors_leave_the_process_alive(&functions, "app.handler", &expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreadable_errors_do_not_end_node() {
    if !runs(&Runtime::Nodejs22x) {
        return;
    }
    let functions = Functions::new(Runtime::Nodejs22x, &[("index.mjs", HOSTILE_NODE)]).await;
    let expected = [
        ("class", "Fehler\u{2713}\n"),
        ("number", "handled"),
        ("stack", "handled"),
        ("getter", "handled"),
        ("bare", "handled"),
        ("inspect", "object"),
    ];
    errors_leave_the_process_alive(&functions, "index.handler", &expected).await;
}

#[tokio::test]
async fn runtime_without_an_interpreter_is_named() {
    let functions = Functions::new(Runtime::Java21, &[("x", "")]).await;
    functions.make("f", "example.Handler", 5, None).await;
    let (answer, _) = functions.error("f", json!({})).await;
    assert!(answer["errorMessage"].as_str().is_some_and(|text| text.contains("cannot run java21")), "{answer}");
}
