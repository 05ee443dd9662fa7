//! No private key and no planted secret in state, plan or events.

use deployer_emulator::World;

use super::{Verdict, Violation};
use crate::machine::Report;

/// `state` is what is stored after the run.
pub(crate) fn check(report: &Report, state: Option<&[u8]>, world: &World) -> Verdict {
    let secrets = secrets(world);
    let mut texts = vec![("the state", String::from_utf8_lossy(state.unwrap_or_default()).into_owned())];
    texts.push(("the events", serde_json::to_string(&report.events).unwrap_or_default()));
    texts.push(("the plan", serde_json::to_string(&report.plan).unwrap_or_default()));
    for (place, text) in texts {
        if text.contains("PRIVATE KEY") || secrets.iter().any(|secret| text.contains(secret)) {
            return Err(Violation::new("no_secret", format!("a private key stands in {place}")));
        }
    }
    Ok(())
}

/// A line from the middle of every private key there is.
fn secrets(world: &World) -> Vec<String> {
    let world = serde_json::to_value(&world.acm).unwrap_or_default();
    let certificates = world["certificates"].as_object().into_iter().flat_map(serde_json::Map::values);
    let keys = certificates.filter_map(|certificate| certificate["private_key"].as_str());
    keys.filter_map(|key: &str| Some(key.lines().nth(1)?.to_owned())).filter(|line| line.len() > 20).collect()
}
