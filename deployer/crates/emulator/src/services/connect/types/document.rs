//! Views, task templates, evaluation forms and rules: resources whose details are a document that is stored and returned as given.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

/// Client token and input of a creation request.
pub(crate) type Token = Option<(String, Value)>;

/// A view. The saved content is also the published one after a publication (botocore model, UpdateViewContent).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct View {
    pub(crate) published: Option<Value>,
    pub(crate) saved: Value,
    pub(crate) created: OffsetDateTime,
    pub(crate) token: Token,
}

/// A task template: the members of the request that created or updated it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TaskTemplate {
    pub(crate) body: Value,
    pub(crate) created: OffsetDateTime,
    pub(crate) token: Token,
}

/// A rule: the members of the request that created or updated it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Rule {
    pub(crate) body: Value,
    pub(crate) created: OffsetDateTime,
    pub(crate) token: Token,
}

/// An evaluation form with its versions by number; at most one of them is active.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EvaluationForm {
    pub(crate) versions: BTreeMap<u64, FormVersion>,
    pub(crate) active: Option<u64>,
    pub(crate) created: OffsetDateTime,
    pub(crate) token: Token,
}

/// A version of an evaluation form. One that was active is locked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FormVersion {
    pub(crate) body: Value,
    pub(crate) locked: bool,
    pub(crate) modified: OffsetDateTime,
    /// Token of the update that made it.
    pub(crate) token: Token,
}
