//! `deployer call`: dial a deployed flow and hear it.

use std::net::SocketAddr;

use deployer_emulator::front::phone::{Dialled, PATH};
use deployer_emulator::services::connect::call as phone;
use deployer_engine::{Address, Events};
use deployer_flow::interpret::{BoxFuture, Caller, Key, Script};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::{Target, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::Style;
use crate::wiring::{Cloud, Place, Served};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// The caller's number in E.164 form.
    #[arg(long, value_name = "NUMBER", required_unless_present = "withheld", conflicts_with = "withheld")]
    from: Option<String>,
    /// The caller withholds the number.
    #[arg(long)]
    withheld: bool,
    /// The dialled number.
    #[arg(long, value_name = "NUMBER", default_value = "+18005550100")]
    to: String,
    /// The flow, by its name in the spec; not needed where there is only one.
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// Keys to press: 0-9, * and #; a comma lets the time for one key pass, ! hangs up.
    #[arg(long, value_name = "KEYS", default_value = "")]
    digits: String,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let from = args.from.as_deref().map(e164).transpose()?;
    let to = e164(&args.to)?;
    let script = Script::parse(&args.digits).map_err(|wrong| {
        Failure::input(format!("--digits: `{wrong}` is no key")).help("keys are 0-9, * and #; `,` waits, `!` hangs up")
    })?;
    let project = Project::load(&args.target.env)?;
    let flow = choose(&project, args.flow.as_deref())?;
    let cloud = Cloud::open(&project).await?;
    if matches!(cloud.place, Place::Aws) {
        return Err(Failure::input(format!(
            "the environment {} lives in AWS, and only embedded flows can be called",
            args.target.env
        ))
        .help("dial its phone number, or call the same flow in an environment with `provider: { embedded: {} }`"));
    }
    let state = cloud.engine(&project, Default::default(), Events::ignore())?.state().await?;
    let outputs = state.map(|state| state.outputs()).unwrap_or_default();
    let id =
        |kind: &str, name: &str| outputs.get(&Address::new(kind, name)).and_then(|found| found["id"].as_str().map(str::to_owned));
    let (Some(instance_id), Some(contact_flow_id)) = (id("instance", "main"), id("flow", &flow)) else {
        return Err(Failure::new(format!("the flow {flow} of the environment {} is not deployed", args.target.env))
            .help(format!("deployer apply --env {}", args.target.env)));
    };
    let aloud = !args.target.json;
    if aloud {
        let who = from.as_deref().unwrap_or("A caller without a number");
        print(&format!("{}\n", Style::dim(&format!("{who} calls {to}: flow {flow}"))))?;
    }
    let transcript = match &cloud.place {
        Place::Inside(emulator) => {
            let call = phone::Call { instance_id, contact_flow_id, from, to };
            let transcript = phone::call(emulator, call, &mut Line { script, aloud }).await?;
            serde_json::to_value(transcript).map_err(|error| Failure::new(error.to_string()))?
        }
        Place::Served(Served { address, .. }) => {
            let transcript = dial(*address, &Dialled { instance_id, contact_flow_id, from, to, digits: args.digits }).await?;
            let heard = transcript["heard"].as_array().into_iter().flatten().filter_map(Value::as_str);
            heard.filter(|_| aloud).try_for_each(say)?;
            transcript
        }
        Place::Aws => return Err(Failure::input("only embedded flows can be called")),
    };
    show(&transcript, args.target.json)?;
    Ok(Exit::Success)
}

/// Dials in the process that serves the embedded AWS.
async fn dial(address: SocketAddr, dialled: &Dialled) -> Result<Value, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("the served embedded AWS on {address}: {error}"));
    let stream = tokio::net::TcpStream::connect(address).await.map_err(|error| failed(&error))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    let connection = tokio::spawn(connection);
    let body = serde_json::to_vec(dialled).map_err(|error| failed(&error))?;
    let request = hyper::Request::post(PATH).header("host", address.to_string()).body(Full::new(bytes::Bytes::from(body)));
    let response = sender.send_request(request.map_err(|error| failed(&error))?).await.map_err(|error| failed(&error))?;
    let good = response.status().is_success();
    let body = response.into_body().collect().await.map_err(|error| failed(&error))?.to_bytes();
    connection.abort();
    match good {
        true => serde_json::from_slice(&body).map_err(|error| failed(&error)),
        false => Err(Failure::new(String::from_utf8_lossy(&body).into_owned())),
    }
}

fn say(sentence: &str) -> Result<(), Failure> {
    print(&format!("  “{sentence}”\n"))
}

/// The flow to call: the named one, or the only one.
fn choose(project: &Project, wanted: Option<&str>) -> Result<String, Failure> {
    let names: Vec<&str> = project.flows.keys().map(String::as_str).collect();
    match (wanted, names.as_slice()) {
        (Some(name), names) if names.contains(&name) => Ok(name.to_owned()),
        (None, [only]) => Ok((*only).to_owned()),
        (_, []) => Err(Failure::input("the spec has no flows").help("add one under `connect.flows`")),
        (Some(name), names) => {
            Err(Failure::input(format!("the spec has no flow {name}")).help(format!("it has {}", names.join(", "))))
        }
        (None, names) => {
            Err(Failure::input("the spec has several flows").help(format!("choose one with --flow: {}", names.join(", "))))
        }
    }
}

/// A number as a telephone network gives it (ITU-T E.164: a plus sign and at most 15 digits).
fn e164(text: &str) -> Result<String, Failure> {
    let digits = text.strip_prefix('+').unwrap_or_default();
    if (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err(Failure::input(format!("`{text}` is not a phone number in E.164 form"))
        .help("write it as +18005550100; --withheld calls without one"))
}

/// A caller who listens to what is said, and presses the keys of a script.
struct Line {
    script: Script,
    aloud: bool,
}

impl Caller for Line {
    fn hear(&mut self, sentence: &str) {
        if self.aloud {
            // Shown as it is said; a reader that went away does not end the call.
            let _ = say(sentence);
        }
    }

    fn key(&mut self, limit: std::time::Duration) -> BoxFuture<'_, Key> {
        self.script.key(limit)
    }
}

fn show(transcript: &Value, json: bool) -> Result<(), Failure> {
    if json {
        return print(&format!("{transcript:#}\n"));
    }
    let text_of = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let mut text = String::from("\n");
    for step in transcript["path"].as_array().into_iter().flatten() {
        let note = step["note"].as_str().map(|note| format!("  {}", Style::warning(note))).unwrap_or_default();
        text.push_str(&format!("  {} {}{note}\n", text_of(step, "id"), Style::dim(&text_of(step, "type"))));
    }
    text.push_str(&format!("{}\n", text_of(transcript, "outcome")));
    print(&text)
}
