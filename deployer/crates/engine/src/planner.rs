//! The pure function that computes the plan of a run.

mod ignored;
mod names;
mod quotas;
mod removal;
mod selection;
mod validation;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::action::{Action, Replacement};
use crate::address::Address;
use crate::diff::{ChangeOrigin, PropertyChange, Rules, diff, outline};
use crate::error::{Error, ErrorClass, Result};
use crate::expr::{Expr, Reference, Resolved};
use crate::graph::{Graph, Node};
use crate::observation::{Observation, Owners};
use crate::plan::{Change, Plan, Problem, Warning};
use crate::resource::{AnyLive, AnyResource, Registry, ResourceRules};
use crate::rules::{ChangeEffect, RetainPolicy};
use crate::state::{PendingChange, Record, State};
pub(crate) use ignored::with_ignored;
pub use selection::Selection;

/// The inputs of a plan.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    /// The resource types.
    pub(crate) registry: &'a Registry,
    /// Desired resources. Recorded ones that are not in it are deleted.
    pub(crate) graph: &'a Graph,
    /// Recorded state.
    pub(crate) state: &'a State,
    /// Observed resources.
    pub(crate) observations: &'a BTreeMap<Address, Observation>,
    /// Recorded resources that this environment does not own, or not certainly.
    pub(crate) owners: &'a Owners,
    /// Whether resources that this environment does not own may be adopted.
    pub(crate) adopt: bool,
    /// Resources to replace although they could stay.
    pub(crate) force_replace: &'a BTreeSet<Address>,
    /// Reason for deleting resources that are not in the graph.
    pub(crate) removal: &'a str,
    /// Resources that the spec declares, also in a destroy. Their properties take precedence when deciding whether a resource is retained.
    pub(crate) declared: &'a Graph,
    /// Resource types whose resources are deleted even if they would be retained.
    pub(crate) allow_delete: &'a BTreeSet<String>,
    /// Current time, for quotas.
    pub(crate) now: OffsetDateTime,
    /// Whether more of a quota may be used than is known to be available.
    pub(crate) exceed_quota: bool,
    /// Former addresses of the resources that have moved.
    pub(crate) moves: &'a BTreeMap<Address, Address>,
    /// The resources that the run may change.
    pub(crate) selection: &'a Selection,
}

