//! A plan as single steps and what each of them waits for. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::event::Action;
use crate::graph::Graph;
use crate::plan::{Change, Plan};
use crate::resource::Replacement;
use crate::state::{Record, State};

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Makes or changes the resource; nothing if the plan leaves it as it is.
    Make,
    /// Removes what the record names.
    Remove(Box<Record>),
    /// Drops the record.
    Forget,
}

/// One step of a change.
#[derive(Debug)]
pub(crate) struct Step {
    /// Which change of the plan.
    pub(crate) change: usize,
    /// What it does.
    pub(crate) work: Work,
    /// Steps that must have ended well first.
    pub(crate) waits_for: BTreeSet<usize>,
    /// Steps that wait for this one.
    pub(crate) waited_for_by: BTreeSet<usize>,
    /// How many steps the longest chain from here to an end has.
    pub(crate) remaining: usize,
}

/// All steps of a plan. No step waits for itself through others.
#[derive(Debug)]
pub(crate) struct Steps(pub(crate) Vec<Step>);

impl Steps {
    /// The steps of `plan`, where `graph` is what is wanted and `state` what is recorded.
    pub(crate) fn of(plan: &Plan, graph: &Graph, state: &State) -> Self {
        let mut steps = Self(Vec::new());
        for (index, change) in plan.changes.iter().enumerate() {
            for work in works(change, state) {
                let (waits_for, waited_for_by) = (BTreeSet::new(), BTreeSet::new());
                steps.0.push(Step { change: index, work, waits_for, waited_for_by, remaining: 0 });
            }
        }
        steps.connect(plan, graph, state);
        steps.measure(plan);
        steps
    }

    /// Adds the edges, the indispensable ones first: one that would close a circle is left out.
    fn connect(&mut self, plan: &Plan, graph: &Graph, state: &State) {
        let makes: BTreeMap<&Address, usize> = self.made_by(plan);
        for (&address, &make) in &makes {
            for on in graph.dependencies(address) {
                makes.get(&on).into_iter().for_each(|&first| self.edge(first, make));
            }
        }
        let removes = self.removed_by(plan);
        for &(address, remove, _) in &removes {
            let change = &plan.changes[self.0[remove].change];
            match (change.replacement, makes.get(address)) {
                (Some(Replacement::DeleteFirst), Some(&make)) => self.edge(remove, make),
                (Some(Replacement::CreateFirst), Some(&make)) => self.edge(make, remove),
                _ => {}
            }
        }
        for (_, dependent, record) in &removes {
            for (_, remove, _) in removes.iter().filter(|(address, _, _)| record.dependencies.contains(*address)) {
                self.edge(*dependent, *remove);
            }
        }
        for &(address, remove, _) in &removes {
            for (&user, &make) in makes.iter().filter(|(user, _)| **user != address) {
                let used = state.resources.get(user).is_some_and(|record| record.dependencies.contains(address));
                if used || graph.dependencies(user).contains(address) {
                    self.edge(make, remove);
                }
            }
        }
    }

    fn made_by<'p>(&self, plan: &'p Plan) -> BTreeMap<&'p Address, usize> {
        let makes = self.0.iter().enumerate().filter(|(_, step)| matches!(step.work, Work::Make));
        makes.map(|(index, step)| (&plan.changes[step.change].address, index)).collect()
    }

    fn removed_by<'p>(&self, plan: &'p Plan) -> Vec<(&'p Address, usize, Record)> {
        let removes = self.0.iter().enumerate().filter_map(|(index, step)| match &step.work {
            Work::Remove(record) => Some((&plan.changes[step.change].address, index, record.as_ref().clone())),
            Work::Make | Work::Forget => None,
        });
        removes.collect()
    }

    fn edge(&mut self, first: usize, then: usize) {
        if first != then && !self.leads_to(then, first) {
            self.0[first].waited_for_by.insert(then);
            self.0[then].waits_for.insert(first);
        }
    }

    fn leads_to(&self, from: usize, to: usize) -> bool {
        from == to || self.after(from).contains(&to)
    }

    /// Every step that waits for `step`, directly or through others.
    pub(crate) fn after(&self, step: usize) -> BTreeSet<usize> {
        let (mut found, mut open) = (BTreeSet::new(), vec![step]);
        while let Some(next) = open.pop() {
            open.extend(self.0[next].waited_for_by.iter().filter(|&&after| found.insert(after)));
        }
        found
    }

    fn measure(&mut self, plan: &Plan) {
        let mut left: Vec<usize> = self.0.iter().map(|step| step.waited_for_by.len()).collect();
        let mut ends: Vec<usize> = (0..self.0.len()).filter(|&step| left[step] == 0).collect();
        while let Some(step) = ends.pop() {
            let longest = self.0[step].waited_for_by.iter().map(|&after| self.0[after].remaining).max().unwrap_or(0);
            let costs = usize::from(plan.changes[self.0[step].change].action != Action::NoOp);
            self.0[step].remaining = longest + costs;
            for &before in &self.0[step].waits_for {
                left[before] -= 1;
                if left[before] == 0 {
                    ends.push(before);
                }
            }
        }
    }
}

fn works(change: &Change, state: &State) -> Vec<Work> {
    let record = if change.superseded {
        let mut old = state.superseded.iter().filter(|old| old.address == change.address);
        old.find(|old| Some(&old.record.id) == change.id.as_ref()).map(|old| &old.record)
    } else {
        state.resources.get(&change.address)
    };
    let remove = record.map(|record| Work::Remove(Box::new(record.clone())));
    match change.action {
        Action::NoOp | Action::Create | Action::Update | Action::Adopt => vec![Work::Make],
        Action::Replace => remove.into_iter().chain([Work::Make]).collect(),
        Action::Delete => remove.into_iter().collect(),
        Action::Forget => vec![Work::Forget],
    }
}
