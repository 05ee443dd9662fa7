//! Limits on the access and resource use of a function's process, tested by a function. On a system that enforces no such limits the tests
//! of access say so and test nothing.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::fresh::fresh;
use crate::support::function;

async fn run(lambda: &Client, python: &str) -> InvokeOutput {
    let event = json!({ "python": python }).to_string();
    let request = lambda.invoke().function_name("f").payload(Blob::new(event)).log_type(LogType::Tail);
    request.send().await.expect("an invocation")
}

fn said(output: &InvokeOutput) -> Value {
    serde_json::from_slice(output.payload().expect("a payload").as_ref()).expect("JSON")
}

/// Whether the system has every limit; reports on standard error which it lacks.
fn enforced() -> bool {
    let unenforced = deployer_emulator::unenforced_limits();
    unenforced.iter().for_each(|what| eprintln!("not tried: {what}"));
    unenforced.is_none()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn process_reaches_its_own_and_nothing_else() {
    if !enforced() {
        return;
    }
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    let outside = tempfile::tempdir().expect("a directory");
    let secret = outside.path().join("secret");
    std::fs::write(&secret, "s3cret").expect("written");
    let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = tcp.local_addr().expect("an address").port();
    let _unix = UnixListener::bind(outside.path().join("socket")).expect("a socket");
    let (path, own) = (outside.path().display(), std::process::id());
    let denied = [
        format!("open('{path}/secret').read()"),
        format!("__import__('os').listdir('{path}')"),
        format!("open('{path}/new', 'w')"),
        format!("__import__('os').remove('{path}/secret')"),
        "open('/tmp/new-file', 'w')".to_owned(),
        "open('/etc/shadow').read()".to_owned(),
        "__import__('os').listdir('/proc')".to_owned(),
        format!("open('/proc/{own}/environ').read()"),
        format!("open('/proc/{own}/cmdline').read()"),
        format!("__import__('os').kill({own}, 0)"),
        format!("__import__('socket').create_connection(('127.0.0.1', {port}))"),
        format!("s = __import__('socket').socket(2, 2); s.sendto(b'x', ('127.0.0.1', {port}))"),
        "__import__('socket').socket(2, 3, 1)".to_owned(),
        // Another stream protocol, which the limit on TCP does not cover.
        format!("__import__('socket').socket(2, 1, 262).connect(('127.0.0.1', {port}))"),
        format!("__import__('socket').socket(1, 1).connect('{path}/socket')"),
        "s = __import__('socket').socket(2, 1); s.bind(('127.0.0.1', 0)); s.listen()".to_owned(),
        format!("__import__('subprocess').run(['/bin/cat', '{path}/secret'], check=True)"),
    ];
    for attempt in denied {
        let answer = said(&run(&lambda, &format!("{attempt}\nresult = 'done'")).await);
        let text = answer.as_str().unwrap_or_default();
        assert!(text.contains("Error"), "{attempt}: {answer}");
    }
    assert_eq!(std::fs::read_to_string(&secret).expect("it is there"), "s3cret");
    let allowed = [
        "import os; open(os.environ['TMPDIR'] + '/x', 'w').write('1'); result = open(os.environ['TMPDIR'] + '/x').read() == '1'",
        "import os; result = 'urlopen' in open(os.environ['LAMBDA_TASK_ROOT'] + '/bootstrap').read()",
        "import subprocess; result = subprocess.run(['/bin/echo', 'x'], capture_output=True).stdout == b'x\\n'",
        "import socket; a, b = socket.socketpair(); a.send(b'x'); result = b.recv(1) == b'x'",
        "import ssl, hashlib, threading; t = threading.Thread(target=print); t.start(); t.join(); result = True",
        "import os, urllib.request, urllib.error\n\
         try: urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'])\n\
         except urllib.error.HTTPError as error: result = error.code == 403",
    ];
    for python in allowed {
        assert_eq!(said(&run(&lambda, python).await), true, "{python}");
    }
}

#[tokio::test]
async fn memory_beyond_the_size_ends_the_process() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    let megabytes = 300;
    for python in [
        format!("x = b'x' * ({megabytes} << 20)\nresult = len(x)"),
        // Freed before the response.
        format!("x = bytearray({megabytes} << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\ndel x\nresult = 1"),
        format!("import mmap\nx = mmap.mmap(-1, {megabytes} << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\nresult = 1"),
        // In a child process.
        format!(
            "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'x = b\"x\" * ({megabytes} << 20); import time; time.sleep(20)'])"
        ),
    ] {
        let output = run(&lambda, &python).await;
        assert_eq!(output.function_error(), Some("Unhandled"), "{python}");
        let answer = said(&output);
        assert_eq!(answer["errorType"], "Runtime.ExitError", "{python}: {answer}");
        let message = answer["errorMessage"].as_str().expect("a message");
        assert!(message.ends_with("Runtime exited with error: signal: killed"), "{python}: {message}");
    }
    assert_eq!(said(&run(&lambda, "result = len(b'x' * (40 << 20))").await), 40 << 20, "what fits is answered");
}

#[tokio::test]
async fn output_beyond_its_bound_is_left_out() {
    let fresh = fresh();
    let lambda = function::make(&fresh, "f", 30, &[]).await;
    let output = run(&lambda, "import os\nfor i in range(640): os.write(1, b'x' * 65536)\nresult = 'answered'").await;
    assert_eq!(said(&output), "answered");
    let tail = BASE64_STANDARD.decode(output.log_result().expect("a log")).expect("base64");
    let tail = String::from_utf8_lossy(&tail);
    assert!(tail.contains("bytes left out") && tail.contains("REPORT"), "{tail}");
    assert_eq!(said(&run(&lambda, "result = 2").await), 2, "the process goes on");
}
