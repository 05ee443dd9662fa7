//! (in work)

use serde::{Deserialize, Serialize};

use crate::call::{Call, Surroundings};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::world::World;

pub(crate) const OPERATIONS: &[&str] = &[];

/// What the service holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {}

pub(crate) fn serve(_: &mut World, call: &Call, _: &Surroundings<'_>) -> Result<Reply, Refusal> {
    Err(Refusal::new(501, "NotImplemented", call.operation))
}

impl State {
    /// Who calls with this access key.
    pub(crate) fn principal(&self, _: &str, _: time::OffsetDateTime) -> Result<crate::call::Principal, Refusal> {
        Ok(crate::call::Principal::Account)
    }
}

pub(crate) fn authorize(_: &World, _: &str, _: &str, _: &Call) -> Result<(), Refusal> {
    Ok(())
}
