//! `state push`: replaces the stored state by a file.

use std::path::Path;

use deployer_engine::{CancellationToken, Difference, Engine, ErrorClass, State, Version, VersionedState};
use serde_json::json;

use super::{Force, StateContext, Target, lines, print_result};
use crate::commands::confirm::Confirmation;
use crate::failure::{Exit, Failure};
use crate::files;
use crate::runtime::interrupt_on_signals;

pub(super) async fn run(target: &Target, force: Force, file: &Path) -> Result<Exit, Failure> {
    let opened = StateContext::of(target).await?;
    let given = read(&opened.engine, file, force.force)?;
    let (before, version) = stored(&opened.engine, force.force).await?;
    let (state, difference) = match &before {
        None => {
            given.ensure_no_intent()?;
            (given, None)
        }
        Some(before) => {
            let state = given.as_successor_of(before, force.force)?;
            let difference = before.difference(&state);
            (state, Some(difference))
        }
    };
    let difference = difference.unwrap_or_else(|| nothing(&state).difference(&state));
    if !target.json {
        anstream::eprint!("{}", lines(&difference));
    }
    replace(&opened, target, force, StateReplacement { state, version, difference, foreign: json!({}) }).await
}

/// Returns a state with the same history and no records.
fn nothing(state: &State) -> State {
    State { resources: Default::default(), ..state.clone() }
}

/// The new state with the version that it replaces.
pub(super) struct StateReplacement {
    pub(super) state: State,
    /// Version of the state that was read.
    pub(super) version: Option<Version>,
    pub(super) difference: Difference,
    pub(super) foreign: serde_json::Value,
}

/// Asks for confirmation, and stores the new state.
pub(super) async fn replace(
    opened: &StateContext,
    target: &Target,
    force: Force,
    new: StateReplacement,
) -> Result<Exit, Failure> {
    let interrupt = CancellationToken::new();
    interrupt_on_signals(&interrupt)?;
    let confirmation = Confirmation::new(force.yes, target.json, "Store this in the place of what is recorded?");
    let agreed = confirmation.given(&interrupt).await;
    let stored = match agreed {
        true => Some(opened.engine.store(new.state, new.version.as_ref()).await?),
        false => None,
    };
    let value = json!({
        "stored": agreed,
        "serial": stored.as_ref().map(|state| state.serial),
        "difference": new.difference,
        "foreign": new.foreign,
    });
    let text = stored.map_or_else(|| "Nothing was changed.".to_owned(), |state| format!("Stored with serial {}.", state.serial));
    print_result(target, &value, &text)?;
    Ok(match agreed {
        true => Exit::Success,
        false if interrupt.is_cancelled() => Exit::Interrupted,
        false => Exit::Refused,
    })
}

/// Parses the state in the file, as strictly as a stored one; with `force`, it may have been edited.
fn read(engine: &Engine, file: &Path, force: bool) -> Result<State, Failure> {
    let bytes =
        files::read(file, files::MAX_STATE_BYTES).map_err(|error| Failure::input(format!("{}: {error}", file.display())))?;
    let place = file.display().to_string();
    // The advice for a stored state does not apply to this file, whatever the error.
    let wrong = |error: deployer_engine::Error| Failure::input(error.to_string());
    let edited = State::parse_unverified(&bytes, &engine.environment_id, &place).map_err(wrong)?;
    edited.check_types(&engine.registry, &place).map_err(wrong)?;
    match State::parse(&bytes, &engine.environment_id, &place) {
        Err(_) if !force => Err(Failure::input(format!("{place} was changed after it was written: its checksum does not match"))
            .help("pass --force to accept it anyway")),
        _ => Ok(edited),
    }
}

/// Returns the stored state and its version. With `force` an unusable state is reported and treated as missing.
pub(super) async fn stored(engine: &Engine, force: bool) -> Result<(Option<State>, Option<Version>), Failure> {
    match engine.load_state().await {
        Ok(Some(VersionedState { state, version })) => Ok((Some(state), Some(version))),
        Ok(None) => Ok((None, None)),
        Err(error) if error.class == ErrorClass::State && force => {
            eprintln!("{error}; it would be replaced.");
            Ok((None, engine.backend.load().await?.map(|stored| stored.version)))
        }
        Err(error) => Err(error.into()),
    }
}
