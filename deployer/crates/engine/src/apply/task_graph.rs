//! A plan as a graph of tasks and their dependencies. Pure.

mod names;

pub(crate) use names::with_temporary_name;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::action::{Action, Replacement};
use crate::address::Address;
use crate::graph::Graph;
use crate::observation::Observation;
use crate::plan::{Change, Plan};
use crate::resource::Registry;
use crate::state::{Record, State};

/// The kind of a task.
#[derive(Debug, Clone)]
pub(crate) enum TaskKind {
    /// Creates or updates the resource; does nothing if the plan leaves it unchanged.
    Apply,
    /// Applies the additions of the change, without removals.
    ApplyAdditions,
    /// Gives the resource a temporary name, so that another resource can take its name.
    RenameAside,
    /// Deletes the recorded resource.
    Remove(Box<Record>),
    /// Notes that the recorded resource was deleted together with its parent: no call.
    RemovedWithParent(Box<Record>),
    /// Drops the record.
    Forget,
    /// Starts the last phase: everything is created and in use, and unwanted resources may be deleted. Belongs to no change.
    CleanupBarrier,
}

impl TaskKind {
    /// Returns the record of the resource that is deleted.
    fn removed(&self) -> Option<&Record> {
        match self {
            Self::Remove(record) | Self::RemovedWithParent(record) => Some(record),
            Self::Apply | Self::ApplyAdditions | Self::RenameAside | Self::Forget | Self::CleanupBarrier => None,
        }
    }
}

/// One task of a change.
#[derive(Debug)]
pub(crate) struct Task {
    /// Index of the change in the plan; for [`TaskKind::Switched`], the number of changes.
    pub(crate) change: usize,
    /// The kind of the task.
    pub(crate) kind: TaskKind,
    /// Tasks that must have succeeded first.
    pub(crate) dependencies: BTreeSet<usize>,
    /// Tasks that wait for this one.
    pub(crate) dependents: BTreeSet<usize>,
    /// Duration of the longest chain of tasks from the start of this one.
    pub(crate) critical_path: Duration,
}

impl Task {
    fn new(change: usize, work: TaskKind) -> Self {
        Self { change, kind: work, dependencies: BTreeSet::new(), dependents: BTreeSet::new(), critical_path: Duration::ZERO }
    }
}

/// All tasks of a plan, without cycles.
#[derive(Debug)]
pub(crate) struct TaskGraph(pub(crate) Vec<Task>);

/// The inputs of the task graph.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) plan: &'a Plan,
    /// The wanted resources.
    pub(crate) graph: &'a Graph,
    /// The recorded resources.
    pub(crate) state: &'a State,
    /// The observed resources.
    pub(crate) observations: &'a BTreeMap<Address, Observation>,
    pub(crate) registry: &'a Registry,
}

/// Pairs of tasks: the one that must have ended, and the one that waits for it.
type Edges = Vec<(usize, usize)>;

/// The tasks that create or update each address: the first one after which others can use the resource, and the last one.
struct ApplyTasks<'a> {
    first: BTreeMap<&'a Address, usize>,
    last: BTreeMap<&'a Address, usize>,
}

impl TaskGraph {
    /// Creates the tasks of a plan.
    pub(crate) fn of(inputs: Inputs<'_>) -> Self {
        let mut steps = Self(Vec::new());
        for (index, change) in inputs.plan.changes.iter().enumerate() {
            steps.0.extend(task_kinds(change, inputs.state).into_iter().map(|work| Task::new(index, work)));
        }
        steps.connect(inputs);
        steps.compute_critical_paths(inputs);
        steps
    }

