//! Custom vocabularies of Contact Lens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::services::connect::arguments::epoch;
use crate::stored::stored;

/// A custom vocabulary, which is created and deleted asynchronously.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Vocabulary {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) content: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) modified: OffsetDateTime,
    /// Time at which the creation ends.
    pub(crate) created_at: OffsetDateTime,
    /// Reason of a failed creation.
    pub(crate) failure: Option<String>,
    /// Time at which the vocabulary disappears, set when its deletion has begun.
    pub(crate) gone_at: Option<OffsetDateTime>,
    /// Client token and input of the creation request.
    pub(crate) token: Option<(String, Value)>,
}

stored!(Vocabulary);

impl Vocabulary {
    pub(crate) fn is_gone(&self, now: OffsetDateTime) -> bool {
        self.gone_at.is_some_and(|at| at <= now)
    }

    /// Returns the state as the API names it (botocore model, VocabularyState).
    pub(crate) fn state(&self, now: OffsetDateTime) -> &'static str {
        match &self.failure {
            _ if self.gone_at.is_some() => "DELETE_IN_PROGRESS",
            _ if now < self.created_at => "CREATION_IN_PROGRESS",
            Some(_) => "CREATION_FAILED",
            None => "ACTIVE",
        }
    }

    /// Returns the summary, which lacks content and tags.
    pub(crate) fn summary(&self, id: &str, now: OffsetDateTime) -> Value {
        let mut summary = json!({
            "Id": id,
            "Arn": self.arn,
            "Name": self.name,
            "LanguageCode": self.language,
            "State": self.state(now),
            "LastModifiedTime": epoch(self.modified),
        });
        if let Some(failure) = self.failure.as_ref().filter(|_| self.created_at <= now) {
            summary["FailureReason"] = failure.as_str().into();
        }
        summary
    }
}
