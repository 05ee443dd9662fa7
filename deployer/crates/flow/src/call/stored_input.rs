//! Input of several keys that is stored.

use std::time::Duration;

use serde_json::Value;

use super::caller::Key;
use super::engine::Engine;
use super::outcome::{ActionOutcome, hung_up};
use super::values::MAX_WAIT;
use crate::model::Action;

/// Default pause between two keys that ends the input (AWS administrator guide, "Store customer input").
const INTERDIGIT_SECONDS: u64 = 5;

/// Maximum number of keys. No telephone number is longer, and nothing else limits an input.
const MAX_KEYS: usize = 128;

struct Rules {
    most: usize,
    end: String,
    clears: bool,
    between: Duration,
}

impl Rules {
    fn ends(&self, typed: &str) -> bool {
        typed.ends_with(self.end.as_str())
    }

    /// Whether a terminating sequence that was just typed is only the beginning of a longer run of the same key: for
    /// `1#2#3*4###` with the sequence `##` the guide's example stores `1#2#3*4#`.
    fn goes_on(&self, next: Option<Key>) -> bool {
        let mut keys = self.end.chars();
        let first = keys.next();
        let row = self.end.len() > 1 && keys.all(|key| Some(key) == first);
        row && matches!((next, first), (Some(Key::Press(next)), Some(first)) if next == first)
    }

    /// Returns the number of keys that count: those that may be the beginning of the terminating sequence do not count yet.
    fn length(&self, typed: &str) -> usize {
        let beginnings = (1..self.end.len()).rev().filter_map(|length| self.end.get(..length));
        let begun = beginnings.map(|begin| if typed.ends_with(begin) { begin.len() } else { 0 }).max();
        typed.len() - begun.unwrap_or(0)
    }
}

fn rules(engine: &Engine<'_>, action: Action<'_>) -> Rules {
    let keypad = action.parameter("DTMFConfiguration");
    let text = |name: &str| {
        let value = keypad.and_then(|keypad| keypad.get(name));
        value.and_then(Value::as_str).map(str::to_owned)
    };
    let number = |value: &Value| match value {
        Value::String(text) => engine.contact.fill(text).parse().ok(),
        value => value.as_u64(),
    };
    let most = action
        .parameter("InputValidation")
        .and_then(|rules| rules.get("CustomValidation")?.get("MaximumLength"))
        .and_then(number)
        .and_then(|most| usize::try_from(most).ok());
    let between = keypad.and_then(|keypad| keypad.get("InterdigitTimeLimitSeconds")).and_then(number);
    Rules {
        most: most.unwrap_or(MAX_KEYS).clamp(1, MAX_KEYS),
        end: text("InputTerminationSequence").filter(|end| !end.is_empty()).unwrap_or_else(|| "#".to_owned()),
        clears: !text("DisableCancelKey").is_some_and(|text| text.eq_ignore_ascii_case("true")),
        between: Duration::from_secs(between.unwrap_or(INTERDIGIT_SECONDS)).min(MAX_WAIT),
    }
}

/// Stores the input. No key at all is success with the value `Timeout` (AWS administrator guide, "Store customer input").
pub(crate) async fn store(engine: &mut Engine<'_>, action: Action<'_>, limit: Duration) -> ActionOutcome {
    let rules = rules(engine, action);
    let mut typed = String::new();
    let mut wait = limit;
    let mut any = false;
    while rules.length(&typed) < rules.most {
        match engine.key(wait).await {
            Key::HangUp => return hung_up(),
            Key::Silence => {
                engine.advance_time(wait);
                break;
            }
            Key::Press('*') if rules.clears => typed.clear(),
            Key::Press(key) => typed.push(key),
        }
        any = true;
        wait = rules.between;
        if rules.ends(&typed) && !rules.goes_on(engine.peek_key()) {
            typed.truncate(typed.len() - rules.end.len());
            break;
        }
    }
    typed.truncate(rules.most);
    if !any {
        engine.contact.scope.stored_input = Some("Timeout".to_owned());
        return ActionOutcome::next("Timeout");
    }
    let phone = action.parameter("InputValidation").and_then(|rules| rules.get("PhoneNumberValidation"));
    if let Some(format) = phone {
        match phone_number(&typed, format) {
            Ok(number) => typed = number,
            Err(why) => return ActionOutcome::error("InvalidPhoneNumber", why),
        }
    }
    engine.contact.scope.stored_input = Some(typed.clone());
    // The value of an encrypted input must not be logged.
    let results = match action.parameter("InputEncryption") {
        Some(_) => "The input was stored".to_owned(),
        None => typed,
    };
    ActionOutcome::next(results)
}

/// Country codes of the countries whose local numbers are simulated.
const COUNTRIES: [(&str, &str, usize, usize); 10] = [
    ("US", "1", 10, 10),
    ("CA", "1", 10, 10),
    ("GB", "44", 9, 10),
    ("DE", "49", 6, 13),
    ("FR", "33", 9, 9),
    ("ES", "34", 9, 9),
    ("IT", "39", 6, 12),
    ("AU", "61", 9, 9),
    ("JP", "81", 9, 10),
    ("IN", "91", 10, 10),
];

fn phone_number(typed: &str, validation: &Value) -> Result<String, String> {
    let text = |name: &str| validation.get(name).and_then(Value::as_str);
    if !typed.chars().all(|c| c.is_ascii_digit()) {
        return Err(format!("\"{typed}\" is no telephone number"));
    }
    if text("NumberFormat") != Some("Local") {
        let fits = (8..=15).contains(&typed.len()) && !typed.starts_with('0');
        return match fits {
            true => Ok(format!("+{typed}")),
            false => Err(format!("+{typed} is not a number in E.164 form")),
        };
    }
    let country = text("CountryCode").unwrap_or_default();
    let known = COUNTRIES.iter().find(|(name, ..)| *name == country);
    let Some((_, code, least, most)) = known else {
        return Err(format!("not simulated: local numbers of country \"{country}\""));
    };
    let digits = match *code {
        "39" => typed,
        "1" => typed.strip_prefix('1').unwrap_or(typed),
        _ => typed.strip_prefix('0').unwrap_or(typed),
    };
    if !(*least..=*most).contains(&digits.len()) {
        return Err(format!("\"{typed}\" is not a number of {country}"));
    }
    Ok(format!("+{code}{digits}"))
}
