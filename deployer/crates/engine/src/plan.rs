//! The plan of a run, as data, and the pure function that computes it.

mod names;
mod owners;
mod validation;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::address::{Address, PhysicalId};
use crate::diff::{PropertyChange, ResourceRules, Rules, diff, outline};
use crate::error::{Error, ErrorClass, Result};
use crate::event::{Action, Replacement};
use crate::expr::{Expr, Reference, Resolved};
use crate::graph::{Graph, Node};
use crate::quota::{self, QuotaUsage};
use crate::resource::{AnyLive, ChangeEffect, Registry, RetainPolicy};
use crate::state::{Record, State};

pub use owners::Owners;

/// The observed status of the resource at one address.
#[derive(Debug, Clone)]
pub enum Observation {
    /// Recorded and existing.
    Live(AnyLive),
    /// Existing and owned by this environment, but not recorded: the run that created it could not save it, or the state was lost.
    Discovered(AnyLive),
    /// Recorded but no longer existing.
    Missing,
    /// Existing but not owned by this environment: it has a desired name, or it is recorded and belongs to somebody else by now.
    Unowned {
        /// The existing resource.
        live: AnyLive,
        /// Evidence that this environment does not own it.
        why: String,
    },
    /// Neither recorded nor existing.
    NotFound,
    /// Not recorded, and it cannot be looked for until another resource exists. It is looked for before it is created.
    Undetermined,
}

/// The planned change of one resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Address of the resource.
    pub address: Address,
    /// Name of its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Action of the change.
    pub action: Action,
    /// Reasons for the action, as independent texts.
    pub reasons: Vec<String>,
    /// Properties that change; for a new resource, those that are set.
    pub properties: Vec<PropertyChange>,
    /// Order of the replacement; only with [`Action::Replace`].
    pub replacement: Option<Replacement>,
    /// Id of the existing resource.
    pub id: Option<PhysicalId>,
    /// Resources that must be changed before this one; for a deletion, those that must be deleted after it.
    pub dependencies: BTreeSet<Address>,
    /// Whether removals of an update (a grant) wait for the last phase of the run, when nothing depends on them any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub two_phase: bool,
    /// Whether the resource is read again before it is changed, because it refers to others by names that they take over from other
    /// resources in this run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reread: bool,
    /// Whether this deletes the old resource of an earlier run's replacement. The address itself remains.
    pub superseded: bool,
    /// Whether this completes a creation that an earlier run started.
    #[serde(skip)]
    pub completes_creation: bool,
    /// All live properties of an updated, replaced or adopted resource, as context for the changed ones.
    #[serde(skip)]
    pub live: Option<Value>,
    /// All properties after the change; a value that is not known yet is shown as its output, such as `${function.pay.arn}`.
    #[serde(skip)]
    pub wanted: Option<Value>,
}

/// An error that prevents a plan from being applied.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// Address of the resource.
    pub address: Address,
    /// The error, with instructions for solving it.
    pub error: Error,
}

/// A warning about a resource that does not depend on the planned changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Address of the resource.
    pub address: Address,
    /// Description of the situation.
    pub message: String,
    /// Suggested action.
    pub help: String,
}

/// Numbers of changes by action, in a plan or of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Created resources.
    pub create: usize,
    /// Resources updated in place.
    pub update: usize,
    /// Replaced resources.
    pub replace: usize,
    /// Deleted resources.
    pub delete: usize,
    /// Adopted resources, including those recorded again.
    pub adopt: usize,
    /// Resources dropped from the state.
    pub forget: usize,
    /// Unchanged resources.
    pub no_op: usize,
}

impl Counts {
    /// Counts one more change.
    pub fn add(&mut self, action: Action) {
        let count = match action {
            Action::Create => &mut self.create,
            Action::Update => &mut self.update,
            Action::Replace => &mut self.replace,
            Action::Delete => &mut self.delete,
            Action::Adopt => &mut self.adopt,
            Action::Forget => &mut self.forget,
            Action::NoOp => &mut self.no_op,
        };
        *count += 1;
    }

