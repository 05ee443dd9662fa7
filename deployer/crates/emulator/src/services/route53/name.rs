//! Names of zones and records, in the form that Route 53 returns (developer guide, "DNS domain name format").

use std::fmt::Write;

/// Returns the name in lower case with a trailing dot, and with octal escapes for all characters but letters, digits, `-`, `_` and `.`.
pub(super) fn normalized(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len() + 1);
    let mut bytes = name.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => normalized.push(char::from(byte)),
            b'A'..=b'Z' => normalized.push(char::from(byte.to_ascii_lowercase())),
            // Already an escape.
            b'\\' if bytes.peek().is_some_and(u8::is_ascii_digit) => normalized.push('\\'),
            // Writing into a string cannot fail.
            byte => drop(write!(normalized, "\\{byte:03o}")),
        }
    }
    if !normalized.ends_with('.') {
        normalized.push('.');
    }
    normalized
}

/// Whether the normalized name is the zone's or below it.
pub(super) fn is_within(name: &str, zone: &str) -> bool {
    name == zone || name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'))
}

/// Returns the name with its labels reversed and a trailing dot: the order of listings ("com.example.www.", API reference,
/// ListResourceRecordSets).
pub(super) fn reversed(name: &str) -> String {
    name.trim_end_matches('.').rsplit('.').map(|label| format!("{label}.")).collect()
}

/// Why a name is none; `None` if it is one (developer guide, "DNS domain name format": labels of 1 to 63 bytes, 255 in all).
pub(super) fn fault(normalized: &str) -> Option<&'static str> {
    let labels: Vec<&str> = normalized.trim_end_matches('.').split('.').collect();
    if labels.iter().any(|label| label.is_empty()) {
        Some("DomainLabelEmpty (Domain label is empty)")
    } else if labels.iter().any(|label| label.len() > 63) {
        Some("DomainLabelTooLong (Domain label is too long)")
    } else if normalized.len() > 255 {
        Some("DomainTooLong (Domain name is too long)")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_in_one_form() {
        for (given, form) in
            [("API.Voice.example", "api.voice.example."), ("*.a.example.", "\\052.a.example."), ("\\052.b.", "\\052.b.")]
        {
            assert_eq!(normalized(given), form);
            assert_eq!(normalized(form), form, "the form is its own form");
        }
    }

    #[test]
    fn zone_contains_its_own_labels_only() {
        assert!(is_within("a.voice.example.", "voice.example.") && is_within("voice.example.", "voice.example."));
        assert!(!is_within("avoice.example.", "voice.example.") && !is_within("example.", "voice.example."));
    }

    #[test]
    fn listings_follow_reversed_labels() {
        assert_eq!(reversed("www.voice.example."), "example.voice.www.");
        assert!(reversed("a-b.example.") < reversed("a.b.example."), "a hyphen comes before the dot");
    }
}
