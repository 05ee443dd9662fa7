//! The engine: the external dependencies of a run, and its options.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::address::Address;
use crate::backend::{Backend, LeaseOwner, StoredState};
use crate::context::{Context, Ownership};
use crate::error::Result;
use crate::event::EventSink;
use crate::history::RunRecord;
use crate::plan_check::PlanCheck;
use crate::planner::Selection;
use crate::ports::{Clock, Random};
use crate::resource::Registry;
use crate::state::{EnvironmentId, State};

/// The external dependencies of a run. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    /// The resource types.
    pub registry: Registry,
    /// Storage of the state and the lease.
    pub backend: Arc<dyn Backend>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub random: Arc<dyn Random>,
    /// Identity of this run, as shown to other runs.
    pub holder: LeaseOwner,
    /// The environment, with its account and region.
    pub environment_id: EnvironmentId,
    /// Receiver of events.
    pub events: EventSink,
    /// Time after which a create that was sent has had its visible effect or never will:
    /// [`CREATE_VISIBILITY_TIMEOUT`](crate::CREATE_VISIBILITY_TIMEOUT) on AWS, less where durations are shortened.
    pub create_visibility: Duration,
}

/// Options of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether existing resources that this environment does not own may be adopted.
    pub adopt: bool,
    /// Maximum number of concurrent changes.
    pub concurrency: usize,
    /// Maximum time to wait for a lease that another run holds; zero fails at once.
    pub lock_timeout: Duration,
    /// Lineage of a newly created state; random if `None`.
    pub lineage: Option<Uuid>,
    /// Resource types whose resources are deleted even if a [`RetainPolicy`](crate::RetainPolicy) would retain them.
    pub allow_delete: BTreeSet<String>,
    /// Resources to replace although they could stay.
    pub force_replace: BTreeSet<Address>,
    /// Whether a run may use more of AWS's quotas than is known to be available ([`Quota`](crate::Quota)).
    pub exceed_quota: bool,
    /// The check that state and plan must pass before the run writes anything; `None` if the run may carry out any plan.
    pub check: Option<Arc<dyn PlanCheck>>,
    /// The resources that the run may change.
    pub selection: Selection,
    /// What the run records in the history.
    pub record: RunRecord,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            adopt: false,
            concurrency: 16,
            lock_timeout: Duration::ZERO,
            lineage: None,
            allow_delete: BTreeSet::new(),
            force_replace: BTreeSet::new(),
            exceed_quota: false,
            check: None,
            selection: Selection::default(),
            record: RunRecord::default(),
        }
    }
}

impl Engine {
    /// Returns the recorded state; `None` if there is none.
    ///
    /// # Errors
    /// The state cannot be read or used, see [`State::parse`] and [`State::check_types`].
    pub async fn state(&self) -> Result<Option<State>> {
        let Some(stored) = self.backend.load().await? else { return Ok(None) };
        self.parse_state(&stored).map(Some)
    }

    /// Parses and strictly validates a stored state.
    pub(crate) fn parse_state(&self, stored: &StoredState) -> Result<State> {
        let place = self.backend.location();
        let state = State::parse(&stored.bytes, &self.environment_id, &place)?;
        state.check_types(&self.registry, &place)?;
        Ok(state)
    }

    /// Returns the initial state of an environment that has none.
    pub(crate) fn new_state(&self, options: &Options) -> State {
        State::new(&self.environment_id, options.lineage.unwrap_or_else(|| self.random.uuid()))
    }

    /// Returns the context of an operation on the resource at `address`, for change number `generation`.
    pub(crate) fn context(&self, state: &State, address: &Address, generation: u64) -> Context {
        Context {
            address: address.clone(),
            former_addresses: Vec::new(),
            owner: Arc::new(Ownership {
                project: self.environment_id.project.clone(),
                environment: self.environment_id.environment.clone(),
            }),
            token: state.token(address, generation),
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            events: self.events.clone(),
            lease_guard: None,
            attempts: None,
            cache: None,
            presence_only: false,
            creation_pending: false,
            create_visibility: self.create_visibility,
        }
    }
}
