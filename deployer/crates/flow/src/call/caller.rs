//! The person on the line.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A boxed future, which makes the traits here dyn-compatible.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The reaction of a caller to a request for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Presses one of `0`-`9`, `*`, `#`.
    Press(char),
    /// Presses nothing until the timeout.
    Silence,
    /// Ends the call.
    HangUp,
}

/// The person on the line.
pub trait Caller: Send + Sync {
    /// Hears one sentence.
    fn hear(&mut self, sentence: &str);

    /// Waits up to this time for a key.
    fn key(&mut self, limit: Duration) -> BoxFuture<'_, Key>;

    /// Returns the caller's next key, if it is determined before the call; `None` for a person, and after the last key.
    fn next(&self) -> Option<Key> {
        None
    }

    /// Returns the number of remaining keys, if they are determined before the call; `None` for a person.
    fn remaining(&self) -> Option<usize> {
        None
    }
}

/// A caller who presses the keys of a script and then none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    keys: std::collections::VecDeque<Key>,
}

impl Script {
    /// Creates a caller with these keys.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// Returns the keys that have not been requested yet.
    pub fn remaining_keys(&self) -> impl Iterator<Item = Key> + '_ {
        self.keys.iter().copied()
    }

    /// Parses a script: `0`-`9`, `*` and `#` are keys, `,` is a timeout of one key, `!` hangs up, whitespace is ignored.
    ///
    /// # Errors
    /// The first character that is none of these.
    pub fn parse(text: &str) -> Result<Self, char> {
        let keys = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| match c {
                '0'..='9' | '*' | '#' => Ok(Key::Press(c)),
                ',' => Ok(Key::Silence),
                '!' => Ok(Key::HangUp),
                other => Err(other),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }
}

impl Caller for Script {
    fn hear(&mut self, _sentence: &str) {}

    fn key(&mut self, _limit: Duration) -> BoxFuture<'_, Key> {
        let key = self.keys.pop_front().unwrap_or(Key::Silence);
        Box::pin(std::future::ready(key))
    }

    fn next(&self) -> Option<Key> {
        self.keys.front().copied()
    }

    fn remaining(&self) -> Option<usize> {
        Some(self.keys.len())
    }
}
