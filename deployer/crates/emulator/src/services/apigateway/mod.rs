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
