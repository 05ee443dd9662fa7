//! A call of a flow that an environment has deployed in the embedded AWS.

use std::time::Duration;

use deployer_emulator::phone;
use deployer_emulator::server::phone::{CallRequest, ClientMessage, PATH, PROTOCOL, ServerMessage};
use deployer_engine::{Address, EventSink};
use deployer_flow::interpret::{Caller, Key};
use deployer_flow::scenario::PercentSource;
use http_body_util::Empty;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use time::OffsetDateTime;
use tokio::io::{AsyncBufReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use super::line::Line;
use super::{Args, CallResult};
use crate::failure::Failure;
use crate::project::Project;
use crate::runtime::{Cloud, Endpoint, ServedEndpoint};

/// The parameters of the call.
pub(super) struct CallOptions {
    pub(super) from: Option<String>,
    pub(super) to: String,
    /// Start of the call, if not now.
    pub(super) at: Option<OffsetDateTime>,
    /// Source of the numbers for percentage branches, if not random.
    pub(super) chance: Option<PercentSource>,
}

pub(super) async fn run(args: &Args, environment: &str, asked: CallOptions, mut line: Line) -> Result<CallResult, Failure> {
    let project = Project::load(environment)?;
    let cloud = Cloud::open(&project).await?;
    if matches!(cloud.endpoint, Endpoint::Aws) {
        return Err(Failure::input(format!("environment {environment} is on AWS; only flows on the embedded AWS can be called"))
            .help("call its phone number; or simulate the flow's file with --file, with its functions by --env"));
    }
    let CallOptions { from, to, at, chance } = asked;
    let called = called(args, &project, &cloud, environment, &to).await?;
    line.announce(from.as_deref(), &to, &called.name)?;
    let TargetFlow { instance_id, contact_flow_id, .. } = called;
    match &cloud.endpoint {
        Endpoint::InProcess(emulator) => {
            let call = phone::Call { instance_id, contact_flow_id, from, to, at, chance };
            let transcript = phone::call(emulator, call, &mut line).await?;
            CallResult::of(transcript)
        }
        Endpoint::Remote(served) => {
            let (percent, seed) = match chance {
                Some(PercentSource::Percent(percent)) => (Some(percent), None),
                Some(PercentSource::Seed(seed)) => (None, Some(seed)),
                None => (None, None),
            };
            let by_number = args.flow.is_none();
            let dialled = CallRequest { instance_id, contact_flow_id, by_number, from, to, at, percent, seed };
            dial(served, &dialled, &mut line).await
        }
        Endpoint::Aws => Err(Failure::input("only embedded flows can be called")),
    }
}

/// The flow that answers the call.
struct TargetFlow {
    name: String,
    instance_id: String,
    contact_flow_id: String,
}

/// Returns the named flow; else the one that is associated with the dialled number, if the environment has claimed it; else the only one.
async fn called(args: &Args, project: &Project, cloud: &Cloud, environment: &str, to: &str) -> Result<TargetFlow, Failure> {
    let state = cloud.engine(project, Default::default(), EventSink::ignore())?.state().await?;
    let outputs = state.as_ref().map(|state| state.outputs()).unwrap_or_default();
    let id =
        |kind: &str, name: &str| outputs.get(&Address::new(kind, name)).and_then(|found| found["id"].as_str().map(str::to_owned));
    if let (Endpoint::InProcess(emulator), None) = (&cloud.endpoint, &args.flow)
        && let Some((instance_id, contact_flow_id)) = phone::dialled(emulator, to)
    {
        let own = project.flows.keys().find(|name| id("flow", name).as_deref() == Some(&contact_flow_id));
        return Ok(TargetFlow { name: own.unwrap_or(&contact_flow_id).clone(), instance_id, contact_flow_id });
    }
    let name = choose(project, args.flow.as_deref())?;
    let instance = cloud.instance_outputs(state.as_ref()).and_then(|outputs| outputs["id"].as_str().map(str::to_owned));
    match (instance, id("flow", &name)) {
        (Some(instance_id), Some(contact_flow_id)) => Ok(TargetFlow { name, instance_id, contact_flow_id }),
        _ => Err(Failure::input(format!("the flow {name} of the environment {environment} is not deployed"))
            .help(format!("deployer apply --env {environment}"))),
    }
}

/// Calls in the process that serves the embedded AWS; the caller is on `line`. When this process ends, the caller hangs up.
async fn dial(served: &ServedEndpoint, dialled: &CallRequest, line: &mut Line) -> Result<CallResult, Failure> {
    let address = served.address;
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("the served embedded AWS on {address}: {error}"));
    let (reader, mut writer) = tokio::io::split(open(served).await.map_err(|error| failed(&error))?);
    let mut lines = BufReader::new(reader).lines();
    say_to(&mut writer, dialled).await.map_err(|error| failed(&error))?;
    while let Some(reported) = lines.next_line().await.map_err(|error| failed(&error))? {
        match serde_json::from_str(&reported).map_err(|error| failed(&error))? {
            ServerMessage::Heard(sentence) => line.hear(&sentence),
            ServerMessage::Key(milliseconds) => {
                let pressed = match line.key(Duration::from_millis(milliseconds)).await {
                    Key::Press(key) => ClientMessage::Press(key),
                    Key::Silence => ClientMessage::Silence,
                    Key::HangUp => ClientMessage::HangUp,
                };
                say_to(&mut writer, &pressed).await.map_err(|error| failed(&error))?;
            }
            ServerMessage::Done { transcript, log } => return Ok(CallResult { transcript, log, notes: Vec::new() }),
            ServerMessage::Refused(why) => return Err(Failure::new(why)),
        }
    }
    Err(failed(&"it ended in the middle of the call"))
}

type LineError = Box<dyn std::error::Error + Send + Sync>;

/// Opens the telephone line of the serving process.
async fn open(served: &ServedEndpoint) -> Result<TokioIo<Upgraded>, LineError> {
    let address = served.address;
    let stream = tokio::net::TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection.with_upgrades());
    let request = hyper::Request::get(PATH).header("host", address.to_string()).header("connection", "upgrade");
    let request = match &served.access_key {
        Some(key) => request.header("authorization", format!("Bearer {}", key.secret)),
        None => request,
    };
    let request = request.header("upgrade", PROTOCOL).body(Empty::<bytes::Bytes>::new())?;
    let response = sender.send_request(request).await?;
    match response.status() {
        hyper::StatusCode::SWITCHING_PROTOCOLS => Ok(TokioIo::new(hyper::upgrade::on(response).await?)),
        status => Err(format!("it has no telephone line of this version ({status}); is it another version of deployer?").into()),
    }
}

async fn say_to(writer: &mut (impl AsyncWrite + Unpin), what: &impl serde::Serialize) -> Result<(), LineError> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    writer.write_all(&line).await?;
    Ok(writer.flush().await?)
}

/// Returns the flow to call: the named one, or the only one.
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
