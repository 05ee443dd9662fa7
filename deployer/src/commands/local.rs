//! `deployer local serve`: serves the embedded AWS to other programs on this machine.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deployer_emulator::{AccessKey, Emulator, Limits, SystemClock, server};

use super::print;
use crate::failure::{Exit, Failure};
use crate::files;
use crate::project::Project;
use crate::runtime::{Cloud, Endpoint, Signals};
use crate::served::{EndpointFile, PROFILE, Profile, ServedEndpoint};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Serve the embedded AWS, the deployed API and a page to look at them and to call, on 127.0.0.1 until Ctrl-C.
    ///
    /// With `--env`, serves the deployed environment, which is stored on disk. Without it, serves an empty account in memory for any
    /// client. The Region of a request's signature and the account in its access key (12 digits) select the account and Region it uses.
    Serve(ServeArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// The environment; its provider must be `embedded`. Without it an empty account is served, which is discarded when the command ends.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: Option<String>,
    /// The port of the AWS endpoints, for `--endpoint-url`; 0 selects a free port.
    #[arg(long, default_value_t = 4566)]
    aws_port: u16,
    /// The port of the deployed API, with TLS and the deployed certificate; 0 selects a free port.
    #[arg(long, default_value_t = 8443)]
    api_port: u16,
    /// Throttle calls at AWS's published rates and enforce the counted quotas of a new account.
    #[arg(long)]
    quotas: bool,
    /// Accept only requests signed with a key generated at start (Signature Version 4), for a machine with more than one user. The key is
    /// written to a file for AWS_CONFIG_FILE of the AWS CLI, with a profile `embedded`; only this user can read it.
    #[arg(long)]
    require_credentials: bool,
    /// Authorize every call without a role session, including the deployer's own, by the identity policy in this file (IAM's JSON). Access
    /// denied errors name the missing action. `deployer/docs/deploy-policy.json` is what `apply` and `destroy` need.
    #[arg(long, value_name = "POLICY")]
    as_role: Option<PathBuf>,
    /// The factor by which AWS's own delays are shortened, 1 to 1,000,000; not with `--env`, whose spec sets it.
    #[arg(long, value_name = "FACTOR", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000), conflicts_with = "env")]
    speed: u32,
}

pub(crate) async fn run(command: Command) -> Result<Exit, Failure> {
    let Command::Serve(args) = command;
    let limits = limits(&args)?;
    let key = limits.access_key.clone();
    match &args.env {
        Some(env) => serve_environment(env, &args, limits, key).await,
        None => {
            let emulator = empty_account(args.speed, limits)?;
            let directory =
                tempfile::Builder::new().prefix("deployer-").tempdir().map_err(|error| Failure::new(error.to_string()))?;
            let profile =
                |address| key.as_ref().map(|key| Profile::write(directory.path(), key, "us-east-1", address)).transpose();
            serve(&emulator, &args, key.as_ref(), |address| Ok((None, profile(address)?))).await
        }
    }
}

fn limits(args: &ServeArgs) -> Result<Limits, Failure> {
    let read = |path: &PathBuf| {
        files::read_text(path, files::MAX_TEXT_BYTES).map_err(|error| Failure::input(format!("{}: {error}", path.display())))
    };
    Ok(Limits {
        quotas: args.quotas,
        as_role: args.as_role.as_ref().map(read).transpose()?,
        access_key: args.require_credentials.then(AccessKey::generate),
    })
}

/// Opens an empty emulator; its account and Region are for requests that name neither.
fn empty_account(speed: u32, limits: Limits) -> Result<Arc<Emulator>, Failure> {
    Ok(Emulator::open(deployer_emulator::Options {
        directory: None,
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        clock: Arc::new(SystemClock),
        speed: f64::from(speed),
        seed: None,
        limits,
    })?)
}

async fn serve_environment(env: &str, args: &ServeArgs, limits: Limits, access_key: Option<AccessKey>) -> Result<Exit, Failure> {
    let project = Project::load(env)?;
    let cloud = Cloud::open_with_limits(&project, Duration::ZERO, limits).await?;
    match &cloud.endpoint {
        Endpoint::InProcess(emulator) => {
            let directory = project.embedded_directory();
            let profile =
                |address| access_key.as_ref().map(|key| Profile::write(&directory, key, &cloud.region, address)).transpose();
            let written = |address| {
                let profile = profile(address)?;
                let served = ServedEndpoint { address, quotas: args.quotas, access_key: access_key.clone() };
                Ok((Some(EndpointFile::write(&project, &served)?), profile))
            };
            serve(emulator, args, access_key.as_ref(), written).await
        }
        Endpoint::Remote(served) => {
            Err(Failure::refused(format!("environment {env} is already served on http://{}", served.address)))
        }
        Endpoint::Aws => Err(Failure::input(format!("environment {env} is on AWS; only an embedded environment can be served"))
            .help("give an environment with `provider: { embedded: {} }`")),
    }
}

/// Serves until a signal arrives; `note` is called with the addresses.
async fn serve(
    emulator: &Arc<Emulator>,
    args: &ServeArgs,
    access_key: Option<&AccessKey>,
    note: impl FnOnce(SocketAddr) -> Result<(Option<EndpointFile>, Option<Profile>), Failure>,
) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    let aws = server::listener::listen(Arc::clone(emulator), args.aws_port).await.map_err(busy("--aws-port"))?;
    let api = server::api::serve_apis(Arc::clone(emulator), args.api_port).await.map_err(busy("--api-port"))?;
    let (note, profile) = note(aws.address)?;
    let mut text = format!("ready: AWS on http://{}, the API on https://{} (Ctrl-C ends it)\n", aws.address, api.address);
    text += &format!("page: {}\n", server::page::url(aws.address, access_key));
    if let Some(profile) = &profile {
        let path = profile.path().display();
        text += &format!("credentials: AWS_CONFIG_FILE={path} aws --profile {PROFILE} …\n");
    }
    print(&text)?;
    if let Some(unenforced) = deployer_emulator::unenforced_limits() {
        eprintln!("warning: functions run with {unenforced} on this system");
    }
    signals.next().await;
    drop((note, profile));
    api.stop().await;
    aws.stop().await;
    Ok(Exit::Success)
}

fn busy(option: &'static str) -> impl Fn(deployer_emulator::Failure) -> Failure {
    move |failure| Failure::refused(failure.to_string()).help(format!("choose another port with {option}, or 0 for a free one"))
}
