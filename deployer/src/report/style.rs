//! Colours, and the few words and signs that stand for actions.

use anstyle::{AnsiColor, Style as Ansi};
use deployer_engine::Action;

/// Styles; written through `anstream`, which drops them where they are not wanted.
pub(crate) struct Style;

impl Style {
    pub(crate) fn bold(text: &str) -> String {
        Self::paint(Ansi::new().bold(), text)
    }

    pub(crate) fn dim(text: &str) -> String {
        Self::paint(Ansi::new().dimmed(), text)
    }

    pub(crate) fn error(text: &str) -> String {
        Self::paint(AnsiColor::Red.on_default().bold(), text)
    }

    pub(crate) fn warning(text: &str) -> String {
        Self::paint(AnsiColor::Yellow.on_default(), text)
    }

    pub(crate) fn action(action: Action, text: &str) -> String {
        Self::paint(Self::colour(action).on_default(), text)
    }

    fn paint(style: Ansi, text: &str) -> String {
        format!("{style}{text}{style:#}")
    }

    fn colour(action: Action) -> AnsiColor {
        match action {
            Action::Create | Action::Adopt => AnsiColor::Green,
            Action::Update => AnsiColor::Yellow,
            Action::Replace => AnsiColor::Magenta,
            Action::Delete | Action::Forget => AnsiColor::Red,
            Action::NoOp => AnsiColor::White,
        }
    }
}

/// The sign in front of a change.
pub(crate) fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Replace => "±",
        Action::Delete => "-",
        Action::Adopt => ">",
        Action::Forget => "x",
        Action::NoOp => "=",
    }
}

/// What will be done.
pub(crate) fn future(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update in place",
        Action::Replace => "replace",
        Action::Delete => "delete",
        Action::Adopt => "adopt",
        Action::Forget => "forget",
        Action::NoOp => "no change",
    }
}

/// What is being done.
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

/// What was done.
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
