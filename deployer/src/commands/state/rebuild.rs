//! `state rebuild`: rebuilds the recorded state from the existing resources.

use serde_json::json;

use super::push::{StateReplacement, replace, stored};
use super::{Force, StateContext, Target, lines, print_result};
use crate::failure::{Exit, Failure};

pub(super) async fn run(target: &Target, force: Force) -> Result<Exit, Failure> {
    let opened = StateContext::of_valid(target).await?;
    // All resources are found by names and tags, without building functions.
    let graph = opened.project.graph_for_removal(&opened.cloud)?;
    let (before, version) = stored(&opened.engine, force.force).await?;
    let is_unusable = before.is_none() && version.is_some();
    let (state, foreign) = opened.engine.rebuild(&graph, before.as_ref()).await?;
    let old = before.unwrap_or_else(|| deployer_engine::State { resources: Default::default(), ..state.clone() });
    let difference = old.difference(&state);
    if !target.json {
        anstream::eprint!("{}", lines(&difference));
        for (address, why) in &foreign {
            eprintln!("  ! {address}  not managed by this environment, not recorded: {why}");
        }
        if !difference.removed.is_empty() {
            eprintln!(
                "What is forgotten was not found under the names and tags of this spec. If it exists, nothing removes it any more."
            );
        }
    }
    if is_unusable && !target.json {
        eprintln!(
            "The stored state cannot be used, so nothing of it is carried over: quota usage, resources that are still to be deleted, and \
             resources that this spec does not name."
        );
    }
    if difference.is_empty() && !is_unusable {
        let value = json!({ "stored": false, "serial": old.serial, "difference": difference, "foreign": foreign });
        print_result(target, &value, "The state already matches what exists.")?;
        return Ok(Exit::Success);
    }
    let foreign = json!(foreign);
    replace(&opened, target, force, StateReplacement { state, version, difference, foreign }).await
}
