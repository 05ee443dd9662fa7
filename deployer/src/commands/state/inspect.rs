//! Displaying the recorded state.

use std::io::Write;

use deployer_engine::{Address, State};
use serde_json::json;

use super::{StateContext, Target, print_result};
use crate::failure::{Exit, Failure};
use crate::report::Style;

pub(super) async fn list(target: &Target) -> Result<Exit, Failure> {
    let state = StateContext::of(target).await?.engine.state().await?;
    let rows: Vec<_> = state.iter().flat_map(|state| &state.resources).collect();
    let value = rows.iter().map(|(address, record)| json!({ "address": address, "type": record.type_name, "id": record.id }));
    let cells: Vec<Vec<String>> =
        rows.iter().map(|(address, record)| vec![address.to_string(), record.type_name.clone(), record.id.to_string()]).collect();
    let mut text: Vec<String> = crate::report::table(&cells).lines().map(str::to_owned).collect();
    text.extend(state.iter().flat_map(unfinished));
    if text.is_empty() {
        text.push(format!("Nothing of the environment {} is recorded.", target.env));
    }
    print_result(target, &value.collect(), &text.join("\n"))?;
    Ok(Exit::Success)
}

/// Returns the pending changes that the next run completes.
fn unfinished(state: &State) -> Vec<String> {
    let old = state
        .superseded
        .iter()
        .map(|old| format!("{}: the replaced resource {} is still to be deleted", old.address, old.record.id));
    let open = state.intent.iter().map(|intent| {
        let what: Vec<&str> = intent.pending.keys().map(Address::as_str).collect();
        format!("`{}` was interrupted and left pending: {}", intent.command, what.join(", "))
    });
    old.chain(open).map(|line| Style::warning(&line)).collect()
}

pub(super) async fn show(target: &Target, address: &Address) -> Result<Exit, Failure> {
    let state = StateContext::of(target).await?.engine.state().await?;
    let record = state.as_ref().and_then(|state| state.resources.get(address));
    let Some(record) = record else { return Err(not_recorded(address, state.as_ref())) };
    let mut value = serde_json::to_value(record).map_err(|error| Failure::new(error.to_string()))?;
    value["address"] = json!(address);
    print_result(target, &value, &format!("{value:#}"))?;
    Ok(Exit::Success)
}

/// Returns the failure for an address that is not in the state.
pub(super) fn not_recorded(address: &Address, state: Option<&State>) -> Failure {
    let names: Vec<&str> = state.iter().flat_map(|state| state.resources.keys()).map(Address::as_str).collect();
    let failure = Failure::input(format!("{address} is not in the state; nothing was changed"));
    if names.is_empty() { failure.help("nothing is recorded") } else { failure.suggest(address.as_str(), names) }
}

pub(super) async fn pull(target: &Target) -> Result<Exit, Failure> {
    let opened = StateContext::of(target).await?;
    let Some(stored) = opened.engine.backend.load().await? else {
        return Err(Failure::input(format!("there is no state in {}", opened.engine.backend.location())));
    };
    // Bytes that are not text too: a damaged state is pulled for inspection.
    let mut out = std::io::stdout().lock();
    out.write_all(&stored.bytes).and_then(|()| out.flush()).map_err(|error| Failure::new(format!("standard output: {error}")))?;
    Ok(Exit::Success)
}
