//! Calls that the page makes and follows.

use std::sync::Arc;

use bytes::Bytes;
use deployer_flow::interpret::Key;
use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::{PageRequest, WAIT, error, json as answer};
use crate::Emulator;
use crate::live_calls::{Keypad, KeypadCaller};
use crate::phone::{Call, call_live, dialled};
use crate::server::phone::ClientMessage;

/// Maximum number of calls in progress that were made by pages.
const MAX_CALLS: usize = 8;

/// A call to make: to a flow, or to the flow of the dialled number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallRequest {
    instance_id: Option<String>,
    contact_flow_id: Option<String>,
    from: Option<String>,
    to: String,
}

/// Begins a call and returns its id. It runs until its flow ends or its caller hangs up; a call that waits for a key is hung up when no page
/// has asked for its events for 30 seconds.
pub(super) fn begin(emulator: &Arc<Emulator>, request: &PageRequest) -> Response<Bytes> {
    let asked: CallRequest = match serde_json::from_slice(&request.body) {
        Ok(asked) => asked,
        Err(cause) => return error(StatusCode::BAD_REQUEST, &format!("not a call: {cause}")),
    };
    for (name, number) in [("the caller's number", asked.from.as_deref()), ("the dialled number", Some(&*asked.to))] {
        if number.is_some_and(|number| !is_e164(number)) {
            let message = format!("{name} is not in E.164 form: a plus sign and 7 to 15 digits, such as +12065550100");
            return error(StatusCode::BAD_REQUEST, &message);
        }
    }
    let everywhere = emulator.all_emulators();
    let found = match (asked.instance_id, asked.contact_flow_id) {
        (Some(instance), Some(flow)) => {
            let there = everywhere.into_iter().find(|one| one.account_state().connect.has(&instance));
            there.map(|there| (there, (instance, flow)))
        }
        _ => everywhere.into_iter().find_map(|one| dialled(&one, &asked.to).map(|led| (one, led))),
    };
    let Some((there, (instance_id, contact_flow_id))) = found else {
        return error(StatusCode::NOT_FOUND, &format!("nobody answers {}: no claimed number and no flow with it", asked.to));
    };
    let Ok(root) = emulator.root() else { return error(StatusCode::SERVICE_UNAVAILABLE, "the embedded AWS is being closed") };
    if root.calls.keypads() >= MAX_CALLS {
        return error(StatusCode::TOO_MANY_REQUESTS, "8 calls are in progress; hang up one of them");
    }
    let call = Call { instance_id, contact_flow_id, from: asked.from, to: asked.to, at: None, chance: None };
    let live = root.calls.begin(&call, &there.request_context(), Some(Keypad::default()));
    let id = live.id.clone();
    tokio::spawn(async move {
        let mut caller = KeypadCaller(Arc::clone(&live));
        // What went wrong is the last event of the call.
        let _ = call_live(&there, call, &mut caller, &live).await;
    });
    answer(StatusCode::CREATED, &json!({ "id": id }))
}

/// Returns the events of a call from the number `after` on; waits up to a second for one.
pub(super) async fn events(emulator: &Arc<Emulator>, id: &str, request: &PageRequest) -> Response<Bytes> {
    let after = request.query("after").and_then(|after| after.parse().ok()).unwrap_or(0);
    match emulator.root().ok().and_then(|root| root.calls.find(id)) {
        Some(live) => answer(StatusCode::OK, &live.events(after, WAIT).await),
        None => error(StatusCode::NOT_FOUND, "there is no such call"),
    }
}

/// Presses a key of a call that a page has made, reports silence, or hangs up.
pub(super) fn press(emulator: &Arc<Emulator>, id: &str, request: &PageRequest) -> Response<Bytes> {
    let key = match serde_json::from_slice(&request.body) {
        Ok(ClientMessage::Press(key)) if key.is_ascii_digit() || key == '*' || key == '#' => Key::Press(key),
        Ok(ClientMessage::Silence) => Key::Silence,
        Ok(ClientMessage::HangUp) => Key::HangUp,
        Ok(ClientMessage::Press(_)) | Err(_) => return error(StatusCode::BAD_REQUEST, "a key is 0 to 9, * or #"),
    };
    match emulator.root().ok().and_then(|root| root.calls.find(id)) {
        Some(live) if live.press(key) => answer(StatusCode::OK, &json!({})),
        Some(_) => error(StatusCode::CONFLICT, "no key is expected now"),
        None => error(StatusCode::NOT_FOUND, "there is no such call"),
    }
}

fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}
