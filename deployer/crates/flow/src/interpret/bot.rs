//! Talking with a bot of Amazon Lex.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::actions::{LONGEST, filled_map, prompt, there_is_no};
use super::engine::{ActionOutcome, Engine, Control};
use super::host::Key;
use super::input::hung_up;
use crate::model::Action;

/// What comes of a caller's talk with a bot.
#[derive(Debug, Clone, PartialEq)]
pub struct BotTurn {
    /// What the bot says meanwhile, sentence by sentence.
    pub says: Vec<String>,
    /// How long it takes.
    pub lasts: Duration,
    /// How it ends.
    pub end: TalkEnd,
}

/// How a caller's talk with a bot ends.
#[derive(Debug, Clone, PartialEq)]
pub enum TalkEnd {
    /// The bot has found an intent.
    Intent(Box<Intent>),
    /// The caller has said nothing in time.
    Silence,
    /// The caller hangs up.
    HangUp,
    /// The bot fails, with the reason.
    Fails(String),
}

/// What a bot has made of what the caller said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intent {
    /// Its name, which the conditions of the action compare.
    pub name: String,
    /// Values of its slots.
    pub slots: Map<String, Value>,
    /// Session attributes that the bot has set; those that the flow has sent are there too.
    pub attributes: Map<String, Value>,
    /// The dialogue's state; `Fulfilled` when it is not said (administrator guide, list of contact attributes).
    pub state: Option<String>,
    /// How sure the bot is, as a number from 0 to 1.
    pub confidence: Option<String>,
    /// The caller's mood, such as `NEGATIVE`.
    pub sentiment: Option<String>,
}

/// The intent of Lex V2 for what matches no other (Lex developer guide, `AMAZON.FallbackIntent`).
pub(crate) const FALLBACK: &str = "FallbackIntent";

/// A failing bot is heard of only after the prompt, which the bot's session plays (unverified).
pub(super) async fn perform(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let parameters = action.parameter_value().unwrap_or(&Value::Null);
    match prompt(engine, parameters) {
        Ok(sentences) => engine.hear(sentences),
        Err(why) => return ActionOutcome::error("NoMatchingError", why),
    }
    let bot = name(engine, action);
    if bot.is_empty() {
        return ActionOutcome::error("NoMatchingError", there_is_no("bot", &bot));
    }
    let sent = filled_map(engine, action, "LexSessionAttributes");
    let keys = match engine.host.goes_by_keys(&bot) {
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
    engine.hear(talk.says);
    engine.pass(talk.lasts);
    match talk.end {
        TalkEnd::Intent(intent) => understood(engine, *intent, sent),
        TalkEnd::Silence => too_late(),
        TalkEnd::HangUp => hung_up(),
        TalkEnd::Fails(why) => ActionOutcome::error("NoMatchingError", why),
    }
}

fn too_late() -> ActionOutcome {
    ActionOutcome::new(Control::Error("InputTimeLimitExceeded".into()), "Timeout")
}

/// How long a bot waits for a first key, and then for each further one, unless session attributes say otherwise. What the bot is
/// built with counts too and is not known here (unverified).
const FIRST_KEY: Duration = Duration::from_secs(4);
const NEXT_KEY: Duration = Duration::from_secs(5);
/// The most keys that a bot takes at once (Lex API reference, `DTMFSpecification`).
const MAX_KEYS: usize = 1024;

/// Keys for a bot: `#` ends them, a pause ends them too, and `*` takes them back (Lex developer guide, "Configuring timeouts for
/// capturing user input"). That the bot then listens anew is inferred (unverified).
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
                engine.pass(limit);
                break;
            }
        }
    }
    if keys.is_empty() { Err(too_late()) } else { Ok(keys) }
}

/// The alias of a bot of Lex V2, the name of one of Lex V1.
fn name(engine: &Engine<'_>, action: Action<'_>) -> String {
    let of = |bot: &str, member: &str| action.parameter(bot)?.get(member)?.as_str();
    let written = of("LexV2Bot", "AliasArn").or_else(|| of("LexBot", "Name")).unwrap_or_default();
    engine.contact.fill(written)
}

fn understood(engine: &mut Engine<'_>, intent: Intent, sent: Map<String, Value>) -> ActionOutcome {
    let mut attributes = sent;
    attributes.extend(intent.attributes);
    engine.contact.scope.outside.insert(
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
