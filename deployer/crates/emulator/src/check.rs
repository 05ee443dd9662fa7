//! Constraints of a service's model, checked together as AWS does: `2 validation errors detected: …`.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::error::AwsError;

/// Validation errors of an input, collected so far.
#[derive(Debug, Default)]
pub(crate) struct ValidationErrors(Vec<String>);

impl ValidationErrors {
    /// Adds an error in AWS's wording: `Value 'x' at 'roleName' failed to satisfy constraint: …`.
    pub(crate) fn add(&mut self, value: impl Display, at: &str, constraint: impl Display) {
        self.0.push(format!("Value '{value}' at '{at}' failed to satisfy constraint: {constraint}"));
    }

    /// Requires a member to be present, and returns it.
    pub(crate) fn required<T>(&mut self, at: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.0.push(format!("Value null at '{at}' failed to satisfy constraint: Member must not be null"));
        }
        value
    }

    /// Requires the length of the text to be in the range.
    pub(crate) fn length(&mut self, at: &str, value: Option<&str>, allowed: RangeInclusive<usize>) {
        let Some(value) = value else { return };
        let length = value.chars().count();
        if length < *allowed.start() {
            self.add(value, at, format!("Member must have length greater than or equal to {}", allowed.start()));
        } else if length > *allowed.end() {
            self.add(value, at, format!("Member must have length less than or equal to {}", allowed.end()));
        }
    }

    /// Requires every character to be allowed by `pattern`, which `fits` implements.
    pub(crate) fn pattern(&mut self, at: &str, value: Option<&str>, pattern: &str, fits: impl Fn(&str) -> bool) {
        if let Some(value) = value
            && !fits(value)
        {
            self.add(value, at, format!("Member must satisfy regular expression pattern: {pattern}"));
        }
    }

    /// Requires the number to be in the range.
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

    /// Requires the text to be one of `allowed`.
    pub(crate) fn one_of(&mut self, at: &str, value: Option<&str>, allowed: &[&str]) {
        if let Some(value) = value
            && !allowed.contains(&value)
        {
            self.add(value, at, format!("Member must satisfy enum value set: [{}]", allowed.join(", ")));
        }
    }

    /// Whether there are no errors.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a 400 error with this code if there are any errors.
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
