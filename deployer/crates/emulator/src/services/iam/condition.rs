//! Statement conditions with three-valued logic, because some keys of a request are not known to the emulator (IAM reference,
//! "Condition operators").

use std::net::IpAddr;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::key::{Key, Unevaluated};
use super::pattern::Pattern;

/// Whether a condition holds. A part that does not hold decides, even if other parts cannot be evaluated.
pub(super) fn holds(condition: &Value, keys: &dyn Fn(&str) -> Key, variables: bool) -> Result<bool, Unevaluated> {
    let mut unevaluated = None;
    for (operator, parts) in condition.as_object().into_iter().flatten() {
        for (key, wanted) in parts.as_object().into_iter().flatten() {
            match Operator::read(operator).and_then(|operator| operator.holds(key, &texts(wanted), keys, variables)) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(why) => unevaluated = unevaluated.or(Some(why)),
            }
        }
    }
    unevaluated.map_or(Ok(true), Err)
}

/// Returns values as strings: a single value or a list, of strings, numbers or booleans.
fn texts(wanted: &Value) -> Vec<String> {
    match wanted {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// Set operator for keys with multiple values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    /// No set operator: the key has one value.
    One,
    All,
    Any,
}

/// A parsed condition operator.
struct Operator<'a> {
    name: &'a str,
    negated: bool,
    if_exists: bool,
    set: Set,
}

/// Comparison of a request value with a policy value.
type Compare = fn(&str, &Pattern) -> Result<bool, ()>;

impl<'a> Operator<'a> {
    fn read(text: &'a str) -> Result<Self, Unevaluated> {
        let (set, rest) = match text.split_once(':') {
            None => (Set::One, text),
            Some(("ForAllValues", rest)) => (Set::All, rest),
            Some(("ForAnyValue", rest)) => (Set::Any, rest),
            Some(_) => return Err(Unevaluated(text.to_owned())),
        };
        let (name, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |name| (name, true));
        Ok(Self { name, negated: name.contains("Not"), if_exists, set })
    }

    fn compare(&self) -> Option<Compare> {
        Some(match self.name {
            "StringEquals" | "StringNotEquals" | "BinaryEquals" => |value, wanted| Ok(value == wanted.text()),
            "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" => {
                |value, wanted| Ok(value.to_lowercase() == wanted.text().to_lowercase())
            }
            "StringLike" | "StringNotLike" => |value, wanted| Ok(wanted.matches(value)),
            "ArnEquals" | "ArnLike" | "ArnNotEquals" | "ArnNotLike" => |value, wanted| Ok(wanted.matches_arn(value)),
            "Bool" => |value, wanted| Ok(value.eq_ignore_ascii_case(&wanted.text())),
            "NumericEquals" | "NumericNotEquals" => |value, wanted| Ok(number(value)? == number(&wanted.text())?),
            "NumericLessThan" => |value, wanted| Ok(number(value)? < number(&wanted.text())?),
            "NumericLessThanEquals" => |value, wanted| Ok(number(value)? <= number(&wanted.text())?),
            "NumericGreaterThan" => |value, wanted| Ok(number(value)? > number(&wanted.text())?),
            "NumericGreaterThanEquals" => |value, wanted| Ok(number(value)? >= number(&wanted.text())?),
            "DateEquals" | "DateNotEquals" => |value, wanted| Ok(moment(value)? == moment(&wanted.text())?),
            "DateLessThan" => |value, wanted| Ok(moment(value)? < moment(&wanted.text())?),
            "DateLessThanEquals" => |value, wanted| Ok(moment(value)? <= moment(&wanted.text())?),
            "DateGreaterThan" => |value, wanted| Ok(moment(value)? > moment(&wanted.text())?),
            "DateGreaterThanEquals" => |value, wanted| Ok(moment(value)? >= moment(&wanted.text())?),
            "IpAddress" | "NotIpAddress" => |value, wanted| is_in(value, &wanted.text()),
            _ => return None,
        })
    }

