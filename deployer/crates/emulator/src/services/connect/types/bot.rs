//! Lex bots.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::AwsError;
use crate::services::connect::arguments::{REQUEST, refused, text};

/// A Lex bot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Bot {
    /// A Lex V1 bot.
    Named { name: String, region: String },
    /// The ARN of a Lex V2 bot alias.
    Alias(String),
}

impl Bot {
    /// Returns the maximum number of bots of this Lex version per instance (administrator guide, quotas).
    pub(crate) fn quota(&self) -> usize {
        match self {
            Self::Named { .. } => 70,
            Self::Alias(_) => 100,
        }
    }

    pub(crate) fn is_first(&self) -> bool {
        matches!(self, Self::Named { .. })
    }

    pub(crate) fn show(&self) -> String {
        match self {
            Self::Named { name, region } => format!("{name} in {region}"),
            Self::Alias(arn) => arn.clone(),
        }
    }

    pub(crate) fn shown(&self) -> Value {
        match self {
            Self::Named { name, region } => json!({"Name": name, "LexRegion": region}),
            Self::Alias(arn) => json!({"AliasArn": arn}),
        }
    }

    /// Reads the single bot of an input, of either Lex version. The message texts are unverified.
    pub(crate) fn read(input: &Value) -> Result<Self, AwsError> {
        let given = |name: &str| input.get(name).filter(|given| !given.is_null());
        match (given("LexBot"), given("LexV2Bot")) {
            (Some(bot), None) => Self::named(text(bot, "Name"), text(bot, "LexRegion")),
            (None, Some(bot)) => Self::alias(text(bot, "AliasArn").unwrap_or_default()),
            _ => Err(refused(REQUEST, "Exactly one of LexBot and LexV2Bot is required")),
        }
    }

    pub(crate) fn named(name: Option<&str>, region: Option<&str>) -> Result<Self, AwsError> {
        match (name.unwrap_or_default(), region.unwrap_or_default()) {
            ("", _) | (_, "") => Err(refused(REQUEST, "A bot of Lex V1 has a name and a Region")),
            (name, region) => Ok(Self::Named { name: name.to_owned(), region: region.to_owned() }),
        }
    }

    /// Parses `arn:aws:lex:REGION:ACCOUNT:bot-alias/BOT/ALIAS` (service authorization reference, Lex V2).
    pub(crate) fn alias(arn: &str) -> Result<Self, AwsError> {
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
