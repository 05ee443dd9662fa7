//! Keys of a terminal, read as they are pressed.

use std::io::{IsTerminal, Read, stdin};
use std::time::Duration;

use deployer_flow::interpret::Key;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc::{Receiver, channel};

use crate::failure::Failure;

/// Maximum number of keys that are buffered before they are requested, as a telephone does during a prompt.
const KEPT: usize = 64;

/// A terminal in raw mode. Its settings are restored when dropped.
pub(super) struct Terminal {
    keys: Receiver<Key>,
    before: Termios,
}

impl Terminal {
    pub(super) fn open() -> Result<Self, Failure> {
        if !stdin().is_terminal() {
            return Err(
                Failure::input("--interactive needs a terminal on standard input").help("--digits KEYS presses keys without one")
            );
        }
        let failed = |error| Failure::new(format!("the terminal: {error}"));
        let before = tcgetattr(stdin()).map_err(failed)?;
        let mut raw = before.clone();
        // Without signals, control-C is a key as well, and nothing ends the program while the terminal is like this.
        raw.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        tcsetattr(stdin(), OptionalActions::Flush, &raw).map_err(failed)?;
        let (sender, keys) = channel(KEPT);
        std::thread::spawn(move || {
            for byte in stdin().lock().bytes() {
                let key = byte.map_or(Some(Key::HangUp), meaning);
                if key.is_some_and(|key| sender.blocking_send(key).is_err()) {
                    break;
                }
            }
        });
        Ok(Self { keys, before })
    }

    /// Returns the next key, or silence after the timeout.
    pub(super) async fn key(&mut self, limit: Duration) -> Key {
        match tokio::time::timeout(limit, self.keys.recv()).await {
            Ok(Some(key)) => key,
            Ok(None) => Key::HangUp,
            Err(_) => Key::Silence,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that has disappeared cannot be restored.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

/// Returns the telephone key for a byte from the keyboard; other bytes have none.
fn meaning(byte: u8) -> Option<Key> {
    const CONTROL_C: u8 = 3;
    const CONTROL_D: u8 = 4;
    match byte {
        b'0'..=b'9' | b'*' | b'#' => Some(Key::Press(char::from(byte))),
        b'q' | b'!' | CONTROL_C | CONTROL_D => Some(Key::HangUp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_telephone_and_hang_up_keys_are_accepted() {
        let means: Vec<(char, Key)> = (0..=255).filter_map(|byte| Some((char::from(byte), meaning(byte)?))).collect();
        assert_eq!(means.iter().filter(|(c, key)| *key == Key::Press(*c)).count(), 12);
        assert_eq!(means.iter().filter(|(_, key)| *key == Key::HangUp).count(), 4);
        assert_eq!(means.len(), 16);
    }
}
