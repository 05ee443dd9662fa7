//! The constraints of a service's model, checked all at once as AWS does: `2 validation errors detected: …`.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::error::AwsError;

/// What is wrong with an input so far.
#[derive(Debug, Default)]
pub(crate) struct ValidationErrors(Vec<String>);

impl ValidationErrors {
    /// A fault in AWS's own words: `Value 'x' at 'roleName' failed to satisfy constraint: …`.
    pub(crate) fn add(&mut self, value: impl Display, at: &str, constraint: impl Display) {
        self.0.push(format!("Value '{value}' at '{at}' failed to satisfy constraint: {constraint}"));
    }

    /// The member must be there; returns it.
    pub(crate) fn required<T>(&mut self, at: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.0.push(format!("Value null at '{at}' failed to satisfy constraint: Member must not be null"));
        }
        value
    }

    /// The text's length must be in the range.
    pub(crate) fn length(&mut self, at: &str, value: Option<&str>, allowed: RangeInclusive<usize>) {
        let Some(value) = value else { return };
        let length = value.chars().count();
        if length < *allowed.start() {
            self.add(value, at, format!("Member must have length greater than or equal to {}", allowed.start()));
        } else if length > *allowed.end() {
            self.add(value, at, format!("Member must have length less than or equal to {}", allowed.end()));
        }
    }

    /// Every character must be allowed by `pattern`, of which `fits` is the meaning.
    pub(crate) fn pattern(&mut self, at: &str, value: Option<&str>, pattern: &str, fits: impl Fn(&str) -> bool) {
        if let Some(value) = value
            && !fits(value)
        {
            self.add(value, at, format!("Member must satisfy regular expression pattern: {pattern}"));
        }
    }

    /// The number must be in the range.
    pub(crate) fn range(&mut self, at: &str, value: Option<i64>, allowed: RangeInclusive<i64>) {
        match value {
            Some(value) if value < *allowed.start() => {
                self.add(value, at, format!("Member must have value greater than or equal to {}", allowed.start()));
            }
            Some(value) if value > *allowed.end() => {
                self.add(value, at, format!("Member must have value less than or equal to {}", allowed.end()));
            }
            _ => {}
        }
    }

    /// The text must be one of these.
    pub(crate) fn one_of(&mut self, at: &str, value: Option<&str>, allowed: &[&str]) {
        if let Some(value) = value
            && !allowed.contains(&value)
        {
            self.add(value, at, format!("Member must satisfy enum value set: [{}]", allowed.join(", ")));
        }
    }

    /// Whether nothing was wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses with this status and code if anything was wrong.
    pub(crate) fn refuse(self, code: &'static str) -> Result<(), AwsError> {
        match self.0.len() {
            0 => Ok(()),
            1 => Err(AwsError::new(400, code, format!("1 validation error detected: {}", self.0[0]))),
            n => Err(AwsError::new(400, code, format!("{n} validation errors detected: {}", self.0.join("; ")))),
        }
    }
}

/// Whether every character is a letter, a digit or one of `others`.
pub(crate) fn word(text: &str, others: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}
