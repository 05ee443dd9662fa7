//! The observed resources and their owners.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::address::{Address, PhysicalId};
use crate::resource::{AnyLive, TagOwner};

/// The observed status of the resource at one address.
#[derive(Debug, Clone)]
pub enum Observation {
    /// Recorded and existing.
    Live(AnyLive),
    /// Existing and owned by this environment, but not recorded: the run that created it could not save it, or the state was lost.
    Discovered(AnyLive),
    /// Recorded but no longer existing.
    Missing,
    /// Existing but not owned by this environment: it has a desired name, or it is recorded and belongs to somebody else by now.
    Unowned {
        /// The existing resource.
        live: AnyLive,
        /// Evidence that this environment does not own it.
        why: String,
    },
    /// Neither recorded nor existing.
    NotFound,
    /// Not recorded, and it cannot be looked for until another resource exists. It is looked for before it is created.
    Undetermined,
}

impl Observation {
    /// Returns the outputs of the existing resource.
    pub(crate) fn outputs(&self) -> Map<String, Value> {
        match self {
            Self::Live(live) | Self::Discovered(live) | Self::Unowned { live, .. } => {
                live.outputs.as_object().cloned().unwrap_or_default()
            }
            Self::Missing | Self::NotFound | Self::Undetermined => Map::new(),
        }
    }

    /// Returns the properties of the existing resource, whoever owns it.
    pub(crate) fn any_properties(&self) -> Option<&Value> {
        match self {
            Self::Live(live) | Self::Discovered(live) | Self::Unowned { live, .. } => Some(&live.properties),
            Self::Missing | Self::NotFound | Self::Undetermined => None,
        }
    }

    /// Returns the id of the existing resource.
    pub(crate) fn id(&self) -> Option<PhysicalId> {
        match self {
            Self::Live(live) | Self::Discovered(live) | Self::Unowned { live, .. } => Some(live.id.clone()),
            Self::Missing | Self::NotFound | Self::Undetermined => None,
        }
    }

    /// Returns the properties of the resource if it exists and this environment owns it.
    pub(crate) fn properties(&self) -> Option<&Value> {
        match self {
            Self::Live(live) | Self::Discovered(live) => Some(&live.properties),
            Self::Unowned { .. } | Self::Missing | Self::NotFound | Self::Undetermined => None,
        }
    }
}

/// Owners of recorded resources whose tags do not name this environment. The key is address and id, because an unfinished replacement may
/// have left an old resource at the same address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owners(BTreeMap<(Address, PhysicalId), NotOurs>);

/// The owner of a resource that this environment does not own, or not certainly.
#[derive(Debug, Clone)]
enum NotOurs {
    /// Its tags name no owner. Only the record says that it is this environment's, and a record may be old or somebody else's.
    Unmarked(String),
    /// Its tags name another owner.
    Other(String),
}

impl Owners {
    pub(crate) fn note(&mut self, address: &Address, id: &PhysicalId, owner: TagOwner) {
        let noted = match owner {
            TagOwner::Us => return,
            TagOwner::Nobody(why) => NotOurs::Unmarked(why),
            TagOwner::Other(why) => NotOurs::Other(why),
        };
        self.0.insert((address.clone(), id.clone()), noted);
    }

    /// Returns why the recorded resource is not known to be this environment's; `None` if it is.
    pub(crate) fn foreign(&self, address: &Address, id: &PhysicalId) -> Option<&str> {
        match self.0.get(&(address.clone(), id.clone()))? {
            NotOurs::Other(why) | NotOurs::Unmarked(why) => Some(why),
        }
    }

    /// Returns which tags the recorded resource lacks that would name its owner; `None` if it has them.
    pub(crate) fn unmarked(&self, address: &Address, id: &PhysicalId) -> Option<&str> {
        match self.0.get(&(address.clone(), id.clone()))? {
            NotOurs::Unmarked(why) => Some(why),
            NotOurs::Other(_) => None,
        }
    }
}
