//! `deployer open`: opens the pages of a deployed environment in the browser.

use std::sync::Arc;

use deployer_emulator::server::page;
use deployer_engine::EventSink;
use deployer_spec::Provider;

use super::{deployed, outputs, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::runtime::Cloud;
use crate::served::served_address;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The page; without it, that of the Connect instance, or on the embedded AWS the local one.
    page: Option<Page>,
    /// The environment: the spec is `config/ENV.yaml` in this directory or the nearest one above that has it.
    #[arg(long, value_name = "ENV", env = "DEPLOYER_ENV")]
    env: String,
    /// Print the URL instead of opening it.
    #[arg(long)]
    print: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Page {
    /// The Connect instance, where its users log in.
    Instance,
    /// The API.
    Api,
    /// The Connect instances of the Region in the AWS console.
    Console,
    /// The page of `deployer local serve`: the resources, the flows and a telephone.
    Local,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load_for_state(&args.env)?;
    let embedded = matches!(project.spec.provider, Provider::Embedded(_));
    let page = args.page.unwrap_or(if embedded { Page::Local } else { Page::Instance });
    let url = match (embedded, page) {
        (true, Page::Local) => local_url(&args, &project)?,
        (true, _) => {
            return Err(Failure::input(format!("the environment {} is on the embedded AWS, which has no such page", args.env))
                .help("`deployer open local` opens the page of `deployer local serve`"));
        }
        (false, Page::Local) => {
            return Err(Failure::input(format!("the environment {} is on AWS; only an embedded one has a local page", args.env)));
        }
        (false, page) => url(page, &project).await?,
    };
    if args.print {
        print(&format!("{url}\n"))?;
        return Ok(Exit::Success);
    }
    open::that_detached(&url).map_err(|error| {
        Failure::new(format!("no browser can be started: {error}")).help(format!("open {url} yourself; --print prints it"))
    })?;
    eprintln!("opened {url}");
    Ok(Exit::Success)
}

/// Returns the address of the local page. One with a key is not handed to a browser: other users of this machine see its command line.
fn local_url(args: &Args, project: &Project) -> Result<String, Failure> {
    let served = served_address(project).ok_or_else(|| {
        let env = &args.env;
        Failure::input(format!("the environment {env} is not served, so it has no page"))
            .help(format!("run `deployer local serve --env {env}` in another terminal"))
    })?;
    if served.access_key.is_some() && !args.print {
        return Err(Failure::refused(
            "the address of the page has a key that other users of this machine would see in the browser's command line",
        )
        .help("--print prints it; open it yourself"));
    }
    Ok(page::url(served.address, served.access_key.as_ref()))
}

async fn url(page: Page, project: &Project) -> Result<String, Failure> {
    if page == Page::Console {
        // Administrator guide of Amazon Connect: "Open the Amazon Connect console at https://console.aws.amazon.com/connect/". That it
        // takes the Region as it does for other services is unverified.
        return Ok(format!("https://console.aws.amazon.com/connect/home?region={}", project.spec.provider.region()));
    }
    let cloud = Cloud::open(project).await?;
    let state = cloud.engine(project, Arc::default(), EventSink::ignore())?.state().await?;
    let found = outputs::collect(project, &cloud, state.as_ref());
    let (found, what) = match page {
        Page::Api => (found.api_url(), "the API"),
        _ => (found.instance_url(), "the Connect instance"),
    };
    found.ok_or_else(|| deployed::not_deployed(project, what))
}
