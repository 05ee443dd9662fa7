//! Conversion of prompts to the plain sentences that a caller hears.

use roxmltree::{Document, Node, TextPos};

/// The reason why a text is not valid SSML; Connect takes the error branch then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid SSML at character {at}: {reason}")]
pub struct SsmlError {
    /// Position of the character, from 1.
    pub at: usize,
    /// Description of the error.
    pub reason: String,
}

/// Maximum number of characters of a text (Amazon Polly, limits of a speech request; at most 3,000 of them may be spoken).
pub(crate) const MAX_SPEECH_CHARS: usize = 6000;
/// Minimum pause in milliseconds that separates two sentences; a shorter one separates two words.
const SENTENCE_PAUSE_MS: u32 = 600;

/// Elements that Amazon Polly supports (developer guide, "Supported SSML tags"); `amazon-` stands for the prefix `amazon:`.
const ELEMENTS: [&str; 17] = [
    "amazon-auto-breaths",
    "amazon-breath",
    "amazon-domain",
    "amazon-effect",
    "amazon-emotion",
    "break",
    "emphasis",
    "lang",
    "mark",
    "p",
    "phoneme",
    "prosody",
    "s",
    "say-as",
    "speak",
    "sub",
    "w",
];

/// Returns the sentences of a plain text.
#[must_use]
pub fn text_to_sentences(text: &str) -> Vec<String> {
    let mut speech = Speech::default();
    speech.say(text);
    speech.finish()
}

/// Returns the sentences of an SSML document.
///
/// Digits stay digits, letters spelt by `say-as` are separated by blanks, `sub` is replaced by its alias, a short `break`
/// separates words, and a long one, `p` and `s` separate sentences. A text without any markup is taken as it is.
///
/// # Errors
/// [`SsmlError`] if the text is not a well-formed document with the root `speak`, or has elements that Amazon Polly does not
/// support.
pub fn ssml_to_sentences(text: &str) -> Result<Vec<String>, SsmlError> {
    if !text.contains(['<', '&']) {
        return Ok(text_to_sentences(text));
    }
    // Amazon's own elements have a prefix that XML wants declared, and Polly does not.
    let plain = text.replace("<amazon:", "<amazon-").replace("</amazon:", "</amazon-");
    let document = Document::parse(&plain).map_err(|error| malformed(text, &error))?;
    speak(document.root_element())
}

/// Returns the error of a text that is not well-formed XML.
fn malformed(text: &str, error: &roxmltree::Error) -> SsmlError {
    let TextPos { row, col } = error.pos();
    let before: usize = text.split_inclusive('\n').take(row as usize - 1).map(|line| line.chars().count()).sum();
    let reason = error.to_string();
    let reason = reason.rsplit_once(" at ").map_or(reason.as_str(), |(reason, _)| reason).to_owned();
    SsmlError { at: before + col as usize, reason }
}

/// Speaks the text of a document.
fn speak(root: Node<'_, '_>) -> Result<Vec<String>, SsmlError> {
    let mut speech = Speech::default();
    let mut open: Vec<Node<'_, '_>> = Vec::new();
    for node in root.descendants() {
        while let Some(left) = open.pop_if(|last| Some(*last) != node.parent()) {
            speech.end(left.tag_name().name());
        }
        if node.is_element() {
            check(node)?;
            speech.begin(node);
            open.push(node);
        } else if let (Some(text), Some(around)) = (node.text().filter(|_| node.is_text()), open.last()) {
            match around.tag_name().name() {
                "sub" if around.has_attribute("alias") => {}
                "say-as" if matches!(around.attribute("interpret-as"), Some("characters" | "spell-out")) => speech.spell(text),
                _ => speech.say(text),
            }
        }
    }
    Ok(speech.finish())
}

/// Returns the error of an element that SSML does not have there.
fn check(element: Node<'_, '_>) -> Result<(), SsmlError> {
    let name = element.tag_name().name();
    let reason = match (name, element.parent_element()) {
        ("speak", Some(_)) => "the document is one <speak> element".to_owned(),
        (_, None) if name != "speak" => format!("<{name}> stands where <speak> is expected"),
        _ if !ELEMENTS.contains(&name) => format!("<{}> is no element of SSML", name.replace("amazon-", "amazon:")),
        _ => return Ok(()),
    };
    let before = element.document().input_text().get(..element.range().start).unwrap_or_default();
    Err(SsmlError { at: before.chars().count() + 1, reason })
}

