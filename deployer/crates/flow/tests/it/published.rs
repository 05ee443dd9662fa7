//! Comparison of the table of the Flow language with the names in published flows.
//!
//! `facts/published.tsv` contains names only: the name, its place, and the number of flows that contain it.

use deployer_flow::action_types::{Catalogue, Status};
use deployer_flow::{Context, Flow, Severity, check};
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
    let catalogue = Catalogue::builtin();
    if fact.kind == "root" {
        return catalogue.root(fact.of).is_some();
    }
    let (kind, member) = fact.of.split_once('.').unwrap_or((fact.of, ""));
    let Some(rules) = catalogue.get(kind) else { return false };
    let listed = |list: &Option<Vec<String>>| list.iter().flatten().any(|one| one == fact.name);
    match fact.kind {
        "action" => true,
        "parameter" => rules.parameter(fact.name).is_some(),
        "member" => rules.parameter(member).is_some_and(|rule| listed(&rule.keys)),
        "operand" => rules.conditions.as_ref().is_some_and(|known| listed(&known.operands)),
        "error" => {
            let errors = &rules.errors;
            let conditional = errors.conditional.iter().flat_map(|rule| &rule.errors);
            errors.required.iter().chain(&errors.optional).chain(conditional).any(|one| one == fact.name)
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
    for kind in Catalogue::builtin().names() {
        let with = flow(kind, "Invented", "InventedError");
        let mut without = with.clone();
        without["Actions"][0]["Parameters"] = json!({});
        without["Actions"][0]["Transitions"]["Errors"] = json!([]);
        let found = |flow: Value| check(&Flow::from_value(flow).unwrap(), &Context::default());
        let errors = |flow: Value| found(flow).into_iter().filter(|one| one.severity == Severity::Error).count();
        assert_eq!(errors(with.clone()), errors(without), "{kind}");
        let said: Vec<_> = found(with).into_iter().filter(|one| one.message.contains("not documented")).collect();
        let terminal = Catalogue::builtin().get(kind).unwrap().terminal;
        assert_eq!(said.len(), if terminal { 1 } else { 2 }, "{kind}: {said:#?}");
        assert!(said.iter().all(|one| one.severity == Severity::Warning), "{kind}");
    }
}

#[test]
fn refused_names_block() {
    let catalogue = Catalogue::builtin();
    let mut count = 0;
    for kind in catalogue.names() {
        let rules = catalogue.get(kind).unwrap();
        for name in &rules.refused {
            count += 1;
            let flow = Flow::from_value(flow(kind, name, "NoMatchingError")).unwrap();
            let message = format!("Invalid Action property name. Path: Actions[0].Parameters.{name}");
            let blocks =
                check(&flow, &Context::default()).iter().any(|one| one.message == message && one.severity == Severity::Error);
            assert!(blocks && rules.status == Status::Recorded, "{kind}: {name}");
        }
    }
    assert!(count > 3);
}
