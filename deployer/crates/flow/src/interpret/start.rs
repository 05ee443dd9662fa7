//! An action at the moment before it runs, for hosts that watch a call.

use serde_json::{Map, Value};

use super::contact::Contact;
use super::host::LoadedFlow;
use crate::jsonpath::JsonPath;
use crate::model::Action;

/// An action that is about to run, and what its contact has then.
pub struct ActionStart<'a> {
    /// The flow or module it is in.
    pub flow: &'a LoadedFlow,
    /// The action.
    pub action: Action<'a>,
    /// How many sentences the caller has heard.
    pub heard: usize,
    pub(super) contact: &'a Contact,
}

impl ActionStart<'_> {
    /// A parameter of the action with its references replaced; `None` where it has none of this name that is a text.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.action.text(name).map(|text| self.contact.fill(text))
    }

    /// The value of a reference such as `$.Queue.Name`; `None` where it is no reference or there is no value.
    #[must_use]
    pub fn value(&self, reference: &str) -> Option<String> {
        self.contact.resolve(&JsonPath::parse(reference)?)
    }

    /// The user-defined attributes.
    #[must_use]
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.contact.attributes
    }
}