    fn holds(&self, key: &str, wanted: &[String], keys: &dyn Fn(&str) -> Key, variables: bool) -> Result<bool, Unevaluated> {
        let unevaluated = || Unevaluated(key.to_owned());
        let known = keys(key);
        if self.name == "Null" {
            let absent = match known {
                Key::Unknown => return Err(unevaluated()),
                Key::Absent => true,
                Key::Values(values) => values.is_empty(),
            };
            return Ok(wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(if absent { "true" } else { "false" })));
        }
        let compare = self.compare().ok_or_else(|| Unevaluated(self.name.to_owned()))?;
        let values = match known {
            Key::Unknown => return Err(unevaluated()),
            Key::Values(values) if !values.is_empty() => values,
            Key::Absent | Key::Values(_) => {
                return Ok(match self.set {
                    _ if self.if_exists => true,
                    Set::One => self.negated,
                    Set::All => true,
                    Set::Any => false,
                });
            }
        };
        let one = |value: &String| -> Result<bool, Unevaluated> {
            let mut found = false;
            for text in wanted {
                let pattern = match variables {
                    true => Pattern::with_variables(text, keys)?,
                    false => Some(Pattern::new(text)),
                };
                let Some(pattern) = pattern else { continue };
                found |= compare(value, &pattern).map_err(|()| unevaluated())?;
            }
            Ok(found != self.negated)
        };
        let fits: Vec<bool> = values.iter().map(one).collect::<Result<_, _>>()?;
        match self.set {
            Set::All => Ok(fits.iter().all(|fits| *fits)),
            Set::Any => Ok(fits.iter().any(|fits| *fits)),
            // AWS does not document whether one of several values is enough for an operator without a set.
            Set::One if fits.len() > 1 => Err(unevaluated()),
            Set::One => Ok(fits[0]),
        }
    }
}

fn number(text: &str) -> Result<f64, ()> {
    text.trim().parse().map_err(drop)
}

/// Parses an ISO 8601 time, a date, or seconds since 1970.
fn moment(text: &str) -> Result<OffsetDateTime, ()> {
    if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
        return Ok(moment);
    }
    if let Ok(day) = time::Date::parse(text, format_description!("[year]-[month]-[day]")) {
        return Ok(day.midnight().assume_utc());
    }
    OffsetDateTime::from_unix_timestamp(text.parse().map_err(drop)?).map_err(drop)
}

/// Whether an address is in a network such as `203.0.113.0/24`, or equal to a single address.
fn is_in(address: &str, network: &str) -> Result<bool, ()> {
    let (network, length) = match network.split_once('/') {
        Some((network, length)) => (network, Some(length.parse::<u32>().map_err(drop)?)),
        None => (network, None),
    };
    let (address, width) = bits(address)?;
    let (network, of) = bits(network)?;
    let length = length.unwrap_or(of);
    if length > of {
        return Err(());
    }
    let mask = if length == 0 { 0 } else { u128::MAX << (of - length) };
    Ok(width == of && address & mask == network & mask)
}

