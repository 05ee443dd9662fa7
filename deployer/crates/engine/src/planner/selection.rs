//! A part of a plan: the changes that were asked for, with those that they need.

use std::collections::{BTreeMap, BTreeSet};

use super::Planner;
use crate::action::Action;
use crate::address::Address;
use crate::plan::{Change, HeldBack};

/// The resources that a run may change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these, with what their changes need; all if empty.
    pub targets: BTreeSet<Address>,
    /// Not these, and nothing whose change needs theirs.
    pub excludes: BTreeSet<Address>,
}

impl Selection {
    /// Whether it selects everything.
    pub fn is_everything(&self) -> bool {
        self.targets.is_empty() && self.excludes.is_empty()
    }
}

impl Planner<'_> {
    /// Removes the changes that are not selected from the plan, with their problems.
    pub(super) fn select(&mut self) {
        let selection = self.inputs.selection;
        if selection.is_everything() {
            return;
        }
        let needs = self.needs();
        let mut selected: BTreeMap<Address, Option<Address>> = BTreeMap::new();
        for start in needs.keys().filter(|address| selection.targets.is_empty() || selection.targets.contains(*address)) {
            let closure = closure(start, &needs);
            if closure.keys().any(|needed| selection.excludes.contains(needed)) {
                continue;
            }
            for (address, by) in closure {
                let named = selection.targets.is_empty() || selection.targets.contains(&address);
                let by = by.filter(|_| !named);
                selected.entry(address).or_insert(by);
            }
        }
        let (kept, held): (Vec<Change>, Vec<Change>) = std::mem::take(&mut self.plan.changes)
            .into_iter()
            .partition(|change| change.action == Action::NoOp || selected.contains_key(&change.address));
        self.plan.changes = kept;
        self.plan.needed_by = selected.into_iter().filter_map(|(address, by)| Some((address, by?))).collect();
        let held: BTreeMap<Address, HeldBack> =
            held.into_iter().map(|change| (change.address.clone(), HeldBack::of(&change))).collect();
        self.plan.problems.retain(|problem| !held.contains_key(&problem.address));
        self.plan.held_back = held;
    }

    /// Returns, for each change, the other changes that must be made with it.
    ///
    /// What creates or changes a resource needs the changes of its dependencies. What deletes one needs those of all that depend on it, and
    /// so does what replaces it: the old one goes. What takes a name over needs the change that gives it up.
    fn needs(&mut self) -> BTreeMap<Address, BTreeSet<Address>> {
        let effective: BTreeSet<Address> = self.plan.effective().map(|change| change.address.clone()).collect();
        let changes: Vec<(Address, Action, bool)> =
            self.plan.effective().map(|change| (change.address.clone(), change.action, change.superseded)).collect();
        let dependents = self.dependents();
        let mut needs: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
        for (address, action, superseded) in changes {
            let mut found = BTreeSet::new();
            let goes = superseded || matches!(action, Action::Delete | Action::Forget | Action::Replace);
            if !superseded && !matches!(action, Action::Delete | Action::Forget) {
                found.extend(self.inputs.graph.dependencies(&address));
                found.extend(self.name_holder(&address));
            }
            if goes {
                found.extend(dependents.get(&address).into_iter().flatten().cloned());
            }
            found.retain(|other| *other != address && effective.contains(other));
            needs.entry(address).or_default().extend(found);
        }
        needs
    }

    /// Returns the resources that depend on each one, as recorded or as wanted.
    fn dependents(&self) -> BTreeMap<Address, BTreeSet<Address>> {
        let mut dependents: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
        let state = self.inputs.state;
        let recorded = state.resources.iter().chain(state.superseded.iter().map(|old| (&old.address, &old.record)));
        for (address, record) in recorded {
            for on in &record.dependencies {
                dependents.entry(on.clone()).or_default().insert(address.clone());
            }
        }
        for address in self.inputs.graph.nodes.keys() {
            for on in self.inputs.graph.dependencies(address) {
                dependents.entry(on).or_default().insert(address.clone());
            }
        }
        dependents
    }
}

/// Returns everything that the change at `start` needs, itself included, each with the change that needs it.
fn closure(start: &Address, needs: &BTreeMap<Address, BTreeSet<Address>>) -> BTreeMap<Address, Option<Address>> {
    let mut found = BTreeMap::from([(start.clone(), None)]);
    let mut open = vec![start.clone()];
    while let Some(address) = open.pop() {
        for other in needs.get(&address).into_iter().flatten() {
            if !found.contains_key(other) {
                found.insert(other.clone(), Some(address.clone()));
                open.push(other.clone());
            }
        }
    }
    found
}
