//! What text must look like: one rule for the checker, the schema and the newtypes.

use regex_lite::Regex;

/// A slip that a rule can name better than by its pattern.
pub(crate) struct Explanation {
    /// What is wrong.
    pub(crate) message: String,
    /// What was perhaps meant.
    pub(crate) meant: Option<String>,
}

/// What text must look like.
pub(crate) struct StringPattern {
    /// What such a text is: "a table's name".
    pub(crate) what: &'static str,
    /// What is allowed, for people.
    pub(crate) allowed: &'static str,
    /// What the whole text must match; in the part of the language that Rust and ECMAScript share.
    pub(crate) pattern: &'static str,
    /// What no part of the text may match, with why.
    pub(crate) never: &'static [(&'static str, &'static str)],
    /// What every character must be besides, where no pattern that both languages share can say it.
    pub(crate) each: Option<fn(char) -> bool>,
    /// The fewest characters.
    pub(crate) min: usize,
    /// The most characters.
    pub(crate) max: usize,
    /// Looks closer at a text that does not match.
    pub(crate) explain: Option<fn(&str) -> Option<Explanation>>,
}

/// Why a text is not allowed.
pub(crate) enum Refusal {
    /// It is too long; so many characters.
    Length(usize),
    /// It does not match.
    Pattern,
    /// It matches what it may not.
    Never(&'static str),
}

impl StringPattern {
    /// A rule with only a pattern.
    pub(crate) const fn new(what: &'static str, allowed: &'static str, pattern: &'static str, min: usize, max: usize) -> Self {
        Self { what, allowed, pattern, never: &[], each: None, min, max, explain: None }
    }

    /// The same rule with exceptions.
    pub(crate) const fn never(mut self, never: &'static [(&'static str, &'static str)]) -> Self {
        self.never = never;
        self
    }

    /// The same rule for characters of which this holds.
    pub(crate) const fn each(mut self, each: fn(char) -> bool) -> Self {
        self.each = Some(each);
        self
    }

    /// The same rule with a closer look at what does not match.
    pub(crate) const fn explained(mut self, explain: fn(&str) -> Option<Explanation>) -> Self {
        self.explain = Some(explain);
        self
    }

    /// Whether the text may stand.
    pub(crate) fn accepts(&self, text: &str) -> bool {
        self.refuses(text).is_none()
    }

    /// Why the text may not stand; nothing if it may.
    pub(crate) fn refuses(&self, text: &str) -> Option<Refusal> {
        let length = text.chars().count();
        if length > self.max || (length < self.min && length > 0) {
            return Some(Refusal::Length(length));
        }
        let fits = self.each.is_none_or(|each| text.chars().all(each));
        if length < self.min || !fits || !matches(self.pattern, text) {
            return Some(Refusal::Pattern);
        }
        self.never.iter().find(|(pattern, _)| matches(pattern, text)).map(|(_, why)| Refusal::Never(why))
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).expect("every pattern of the format compiles; a test tries them all").is_match(text)
}