/// Returns the bits of an address and their count.
fn bits(text: &str) -> Result<(u128, u32), ()> {
    Ok(match text.parse::<IpAddr>().map_err(drop)? {
        IpAddr::V4(address) => (u32::from(address).into(), 32),
        IpAddr::V6(address) => (address.into(), 128),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys(name: &str) -> Key {
        match name {
            "aws:RequestedRegion" => Key::one("us-east-1"),
            "aws:PrincipalArn" => Key::one("arn:aws:iam::111122223333:role/deploy"),
            "aws:SecureTransport" => Key::one("true"),
            "aws:CurrentTime" => Key::one("2026-11-30T10:00:00Z"),
            "aws:SourceIp" => Key::one("203.0.113.7"),
            "aws:TagKeys" => Key::Values(vec!["env".into(), "owner".into()]),
            "s3:max-keys" => Key::one("10"),
            "aws:username" => Key::Absent,
            _ => Key::Unknown,
        }
    }

    fn judged(operator: &str, key: &str, wanted: Value) -> Option<bool> {
        holds(&json!({operator: {key: wanted}}), &keys, true).ok()
    }

    #[test]
    fn every_operator_compares_as_documented() {
        for (operator, key, fits, differs) in [
            ("StringEquals", "aws:RequestedRegion", json!(["eu-west-1", "us-east-1"]), json!("us-*")),
            ("StringEqualsIgnoreCase", "aws:RequestedRegion", json!("US-EAST-1"), json!("us")),
            ("StringLike", "aws:RequestedRegion", json!("us-*"), json!("eu-*")),
            ("ArnLike", "aws:PrincipalArn", json!("arn:aws:iam::*:role/*"), json!("arn:aws:iam::*:user/*")),
            ("ArnEquals", "aws:PrincipalArn", json!("arn:aws:iam::*:role/d?ploy"), json!("arn:aws:iam::*")),
            ("Bool", "aws:SecureTransport", json!(true), json!("false")),
            ("NumericLessThan", "s3:max-keys", json!(11), json!("10")),
            ("NumericGreaterThanEquals", "s3:max-keys", json!("10"), json!("10.5")),
            ("DateGreaterThan", "aws:CurrentTime", json!("2026-11-30"), json!("2026-12-01T00:00:00Z")),
            ("DateLessThanEquals", "aws:CurrentTime", json!("2026-11-30T11:00:00+01:00"), json!("1700000000")),
            ("IpAddress", "aws:SourceIp", json!(["10.0.0.0/8", "203.0.113.0/24"]), json!(["203.0.113.8", "2001:db8::/32"])),
            ("Null", "aws:SourceIp", json!("false"), json!(true)),
            ("Null", "aws:username", json!("true"), json!("false")),
            ("ForAllValues:StringEquals", "aws:TagKeys", json!(["env", "owner", "x"]), json!(["env"])),
            ("ForAnyValue:StringEquals", "aws:TagKeys", json!(["env"]), json!(["x"])),
            ("StringLike", "aws:PrincipalArn", json!("*:role/${aws:username, 'deploy'}"), json!("*:role/${aws:username}")),
        ] {
            assert_eq!(judged(operator, key, fits), Some(true), "{operator}");
            assert_eq!(judged(operator, key, differs), Some(false), "{operator}");
        }
    }

    #[test]
    fn negated_operators_hold_without_the_key() {
        for operator in ["StringNotEquals", "StringNotLike", "ArnNotLike", "NumericNotEquals", "NotIpAddress"] {
            assert_eq!(judged(operator, "aws:username", json!("x")), Some(true), "{operator}");
        }
        assert_eq!(judged("StringEquals", "aws:username", json!("x")), Some(false));
        assert_eq!(judged("StringEqualsIfExists", "aws:username", json!("x")), Some(true));
        assert_eq!(judged("ForAllValues:StringEquals", "aws:username", json!("x")), Some(true));
        assert_eq!(judged("ForAnyValue:StringNotEquals", "aws:username", json!("x")), Some(false));
        assert_eq!(judged("StringNotEquals", "aws:RequestedRegion", json!(["us-east-1", "eu-west-1"])), Some(false));
    }

    #[test]
    fn unknown_keys_are_never_evaluated() {
        for operator in ["StringEquals", "StringNotEquals", "StringLikeIfExists", "Null", "ForAllValues:StringEquals", "Bool"] {
            let condition = json!({operator: {"aws:PrincipalOrgID": "o-1"}});
            assert_eq!(holds(&condition, &keys, true), Err(Unevaluated("aws:PrincipalOrgID".to_owned())), "{operator}");
        }
        for (operator, key, wanted) in [
            ("StringSame", "aws:RequestedRegion", json!("x")),
            ("StringEquals", "aws:TagKeys", json!("env")),
            ("NumericEquals", "aws:RequestedRegion", json!("1")),
            ("DateEquals", "aws:CurrentTime", json!("soon")),
            ("IpAddress", "aws:SourceIp", json!("10.0.0.0/40")),
            ("StringEquals", "aws:RequestedRegion", json!("${aws:PrincipalOrgID}")),
        ] {
            assert_eq!(judged(operator, key, wanted), None, "{operator}");
        }
        let other_fails = json!({"StringEquals": {"aws:PrincipalOrgID": "o-1", "aws:RequestedRegion": "eu-west-1"}});
        assert_eq!(holds(&other_fails, &keys, true), Ok(false), "what does not hold decides");
    }
}
