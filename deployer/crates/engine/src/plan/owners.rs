//! Recorded resources that this environment does not own, or not certainly.

use std::collections::BTreeMap;

use super::Planner;
use crate::address::{Address, PhysicalId};
use crate::resource::TagOwner;
use crate::state::Record;

/// Owners of recorded resources whose tags do not name this environment. The key is address and id, because an unfinished replacement may
/// have left an old resource at the same address.
#[derive(Debug, Clone, Default)]
pub struct Owners(BTreeMap<(Address, PhysicalId), NotOurs>);

/// The owner of a resource that this environment does not own, or not certainly.
#[derive(Debug, Clone)]
enum NotOurs {
    /// Its tags name no owner, and it counts as owned by this environment.
    Unmarked(String),
    /// Its tags name no owner, and anybody may have created a resource with the recorded name.
    UnmarkedName(String),
    /// Its tags name another owner.
    Other(String),
}

impl Owners {
    pub(crate) fn note(&mut self, address: &Address, id: &PhysicalId, owner: TagOwner, id_is_a_name: bool) {
        let noted = match owner {
            TagOwner::Us => return,
            TagOwner::Nobody(why) if id_is_a_name => NotOurs::UnmarkedName(why),
            TagOwner::Nobody(why) => NotOurs::Unmarked(why),
            TagOwner::Other(why) => NotOurs::Other(why),
        };
        self.0.insert((address.clone(), id.clone()), noted);
    }

    /// Returns the evidence that the recorded resource counts as somebody else's; `None` if it does not.
    pub(crate) fn foreign(&self, address: &Address, id: &PhysicalId) -> Option<&str> {
        match self.0.get(&(address.clone(), id.clone()))? {
            NotOurs::Other(why) | NotOurs::UnmarkedName(why) => Some(why),
            NotOurs::Unmarked(_) => None,
        }
    }

    /// Returns which tags the recorded resource lacks that would name its owner; `None` if it has them.
    pub(crate) fn unmarked(&self, address: &Address, id: &PhysicalId) -> Option<&str> {
        match self.0.get(&(address.clone(), id.clone()))? {
            NotOurs::Unmarked(why) | NotOurs::UnmarkedName(why) => Some(why),
            NotOurs::Other(_) => None,
        }
    }
}

impl Planner<'_> {
    /// Refuses a deletion or replacement of a resource that holds data and has no owner tags: the data would be lost for good, so the owner
    /// must be certain. Such a resource is not dropped from the state silently either.
    pub(super) fn refuse_if_unmarked(&mut self, address: &Address, record: Option<&Record>) {
        let Some(record) = record else { return };
        let Some(why) = self.inputs.owners.unmarked(address, &record.id) else { return };
        let Ok(resource) = self.inputs.registry.get(&record.type_name) else { return };
        if !resource.holds_data() {
            return;
        }
        let message = format!("{} holds data that would be lost for good, and its owner is unknown: {why}", record.id);
        let help = if self.inputs.state.is_superseded(address, &record.id) {
            // No apply changes the tags of a resource that was replaced, and `state rm` refuses while it is still to be deleted.
            "if it is yours, put its tags back in the provider's console or with its command line, and run this again".to_owned()
        } else {
            let how = if resource.id_is_a_name() { "an apply with --adopt does" } else { "an apply that keeps it does" };
            format!("if it is yours, put its tags back ({how}) and run this again; if not: deployer state rm {address}")
        };
        self.refuse(address, message, help);
    }
}
