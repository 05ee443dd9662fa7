//! Executions of test cases.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::stored::stored;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Execution {
    pub(crate) case: String,
    pub(crate) token: Option<String>,
    pub(crate) asked: OffsetDateTime,
    /// Published content at the time of the request.
    pub(crate) content: String,
    pub(crate) begun: Option<OffsetDateTime>,
    pub(crate) result: Option<Finished>,
    pub(crate) stopped: Option<OffsetDateTime>,
}

stored!(Execution);

/// Result of an execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Finished {
    pub(crate) at: OffsetDateTime,
    pub(crate) passed: bool,
    pub(crate) observed: Vec<Record>,
    /// Content of the last record.
    pub(crate) completion: Value,
    pub(crate) contact: Option<String>,
}

impl Finished {
    /// Returns the result of an execution that could not start: `INITIALIZATION_FAILURE`, by a record of a real call.
    pub(crate) fn without_a_call(at: OffsetDateTime, why: &str) -> Self {
        let completion = json!({"Type": "FAILURE", "Message": why, "FailureReasons": ["INITIALIZATION_FAILURE"]});
        Self { at, passed: false, observed: Vec::new(), completion, contact: None }
    }
}

/// A record of an observation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) at: OffsetDateTime,
    pub(crate) id: String,
    pub(crate) passed: bool,
    pub(crate) record: Value,
}
