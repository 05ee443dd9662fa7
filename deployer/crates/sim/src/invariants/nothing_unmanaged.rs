//! In an instance that is used and not managed, everything that is not tagged as ours stays as it is, byte for byte.

use std::collections::BTreeMap;

use deployer_emulator::AccountState;
use serde_json::{Map, Value};

use super::{Verdict, Violation};
use crate::specs::DesiredSpec;

/// Members of an instance that remember requests.
const OF_REQUESTS: [&str; 2] = ["bot_tokens", "function_tokens"];

/// The instances of an account and the numbers that were not claimed for a spec, each as text without what belongs to it.
pub(crate) type Unmanaged = BTreeMap<String, String>;

/// Returns what `wanted` does not manage. Its associations have no tags and are known by the ARNs in its stack.
pub(crate) fn unmanaged(world: &AccountState, wanted: &DesiredSpec) -> Unmanaged {
    let connect = serde_json::to_value(&world.connect).unwrap_or_default();
    let ours = |value: &Value| {
        let is = |tag: &str, name: &str| value["tags"][tag] == name;
        is("deployer:project", &wanted.project) && is("deployer:environment", &wanted.environment)
    };
    let own = associations(wanted);
    let each = |section: &str| connect[section].as_object().cloned().unwrap_or_else(Map::new);
    let mut found = Unmanaged::new();
    for (id, mut instance) in each("instances") {
        instance.as_object_mut().into_iter().for_each(|members| members.retain(|name, _| !OF_REQUESTS.contains(&name.as_str())));
        for (_, member) in instance.as_object_mut().into_iter().flatten() {
            member.as_object_mut().into_iter().for_each(|all| all.retain(|_, value| !ours(value)));
        }
        for member in ["bots", "functions"] {
            let is_ours = |value: &Value| own.iter().any(|arn| value == arn || value["Alias"] == *arn);
            instance[member].as_array_mut().into_iter().for_each(|all| all.retain(|value| !is_ours(value)));
        }
        found.insert(format!("the instance {id}"), instance.to_string());
    }
    for (id, number) in each("numbers").into_iter().filter(|(_, number)| !ours(number)) {
        found.insert(format!("the number {id}"), number.to_string());
    }
    found
}

/// Returns the ARNs that the stack associates with its instance.
pub(crate) fn associations(wanted: &DesiredSpec) -> Vec<String> {
    let bots = wanted.graph.nodes.values().filter(|node| node.type_name == "connect.bot");
    let aliases = bots.filter_map(|node| node.properties.resolve(&|_| None).value["alias_arn"].as_str().map(str::to_owned));
    let functions = wanted.graph.nodes.values().filter(|node| node.type_name == "lambda.function");
    let arns = functions.filter_map(|node| {
        let name = node.properties.resolve(&|_| None).value["name"].as_str()?.to_owned();
        Some(format!("arn:aws:lambda:{}:{}:function:{name}", crate::REGION, crate::ACCOUNT))
    });
    aliases.chain(arns).collect()
}

/// Checks that `before`, what was unmanaged at the beginning, is the same now.
pub(crate) fn check(before: &Unmanaged, now: &Unmanaged) -> Verdict {
    let differs = before.iter().find(|(what, was)| now.get(*what) != Some(was));
    let more = now.keys().find(|what| !before.contains_key(*what));
    match (differs, more) {
        (None, None) => Ok(()),
        (Some((what, was)), _) => {
            let is = now.get(what).map_or("gone", String::as_str);
            let seen = format!("{what}, which is only used, was\n{was}\nand is\n{is}");
            Err(Violation::new("nothing_unmanaged", seen))
        }
        (None, Some(what)) => Err(Violation::new("nothing_unmanaged", format!("{what} is new and not ours"))),
    }
}
