//! The state immediately before an action runs, for hosts that observe a call.

use serde_json::{Map, Value};

use super::contact::Contact;
use super::resources::LoadedFlow;
use crate::jsonpath::JsonPath;
use crate::model::Action;

/// An action that is about to run, with the state of its contact.
pub struct ActionStart<'a> {
    /// Flow or module that contains the action.
    pub flow: &'a LoadedFlow,
    /// Action that is about to run.
    pub action: Action<'a>,
    /// Number of sentences that the caller has heard.
    pub heard: usize,
    pub(crate) contact: &'a Contact,
}

impl ActionStart<'_> {
    /// Returns a parameter of the action with its references replaced by their values; `None` if there is no text parameter
    /// of this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.action.text(name).map(|text| self.contact.fill(text))
    }

    /// Returns the value of a reference such as `$.Queue.Name`; `None` if it is not a reference or has no value.
    #[must_use]
    pub fn value(&self, reference: &str) -> Option<String> {
        self.contact.resolve(&JsonPath::parse(reference)?)
    }

    /// Returns the user-defined attributes.
    #[must_use]
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.contact.attributes
    }
}