    /// Returns the number of all changes, without no-ops.
    pub fn changes(&self) -> usize {
        self.create + self.update + self.replace + self.delete + self.adopt + self.forget
    }
}

/// The planned changes of a run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Plan {
    /// Changes of all resources, including no-ops: first desired resources, each after its dependencies; then deletions and dropped
    /// records, each before its dependencies.
    pub changes: Vec<Change>,
    /// Errors that prevent the plan from being applied.
    pub problems: Vec<Problem>,
    /// Numbers of changes by action.
    pub summary: Counts,
    /// Warnings that do not prevent the plan from being applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// Usage of AWS quotas by the plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quota_usage: Vec<QuotaUsage>,
}

impl Plan {
    /// Whether the plan changes nothing, not even a record.
    pub fn is_empty(&self) -> bool {
        self.summary.changes() == 0
    }

    /// Whether the plan changes only records: at most, owned resources that were not recorded are recorded again, or records are dropped.
    pub fn is_record_only(&self) -> bool {
        self.problems.is_empty()
            && self.effective().all(|change| match change.action {
                Action::Adopt => change.properties.is_empty(),
                action => action == Action::Forget,
            })
    }

    /// Returns the changes other than no-ops.
    pub fn effective(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.action != Action::NoOp)
    }

    /// Returns the change of the resource at `address`, other than the deletion of a superseded one.
    pub fn change(&self, address: &Address) -> Option<&Change> {
        self.changes.iter().find(|change| &change.address == address && !change.superseded)
    }
}

/// The inputs of a plan.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The resource types.
    pub registry: &'a Registry,
    /// Desired resources. Recorded ones that are not in it are deleted.
    pub graph: &'a Graph,
    /// Recorded state.
    pub state: &'a State,
    /// Observed resources.
    pub observations: &'a BTreeMap<Address, Observation>,
    /// Recorded resources that this environment does not own, or not certainly.
    pub owners: &'a Owners,
    /// Whether resources that this environment does not own may be adopted.
    pub adopt: bool,
    /// Resources to replace although they could stay.
    pub force_replace: &'a BTreeSet<Address>,
    /// Reason for deleting resources that are not in the graph.
    pub removal: &'a str,
    /// Resources that the spec declares, also in a destroy. Their properties take precedence when deciding whether a resource is retained.
    pub declared: &'a Graph,
    /// Resource types whose resources are deleted even if they would be retained.
    pub allow_delete: &'a BTreeSet<String>,
    /// Current time, for quotas.
    pub now: OffsetDateTime,
    /// Whether more of a quota may be used than is known to be available.
    pub exceed_quota: bool,
}

/// Computes the plan. Makes no call and changes nothing; equal inputs give equal plans.
///
/// # Errors
/// A reference to a resource that is not in the graph, a cycle, or a resource type that is not registered.
pub fn plan(inputs: Inputs<'_>) -> Result<Plan> {
    let (outlooks, decided, keys) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let (kept, taken, plan) = (Vec::new(), BTreeMap::new(), Plan::default());
    let mut planner = Planner { inputs, expected_outputs: outlooks, decided, keys, holders: None, taken, kept, plan };
    for address in inputs.graph.order()? {
        planner.decide(&address)?;
    }
    planner.break_name_cycles();
    planner.remove();
    planner.check_retained_parents();
    planner.warn();
    let mut plan = planner.plan;
    plan.changes.iter().for_each(|change| plan.summary.add(change.action));
    plan.quota_usage = quota::quota_usage(&plan, &inputs);
    if !inputs.exceed_quota {
        let problems = quota::problems(&plan, &inputs);
        plan.problems.extend(problems);
    }
    Ok(plan)
}

