//! Phone numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::stored::stored;

/// A claimed number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Number {
    pub(crate) id: String,
    pub(crate) arn: String,
    /// The number in E.164 form.
    pub(crate) number: String,
    pub(crate) country: String,
    pub(crate) kind: String,
    pub(crate) description: Option<String>,
    /// Id of the instance that the number points to.
    pub(crate) instance: String,
    /// Id of the flow that callers reach.
    pub(crate) flow: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Time at which the claim completes.
    pub(crate) claimed_at: OffsetDateTime,
    /// Time at which the current operation completes.
    pub(crate) busy_until: OffsetDateTime,
    /// Reason why the last operation failed.
    pub(crate) failure: Option<String>,
    /// Time at which a number with a failed claim becomes available again.
    pub(crate) lost_at: Option<OffsetDateTime>,
    /// Operation and input requested with each client token.
    pub(crate) tokens: BTreeMap<String, Value>,
}

stored!(Number);

impl Number {
    pub(crate) fn is_busy(&self, now: OffsetDateTime) -> bool {
        now < self.busy_until
    }

    /// Whether the claim has completed and not failed.
    pub(crate) fn is_claimed(&self, now: OffsetDateTime) -> bool {
        self.claimed_at <= now && self.lost_at.is_none()
    }

    pub(crate) fn status(&self, now: OffsetDateTime) -> Value {
        match &self.failure {
            _ if self.is_busy(now) => json!({"Status": "IN_PROGRESS"}),
            Some(why) => json!({"Status": "FAILED", "Message": why}),
            None => json!({"Status": "CLAIMED"}),
        }
    }

    pub(crate) fn summary(&self, account: &str, region: &str) -> Value {
        let mut summary = json!({
            "PhoneNumberId": self.id,
            "PhoneNumberArn": self.arn,
            "PhoneNumber": self.number,
            "PhoneNumberCountryCode": self.country,
            "PhoneNumberType": self.kind,
            "TargetArn": format!("arn:aws:connect:{region}:{account}:instance/{}", self.instance),
            "InstanceId": self.instance,
        });
        if let Some(description) = &self.description {
            summary["PhoneNumberDescription"] = description.as_str().into();
        }
        summary
    }
}
