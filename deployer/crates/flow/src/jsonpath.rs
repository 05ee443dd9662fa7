//! The JSONPath references of the Flow language: `$.Attributes.name`,
//! `$.Attributes.['first name']`, `$['Attributes']['first name']`
//! (AWS administrator guide, "How to reference contact attributes").

use crate::rules::Status;

/// A segment of a [`JsonPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// A member.
    Key(String),
    /// An element of a list.
    Index(usize),
}

/// A reference such as `$.External.status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    segments: Vec<Segment>,
}

impl JsonPath {
    /// Parses a text that consists of exactly one reference.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (path, length) = Self::prefix(text)?;
        (length == text.len()).then_some(path)
    }

    /// Parses the reference at the beginning of a text; also returns its length in bytes.
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

    /// Returns the first member, such as `External`.
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
        ROOTS.iter().any(|(known, _)| *known == self.root())
    }

    /// Returns the segments, beginning with the root.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

/// Roots of references (AWS administrator guide, list of contact attributes), in alphabetical order, with their reliability.
pub(crate) const ROOTS: [(&str, Status); 44] = {
    use Status::{Documented, Seen};
    [
        ("AdditionalEmailRecipients", Documented),
        ("Agent", Documented),
        ("AgenticCX", Documented),
        ("Attributes", Documented),
        ("AwsRegion", Documented),
        ("CallbackNumber", Seen),
        ("Capabilities", Documented),
        ("Case", Documented),
        ("Channel", Documented),
        ("ContactId", Documented),
        ("Customer", Documented),
        ("CustomerCallbackNumber", Seen),
        ("CustomerEndpoint", Documented),
        ("CustomerId", Documented),
        ("DataTableList", Documented),
        ("DataTables", Documented),
        ("Description", Documented),
        ("Email", Documented),
        ("External", Documented),
        ("FlowAttributes", Documented),
        ("InitialContactId", Documented),
        ("InitiationMethod", Documented),
        ("InstanceARN", Documented),
        ("LambdaInvocation", Documented),
        ("LanguageCode", Documented),
        ("Lex", Documented),
        ("Loop", Documented),
        ("Media", Documented),
        ("MediaStreams", Documented),
        ("Metrics", Documented),
        ("Modules", Documented),
        ("Name", Documented),
        ("PreviousContactId", Documented),
        ("Queue", Documented),
        ("References", Documented),
        ("RelatedContactId", Seen),
        ("SegmentAttributes", Documented),
        ("StoredCustomerInput", Documented),
        ("SystemEndpoint", Documented),
        ("Tags", Documented),
        ("Task", Documented),
        ("TextToSpeechVoiceId", Documented),
        ("Views", Documented),
        ("Wisdom", Documented),
    ]
};

/// Returns every reference in a text with its byte range.
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

/// A part of a text that looks like a reference but is not one, or one that refers to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// Byte range of the part.
    pub range: std::ops::Range<usize>,
    /// Probable correction; `None` if it is ambiguous.
    pub meant: Option<String>,
}

/// Roots that hold attributes by name, so that the root alone is not a value.
const HOLDERS: [&str; 6] = ["Attributes", "DataTables", "External", "FlowAttributes", "Lex", "SegmentAttributes"];

/// Returns the parts of a text that look like references but are not: `$Attributes.x`, `$..Attributes.x`, `$.Attributes..x`,
/// `$.Attributes[x]`, `$.Attributes.` Connect speaks them literally, or reads an empty value.
#[must_use]
pub fn near_misses(text: &str) -> Vec<NearMiss> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('$')) {
        let start = from + at;
        let near = near_miss(&text[start..]);
        let (length, meant) = match near {
            Some((length, meant)) => (length, Some(meant)),
            None => (JsonPath::prefix(&text[start..]).map_or(1, |(_, length)| length), None),
        };
        from = start + length;
        if let Some(meant) = meant {
            found.push(NearMiss { range: start..from, meant });
        }
    }
    found
}