struct Planner<'a> {
    inputs: Inputs<'a>,
    /// Expected outputs of the resources decided so far, as far as they are known.
    expected_outputs: BTreeMap<Address, Map<String, Value>>,
    /// Actions decided so far.
    decided: BTreeMap<Address, (Action, Option<Replacement>)>,
    /// Keys of the resources decided so far, before and after.
    keys: BTreeMap<Address, names::Keys>,
    /// Current holders of keys; computed on first use.
    holders: Option<names::Holders>,
    /// Names that resources take over from others.
    taken: BTreeMap<Address, Value>,
    /// Existing resources that are retained and only dropped from the state.
    kept: Vec<Address>,
    plan: Plan,
}

/// The decision about one resource, before it becomes a [`Change`].
struct Decision {
    action: Action,
    reasons: Vec<String>,
    properties: Vec<PropertyChange>,
}

impl Planner<'_> {
    fn decide(&mut self, address: &Address) -> Result<()> {
        let inputs = self.inputs;
        let Some(node) = inputs.graph.nodes.get(address) else { return Ok(()) };
        let resource = inputs.registry.get(&node.type_name)?;
        let wanted = node.properties.resolve(&|reference| self.expected_outputs(reference));
        let record = inputs.state.resources.get(address);
        let live = inputs.observations.get(address).and_then(Observation::properties);
        let rules: &dyn Rules =
            &ResourceRules { resource: &**resource, live: live.unwrap_or(&Value::Null), wanted: &wanted.value };
        let verdict = match inputs.observations.get(address) {
            Some(Observation::Live(live)) => existing(node, record, &wanted, live, rules, Action::NoOp),
            Some(Observation::Discovered(live)) => existing(node, None, &wanted, live, rules, Action::Adopt),
            Some(Observation::Unowned { live, .. }) if self.is_handed_on(address, node, live) => {
                fresh(&wanted, rules, format!("it does not exist yet; {} gives up its name first", live.id))
            }
            Some(Observation::Unowned { live, why }) => {
                let properties = diff(&wanted, None, &live.properties, rules);
                let moved = inputs.state.recorded_elsewhere(address, &node.type_name, &live.id);
                self.foreign(address, live, why, properties, moved)
            }
            Some(Observation::Missing) => fresh(&wanted, rules, gone(record)),
            Some(Observation::NotFound | Observation::Undetermined) | None => {
                fresh(&wanted, rules, "it does not exist yet".to_owned())
            }
        };
        // An adopted resource is of the desired type; the recorded one at its address is missing or belongs to somebody else.
        let stays =
            !matches!(inputs.observations.get(address), Some(Observation::Unowned { .. })) && verdict.action != Action::Create;
        let verdict = match record.filter(|record| stays && record.type_name != node.type_name) {
            Some(record) => other_type(record, node, verdict),
            None => verdict,
        };
        let verdict = match self.is_replaced(resource.parent(), node) {
            Some(whole) if matches!(verdict.action, Action::NoOp | Action::Update | Action::Adopt) => {
                Decision { reasons: vec![format!("parent {whole} is being replaced")], ..fresh(&wanted, rules, String::new()) }
            }
            _ => verdict,
        };
        let verdict = match verdict.action {
            Action::NoOp | Action::Update | Action::Adopt if self.is_forced(address) => {
                Decision { action: Action::Replace, reasons: vec!["requested with --replace".to_owned()], ..verdict }
            }
            _ => verdict,
        };
        let renames = self.takes_another_name(address, &wanted.value);
        let verdict = match (verdict.action, &renames) {
            (Action::NoOp, Some(reason)) => Decision { action: Action::Update, reasons: vec![reason.clone()], ..verdict },
            _ => verdict,
        };
        if verdict.action == Action::Replace {
            self.check_retained(address, node, record);
            self.refuse_if_unmarked(address, record);
        }
        self.check_plan_errors(address, &**resource, &wanted.value, verdict.action);
        // A recorded resource is deleted with its parent, or first: report inputs missing for the new one before that.
        if let (Action::Create | Action::Replace, Some(_), Some(error)) =
            (verdict.action, record, resource.missing_input(&wanted.value))
        {
            self.plan.problems.push(Problem { address: address.clone(), error });
        }
        self.expected_outputs
            .insert(address.clone(), self.predict_outputs(address, verdict.action, &resource.predict(&wanted.value)));
        let order = self.order(address, node, &**resource, &wanted.value);
        let gradual = verdict.action == Action::Update
            && live.is_some_and(|live| {
                resource.transition_properties(live, &wanted.value).is_some_and(|meanwhile| meanwhile != wanted.value)
            });
        let found = matches!(inputs.observations.get(address), Some(Observation::Discovered(_)));
        let completes_creation = self.is_creation_open(address, node, found);
        let shown = matches!(verdict.action, Action::Create | Action::Update | Action::Replace | Action::Adopt);
        self.add(address, node, verdict, order);
        if let Some(change) = self.plan.changes.last_mut() {
            (change.two_phase, change.reread) = (gradual, renames.is_some());
            change.completes_creation = completes_creation;
            if shown {
                change.live = inputs.observations.get(address).and_then(Observation::any_properties).cloned();
                change.wanted = Some(outline(&wanted));
            }
        }
        Ok(())
    }

    /// Whether an earlier run started to create the resource and did not finish: it was `found` where a creation was pending, or a run that
    /// was to complete the creation did not finish either. A replacement counts only with the properties that were approved.
    fn is_creation_open(&self, address: &Address, node: &Node, found: bool) -> bool {
        let open = self.inputs.state.intent.as_ref().and_then(|intent| intent.pending.get(address));
        open.is_some_and(|open| {
            let is_same = open.desired.as_ref() == Some(&node.properties);
            (found && open.action == Action::Create)
                || (is_same && (open.completes_creation || (found && open.action == Action::Replace)))
        })
    }

    /// Whether the resource is owned, recorded or not, and its replacement was requested.
    fn is_forced(&self, address: &Address) -> bool {
        let ours = matches!(self.inputs.observations.get(address), Some(Observation::Live(_) | Observation::Discovered(_)));
        ours && self.inputs.force_replace.contains(address)
    }

    /// Returns the parent of a resource if it is recreated or deleted first in a replacement.
    fn is_replaced(&self, part_of: Option<&str>, node: &Node) -> Option<&Address> {
        let Expr::Map(properties) = &node.properties else { return None };
        let whole = properties.get(part_of?)?.references();
        let forced = |on: &Reference| {
            let decided = self.decided.get(&on.address);
            matches!(decided, Some((Action::Create, _) | (Action::Replace, Some(Replacement::DeleteFirst))))
        };
        let whole = whole.into_iter().find(forced)?;
        self.decided.get_key_value(&whole.address).map(|(address, _)| address)
    }

    fn expected_outputs(&self, reference: &Reference) -> Option<Value> {
        self.expected_outputs.get(&reference.address)?.get(&reference.output).cloned()
    }

    /// Returns the outputs a resource will have: its live ones if it stays, and those that follow from its properties if it changes.
    fn predict_outputs(&self, address: &Address, action: Action, predicted: &Map<String, Value>) -> Map<String, Value> {
        let mut outputs = match (action, self.inputs.observations.get(address)) {
            (Action::NoOp | Action::Update | Action::Adopt, Some(seen)) => seen.outputs(),
            _ => Map::new(),
        };
        if matches!(action, Action::Create | Action::Replace | Action::Update) {
            let known = predicted.iter().filter(|(_, value)| !value.is_null());
            outputs.extend(known.map(|(name, value)| (name.clone(), value.clone())));
        }
        outputs
    }

    fn foreign(
        &mut self,
        address: &Address,
        live: &AnyLive,
        why: &str,
        properties: Vec<PropertyChange>,
        moved: Option<&Address>,
    ) -> Decision {
        let taken_over = self.inputs.owners.foreign(address, &live.id).is_some();
        let mut reasons = vec![match taken_over {
            true => format!("{} was recorded as ours: {why}", live.id),
            false => format!("{} exists and is not managed by this environment: {why}", live.id),
        }];
        let replaces = properties.iter().find(|change| matches!(change.effect, ChangeEffect::Replace(_)));
        let problem = match (moved, self.inputs.adopt, replaces) {
            // Adopting it would record it twice, and deleting it at the old address would delete it.
            (Some(other), _, _) => Some((
                format!("{} exists and is recorded as {other}", live.id),
                format!("if {address} is its new name: deployer state mv {other} {address}"),
            )),
            (None, false, _) if taken_over => {
                let help = format!(
                    "--adopt takes it over again; deployer state rm {address} forgets it; for another one, choose another name"
                );
                Some((format!("{} is no longer managed by this environment: {why}", live.id), help))
            }
            (None, false, _) => Some((
                format!("{} exists but is not managed by this environment: {why}", live.id),
                "--adopt takes it over".to_owned(),
            )),
            (None, true, Some(change)) => Some((
                format!(
                    "{} is not managed by this environment and cannot be adopted: {} differs, which would replace it",
                    live.id, change.path
                ),
                format!("make {} in the spec as it is, or choose another name", change.path),
            )),
            (None, true, None) => None,
        };
        if let Some((message, help)) = problem {
            let error = Error::new(ErrorClass::AlreadyExists, message).with_help(help);
            self.plan.problems.push(Problem { address: address.clone(), error });
        }
        reasons.extend(because(&properties));
        Decision { action: Action::Adopt, reasons, properties }
    }

    fn add(&mut self, address: &Address, node: &Node, verdict: Decision, replacement: Replacement) {
        let inputs = self.inputs;
        let mut dependencies = inputs.graph.dependencies(address);
        let record = inputs.state.resources.get(address);
        let replacement = (verdict.action == Action::Replace).then(|| {
            dependencies.extend(record.into_iter().flat_map(|record| record.dependencies.iter().cloned()));
            let kind_changes = record.is_some_and(|record| record.type_name != node.type_name);
            let goes_first =
                |on: &Address| self.decided.get(on).is_some_and(|(_, order)| *order == Some(Replacement::DeleteFirst));
            let parent_goes_first = dependencies.iter().any(goes_first);
            if kind_changes || parent_goes_first { Replacement::DeleteFirst } else { replacement }
        });
        self.decided.insert(address.clone(), (verdict.action, replacement));
        self.plan.changes.push(Change {
            address: address.clone(),
            type_name: node.type_name.clone(),
            action: verdict.action,
            reasons: verdict.reasons,
            properties: verdict.properties,
            replacement,
            id: inputs.observations.get(address).and_then(Observation::id),
            dependencies: inputs.graph.dependencies(address),
            two_phase: false,
            reread: false,
            superseded: false,
            completes_creation: false,
            live: None,
            wanted: None,
        });
    }

    fn remove(&mut self) {
        let inputs = self.inputs;
        for old in &inputs.state.superseded {
            self.refuse_if_unmarked(&old.address, Some(&old.record));
            let (action, reason) = match inputs.owners.foreign(&old.address, &old.record.id) {
                Some(why) => (Action::Forget, not_ours(&old.record, why)),
                None => (Action::Delete, "a newer one has taken its place".to_owned()),
            };
            self.plan.changes.push(removal(&old.address, &old.record, action, reason, true));
        }
        for address in removal_order(inputs.state, inputs.graph) {
            let Some(record) = inputs.state.resources.get(&address) else { continue };
            let (action, reason) = match inputs.observations.get(&address) {
                // Whatever else was observed at this address, the recorded resource belongs to somebody else.
                _ if let Some(why) = inputs.owners.foreign(&address, &record.id) => {
                    self.refuse_if_unmarked(&address, Some(record));
                    self.kept.push(address.clone());
                    (Action::Forget, not_ours(record, why))
                }
                Some(Observation::Missing) => (Action::Forget, gone(Some(record))),
                // The resource that has taken the name is not owned and must not be deleted.
                Some(Observation::Unowned { live, why }) => {
                    (Action::Forget, format!("{} is no longer managed by this environment: {why}", live.id))
                }
                _ => match self.keep(&address, &record.type_name, &record.properties) {
                    Some(RetainPolicy::Forget(why)) => {
                        self.kept.push(address.clone());
                        (Action::Forget, why)
                    }
                    Some(RetainPolicy::Refuse { why, help }) => {
                        self.refuse(&address, why, help);
                        (Action::Delete, inputs.removal.to_owned())
                    }
                    None => {
                        self.refuse_if_unmarked(&address, Some(record));
                        (Action::Delete, inputs.removal.to_owned())
                    }
                },
            };
            self.plan.changes.push(removal(&address, record, action, reason, false));
        }
    }
}

