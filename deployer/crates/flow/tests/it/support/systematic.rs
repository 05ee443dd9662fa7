//! All mutations of some kinds that a flow admits, each with the finding it must cause.

use deployer_flow::actions::{self, ActionType, ConditionMode, Kind, NextRequirement, Parameter};
use serde_json::{Value, json};

/// A change to a flow.
pub(crate) struct Mutant {
    pub(crate) kind: &'static str,
    pub(crate) flow: Value,
    /// Accepted codes of the finding; one of them is required.
    pub(crate) codes: &'static [&'static str],
    pub(crate) path: String,
}

struct Maker<'a> {
    flow: &'a Value,
    made: Vec<Mutant>,
}

impl Maker<'_> {
    fn add(&mut self, kind: &'static str, codes: &'static [&'static str], path: String, change: impl FnOnce(&mut Value)) {
        let mut flow = self.flow.clone();
        change(&mut flow);
        self.made.push(Mutant { kind, flow, codes, path });
    }
}

fn at(flow: &mut Value, index: usize) -> &mut Value {
    &mut flow["Actions"][index]
}

/// Returns all mutants of a flow without errors.
pub(crate) fn mutants(flow: &Value) -> Vec<Mutant> {
    let mut maker = Maker { flow, made: Vec::new() };
    maker.add("wrong version", &["structure"], "Version".to_owned(), |flow| flow["Version"] = json!("2018-01-01"));
    maker.add("start that is not there", &["structure"], "StartAction".to_owned(), |flow| flow["StartAction"] = json!("Nowhere"));
    let actions = flow["Actions"].as_array().cloned().unwrap_or_default();
    for (index, action) in actions.iter().enumerate() {
        identity(&mut maker, index, action);
        targets(&mut maker, index, action);
        let Some(rules) = action["Type"].as_str().and_then(actions::get) else { continue };
        ways(&mut maker, index, action, rules);
        conditions(&mut maker, index, action, rules);
        parameters(&mut maker, index, action, rules);
        twice(&mut maker, index, action);
        spoken(&mut maker, index, action);
    }
    if actions.len() > 3 {
        whole(&mut maker);
    }
    maker.made
}

/// Adds documents that are too large.
fn whole(maker: &mut Maker<'_>) {
    maker.add("more than 250 actions", &["limit"], "Actions".to_owned(), |flow| {
        let all = flow["Actions"].as_array_mut().unwrap();
        for number in 0..250 {
            all.push(json!({"Identifier": format!("Surplus {number}"), "Type": "DisconnectParticipant", "Transitions": {}}));
        }
    });
    maker.add("content too long", &["limit"], String::new(), |flow| flow["Metadata"] = json!({"note": "x".repeat(256_001)}));
}

/// Adds branches that occur twice, so that one of them is never taken.
fn twice(maker: &mut Maker<'_>, index: usize, action: &Value) {
    for member in ["Conditions", "Errors"] {
        let branches = action["Transitions"][member].as_array().cloned().unwrap_or_default();
        for branch in &branches {
            let place = format!("Actions[{index}].Transitions.{member}[{}]", branches.len());
            maker.add("branch doubled", &["duplicate-branch"], place, |flow| {
                at(flow, index)["Transitions"][member].as_array_mut().unwrap().push(branch.clone());
            });
        }
    }
}

