//! The response to the contact flow: a flat object of strings (STRING_MAP).

use std::collections::BTreeMap;

use vanity::{Answer, Best, Status, speech};

/// The response by key.
pub(crate) type Reply = BTreeMap<&'static str, String>;

const VANITY: [&str; 5] = ["vanity1", "vanity2", "vanity3", "vanity4", "vanity5"];
const SAY: [&str; speech::OPTIONS] = ["say1", "say2", "say3"];
/// Keys that flows for earlier functions of this kind read.
const ALIASES: [&str; speech::OPTIONS] = ["FirstNumber", "SecondNumber", "ThirdNumber"];

/// Returns the response for an answer: every key is always present, with an empty value if there is none.
pub(crate) fn reply(answer: &Answer) -> Reply {
    let best = answer.best.as_ref().filter(|best| !best.is_empty());
    let mut reply = Reply::from([
        ("status", answer.status.to_string()),
        ("count", best.map_or(0, Best::len).to_string()),
        ("wordCount", best.map_or(0, Best::word_count).to_string()),
        ("speech", best.map_or_else(|| sentence_in_ssml(answer.status), speech::document)),
        ("text", best.map_or_else(|| speech::sentence(answer.status).to_owned(), speech::text)),
    ]);
    for keys in [&VANITY[..], &SAY, &ALIASES] {
        reply.extend(keys.iter().map(|key| (*key, String::new())));
    }
    for (index, form) in best.iter().flat_map(|best| best.ranked()).enumerate() {
        reply.insert(VANITY[index], form.display());
        if index < speech::OPTIONS {
            reply.insert(SAY[index], speech::piece(&form));
            reply.insert(ALIASES[index], form.display());
        }
    }
    reply
}

fn sentence_in_ssml(status: Status) -> String {
    format!("<speak><p>{}</p></speak>", speech::sentence(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vanity::Caller;

    fn reply_to(address: &str) -> Reply {
        reply(&Answer::to(Caller::read(Some(address))))
    }

    #[test]
    fn numbers_with_words_are_returned_best_first() {
        let reply = reply_to("+18003569377");
        assert_eq!(reply["status"], "OK");
        assert_eq!((reply["count"].as_str(), reply["wordCount"].as_str()), ("5", "5"));
        assert_eq!(reply["vanity1"], "1-800-FLOWERS");
        assert_eq!(reply["vanity2"], "1-800-FLOW-ERR");
        assert_eq!(reply["FirstNumber"], reply["vanity1"]);
        assert!(reply["speech"].contains(&reply["say1"]) && reply["speech"].contains(&reply["say3"]));
    }

    #[test]
    fn every_status_has_all_keys_below_32_kb() {
        let addresses = ["+18003569377", "+12010000002", "+12010101010", "anonymous", "junk"];
        let statuses = ["OK", "OK", "NO_LETTERS", "NO_CALLER_ID", "INVALID_NUMBER"];
        for (address, status) in addresses.into_iter().zip(statuses) {
            let reply = reply_to(address);
            assert_eq!(reply["status"], status);
            assert_eq!(reply.len(), 16, "{address}");
            assert!(!reply["speech"].is_empty() && !reply["text"].is_empty());
            assert!(reply.values().map(String::len).sum::<usize>() < 32_000);
        }
    }
}