impl Planner<'_> {
    /// Returns why a recorded resource is retained, by the declared properties, else the recorded ones, and by the live ones; `None` if it
    /// is deleted.
    fn keep(&self, address: &Address, type_name: &str, recorded: &Value) -> Option<RetainPolicy> {
        if self.inputs.allow_delete.contains(type_name) {
            return None;
        }
        let declared = self.inputs.declared.nodes.get(address).filter(|node| node.type_name == type_name);
        let declared = declared.map(|node| node.properties.resolve(&|_| None).value);
        let resource = self.inputs.registry.get(type_name).ok()?;
        let mut properties = recorded.clone();
        if let (Some(properties), Some(Value::Object(declared))) = (properties.as_object_mut(), declared) {
            properties.extend(declared);
        }
        resource.retain_policy(&properties, self.inputs.observations.get(address).and_then(Observation::properties))
    }

    fn refuse(&mut self, address: &Address, message: String, help: String) {
        let error = Error::new(ErrorClass::Refused, message).with_help(help);
        self.plan.problems.push(Problem { address: address.clone(), error });
    }

    /// Warns about secrets that were never shown, unless their resource is deleted or replaced.
    fn warn(&mut self) {
        for address in &self.inputs.state.unshown_secrets {
            let Some(record) = self.inputs.state.resources.get(address) else { continue };
            let Ok(resource) = self.inputs.registry.get(&record.type_name) else { continue };
            let stays = |change: &Change| matches!(change.action, Action::NoOp | Action::Update | Action::Adopt | Action::Forget);
            let (Some(lost), true) = (resource.one_time_secret(&record.properties), self.plan.change(address).is_none_or(stays))
            else {
                continue;
            };
            let message = format!("{} was created by a run that was killed before it showed {lost}", record.id);
            let help = format!("or replace it: pass --replace {address}");
            self.plan.warnings.push(Warning { address: address.clone(), message, help });
        }
    }
}

