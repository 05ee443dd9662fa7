//! Operations on the state alone: loading it with its version, storing another one, rebuilding it from the provider.

use std::collections::{BTreeMap, BTreeSet};

use crate::acquire::acquire_lease;
use crate::address::Address;
use crate::apply::lease::TTL;
use crate::backend::Version;
use crate::cancellation::CancellationToken;
use crate::engine::Engine;
use crate::error::Result;
use crate::event::Event;
use crate::graph::Graph;
use crate::observation::Observation;
use crate::observe::observe;
use crate::state::State;

/// A state with the version under which it is stored.
#[derive(Debug, Clone)]
pub struct VersionedState {
    /// The state.
    pub state: State,
    /// The version that a conditional write must name.
    pub version: Version,
}

impl Engine {
    /// Loads the recorded state with its version; `None` if there is none. Takes no lease.
    ///
    /// # Errors
    /// As [`Engine::state`].
    pub async fn load_state(&self) -> Result<Option<VersionedState>> {
        let Some(stored) = self.backend.load().await? else { return Ok(None) };
        let state = self.parse_state(&stored)?;
        Ok(Some(VersionedState { state, version: stored.version }))
    }

    /// Stores `state` under the lease with the next serial, if the stored version is still `expected`, and returns the stored state.
    ///
    /// # Errors
    /// [`ErrorClass::Conflict`](crate::ErrorClass::Conflict) if another run holds the lease or has written since; then nothing was written.
    pub async fn store(&self, mut state: State, expected: Option<&Version>) -> Result<State> {
        let (lease, _) = acquire_lease(self, &CancellationToken::new(), TTL, std::time::Duration::ZERO).await?;
        state.serial += 1;
        state.fence = lease.fence;
        if expected.is_none() {
            state.history.forget_contents();
        }
        let written = match state.to_bytes() {
            Ok(bytes) => self.backend.save(bytes, expected, &lease).await,
            Err(error) => Err(error),
        };
        let released = self.backend.release(lease).await;
        written?;
        if let Err(error) = released {
            // The state was written; a lease that is not released expires.
            self.events.send(Event::LeaseLost { error });
        }
        Ok(state)
    }

    /// Records durably that the one-time secrets of these resources were shown.
    ///
    /// # Errors
    /// As [`Engine::store`]; then the next run reports that they may not have been shown.
    pub async fn mark_secrets_shown(&self, addresses: &BTreeSet<Address>) -> Result<()> {
        let Some(VersionedState { mut state, version }) = self.load_state().await? else { return Ok(()) };
        let before = state.unshown_secrets.len();
        state.unshown_secrets.retain(|address| !addresses.contains(address));
        if state.unshown_secrets.len() < before {
            self.store(state, Some(&version)).await?;
        }
        Ok(())
    }

    /// Rebuilds the state from lookups alone: records the existing resources of `graph` that are owned by this environment, with the
    /// history of `before` if it is known. Also returns the existing resources with a wanted name but without ownership, each with the
    /// reason. Changes and writes nothing.
    ///
    /// # Errors
    /// A graph that cannot be ordered, a failed lookup, or a `before` with an unfinished run.
    pub async fn rebuild(&self, graph: &Graph, before: Option<&State>) -> Result<(State, BTreeMap<Address, String>)> {
        let lineage = before.map_or_else(|| self.random.uuid(), |before| before.lineage);
        let mut bare = State::new(&self.environment_id, lineage);
        if let Some(before) = before {
            before.ensure_no_intent()?;
            (bare.serial, bare.generation) = (before.serial, before.generation);
            bare.superseded.clone_from(&before.superseded);
            bare.quota_entries.clone_from(&before.quota_entries);
            bare.unshown_secrets.clone_from(&before.unshown_secrets);
            bare.history.clone_from(&before.history);
        }
        let observed = observe(self, graph, graph, bare, None).await?;
        let foreign = observed.observations.into_iter().filter_map(|(address, seen)| match seen {
            Observation::Unowned { live, why } => Some((address, format!("{}: {why}", live.id))),
            _ => None,
        });
        Ok((observed.state, foreign.collect()))
    }
}
