//! The telephone line of a served embedded AWS: another process of this machine dials a flow. AWS has nothing like it; the path
//! cannot be one of AWS's, since no service has a path that begins with an underscore here.

use std::sync::Arc;

use bytes::Bytes;
use deployer_flow::interpret::{Script, Transcript};
use http::{Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::listener::bare;
use crate::services::connect::call::{Call, call};
use crate::{Emulator, Failure};

/// The path to post a [`Dialled`] to.
pub const PATH: &str = "/_deployer/call";

/// A call as it is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dialled {
    /// The instance, by id or ARN.
    pub instance_id: String,
    /// The flow, by id or ARN.
    pub contact_flow_id: String,
    /// The caller's number; `None` when it is withheld.
    pub from: Option<String>,
    /// The dialled number.
    pub to: String,
    /// The keys to press, as [`Script::parse`] reads them.
    pub digits: String,
}

/// Answers 200 with the transcript as JSON, or 409 with the reason as text when the call cannot be made.
pub(crate) async fn answer(emulator: &Arc<Emulator>, body: &Bytes) -> Response<Bytes> {
    match dial(emulator, body).await {
        Ok(transcript) => match serde_json::to_vec(&transcript) {
            Ok(json) => Response::new(Bytes::from(json)),
            Err(_) => bare(StatusCode::INTERNAL_SERVER_ERROR),
        },
        Err(failure) => {
            let mut refused = Response::new(Bytes::from(failure.to_string()));
            *refused.status_mut() = StatusCode::CONFLICT;
            refused
        }
    }
}

async fn dial(emulator: &Arc<Emulator>, body: &Bytes) -> Result<Transcript, Failure> {
    let dialled: Dialled = serde_json::from_slice(body).map_err(|error| Failure::State(format!("not a call: {error}")))?;
    let mut script = Script::parse(&dialled.digits).map_err(|wrong| Failure::State(format!("`{wrong}` is no key")))?;
    let asked =
        Call { instance_id: dialled.instance_id, contact_flow_id: dialled.contact_flow_id, from: dialled.from, to: dialled.to, ..Call::default() };
    let everywhere = emulator.everywhere();
    let there = everywhere.iter().find(|one| one.world().connect.has(&asked.instance_id)).unwrap_or(emulator);
    call(there, asked, &mut script).await
}
