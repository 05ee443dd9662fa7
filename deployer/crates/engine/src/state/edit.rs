//! Manual edits of the state: they change no resource. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Record, State};
use crate::address::{Address, PhysicalId};
use crate::error::{Error, ErrorClass, Result};

/// The differences between the records of two states, by address.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Only in the new state.
    pub added: BTreeMap<Address, PhysicalId>,
    /// In both states, with different content.
    pub changed: BTreeMap<Address, PhysicalId>,
    /// Only in the old state.
    pub removed: BTreeMap<Address, PhysicalId>,
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl State {
    /// Refuses while a run is unfinished: its pending changes are looked up by address, which no edit may change in the meantime.
    ///
    /// # Errors
    /// [`ErrorClass::Refused`].
    pub fn ensure_no_intent(&self) -> Result<()> {
        let Some(intent) = &self.intent else { return Ok(()) };
        let message = format!("`{}` was interrupted and left {} changes pending", intent.command, intent.pending.len());
        Err(Error::new(ErrorClass::Refused, message).with_help("run apply or destroy first; either completes them"))
    }

    /// Returns the state without the record at `address`, and that record.
    ///
    /// # Errors
    /// [`ErrorClass::Refused`] if nothing is recorded there, a run is unfinished, or the old resource of a replacement at this address is still
    /// to be deleted.
    pub fn forget(&self, address: &Address) -> Result<(Self, Record)> {
        self.ensure_no_intent()?;
        self.no_superseded(address)?;
        let mut state = self.clone();
        let record = state.resources.remove(address).ok_or_else(|| self.nothing_at(address))?;
        state.unshown_secrets.remove(address);
        Ok((state, record))
    }

    /// Returns the state with the record at `from` moved to `to`; dependencies on it follow.
    ///
    /// # Errors
    /// [`ErrorClass::Refused`] if nothing is recorded at `from`, a resource is recorded at `to`, their kinds differ, a run is unfinished, or the
    /// old resource of a replacement at `from` or `to` is still to be deleted.
    pub fn rename(&self, from: &Address, to: &Address) -> Result<Self> {
        self.ensure_no_intent()?;
        self.no_superseded(from)?;
        self.no_superseded(to)?;
        let record = self.resources.get(from).ok_or_else(|| self.nothing_at(from))?;
        if from.kind() != to.kind() {
            let message = format!("{from} cannot become {to}: a {} is not a {}", from.kind(), to.kind());
            return Err(Error::new(ErrorClass::Refused, message).with_help(format!("choose an address {}.NAME", from.kind())));
        }
        if let Some(there) = self.resources.get(to) {
            return Err(Error::new(ErrorClass::Refused, format!("{to} is recorded already, as {}", there.id))
                .with_help("forget or move that one first"));
        }
        let mut state = self.clone();
        state.resources.remove(from);
        state.resources.insert(to.clone(), record.clone());
        if state.unshown_secrets.remove(from) {
            state.unshown_secrets.insert(to.clone());
        }
        let superseded = state.superseded.iter_mut().map(|old| &mut old.record);
        for record in state.resources.values_mut().chain(superseded) {
            if record.dependencies.remove(from) {
                record.dependencies.insert(to.clone());
            }
        }
        Ok(state)
    }

    /// Returns this state as the successor of `stored`. Change numbers never decrease, so that no token is used twice; and the recorded
    /// quota usage and the history are preserved.
    ///
    /// # Errors
    /// [`ErrorClass::Refused`] if a run is unfinished in either, the lineages differ, or this state is older than `stored` and `older` does not
    /// allow that.
    pub fn as_successor_of(mut self, stored: &Self, older: bool) -> Result<Self> {
        stored.ensure_no_intent()?;
        self.ensure_no_intent()?;
        if self.lineage != stored.lineage {
            let message = format!("it has another lineage ({}, not {})", self.lineage, stored.lineage);
            return Err(Error::new(ErrorClass::Refused, message).with_help("give a copy of this environment's own state"));
        }
        if self.serial < stored.serial && !older {
            let message = format!("it is older than the stored one (write {}, not {})", self.serial, stored.serial);
            return Err(Error::new(ErrorClass::Refused, message).with_help("pass --force to accept it anyway"));
        }
        self.serial = self.serial.max(stored.serial);
        self.generation = self.generation.max(stored.generation);
        self.merge_quota_entries(stored);
        // Only the stored one says which slots are in use.
        self.history.clone_from(&stored.history);
        Ok(self)
    }

    /// Returns the differences between the records of this state and of `new`.
    pub fn difference(&self, new: &Self) -> Difference {
        let mut difference = Difference::default();
        let addresses: BTreeSet<&Address> = self.resources.keys().chain(new.resources.keys()).collect();
        for address in addresses {
            let (kind, id) = match (self.resources.get(address), new.resources.get(address)) {
                (Some(old), Some(new)) if old == new => continue,
                (Some(_), Some(new)) => (&mut difference.changed, &new.id),
                (None, Some(new)) => (&mut difference.added, &new.id),
                (Some(old), None) => (&mut difference.removed, &old.id),
                (None, None) => continue,
            };
            kind.insert(address.clone(), id.clone());
        }
        difference
    }

    fn nothing_at(&self, address: &Address) -> Error {
        let names: Vec<&str> = self.resources.keys().map(Address::as_str).collect();
        let help = if names.is_empty() { "nothing is recorded".to_owned() } else { format!("there are {}", names.join(", ")) };
        Error::new(ErrorClass::Refused, format!("{address} is not in the state")).with_help(help)
    }

    fn no_superseded(&self, address: &Address) -> Result<()> {
        let Some(old) = self.superseded.iter().find(|old| &old.address == address) else { return Ok(()) };
        let message = format!("the old one of a replacement at {address}, {}, is still to be deleted", old.record.id);
        Err(Error::new(ErrorClass::Refused, message).with_help("run apply first"))
    }
}
