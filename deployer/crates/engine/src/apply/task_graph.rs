//! A plan as single steps and what each of them waits for. Pure.

mod names;

pub(crate) use names::set_aside;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::address::Address;
use crate::event::{Action, Replacement};
use crate::graph::Graph;
use crate::plan::{Change, Plan, Observation};
use crate::resource::Registry;
use crate::state::{Record, State};

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum TaskKind {
    /// Makes or changes the resource; nothing if the plan leaves it as it is.
    Make,
    /// Adds what the change adds, and takes nothing away yet.
    Add,
    /// Gives the resource a name that nobody wants, so that another one can have its name.
    Rename,
    /// Removes what the record names.
    Remove(Box<Record>),
    /// Notes that what the record names has gone with what it was a part of: no call.
    Vanish(Box<Record>),
    /// Drops the record.
    Forget,
    /// Begins the last phase: everything is made and in use, and what is not wanted may go. Belongs to no change.
    Switched,
}

impl TaskKind {
    /// The record of what goes.
    fn removed(&self) -> Option<&Record> {
        match self {
            Self::Remove(record) | Self::Vanish(record) => Some(record),
            Self::Make | Self::Add | Self::Rename | Self::Forget | Self::Switched => None,
        }
    }
}

/// One step of a change.
#[derive(Debug)]
pub(crate) struct Task {
    /// Which change of the plan; for [`Work::Switched`], how many there are.
    pub(crate) change: usize,
    /// What it does.
    pub(crate) work: TaskKind,
    /// Steps that must have ended well first.
    pub(crate) waits_for: BTreeSet<usize>,
    /// Steps that wait for this one.
    pub(crate) waited_for_by: BTreeSet<usize>,
    /// How long the longest chain from the beginning of this step to an end takes.
    pub(crate) remaining: Duration,
}

impl Task {
    fn new(change: usize, work: TaskKind) -> Self {
        Self { change, work, waits_for: BTreeSet::new(), waited_for_by: BTreeSet::new(), remaining: Duration::ZERO }
    }
}

/// All steps of a plan. No step waits for itself through others.
#[derive(Debug)]
pub(crate) struct TaskGraph(pub(crate) Vec<Task>);

/// What the steps are made from.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) plan: &'a Plan,
    /// What is wanted.
    pub(crate) graph: &'a Graph,
    /// What is recorded.
    pub(crate) state: &'a State,
    /// What is there.
    pub(crate) seen: &'a BTreeMap<Address, Observation>,
    pub(crate) registry: &'a Registry,
}

/// Pairs of steps, the one that must have ended and the one that waits for it.
type Edges = Vec<(usize, usize)>;

/// The steps that make something, by address: the first one after which others can use it, and the last one.
struct Makes<'a> {
    first: BTreeMap<&'a Address, usize>,
    last: BTreeMap<&'a Address, usize>,
}

impl TaskGraph {
    /// The steps of a plan.
    pub(crate) fn of(inputs: Inputs<'_>) -> Self {
        let mut steps = Self(Vec::new());
        for (index, change) in inputs.plan.changes.iter().enumerate() {
            steps.0.extend(works(change, inputs.state).into_iter().map(|work| Task::new(index, work)));
        }
        steps.connect(inputs);
        steps.measure(inputs);
        steps
    }

    /// Adds the edges, the indispensable ones first: one that would close a circle is left out.
    fn connect(&mut self, inputs: Inputs<'_>) {
        let Inputs { plan, graph, state, registry, .. } = inputs;
        let makes = self.made_by(plan);
        let new = plan.changes.iter().filter(|change| change.action == Action::Create);
        let new: BTreeSet<&Address> =
            new.map(|change| &change.address).filter(|new| !state.resources.contains_key(*new)).collect();
        let mut edges: Edges = makes.first.iter().filter_map(|(on, first)| Some((*first, *makes.last.get(on)?))).collect();
        for (&address, &make) in &makes.first {
            let may_overlap =
                |on: &Address| new.contains(address) && new.contains(on) && is_unchecked(graph, registry, address, on);
            let first = graph.dependencies(address).into_iter().filter(|on| !may_overlap(on));
            edges.extend(first.filter_map(|on| Some((*makes.first.get(&on)?, make))));
        }
        self.add(&edges);
        let removes = self.removed_by(plan);
        self.hand_on_names(inputs, &makes, false);
        let wholes = self.wholes(plan, registry, &removes);
        self.add(&self.around_removals(plan, &makes, &wholes));
        self.add(&self.between_removals(plan, &removes, &wholes));
        let mut edges = Edges::new();
        for (&user, &make) in &makes.last {
            let used = state.resources.get(user).into_iter().flat_map(|record| record.dependencies.iter());
            let uses = graph.dependencies(user);
            for on in used.chain(&uses).filter(|on| *on != user) {
                edges.extend(removes.get(on).into_iter().flatten().map(|&remove| (make, root(&wholes, remove))));
            }
        }
        self.add(&edges);
        self.hand_on_names(inputs, &makes, true);
        self.take_away_last(plan, &makes);
    }