fn is_long(time: Option<&str>, strength: Option<&str>) -> bool {
    if let Some(time) = time {
        let milliseconds = time.strip_suffix("ms").and_then(|number| number.trim().parse::<f64>().ok()).or_else(|| {
            let seconds = time.strip_suffix('s')?.trim().parse::<f64>().ok()?;
            Some(seconds * 1000.0)
        });
        return milliseconds.is_some_and(|ms| ms >= f64::from(SENTENCE_PAUSE_MS));
    }
    matches!(strength, Some("strong" | "x-strong"))
}

#[derive(Default)]
struct Speech {
    sentences: Vec<String>,
    current: String,
    gap: bool,
}

impl Speech {
    fn say(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.gap = true;
                continue;
            }
            if self.gap && !self.current.is_empty() {
                let ended = self.current.ends_with(['.', '!', '?']) && !c.is_lowercase();
                if ended {
                    self.sentence_ends();
                } else if !matches!(c, '.' | ',' | ';' | ':' | '!' | '?') {
                    self.current.push(' ');
                }
            }
            self.gap = false;
            self.current.push(c);
        }
    }

    fn spell(&mut self, text: &str) {
        for letter in text.chars().filter(|c| !c.is_whitespace()) {
            self.say(letter.encode_utf8(&mut [0; 4]));
            self.word_ends();
        }
    }

    fn begin(&mut self, element: Node<'_, '_>) {
        let attribute = |name| element.attribute(name);
        self.word_ends();
        match element.tag_name().name() {
            "p" | "s" | "speak" => self.sentence_ends(),
            "break" if is_long(attribute("time"), attribute("strength")) => self.sentence_ends(),
            "sub" => self.say(attribute("alias").unwrap_or_default()),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" | "s" | "speak" => self.sentence_ends(),
            "break" | "say-as" => self.word_ends(),
            _ => {}
        }
    }

    fn word_ends(&mut self) {
        self.gap = true;
    }

    fn sentence_ends(&mut self) {
        let sentence = std::mem::take(&mut self.current);
        self.gap = false;
        if sentence.chars().any(char::is_alphanumeric) {
            self.sentences.push(sentence);
        }
    }

    fn finish(mut self) -> Vec<String> {
        self.sentence_ends();
        self.sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_heard_sentence_by_sentence() {
        let ssml = "<speak><p>Option one. <say-as interpret-as=\"digits\">1</say-as>\
            <break time=\"250ms\"/><say-as interpret-as=\"digits\">800</say-as><break time=\"250ms\"/>\
            flowers.<break time=\"400ms\"/>Spelled F<break time=\"120ms\"/>L<break time='120ms'/>\
            <sub alias=\"ay\">A</sub></p><p>Tom &amp; Jerry</p></speak>";
        assert_eq!(ssml_to_sentences(ssml).unwrap(), ["Option one.", "1 800 flowers.", "Spelled F L ay", "Tom & Jerry"]);
    }

    #[test]
    fn letters_are_spelt_and_long_pauses_part_sentences() {
        let ssml = "<speak>Code <say-as interpret-as='characters'>AB1</say-as><break time='1s'/>thank you</speak>";
        assert_eq!(ssml_to_sentences(ssml).unwrap(), ["Code A B 1", "thank you"]);
    }

    #[test]
    fn plain_text_is_unchanged() {
        assert_eq!(ssml_to_sentences("Welcome. Goodbye").unwrap(), ["Welcome.", "Goodbye"]);
        assert_eq!(text_to_sentences("It costs 3.50 euros.  Press 1!"), ["It costs 3.50 euros.", "Press 1!"]);
    }

    #[test]
    fn every_kind_of_bad_ssml_is_an_error() {
        for bad in [
            "<speak>open",
            "<p>no root</p>",
            "<speak>a & b</speak>",
            "<speak>&nbsp;</speak>",
            "<speak><b>bold</b></speak>",
            "<speak></p></speak>",
            "<speak/>outside",
            "<speak><break time=1s/></speak>",
            "<speak",
            "<speak></speak><speak></speak>",
            "text <speak></speak>",
            "</speak>",
        ] {
            assert!(ssml_to_sentences(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn errors_name_the_place() {
        let fault = |text: &str| ssml_to_sentences(text).unwrap_err().to_string();
        assert_eq!(fault("<speak>é<b>x</b></speak>"), "invalid SSML at character 9: <b> is no element of SSML");
        assert_eq!(fault("<p>x</p>"), "invalid SSML at character 1: <p> stands where <speak> is expected");
        assert!(
            fault("<speak>é\n<p>x</s></speak>").starts_with("invalid SSML at character 14: "),
            "{}",
            fault("<speak>é\n<p>x</s></speak>")
        );
        assert_eq!(
            ssml_to_sentences("<speak><amazon:effect name='whispered'>amazon: hi</amazon:effect></speak>").unwrap(),
            ["amazon: hi"]
        );
    }
}
