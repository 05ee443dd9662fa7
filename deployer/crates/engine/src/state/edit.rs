//! Changes of the record alone, made by hand: they touch nothing in the cloud. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Record, State};
use crate::address::{Address, PhysicalId};
use crate::error::{Class, Error, Result};

/// What differs between two states' records, by address.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Only in the new one.
    pub added: BTreeMap<Address, PhysicalId>,
    /// In both, with another content.
    pub changed: BTreeMap<Address, PhysicalId>,
    /// Only in the old one.
    pub removed: BTreeMap<Address, PhysicalId>,
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl State {
    /// Refuses while a run is unfinished: what it left open is looked up by address, which no edit may change under it.
    ///
    /// # Errors
    /// [`Class::Refused`].
    pub fn ensure_no_intent(&self) -> Result<()> {
        let Some(intent) = &self.intent else { return Ok(()) };
        let message = format!("`{}` was cut short and left {} changes open", intent.command, intent.open.len());
        Err(Error::new(Class::Refused, message).with_help("run apply or destroy first; it picks them up"))
    }

    /// The state without the record at `address`, and that record.
    ///
    /// # Errors
    /// [`Class::Refused`] if nothing is recorded there, a run is unfinished, or an old one of a replacement at this address is
    /// still to be deleted.
    pub fn forget(&self, address: &Address) -> Result<(Self, Record)> {
        self.ensure_no_intent()?;
        self.no_superseded(address)?;
        let mut state = self.clone();
        let record = state.resources.remove(address).ok_or_else(|| self.nothing_at(address))?;
        state.unshown_secrets.remove(address);
        Ok((state, record))
    }

    /// The state with the record at `from` under `to`; what depends on it follows.
    ///
    /// # Errors
    /// [`Class::Refused`] if nothing is recorded at `from`, something is at `to`, their kinds differ, a run is unfinished, or
    /// an old one of a replacement at `from` is still to be deleted.
    pub fn rename(&self, from: &Address, to: &Address) -> Result<Self> {
        self.ensure_no_intent()?;
        self.no_superseded(from)?;
        self.no_superseded(to)?;
        let record = self.resources.get(from).ok_or_else(|| self.nothing_at(from))?;
        if from.kind() != to.kind() {
            let message = format!("{from} cannot become {to}: a {} is no {}", from.kind(), to.kind());
            return Err(Error::new(Class::Refused, message).with_help(format!("choose an address {}.NAME", from.kind())));
        }
        if let Some(there) = self.resources.get(to) {
            return Err(Error::new(Class::Refused, format!("{to} is recorded already, as {}", there.id))
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

    /// This state in the place of `stored`, numbered as its successor. Change numbers never fall, so that no token is used twice;
    /// and what was spent of the cloud's budgets stays spent.
    ///
    /// # Errors
    /// [`Class::Refused`] if a run is unfinished in either, the history is another one, or this state is older than `stored`
    /// and `older` does not allow that.
    pub fn as_successor_of(mut self, stored: &Self, older: bool) -> Result<Self> {
        stored.ensure_no_intent()?;
        self.ensure_no_intent()?;
        if self.lineage != stored.lineage {
            let message = format!("it has another history (lineage {}, not {})", self.lineage, stored.lineage);
            return Err(Error::new(Class::Refused, message).with_help("give a copy of this environment's own state"));
        }
        if self.serial < stored.serial && !older {
            let message = format!("it is older than the stored one (write {}, not {})", self.serial, stored.serial);
            return Err(Error::new(Class::Refused, message).with_help("--force takes it all the same"));
        }
        self.serial = self.serial.max(stored.serial);
        self.generation = self.generation.max(stored.generation);
        self.spent_also(stored);
        Ok(self)
    }

    /// What differs between the records of this state and of `new`.
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
        Error::new(Class::Refused, format!("nothing is recorded at {address}")).with_help(help)
    }

    fn no_superseded(&self, address: &Address) -> Result<()> {
        let Some(old) = self.superseded.iter().find(|old| &old.address == address) else { return Ok(()) };
        let message = format!("the old one of a replacement at {address}, {}, is still to be deleted", old.record.id);
        Err(Error::new(Class::Refused, message).with_help("run apply first"))
    }
}
