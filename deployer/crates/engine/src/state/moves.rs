//! Renamed resources: records and pending changes that move to another address. Pure.

use std::collections::BTreeMap;

use super::State;
use crate::address::Address;
use crate::expr::Expr;
use crate::graph::Graph;
use crate::lifecycle::Lifecycle;

impl State {
    /// Moves the records and pending changes of renamed resources to their new addresses, and returns the former address of each resource
    /// that has moved. A resource that is recorded at several of its addresses stays where it is: the plan refuses that. Moving twice changes nothing.
    pub(crate) fn move_renamed(&mut self, graph: &Graph) -> BTreeMap<Address, Address> {
        let moved = |(to, lifecycle): (&Address, &Lifecycle)| {
            let mut former = lifecycle.renamed_from.iter().filter(|from| self.is_known(from) && !graph.nodes.contains_key(*from));
            // Recorded at two former addresses, it could be either.
            let from = former.next().filter(|_| former.next().is_none() && !self.is_known(to))?;
            Some((from.clone(), to.clone()))
        };
        let renamed: BTreeMap<Address, Address> = graph.lifecycles.iter().filter_map(moved).collect();
        if renamed.is_empty() {
            return BTreeMap::new();
        }
        let new = |address: &Address| renamed.get(address).unwrap_or(address).clone();
        self.resources =
            std::mem::take(&mut self.resources).into_iter().map(|(address, record)| (new(&address), record)).collect();
        self.unshown_secrets = self.unshown_secrets.iter().map(new).collect();
        self.superseded.iter_mut().for_each(|old| old.address = new(&old.address));
        for record in self.resources.values_mut().chain(self.superseded.iter_mut().map(|old| &mut old.record)) {
            record.dependencies = record.dependencies.iter().map(new).collect();
        }
        if let Some(intent) = &mut self.intent {
            for (address, mut open) in std::mem::take(&mut intent.pending) {
                if renamed.contains_key(&address) {
                    // AWS knows a call that was sent by the token of the former address.
                    open.token_address.get_or_insert_with(|| address.clone());
                }
                open.dependencies = open.dependencies.iter().map(new).collect();
                open.desired.iter_mut().for_each(|desired| redirect(desired, &new));
                intent.pending.insert(new(&address), open);
            }
        }
        renamed.into_iter().map(|(from, to)| (to, from)).collect()
    }

    /// Whether anything is recorded, replaced or pending at this address.
    pub(crate) fn is_known(&self, address: &Address) -> bool {
        let pending = self.intent.as_ref().is_some_and(|intent| intent.pending.contains_key(address));
        pending || self.resources.contains_key(address) || self.superseded.iter().any(|old| &old.address == address)
    }
}

/// Lets every reference name the new address.
fn redirect(expr: &mut Expr, new: &dyn Fn(&Address) -> Address) {
    match expr {
        Expr::Value(_) => {}
        Expr::List(items) | Expr::Text(items) => items.iter_mut().for_each(|item| redirect(item, new)),
        Expr::Map(entries) => entries.values_mut().for_each(|entry| redirect(entry, new)),
        Expr::Output(reference) => reference.address = new(&reference.address),
    }
}