/// Computes the plan. Makes no call and changes nothing; equal inputs give equal plans.
///
/// # Errors
/// A reference to a resource that is not in the graph, a cycle, or a resource type that is not registered.
pub(crate) fn plan(inputs: Inputs<'_>) -> Result<Plan> {
    let (outlooks, decided, keys) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let (kept, taken, plan) = (Vec::new(), BTreeMap::new(), Plan::default());
    let mut planner = Planner { inputs, expected_outputs: outlooks, decided, keys, holders: None, taken, kept, plan };
    for address in inputs.graph.order()? {
        planner.decide(&address)?;
    }
    planner.break_name_cycles();
    planner.remove();
    planner.check_retained_parents();
    planner.check_moves();
    planner.warn();
    planner.select();
    let mut plan = planner.plan;
    plan.moves.clone_from(inputs.moves);
    plan.changes.iter().for_each(|change| plan.summary.add(change.action));
    plan.quota_usage = quotas::quota_usage(&plan, &inputs);
    plan.external = inputs.declared.external.iter().cloned().collect();
    if !inputs.exceed_quota {
        let problems = quotas::problems(&plan, &inputs);
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
        let Some(declared) = inputs.graph.nodes.get(address) else { return Ok(()) };
        let resource = inputs.registry.get(&declared.type_name)?;
        let (node, wanted, verdict) = self.decide_with_ignored(address, declared, &**resource);
        let record = inputs.state.resources.get(address);
        let live = inputs.observations.get(address).and_then(Observation::properties);
        let renames = self.name_transfer_reason(address, &wanted.value);
        let verdict = match (verdict.action, &renames) {
            (Action::NoOp, Some(reason)) => Decision { action: Action::Update, reasons: vec![reason.clone()], ..verdict },
            _ => verdict,
        };
        if verdict.action == Action::Replace {
            self.check_retained(address, &node, record);
            self.refuse_if_unmarked(address, record);
        } else if verdict.action == Action::Create && live.is_some() {
            self.check_retained_child(address);
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
        let order = self.order(address, &node, &**resource, &wanted.value);
        let gradual = verdict.action == Action::Update
            && live.is_some_and(|live| {
                resource.transition_properties(live, &wanted.value).is_some_and(|meanwhile| meanwhile != wanted.value)
            });
        let found = matches!(inputs.observations.get(address), Some(Observation::Discovered(_)));
        let completes_creation = self.is_creation_open(address, &node, found) || self.is_restored(address, record, &wanted.value);
        let shown = matches!(verdict.action, Action::Create | Action::Update | Action::Replace | Action::Adopt);
        self.add(address, &node, verdict, order);
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

    /// Decides about a resource with its live values in the place of ignored properties; with its recorded ones if an interrupted run has
    /// begun to delete it, since that run may have taken them from it. A resource that is created or replaced gets the declared values, and
    /// so does one whose creation an earlier run has left unfinished.
    fn decide_with_ignored(
        &mut self,
        address: &Address,
        declared: &Node,
        resource: &dyn AnyResource,
    ) -> (Node, Resolved, Decision) {
        let inputs = self.inputs;
        let ignored = inputs.graph.lifecycles.get(address).map(|lifecycle| &lifecycle.ignore_changes);
        let observation = inputs.observations.get(address);
        let found = matches!(observation, Some(Observation::Discovered(_)));
        let open = inputs.state.intent.as_ref().and_then(|intent| intent.pending.get(address));
        let is_reduced = open.is_some_and(|open| open.has_begun_deletion() || open.completes_creation);
        let recorded = inputs.state.resources.get(address).filter(|_| is_reduced).map(|record| &record.properties);
        let live = observation.and_then(Observation::any_properties).map(|live| recorded.unwrap_or(live));
        if let (Some(ignored), Some(live)) = (ignored, live)
            && !ignored.is_empty()
            && !self.is_creation_open(address, declared, found)
        {
            let problems = self.plan.problems.len();
            let node = with_ignored(declared, ignored, live);
            let (wanted, verdict) = self.verdict(address, &node, resource);
            if !matches!(verdict.action, Action::Create | Action::Replace) {
                self.note_ignored(address, declared, resource, (ignored, live));
                self.plan.adjusted.insert(address.clone(), node.clone());
                return (node, wanted, verdict);
            }
            self.plan.problems.truncate(problems);
        }
        let (wanted, verdict) = self.verdict(address, declared, resource);
        (declared.clone(), wanted, verdict)
    }

    fn verdict(&mut self, address: &Address, node: &Node, resource: &dyn AnyResource) -> (Resolved, Decision) {
        let inputs = self.inputs;
        let wanted = node.properties.resolve(&|reference| self.expected_outputs(reference));
        let record = inputs.state.resources.get(address);
        let live = inputs.observations.get(address).and_then(Observation::properties);
        let rules: &dyn Rules = &ResourceRules { resource, live: live.unwrap_or(&Value::Null), wanted: &wanted.value };
        let verdict = match inputs.observations.get(address) {
            Some(Observation::Live(live)) => existing(node, record, &wanted, live, rules, Action::NoOp),
            Some(Observation::Discovered(live)) => existing(node, None, &wanted, live, rules, Action::Adopt),
            Some(Observation::Unowned { live, .. }) if self.is_name_released(address, node, live) => {
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
        let is_only_used = matches!(resource.retain_policy(&wanted.value, live), Some(RetainPolicy::Leave(_)));
        let verdict = match inputs.observations.get(address).and_then(Observation::id) {
            Some(id) if verdict.action == Action::Adopt && is_only_used => {
                Decision { reasons: vec![format!("{id} exists and is used as it is")], ..verdict }
            }
            _ => verdict,
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
        (wanted, verdict)
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

    /// Whether an interrupted run had begun to delete the resource in steps, and it is to become again as it was applied last: what that
    /// run had already taken from it is set again as it was approved. A deletion that was only planned has taken nothing.
    fn is_restored(&self, address: &Address, record: Option<&Record>, wanted: &Value) -> bool {
        let open = self.inputs.state.intent.as_ref().and_then(|intent| intent.pending.get(address));
        open.is_some_and(PendingChange::has_begun_deletion) && record.is_some_and(|record| record.properties == *wanted)
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
            reasons: verdict.reasons,
            properties: verdict.properties,
            replacement,
            id: inputs.observations.get(address).and_then(Observation::id),
            dependencies: inputs.graph.dependencies(address),
            ..Change::new(address.clone(), &node.type_name, verdict.action)
        });
    }
}

impl Planner<'_> {
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
            (_, ChangeOrigin::Spec) => format!("{} changes", change.path),
            (_, ChangeOrigin::Drift) => format!("{} was changed outside of deployer", change.path),
            (_, ChangeOrigin::Both) => format!("{} changes, and was changed outside of deployer", change.path),
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}
