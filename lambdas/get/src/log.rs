//! One JSON line for each request, which also contains its metrics (CloudWatch embedded metric format, so that no call to
//! CloudWatch is needed).
//!
//! Source: CloudWatch user guide, "Specification: Embedded metric format".

use serde_json::{Value, json};

/// A log line for one answered request. `number` must be masked.
pub(crate) struct LogLine<'a> {
    pub(crate) at: u64,
    /// Name of the function, which distinguishes the metrics of different environments.
    pub(crate) function: &'a str,
    /// Requested route: `page`, `recent`, `caller` or `nothing`.
    pub(crate) route: &'static str,
    pub(crate) status: u16,
    pub(crate) number: Option<String>,
    /// Trace header, which links the line to its trace.
    pub(crate) trace: Option<&'a str>,
    pub(crate) milliseconds: u64,
    pub(crate) error: Option<String>,
}

impl LogLine<'_> {
    /// Returns the line as JSON.
    pub(crate) fn json(&self) -> Value {
        json!({
            "_aws": {"Timestamp": self.at, "CloudWatchMetrics": [{
                "Namespace": "VanityNumbers",
                "Dimensions": [["function"], ["function", "route", "status"]],
                "Metrics": [
                    {"Name": "requests", "Unit": "Count"},
                    {"Name": "milliseconds", "Unit": "Milliseconds"},
                ],
            }]},
            "level": if self.error.is_some() { "ERROR" } else { "INFO" },
            "message": "request answered",
            "function": self.function,
            "route": self.route,
            // A dimension must be a string.
            "status": self.status.to_string(),
            "number": self.number,
            "traceId": self.trace,
            "requests": 1,
            "milliseconds": self.milliseconds,
            "error": self.error,
        })
    }
}
