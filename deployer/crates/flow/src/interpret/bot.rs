//! Simulation of a conversation with an Amazon Lex bot.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::actions::{LONGEST, filled_map, prompt, there_is_no};
use super::engine::{ActionOutcome, Control, Engine};
use super::host::Key;
use super::input::hung_up;
use crate::model::Action;

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

/// Performs the conversation. A failure of the bot becomes visible only after the prompt, which the bot's session plays
/// (unverified).
pub(super) async fn perform(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let parameters = action.parameter_value().unwrap_or(&Value::Null);
    match prompt(engine, parameters) {
        Ok(sentences) => engine.play(sentences),
        Err(why) => return ActionOutcome::error("NoMatchingError", why),
    }
    let bot = name(engine, action);
    if bot.is_empty() {
        return ActionOutcome::error("NoMatchingError", there_is_no("bot", &bot));
    }
    let sent = filled_map(engine, action, "LexSessionAttributes");
    let keys = match engine.host.uses_dtmf(&bot) {
        false => None,
        true => match pressed(engine, &sent).await {
            Ok(keys) => Some(keys),
            Err(done) => return done,
        },
    };
    let Some(talk) = engine.host.converse(&bot, &sent, keys.as_deref()).await else {
        let why = format!("no bot runs here for {bot}; a test can give its answers under `bots`");
        return ActionOutcome::error("NoMatchingError", why);
    };
    engine.play(talk.says);
    engine.advance_time(talk.duration);
    match talk.end {
        BotOutcome::Intent(intent) => understood(engine, *intent, sent),
        BotOutcome::Silence => too_late(),
        BotOutcome::HangUp => hung_up(),
        BotOutcome::Fails(why) => ActionOutcome::error("NoMatchingError", why),
    }
}

fn too_late() -> ActionOutcome {
    ActionOutcome::new(Control::Error("InputTimeLimitExceeded".into()), "Timeout")
}

/// Time that a bot waits for a first key, and then for each further one, unless session attributes override it. The bot's own
/// configuration matters too and is not known here (unverified).
const FIRST_KEY: Duration = Duration::from_secs(4);
const NEXT_KEY: Duration = Duration::from_secs(5);
/// Maximum number of keys that a bot accepts at once (Lex API reference, `DTMFSpecification`).
const MAX_KEYS: usize = 1024;

/// Reads keys for a bot: `#` or a pause ends the input, and `*` clears it (Lex developer guide, "Configuring timeouts for
/// capturing user input"). It is inferred that the bot then starts listening again (unverified).
async fn pressed(engine: &mut Engine<'_>, sent: &Map<String, Value>) -> Result<String, ActionOutcome> {
    let attribute = |name: &str| {
        let key = format!("x-amz-lex:{name}:*");
        sent.iter().find(|(found, _)| found.starts_with(&key)).and_then(|(_, value)| value.as_str())
    };
    let time = |name: &str, usual| {
        attribute(name).and_then(|text| text.parse().ok()).map_or(usual, |time| Duration::from_millis(time).min(LONGEST))
    };
    let key = |name: &str, usual| attribute(name).and_then(|text| text.chars().next()).unwrap_or(usual);
    let (first, next) = (time("audio:start-timeout-ms", FIRST_KEY), time("dtmf:end-timeout-ms", NEXT_KEY));
    let (end, back) = (key("dtmf:end-character", '#'), key("dtmf:deletion-character", '*'));
    let most = attribute("dtmf:max-length").and_then(|text| text.parse().ok()).unwrap_or(MAX_KEYS);
    let mut keys = String::new();
    while keys.len() < most.clamp(1, MAX_KEYS) {
        let limit = if keys.is_empty() { first } else { next };
        match engine.key(limit).await {
            Key::Press(key) if key == end => break,
            Key::Press(key) if key == back => keys.clear(),
            Key::Press(key) => keys.push(key),
            Key::HangUp => return Err(hung_up()),
            Key::Silence => {
                engine.advance_time(limit);
                break;
            }
        }
    }
    if keys.is_empty() { Err(too_late()) } else { Ok(keys) }
}

/// Returns the alias of a Lex V2 bot, or the name of a Lex V1 bot.
fn name(engine: &Engine<'_>, action: Action<'_>) -> String {
    let of = |bot: &str, member: &str| action.parameter(bot)?.get(member)?.as_str();
    let written = of("LexV2Bot", "AliasArn").or_else(|| of("LexBot", "Name")).unwrap_or_default();
    engine.contact.fill(written)
}

fn understood(engine: &mut Engine<'_>, intent: Intent, sent: Map<String, Value>) -> ActionOutcome {
    let mut attributes = sent;
    attributes.extend(intent.attributes);
    engine.contact.scope.external_values.insert(
        "Lex".to_owned(),
        json!({
            "IntentName": intent.name,
            "Slots": intent.slots,
            "SessionAttributes": attributes,
            "DialogState": intent.state.unwrap_or_else(|| "Fulfilled".to_owned()),
            "IntentConfidence": {"Score": intent.confidence},
            "SentimentResponse": {"Label": intent.sentiment},
        }),
    );
    ActionOutcome::new(Control::Result(Some(intent.name.clone())), intent.name)
}
