//! Input of the caller.

use super::fault::TestFileError;
use super::reader::Reader;
use super::tree::{Content, Node};
use crate::interpret::{Key, Script};

/// Reads keys as one text, or as a list of keys, `silence` and `hang up`.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Vec<Key> {
    match &node.content {
        Content::List(elements) => elements.iter().flat_map(|element| one(reader, element)).collect(),
        _ => one(reader, node),
    }
}

fn one(reader: &mut Reader, node: &Node) -> Vec<Key> {
    let Some(text) = reader.text(node, "what the caller presses") else { return Vec::new() };
    match text.as_str() {
        "silence" => vec![Key::Silence],
        "hang up" | "hang-up" => vec![Key::HangUp],
        keys => match Script::parse(keys) {
            Ok(script) => script.remaining_keys().collect(),
            Err(wrong) => {
                let fault = TestFileError::new(node.at, format!("`{wrong}` is not a key"));
                let help = "keys are 0-9, * and #; `silence` or a comma waits, `hang up` or an exclamation mark hangs up";
                reader.faults.push(fault.help(help));
                Vec::new()
            }
        },
    }
}
