//! Removing and renaming a record.

use deployer_engine::{Address, VersionedState};
use serde_json::json;

use super::inspect::not_recorded;
use super::{StateContext, Target, print_result};
use crate::failure::{Exit, Failure};

async fn recorded(opened: &StateContext, target: &Target) -> Result<VersionedState, Failure> {
    let recorded = opened.engine.load_state().await?;
    let missing = || Failure::input(format!("nothing of the environment {} is recorded; nothing was changed", target.env));
    recorded.ok_or_else(missing)
}

fn check_recorded(recorded: &VersionedState, address: &Address) -> Result<(), Failure> {
    match recorded.state.resources.contains_key(address) {
        true => Ok(()),
        false => Err(not_recorded(address, Some(&recorded.state))),
    }
}

pub(super) async fn forget(target: &Target, address: &Address) -> Result<Exit, Failure> {
    let opened = StateContext::of(target).await?;
    let before = recorded(&opened, target).await?;
    check_recorded(&before, address)?;
    let (state, record) = before.state.forget(address)?;
    let stored = opened.engine.store(state, Some(&before.version)).await?;
    let value = json!({ "forgotten": address, "type": record.type_name, "id": record.id, "serial": stored.serial });
    let text = format!(
        "Forgotten: {address}, the {} {}. It stays in the cloud.\n\
         If the spec names it, the next run finds it by name and tags and records it again; otherwise nothing removes it any more.",
        record.type_name, record.id
    );
    print_result(target, &value, &text)?;
    Ok(Exit::Success)
}

pub(super) async fn rename(target: &Target, from: &Address, to: &Address) -> Result<Exit, Failure> {
    let opened = StateContext::of(target).await?;
    let before = recorded(&opened, target).await?;
    check_recorded(&before, from)?;
    let state = before.state.rename(from, to)?;
    let stored = opened.engine.store(state, Some(&before.version)).await?;
    let id = &stored.resources[to].id;
    let text = format!(
        "{from} is now {to}, {id}. Nothing was changed in the cloud.\n\
         The next apply of a spec that names it {to} corrects its tags; with a spec that does not, it would be removed."
    );
    print_result(target, &json!({ "from": from, "to": to, "id": id, "serial": stored.serial }), &text)?;
    Ok(Exit::Success)
}