    /// Adds the edges, the indispensable ones first: an edge that would close a cycle is left out.
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
        self.add_name_transfer_edges(inputs, &makes, false);
        let wholes = self.removal_parents(plan, registry, &removes);
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
        self.add_name_transfer_edges(inputs, &makes, true);
        self.defer_removals(plan, &makes);
    }

    fn made_by<'p>(&self, plan: &'p Plan) -> ApplyTasks<'p> {
        let mut makes = ApplyTasks { first: BTreeMap::new(), last: BTreeMap::new() };
        for (index, step) in
            self.0.iter().enumerate().filter(|(_, step)| matches!(step.kind, TaskKind::Apply | TaskKind::ApplyAdditions))
        {
            let address = &plan.changes[step.change].address;
            makes.first.entry(address).or_insert(index);
            makes.last.insert(address, index);
        }
        makes
    }

    /// Returns the delete tasks of each address: of the recorded resource and of those it has replaced.
    fn removed_by<'p>(&self, plan: &'p Plan) -> BTreeMap<&'p Address, Vec<usize>> {
        let mut removes: BTreeMap<&Address, Vec<usize>> = BTreeMap::new();
        for (index, step) in self.0.iter().enumerate().filter(|(_, step)| step.kind.removed().is_some()) {
            removes.entry(&plan.changes[step.change].address).or_default().push(index);
        }
        removes
    }

    /// Maps the deletion of each child to the deletion of the parent that includes it, and drops the child's own delete call.
    fn removal_parents(
        &mut self,
        plan: &Plan,
        registry: &Registry,
        removes: &BTreeMap<&Address, Vec<usize>>,
    ) -> BTreeMap<usize, usize> {
        let mut wholes = BTreeMap::new();
        for part in removes.values().flatten() {
            let Some(whole) = self.removal_parent(plan, registry, removes, *part) else { continue };
            wholes.insert(*part, whole);
        }
        for part in wholes.keys() {
            if let TaskKind::Remove(record) = &self.0[*part].kind {
                self.0[*part].kind = TaskKind::RemovedWithParent(record.clone());
            }
        }
        wholes
    }

    fn removal_parent(
        &self,
        plan: &Plan,
        registry: &Registry,
        removes: &BTreeMap<&Address, Vec<usize>>,
        part: usize,
    ) -> Option<usize> {
        let goes = |step: usize| {
            let change = &plan.changes[self.0[step].change];
            change.action == Action::Delete && !change.superseded
        };
        let record = self.0[part].kind.removed().filter(|_| goes(part))?;
        let resource = registry.get(&record.type_name).ok().filter(|resource| resource.deleted_with_parent())?;
        let named = record.properties.get(resource.parent()?)?;
        let is_whole = |step: &usize| {
            let whole = self.0[*step].kind.removed();
            goes(*step) && whole.is_some_and(|whole| names(named, whole))
        };
        record.dependencies.iter().filter_map(|on| removes.get(on)).flatten().copied().find(is_whole)
    }

    /// Returns the edges between the delete and create tasks of one address, and from parents to their children.
    fn around_removals(&self, plan: &Plan, makes: &ApplyTasks<'_>, wholes: &BTreeMap<usize, usize>) -> Edges {
        let mut edges: Edges = wholes.iter().map(|(part, whole)| (*whole, *part)).collect();
        for (remove, step) in self.0.iter().enumerate().filter(|(_, step)| step.kind.removed().is_some()) {
            let change = &plan.changes[step.change];
            match (change.replacement, makes.last.get(&change.address)) {
                (Some(Replacement::DeleteFirst), Some(&make)) => edges.push((remove, make)),
                (Some(Replacement::CreateFirst), Some(&make)) => edges.push((make, remove)),
                _ => {}
            }
        }
        edges
    }

    /// Returns the edges that delete users before the resources they use: first the users with delete calls of their own, then those that
    /// are deleted with a parent.
    fn between_removals(&self, plan: &Plan, removes: &BTreeMap<&Address, Vec<usize>>, wholes: &BTreeMap<usize, usize>) -> Edges {
        let (mut own, mut with_whole) = (Edges::new(), Edges::new());
        for &user in removes.values().flatten() {
            let Some(record) = self.0[user].kind.removed() else { continue };
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

    /// Delays deletions, and the last tasks of changes that remove something, until everything is created and in use.
    ///
    /// A resource in use is not removed before its successor is in use, and a failure leaves it in place. Excepted are deletions that must
    /// precede a creation.
    fn defer_removals(&mut self, plan: &Plan, makes: &ApplyTasks<'_>) {
        let effective = |step: &usize| plan.changes[self.0[*step].change].action != Action::NoOp;
        let made: Vec<usize> = makes.first.values().copied().filter(effective).collect();
        let needed = self.transitive_dependencies(&made);
        let ends = makes.last.iter().filter(|(address, last)| makes.first.get(*address) != Some(last)).map(|(_, last)| *last);
        let removals = self.0.iter().enumerate().filter(|(_, step)| matches!(step.kind, TaskKind::Remove(_)));
        let last: Vec<usize> = removals.map(|(index, _)| index).chain(ends).filter(|step| !needed.contains(step)).collect();
        if made.is_empty() || last.is_empty() {
            return;
        }
        let switched = self.0.len();
        self.0.push(Task::new(plan.changes.len(), TaskKind::CleanupBarrier));
        for make in made {
            self.link(make, switched);
        }
        for step in last {
            self.link(switched, step);
        }
    }

    /// Returns these tasks and all their direct and transitive dependencies.
    fn transitive_dependencies(&self, steps: &[usize]) -> BTreeSet<usize> {
        let mut found: BTreeSet<usize> = steps.iter().copied().collect();
        let mut open = steps.to_vec();
        while let Some(next) = open.pop() {
            open.extend(self.0[next].dependencies.iter().filter(|&&before| found.insert(before)));
        }
        found
    }

    /// Adds edges; if they cannot all be added, earlier ones take precedence.
    fn add(&mut self, edges: &[(usize, usize)]) {
        let edges = || edges.iter().copied().filter(|(first, then)| first != then);
        let added: Edges = edges().filter(|&(first, then)| self.link(first, then)).collect();
        if self.sorted().len() == self.0.len() {
            return;
        }
        // Rare: adds the edges one by one and checks each for a cycle.
        for (first, then) in added {
            self.0[first].dependents.remove(&then);
            self.0[then].dependencies.remove(&first);
        }
        for (first, then) in edges() {
            if !self.transitive_dependents(then).contains(&first) {
                self.link(first, then);
            }
        }
    }

    /// Adds an edge and returns whether it is new.
    fn link(&mut self, first: usize, then: usize) -> bool {
        self.0[first].dependents.insert(then);
        self.0[then].dependencies.insert(first)
    }

    /// Returns the tasks in topological order; tasks in cycles, and those after them, are missing.
    fn sorted(&self) -> Vec<usize> {
        let mut left: Vec<usize> = self.0.iter().map(|step| step.dependencies.len()).collect();
        let mut sorted: Vec<usize> = (0..self.0.len()).filter(|&step| left[step] == 0).collect();
        let mut next = 0;
        while let Some(&step) = sorted.get(next) {
            next += 1;
            for &after in &self.0[step].dependents {
                left[after] -= 1;
                if left[after] == 0 {
                    sorted.push(after);
                }
            }
        }
        sorted
    }

    /// Returns all direct and transitive dependents of `step`.
    pub(crate) fn transitive_dependents(&self, step: usize) -> BTreeSet<usize> {
        let (mut found, mut open) = (BTreeSet::new(), vec![step]);
        while let Some(next) = open.pop() {
            open.extend(self.0[next].dependents.iter().filter(|&&after| found.insert(after)));
        }
        found
    }

    /// Makes `step` wait for the deletions of unwanted resources of this type on which nothing else depends any more, because the
    /// provider's quota for the type is exhausted.
    ///
    /// Returns their number, and those of them that have no dependencies left only as of now. Tasks that have `ended`, successfully
    /// (`done`) or not, are not waited for.
    pub(crate) fn wait_for_removals(
        &mut self,
        step: usize,
        type_name: &str,
        done: &[bool],
        ended: &[bool],
    ) -> (usize, Vec<usize>) {
        let is_switched = |before: &usize| matches!(self.0[*before].kind, TaskKind::CleanupBarrier);
        let fits = |(index, candidate): (usize, &Task)| match &candidate.kind {
            TaskKind::Remove(record) if record.type_name == type_name && !ended[index] => Some(index),
            _ => None,
        };
        let may_go = |index: &usize| self.0[*index].dependencies.iter().all(|before| done[*before] || is_switched(before));
        let removals: Vec<usize> = self.0.iter().enumerate().filter_map(fits).filter(may_go).collect();
        let switched: Vec<usize> = (0..self.0.len()).filter(|index| is_switched(index) && !done[*index]).collect();
        let mut released = Vec::new();
        for &removal in &removals {
            for &switched in &switched {
                // Those that no longer wait for it were released earlier, for another task.
                if self.0[removal].dependencies.remove(&switched) {
                    self.0[switched].dependents.remove(&removal);
                    released.push(removal);
                }
            }
            self.link(removal, step);
        }
        (removals.len(), released)
    }

    fn compute_critical_paths(&mut self, inputs: Inputs<'_>) {
        for step in self.sorted().into_iter().rev() {
            let longest = self.0[step].dependents.iter().map(|&after| self.0[after].critical_path).max().unwrap_or_default();
            let change = inputs.plan.changes.get(self.0[step].change);
            let takes = match (&self.0[step].kind, change.map(|change| change.action)) {
                (TaskKind::RemovedWithParent(_) | TaskKind::Forget | TaskKind::CleanupBarrier, _)
                | (_, None | Some(Action::NoOp)) => Duration::ZERO,
                (TaskKind::Apply, Some(Action::Create | Action::Replace)) => {
                    let resource = change.and_then(|change| inputs.registry.get(&change.type_name).ok());
                    resource.map_or(LEAST, |resource| resource.creation_time())
                }
                (TaskKind::Apply | TaskKind::ApplyAdditions | TaskKind::RenameAside | TaskKind::Remove(_), _) => LEAST,
            };
            self.0[step].critical_path = longest + takes;
        }
    }
}
/// Assumed duration of a task without a better estimate.
const LEAST: Duration = Duration::from_secs(1);

/// Returns the task whose call deletes the resource of `step`.
fn root(wholes: &BTreeMap<usize, usize>, step: usize) -> usize {
    let mut root = step;
    // Nested children are deleted with the outermost parent.
    while let Some(whole) = wholes.get(&root) {
        root = *whole;
    }
    root
}

/// Whether `named`, a property of a child, refers to the resource recorded in `whole`.
fn names(named: &Value, whole: &Record) -> bool {
    named.as_str() == Some(whole.id.as_str())
        || whole.outputs.as_object().is_some_and(|outputs| outputs.values().any(|output| output == named))
}

/// Whether the provider does not check that `on` exists when the resource at `address` is created, and all referenced outputs of `on` are
/// predictable from names.
fn is_unchecked(graph: &Graph, registry: &Registry, address: &Address, on: &Address) -> bool {
    let (Some(node), Some(other)) = (graph.nodes.get(address), graph.nodes.get(on)) else { return false };
    let (true, Ok(resource)) = (node.unchecked.contains(on), registry.get(&other.type_name)) else { return false };
    let predicted = resource.predict(&other.properties.resolve(&|_| None).value);
    let known = |output: &str| predicted.get(output).is_some_and(|value| !value.is_null());
    node.properties.references().iter().filter(|reference| &reference.address == on).all(|reference| known(&reference.output))
}

fn task_kinds(change: &Change, state: &State) -> Vec<TaskKind> {
    let record = if change.superseded {
        let mut old = state.superseded.iter().filter(|old| old.address == change.address);
        old.find(|old| Some(&old.record.id) == change.id.as_ref()).map(|old| &old.record)
    } else {
        state.resources.get(&change.address)
    };
    let remove = record.map(|record| TaskKind::Remove(Box::new(record.clone())));
    match change.action {
        Action::Update if change.two_phase => vec![TaskKind::ApplyAdditions, TaskKind::Apply],
        Action::NoOp | Action::Create | Action::Update | Action::Adopt => vec![TaskKind::Apply],
        Action::Replace => remove.into_iter().chain([TaskKind::Apply]).collect(),
        Action::Delete => remove.into_iter().collect(),
        Action::Forget => vec![TaskKind::Forget],
    }
}