/// Adds spoken texts that are too long, or contain an invalid reference.
fn spoken(maker: &mut Maker<'_>, index: usize, action: &Value) {
    for name in ["Text", "SSML"].into_iter().filter(|name| action["Parameters"].get(name).is_some()) {
        let place = format!("Actions[{index}].Parameters.{name}");
        let mut set = |kind: &'static str, codes: &'static [&'static str], text: String| {
            maker.add(kind, codes, place.clone(), |flow| at(flow, index)["Parameters"][name] = json!(text));
        };
        set("text of 6,001 characters", &["limit"], "x".repeat(6001));
        set("text of 3,001 billed characters", &["limit"], format!("{}{}", "<p>".repeat(50), "x".repeat(3001)));
        set("JSONPath without its full stop", &["near-miss"], "Hello $Attributes.name".to_owned());
        set("JSONPath with two full stops", &["near-miss"], "Hello $..Attributes.name".to_owned());
        set("JSONPath with two full stops inside", &["near-miss"], "Hello $.Attributes..name".to_owned());
        set("JSONPath without quotes in brackets", &["near-miss"], "Hello $.Attributes[name]".to_owned());
        set("JSONPath with a misspelt root", &["jsonpath-root"], "Hello $.Atributes.name".to_owned());
    }
}

fn identity(maker: &mut Maker<'_>, index: usize, action: &Value) {
    let path = format!("Actions[{index}]");
    let kind = action["Type"].as_str().unwrap_or_default().to_owned();
    maker.add("type misspelt", &["unknown-type"], format!("{path}.Type"), |flow| {
        at(flow, index)["Type"] = json!(format!("{kind}x"));
    });
    maker.add("type missing", &["missing-property"], format!("{path}.Type"), |flow| {
        at(flow, index).as_object_mut().unwrap().shift_remove("Type");
    });
    maker.add("action that is none", &["structure"], path.clone(), |flow| *at(flow, index) = Value::Null);
    maker.add("identifier missing", &["missing-property"], format!("{path}.Identifier"), |flow| {
        at(flow, index).as_object_mut().unwrap().shift_remove("Identifier");
    });
    maker.add("identifier with a bracket", &["identifier"], format!("{path}.Identifier"), |flow| {
        at(flow, index)["Identifier"] = json!("a(b)");
    });
    if index > 0 {
        let first = maker.flow["Actions"][0]["Identifier"].clone();
        maker.add("identifier doubled", &["duplicate-identifier"], format!("{path}.Identifier"), |flow| {
            at(flow, index)["Identifier"] = first;
        });
    }
}

/// Returns the places in an action's transitions that refer to another action, as JSON pointers and as paths.
fn places(action: &Value) -> Vec<(String, String)> {
    let mut places = Vec::new();
    if action["Transitions"].get("NextAction").is_some() {
        places.push(("/Transitions/NextAction".to_owned(), "Transitions.NextAction".to_owned()));
    }
    for member in ["Conditions", "Errors"] {
        for number in 0..action["Transitions"][member].as_array().map_or(0, Vec::len) {
            places.push((
                format!("/Transitions/{member}/{number}/NextAction"),
                format!("Transitions.{member}[{number}].NextAction"),
            ));
        }
    }
    places
}

fn targets(maker: &mut Maker<'_>, index: usize, action: &Value) {
    for (pointer, path) in places(action) {
        let path = format!("Actions[{index}].{path}");
        let change = |value: Value| {
            let pointer = pointer.clone();
            move |flow: &mut Value| *at(flow, index).pointer_mut(&pointer).unwrap() = value
        };
        maker.add("target that is not there", &["target"], path.clone(), change(json!("Nowhere")));
        maker.add("target that is a number", &["target"], path.clone(), change(json!(5)));
        // Removing the target action shifts the indexes of those after it.
        let target = action.pointer(&pointer).cloned().unwrap_or_default();
        let all = maker.flow["Actions"].as_array().cloned().unwrap_or_default();
        let Some(aimed) = all.iter().position(|one| one["Identifier"] == target).filter(|aimed| *aimed != index) else {
            continue;
        };
        let moved = index - usize::from(aimed < index);
        let path = path.replace(&format!("Actions[{index}]"), &format!("Actions[{moved}]"));
        maker.add("target removed", &["target"], path, |flow| drop(flow["Actions"].as_array_mut().unwrap().remove(aimed)));
    }
}

