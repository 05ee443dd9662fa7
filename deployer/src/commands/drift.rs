//! `deployer drift`: shows what others have changed since the last apply.

use super::{Target, print};
use crate::failure::{Exit, Failure};
use crate::project::Project;
use crate::report::{self, Heading};
use crate::runtime::Cloud;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
}

pub(crate) async fn run(args: Args) -> Result<Exit, Failure> {
    let project = Project::load_spec(&args.target.env)?;
    let mut cloud = Cloud::open(&project).await?;
    cloud.take_recorded_secrets(&project).await?;
    let heading = Heading { guarded: false, ..cloud.heading(&project) };
    let reporter = report::reporter(args.target.format(), heading.clone(), args.target.verbose);
    let engine = cloud.engine(&project, Default::default(), report::events(&reporter))?;
    let Some(drift) = engine.drift().await? else {
        let environment = &args.target.env;
        return Err(Failure::input(format!("nothing of the environment {environment} is recorded, so nothing can be compared"))
            .help(format!(
                "deployer apply --env {environment}; if the state was lost: deployer state rebuild --env {environment}"
            )));
    };
    match args.target.json {
        true => print(&format!("{}\n", report::drift_json(&drift)))?,
        false => print(&report::render_drift(&drift, &format!("{} on {}", heading.environment, heading.location)))?,
    }
    Ok(if drift.resources.is_empty() { Exit::Success } else { Exit::Changes })
}
