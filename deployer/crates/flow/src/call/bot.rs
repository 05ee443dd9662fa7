//! A caller's conversation with an Amazon Lex bot.

use std::time::Duration;

use serde_json::{Map, Value};

/// Result of a caller's conversation with a bot.
#[derive(Debug, Clone, PartialEq)]
pub struct BotTurn {
    /// Sentences that the bot says meanwhile.
    pub says: Vec<String>,
    /// Duration of the conversation.
    pub duration: Duration,
    /// End of the conversation.
    pub end: BotOutcome,
}

/// The end of a caller's conversation with a bot.
#[derive(Debug, Clone, PartialEq)]
pub enum BotOutcome {
    /// The bot recognised an intent.
    Intent(Box<Intent>),
    /// The caller said nothing in time.
    Silence,
    /// The caller hangs up.
    HangUp,
    /// The bot fails for this reason.
    Fails(String),
}

/// The intent that a bot recognised in the caller's utterance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intent {
    /// Name of the intent, which the conditions of the action compare.
    pub name: String,
    /// Values of its slots.
    pub slots: Map<String, Value>,
    /// Session attributes set by the bot; those sent by the flow are present too.
    pub attributes: Map<String, Value>,
    /// State of the dialogue; `Fulfilled` if absent (administrator guide, list of contact attributes).
    pub state: Option<String>,
    /// Confidence of the bot, as a number from 0 to 1.
    pub confidence: Option<String>,
    /// Sentiment of the caller, such as `NEGATIVE`.
    pub sentiment: Option<String>,
}

/// Lex V2 intent for utterances that match no other intent (Lex developer guide, `AMAZON.FallbackIntent`).
pub(crate) const FALLBACK: &str = "FallbackIntent";
