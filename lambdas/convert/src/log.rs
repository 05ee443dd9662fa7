//! One JSON line for each call, which also contains its metrics (CloudWatch embedded metric format, so that no call to
//! CloudWatch is needed).
//!
//! Source: CloudWatch user guide, "Specification: Embedded metric format".

use serde_json::{Value, json};

/// A log line for one answered call. `number` must be masked.
pub(crate) struct LogLine<'a> {
    pub(crate) at: u64,
    /// Name of the function, which distinguishes the metrics of different environments.
    pub(crate) function: &'a str,
    pub(crate) status: &'a str,
    pub(crate) number: Option<String>,
    pub(crate) contact: &'a str,
    /// Trace header, which links the line to its trace.
    pub(crate) trace: Option<&'a str>,
    pub(crate) words: usize,
    /// Result of the save: `saved`, `repeated`, `none` or `failed`.
    pub(crate) save: &'static str,
    pub(crate) save_milliseconds: u64,
    pub(crate) error: Option<String>,
}

impl LogLine<'_> {
    /// Returns the line as JSON.
    pub(crate) fn json(&self) -> Value {
        json!({
            "_aws": {"Timestamp": self.at, "CloudWatchMetrics": [{
                "Namespace": "VanityNumbers",
                "Dimensions": [["function"], ["function", "status", "save"]],
                "Metrics": [
                    {"Name": "calls", "Unit": "Count"},
                    {"Name": "wordCount", "Unit": "Count"},
                    {"Name": "saveMilliseconds", "Unit": "Milliseconds"},
                ],
            }]},
            "level": if self.error.is_some() { "ERROR" } else { "INFO" },
            "message": "call answered",
            "function": self.function,
            "status": self.status,
            "save": self.save,
            "number": self.number,
            "contactId": self.contact,
            "traceId": self.trace,
            "calls": 1,
            "wordCount": self.words,
            "saveMilliseconds": self.save_milliseconds,
            "error": self.error,
        })
    }
}