    fn made_by<'p>(&self, plan: &'p Plan) -> Makes<'p> {
        let mut makes = Makes { first: BTreeMap::new(), last: BTreeMap::new() };
        for (index, step) in self.0.iter().enumerate().filter(|(_, step)| matches!(step.work, TaskKind::Make | TaskKind::Add)) {
            let address = &plan.changes[step.change].address;
            makes.first.entry(address).or_insert(index);
            makes.last.insert(address, index);
        }
        makes
    }

    /// The removals of each address: of the recorded one and of those that it has replaced.
    fn removed_by<'p>(&self, plan: &'p Plan) -> BTreeMap<&'p Address, Vec<usize>> {
        let mut removes: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
        for (index, step) in self.0.iter().enumerate().filter(|(_, step)| step.work.removed().is_some()) {
            removes.entry(&plan.changes[step.change].address).or_default().push(index);
        }
        removes
    }

    /// By the removal of a part, the removal of the whole that takes it along; the part's own call is left out then.
    fn wholes(&mut self, plan: &Plan, registry: &Registry, removes: &BTreeMap<&Address, Vec<usize>>) -> BTreeMap<usize, usize> {
        let mut wholes = BTreeMap::new();
        for part in removes.values().flatten() {
            let Some(whole) = self.whole(plan, registry, removes, *part) else { continue };
            wholes.insert(*part, whole);
        }
        for part in wholes.keys() {
            if let TaskKind::Remove(record) = &self.0[*part].work {
                self.0[*part].work = TaskKind::Vanish(record.clone());
            }
        }
        wholes
    }

    fn whole(&self, plan: &Plan, registry: &Registry, removes: &BTreeMap<&Address, Vec<usize>>, part: usize) -> Option<usize> {
        let goes = |step: usize| {
            let change = &plan.changes[self.0[step].change];
            change.action == Action::Delete && !change.superseded
        };
        let record = self.0[part].work.removed().filter(|_| goes(part))?;
        let resource = registry.get(&record.type_name).ok().filter(|resource| resource.deleted_with_parent())?;
        let named = record.properties.get(resource.parent()?)?;
        let is_whole = |step: &usize| {
            let whole = self.0[*step].work.removed();
            goes(*step) && whole.is_some_and(|whole| names(named, whole))
        };
        record.dependencies.iter().filter_map(|on| removes.get(on)).flatten().copied().find(is_whole)
    }

    /// The order of what goes and what comes at one address, and of parts after their whole.
    fn around_removals(&self, plan: &Plan, makes: &Makes<'_>, wholes: &BTreeMap<usize, usize>) -> Edges {
        let mut edges: Edges = wholes.iter().map(|(part, whole)| (*whole, *part)).collect();
        for (remove, step) in self.0.iter().enumerate().filter(|(_, step)| step.work.removed().is_some()) {
            let change = &plan.changes[step.change];
            match (change.replacement, makes.last.get(&change.address)) {
                (Some(Replacement::DeleteFirst), Some(&make)) => edges.push((remove, make)),
                (Some(Replacement::CreateFirst), Some(&make)) => edges.push((make, remove)),
                _ => {}
            }
        }
        edges
    }

    /// What uses goes before what it uses: those that are removed by calls of their own first, then what goes with a whole.
    fn between_removals(&self, plan: &Plan, removes: &BTreeMap<&Address, Vec<usize>>, wholes: &BTreeMap<usize, usize>) -> Edges {
        let (mut own, mut with_whole) = (Edges::new(), Edges::new());
        for &user in removes.values().flatten() {
            let Some(record) = self.0[user].work.removed() else { continue };
            let used = record.dependencies.iter().filter(|on| **on != plan.changes[self.0[user].change].address);
            for &remove in used.filter_map(|on| removes.get(on)).flatten() {
                let (first, then) = (root(wholes, user), root(wholes, remove));
                if first != then {
                    if wholes.contains_key(&user) { with_whole.push((first, then)) } else { own.push((first, then)) }
                }
            }
        }
        own.extend(with_whole);
        own
    }

    /// Lets removals, and the ends of changes that take something away, wait until everything is made and in use: what serves is not
    /// taken away before its successor serves, and what fails leaves it. Not so what must go before something can be made.
    fn take_away_last(&mut self, plan: &Plan, makes: &Makes<'_>) {
        let effective = |step: &usize| plan.changes[self.0[*step].change].action != Action::NoOp;
        let made: Vec<usize> = makes.first.values().copied().filter(effective).collect();
        let needed = self.before(&made);
        let ends = makes.last.iter().filter(|(address, last)| makes.first.get(*address) != Some(last)).map(|(_, last)| *last);
        let removals = self.0.iter().enumerate().filter(|(_, step)| matches!(step.work, TaskKind::Remove(_)));
        let last: Vec<usize> = removals.map(|(index, _)| index).chain(ends).filter(|step| !needed.contains(step)).collect();
        if made.is_empty() || last.is_empty() {
            return;
        }
        let switched = self.0.len();
        self.0.push(Task::new(plan.changes.len(), TaskKind::Switched));
        for make in made {
            self.link(make, switched);
        }
        for step in last {
            self.link(switched, step);
        }
    }

    /// These steps, and all that they wait for directly or through others.
    fn before(&self, steps: &[usize]) -> BTreeSet<usize> {
        let mut found: BTreeSet<usize> = steps.iter().copied().collect();
        let mut open = steps.to_vec();
        while let Some(next) = open.pop() {
            open.extend(self.0[next].waits_for.iter().filter(|&&before| found.insert(before)));
        }
        found
    }

    /// Adds edges; where not all of them can be, those that come first.
    fn add(&mut self, edges: &[(usize, usize)]) {
        let edges = || edges.iter().copied().filter(|(first, then)| first != then);
        let added: Edges = edges().filter(|&(first, then)| self.link(first, then)).collect();
        if self.sorted().len() == self.0.len() {
            return;
        }
        // Rare: one by one, each looked at for a circle.
        for (first, then) in added {
            self.0[first].waited_for_by.remove(&then);
            self.0[then].waits_for.remove(&first);
        }
        for (first, then) in edges() {
            if !self.after(then).contains(&first) {
                self.link(first, then);
            }
        }
    }

    /// Whether the edge was not there yet.
    fn link(&mut self, first: usize, then: usize) -> bool {
        self.0[first].waited_for_by.insert(then);
        self.0[then].waits_for.insert(first)
    }

    /// Every step after all that it waits for; those in circles and after them are missing.
    fn sorted(&self) -> Vec<usize> {
        let mut left: Vec<usize> = self.0.iter().map(|step| step.waits_for.len()).collect();
        let mut sorted: Vec<usize> = (0..self.0.len()).filter(|&step| left[step] == 0).collect();
        let mut next = 0;
        while let Some(&step) = sorted.get(next) {
            next += 1;
            for &after in &self.0[step].waited_for_by {
                left[after] -= 1;
                if left[after] == 0 {
                    sorted.push(after);
                }
            }
        }
        sorted
    }

    /// Every step that waits for `step`, directly or through others.
    pub(crate) fn after(&self, step: usize) -> BTreeSet<usize> {
        let (mut found, mut open) = (BTreeSet::new(), vec![step]);
        while let Some(next) = open.pop() {
            open.extend(self.0[next].waited_for_by.iter().filter(|&&after| found.insert(after)));
        }
        found
    }

    /// Lets `step` wait for the removals of unwanted things of a type that nothing else needs any more, because the cloud has no room for
    /// one more. Returns how many there are, and those of them that only now wait for nothing. No step is waited for that has `ended`,
    /// well (`done`) or not.
    pub(crate) fn make_room(&mut self, step: usize, type_name: &str, done: &[bool], ended: &[bool]) -> (usize, Vec<usize>) {
        let is_switched = |before: &usize| matches!(self.0[*before].work, TaskKind::Switched);
        let fits = |(index, candidate): (usize, &Task)| match &candidate.work {
            TaskKind::Remove(record) if record.type_name == type_name && !ended[index] => Some(index),
            _ => None,
        };
        let may_go = |index: &usize| self.0[*index].waits_for.iter().all(|before| done[*before] || is_switched(before));
        let removals: Vec<usize> = self.0.iter().enumerate().filter_map(fits).filter(may_go).collect();
        let switched: Vec<usize> = (0..self.0.len()).filter(|index| is_switched(index) && !done[*index]).collect();
        let mut released = Vec::new();
        for &removal in &removals {
            for &switched in &switched {
                // Those that wait for it no longer are under way for another step already.
                if self.0[removal].waits_for.remove(&switched) {
                    self.0[switched].waited_for_by.remove(&removal);
                    released.push(removal);
                }
            }
            self.link(removal, step);
        }
        (removals.len(), released)
    }

    fn measure(&mut self, inputs: Inputs<'_>) {
        for step in self.sorted().into_iter().rev() {
            let longest = self.0[step].waited_for_by.iter().map(|&after| self.0[after].remaining).max().unwrap_or_default();
            let change = inputs.plan.changes.get(self.0[step].change);
            let takes = match (&self.0[step].work, change.map(|change| change.action)) {
                (TaskKind::Vanish(_) | TaskKind::Forget | TaskKind::Switched, _) | (_, None | Some(Action::NoOp)) => Duration::ZERO,
                (TaskKind::Make, Some(Action::Create | Action::Replace)) => {
                    let resource = change.and_then(|change| inputs.registry.get(&change.type_name).ok());
                    resource.map_or(LEAST, |resource| resource.creation_time())
                }
                (TaskKind::Make | TaskKind::Add | TaskKind::Rename | TaskKind::Remove(_), _) => LEAST,
            };
            self.0[step].remaining = longest + takes;
        }
    }
}
/// How long a step is taken to last of which nothing else is known.
const LEAST: Duration = Duration::from_secs(1);

