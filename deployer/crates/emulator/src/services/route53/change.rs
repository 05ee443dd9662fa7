//! Changes: PENDING until all name servers know them, then INSYNC.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::xml::{document, element, text};
use super::{AwsError, Request, State};
use crate::request::RequestContext;
use crate::response::Response;
use crate::stored::stored;

/// Usual time until a change is known to all name servers ("generally … within 60 seconds", API reference, ChangeResourceRecordSets; half
/// of it is unverified).
pub(super) const IN_SYNC: Duration = Duration::from_secs(30);

/// How long a change can be asked for, at least, so that changes do not accumulate.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// A submitted change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Change {
    submitted: OffsetDateTime,
    in_sync: OffsetDateTime,
    comment: String,
}

stored!(whole Change);

impl State {
    /// Records a change, and returns its `ChangeInfo`.
    pub(super) fn submit(&mut self, context: &RequestContext, comment: &str) -> String {
        let id = format!("C{}", context.id(20).to_ascii_uppercase());
        let change = Change { submitted: context.now, in_sync: context.after(IN_SYNC), comment: comment.to_owned() };
        let info = info(&id, &change, context.now);
        // How long Route 53 knows a change is not documented.
        self.changes.retain(|_, old| old.in_sync + REMEMBERED > context.now);
        self.changes.insert(id, change);
        info
    }
}

fn info(id: &str, change: &Change, now: OffsetDateTime) -> String {
    let status = if now < change.in_sync { "PENDING" } else { "INSYNC" };
    let submitted = change.submitted.truncate_to_millisecond().format(&Rfc3339).unwrap_or_default();
    let comment = if change.comment.is_empty() { String::new() } else { text("Comment", &change.comment) };
    let members = text("Id", format!("/change/{id}")) + &text("Status", status) + &text("SubmittedAt", submitted) + &comment;
    element("ChangeInfo", &members)
}

pub(super) fn get(state: &State, call: &Request) -> Result<Response, AwsError> {
    let id = call.path("Id");
    // Service model, NoSuchChange; the text is unverified.
    let missing = || AwsError::new(404, "NoSuchChange", format!("Could not find resource with ID: {id}"));
    let change = state.changes.get(id).ok_or_else(missing)?;
    Ok(document("GetChangeResponse", &info(id, change, call.context.now)))
}
