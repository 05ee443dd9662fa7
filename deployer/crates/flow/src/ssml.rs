//! Conversion of prompts to the plain sentences that a caller hears.

/// The reason why a text is not valid SSML; Connect takes the error branch then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid SSML at character {at}: {reason}")]
pub struct SsmlError {
    /// Position of the character, from 1.
    pub at: usize,
    /// Description of the error.
    pub reason: String,
}

/// Minimum pause in milliseconds that separates two sentences; a shorter one separates two words.
const SENTENCE_PAUSE_MS: u32 = 600;

/// Elements that Amazon Polly supports (developer guide, "Supported SSML tags").
const ELEMENTS: [&str; 17] = [
    "amazon:auto-breaths",
    "amazon:breath",
    "amazon:domain",
    "amazon:effect",
    "amazon:emotion",
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
    let mut reader = Reader { text, at: 0, open: Vec::new(), rooted: false, speech: Speech::default() };
    reader.read()?;
    Ok(reader.speech.finish())
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Element<'a>>,
    rooted: bool,
    speech: Speech,
}

struct Element<'a> {
    name: &'a str,
    /// Manner of speaking of the text inside.
    manner: SpeechMode,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SpeechMode {
    AsWritten,
    Spelt,
    Replaced,
}

impl<'a> Reader<'a> {
    fn fault(&self, reason: impl Into<String>) -> SsmlError {
        let before = self.text.get(..self.at).unwrap_or_default();
        SsmlError { at: before.chars().count() + 1, reason: reason.into() }
    }

    fn read(&mut self) -> Result<(), SsmlError> {
        while let Some(rest) = self.text.get(self.at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with('<') {
                self.markup(rest)?;
            } else {
                let end = rest.find('<').unwrap_or(rest.len());
                self.characters(&rest[..end])?;
                self.at += end;
            }
        }
        match self.open.last() {
            Some(element) => Err(self.fault(format!("<{}> is not closed", element.name))),
            None if !self.rooted => Err(self.fault("there is no <speak>")),
            None => Ok(()),
        }
    }

    fn markup(&mut self, rest: &'a str) -> Result<(), SsmlError> {
        for (start, end) in [("<!--", "-->"), ("<?", "?>")] {
            if rest.starts_with(start) {
                let length = rest.find(end).map(|at| at + end.len());
                self.at += length.ok_or_else(|| self.fault(format!("{start} is not closed")))?;
                return Ok(());
            }
        }
        let Some(end) = tag_end(rest) else {
            return Err(self.fault("a tag is not closed with >"));
        };
        let inside = &rest[1..end];
        if let Some(name) = inside.strip_prefix('/') {
            self.close(name.trim())?;
        } else {
            self.start(inside)?;
        }
        self.at += end + 1;
        Ok(())
    }

    fn start(&mut self, inside: &'a str) -> Result<(), SsmlError> {
        let (inside, empty) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let end = inside.find(|c: char| c.is_whitespace()).unwrap_or(inside.len());
        let (name, rest) = inside.split_at(end);
        if !ELEMENTS.contains(&name) {
            return Err(self.fault(format!("<{name}> is no element of SSML")));
        }
        if (name == "speak") == self.rooted {
            return Err(self.fault("the document is one <speak> element"));
        }
        if name != "speak" && self.open.is_empty() {
            return Err(self.fault(format!("<{name}> stands outside <speak>")));
        }
        let attributes = self.attributes(rest)?;
        self.rooted = true;
        let manner = self.begin(name, &attributes);
        if empty {
            self.end(name);
        } else {
            self.open.push(Element { name, manner });
        }
        Ok(())
    }

    fn begin(&mut self, name: &str, attributes: &[(&str, String)]) -> SpeechMode {
        let attribute = |wanted: &str| attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
        self.speech.word_ends();
        match name {
            "p" | "s" | "speak" => self.speech.sentence_ends(),
            "break" if is_long(attribute("time"), attribute("strength")) => {
                self.speech.sentence_ends();
            }
            "sub" => {
                if let Some(alias) = attribute("alias") {
                    self.speech.say(alias);
                    return SpeechMode::Replaced;
                }
            }
            "say-as" => {
                if matches!(attribute("interpret-as"), Some("characters" | "spell-out")) {
                    return SpeechMode::Spelt;
                }
            }
            _ => {}
        }
        SpeechMode::AsWritten
    }

    fn close(&mut self, name: &str) -> Result<(), SsmlError> {
        match self.open.pop() {
            Some(element) if element.name == name => {
                self.end(name);
                Ok(())
            }
            Some(element) => Err(self.fault(format!("</{name}> closes <{}>", element.name))),
            None => Err(self.fault(format!("</{name}> closes nothing"))),
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" | "s" | "speak" => self.speech.sentence_ends(),
            "break" | "say-as" => self.speech.word_ends(),
            _ => {}
        }
    }

    fn characters(&mut self, raw: &str) -> Result<(), SsmlError> {
        let text = self.unescape(raw)?;
        let Some(element) = self.open.last() else {
            return match text.trim() {
                "" => Ok(()),
                _ => Err(self.fault("there is text outside <speak>")),
            };
        };
        match element.manner {
            SpeechMode::AsWritten => self.speech.say(&text),
            SpeechMode::Replaced => {}
            SpeechMode::Spelt => {
                for letter in text.chars().filter(|c| !c.is_whitespace()) {
                    self.speech.say(letter.encode_utf8(&mut [0; 4]));
                    self.speech.word_ends();
                }
            }
        }
        Ok(())
    }

    fn attributes(&self, text: &'a str) -> Result<Vec<(&'a str, String)>, SsmlError> {
        let mut found = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let fault = || self.fault("an attribute is written name=\"value\"");
            let (name, after) = rest.split_once('=').ok_or_else(fault)?;
            let after = after.trim_start();
            let quote = after.chars().next().ok_or_else(fault)?;
            if !matches!(quote, '"' | '\'') {
                return Err(fault());
            }
            let (value, after) = after[1..].split_once(quote).ok_or_else(fault)?;
            found.push((name.trim(), self.unescape(value)?));
            rest = after.trim();
        }
        Ok(found)
    }

    fn unescape(&self, raw: &str) -> Result<String, SsmlError> {
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some((before, after)) = rest.split_once('&') {
            out.push_str(before);
            let (name, after) =
                after.split_once(';').filter(|(name, _)| name.len() < 12).ok_or_else(|| self.fault("& must be written &amp;"))?;
            let character = entity(name).ok_or_else(|| self.fault(format!("&{name}; is no entity of XML")))?;
            out.push(character);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// Returns the position of the `>` that ends a tag, ignoring quoted ones.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
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
}
