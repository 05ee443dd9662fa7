//! Checks of the length of spoken text.
//!
//! Amazon Polly accepts 6,000 characters in one request, of which at most 3,000 are billed; SSML tags are not billed (Amazon
//! Polly, `SynthesizeSpeech`, `TextLengthExceededException`). Connect sends the text as one request and takes the error
//! branch when Polly rejects it. Values of JSONPath references are unknown here and are counted as empty.

use serde_json::Value;

use super::report::Report;
use crate::jsonpath::occurrences;
use crate::model::Action;
use crate::path::Path;
use crate::ssml::MAX_SPEECH_CHARS;

/// Maximum number of billed characters of one request.
const MAX_BILLED: usize = 3000;

/// Checks every text that the action speaks.
pub(crate) fn check(report: &mut Report<'_>, action: Action<'_>) {
    let parameters = action.path().key("Parameters");
    texts(report, &parameters, action.as_value().get("Parameters"));
    let messages = action.parameter("Messages").and_then(Value::as_array);
    for (index, message) in messages.into_iter().flatten().enumerate() {
        texts(report, &parameters.key("Messages").index(index), Some(message));
    }
}

fn texts(report: &mut Report<'_>, place: &Path, holder: Option<&Value>) {
    for name in ["Text", "SSML"] {
        let text = holder.and_then(|holder| holder.get(name)).and_then(Value::as_str);
        // A text has at most as many characters as bytes, so short texts need no counting.
        if let Some(text) = text.filter(|text| text.len() > MAX_BILLED) {
            length(report, place.key(name), text, name == "SSML");
        }
    }
}

fn length(report: &mut Report<'_>, path: Path, text: &str, marked_up: bool) {
    let dynamic: usize =
        occurrences(text).iter().map(|(range, _)| text.get(range.clone()).unwrap_or_default().chars().count()).sum();
    let all = text.chars().count() - dynamic;
    let billed = if marked_up { outside_of_tags(text).saturating_sub(dynamic) } else { all };
    if all > MAX_SPEECH_CHARS {
        let message = format!("Text is longer than 6,000 characters. Path: {path}");
        report
            .warn("limit", path, message)
            .explain(format!("it has {all}; Amazon Polly speaks at most 6,000 at once, and the action takes its error branch"));
    } else if billed > MAX_BILLED {
        let message = format!("Text has more than 3,000 billed characters. Path: {path}");
        report.warn("limit", path, message).explain(format!(
            "it has {billed}; Amazon Polly speaks at most 3,000 at once, and the action takes its error branch"
        ));
    }
}

/// Returns the number of characters outside of the tags of an SSML text.
fn outside_of_tags(text: &str) -> usize {
    let mut inside = false;
    let counted = text.chars().filter(|c| match c {
        '<' => {
            inside = true;
            false
        }
        '>' if inside => {
            inside = false;
            false
        }
        _ => !inside,
    });
    counted.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_not_billed() {
        assert_eq!(outside_of_tags("<speak>Hi <break time=\"1s\"/>you</speak>"), 6);
        assert_eq!(outside_of_tags("1 > 0"), 5);
    }
}
