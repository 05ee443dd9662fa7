//! Test cases.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::content::Content;
use crate::stored::stored;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TestCase {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// Published content, which is executed.
    pub(crate) published: Option<Content>,
    /// Saved, unpublished content.
    pub(crate) draft: Option<Content>,
    pub(crate) entry: Option<Entry>,
    pub(crate) data: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) modified: OffsetDateTime,
}

stored!(TestCase);

/// Entry point of a test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(rename = "VoiceCallEntryPointParameters", skip_serializing_if = "Option::is_none")]
    pub(crate) voice: Option<Voice>,
    #[serde(rename = "ChatEntryPointParameters", skip_serializing_if = "Option::is_none")]
    pub(crate) chat: Option<Chat>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Voice {
    #[serde(rename = "SourcePhoneNumber", skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    #[serde(rename = "DestinationPhoneNumber", skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    #[serde(rename = "FlowId", skip_serializing_if = "Option::is_none")]
    pub(crate) flow: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Chat {
    #[serde(rename = "FlowId", skip_serializing_if = "Option::is_none")]
    pub(crate) flow: Option<String>,
}

/// The caller, and the flow or number that the test calls.
#[derive(Debug, Default)]
pub(crate) struct EntryPoint {
    pub(crate) flow: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
}

impl TestCase {
    pub(crate) fn entry_point(&self) -> EntryPoint {
        let voice = self.entry.as_ref().and_then(|entry| entry.voice.clone());
        voice.map_or_else(EntryPoint::default, |voice| EntryPoint { flow: voice.flow, from: voice.from, to: voice.to })
    }

    /// Returns the initial data of the contact, as JSON.
    pub(crate) fn data(&self) -> Option<&str> {
        self.data.as_deref()
    }

    pub(crate) fn status(&self) -> &'static str {
        if self.published.is_some() { "PUBLISHED" } else { "SAVED" }
    }
}
