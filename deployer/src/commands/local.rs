//! `deployer local serve`: the embedded AWS for other programs on this machine.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deployer_emulator::front;

use super::print;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::wiring::{Cloud, Place, Signals};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Serve the embedded AWS and the deployed API on 127.0.0.1 until Ctrl-C.
    Serve(ServeArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// The environment; its provider must be `embedded`.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// The port of AWS's own endpoints, for `--endpoint-url`; 0 takes a free one.
    #[arg(long, default_value_t = 4566)]
    aws_port: u16,
    /// The port of the deployed API, with TLS and the deployed certificate; 0 takes a free one.
    #[arg(long, default_value_t = 8443)]
    api_port: u16,
}

pub(crate) async fn run(command: Command) -> Result<Exit, Failure> {
    let Command::Serve(args) = command;
    let project = Project::load(&args.env)?;
    let cloud = Cloud::open(&project).await?;
    let emulator = match &cloud.place {
        Place::Inside(emulator) => emulator,
        Place::Served(address) => {
            return Err(Failure::refused(format!("the environment {} is served already, on http://{address}", args.env)));
        }
        Place::Aws => {
            return Err(Failure::input(format!(
                "the environment {} lives in AWS; only an embedded one is served here",
                args.env
            ))
            .help("give an environment with `provider: { embedded: {} }`"));
        }
    };
    let mut signals = Signals::listen()?;
    let aws = front::listener::listen(Arc::clone(emulator), args.aws_port).await.map_err(busy("--aws-port"))?;
    let api = front::api::serve_apis(Arc::clone(emulator), args.api_port).await.map_err(busy("--api-port"))?;
    let note = Note::write(&project, aws.address)?;
    print(&format!("ready: AWS on http://{}, the API on https://{} (Ctrl-C ends it)\n", aws.address, api.address))?;
    signals.next().await;
    drop(note);
    api.stop().await;
    aws.stop().await;
    Ok(Exit::Success)
}

/// Tells other commands where the environment is served, for as long as it lives.
struct Note(PathBuf);

impl Note {
    fn path(project: &Project) -> PathBuf {
        project.embedded_directory().join("served")
    }

    fn write(project: &Project, address: SocketAddr) -> Result<Self, Failure> {
        let path = Self::path(project);
        std::fs::write(&path, address.to_string()).map_err(|error| Failure::io(&path, error))?;
        Ok(Self(path))
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        // A note that stays is found out by its address not answering.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Where another process serves the environment, if one does and it answers.
pub(crate) fn served_at(project: &Project) -> Option<SocketAddr> {
    let address: SocketAddr = std::fs::read_to_string(Note::path(project)).ok()?.trim().parse().ok()?;
    let answers = address.ip().is_loopback() && TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok();
    answers.then_some(address)
}

fn busy(option: &'static str) -> impl Fn(deployer_emulator::Failure) -> Failure {
    move |failure| Failure::refused(failure.to_string()).help(format!("give another port with {option}, or 0 for a free one"))
}
