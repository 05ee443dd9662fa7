//! The recorded state without an engine, for commands that only look at it.

use deployer_engine::{Backend, EnvironmentId, State};

use crate::failure::Failure;
use crate::project::Project;

/// Returns the identity of the environment as the spec has it.
pub(super) fn environment_id(project: &Project) -> EnvironmentId {
    EnvironmentId {
        project: project.spec.project.to_string(),
        environment: project.spec.environment.to_string(),
        account: project.spec.provider.account().to_string(),
        region: project.spec.provider.region().to_string(),
    }
}

/// Reads the state; `None` if there is none. Needs neither the lease nor, for a state in a directory, AWS.
///
/// # Errors
/// The backend cannot be read, or the state is damaged or of another environment.
pub(super) async fn state(project: &Project, backend: &dyn Backend) -> Result<Option<State>, Failure> {
    let stored = backend.load().await?;
    let parsed = stored.map(|stored| State::parse(&stored.bytes, &environment_id(project), &backend.location()));
    Ok(parsed.transpose()?)
}
