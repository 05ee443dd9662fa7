//! Results of tests.

use super::coverage::Coverage;
use super::export::TestCase;
use crate::interpret::Transcript;

/// Result of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Name of the test.
    pub name: String,
    /// Expectations that were not met; the test passed if there is none.
    pub failures: Vec<String>,
    /// Transcript of the call.
    pub transcript: Transcript,
    /// The same test for a real instance, or the reason why there is none.
    pub test_case: Result<TestCase, String>,
}

/// Result of a suite.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Results of the tests in their order.
    pub outcomes: Vec<Outcome>,
    /// Coverage of each flow, by path.
    pub coverage: Vec<(String, Coverage)>,
}

impl Report {
    /// Returns the number of failed tests.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count()
    }
}
