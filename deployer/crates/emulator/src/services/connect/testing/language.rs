//! The Testing language, version 2019-10-30: what a test case observes in a call, and what it does then.
//!
//! Sources: AWS developer guide, "Testing language" (observations, events, actions, assertion, overrides), and where it is
//! silent or has two answers, public records of real calls, as is said beside it. Texts of problems are unverified.

use std::time::Duration;

use deployer_flow::interpret::Key;
use serde_json::Value;

/// A test case that can be executed.
#[derive(Debug, Clone)]
pub(in super::super) struct Test {
    pub(super) observations: Vec<Observation>,
}

/// One event that is waited for, and what is done when it comes.
#[derive(Debug, Clone)]
pub(super) struct Observation {
    pub(super) id: String,
    pub(super) event: Event,
    /// The event as it was written, for records.
    pub(super) written: Value,
    /// In the order in which they run.
    pub(super) actions: Vec<Action>,
    /// The observations that are waited for afterwards.
    pub(super) next: Vec<usize>,
    /// How often the event has to come.
    pub(super) times: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    Initiated,
    Completed,
    Message { said: Said, similar: bool },
    Started(Target),
}

/// What is to be heard.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    Text(String),
    /// As it is heard.
    Ssml(String),
    Prompt(String),
    Media(String),
}

/// An action of the flow with the resource that it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Function(String),
    Hours(String),
    Queue(String),
    /// `DequeueAndTransferToQueue`, which overrides have and events have not.
    OtherQueue(String),
    Bot(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Action {
    pub(super) id: String,
    pub(super) does: Does,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Does {
    Press(Vec<Key>),
    HangUp,
    /// Something is said or written, which only a bot understands.
    Utter,
    Override(Target, Strategy),
    Assert(Assertion),
    EndTest,
    /// Label and reference of each value that is recorded.
    Log(Vec<(String, String)>),
}

/// What takes the place of what the flow would do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Strategy {
    /// The same with another resource.
    Substitute(String),
    /// A function's answer.
    Answer {
        after: Duration,
        value: Value,
    },
    /// Whether hours are open.
    Open(bool),
    Error {
        after: Duration,
        name: String,
    },
}

/// A value of the contact and what it must be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assertion {
    pub(super) namespace: String,
    pub(super) operator: String,
    pub(super) operand: String,
}

impl Assertion {
    /// Whether it is true of the value; nothing but `Exists` asks is true of a value that is not there, and `Number…` of none
    /// that is no number.
    pub(super) fn holds(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return false };
        let operand = self.operand.as_str();
        let compare = |test: fn(&f64, &f64) -> bool| {
            let (left, right) = (value.trim().parse::<f64>(), operand.trim().parse::<f64>());
            left.is_ok_and(|left| right.is_ok_and(|right| test(&left, &right)))
        };
        match self.operator.as_str() {
            "Exists" => true,
            "Equals" => value == operand,
            "TextStartsWith" => value.starts_with(operand),
            "TextEndsWith" => value.ends_with(operand),
            "TextContains" => value.contains(operand),
            "NumberGreaterThan" => compare(f64::gt),
            "NumberGreaterOrEqualTo" => compare(f64::ge),
            "NumberLessThan" => compare(f64::lt),
            "NumberLessOrEqualTo" => compare(f64::le),
            _ => false,
        }
    }
}

impl Target {
    /// Whether both are the same action on the same resource. An id stands for the ARN that ends with it.
    pub(super) fn is(&self, other: &Self) -> bool {
        let alike = std::mem::discriminant(self) == std::mem::discriminant(other);
        match (self, other) {
            // The name at the end of a function's ARN may be that of a version.
            (Self::Function(one), Self::Function(two)) => one == two,
            _ => alike && last(self.resource()) == last(other.resource()),
        }
    }

    pub(super) fn resource(&self) -> &str {
        match self {
            Self::Function(id) | Self::Hours(id) | Self::Queue(id) | Self::OtherQueue(id) | Self::Bot(id) => id,
        }
    }
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

impl Event {
    /// Whether a message, sentence by sentence, is the one that is waited for.
    pub(super) fn is_heard_in(&self, sentences: &[String]) -> bool {
        let Self::Message { said, similar } = self else { return false };
        match said {
            Said::Text(text) | Said::Ssml(text) if *similar => resembles(&sentences.join(" "), text),
            Said::Text(text) | Said::Ssml(text) => sentences.join(" ").contains(text),
            // What is heard in a test names a prompt by its id.
            Said::Prompt(id) => sentences.iter().any(|sentence| *sentence == format!("[prompt {}]", last(id))),
            Said::Media(uri) => sentences.iter().any(|sentence| *sentence == format!("[audio {uri}]")),
        }
    }
}

/// "Semantic matching", of which no page says how: here, four of five words of what is expected have been said.
fn resembles(said: &str, expected: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (said, expected) = (words(said), words(expected));
    let found = expected.iter().filter(|word| said.contains(word)).count();
    !expected.is_empty() && 5 * found >= 4 * expected.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_what_is_asked_for_holds_of_a_value() {
        let holds = |operator: &str, operand: &str, value: Option<&str>| {
            let assertion = Assertion { namespace: String::new(), operator: operator.into(), operand: operand.into() };
            assertion.holds(value)
        };
        for (operator, operand, good, bad) in [
            ("Equals", "gold", "gold", "golden"),
            ("TextStartsWith", "go", "gold", "ago"),
            ("TextEndsWith", "ld", "gold", "golden"),
            ("TextContains", "ol", "gold", "gld"),
            ("NumberGreaterThan", "2", "10", "2"),
            ("NumberGreaterOrEqualTo", "2", "2", "1.9"),
            ("NumberLessThan", "10", "9", "10"),
            ("NumberLessOrEqualTo", "10", "10", "many"),
        ] {
            assert!(holds(operator, operand, Some(good)), "{operator}");
            assert!(!holds(operator, operand, Some(bad)), "{operator}");
            assert!(!holds(operator, operand, None), "{operator}");
        }
        assert!(holds("Exists", "", Some("")) && !holds("Exists", "", None));
        assert!(!holds("NotEquals", "a", Some("b")), "there is no such operator");
    }

    #[test]
    fn a_message_is_matched_by_what_is_said_and_not_by_less() {
        let event = |said: Said, similar| Event::Message { said, similar };
        let said = ["Welcome to us.".to_owned(), "[prompt p1]".to_owned()];
        let text = |text: &str| Said::Text(text.to_owned());
        assert!(event(text("come to"), false).is_heard_in(&said));
        assert!(!event(text("welcome to"), false).is_heard_in(&said));
        assert!(event(text("welcome, to us"), true).is_heard_in(&said));
        assert!(!event(text("goodbye to all of you"), true).is_heard_in(&said));
        assert!(event(Said::Prompt("p1".to_owned()), false).is_heard_in(&said));
        assert!(event(Said::Prompt("arn:aws:connect:x/prompt/p1".to_owned()), false).is_heard_in(&said));
        assert!(!event(Said::Prompt("p".to_owned()), false).is_heard_in(&said));
    }
}
