//! `deployer open`: opens the pages of a deployed environment in the browser.

use std::sync::Arc;

use deployer_engine::EventSink;
use deployer_spec::Provider;

use super::{deployed, outputs, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::runtime::Cloud;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The page.
    #[arg(default_value = "instance")]
    page: Page,
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
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load_for_state(&args.env)?;
    if matches!(project.spec.provider, Provider::Embedded(_)) {
        return Err(Failure::input(format!("the environment {} is on the embedded AWS, which has no pages", args.env))
            .help("`deployer call` calls its flow, and `deployer local serve` serves its API"));
    }
    let url = url(args.page, &project).await?;
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
