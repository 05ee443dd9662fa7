//! What a page or a listing shows of the state: a bounded part of it, as JSON.

use serde_json::{Value, json};

/// Maximum number of entries of a list. A stack has far fewer; an account under test may have thousands.
const MAX_ENTRIES: usize = 200;
/// Maximum number of characters of a text.
const MAX_TEXT: usize = 4000;

/// Returns the first entries of a list as `{"entries", "left_off"}`, with the number of those that are left off.
pub(crate) fn list(entries: impl Iterator<Item = Value>) -> Value {
    let mut entries = entries.fuse();
    let shown: Vec<Value> = entries.by_ref().take(MAX_ENTRIES).collect();
    json!({"entries": shown, "left_off": entries.count()})
}

/// Returns the entries, of those given, that have at most `max_bytes` together with those before them, as `{"entries", "left_off"}`; one that
/// is too large does not hide those after it. `total` is the number of all.
pub(crate) fn list_within(entries: impl Iterator<Item = Value>, max_bytes: usize, total: usize) -> Value {
    let mut bytes = 0;
    let within = |entry: &Value| {
        let sum = bytes + entry.to_string().len();
        let fits = sum <= max_bytes;
        bytes = if fits { sum } else { bytes };
        fits
    };
    let shown: Vec<Value> = entries.filter(within).collect();
    json!({"left_off": total.saturating_sub(shown.len()), "entries": shown})
}

/// Returns a text of at most 4,000 characters; a longer one ends with an ellipsis.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_texts_are_bounded() {
        let many = list((0..1000).map(Value::from));
        assert_eq!(
            (many["entries"].as_array().map(Vec::len), &many["left_off"]),
            (Some(MAX_ENTRIES), &json!(1000 - MAX_ENTRIES))
        );
        let large = list_within((0..10).map(|_| json!("0123456789")), 36, 10);
        assert_eq!((large["entries"].as_array().map(Vec::len), &large["left_off"]), (Some(3), &json!(7)));
        let sizes = [1, 50, 2].into_iter().map(|size| json!("x".repeat(size)));
        assert_eq!(list_within(sizes, 36, 3), json!({"entries": ["x", "xx"], "left_off": 1}));
        assert_eq!(shortened(&"ä".repeat(MAX_TEXT)).chars().count(), MAX_TEXT);
        assert_eq!(shortened(&"ä".repeat(MAX_TEXT + 1)).chars().count(), MAX_TEXT + 1);
        assert!(shortened(&"ä".repeat(MAX_TEXT + 1)).ends_with('…'));
    }
}
