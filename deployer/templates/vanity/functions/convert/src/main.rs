//! The function that the contact flow calls: it finds the longest word that the caller's number ends with on the keys of a telephone.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

/// The words, one on a line.
const WORDS: &str = include_str!("../words.txt");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move { Ok::<_, Error>(reply(&event.payload)) })).await
}

/// Returns the reply to an event of Amazon Connect: an object of strings, because the flow asks for a STRING_MAP.
fn reply(event: &Value) -> Value {
    let caller = event.pointer("/Details/ContactData/CustomerEndpoint/Address").and_then(Value::as_str).unwrap_or_default();
    let digits: String = caller.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 7 {
        return json!({ "status": "NO_CALLER_ID" });
    }
    match longest(&digits) {
        Some(word) => json!({ "status": "OK", "word": word, "text": format!("Your number ends with {word}.") }),
        None => json!({ "status": "NO_WORD" }),
    }
}

/// Returns the longest word that the digits end with.
fn longest(digits: &str) -> Option<&'static str> {
    WORDS.lines().filter(|word| digits.ends_with(&keys(word))).max_by_key(|word| word.len())
}

/// Returns the keys of a telephone for a word (ITU-T E.161).
fn keys(word: &str) -> String {
    const KEYS: [(char, &str); 8] =
        [('2', "ABC"), ('3', "DEF"), ('4', "GHI"), ('5', "JKL"), ('6', "MNO"), ('7', "PQRS"), ('8', "TUV"), ('9', "WXYZ")];
    word.chars().filter_map(|letter| KEYS.iter().find(|(_, letters)| letters.contains(letter)).map(|(key, _)| *key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(caller: &str) -> Value {
        reply(&json!({ "Details": { "ContactData": { "CustomerEndpoint": { "Address": caller } } } }))["status"].clone()
    }

    #[test]
    fn longest_word_at_the_end_is_found() {
        assert_eq!(longest("18003569377"), Some("FLOWERS"));
        assert_eq!(longest("18005550100"), None);
    }

    #[test]
    fn every_caller_gets_a_status() {
        for (caller, expected) in [("+18003569377", "OK"), ("+18005550100", "NO_WORD"), ("anonymous", "NO_CALLER_ID")] {
            assert_eq!(status(caller), expected);
        }
    }
}
