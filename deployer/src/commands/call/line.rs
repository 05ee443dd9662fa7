//! The caller's end of the line.

use std::time::Duration;

use deployer_flow::interpret::{BoxFuture, Caller, Key, Script};

use super::super::print;
use super::Args;
use super::terminal::Terminal;
use crate::failure::Failure;
use crate::report::Style;

/// A caller who listens, and presses the keys of a script or of a terminal.
pub(super) struct Line {
    keys: Keys,
    prints_speech: bool,
}

enum Keys {
    Script(Script),
    Terminal(Terminal),
}

impl Line {
    pub(super) fn open(args: &Args, keys: &[Key]) -> Result<Self, Failure> {
        let keys = match args.interactive {
            true => Keys::Terminal(Terminal::open()?),
            false => Keys::Script(Script::new(keys.iter().copied())),
        };
        Ok(Self { keys, prints_speech: !args.json })
    }

    fn is_interactive(&self) -> bool {
        matches!(self.keys, Keys::Terminal(_))
    }

    /// Prints the caller, the dialled number and the flow.
    pub(super) fn announce(&self, from: Option<&str>, to: &str, flow: &str) -> Result<(), Failure> {
        let who = from.unwrap_or("A caller without a number");
        let keys = if self.is_interactive() { "; press 0-9, * and #, q hangs up" } else { "" };
        match self.prints_speech {
            true => print(&format!("{}\n", Style::dim(&format!("{who} calls {to}: flow {flow}{keys}")))),
            false => Ok(()),
        }
    }
}

fn say(sentence: &str) -> Result<(), Failure> {
    print(&format!("  “{sentence}”\n"))
}

impl Caller for Line {
    fn hear(&mut self, sentence: &str) {
        if self.prints_speech {
            // Printed as it is spoken; a closed pipe does not end the call.
            let _ = say(sentence);
        }
    }

    fn next(&self) -> Option<Key> {
        match &self.keys {
            Keys::Script(script) => script.next(),
            Keys::Terminal(_) => None,
        }
    }

    fn remaining(&self) -> Option<usize> {
        match &self.keys {
            Keys::Script(script) => script.remaining(),
            Keys::Terminal(_) => None,
        }
    }

    fn key(&mut self, limit: Duration) -> BoxFuture<'_, Key> {
        match &mut self.keys {
            Keys::Script(script) => script.key(limit),
            Keys::Terminal(terminal) => Box::pin(async move {
                let key = terminal.key(limit).await;
                let shown = match key {
                    Key::Press(key) => format!("[{key}]"),
                    Key::Silence => format!("[silence, {} s]", limit.as_secs()),
                    Key::HangUp => "[hangs up]".to_owned(),
                };
                let _ = print(&format!("  {}\n", Style::dim(&shown)));
                key
            }),
        }
    }
}
