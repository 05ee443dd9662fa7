//! Work on the record alone: reading it with its version, storing another, rebuilding it from the cloud.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::apply::lease::TTL;
use crate::backend::Version;
use crate::engine::Engine;
use crate::error::Result;
use crate::event::Event;
use crate::graph::Graph;
use crate::cancellation::CancellationToken;
use crate::observe::observe;
use crate::plan::Observation;
use crate::state::State;
use crate::acquire::take;

/// A state and which write of it this is.
#[derive(Debug, Clone)]
pub struct VersionedState {
    /// The state.
    pub state: State,
    /// What a conditional write must name.
    pub version: Version,
}

impl Engine {
    /// The recorded state with its version; `None` if there is none. Takes no lease.
    ///
    /// # Errors
    /// As [`Engine::state`].
    pub async fn recorded(&self) -> Result<Option<VersionedState>> {
        let Some(stored) = self.backend.load().await? else { return Ok(None) };
        let state = self.understand(&stored)?;
        Ok(Some(VersionedState { state, version: stored.version }))
    }

    /// Stores `state` under the lease with the next serial, if the stored one is still `expected`, and gives what was stored.
    ///
    /// # Errors
    /// [`Class::Conflict`](crate::Class::Conflict) if another run holds the lease or has written since; then nothing was
    /// written.
    pub async fn store(&self, mut state: State, expected: Option<&Version>) -> Result<State> {
        let (lease, _) = take(self, &CancellationToken::new(), TTL, std::time::Duration::ZERO).await?;
        state.serial += 1;
        state.fence = lease.fence;
        let written = match state.to_bytes() {
            Ok(bytes) => self.backend.save(bytes, expected, &lease).await,
            Err(error) => Err(error),
        };
        let released = self.backend.release(lease).await;
        written?;
        if let Err(error) = released {
            // It was written; a lease that is not given back lapses.
            self.events.send(Event::LeaseLost { error });
        }
        Ok(state)
    }

    /// Notes durably that what these resources tell once was told.
    ///
    /// # Errors
    /// As [`Engine::store`]; then the next run says that it may not have been told.
    pub async fn mark_secrets_shown(&self, addresses: &BTreeSet<Address>) -> Result<()> {
        let Some(VersionedState { mut state, version }) = self.recorded().await? else { return Ok(()) };
        let before = state.unshown_secrets.len();
        state.unshown_secrets.retain(|address| !addresses.contains(address));
        if state.unshown_secrets.len() < before {
            self.store(state, Some(&version)).await?;
        }
        Ok(())
    }

    /// A record of what exists of `graph` and is ours, made by looking only; with the history of `before`, if it is known. Also
    /// what exists under a wanted name without being ours, with how we know. Makes no change and writes nothing.
    ///
    /// # Errors
    /// A graph that cannot be ordered, or a look that failed; a `before` with an unfinished run.
    pub async fn rebuild(&self, graph: &Graph, before: Option<&State>) -> Result<(State, BTreeMap<Address, String>)> {
        let lineage = before.map_or_else(|| self.entropy.uuid(), |before| before.lineage);
        let mut bare = State::new(&self.site, lineage);
        if let Some(before) = before {
            before.ensure_no_intent()?;
            (bare.serial, bare.generation) = (before.serial, before.generation);
            bare.superseded.clone_from(&before.superseded);
            bare.spent.clone_from(&before.spent);
            bare.unshown_secrets.clone_from(&before.unshown_secrets);
        }
        let observed = observe(self, graph, graph, bare, None).await?;
        let foreign = observed.seen.into_iter().filter_map(|(address, seen)| match seen {
            Observation::Foreign { live, why } => Some((address, format!("{}: {why}", live.id))),
            _ => None,
        });
        Ok((observed.state, foreign.collect()))
    }
}
