//! Resources are created after their dependencies, and deleted after their dependents.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{Action, Address, Event, Graph};

use super::{Verdict, Violation};
use crate::machine::Report;

/// Checks the order of changes by `graph`, the input of the run, so that it does not rely on the dependencies in the plan.
pub(crate) fn check(report: &Report, graph: &Graph) -> Verdict {
    let Some(plan) = &report.plan else { return Ok(()) };
    let actions: BTreeMap<&Address, Action> =
        plan.effective().filter(|change| !change.superseded).map(|change| (&change.address, change.action)).collect();
    let types: BTreeMap<&Address, &str> = plan.effective().map(|change| (&change.address, change.type_name.as_str())).collect();
    let reported: BTreeMap<&Address, BTreeSet<Address>> =
        actions.keys().map(|address| (*address, graph.dependencies(address))).collect();
    // A gradual change ends only after its dependents have changed.
    let gradual: BTreeSet<&Address> = plan.effective().filter(|change| change.two_phase).map(|change| &change.address).collect();
    let mut needs: BTreeMap<&Address, BTreeSet<&Address>> = BTreeMap::new();
    for change in plan.effective().filter(|change| !change.superseded) {
        let on = change.dependencies.iter().chain(&reported[&change.address]).filter(|on| actions.contains_key(on));
        match change.action {
            Action::Create | Action::Update | Action::Adopt => {
                // A replacement ends only after the dependents of the old resource have moved on.
                let made = on.filter(|on| matches!(actions[on], Action::Create | Action::Update | Action::Adopt));
                // Two new resources may be created in parallel if AWS does not check the reference.
                let unchecked = graph.nodes.get(&change.address).map(|node| &node.unchecked);
                let both_new = |on: &Address| change.action == Action::Create && actions[on] == Action::Create;
                let made = made.filter(|on| {
                    !(gradual.contains(on) || both_new(on) && unchecked.is_some_and(|unchecked| unchecked.contains(*on)))
                });
                needs.entry(&change.address).or_default().extend(made);
            }
            Action::Delete => {
                for on in on.filter(|on| actions[on] == Action::Delete && !goes_with(&change.type_name, types[on])) {
                    needs.entry(on).or_default().insert(&change.address);
                }
            }
            Action::Replace | Action::Forget | Action::NoOp => {}
        }
    }
    let mut done = BTreeSet::new();
    for event in &report.events {
        match event {
            Event::Done { address, .. } => drop(done.insert(address)),
            // What is only forgotten stays; nothing has to go before it.
            Event::Started { address, action } if *action != Action::Forget => {
                let early = needs.get(address).into_iter().flatten().find(|on| !done.contains(**on));
                if let Some(on) = early {
                    let seen = format!("{action:?} of {address} began before {on} was done");
                    return Err(Violation::new("dependency_order", seen));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether AWS deletes a part together with the whole: then it need not be deleted first.
fn goes_with(part: &str, whole: &str) -> bool {
    // A deployment is deleted with its API, of which it is a snapshot, whatever serves it: the stage is deleted, too.
    let parts = [
        ("apigateway.stage", "apigateway.rest_api"),
        ("apigateway.stage", "apigateway.deployment"),
        ("apigateway.deployment", "apigateway.rest_api"),
        // The permission names the API and does not depend on it. A stage needs the permissions to be called, not to exist; it is deleted
        // with its API, which the permissions name.
        ("apigateway.stage", "lambda.permission"),
        ("lambda.permission", "lambda.function"),
        ("lambda.permission", "apigateway.rest_api"),
        ("lambda.permission", "connect.instance"),
    ];
    parts.contains(&(part, whole))
}
