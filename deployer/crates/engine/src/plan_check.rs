//! The check that a run makes under its lease before it does anything: whether state and plan are still those that were approved earlier.

use std::fmt::Debug;

use crate::error::Result;
use crate::plan::Plan;
use crate::state::State;

/// A check of state and plan, for a run that may only carry out what was approved earlier. An error ends the run before it writes anything.
pub trait PlanCheck: Debug + Send + Sync {
    /// Checks the stored state (`None`: there is none), before anything else is read.
    ///
    /// # Errors
    /// The state is not the expected one.
    fn check_state(&self, state: Option<&State>) -> Result<()>;

    /// Checks the plan, which may be empty or have problems.
    ///
    /// # Errors
    /// The plan is not the expected one.
    fn check_plan(&self, plan: &Plan) -> Result<()>;
}
