//! What modules declare for their callers, `Settings` in their file, compared with what flows and the modules themselves do.
//!
//! The settings of a module are JSON: `Transitions` are its own branches, each with a `ReferenceName`, besides `InputParameters` and
//! `OutputParameters` (contents of modules in published exports; the API reference describes no members of Settings).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use deployer_flow::{Flow, ResourceKind, Segment, SymbolicName, segments};
use serde_json::Value;

/// Returns the branches that a module declares; `None` if it declares none.
fn branches(module: &Flow) -> Option<BTreeSet<&str>> {
    let declared = module.as_value().pointer("/Settings/Transitions")?.as_array()?;
    let names: BTreeSet<&str> = declared.iter().filter_map(|one| one.get("ReferenceName")?.as_str()).collect();
    (!names.is_empty()).then_some(names)
}

/// Returns the key of the module that a parameter names.
fn named(text: &str) -> Option<String> {
    match segments(text).as_slice() {
        [Segment::Symbol(symbol)] => {
            SymbolicName::parse(symbol).filter(|name| name.kind == ResourceKind::Module).map(|name| name.key)
        }
        _ => None,
    }
}

fn listed(names: &BTreeSet<&str>) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Returns an error for each branch of a call that the module does not declare, and for each result of a module that is none of its
/// branches.
pub(crate) fn branch_errors(flows: &[(&Path, &Flow)], modules: &BTreeMap<&str, (&Path, &Flow)>) -> Vec<String> {
    let mut errors = Vec::new();
    for (path, flow) in flows.iter().chain(modules.values()) {
        for action in flow.actions().iter().filter(|action| action.kind() == Some("InvokeFlowModule")) {
            let module = action.text("FlowModuleId").and_then(named);
            let Some((key, declared)) = module.and_then(|key| Some((key.clone(), branches(modules.get(key.as_str())?.1)?)))
            else {
                continue;
            };
            for branch in operands(action.as_value()).into_iter().filter(|branch| !declared.contains(branch)) {
                let (path, own) = (path.display(), action.identifier().unwrap_or_default());
                let there = listed(&declared);
                errors
                    .push(format!("{path}: action {own}: the module `{key}` declares no branch `{branch}`; it declares {there}"));
            }
        }
    }
    for (path, flow) in modules.values() {
        let Some(declared) = branches(flow) else { continue };
        for action in flow.actions().iter().filter(|action| action.kind() == Some("EndFlowModuleExecution")) {
            let result = action.text("Result").filter(|result| !result.starts_with('$') && !result.is_empty());
            if let Some(result) = result.filter(|result| !declared.contains(result)) {
                let (path, own) = (path.display(), action.identifier().unwrap_or_default());
                let there = listed(&declared);
                errors
                    .push(format!("{path}: action {own}: `{result}` is no branch of `Settings.Transitions`, which has {there}"));
            }
        }
    }
    errors
}

/// Returns the values that the conditions of an action compare with.
fn operands(action: &Value) -> BTreeSet<&str> {
    let conditions = action.pointer("/Transitions/Conditions").and_then(Value::as_array).into_iter().flatten();
    let operands = conditions.filter_map(|one| one.pointer("/Condition/Operands")?.as_array()).flatten();
    operands.filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn branches_of_calls_and_results_are_declared() {
        let end = |id: &str, kind: &str, parameters: Value| json!({"Identifier": id, "Type": kind, "Parameters": parameters, "Transitions": {}});
        let module = |settings: Value| {
            let text = json!({"Version": "2019-10-30", "StartAction": "a", "Metadata": {}, "Settings": settings, "Actions": [
                end("a", "EndFlowModuleExecution", json!({"Result": "Found"})), end("b", "EndFlowModuleExecution", json!({"Result": "Lost"}))]});
            Flow::parse(&text.to_string()).expect("a module")
        };
        let condition = |to: &str| json!({"NextAction": "end", "Condition": {"Operator": "Equals", "Operands": [to]}});
        let call = json!({"Identifier": "call", "Type": "InvokeFlowModule", "Parameters": {"FlowModuleId": "${connect.modules.m.arn}"},
            "Transitions": {"NextAction": "end", "Errors": [], "Conditions": [condition("Found"), condition("Fonud")]}});
        let flow = json!({"Version": "2019-10-30", "StartAction": "call", "Metadata": {}, "Actions": [call, end("end", "DisconnectParticipant", json!({}))]});
        let flow = Flow::parse(&flow.to_string()).expect("a flow");
        let declared = module(json!({"Transitions": [{"ReferenceName": "Found"}, {"ReferenceName": "Missing"}]}));
        let errors = branch_errors(&[(Path::new("f"), &flow)], &BTreeMap::from([("m", (Path::new("m"), &declared))]));
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(errors[0].contains("declares no branch `Fonud`") && errors[1].contains("`Lost` is no branch"), "{errors:?}");
        let open = module(json!({}));
        assert!(branch_errors(&[(Path::new("f"), &flow)], &BTreeMap::from([("m", (Path::new("m"), &open))])).is_empty());
    }
}
