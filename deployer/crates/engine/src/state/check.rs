//! Validation of a well-formed state: nothing in it contradicts itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use uuid::Uuid;

use super::{EnvironmentId, PendingChange, Record, State};
use crate::action::Action;
use crate::address::Address;
use crate::error::{Error, ErrorClass, Result};
use crate::resource::Registry;

const REPAIR: &str = "put back a good copy, or move the file away: the next run finds by name and tag what exists and records it \
                      again. It was not changed";

/// Creates the error for a state that cannot be used; `what` follows the state's location in the message.
pub(super) fn damaged(place: &str, what: &str) -> Error {
    Error::new(ErrorClass::State, format!("the state {place} {what}")).with_help(REPAIR)
}

impl State {
    /// Checks everything that can be checked without knowing to which environment the state should belong.
    pub(super) fn check_content(&self, place: &str) -> Result<()> {
        let fault = if self.lineage.is_nil() {
            Some("its lineage is nil".to_owned())
        } else {
            self.bad_address().or_else(|| self.bad_record()).or_else(|| self.duplicate_record()).or_else(|| self.bad_intent())
        };
        match fault {
            None => Ok(()),
            Some(fault) => Err(damaged(place, &format!("is damaged: {fault}"))),
        }
    }

    pub(super) fn check_environment(&self, site: &EnvironmentId, place: &str) -> Result<()> {
        let pairs = [
            ("project", &self.project, &site.project),
            ("environment", &self.environment, &site.environment),
            ("account", &self.account, &site.account),
            ("region", &self.region, &site.region),
        ];
        let Some((what, theirs, ours)) = pairs.into_iter().find(|(_, theirs, ours)| theirs != ours) else { return Ok(()) };
        let message = format!("the state {place} belongs to {what} {theirs}, not to {what} {ours}; it was not changed");
        Err(Error::new(ErrorClass::State, message)
            .with_help(format!("use the spec of {what} {theirs}, or another place for the state of {what} {ours}")))
    }

    /// Checks that every resource type in the state is known.
    ///
    /// # Errors
    /// [`ErrorClass::State`]; the message names the address and the type.
    pub fn check_types(&self, registry: &Registry, place: &str) -> Result<()> {
        let known: BTreeSet<&str> = registry.type_names().collect();
        let open = self.open().map(|(address, open)| (address, &open.type_name));
        let mut named = self.records().map(|(address, record)| (address, &record.type_name)).chain(open);
        let Some((address, stranger)) = named.find(|(_, name)| !known.contains(name.as_str())) else { return Ok(()) };
        let message = format!("the state {place} has {address} of type {stranger}, which this version of deployer does not know");
        Err(Error::new(ErrorClass::State, message)
            .with_help("use the version of deployer that wrote it, or a newer one. It was not changed"))
    }

    /// Returns every record, including superseded ones.
    fn records(&self) -> impl Iterator<Item = (&Address, &Record)> {
        self.resources.iter().chain(self.superseded.iter().map(|old| (&old.address, &old.record)))
    }

    fn open(&self) -> impl Iterator<Item = (&Address, &PendingChange)> {
        self.intent.iter().flat_map(|intent| &intent.pending)
    }

    fn bad_address(&self) -> Option<String> {
        let records = self.records().flat_map(|(address, record)| std::iter::once(address).chain(&record.dependencies));
        let open = self.open().flat_map(|(address, open)| std::iter::once(address).chain(&open.dependencies));
        let bad = records.chain(open).find(|address| Address::parse(address.as_str()).is_none())?;
        Some(format!("\"{bad}\" is not an address (kind.name)"))
    }

    fn bad_record(&self) -> Option<String> {
        self.records().find_map(|(address, record)| {
            let late = record.generation > self.generation;
            let fault = match (record.id.as_str(), record.type_name.as_str()) {
                ("", _) => "has no id",
                (_, "") => "has no type",
                _ if late => "has a change number above the last one",
                _ => return None,
            };
            Some(format!("{address} {fault}"))
        })
    }

    /// Finds a resource that is recorded under two addresses: deleting it at one would delete it at the other.
    fn duplicate_record(&self) -> Option<String> {
        let mut seen: BTreeMap<(&str, &str), &Address> = BTreeMap::new();
        self.records().find_map(|(address, record)| {
            let first = seen.insert((&record.type_name, record.id.as_str()), address)?;
            Some(format!("{first} and {address} are both the {} {}", record.type_name, record.id))
        })
    }

    fn bad_intent(&self) -> Option<String> {
        if self.intent.as_ref().is_some_and(|intent| intent.run == Uuid::nil()) {
            return Some("the unfinished run in it has no id".to_owned());
        }
        self.open().find_map(|(address, open)| {
            let makes = matches!(open.action, Action::Create | Action::Update | Action::Replace | Action::Adopt);
            let fault = match open.action {
                Action::NoOp | Action::Forget => "a change that no run leaves open",
                _ if makes != open.desired.is_some() => "a change whose desired properties and action contradict each other",
                _ if open.generation > self.generation => "a change with a number above the last one",
                _ => return None,
            };
            Some(format!("for {address} it has {fault}"))
        })
    }
}

/// Deserializes a map and rejects duplicate keys: of two records at one address, neither is trusted.
pub(super) fn unique<'de, D, V>(deserializer: D) -> Result<BTreeMap<Address, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    struct Unique<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for Unique<V> {
        type Value = BTreeMap<Address, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map by address")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some((address, value)) = entries.next_entry::<Address, V>()? {
                if map.contains_key(&address) {
                    return Err(A::Error::custom(format!("{address} comes twice")));
                }
                map.insert(address, value);
            }
            Ok(map)
        }
    }

    deserializer.deserialize_map(Unique(PhantomData))
}
