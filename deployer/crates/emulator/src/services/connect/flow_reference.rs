//! References to contact flows, as requests and flows name them.

use super::types::{Flow, Instance};
use crate::error::AwsError;

/// A flow reference in a path: an id or ARN, optionally followed by `:$SAVED` or a version.
pub(super) struct Named<'a> {
    id: &'a str,
    pub(super) qualifier: Option<&'a str>,
}

impl<'a> Named<'a> {
    pub(super) fn parse(instance: &Instance, given: &'a str) -> Self {
        let own = given.strip_prefix(instance.arn.as_str()).and_then(|rest| rest.strip_prefix("/contact-flow/"));
        let (id, qualifier) = match own.unwrap_or(given).split_once(':') {
            Some((id, qualifier)) => (id, Some(qualifier)),
            None => (own.unwrap_or(given), None),
        };
        Self { id, qualifier }
    }

    pub(super) fn is_draft(&self) -> bool {
        self.qualifier == Some("$SAVED")
    }
}

/// Returns the flow of an id or ARN, if a version in the reference exists.
pub(super) fn find<'a>(instance: &'a Instance, given: &str) -> Option<&'a Flow> {
    let named = Named::parse(instance, given);
    let has = |flow: &Flow, number: &str| number.parse().is_ok_and(|number: u64| flow.versions.contains_key(&number));
    let there = |flow: &&Flow| named.is_draft() || named.qualifier.is_none_or(|number| has(flow, number));
    instance.flows.get(named.id).filter(there)
}

pub(super) fn find_mut<'a>(instance: &'a mut Instance, given: &str) -> Result<(&'a mut Flow, bool), AwsError> {
    let id = find(instance, given).ok_or_else(not_found)?.id.clone();
    let draft = Named::parse(instance, given).is_draft();
    instance.flows.get_mut(&id).map(|flow| (flow, draft)).ok_or_else(not_found)
}

pub(super) fn not_found() -> AwsError {
    // The message text is unverified.
    AwsError::new(404, "ResourceNotFoundException", "The contact flow does not exist")
}