/// The step that removes what `step` stands for.
fn root(wholes: &BTreeMap<usize, usize>, step: usize) -> usize {
    let mut root = step;
    // A part of a part goes with the outermost whole.
    while let Some(whole) = wholes.get(&root) {
        root = *whole;
    }
    root
}

/// Whether `named`, a property of a part, names the thing that `whole` records.
fn names(named: &Value, whole: &Record) -> bool {
    named.as_str() == Some(whole.id.as_str())
        || whole.outputs.as_object().is_some_and(|outputs| outputs.values().any(|output| output == named))
}

/// Whether the cloud does not ask for `on` when the resource at `address` is created, and what is referred to of it follows from names.
fn is_unchecked(graph: &Graph, registry: &Registry, address: &Address, on: &Address) -> bool {
    let (Some(node), Some(other)) = (graph.nodes.get(address), graph.nodes.get(on)) else { return false };
    let (true, Ok(resource)) = (node.unchecked.contains(on), registry.get(&other.type_name)) else { return false };
    let predicted = resource.predict(&other.properties.resolve(&|_| None).value);
    let known = |output: &str| predicted.get(output).is_some_and(|value| !value.is_null());
    node.properties.references().iter().filter(|reference| &reference.address == on).all(|reference| known(&reference.output))
}

fn works(change: &Change, state: &State) -> Vec<TaskKind> {
    let record = if change.superseded {
        let mut old = state.superseded.iter().filter(|old| old.address == change.address);
        old.find(|old| Some(&old.record.id) == change.id.as_ref()).map(|old| &old.record)
    } else {
        state.resources.get(&change.address)
    };
    let remove = record.map(|record| TaskKind::Remove(Box::new(record.clone())));
    match change.action {
        Action::Update if change.gradual => vec![TaskKind::Add, TaskKind::Make],
        Action::NoOp | Action::Create | Action::Update | Action::Adopt => vec![TaskKind::Make],
        Action::Replace => remove.into_iter().chain([TaskKind::Make]).collect(),
        Action::Delete => remove.into_iter().collect(),
        Action::Forget => vec![TaskKind::Forget],
    }
}
