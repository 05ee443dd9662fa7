//! The order of the queries of an observation: each one as soon as its dependencies are known. Pure.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::address::Address;
use crate::graph::Graph;

/// Maximum number of concurrent queries per resource type, so that a type whose service is slow or rate-limited does not delay the others.
const MAX_CONCURRENT_PER_TYPE: usize = 32;

/// A kind of query about a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Query {
    /// Reads the recorded resource.
    Read,
    /// Looks for a resource that is not recorded or is missing.
    Lookup,
    /// Looks for an unrecorded resource before its dependencies are known; only its absence counts.
    EarlyLookup,
}

#[derive(Debug)]
struct Item {
    address: Address,
    /// Index of the queue of the resource's type.
    kind: usize,
    /// Number of dependencies that are not known yet.
    unmet_dependencies: usize,
    dependents: Vec<usize>,
    /// Whether the resource is looked up as soon as it has no unmet dependencies.
    needs_lookup: bool,
}

#[derive(Debug, Default)]
struct Queue {
    ready: VecDeque<(usize, Query)>,
    running: usize,
}

/// The queries of one observation.
#[derive(Debug)]
pub(super) struct Schedule {
    items: Vec<Item>,
    queues: Vec<Queue>,
    /// Items before this index wait for nothing.
    first_waiting: usize,
}