fn ways(maker: &mut Maker<'_>, index: usize, action: &Value, rules: &ActionType) {
    let path = format!("Actions[{index}]");
    if rules.is_terminal() {
        let start = maker.flow["StartAction"].clone();
        maker.add("transitions after the end", &["transitions"], format!("{path}.Transitions"), |flow| {
            at(flow, index)["Transitions"] = json!({"NextAction": start});
        });
        return;
    }
    if rules.next == NextRequirement::Required && action["Transitions"].get("NextAction").is_some() {
        maker.add("NextAction removed", &["missing-next"], format!("{path}.Transitions.NextAction"), |flow| {
            at(flow, index)["Transitions"].as_object_mut().unwrap().shift_remove("NextAction");
        });
    }
    let errors = action["Transitions"]["Errors"].as_array().cloned().unwrap_or_default();
    let conditional = rules.errors.conditional.iter().flat_map(|rule| rule.errors);
    for (number, branch) in errors.iter().enumerate() {
        let name = branch["ErrorType"].as_str().unwrap_or_default().to_owned();
        if rules.errors.required.contains(&name.as_str()) || conditional.clone().any(|known| *known == name) {
            maker.add("required error dropped", &["missing-error"], path.clone(), |flow| {
                at(flow, index)["Transitions"]["Errors"].as_array_mut().unwrap().retain(|one| one["ErrorType"] != json!(name));
            });
        }
        let place = format!("{path}.Transitions.Errors[{number}].ErrorType");
        maker.add("error without its type", &["error-type"], place, |flow| {
            at(flow, index)["Transitions"]["Errors"][number].as_object_mut().unwrap().shift_remove("ErrorType");
        });
    }
    let bye = maker.flow["StartAction"].clone();
    let given = |name: &str| errors.iter().any(|branch| branch["ErrorType"] == json!(name));
    let refused = rules.errors.rejected.iter().filter(|name| !given(name)).map(|name| ("refused error added", *name));
    for (kind, name) in refused.chain([("unknown error added", "Invented")]) {
        let place = format!("{path}.Transitions.Errors[{}].ErrorType", errors.len());
        let branch = json!({"NextAction": bye, "ErrorType": name});
        maker.add(kind, &["refused-error", "unknown-error"], place, |flow| {
            let transitions = &mut at(flow, index)["Transitions"];
            if !transitions["Errors"].is_array() {
                transitions["Errors"] = json!([]);
            }
            transitions["Errors"].as_array_mut().unwrap().push(branch);
        });
    }
}

fn conditions(maker: &mut Maker<'_>, index: usize, action: &Value, rules: &ActionType) {
    let path = format!("Actions[{index}].Transitions.Conditions");
    let given = action["Transitions"]["Conditions"].as_array().map_or(0, Vec::len);
    let bye = maker.flow["StartAction"].clone();
    if rules.conditions.is_none() && !rules.is_terminal() {
        maker.add("condition where none is", &["conditions"], path.clone(), |flow| {
            let condition = json!({"NextAction": bye, "Condition": {"Operator": "Equals", "Operands": ["1"]}});
            at(flow, index)["Transitions"]["Conditions"] = json!([condition]);
        });
    }
    let Some(supported) = &rules.conditions else { return };
    for number in 0..given {
        let place = format!("{path}[{number}].Condition");
        let condition = move |flow: &mut Value, member: &str, value: Value| {
            at(flow, index)["Transitions"]["Conditions"][number]["Condition"][member] = value;
        };
        maker.add("operator misspelt", &["operator"], format!("{place}.Operator"), move |flow| {
            condition(flow, "Operator", json!("Equalz"));
        });
        maker.add("two operands", &["operand"], format!("{place}.Operands"), move |flow| {
            condition(flow, "Operands", json!(["1", "2"]));
        });
        if supported.mode != ConditionMode::Numeric {
            maker.add("number for an operand", &["operand"], format!("{place}.Operands"), move |flow| {
                condition(flow, "Operands", json!([1]));
            });
        }
        if supported.mode == ConditionMode::Fixed {
            maker.add("one of two ways missing", &["missing-condition"], path.clone(), |flow| {
                drop(at(flow, index)["Transitions"]["Conditions"].as_array_mut().unwrap().remove(number));
            });
        }
    }
}

