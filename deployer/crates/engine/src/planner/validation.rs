//! Plan errors for changes that a resource type cannot make or that retention forbids.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Planner;
use crate::action::Action;
use crate::address::Address;
use crate::graph::Node;
use crate::observation::Observation;
use crate::plan::{Change, Problem};
use crate::resource::AnyResource;
use crate::rules::{RetainPolicy, RuleInput};
use crate::state::Record;

impl Planner<'_> {
    /// Refuses to replace a retained resource, because a replacement deletes the old one, recorded or found.
    pub(super) fn check_retained(&mut self, address: &Address, node: &Node, record: Option<&Record>) {
        let live = self.inputs.observations.get(address).and_then(Observation::properties);
        let kept = match (record, live) {
            (Some(record), _) => self.keep(address, &record.type_name, &record.properties),
            (None, Some(live)) => self.keep(address, &node.type_name, live),
            (None, None) => None,
        };
        match kept {
            Some(RetainPolicy::Refuse { why, help }) => self.refuse(address, format!("it would be replaced, and {why}"), help),
            Some(RetainPolicy::Forget(why)) => {
                let help = format!("leave {address} as it was and declare another one beside it");
                self.refuse(address, format!("it would be replaced, but {why}"), help);
            }
            // The old one stays where it is.
            Some(RetainPolicy::Leave(_)) | None => {}
        }
    }

    /// Refuses to recreate the parent of a protected or retained resource, which would be lost with it.
    pub(super) fn check_retained_child(&mut self, address: &Address) {
        let (why, help) = match self.declared_policy(address) {
            Some(RetainPolicy::Refuse { why, help }) => (why, help),
            Some(RetainPolicy::Forget(why)) => (why, "keep its parent as it is".to_owned()),
            Some(RetainPolicy::Leave(_)) | None => return,
        };
        self.refuse(address, format!("it would be lost with its parent, but {why}"), help);
    }

    /// Refuses a rename while the resource exists under both addresses: only one of them can be meant.
    pub(super) fn check_moves(&mut self) {
        let state = self.inputs.state;
        for (address, lifecycle) in &self.inputs.graph.lifecycles {
            let former = |former: &&Address| state.is_known(former) && !self.inputs.graph.nodes.contains_key(*former);
            let Some(former) = lifecycle.renamed_from.iter().find(former) else { continue };
            let message = format!("renamed_from says that it was {former}, and another address of it is recorded too");
            let help =
                format!("remove `renamed_from`, and {former} is deleted; or move or forget one of the records: deployer state");
            self.refuse(address, message, help);
        }
    }

    /// Asks the resource type whether the planned action is possible at all.
    pub(super) fn check_plan_errors(&mut self, address: &Address, resource: &dyn AnyResource, wanted: &Value, action: Action) {
        let live = match action {
            Action::Create => None,
            Action::Update | Action::Replace => self.inputs.observations.get(address).and_then(Observation::properties),
            // These actions keep the resource as it is or are checked elsewhere.
            Action::NoOp | Action::Adopt | Action::Delete | Action::Forget => return,
        };
        let record = self.inputs.state.resources.get(address).filter(|record| record.type_name == resource.type_name());
        let recorded = record.map(|record| &record.properties);
        if let Some(error) = resource.plan_error(RuleInput { desired: wanted, recorded, live }) {
            self.plan.problems.push(Problem { address: address.clone(), error });
        }
    }

    /// Refuses to delete the parent of a resource that is retained or belongs to somebody else, which would be deleted with it.
    pub(super) fn check_retained_parents(&mut self) {
        let goes = |change: &&Change| matches!(change.action, Action::Delete | Action::Replace);
        let going: BTreeSet<Address> = self.plan.changes.iter().filter(goes).map(|change| change.address.clone()).collect();
        for address in std::mem::take(&mut self.kept) {
            let Some(record) = self.inputs.state.resources.get(&address) else { continue };
            let foreign = self.inputs.owners.foreign(&address, &record.id);
            // A resource of somebody else may depend on ours; it is lost only with one that its id says it is in: `parent/own`.
            let is_inside = |on: &Address| {
                let parent = self.inputs.state.resources.get(on).map(|parent| format!("{}/", parent.id));
                parent.is_some_and(|parent| record.id.0.starts_with(&parent))
            };
            let lost_with = |on: &&Address| going.contains(*on) && (foreign.is_none() || is_inside(on));
            let lost: Vec<&str> = record.dependencies.iter().filter(lost_with).map(Address::as_str).collect();
            if lost.is_empty() {
                continue;
            }
            let whole = lost.join(", ");
            let (message, help) = match foreign {
                Some(why) => (
                    format!("{} would be lost with {whole}, but {why}", record.id),
                    format!("keep {whole}, or have its other owner move {} elsewhere first", record.id),
                ),
                None => (
                    format!("{} is retained, and would be lost without {whole}", record.id),
                    format!("keep {whole} too, or allow {address} to be deleted"),
                ),
            };
            self.refuse(&address, message, help);
        }
    }

    /// Refuses to delete, replace or silently drop a resource whose owner nothing but the record names: a record may be old or somebody
    /// else's. A resource with a chosen name, which somebody else may have created since, is dropped instead, unless it holds data.
    pub(super) fn refuse_if_unmarked(&mut self, address: &Address, record: Option<&Record>) {
        let Some(record) = record else { return };
        let Some(why) = self.inputs.owners.unmarked(address, &record.id) else { return };
        let Ok(resource) = self.inputs.registry.get(&record.type_name) else { return };
        if !resource.holds_data() && (resource.id_is_a_name() || self.has_unmarked_parent(&**resource, record)) {
            return;
        }
        let data = if resource.holds_data() { "holds data that would be lost for good, and " } else { "is recorded, but " };
        let message = format!("{} {data}its owner is unknown: {why}", record.id);
        let help = if self.inputs.state.is_superseded(address, &record.id) {
            // No apply changes the tags of a resource that was replaced, and `state rm` refuses while it is still to be deleted.
            "if it is yours, put its tags back in the provider's console or with its command line, and run this again".to_owned()
        } else {
            format!(
                "if it is yours, put its tags back (an apply with --adopt does) and run this again; if not: deployer state rm {address}"
            )
        };
        self.refuse(address, message, help);
    }

    /// Whether the resource is part of another one that is refused for the same reason.
    fn has_unmarked_parent(&self, resource: &dyn AnyResource, record: &Record) -> bool {
        let is_unmarked = |on: &Address| {
            let record = self.inputs.state.resources.get(on);
            record.is_some_and(|record| self.inputs.owners.unmarked(on, &record.id).is_some())
        };
        resource.parent().is_some() && record.dependencies.iter().any(is_unmarked)
    }
}