impl Observation {
    /// Returns the outputs of the existing resource.
    fn outputs(&self) -> Map<String, Value> {
        match self {
            Self::Live(live) | Self::Discovered(live) | Self::Unowned { live, .. } => {
                live.outputs.as_object().cloned().unwrap_or_default()
            }
            Self::Missing | Self::NotFound | Self::Undetermined => Map::new(),
        }
    }

    /// Returns the properties of the existing resource, whoever owns it.
    fn any_properties(&self) -> Option<&Value> {
        match self {
            Self::Live(live) | Self::Discovered(live) | Self::Unowned { live, .. } => Some(&live.properties),
            Self::Missing | Self::NotFound | Self::Undetermined => None,
        }
    }

    /// Returns the id of the existing resource.
    fn id(&self) -> Option<PhysicalId> {
        match self {
            Self::Live(live) | Self::Discovered(live) | Self::Unowned { live, .. } => Some(live.id.clone()),
            Self::Missing | Self::NotFound | Self::Undetermined => None,
        }
    }
}

fn not_ours(record: &Record, why: &str) -> String {
    format!("{} is no longer managed by this environment: {why}", record.id)
}

fn gone(record: Option<&Record>) -> String {
    let id = record.map_or("it", |record| record.id.as_str());
    format!("it is gone: {id} was recorded and does not exist any more")
}

