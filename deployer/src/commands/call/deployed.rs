//! A call of the flow that an environment in the embedded AWS has.

use std::net::SocketAddr;

use deployer_emulator::front::phone::{Dialled, PATH};
use deployer_emulator::services::connect::call as phone;
use deployer_engine::{Address, Events};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::line::{Line, say};
use super::{Args, Heard};
use crate::failure::Failure;
use crate::project::Project;
use crate::wiring::{Cloud, Place, Served};

/// Who calls which number with which keys.
pub(super) struct Asked {
    pub(super) from: Option<String>,
    pub(super) to: String,
    /// The keys as they were written, for another process.
    pub(super) digits: String,
}

pub(super) async fn run(args: &Args, environment: &str, asked: Asked, mut line: Line) -> Result<Heard, Failure> {
    let project = Project::load(environment)?;
    let cloud = Cloud::open(&project).await?;
    if matches!(cloud.place, Place::Aws) {
        return Err(Failure::input(format!("the environment {environment} lives in AWS, and only embedded flows can be called"))
            .help("dial its phone number; or call the flow's file with --file, with its functions by --env"));
    }
    let Asked { from, to, digits } = asked;
    let called = called(args, &project, &cloud, environment, &to).await?;
    line.announce(from.as_deref(), &to, &called.name)?;
    let Called { instance_id, contact_flow_id, .. } = called;
    match &cloud.place {
        Place::Inside(emulator) => {
            let call = phone::Call { instance_id, contact_flow_id, from, to };
            let transcript = phone::call(emulator, call, &mut line).await?;
            Heard::of(transcript)
        }
        Place::Served(_) if line.is_interactive() => {
            Err(Failure::input("another process serves the embedded AWS; keys cannot be pressed there one by one")
                .help("end `deployer local serve`, or press keys with --digits"))
        }
        Place::Served(Served { address, .. }) => {
            let transcript = dial(*address, &Dialled { instance_id, contact_flow_id, from, to, digits }).await?;
            let heard = transcript["heard"].as_array().into_iter().flatten().filter_map(Value::as_str);
            heard.filter(|_| line.is_aloud()).try_for_each(say)?;
            Ok(Heard { transcript, log: Vec::new(), remarks: Vec::new() })
        }
        Place::Aws => Err(Failure::input("only embedded flows can be called")),
    }
}

/// The flow that answers.
struct Called {
    name: String,
    instance_id: String,
    contact_flow_id: String,
}

/// The named flow; else the one that the dialled number leads to, if the environment has claimed it; else the only one.
async fn called(args: &Args, project: &Project, cloud: &Cloud, environment: &str, to: &str) -> Result<Called, Failure> {
    let state = cloud.engine(project, Default::default(), Events::ignore())?.state().await?;
    let outputs = state.map(|state| state.outputs()).unwrap_or_default();
    let id =
        |kind: &str, name: &str| outputs.get(&Address::new(kind, name)).and_then(|found| found["id"].as_str().map(str::to_owned));
    if let (Place::Inside(emulator), None) = (&cloud.place, &args.flow)
        && let Some((instance_id, contact_flow_id)) = phone::dialled(emulator, to)
    {
        let own = project.flows.keys().find(|name| id("flow", name).as_deref() == Some(&contact_flow_id));
        return Ok(Called { name: own.unwrap_or(&contact_flow_id).clone(), instance_id, contact_flow_id });
    }
    let name = choose(project, args.flow.as_deref())?;
    match (id("instance", "main"), id("flow", &name)) {
        (Some(instance_id), Some(contact_flow_id)) => Ok(Called { name, instance_id, contact_flow_id }),
        _ => Err(Failure::new(format!("the flow {name} of the environment {environment} is not deployed"))
            .help(format!("deployer apply --env {environment}"))),
    }
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
