//! The JSONPath references of the Flow language: `$.Attributes.name`,
//! `$.Attributes.['first name']`, `$['Attributes']['first name']`
//! (AWS administrator guide, "How to reference contact attributes").

/// One step of a [`JsonPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A member.
    Key(String),
    /// An element of a list.
    Index(usize),
}

/// One reference such as `$.External.status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    segments: Vec<Segment>,
}

/// The roots a reference may have (AWS administrator guide, list of contact
/// attributes; `Modules` and `Loop` from newer pages).
const ROOTS: [&str; 38] = [
    "Agent",
    "Attributes",
    "AwsRegion",
    "Case",
    "Channel",
    "ContactId",
    "Customer",
    "CustomerCallbackNumber",
    "CustomerEndpoint",
    "CustomerId",
    "Description",
    "Email",
    "External",
    "FlowAttributes",
    "InitialContactId",
    "InitiationMethod",
    "InstanceARN",
    "LambdaInvocation",
    "LanguageCode",
    "Lex",
    "Loop",
    "Media",
    "MediaStreams",
    "Metrics",
    "Modules",
    "Name",
    "PreviousContactId",
    "Queue",
    "References",
    "RelatedContactId",
    "SegmentAttributes",
    "StoredCustomerInput",
    "SystemEndpoint",
    "Tags",
    "Task",
    "TextToSpeechVoiceId",
    "Views",
    "Wisdom",
];

impl JsonPath {
    /// Reads a text that is one reference and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (path, length) = Self::prefix(text)?;
        (length == text.len()).then_some(path)
    }

    /// Reads the reference a text begins with; also says how long it is.
    #[must_use]
    pub fn prefix(text: &str) -> Option<(Self, usize)> {
        let mut rest = text.strip_prefix('$')?;
        let mut segments = Vec::new();
        while let Some((segment, after)) = bracketed(rest).or_else(|| dotted(rest)) {
            segments.push(segment);
            rest = after;
        }
        let named = matches!(segments.first(), Some(Segment::Key(_)));
        named.then(|| (Self { segments }, text.len() - rest.len()))
    }

    /// The first member, such as `External`.
    #[must_use]
    pub fn root(&self) -> &str {
        match self.segments.first() {
            Some(Segment::Key(key)) => key,
            _ => "",
        }
    }

    /// Whether Connect knows the root.
    #[must_use]
    pub fn has_known_root(&self) -> bool {
        ROOTS.binary_search(&self.root()).is_ok()
    }

    /// The steps, beginning with the root.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The roots there are, in alphabetical order.
    pub(crate) fn roots() -> &'static [&'static str] {
        &ROOTS
    }
}

/// Every reference in a text with the byte range it takes.
#[must_use]
pub fn occurrences(text: &str) -> Vec<(std::ops::Range<usize>, JsonPath)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('$')) {
        let start = from + at;
        match JsonPath::prefix(&text[start..]) {
            Some((path, length)) => {
                found.push((start..start + length, path));
                from = start + length;
            }
            None => from = start + 1,
        }
    }
    found
}

/// `.name`, but not the full stop at the end of a sentence.
fn dotted(text: &str) -> Option<(Segment, &str)> {
    let rest = text.strip_prefix('.')?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | ':'))).unwrap_or(rest.len());
    // A colon or hyphen belongs to a key only between its letters.
    let key = rest[..end].trim_end_matches([':', '-']);
    let starts_well = key.starts_with(|c: char| c.is_alphabetic() || c == '_');
    starts_well.then(|| (Segment::Key(key.to_owned()), &rest[key.len()..]))
}

/// `['first name']`, `.['first name']`, `["x"]` or `[0]`.
fn bracketed(text: &str) -> Option<(Segment, &str)> {
    let rest = text.strip_prefix('.').unwrap_or(text).strip_prefix('[')?;
    let quote = rest.chars().next()?;
    if quote == '\'' || quote == '"' {
        let (key, after) = rest[1..].split_once(quote)?;
        let after = after.strip_prefix(']')?;
        return (!key.is_empty()).then(|| (Segment::Key(key.to_owned()), after));
    }
    // Looking for the bracket first would be quadratic in a text full of "$[1".
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    let after = rest[end..].strip_prefix(']')?;
    Some((Segment::Index(rest[..end].parse().ok()?), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let path = JsonPath::parse(text).unwrap();
        path.segments()
            .iter()
            .map(|segment| match segment {
                Segment::Key(key) => key.clone(),
                Segment::Index(index) => index.to_string(),
            })
            .collect()
    }

    #[test]
    fn dots_and_brackets_name_the_same_thing() {
        assert_eq!(keys("$.Attributes.first"), ["Attributes", "first"]);
        assert_eq!(keys("$.Attributes.['first name']"), ["Attributes", "first name"]);
        assert_eq!(keys("$['Attributes']['first name']"), ["Attributes", "first name"]);
        assert_eq!(keys("$.External.list[2].x"), ["External", "list", "2", "x"]);
    }

    #[test]
    fn a_reference_in_a_sentence_ends_before_its_full_stop() {
        let text = "Hello $.Attributes.name. You pay $5 and $.50, $$.Queue.Name!";
        let found: Vec<_> = occurrences(text).into_iter().map(|(range, _)| &text[range]).collect();
        assert_eq!(found, ["$.Attributes.name", "$.Queue.Name"]);
    }

    #[test]
    fn only_known_roots_are_known_and_their_list_is_sorted() {
        assert!(ROOTS.is_sorted());
        assert!(JsonPath::parse("$.External.x").unwrap().has_known_root());
        assert!(!JsonPath::parse("$.BadValue").unwrap().has_known_root());
        assert!(JsonPath::parse("$.External.x and more").is_none());
        assert!(JsonPath::parse("$").is_none());
    }
}
