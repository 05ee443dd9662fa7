//! A call of a flow file, which need not be deployed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use deployer_flow::Flow;
use deployer_flow::scenario::{DryRun, DryRunResult, Functions};

use super::CallResult;
use super::line::Line;
use crate::commands::flow::{Deployed, load};
use crate::failure::Failure;
use crate::project::Project;

/// Simulates the call; the caller is on `line`. Flows that the script names are read beside the script; others are those of the
/// environment's spec.
pub(super) async fn run(
    path: &Path,
    environment: Option<&str>,
    script: Option<&Path>,
    rehearsal: &DryRun,
    mut line: Line,
) -> Result<CallResult, Failure> {
    let flow = Arc::new(load(path)?);
    let mut flows: BTreeMap<String, Arc<Flow>> = BTreeMap::new();
    let mut deployed = None;
    if let Some(environment) = environment {
        let project = Project::load(environment)?;
        flows.extend(project.flows.into_iter().map(|(key, file)| (key, Arc::new(file.flow))));
        deployed = Some(Deployed::open(environment).await?);
    }
    let beside = script.and_then(Path::parent).unwrap_or(Path::new(""));
    for (key, file) in rehearsal.files() {
        flows.insert(key.to_owned(), Arc::new(load(&beside.join(&file.path))?));
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    line.announce(rehearsal.given.caller.as_deref(), &rehearsal.given.called, &name)?;
    let real = deployed.as_ref().map(|real| real as &dyn Functions);
    let DryRunResult { transcript, missing, unusable: unfit } = rehearsal.run((&name, flow), &flows, real, &mut line).await;
    let heard = CallResult::of(transcript)?;
    let missing = missing.into_iter().map(|what| format!("the flow needs input that the test does not give: {what}"));
    Ok(CallResult { notes: missing.chain(unfit).collect(), ..heard })
}
