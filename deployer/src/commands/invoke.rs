//! `deployer invoke`: invokes a deployed function and prints its response.

use std::io::Read;
use std::path::{Path, PathBuf};

use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use deployer_engine::EventSink;
use serde_json::{Value, json};

use super::{deployed, print};
use crate::failure::{Exit, Failure, sdk_failure};
use crate::files;
use crate::output::{harmless, print_bytes};
use crate::project::Project;
use crate::report::Style;
use crate::runtime::{Cloud, Signals};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The function, by its name in the spec.
    function: String,
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// The event: JSON, or the name of a file with JSON, or - for standard input. Text that is JSON is the event itself; write ./1 for a
    /// file whose name is JSON.
    #[arg(long, value_name = "FILE|-|JSON", default_value = "{}")]
    payload: String,
    /// Invoke this alias or version instead of the unpublished version.
    #[arg(long, value_name = "NAME")]
    alias: Option<String>,
    /// Print the end of the invocation's log, at most 4 KB, on standard error.
    #[arg(long)]
    logs: bool,
    /// Print one JSON object: `payload`, `function_error`, `executed_version`, and with --logs `log_tail`.
    #[arg(long)]
    json: bool,
}

/// Maximum size in bytes of the event of a synchronous invocation (Lambda developer guide, "Lambda quotas").
const MAX_EVENT: u64 = 6_291_456;

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let payload = Payload::of(&args.payload);
    let project = Project::load_for_state(&args.env)?;
    let event = payload.read()?;
    let cloud = Cloud::open(&project).await?;
    let state = cloud.engine(&project, Default::default(), EventSink::ignore())?.state().await?;
    let function = deployed::function(&project, state.as_ref(), &args.function)?;
    let request = cloud.lambda_without_retries().invoke().function_name(&function.id).payload(Blob::new(event));
    let request = request.set_qualifier(args.alias.clone()).set_log_type(args.logs.then_some(LogType::Tail));
    let mut signals = Signals::listen()?;
    let sent = tokio::select! {
        () = signals.next() => return Ok(Exit::Interrupted),
        sent = request.send() => sent,
    };
    show(&args, &sent.map_err(|error| sdk_failure("lambda:InvokeFunction", &error))?)
}

/// Where the event comes from.
#[derive(Debug, PartialEq, Eq)]
enum Payload {
    Text(String),
    File(PathBuf),
    StandardInput,
}

impl Payload {
    /// Interprets the option: text that begins as an object, an array or a string does is never a file's name.
    fn of(option: &str) -> Self {
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(option).is_ok();
        match option {
            "-" => Self::StandardInput,
            text if is_json || text.trim_start().starts_with(['{', '[', '"']) => Self::Text(text.to_owned()),
            path => Self::File(path.into()),
        }
    }

    /// Returns the event, which is JSON of at most 6 MB.
    fn read(self) -> Result<Vec<u8>, Failure> {
        let (name, bytes) = match self {
            Self::Text(text) => ("--payload".to_owned(), text.into_bytes()),
            Self::File(path) => (path.display().to_string(), read_file(&path)?),
            Self::StandardInput => {
                let mut bytes = Vec::new();
                let read = std::io::stdin().lock().take(MAX_EVENT + 1).read_to_end(&mut bytes);
                read.map_err(|error| Failure::input(format!("standard input: {error}")))?;
                ("standard input".to_owned(), bytes)
            }
        };
        if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_EVENT) {
            return Err(Failure::input(format!("{name}: an event has at most {MAX_EVENT} bytes")));
        }
        match serde_json::from_slice::<serde::de::IgnoredAny>(&bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(Failure::input(format!("{name}: the event is not JSON: {error}"))
                .help("write it like '{\"key\": \"value\"}', in single quotes for the shell")),
        }
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    files::read(path, MAX_EVENT).map_err(|error| {
        Failure::input(format!("{}: {error}", path.display()))
            .help("--payload is JSON, the name of a file, or - for standard input")
    })
}

fn show(args: &Args, answer: &InvokeOutput) -> Result<Exit, Failure> {
    let payload = answer.payload().map_or(&[][..], |blob| blob.as_ref());
    let tail = answer.log_result().map(|text| BASE64_STANDARD.decode(text).unwrap_or_default());
    let tail = tail.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let exit = if answer.function_error().is_some() { Exit::FunctionError } else { Exit::Success };
    if args.json {
        let value: Value =
            serde_json::from_slice(payload).unwrap_or_else(|_| String::from_utf8_lossy(payload).into_owned().into());
        let (error, version) = (answer.function_error(), answer.executed_version());
        let mut document = json!({"payload": value, "function_error": error, "executed_version": version});
        if let Some(tail) = tail {
            document["log_tail"] = tail.into();
        }
        print(&format!("{document:#}\n"))?;
        return Ok(exit);
    }
    if let Some(tail) = tail {
        tail.lines().for_each(|line| anstream::eprintln!("{} {}", Style::dim("log"), harmless(line)));
    }
    match answer.function_error() {
        Some(kind) => anstream::eprintln!("{}: {}", Style::error("error"), function_error(&args.function, kind, payload)),
        None => print_bytes(&[payload, b"\n"].concat())?,
    }
    Ok(exit)
}

/// Describes the error that a function returned: its type, its message and its stack trace, of whatever language, or the payload as it is.
fn function_error(function: &str, kind: &str, payload: &[u8]) -> String {
    let value: Value = serde_json::from_slice(payload).unwrap_or_default();
    let member = |name: &str| value[name].as_str().map(harmless);
    let (Some(message), class) = (member("errorMessage"), member("errorType")) else {
        return format!("the function {function} failed ({kind}): {}", harmless(&String::from_utf8_lossy(payload)));
    };
    let mut text =
        format!("the function {function} failed: {}{message}", class.map(|class| format!("{class}: ")).unwrap_or_default());
    // Python calls it `stackTrace`, Node.js `trace`.
    for line in ["stackTrace", "trace"].iter().filter_map(|name| value[*name].as_array()).flatten() {
        line.as_str().into_iter().flat_map(str::lines).for_each(|line| text += &format!("\n  {}", harmless(line)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payload_is_json_file_or_standard_input() {
        for text in ["{}", " [1]", "1", "null", "\"a\"", "{bad"] {
            assert_eq!(Payload::of(text), Payload::Text(text.to_owned()));
        }
        assert_eq!(Payload::of("-"), Payload::StandardInput);
        for path in ["event.json", "./1", "-1x", "nul"] {
            assert_eq!(Payload::of(path), Payload::File(path.into()));
        }
        let failure = Payload::of("{bad").read().expect_err("not JSON");
        assert!(failure.message.starts_with("--payload: the event is not JSON: "), "{failure}");
    }

    #[test]
    fn errors_of_every_language_are_described() {
        let python =
            br#"{"errorMessage": "'x'", "errorType": "KeyError", "stackTrace": ["  File \"app.py\", line 3\n    event['x']\n"]}"#;
        let text = function_error("greet", "Unhandled", python);
        assert_eq!(text, "the function greet failed: KeyError: 'x'\n    File \"app.py\", line 3\n      event['x']");
        let timed_out = br#"{"errorMessage": "Task timed out after 3.00 seconds"}"#;
        assert_eq!(
            function_error("greet", "Unhandled", timed_out),
            "the function greet failed: Task timed out after 3.00 seconds"
        );
        assert_eq!(function_error("greet", "Unhandled", b"broken"), "the function greet failed (Unhandled): broken");
    }
}
