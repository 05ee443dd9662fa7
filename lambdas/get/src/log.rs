//! One JSON line for each request, which is also its metrics (CloudWatch embedded
//! metric format, so that no call to CloudWatch is needed).
//!
//! Source: CloudWatch user guide, "Specification: Embedded metric format".

use serde_json::{Value, json};

/// The line for one answered request. `number` must be masked.
pub(crate) struct Line<'a> {
    pub(crate) at: u64,
    /// The function's name, which tells one environment's metrics from another's.
    pub(crate) function: &'a str,
    /// What was asked for: `page`, `recent`, `caller` or `nothing`.
    pub(crate) route: &'static str,
    pub(crate) status: u16,
    pub(crate) number: Option<String>,
    /// The trace header, by which the line is found from a trace.
    pub(crate) trace: Option<&'a str>,
    pub(crate) milliseconds: u64,
    pub(crate) error: Option<String>,
}

impl Line<'_> {
    /// The line as JSON.
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
            // A dimension is text.
            "status": self.status.to_string(),
            "number": self.number,
            "traceId": self.trace,
            "requests": 1,
            "milliseconds": self.milliseconds,
            "error": self.error,
        })
    }
}
