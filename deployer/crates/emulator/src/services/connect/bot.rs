//! Lex bots that an instance may use.

use serde_json::{Value, json};

use super::State;
use super::arguments::{Paging, REQUEST, not_found, text};
use super::types::Bot;
use crate::error::AwsError;
use crate::kernel::operation::{Operation, read, write};
use crate::request::Request;
use crate::response::Response;

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
