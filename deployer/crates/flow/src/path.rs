//! Places in a flow document: `Actions[3].Parameters.Text`.

use std::fmt;
use std::sync::Arc;

/// Maximum number of characters of a key in a formatted path; longer keys are truncated.
const MAX_KEY_SHOWN: usize = 100;

/// A step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// A member of an object.
    Key(Arc<str>),
    /// An element of an array, counted from 0.
    Index(usize),
}

/// A place in a JSON document, formatted as Connect does in the problems it reports:
/// `Actions[3].Transitions.Errors[0].NextAction`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Path(Arc<[Step]>);

impl Path {
    /// Returns the place of the document itself.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Returns the place of the action with this index.
    #[must_use]
    pub fn action(index: usize) -> Self {
        Self::root().key("Actions").index(index)
    }

    /// Returns the place of a member of the object at this place.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.and(Step::Key(key.into()))
    }

    /// Returns the place of an element of the array at this place.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.and(Step::Index(index))
    }

    fn and(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain(std::iter::once(step)).collect())
    }

    /// Returns the steps from the document to this place.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Returns the name of the member at this place; `None` for an element of a list and for the document.
    #[must_use]
    pub fn last_key(&self) -> Option<&str> {
        match self.0.last() {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// Returns the index of the action that contains this place, if any.
    #[must_use]
    pub fn action_index(&self) -> Option<usize> {
        match &self.0[..] {
            [Step::Key(key), Step::Index(index), ..] if key.as_ref() == "Actions" => Some(*index),
            _ => None,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(out, "[{index}]")?,
                Step::Key(key) => {
                    let dot = if position == 0 { "" } else { "." };
                    match key.char_indices().nth(MAX_KEY_SHOWN) {
                        None => write!(out, "{dot}{key}")?,
                        Some((end, _)) => write!(out, "{dot}{}…", &key[..end])?,
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_formatted_as_by_connect() {
        let path = Path::action(2).key("Transitions").key("Errors").index(0).key("NextAction");
        assert_eq!(path.to_string(), "Actions[2].Transitions.Errors[0].NextAction");
        assert_eq!(path.action_index(), Some(2));
        assert_eq!(Path::root().to_string(), "");
    }
}