impl Schedule {
    /// Creates the queries for all resources in `order`, whose dependencies `graph` knows, and for all `recorded` ones, given with the
    /// names of their types. Those of which `is_early` is true are looked for without waiting for their dependencies.
    pub(super) fn new<'a>(
        recorded: impl Iterator<Item = (&'a Address, &'a str)>,
        order: &'a [Address],
        graph: &'a Graph,
        is_early: &dyn Fn(&Address) -> bool,
    ) -> Self {
        let recorded: BTreeMap<&Address, &str> = recorded.collect();
        let unwanted = recorded.keys().copied().filter(|address| !graph.nodes.contains_key(*address));
        let addresses: Vec<&Address> = order.iter().chain(unwanted).collect();
        let places: HashMap<&Address, usize> = addresses.iter().enumerate().map(|(place, address)| (*address, place)).collect();
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        let mut items: Vec<Item> = Vec::with_capacity(addresses.len());
        for address in &addresses {
            let wanted = graph.nodes.get(*address).map(|node| node.type_name.as_str());
            let type_name = recorded.get(address).copied().or(wanted).unwrap_or_default();
            let next = kinds.len();
            let kind = *kinds.entry(type_name).or_insert(next);
            let wants_look = !recorded.contains_key(address);
            items.push(Item {
                address: (*address).clone(),
                kind,
                unmet_dependencies: 0,
                dependents: Vec::new(),
                needs_lookup: wants_look,
            });
        }
        for (place, address) in addresses.iter().enumerate() {
            for on in graph.dependencies(address).iter().filter_map(|on| places.get(on)).filter(|on| **on != place) {
                items[*on].dependents.push(place);
                items[place].unmet_dependencies += 1;
            }
        }
        let queues = kinds.iter().map(|_| Queue::default()).collect();
        let mut schedule = Self { items, queues, first_waiting: 0 };
        for place in 0..schedule.items.len() {
            let item = &mut schedule.items[place];
            if item.needs_lookup && item.unmet_dependencies > 0 && is_early(&item.address) {
                item.needs_lookup = false;
                schedule.put(place, Query::EarlyLookup);
            } else if item.needs_lookup {
                schedule.queue_lookup_if_ready(place);
            } else {
                schedule.put(place, Query::Read);
            }
        }
        schedule
    }

    /// Returns the next query that may start now, with the number to report its completion under.
    pub(super) fn start(&mut self) -> Option<(usize, Address, Query)> {
        let queue = self.queues.iter_mut().find(|queue| queue.running < MAX_CONCURRENT_PER_TYPE && !queue.ready.is_empty())?;
        let (place, task) = queue.ready.pop_front()?;
        queue.running += 1;
        Some((place, self.items[place].address.clone(), task))
    }

    /// Marks a query as completed; `look` tells whether the resource must be looked up now.
    pub(super) fn complete(&mut self, place: usize, look: bool) {
        self.queues[self.items[place].kind].running -= 1;
        if look {
            self.items[place].needs_lookup = true;
            self.queue_lookup_if_ready(place);
            return;
        }
        for after in std::mem::take(&mut self.items[place].dependents) {
            self.items[after].unmet_dependencies -= 1;
            self.queue_lookup_if_ready(after);
        }
    }

    /// Marks a query as failed: queries that depend on its result are not started.
    pub(super) fn failed(&mut self, place: usize) {
        self.queues[self.items[place].kind].running -= 1;
    }

    /// Starts the first of the queries that wait for each other; leftovers of an earlier spec and the present spec can form such a cycle.
    /// Returns `false` if no query waits.
    pub(super) fn break_cycle(&mut self) -> bool {
        while let Some(item) = self.items.get(self.first_waiting) {
            if item.needs_lookup {
                self.items[self.first_waiting].needs_lookup = false;
                self.put(self.first_waiting, Query::Lookup);
                return true;
            }
            self.first_waiting += 1;
        }
        false
    }

    fn queue_lookup_if_ready(&mut self, place: usize) {
        let item = &mut self.items[place];
        if item.unmet_dependencies == 0 && item.needs_lookup {
            item.needs_lookup = false;
            self.put(place, Query::Lookup);
        }
    }

    fn put(&mut self, place: usize, task: Query) {
        self.queues[self.items[place].kind].ready.push_back((place, task));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Expr;

    fn address(name: &str) -> Address {
        Address::new("t", name)
    }

    fn started(schedule: &mut Schedule) -> Vec<(usize, String, Query)> {
        std::iter::from_fn(|| schedule.start()).map(|(place, address, task)| (place, address.name().to_owned(), task)).collect()
    }

    /// Returns a schedule of `a`, and of `b` and `c`, which refer to it; `c` is recorded.
    fn schedule() -> Schedule {
        let (a, b, c) = (address("a"), address("b"), address("c"));
        let mut graph = Graph::default();
        graph.insert(a.clone(), "t", Expr::map([("x", Expr::from("1"))]), []);
        graph.insert(b, "t", Expr::map([("x", Expr::output(&a, "id"))]), []);
        graph.insert(c.clone(), "t", Expr::map([("x", Expr::output(&a, "id"))]), []);
        let order = graph.lenient_order();
        Schedule::new([(&c, "t")].into_iter(), &order, &graph, &|_| false)
    }

    #[test]
    fn look_ups_wait_for_their_own_dependencies_only() {
        let mut schedule = schedule();
        assert_eq!(started(&mut schedule), [(0, "a".to_owned(), Query::Lookup), (2, "c".to_owned(), Query::Read)]);
        // The recorded resource is missing: it is looked up once its dependency is known.
        schedule.complete(2, true);
        assert_eq!(started(&mut schedule), []);
        schedule.complete(0, false);
        assert_eq!(started(&mut schedule), [(1, "b".to_owned(), Query::Lookup), (2, "c".to_owned(), Query::Lookup)]);
    }

    #[test]
    fn early_look_ups_wait_for_nothing_and_only_absence_counts() {
        let (a, b, c) = (address("a"), address("b"), address("c"));
        let mut graph = Graph::default();
        graph.insert(a.clone(), "t", Expr::map([("x", Expr::from("1"))]), []);
        graph.insert(b.clone(), "t", Expr::map([("x", Expr::output(&a, "id"))]), []);
        graph.insert(c, "t", Expr::map([("x", Expr::output(&b, "id"))]), []);
        let order = graph.lenient_order();
        let new = || Schedule::new(std::iter::empty(), &order, &graph, &|address| *address == b);
        let early = [(0, "a".to_owned(), Query::Lookup), (1, "b".to_owned(), Query::EarlyLookup)];
        let last = [(2, "c".to_owned(), Query::Lookup)];
        let mut absent = new();
        assert_eq!(started(&mut absent), early);
        absent.complete(1, false);
        assert_eq!(started(&mut absent), last);
        absent.complete(0, false);
        assert_eq!(started(&mut absent), []);
        // It may exist, so it is looked for again with what it depends on, whichever is known first.
        let again = [(1, "b".to_owned(), Query::Lookup)];
        for first in [0, 1] {
            let mut present = new();
            assert_eq!(started(&mut present), early);
            present.complete(first, first == 1);
            assert_eq!(started(&mut present), []);
            present.complete(1 - first, first == 0);
            assert_eq!(started(&mut present), again);
            present.complete(1, false);
            assert_eq!(started(&mut present), last);
        }
    }

    #[test]
    fn circles_are_broken_at_their_first() {
        let (a, b) = (address("a"), address("b"));
        let mut graph = Graph::default();
        graph.insert(a.clone(), "t", Expr::output(&b, "id"), []);
        graph.insert(b, "t", Expr::output(&a, "id"), []);
        let order = graph.lenient_order();
        let mut schedule = Schedule::new(std::iter::empty(), &order, &graph, &|_| false);
        assert_eq!(started(&mut schedule), []);
        assert!(schedule.break_cycle());
        let first = started(&mut schedule);
        assert_eq!(first.len(), 1);
        schedule.complete(first[0].0, false);
        assert_eq!(started(&mut schedule).len(), 1);
        assert!(!schedule.break_cycle());
    }

    #[test]
    fn one_type_does_not_keep_another_waiting() {
        let mut graph = Graph::default();
        for number in 0..100 {
            graph.insert(Address::new("many", &format!("{number:03}")), "many", Expr::from("x"), []);
        }
        graph.insert(address("one"), "one", Expr::from("x"), []);
        let order = graph.lenient_order();
        let started = started(&mut Schedule::new(std::iter::empty(), &order, &graph, &|_| false));
        assert_eq!(started.len(), MAX_CONCURRENT_PER_TYPE + 1);
        assert!(started.iter().any(|(_, name, _)| name == "one"));
    }
}
