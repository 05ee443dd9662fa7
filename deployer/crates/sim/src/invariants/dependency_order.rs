//! Nothing is made before what it needs, and nothing is removed before what needs it.

use std::collections::{BTreeMap, BTreeSet};

use deployer_engine::{Action, Address, Event, Graph};

use super::{Verdict, Violation};
use crate::machine::Report;

/// `graph` is what the run was told, so that what the plan says of dependencies is not taken on trust.
pub(crate) fn check(report: &Report, graph: &Graph) -> Verdict {
    let Some(plan) = &report.plan else { return Ok(()) };
    let actions: BTreeMap<&Address, Action> =
        plan.effective().filter(|change| !change.superseded).map(|change| (&change.address, change.action)).collect();
    let types: BTreeMap<&Address, &str> = plan.effective().map(|change| (&change.address, change.type_name.as_str())).collect();
    let told: BTreeMap<&Address, BTreeSet<Address>> =
        actions.keys().map(|address| (*address, graph.dependencies(address))).collect();
    // One that changes by and by ends only when what uses it has changed.
    let gradual: BTreeSet<&Address> = plan.effective().filter(|change| change.gradual).map(|change| &change.address).collect();
    let mut needs: BTreeMap<&Address, BTreeSet<&Address>> = BTreeMap::new();
    for change in plan.effective().filter(|change| !change.superseded) {
        let on = change.dependencies.iter().chain(&told[&change.address]).filter(|on| actions.contains_key(on));
        match change.action {
            Action::Create | Action::Update | Action::Adopt => {
                // A replacement ends only when what uses the old one has moved on.
                let made = on.filter(|on| matches!(actions[on], Action::Create | Action::Update | Action::Adopt));
                // Two new ones may be made side by side where AWS does not ask for the other.
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

/// Whether AWS removes the one with the other: then it need not go first.
fn goes_with(part: &str, whole: &str) -> bool {
    // A deployment goes with its API, of which it is a snapshot, whoever serves it: the stage goes, too.
    let parts = [
        ("apigateway.stage", "apigateway.rest_api"),
        ("apigateway.stage", "apigateway.deployment"),
        ("apigateway.deployment", "apigateway.rest_api"),
        // The permission names the API and says nothing about it.
        // A stage waits for the permissions to be called, not to exist; it goes with its API, which the permissions name.
        ("apigateway.stage", "lambda.permission"),
        ("lambda.permission", "apigateway.rest_api"),
        ("lambda.permission", "connect.instance"),
    ];
    parts.contains(&(part, whole))
}