fn existing(
    node: &Node,
    record: Option<&Record>,
    wanted: &Resolved,
    live: &AnyLive,
    rules: &dyn Rules,
    unchanged: Action,
) -> Decision {
    let recorded = record.filter(|record| record.type_name == node.type_name).map(|record| &record.properties);
    let properties = diff(wanted, recorded, &live.properties, rules);
    let mut reasons: Vec<String> = Vec::new();
    if unchanged == Action::Adopt {
        reasons.push(format!("{} exists, is managed by this environment and was not recorded", live.id));
    }
    let action = if properties.is_empty() {
        unchanged
    } else if properties.iter().any(|change| matches!(change.effect, ChangeEffect::Replace(_))) {
        Action::Replace
    } else {
        Action::Update
    };
    reasons.extend(because(&properties));
    Decision { action, reasons, properties }
}

fn fresh(wanted: &Resolved, rules: &dyn Rules, reason: String) -> Decision {
    let nothing = Value::Object(Map::new());
    Decision { action: Action::Create, reasons: vec![reason], properties: diff(wanted, None, &nothing, rules) }
}

fn other_type(record: &Record, node: &Node, mut verdict: Decision) -> Decision {
    verdict.action = Action::Replace;
    verdict.reasons = vec![format!("it becomes a {} and was a {}", node.type_name, record.type_name)];
    verdict
}

