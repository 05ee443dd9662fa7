//! Buffer for keys that are pressed before they are requested (AWS administrator guide, "Touchtone buffering").

use std::time::Duration;

use super::caller::Key;
use super::engine::Engine;
use super::outcome::ActionOutcome;
use crate::model::Action;

/// Maximum number of buffered keys.
const MAX_BUFFERED_KEYS: usize = 30;

/// Switches the buffer on or off. Switching off empties it, after storing its content if that is requested. The stored value
/// of an empty buffer is not documented (unverified).
pub(crate) async fn switch(engine: &mut Engine<'_>, action: Action<'_>, on: bool) -> ActionOutcome {
    if on {
        engine.buffer.get_or_insert_default();
        fill(engine).await;
        return ActionOutcome::next("Touchtone buffering is on");
    }
    fill(engine).await;
    let kept: String = engine.buffer.take().unwrap_or_default().into_iter().collect();
    let stores = action.text("StoreInput").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if stores {
        engine.contact.scope.stored_input = Some(kept);
    }
    ActionOutcome::next("Touchtone buffering is off")
}

/// Adds to the buffer the keys that the caller presses without waiting.
async fn fill(engine: &mut Engine<'_>) {
    while engine.buffer.as_ref().is_some_and(|buffer| buffer.len() < MAX_BUFFERED_KEYS) {
        let Some(Key::Press(_)) = engine.caller.next() else { return };
        let pressed = engine.caller.key(Duration::ZERO).await;
        if let (Key::Press(key), Some(buffer)) = (pressed, &mut engine.buffer) {
            buffer.push_back(key);
        }
    }
}

/// Whether keys are buffered before a prompt, which is then not played.
pub(crate) async fn has_buffered_key(engine: &mut Engine<'_>) -> bool {
    fill(engine).await;
    engine.buffer.as_ref().is_some_and(|buffer| !buffer.is_empty())
}
