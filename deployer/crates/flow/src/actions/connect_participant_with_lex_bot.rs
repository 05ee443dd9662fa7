use std::time::Duration;

use serde_json::{Map, Value, json};

use super::action_type::*;
use crate::call::bot::{BotOutcome, Intent};
use crate::call::caller::Key;
use crate::call::outcome::hung_up;
use crate::call::values::{MAX_WAIT, interpolated_map, missing_resource_message, prompt};
use crate::designer::parts::{keyed, operand, prompt as legacy_prompt};
use crate::designer::values::resource as convert_resource;
use crate::findings::numbers::check_range;
use crate::findings::resource;
use crate::findings::speech;
use crate::resource_kind::ResourceKind;

pub(crate) const ACTION: ActionType = ActionType {
    name: "ConnectParticipantWithLexBot",
    block: "Get customer input (Amazon Lex)",
    source: Source::recorded("devguide/participant-actions-connectparticipantwithlexbot", "2026-11"),
    aliases: &[
        Aliases::block(&["GetCustomerInput"]).rank(2),
        Aliases::invented(&["ConnectParticipant"]).rank(2),
        Aliases::invented(&["ConnectToLexBot", "GetLexInput", "InvokeLexBot", "LexBot"]),
    ],
    parameters: &[
        TEXT,
        SSML,
        PROMPT_ID,
        MEDIA,
        Parameter::object("LexV2Bot").members(&["AliasArn"]).identified_by("AliasArn", "bot"),
        Parameter::object("LexBot").members(&["Name", "Region", "Alias"]),
        Parameter::map("LexSessionAttributes"),
        Parameter::object("LexInitializationData").members(&["InitialMessage"]),
        Parameter::object("LexTimeoutSeconds").members(&["Text"]),
    ],
    groups: &[
        Group::exactly_one(&["LexV2Bot", "LexBot"]),
        Group::at_least_one(&["Text", "SSML", "PromptId", "Media", "LexInitializationData"]),
    ],
    conditions: Conditions::new(ConditionMode::Equals, &[]),
    errors: Errors {
        required: &["NoMatchingError", "NoMatchingCondition"],
        optional: &["InputTimeLimitExceeded"],
        ..Errors::NONE
    },
    flow_types: WITH_CALLER,
    simulation: Simulation::performed(
        "the prompt is heard, the bot's answer is given; without a bot the error branch",
        "AWS page on the action; administrator guide, list of contact attributes",
    ),
    forms: &[Form::new("talk_to_bot", &[])],
    effects: &[Effect::Waits, Effect::AsksOutside],
    check,
    run: Run::Later(|engine, action| Box::pin(talk(engine, action))),
    converted: &[FromBlock::new("GetUserInput", convert).to("Lex")],
    logged_as: |_| "GetUserInput",
    ..ActionType::BASE
};

/// Checks the parameters of a bot (AWS page on `ConnectParticipantWithLexBot`).
fn check(report: &mut Report<'_>, action: Action<'_>) {
    let alias = action.parameter("LexV2Bot").and_then(|bot| bot.get("AliasArn")).and_then(Value::as_str);
    if let Some(alias) = alias.filter(|alias| !alias.is_empty()) {
        resource::check_nested(report, action.parameter_path("LexV2Bot").key("AliasArn"), alias, "bot");
    }
    if let Some(limit) = action.parameter("LexTimeoutSeconds").and_then(|limit| limit.get("Text")) {
        let path = action.parameter_path("LexTimeoutSeconds").key("Text");
        check_range(report, path, limit, 60..=604_800, "the time for an answer in a chat is 60 to 604,800 seconds");
    }
    speech::check(report, action);
}

/// Performs the conversation. A failure of the bot becomes visible only after the prompt, which the bot's session plays
/// (unverified).
async fn talk(engine: &mut Engine<'_>, action: Action<'_>) -> ActionOutcome {
    let parameters = action.parameter_value().unwrap_or(&Value::Null);
    match prompt(engine, parameters) {
        Ok(sentences) => engine.play(sentences),
        Err(why) => return ActionOutcome::error("NoMatchingError", why),
    }
    let bot = bot_of(engine, action);
    if bot.is_empty() {
        return ActionOutcome::error("NoMatchingError", missing_resource_message("bot", &bot));
    }
    let sent = interpolated_map(engine, action, "LexSessionAttributes");
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
        attribute(name).and_then(|text| text.parse().ok()).map_or(usual, |time| Duration::from_millis(time).min(MAX_WAIT))
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
fn bot_of(engine: &Engine<'_>, action: Action<'_>) -> String {
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

/// Converts a Lex V2 bot by its alias, or a Lex V1 bot by name, Region and alias.
fn convert(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    if !legacy_prompt(block, draft)? {
        return Err("it has no prompt".to_owned());
    }
    let alias = ["BotAliasArn", "LexV2BotAliasArn", "AliasArn"].into_iter().find_map(|name| block.parameter(name));
    if let Some(alias) = alias {
        let arn = convert_resource(draft, "LexV2Bot.AliasArn", ResourceKind::Bot, &alias)?;
        draft.set("LexV2Bot", json!({"AliasArn": arn}));
    } else {
        let part = |name: &str| block.text(name).ok_or(format!("it has no {name}"));
        draft.set("LexBot", json!({"Name": part("BotName")?, "Region": part("BotRegion")?, "Alias": part("BotAlias")?}));
    }
    let sent = keyed(draft, &block.parameters_matching(|name| name.contains("SessionAttribute")))?;
    if !sent.is_empty() {
        draft.set("LexSessionAttributes", sent);
    }
    for branch in block.branches("Evaluate") {
        draft.branch("Equals", operand(&branch)?, branch.target);
    }
    draft.error(block, "NoMatchingCondition", "NoMatch");
    if block.target_of("Timeout").is_some() {
        draft.error(block, "InputTimeLimitExceeded", "Timeout");
    }
    draft.error(block, "NoMatchingError", "Error");
    Ok(())
}