fn because(properties: &[PropertyChange]) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for change in properties {
        let reason = match (change.effect, change.origin) {
            (ChangeEffect::Replace(why) | ChangeEffect::RecordOnly(why) | ChangeEffect::Rebuild(why), _) => {
                format!("{} changes: {why}", change.path)
            }
            (_, crate::diff::ChangeOrigin::Spec) => format!("{} changes", change.path),
            (_, crate::diff::ChangeOrigin::Drift) => format!("{} was changed outside of deployer", change.path),
            (_, crate::diff::ChangeOrigin::Both) => format!("{} changes, and was changed outside of deployer", change.path),
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

fn removal(address: &Address, record: &Record, action: Action, reason: String, superseded: bool) -> Change {
    Change {
        address: address.clone(),
        type_name: record.type_name.clone(),
        action,
        reasons: vec![reason],
        properties: Vec::new(),
        replacement: None,
        id: Some(record.id.clone()),
        dependencies: record.dependencies.clone(),
        two_phase: false,
        reread: false,
        superseded,
        completes_creation: false,
        live: None,
        wanted: None,
    }
}

/// Returns the recorded resources that are not wanted, each before its dependencies. Uses an explicit stack, because dependency chains may
/// be long.
fn removal_order(state: &State, graph: &Graph) -> Vec<Address> {
    let unwanted = |address: &Address| !graph.nodes.contains_key(address);
    let (mut done, mut seen) = (Vec::new(), BTreeSet::new());
    for start in state.resources.keys().filter(|address| unwanted(address)) {
        let mut path = vec![(start, None)];
        while let Some((address, waiting)) = path.pop() {
            let mut waiting = match waiting {
                Some(waiting) => waiting,
                // `seen` also ends a cycle, which only a manually edited state can contain.
                None if !unwanted(address) || !seen.insert(address) => continue,
                None => match state.resources.get(address) {
                    Some(record) => record.dependencies.iter(),
                    None => continue,
                },
            };
            match waiting.next() {
                Some(next) => path.extend([(address, Some(waiting)), (next, None)]),
                None => done.push(address.clone()),
            }
        }
    }
    done.reverse();
    done
}
