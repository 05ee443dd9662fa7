//! Patterns for text, shared by the checker, the schema and the newtypes.

use regex_lite::Regex;

/// An explanation of a mistake that is more specific than the pattern.
pub(crate) struct Explanation {
    /// The description of the mistake.
    pub(crate) message: String,
    /// A suggested replacement.
    pub(crate) suggestion: Option<String>,
}

/// The form of a text.
pub(crate) struct StringPattern {
    /// The noun for such a text: "a table's name".
    pub(crate) what: &'static str,
    /// The description of the allowed form, for messages.
    pub(crate) allowed: &'static str,
    /// The regular expression that the whole text must match, in the syntax that Rust and ECMAScript share.
    pub(crate) pattern: &'static str,
    /// Regular expressions that no part of the text may match, each with the reason.
    pub(crate) forbidden: &'static [(&'static str, &'static str)],
    /// A condition on every character, where no regular expression in the shared syntax can express it.
    pub(crate) allowed_char: Option<fn(char) -> bool>,
    /// Minimum number of characters.
    pub(crate) min: usize,
    /// Maximum number of characters.
    pub(crate) max: usize,
    /// Explains why a text does not match.
    pub(crate) explain: Option<fn(&str) -> Option<Explanation>>,
}

/// The reason for which a text is refused.
pub(crate) enum PatternViolation {
    /// It is too long or too short; the number of characters.
    Length(usize),
    /// It does not match.
    Pattern,
    /// It matches an excluded pattern.
    Never(&'static str),
}

impl StringPattern {
    /// Creates a rule with only a pattern.
    pub(crate) const fn new(what: &'static str, allowed: &'static str, pattern: &'static str, min: usize, max: usize) -> Self {
        Self { what, allowed, pattern, forbidden: &[], allowed_char: None, min, max, explain: None }
    }

    /// Returns the rule with exclusions.
    pub(crate) const fn forbidding(mut self, never: &'static [(&'static str, &'static str)]) -> Self {
        self.forbidden = never;
        self
    }

    /// Returns the rule with a condition on every character.
    pub(crate) const fn with_allowed_char(mut self, each: fn(char) -> bool) -> Self {
        self.allowed_char = Some(each);
        self
    }

    /// Returns the rule with a function that explains mismatches.
    pub(crate) const fn explained(mut self, explain: fn(&str) -> Option<Explanation>) -> Self {
        self.explain = Some(explain);
        self
    }

    /// Whether the text is accepted.
    pub(crate) fn accepts(&self, text: &str) -> bool {
        self.violation(text).is_none()
    }

    /// Returns the reason for which the text is refused; `None` if it is accepted.
    pub(crate) fn violation(&self, text: &str) -> Option<PatternViolation> {
        let length = text.chars().count();
        if length > self.max || (length < self.min && length > 0) {
            return Some(PatternViolation::Length(length));
        }
        let fits = self.allowed_char.is_none_or(|each| text.chars().all(each));
        if length < self.min || !fits || !matches(self.pattern, text) {
            return Some(PatternViolation::Pattern);
        }
        self.forbidden.iter().find(|(pattern, _)| matches(pattern, text)).map(|(_, why)| PatternViolation::Never(why))
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).expect("every pattern of the format compiles; a test tries them all").is_match(text)
}
