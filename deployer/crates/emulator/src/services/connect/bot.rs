//! Lex bots that an instance may use.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::State;
use super::arguments::{Paging, REQUEST, not_found, refused, text};
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

/// A Lex bot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Bot {
    /// A Lex V1 bot.
    Named { name: String, region: String },
    /// The ARN of a Lex V2 bot alias.
    Alias(String),
}

impl Bot {
    /// Returns the maximum number of bots of this Lex version per instance (administrator guide, quotas).
    fn quota(&self) -> usize {
        match self {
            Self::Named { .. } => 70,
            Self::Alias(_) => 100,
        }
    }

    fn is_first(&self) -> bool {
        matches!(self, Self::Named { .. })
    }

    fn show(&self) -> String {
        match self {
            Self::Named { name, region } => format!("{name} in {region}"),
            Self::Alias(arn) => arn.clone(),
        }
    }

    fn shown(&self) -> Value {
        match self {
            Self::Named { name, region } => json!({"Name": name, "LexRegion": region}),
            Self::Alias(arn) => json!({"AliasArn": arn}),
        }
    }

    /// Reads the single bot of an input, of either Lex version. The message texts are unverified.
    fn read(input: &Value) -> Result<Self, AwsError> {
        let given = |name: &str| input.get(name).filter(|given| !given.is_null());
        match (given("LexBot"), given("LexV2Bot")) {
            (Some(bot), None) => Self::named(text(bot, "Name"), text(bot, "LexRegion")),
            (None, Some(bot)) => Self::alias(text(bot, "AliasArn").unwrap_or_default()),
            _ => Err(refused(REQUEST, "Exactly one of LexBot and LexV2Bot is required")),
        }
    }

    fn named(name: Option<&str>, region: Option<&str>) -> Result<Self, AwsError> {
        match (name.unwrap_or_default(), region.unwrap_or_default()) {
            ("", _) | (_, "") => Err(refused(REQUEST, "A bot of Lex V1 has a name and a Region")),
            (name, region) => Ok(Self::Named { name: name.to_owned(), region: region.to_owned() }),
        }
    }

    /// Parses `arn:aws:lex:REGION:ACCOUNT:bot-alias/BOT/ALIAS` (service authorization reference, Lex V2).
    fn alias(arn: &str) -> Result<Self, AwsError> {
        let parts: Vec<&str> = arn.split([':', '/']).collect();
        match parts[..] {
            ["arn", _, "lex", _, account, "bot-alias", bot, alias]
                if account.len() == 12 && !bot.is_empty() && !alias.is_empty() =>
            {
                Ok(Self::Alias(arn.to_owned()))
            }
            _ => Err(refused(REQUEST, format!("{arn} is not the ARN of an alias of a Lex V2 bot"))),
        }
    }
}

/// Operations of this file.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation<State>] = &[
    write("AssociateBot", associate).at("PUT /instance/{InstanceId}/bot"),
    write("AssociateLexBot", associate).at("PUT /instance/{InstanceId}/lex-bot"),
    write("DisassociateBot", |state, call| Bot::read(&call.input).and_then(|bot| disassociate(state, call, &bot)))
        .at("POST /instance/{InstanceId}/bot"),
    write("DisassociateLexBot", |state, call| {
        let bot = Bot::named(call.query("botName"), call.query("lexRegion"));
        bot.and_then(|bot| disassociate(state, call, &bot))
    }).at("DELETE /instance/{InstanceId}/lex-bot"),
    read("ListBots", |state, call| list(state, call, call.query("lexVersion") == Some("V1")))
        .at("GET /instance/{InstanceId}/bots"),
    read("ListLexBots", |state, call| list(state, call, true)).at("GET /instance/{InstanceId}/lex-bots"),
];

/// Associates a bot without checking that it exists: Lex is not emulated.
fn associate(state: &mut State, call: &Request) -> Result<Response, AwsError> {
    let (bot, token) = (Bot::read(&call.input)?, text(&call.input, "ClientToken"));
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    if instance.bots.contains(&bot) {
        if token.is_some_and(|token| instance.bot_tokens.get(token) == Some(&bot)) {
            return Ok(Response::empty(200));
        }
        // The message text is unverified.
        let message = format!("The bot {} is already associated with the instance", bot.show());
        return Err(AwsError::new(409, "ResourceConflictException", message));
    }
    let quota = bot.quota();
    if instance.bots.iter().filter(|one| one.is_first() == bot.is_first()).count() >= quota {
        // The message text is unverified.
        let message = format!("The instance has reached its quota of {quota} bots");
        return Err(AwsError::new(402, "ServiceQuotaExceededException", message));
    }
    if let Some(token) = token {
        instance.bot_tokens.insert(token.to_owned(), bot.clone());
    }
    instance.bots.insert(bot);
    Ok(Response::empty(200))
}

fn disassociate(state: &mut State, call: &Request, bot: &Bot) -> Result<Response, AwsError> {
    let instance = state.active(call.path("InstanceId"), call.context.now)?;
    if !instance.bots.remove(bot) {
        return Err(not_found("Bot of the instance", &bot.show()));
    }
    instance.bot_tokens.retain(|_, associated| associated != bot);
    Ok(Response::empty(200))
}

fn list(state: &State, call: &Request, first: bool) -> Result<Response, AwsError> {
    let paging = Paging::of_query(call, 25, REQUEST)?;
    let instance = state.ready(call.path("InstanceId"), call.context.now)?;
    let found = instance.bots.iter().filter(|bot| bot.is_first() == first);
    let shown = |bot: &Bot| match (call.operation(), first) {
        ("ListLexBots", _) => bot.shown(),
        (_, true) => json!({"LexBot": bot.shown()}),
        (_, false) => json!({"LexV2Bot": bot.shown()}),
    };
    let mut shown: Vec<(String, Value)> = found.map(|bot| (bot.show(), shown(bot))).collect();
    shown.sort_by(|(one, _), (other, _)| one.cmp(other));
    paging.response("LexBots", shown.into_iter())
}
