//! Comparison of the table of the Flow language with the names in published flows.
//!
//! `facts/published.tsv` contains names only: the name, its place, and the number of flows that contain it.

use deployer_flow::actions::{self, Status};
use deployer_flow::{Context, Flow, JsonPath, Severity, check};
use serde_json::{Value, json};

/// One line of the facts: kind, place and name.
struct Fact {
    kind: &'static str,
    of: &'static str,
    name: &'static str,
}

fn facts() -> Vec<Fact> {
    let lines = include_str!("../facts/published.tsv").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [kind, of, name, _] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            Fact { kind, of, name }
        })
        .collect()
}

/// Whether the table has the name.
fn has(fact: &Fact) -> bool {
    if fact.kind == "root" {
        return JsonPath::parse(&format!("$.{}", fact.of)).is_some_and(|path| path.has_known_root());
    }
    let (kind, member) = fact.of.split_once('.').unwrap_or((fact.of, ""));
    let Some(rules) = actions::get(kind) else { return false };
    match fact.kind {
        "action" => true,
        "parameter" => rules.parameter(fact.name).is_some(),
        "member" => rules.parameter(member).is_some_and(|rule| rule.members.contains(&fact.name)),
        "operand" => rules.conditions.is_some_and(|known| known.operands.contains(&fact.name)),
        "error" => {
            let errors = &rules.errors;
            let conditional = errors.conditional.iter().flat_map(|rule| rule.errors);
            errors.required.iter().chain(errors.optional).chain(conditional).any(|one| *one == fact.name)
        }
        "operator" => rules.conditions.is_some(),
        other => panic!("{other} is no kind of fact"),
    }
}

#[test]
fn table_has_every_name_of_published_flows() {
    let facts = facts();
    assert!(facts.len() > 200, "{}", facts.len());
    let lacking: Vec<_> = facts.iter().filter(|fact| !has(fact)).map(|fact| (fact.kind, fact.of, fact.name)).collect();
    assert!(lacking.is_empty(), "{lacking:#?}");
}

/// Returns a flow of one action with one parameter and one error branch of these names.
fn flow(kind: &str, parameter: &str, error: &str) -> Value {
    json!({"Version": "2019-10-30", "StartAction": "a", "Actions": [
        {"Identifier": "a", "Type": kind, "Parameters": {parameter: "x"},
         "Transitions": {"NextAction": "b", "Errors": [{"NextAction": "b", "ErrorType": error}]}},
        {"Identifier": "b", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]})
}

#[test]
fn invented_names_of_known_actions_never_block() {
    for rules in actions::all() {
        let kind = rules.name;
        let with = flow(kind, "Invented", "InventedError");
        let mut without = with.clone();
        without["Actions"][0]["Parameters"] = json!({});
        without["Actions"][0]["Transitions"]["Errors"] = json!([]);
        let found = |flow: Value| check(&Flow::from_value(flow).unwrap(), &Context::default());
        let errors = |flow: Value| found(flow).into_iter().filter(|one| one.severity == Severity::Error).count();
        assert_eq!(errors(with.clone()), errors(without), "{kind}");
        let said: Vec<_> = found(with).into_iter().filter(|one| one.message.contains("not documented")).collect();
        assert_eq!(said.len(), if rules.is_terminal() { 1 } else { 2 }, "{kind}: {said:#?}");
        assert!(said.iter().all(|one| one.severity == Severity::Warning), "{kind}");
    }
}

#[test]
fn refused_names_block() {
    let mut count = 0;
    for rules in actions::all() {
        let kind = rules.name;
        for name in rules.refused {
            count += 1;
            let flow = Flow::from_value(flow(kind, name, "NoMatchingError")).unwrap();
            let message = format!("Invalid Action property name. Path: Actions[0].Parameters.{name}");
            let blocks =
                check(&flow, &Context::default()).iter().any(|one| one.message == message && one.severity == Severity::Error);
            assert!(blocks && rules.source.status == Status::Recorded, "{kind}: {name}");
        }
    }
    assert!(count > 3);
}
