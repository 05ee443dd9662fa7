//! `deployer local serve`: the embedded AWS for other programs on this machine.

use std::sync::Arc;

use deployer_emulator::front;

use super::print;
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::wiring::{Cloud, Signals};

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
    let Some(emulator) = &cloud.emulator else {
        return Err(Failure::input(format!("the environment {} lives in AWS; only an embedded one is served here", args.env))
            .help("give an environment with `provider: { embedded: {} }`"));
    };
    let mut signals = Signals::listen()?;
    let aws = front::listener::listen(Arc::clone(emulator), args.aws_port).await.map_err(busy("--aws-port"))?;
    let api = front::api::serve_apis(Arc::clone(emulator), args.api_port).await.map_err(busy("--api-port"))?;
    print(&format!("ready: AWS on http://{}, the API on https://{} (Ctrl-C ends it)\n", aws.address, api.address))?;
    signals.next().await;
    Ok(Exit::Success)
}

fn busy(option: &'static str) -> impl Fn(deployer_emulator::Failure) -> Failure {
    move |failure| Failure::refused(failure.to_string()).help(format!("give another port with {option}, or 0 for a free one"))
}
