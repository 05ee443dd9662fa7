//! State, plan and events contain no private key and no planted secret.

use deployer_emulator::AccountState;

use super::{Verdict, Violation};
use crate::machine::Report;

/// Checks a run with `state`, the stored state after it.
pub(crate) fn check(report: &Report, state: Option<&[u8]>, world: &AccountState) -> Verdict {
    let secrets = secrets(world);
    let mut texts = vec![("the state", String::from_utf8_lossy(state.unwrap_or_default()).into_owned())];
    texts.push(("the events", serde_json::to_string(&report.events).unwrap_or_default()));
    texts.push(("the plan", serde_json::to_string(&report.plan).unwrap_or_default()));
    for (place, text) in texts {
        if text.contains("PRIVATE KEY") || secrets.iter().any(|secret| text.contains(secret)) {
            return Err(Violation::new("no_secret", format!("a private key, or the value of an API key, stands in {place}")));
        }
    }
    Ok(())
}

/// Returns a line from the middle of every private key, and the values of all API keys.
fn secrets(world: &AccountState) -> Vec<String> {
    let acm = serde_json::to_value(&world.acm).unwrap_or_default();
    let gateway = serde_json::to_value(&world.apigateway).unwrap_or_default();
    let each = |value: &serde_json::Value| -> Vec<serde_json::Value> {
        value.as_object().into_iter().flat_map(serde_json::Map::values).cloned().collect()
    };
    let certificates = each(&acm["certificates"]);
    let keys = certificates.iter().filter_map(|certificate| certificate["private_key"].as_str());
    let lines = keys.filter_map(|key: &str| Some(key.lines().nth(1)?.to_owned())).filter(|line| line.len() > 20);
    let values = each(&gateway["keys"]).into_iter().filter_map(|key| Some(key["value"].as_str()?.to_owned()));
    lines.chain(values).collect()
}
