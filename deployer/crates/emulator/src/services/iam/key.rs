//! Values of condition keys.

/// Known value of a request's condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// The request has the key with these values.
    Values(Vec<String>),
    /// The request does not have the key.
    Absent,
    /// AWS may set the key; its value is not known to the emulator.
    Unknown,
}

impl Key {
    /// Returns a key with one value.
    pub(super) fn one(value: impl Into<String>) -> Self {
        Self::Values(vec![value.into()])
    }

    /// Returns a key with this value, or an absent key.
    pub(super) fn optional(value: Option<impl Into<String>>) -> Self {
        value.map_or(Self::Absent, Self::one)
    }
}

/// A condition that cannot be evaluated, with the responsible key or operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unevaluated(pub(super) String);
