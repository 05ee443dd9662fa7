//! The Testing language, version 2019-10-30: the events that a test case observes in a call, and its actions.
//!
//! Sources: AWS developer guide, "Testing language" (observations, events, actions, assertion, overrides); where it is silent
//! or ambiguous, public records of real calls, as noted at each place. The texts of problems are unverified.

use std::time::Duration;

use deployer_flow::interpret::Key;
use serde_json::Value;

/// A test case that can be executed.
#[derive(Debug, Clone)]
pub(in super::super) struct Test {
    pub(super) observations: Vec<Observation>,
}

/// An expected event and the actions that run when it occurs.
#[derive(Debug, Clone)]
pub(super) struct Observation {
    pub(super) id: String,
    pub(super) event: Event,
    /// The event as written, for records.
    pub(super) written: Value,
    /// Actions in execution order.
    pub(super) actions: Vec<Action>,
    /// Indexes of the observations that become active afterwards.
    pub(super) next: Vec<usize>,
    /// Required number of occurrences of the event.
    pub(super) times: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    Initiated,
    Completed,
    Message { said: ExpectedMessage, similar: bool },
    Started(Target),
}

/// Expected message.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ExpectedMessage {
    Text(String),
    /// SSML, as the caller hears it.
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
    /// `DequeueAndTransferToQueue`, which overrides support and events do not.
    OtherQueue(String),
    Bot(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Action {
    pub(super) id: String,
    pub(super) kind: ActionKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum ActionKind {
    Press(Vec<Key>),
    HangUp,
    /// Spoken or written input, which only a bot understands.
    Utter,
    Override(Target, Override),
    Assert(Assertion),
    EndTest,
    /// Label and reference of each recorded value.
    Log(Vec<(String, String)>),
}

/// Replacement for the behavior of the flow.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Override {
    /// The same action with another resource.
    Substitute(String),
    /// Response of a function.
    Answer {
        after: Duration,
        value: Value,
    },
    /// Whether the hours of operation are open.
    Open(bool),
    Error {
        after: Duration,
        name: String,
    },
}

/// A contact value and its expected value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assertion {
    pub(super) namespace: String,
    pub(super) operator: String,
    pub(super) operand: String,
}

impl Assertion {
    /// Whether the assertion holds for the value. No operator holds for a missing value, `Exists` holds for any other, and
    /// `Number…` holds for numbers only.
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
    /// Whether both are the same action on the same resource. An id matches the ARN that ends with it.
    pub(super) fn is(&self, other: &Self) -> bool {
        let alike = std::mem::discriminant(self) == std::mem::discriminant(other);
        match (self, other) {
            // The last part of a function's ARN may be a version.
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
    /// Whether a message, given as sentences, is the expected one.
    pub(super) fn is_heard_in(&self, sentences: &[String]) -> bool {
        let Self::Message { said, similar } = self else { return false };
        match said {
            ExpectedMessage::Text(text) | ExpectedMessage::Ssml(text) if *similar => resembles(&sentences.join(" "), text),
            ExpectedMessage::Text(text) | ExpectedMessage::Ssml(text) => sentences.join(" ").contains(text),
            // Prompts are identified by id in a test.
            ExpectedMessage::Prompt(id) => sentences.iter().any(|sentence| *sentence == format!("[prompt {}]", last(id))),
            ExpectedMessage::Media(uri) => sentences.iter().any(|sentence| *sentence == format!("[audio {uri}]")),
        }
    }
}

/// Whether a message matches by "Semantic matching", which no page specifies: here, four of five expected words must occur.
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
    fn assertions_hold_only_for_matching_values() {
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
    fn messages_match_by_content() {
        let event = |said: ExpectedMessage, similar| Event::Message { said, similar };
        let said = ["Welcome to us.".to_owned(), "[prompt p1]".to_owned()];
        let text = |text: &str| ExpectedMessage::Text(text.to_owned());
        assert!(event(text("come to"), false).is_heard_in(&said));
        assert!(!event(text("welcome to"), false).is_heard_in(&said));
        assert!(event(text("welcome, to us"), true).is_heard_in(&said));
        assert!(!event(text("goodbye to all of you"), true).is_heard_in(&said));
        assert!(event(ExpectedMessage::Prompt("p1".to_owned()), false).is_heard_in(&said));
        assert!(event(ExpectedMessage::Prompt("arn:aws:connect:x/prompt/p1".to_owned()), false).is_heard_in(&said));
        assert!(!event(ExpectedMessage::Prompt("p".to_owned()), false).is_heard_in(&said));
    }
}
