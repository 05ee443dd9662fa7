//! Tests of the function as Lambda runs it: the real executable with a Runtime API and a DynamoDB of the test.

use std::convert::Infallible;
use std::future::Future;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};

/// Serves every request on a free local port, and returns its address and the number of connections.
async fn serve<F>(answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static) -> (String, Arc<AtomicUsize>)
where
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("bound").to_string();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let answer = answer.clone();
            let service = hyper::service::service_fn(move |request| {
                let response = answer(request);
                async move { Ok::<_, Infallible>(response.await) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, connections)
}

async fn body(request: Request<Incoming>) -> Value {
    let bytes = request.into_body().collect().await.expect("a whole body").to_bytes();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// A running function.
struct Function {
    process: Child,
    events: mpsc::Sender<Value>,
    /// Path and body of each request that the function sent; the first one of each process is the request for an event.
    said: mpsc::Receiver<(String, Value)>,
}

impl Function {
    async fn start(environment: &[(&str, &str)]) -> Self {
        let (events, receiver) = mpsc::channel::<Value>(1);
        let (sender, said) = mpsc::channel(8);
        let receiver = Arc::new(Mutex::new(receiver));
        let (address, _) = serve(move |request: Request<Incoming>| {
            let (sender, receiver) = (sender.clone(), Arc::clone(&receiver));
            async move {
                let path = request.uri().path().to_owned();
                let is_next = path.ends_with("/invocation/next");
                sender.send((path, body(request).await)).await.expect("the test waits");
                let event = if is_next { receiver.lock().await.recv().await.unwrap_or_default() } else { json!({}) };
                Response::builder()
                    .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
                    .header("lambda-runtime-deadline-ms", "9999999999999")
                    .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:111122223333:function:convert")
                    .body(Full::from(event.to_string()))
                    .expect("a sound response")
            }
        })
        .await;
        let mut command = Command::new(env!("CARGO_BIN_EXE_convert"));
        command.env_clear().env("AWS_LAMBDA_RUNTIME_API", address).envs(environment.iter().copied());
        for (name, value) in [
            ("AWS_LAMBDA_FUNCTION_NAME", "vanity-test-convert"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/vanity-test-convert"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "test"),
        ] {
            command.env(name, value);
        }
        let process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().expect("it starts");
        Self { process, events, said }
    }

    /// Waits until the function requests an event.
    async fn asks(&mut self) {
        let (path, _) = self.said.recv().await.expect("the function says something");
        assert!(path.ends_with("/invocation/next"), "{path}");
    }

    /// Returns the function's response to an event.
    async fn answer(&mut self, event: Value) -> Value {
        self.events.send(event).await.expect("the function waits for it");
        let (path, answer) = self.said.recv().await.expect("the function says something");
        assert!(path.ends_with("/response"), "{path}: {answer}");
        answer
    }

    /// Stops the process and returns its output.
    async fn end(mut self) -> Output {
        self.process.start_kill().expect("it runs");
        self.process.wait_with_output().await.expect("it has ended")
    }
}

fn call(from: &str) -> Value {
    json!({"Name": "ContactFlowEvent", "Details": {"ContactData": {
        "ContactId": "5ca32fbd-8f92-46af-92a5-6b0f970f0efe", "Channel": "VOICE",
        "CustomerEndpoint": {"Address": from, "Type": "TELEPHONE_NUMBER"}}, "Parameters": {}}})
}

const CREDENTIALS: [(&str, &str); 4] = [
    ("TABLE_NAME", "numbers"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "example"),
    ("AWS_SECRET_ACCESS_KEY", "example"),
];

#[tokio::test]
async fn table_is_used_after_the_first_event_only() {
    let (sender, mut saves) = mpsc::channel(8);
    let (table, connections) = serve(move |request| {
        let sender = sender.clone();
        async move {
            sender.send(body(request).await).await.expect("the test waits");
            Response::new(Full::from("{}"))
        }
    })
    .await;
    let endpoint = format!("http://{table}");
    let mut function = Function::start(&[&CREDENTIALS[..], &[("AWS_ENDPOINT_URL", &endpoint)]].concat()).await;
    function.asks().await;
    assert_eq!(connections.load(Ordering::SeqCst), 0, "nothing heavy before the first event");
    let answer = function.answer(call("+18003569377")).await;
    // The request was received already, because the answer waited for it.
    let save = saves.try_recv().expect("saved before it was answered");
    assert_eq!(save["Key"], json!({"id": {"S": "+18003569377"}}));
    assert_eq!((&answer["status"], &answer["vanity1"]), (&json!("OK"), &json!("1-800-FLOWERS")));
    assert!(answer.as_object().expect("flat").values().all(Value::is_string), "Connect's STRING_MAP: {answer}");
    // The same process answers the next call, without anything of the previous one.
    function.asks().await;
    let answer = function.answer(call("anonymous")).await;
    assert_eq!((&answer["status"], &answer["vanity1"]), (&json!("NO_CALLER_ID"), &json!("")));
    assert!(saves.try_recv().is_err(), "a withheld caller is not saved");
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn unreachable_table_does_not_prevent_the_answer() {
    // A port that is no longer bound.
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port is free").local_addr().expect("bound").to_string();
    let endpoint = format!("http://{gone}");
    let mut function = Function::start(&[&CREDENTIALS[..], &[("AWS_ENDPOINT_URL", &endpoint)]].concat()).await;
    function.asks().await;
    let answer = function.answer(call("+18003569377")).await;
    assert_eq!((&answer["status"], &answer["count"]), (&json!("OK"), &json!("5")));
    assert!(answer["speech"].as_str().is_some_and(|speech| speech.contains("flowers")), "{answer}");
    let output = function.end().await;
    let written = String::from_utf8_lossy(&output.stdout).into_owned();
    let line: Value = serde_json::from_str(written.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&line["save"], &line["level"], &line["number"]), (&json!("failed"), &json!("ERROR"), &json!("+1********77")));
    assert_eq!(line["function"], "vanity-test-convert");
    assert!(!format!("{written}{}", String::from_utf8_lossy(&output.stderr)).contains("3569377"), "{written}");
}

#[tokio::test]
async fn missing_table_name_ends_the_function() {
    let function = Function::start(&CREDENTIALS[1..]).await;
    let output = function.process.wait_with_output().await.expect("it ends");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("TABLE_NAME"), "{output:?}");
}
