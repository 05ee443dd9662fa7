//! Record sets: their form, and what is wrong with one by itself.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::xml::{element, text};
use super::{AwsError, invalid, name};
use crate::stored::stored;

/// A record set without a routing policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// Normalized name.
    pub(super) name: String,
    /// Type, such as `CNAME`.
    pub(super) kind: String,
    /// Seconds; `None` for an alias.
    ttl: Option<i64>,
    pub(super) values: Vec<String>,
    pub(super) alias: Option<Alias>,
    pub(super) created: OffsetDateTime,
}

stored!(whole Record);

/// The target of an alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Alias {
    pub(super) zone: String,
    pub(super) name: String,
    evaluate_health: bool,
}

/// Returns the place of a record in a listing.
pub(super) fn key(name: &str, kind: &str) -> String {
    format!("{} {kind}", name::reversed(name))
}

impl Record {
    /// Returns a record with values.
    pub(super) fn simple(name: &str, kind: &str, ttl: i64, values: Vec<String>, now: OffsetDateTime) -> Self {
        Self { name: name.to_owned(), kind: kind.to_owned(), ttl: Some(ttl), values, alias: None, created: now }
    }

    /// Reads a record of a change, whose action is for the message.
    pub(super) fn read(set: &Value, action: &str, now: OffsetDateTime) -> Result<Self, AwsError> {
        let member = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
        let record = Self {
            name: name::normalized(&member(set, "Name")),
            kind: member(set, "Type"),
            ttl: set["TTL"].as_i64(),
            values: set["ResourceRecords"].as_array().into_iter().flatten().map(|one| member(one, "Value")).collect(),
            alias: set.get("AliasTarget").filter(|target| target.is_object()).map(|target| Alias {
                zone: member(target, "HostedZoneId").trim_start_matches("/hostedzone/").to_owned(),
                name: name::normalized(&member(target, "DNSName")),
                evaluate_health: target["EvaluateTargetHealth"] == true,
            }),
            created: now,
        };
        let found = match (&record.alias, record.ttl.is_some() || !record.values.is_empty()) {
            (Some(_), true) => "more than one",
            (None, _) if record.ttl.is_none() || record.values.is_empty() => "none",
            _ => return Ok(record),
        };
        // The wording is unverified.
        Err(invalid(format!(
            "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but \
             found {found} in Change with [Action={action}, Name={}, Type={}, SetIdentifier=null]",
            record.name, record.kind
        )))
    }

    /// Whether the contents are those of the other, in whatever order its values are.
    pub(super) fn same(&self, other: &Self) -> bool {
        let values = |record: &Self| record.values.iter().map(|value| self.comparable(value)).collect::<BTreeSet<_>>();
        (self.ttl, &self.alias) == (other.ttl, &other.alias) && values(self) == values(other)
    }

    fn comparable(&self, value: &str) -> String {
        if matches!(self.kind.as_str(), "CNAME" | "NS" | "PTR") { name::normalized(value) } else { value.to_owned() }
    }

    /// Returns the element `ResourceRecordSet`.
    pub(super) fn element(&self) -> String {
        let value = |value: &String| element("ResourceRecord", &text("Value", value));
        let contents = match &self.alias {
            Some(alias) => element(
                "AliasTarget",
                &(text("HostedZoneId", &alias.zone)
                    + &text("DNSName", &alias.name)
                    + &text("EvaluateTargetHealth", alias.evaluate_health)),
            ),
            None => {
                text("TTL", self.ttl.unwrap_or_default())
                    + &element("ResourceRecords", &self.values.iter().map(value).collect::<String>())
            }
        };
        element("ResourceRecordSet", &(text("Name", &self.name) + &text("Type", &self.kind) + &contents))
    }

    /// Returns what is wrong with the record by itself. The form of the texts is that of users' reports ("Invalid Resource Record: 'FATAL
    /// problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with …'"); not every one is recorded.
    pub(super) fn faults(&self) -> Vec<String> {
        let fatal =
            |fault: &str, value: &str| format!("Invalid Resource Record: 'FATAL problem: {fault} encountered with '{value}''");
        let mut faults: Vec<String> = name::fault(&self.name).map(|fault| fatal(fault, &self.name)).into_iter().collect();
        if self.kind == "CNAME" && self.values.len() > 1 {
            faults.push(fatal("CNAMERRDATACount (CNAME records have one value)", &self.name));
        }
        let mut seen = BTreeSet::new();
        for value in &self.values {
            faults.extend(value_fault(&self.kind, value).map(|fault| fatal(fault, value)));
            if !seen.insert(self.comparable(value)) {
                faults.push(format!("Duplicate Resource Record: '{value}'"));
            }
        }
        faults
    }
}

fn value_fault(kind: &str, value: &str) -> Option<&'static str> {
    match kind {
        "A" if value.parse::<Ipv4Addr>().is_err() => Some("ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"),
        "AAAA" if value.parse::<Ipv6Addr>().is_err() => Some("AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"),
        "CNAME" | "NS" | "PTR" => name::fault(&name::normalized(value)),
        "TXT" | "SPF" => text_fault(value),
        _ => None,
    }
}

/// Returns what is wrong with the strings of a TXT record: each is in quotation marks and has at most 255 characters.
fn text_fault(value: &str) -> Option<&'static str> {
    let (mut rest, mut strings) = (value.trim(), 0);
    while !rest.is_empty() {
        let Some(inner) = rest.strip_prefix('"') else {
            return Some("InvalidCharacterString (Value should be enclosed in quotation marks)");
        };
        let mut escaped = false;
        let end = inner.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some(end) = end else { return Some("InvalidCharacterString (Value should be enclosed in quotation marks)") };
        if end > 255 {
            return Some("CharacterStringTooLong (Value is too long)");
        }
        rest = inner[end + 1..].trim_start();
        strings += 1;
    }
    (strings == 0).then_some("InvalidCharacterString (Value should be enclosed in quotation marks)")
}