/// Returns the length of the near miss at the beginning of a text, and its probable correction.
fn near_miss(text: &str) -> Option<(usize, Option<String>)> {
    let known = |path: &JsonPath| path.has_known_root() && path.segments.len() > 1;
    if let Some((path, length)) = JsonPath::prefix(text) {
        if !path.has_known_root() {
            return None;
        }
        let rest = &text[length..];
        if let Some((key, after)) = rest.strip_prefix('.').and_then(dotted) {
            // `$.Attributes..name`
            let Segment::Key(key) = key else { return None };
            return Some((text.len() - after.len(), Some(format!("{}.{key}", &text[..length]))));
        }
        if let Some(inside) = rest.strip_prefix('[').or_else(|| rest.strip_prefix(".[")) {
            // `$.Attributes[name]`
            let end = inside.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(inside.len());
            let closed = end > 0 && inside[end..].starts_with(']');
            let whole = text.len() - inside.len() + end + 1;
            return closed.then(|| (whole, Some(format!("{}['{}']", &text[..length], &inside[..end]))));
        }
        let bare = path.segments.len() == 1 && HOLDERS.contains(&path.root());
        return bare.then_some((length, None));
    }
    // `$Attributes.name`, `$..Attributes.name`, `$. Attributes.name`
    let rest = text[1..].trim_start_matches(['.', ' ']);
    let skipped = text.len() - rest.len();
    if skipped > 4 || !rest.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let meant = format!("$.{}", rest.chars().take(300).collect::<String>());
    let (path, length) = JsonPath::prefix(&meant)?;
    known(&path).then(|| (skipped + length - 2, Some(meant[..length].to_owned())))
}

/// Parses `.name`, but not the full stop at the end of a sentence.
fn dotted(text: &str) -> Option<(Segment, &str)> {
    let rest = text.strip_prefix('.')?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | ':'))).unwrap_or(rest.len());
    // A colon or hyphen belongs to a key only between its letters.
    let key = rest[..end].trim_end_matches([':', '-']);
    let starts_well = key.starts_with(|c: char| c.is_alphabetic() || c == '_');
    starts_well.then(|| (Segment::Key(key.to_owned()), &rest[key.len()..]))
}

/// Parses `['first name']`, `.['first name']`, `["x"]` or `[0]`.
fn bracketed(text: &str) -> Option<(Segment, &str)> {
    let rest = text.strip_prefix('.').unwrap_or(text).strip_prefix('[')?;
    let quote = rest.chars().next()?;
    if quote == '\'' || quote == '"' {
        let (key, after) = rest[1..].split_once(quote)?;
        let after = after.strip_prefix(']')?;
        return (!key.is_empty()).then(|| (Segment::Key(key.to_owned()), after));
    }
    // Searching for the bracket first would take quadratic time in a text full of "$[1".
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
    fn reference_ends_before_a_full_stop() {
        let text = "Hello $.Attributes.name. You pay $5 and $.50, $$.Queue.Name!";
        let found: Vec<_> = occurrences(text).into_iter().map(|(range, _)| &text[range]).collect();
        assert_eq!(found, ["$.Attributes.name", "$.Queue.Name"]);
    }

    #[test]
    fn near_misses_are_found_with_what_was_meant() {
        let found = |text: &'static str| -> Vec<_> {
            near_misses(text).into_iter().map(|miss| (&text[miss.range.clone()], miss.meant.unwrap_or_default())).collect()
        };
        let miss = |written, meant: &str| vec![(written, meant.to_owned())];
        assert_eq!(found("Hi $Attributes.name, hello"), miss("$Attributes.name", "$.Attributes.name"));
        assert_eq!(found("$..External.city."), miss("$..External.city", "$.External.city"));
        assert_eq!(found("$.Attributes..name"), miss("$.Attributes..name", "$.Attributes.name"));
        assert_eq!(found("$.External[city]"), miss("$.External[city]", "$.External['city']"));
        assert_eq!(found("so $.Attributes. And"), miss("$.Attributes", ""));
        for sound in [
            "Hello $.Attributes.name. You pay $5 and $.50",
            "$.Attributes.['first name'] $['Queue']['Name'] $.External.list[2].x",
            "$5.External or $USD.Attributes",
            "$.Channel. $.Lex.IntentName, ${connect.queues.a.arn}",
        ] {
            assert_eq!(found(sound), [], "{sound}");
        }
    }

    #[test]
    fn only_roots_of_the_table_are_known() {
        assert!(JsonPath::parse("$.External.x").unwrap().has_known_root());
        assert!(!JsonPath::parse("$.BadValue").unwrap().has_known_root());
        assert!(JsonPath::parse("$.External.x and more").is_none());
        assert!(JsonPath::parse("$").is_none());
    }
}
