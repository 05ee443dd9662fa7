//! (in work)

use serde::{Deserialize, Serialize};

use crate::call::{Call, Surroundings};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

pub(crate) const ROUTES: &[crate::call::Route] = &[];

/// What the service holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {}

pub(crate) fn serve(_: &mut World, call: &Call, _: &Surroundings<'_>) -> Result<Reply, Refusal> {
    Err(Refusal::new(501, "NotImplemented", call.operation))
}

/// Running functions.
pub struct Runtime {
    _emulator: std::sync::Weak<crate::Emulator>,
}

impl Runtime {
    pub(crate) fn new(emulator: std::sync::Weak<crate::Emulator>) -> Self {
        Self { _emulator: emulator }
    }
}

pub(crate) async fn invoke(_: &crate::Emulator, call: &Call) -> Result<Reply, Refusal> {
    Err(Refusal::new(501, "NotImplemented", call.operation))
}

/// Keeps the code that a call brings in the blob directory, before the world changes.
pub(crate) fn store_code(_: &crate::Emulator, _: &Call) -> Result<(), Refusal> {
    Ok(())
}
