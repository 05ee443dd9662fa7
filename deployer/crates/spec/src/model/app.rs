//! `app`: the program that declares the rest of the spec.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::function_code::{COMMAND, PACKAGE};
use crate::declare::{any, choice, map, section, span_of_any, text};
use crate::diagnostic::Span;
use crate::rule::StringPattern;

/// The name of a context value.
static CONTEXT_KEY: StringPattern = StringPattern::new(
    "the name of a context value",
    "letters, digits, `_`, `-` and `.`; a letter first; at most 64 characters",
    "^[A-Za-z][A-Za-z0-9_.-]*$",
    1,
    64,
);

section! {
    /// `app`
    App {
        /// The program. The semantic checks enforce that there is exactly one.
        program: AppProgram = AppProgram::keys();
        /// The position of the program in the spec, for diagnostics about it.
        span: Span = span_of_any(&["package", "command"]);
        /// Values that the program reads by name: text, numbers, booleans, lists and maps.
        context: BTreeMap<String, Json> = map(&CONTEXT_KEY, any()).or_empty();
    }
}

choice! {
    /// The program.
    #[derive(Eq)]
    AppProgram {
        /// The Cargo package with the program, in the workspace of this project; it is compiled when something of it has changed.
        Package(String) = "package": text(&PACKAGE).map(Self::Package);
        /// In the place of `package`: a shell command that runs the program, such as `cargo run -q --manifest-path ../stack/Cargo.toml`.
        Command(String) = "command": text(&COMMAND).map(Self::Command);
    }
}
