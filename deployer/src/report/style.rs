//! Colours, and the words and signs of actions.

use anstyle::{AnsiColor, Style as Ansi};
use deployer_engine::{Action, Replacement};

/// Styles; written through `anstream`, which strips them where they are not supported.
pub(crate) struct Style;

impl Style {
    pub(crate) const DIM: Ansi = Ansi::new().dimmed();
    pub(crate) const BOLD: Ansi = Ansi::new().bold();
    pub(crate) const ERROR: Ansi = AnsiColor::Red.on_default().bold();
    pub(crate) const WARNING: Ansi = AnsiColor::Yellow.on_default();
    pub(crate) const ADDED: Ansi = AnsiColor::Green.on_default();
    pub(crate) const REMOVED: Ansi = AnsiColor::Red.on_default();

    pub(crate) fn bold(text: &str) -> String {
        Self::paint(Self::BOLD, text)
    }

    pub(crate) fn dim(text: &str) -> String {
        Self::paint(Self::DIM, text)
    }

    pub(crate) fn error(text: &str) -> String {
        Self::paint(Self::ERROR, text)
    }

    pub(crate) fn warning(text: &str) -> String {
        Self::paint(Self::WARNING, text)
    }

    fn paint(style: Ansi, text: &str) -> String {
        format!("{style}{text}{style:#}")
    }

    /// Returns the style of an action.
    pub(crate) fn of(action: Action) -> Ansi {
        let colour = match action {
            Action::Create | Action::Adopt => AnsiColor::Green,
            Action::Update => AnsiColor::Yellow,
            Action::Replace => AnsiColor::Magenta,
            Action::Delete | Action::Forget => AnsiColor::Red,
            Action::NoOp => AnsiColor::White,
        };
        colour.on_default()
    }
}

/// Returns the sign in front of a change.
pub(crate) fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Replace => "-/+",
        Action::Delete => "-",
        Action::Adopt => ">",
        Action::Forget => "x",
        Action::NoOp => "=",
    }
}

/// Returns the sign in front of a change, including the order of a replacement.
pub(crate) fn ordered_sign(action: Action, replacement: Option<Replacement>) -> &'static str {
    match replacement {
        Some(Replacement::CreateFirst) => "+/-",
        _ => sign(action),
    }
}

/// Returns the meaning of a sign.
pub(crate) fn legend(sign: &str) -> &'static str {
    match sign {
        "+" => "create",
        "~" => "update in place",
        "-/+" => "replace (delete, then create)",
        "+/-" => "replace (create, then delete)",
        "-" => "delete",
        ">" => "adopt",
        "x" => "forget (only in the state)",
        _ => "no change",
    }
}

/// Returns the action in the present participle.
pub(crate) fn present(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Update => "updating",
        Action::Replace => "replacing",
        Action::Delete => "deleting",
        Action::Adopt => "adopting",
        Action::Forget => "forgetting",
        Action::NoOp => "checking",
    }
}

/// Returns the action in the past tense.
pub(crate) fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace => "replaced",
        Action::Delete => "deleted",
        Action::Adopt => "adopted",
        Action::Forget => "forgotten",
        Action::NoOp => "unchanged",
    }
}
