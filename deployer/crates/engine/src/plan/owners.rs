//! Whose the recorded things are that are not, or not certainly, ours.

use std::collections::BTreeMap;

use super::Planner;
use crate::address::{Address, PhysicalId};
use crate::resource::TagOwner;
use crate::state::Record;

/// What the tags of recorded things say, where that is not that they are ours: by address and id, because beside what is recorded an
/// unfinished replacement may have left an old one.
#[derive(Debug, Clone, Default)]
pub struct Owners(BTreeMap<(Address, PhysicalId), NotOurs>);

/// What is not, or not certainly, ours.
#[derive(Debug, Clone)]
enum NotOurs {
    /// Its tags say nothing, and it counts as ours.
    Unmarked(String),
    /// Its tags say nothing, and anybody may have given it the name that is recorded.
    UnmarkedName(String),
    /// Its tags say that it is somebody else's.
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

    /// How we know that the recorded thing counts as somebody else's, if it does.
    pub(crate) fn foreign(&self, address: &Address, id: &PhysicalId) -> Option<&str> {
        match self.0.get(&(address.clone(), id.clone()))? {
            NotOurs::Other(why) | NotOurs::UnmarkedName(why) => Some(why),
            NotOurs::Unmarked(_) => None,
        }
    }

    /// Which tags the recorded thing is without that would say whose it is, if it is.
    pub(crate) fn unmarked(&self, address: &Address, id: &PhysicalId) -> Option<&str> {
        match self.0.get(&(address.clone(), id.clone()))? {
            NotOurs::Unmarked(why) | NotOurs::UnmarkedName(why) => Some(why),
            NotOurs::Other(_) => None,
        }
    }
}

impl Planner<'_> {
    /// A deletion or replacement takes data away for good, so whose they are must be certain. Nor is such a thing forgotten in silence.
    pub(super) fn refuse_if_unmarked(&mut self, address: &Address, record: Option<&Record>) {
        let Some(record) = record else { return };
        let Some(why) = self.inputs.owners.unmarked(address, &record.id) else { return };
        let Ok(resource) = self.inputs.registry.get(&record.type_name) else { return };
        if !resource.holds_data() {
            return;
        }
        let message = format!("{} holds what is lost for good with it, and whose it is cannot be told: {why}", record.id);
        let help = match resource.id_is_a_name() {
            true => "if it is yours, put its tags back (an apply with --adopt does)",
            false => "if it is yours, put its tags back (an apply that keeps it does)",
        };
        let help = format!("{help} and run this again; if not: deployer state rm {address}");
        self.refuse(address, message, help);
    }
}
