//! Conversion of blocks that ask the caller for input.

use serde_json::{Value, json};

use super::block::Block;
use super::blocks::{keyed, prompt};
use super::conditions::operand;
use super::draft::ActionBuilder;
use super::values::{resource, value};
use crate::resource_kind::ResourceKind;

/// The designer's default timeout for a first key, in seconds.
const SECONDS: &str = "5";

fn time_limit(block: &Block<'_>, draft: &mut ActionBuilder) {
    let seconds = block.text("Timeout").unwrap_or_else(|| {
        draft.assume(format!("the block has no time limit; it is {SECONDS} seconds, the designer's own"));
        SECONDS.to_owned()
    });
    draft.set("InputTimeLimitSeconds", seconds);
}

pub(super) fn menu(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("GetParticipantInput", block);
    prompt(block, &mut draft)?;
    draft.set("StoreInput", "False");
    time_limit(block, &mut draft);
    if let Some(most) = block.text("MaxDigits").filter(|most| most != "1") {
        return Err(format!("it takes {most} keys, and a menu of the Flow language takes one"));
    }
    for branch in block.branches("Evaluate") {
        draft.branch("Equals", operand(&branch)?, branch.target);
    }
    draft.error(block, "NoMatchingCondition", "NoMatch");
    draft.error(block, "InputTimeLimitExceeded", "Timeout");
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

/// Converts a Lex V2 bot by its alias, or a Lex V1 bot by name, Region and alias.
pub(super) fn bot(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("ConnectParticipantWithLexBot", block);
    if !prompt(block, &mut draft)? {
        return Err("it has no prompt".to_owned());
    }
    let alias = ["BotAliasArn", "LexV2BotAliasArn", "AliasArn"].into_iter().find_map(|name| block.parameter(name));
    if let Some(alias) = alias {
        let arn = resource(&mut draft, "LexV2Bot.AliasArn", ResourceKind::Bot, &alias)?;
        draft.set("LexV2Bot", json!({"AliasArn": arn}));
    } else {
        let part = |name: &str| block.text(name).ok_or(format!("it has no {name}"));
        draft.set("LexBot", json!({"Name": part("BotName")?, "Region": part("BotRegion")?, "Alias": part("BotAlias")?}));
    }
    let sent = keyed(&mut draft, &block.parameters_matching(|name| name.contains("SessionAttribute")))?;
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
    Ok(draft)
}

pub(super) fn store(block: &Block<'_>) -> Result<ActionBuilder, String> {
    let mut draft = ActionBuilder::new("GetParticipantInput", block);
    prompt(block, &mut draft)?;
    draft.set("StoreInput", "True");
    time_limit(block, &mut draft);
    let phone = block.text("CustomerInputType").as_deref() == Some("PhoneNumber");
    let validation = if phone { phone_number(block)? } else { custom(block)? };
    draft.set("InputValidation", validation);
    keypad(block, &mut draft)?;
    leftovers(block, phone);
    if block.parameter("EncryptEntry").is_some_and(|encrypt| encrypt.is_true()) {
        let part = |name: &str| block.parameter(name).ok_or(format!("it encrypts the input and has no {name}"));
        let (id, key) = (value(&part("EncryptionKeyId")?)?, value(&part("EncryptionKey")?)?);
        draft.set("InputEncryption", json!({"EncryptionKeyId": id, "Key": key}));
    }
    draft.follow(block, "Success");
    if phone {
        draft.error(block, "InvalidPhoneNumber", "InvalidNumber");
    }
    draft.error(block, "NoMatchingError", "Error");
    Ok(draft)
}

/// Marks as read the values that the designer keeps for an option that is not chosen, which have no meaning.
fn leftovers(block: &Block<'_>, phone: bool) {
    let encrypts = block.parameter("EncryptEntry").is_some_and(|encrypt| encrypt.is_true());
    let unchosen: &[&str] = if phone { &["MaxDigits"] } else { &["PhoneNumberFormat", "CountryCode"] };
    let keys: &[&str] = if encrypts { &[] } else { &["EncryptionKeyId", "EncryptionKey"] };
    for name in unchosen.iter().chain(keys) {
        block.parameters(name);
    }
}

fn phone_number(block: &Block<'_>) -> Result<Value, String> {
    match (block.text("PhoneNumberFormat").as_deref(), block.text("CountryCode")) {
        (Some("Local"), Some(country)) => Ok(json!({"PhoneNumberValidation": {"NumberFormat": "Local", "CountryCode": country}})),
        (Some("Local"), None) => Err("it takes local numbers and names no country".to_owned()),
        (Some("International" | "E164"), _) => Ok(json!({"PhoneNumberValidation": {"NumberFormat": "E164"}})),
        (other, _) => Err(format!("the number format \"{}\" is not known", other.unwrap_or_default())),
    }
}

fn custom(block: &Block<'_>) -> Result<Value, String> {
    let most = block.text("MaxDigits").ok_or("it does not say how many keys it takes")?;
    Ok(json!({"CustomValidation": {"MaximumLength": most}}))
}

fn keypad(block: &Block<'_>, draft: &mut ActionBuilder) -> Result<(), String> {
    let mut keypad = serde_json::Map::new();
    if let Some(end) = block.parameter("TerminatorDigits") {
        keypad.insert("InputTerminationSequence".to_owned(), value(&end)?.into());
    }
    if let Some(disabled) = block.parameter("DisableCancel") {
        keypad.insert("DisableCancelKey".to_owned(), if disabled.is_true() { "True" } else { "False" }.into());
    }
    if !keypad.is_empty() {
        draft.set("DTMFConfiguration", keypad);
    }
    Ok(())
}