fn parameters(maker: &mut Maker<'_>, index: usize, action: &Value, rules: &ActionType) {
    let path = format!("Actions[{index}].Parameters");
    for name in std::iter::once("Surplus").chain(rules.refused.iter().copied()) {
        let kind = if name == "Surplus" { "unknown parameter" } else { "refused parameter" };
        maker.add(kind, &["unknown-parameter"], format!("{path}.{name}"), |flow| {
            let action = at(flow, index);
            if !action["Parameters"].is_object() {
                action["Parameters"] = json!({});
            }
            action["Parameters"][name] = json!("x");
        });
    }
    for rule in rules.parameters {
        let Some(value) = action["Parameters"].get(rule.name) else { continue };
        let place = format!("{path}.{}", rule.name);
        if rule.required {
            maker.add("required parameter removed", &["missing-parameter"], place.clone(), |flow| {
                at(flow, index)["Parameters"].as_object_mut().unwrap().shift_remove(rule.name);
            });
        }
        parameter(maker, index, rule, value, &place);
    }
}

fn parameter(maker: &mut Maker<'_>, index: usize, rule: &Parameter, value: &Value, place: &str) {
    let mut set = |kind: &'static str, codes: &'static [&'static str], value: Value| {
        maker.add(kind, codes, place.to_owned(), |flow| at(flow, index)["Parameters"][rule.name] = value);
    };
    set("truth value for a string", &["boolean", "value-kind"], json!(true));
    let scalar = matches!(rule.kind, Kind::Static | Kind::Single | Kind::Dynamic | Kind::Jsonpath);
    if !scalar {
        set("text for an object or a list", &["value-kind"], json!("text"));
        return;
    }
    set("null for a string", &["value-kind"], Value::Null);
    set("empty text", &["empty"], json!(""));
    if !rule.integer {
        set("number for a string", &["value-kind"], json!(7));
    } else {
        set("word for a number", &["range"], json!("many"));
        set("number with a fraction", &["range"], json!("1.5"));
        if rule.min.is_some() {
            set("number below the least", &["range"], json!((rule.min.unwrap_or_default() - 1).to_string()));
        }
    }
    if let Some(max) = rule.max {
        set("number too large", &["range", "time-limit"], json!((max + 1).to_string()));
    }
    if !rule.values.is_empty() && value.is_string() {
        set("none of the known values", &["enum"], json!("Nonsense"));
    }
    match rule.kind {
        Kind::Single | Kind::Jsonpath => set("JSONPath with a bad root", &["jsonpath-root"], json!("$.Nonsense.x")),
        Kind::Static => set("JSONPath where none may be", &["jsonpath"], json!("$.Attributes.x")),
        _ => {}
    }
    if rule.reference.is_some() {
        set("ARN of something else", &["resource-kind"], json!("arn:aws:s3:us-east-1:111122223333:bucket/x"));
        // The service's response to the others is not recorded.
        if !["queue", "flow", "module", "prompt", "hours", "lambda", "agent"].contains(&rule.reference.unwrap_or("")) {
            return;
        }
        set("placeholder for an ARN", &["id"], json!("{{QUEUE_ARN}}"));
        if rule.reference == Some("lambda") {
            set("ARN without a region", &["impossible-arn"], json!("arn:aws:lambda:nowhere:111122223333:function:f"));
            set("ARN of a short account", &["impossible-arn"], json!("arn:aws:lambda:us-east-1:1111:function:f"));
        }
        let other = if rule.reference == Some("queue") { "functions.x.arn" } else { "connect.queues.x.arn" };
        set("reference to another kind", &["resource-kind"], json!(format!("${{{other}}}")));
    }
}
