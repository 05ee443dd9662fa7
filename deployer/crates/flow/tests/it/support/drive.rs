//! Flows around one action, generated from the declaration of its type, and calls that take its branches.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use deployer_flow::actions::{ActionType, ConditionMode, Conditional, Kind, NextRequirement, Parameter, Rule};
use deployer_flow::scenario::{Coverage, Files, suite};
use deployer_flow::{Context, Flow, Severity, check};
use futures::executor::block_on;
use serde_json::{Map, Value, json};

/// Identifier of the tested action.
const SUBJECT: &str = "Subject";
/// Reference to a value that the test determines.
const DECIDED: &str = "$.Attributes.subject";

/// One action of a type, with some of its parameters.
pub(crate) struct Subject {
    parameters: Map<String, Value>,
    transitions: Value,
    /// Error branches of the action.
    pub(crate) errors: Vec<String>,
    /// Operator and operand of each of its conditions.
    pub(crate) conditions: Vec<(String, String)>,
}

fn reference(kind: &str, key: &str) -> String {
    let section = match kind {
        "lambda" => "functions".to_owned(),
        "agent" => "connect.users".to_owned(),
        "hours" => "connect.hours".to_owned(),
        other => format!("connect.{other}s"),
    };
    format!("${{{section}.{key}.arn}}")
}

/// Returns a value that the parameter accepts; `there` is whether the resource it refers to exists.
fn value(rules: &Parameter, there: bool) -> Value {
    let key = if there { "thing" } else { "nothing" };
    let named = rules.reference.map(|kind| reference(kind, key));
    match (rules.kind, named) {
        (Kind::Map, Some(named)) => json!({*rules.members.first().unwrap_or(&"k"): named}),
        (Kind::Object, Some(named)) => json!({"Id": named}),
        (_, Some(named)) => json!(named),
        (Kind::List, None) if rules.name == "Messages" => json!([{"Text": DECIDED}]),
        (Kind::List, None) if !rules.values.is_empty() => json!(rules.values),
        (Kind::List, None) => json!(["k"]),
        (Kind::Map, None) if rules.name == "FlowAttributes" => json!({"k": {"Value": DECIDED}}),
        (Kind::Map, None) => json!({"k": DECIDED}),
        (Kind::Object, None) => object(rules),
        (Kind::Static, None) => match rules.values.first() {
            Some(first) => json!(first),
            None => json!(rules.min.unwrap_or(1).max(1).to_string()),
        },
        (Kind::Single, None) if !rules.values.is_empty() => json!(rules.values.first()),
        (Kind::Single | Kind::Dynamic | Kind::Jsonpath, None) => json!(DECIDED),
    }
}

fn object(rules: &Parameter) -> Value {
    match rules.name {
        "LexV2Bot" => json!({"AliasArn": reference("bot", "thing")}),
        "LexBot" => json!({"Name": "thing", "Region": "us-east-1", "Alias": "live"}),
        "Media" => json!({"Uri": DECIDED, "SourceType": "S3", "MediaType": "Audio"}),
        "DTMFConfiguration" => json!({"InputTerminationSequence": "99"}),
        "ResponseValidation" => json!({"ResponseType": "JSON"}),
        "InputValidation" => json!({"PhoneNumberValidation": {"NumberFormat": "E164"}}),
        "LexTimeoutSeconds" => json!({"Text": "60"}),
        _ => match rules.members.first() {
            Some(field) => json!({*field: "x"}),
            None => json!({"k": "x"}),
        },
    }
}

/// Returns all subjects of a type: one with the required parameters, and one for each further choice of parameters, for each
/// rule on error branches, and for each reference to a missing resource.
pub(crate) fn subjects(rules: &ActionType) -> Vec<Subject> {
    let mut all: Vec<Map<String, Value>> = vec![needed(rules)];
    for group in rules.groups {
        for key in group.keys {
            let mut other = needed(rules);
            group.keys.iter().for_each(|key| drop(other.shift_remove(*key)));
            other.extend(rules.parameter(key).map(|parameter| ((*key).to_owned(), value(parameter, true))));
            all.push(other);
        }
    }
    for rule in rules.errors.conditional {
        let mut other = needed(rules);
        meet(rules, rule, &mut other);
        all.push(other);
    }
    let grouped = |name: &str| rules.groups.iter().any(|group| group.keys.contains(&name));
    let deciding = |name: &str| {
        rules.errors.conditional.iter().any(|rule| rule.parameter == name || rule.with.is_some_and(|(with, _)| with == name))
    };
    let free = |one: &&Parameter| !grouped(one.name) && (one.kind == Kind::List || !deciding(one.name));
    for parameter in rules.parameters.iter().filter(|one| !is_needed(one)).filter(free) {
        let mut other = needed(rules);
        other.insert(parameter.name.to_owned(), value(parameter, true));
        all.push(other);
    }
    for parameter in rules.parameters.iter().filter(|parameter| parameter.reference.is_some()) {
        for one in all.clone().into_iter().filter(|one| one.contains_key(parameter.name)) {
            let mut other = one;
            other.insert(parameter.name.to_owned(), value(parameter, false));
            all.push(other);
        }
    }
    let mut subjects: Vec<Subject> = Vec::new();
    for parameters in all {
        if !subjects.iter().any(|known| known.parameters == parameters) {
            subjects.push(subject(rules, parameters));
        }
    }
    // If every key has a branch, none is left for a key without one.
    if rules.conditions.as_ref().is_some_and(|known| known.mode == ConditionMode::Dtmf) {
        subjects.extend(subjects.first().and_then(|first| first.without_its_first_condition()));
    }
    subjects
}

fn is_needed(parameter: &Parameter) -> bool {
    parameter.required || parameter.required_unless.is_some()
}

/// Returns the required parameters, and the first of those of which one is required. A parameter that a rule on errors
/// excludes has its other value.
fn needed(rules: &ActionType) -> Map<String, Value> {
    let mut parameters = Map::new();
    let required = rules.parameters.iter().filter(|parameter| is_needed(parameter)).map(|parameter| &parameter.name);
    let chosen = rules.groups.iter().filter(|group| group.rule != Rule::AtMostOne).filter_map(|group| group.keys.first());
    for parameter in required.chain(chosen).filter_map(|name| rules.parameter(name)) {
        let excluded = rules.errors.conditional.iter().filter(|rule| rule.parameter == parameter.name).find_map(|rule| rule.not);
        let other = parameter.values.iter().find(|value| excluded.is_some_and(|excluded| excluded != **value));
        parameters.insert(parameter.name.to_owned(), other.map_or_else(|| value(parameter, true), |other| json!(other)));
    }
    parameters
}

/// Sets the parameters so that a rule on error branches applies.
fn meet(rules: &ActionType, rule: &Conditional, parameters: &mut Map<String, Value>) {
    let Some(parameter) = rules.parameter(rule.parameter) else { return };
    for group in rules.groups.iter().filter(|group| group.keys.contains(&rule.parameter)) {
        group.keys.iter().for_each(|key| drop(parameters.shift_remove(*key)));
    }
    let wanted = match (&rule.is, &rule.not, &rule.has) {
        (Some(is), ..) => json!(is),
        (_, Some(not), _) => json!(parameter.values.iter().find(|value| *value != not)),
        (_, _, Some(has)) => json!([has]),
        _ => value(parameter, true),
    };
    parameters.insert(rule.parameter.to_owned(), wanted);
    if let Some(with) = rule.with.and_then(|(other, _)| rules.parameter(other)) {
        parameters.insert(with.name.to_owned(), value(with, true));
    }
}

fn met(rule: &Conditional, parameters: &Map<String, Value>) -> bool {
    let found = parameters.get(rule.parameter);
    let is = rule.is.is_none_or(|is| found == Some(&json!(is)));
    let not = rule.not.is_none_or(|not| found != Some(&json!(not)));
    let has = rule.has.is_none_or(|has| found.and_then(Value::as_array).is_some_and(|list| list.contains(&json!(has))));
    let with = rule.with.is_none_or(|(other, member)| parameters.get(other).and_then(|other| other.get(member)).is_some());
    let there = found.is_some() || rule.not.is_some();
    let replaced = rule.unless.is_some_and(|other| parameters.contains_key(other));
    is && not && has && with && there && !replaced
}

fn subject(rules: &ActionType, parameters: Map<String, Value>) -> Subject {
    let menu = parameters.get("StoreInput") != Some(&json!("True")) && !parameters.contains_key("EnableDTMFBuffer");
    let mut conditions: Vec<(String, String)> = match &rules.conditions {
        Some(known) if menu && known.mode == ConditionMode::Numeric && rules.parameters.is_empty() => {
            vec![("NumberLessThan".to_owned(), "31".to_owned())]
        }
        Some(known) if menu => conditions(known.mode, known.operands),
        _ => Vec::new(),
    };
    if let Some(events) = parameters.get("Events").and_then(Value::as_array) {
        conditions.retain(|(_, operand)| operand == "WaitCompleted" || events.contains(&json!(operand)));
    } else if rules.parameter("Events").is_some() {
        conditions.retain(|(_, operand)| operand == "WaitCompleted");
    }
    let conditional = rules.errors.conditional.iter().filter(|rule| met(rule, &parameters)).flat_map(|rule| rule.errors);
    let mut errors: Vec<String> = Vec::new();
    for error in rules.errors.required.iter().chain(rules.errors.optional).chain(conditional) {
        if !errors.iter().any(|known| known == error) {
            errors.push((*error).to_owned());
        }
    }
    let mut transitions = Map::new();
    if rules.next != NextRequirement::None {
        transitions.insert("NextAction".to_owned(), json!("End"));
    }
    let branches = |(operator, operand): &(String, String)| json!({"NextAction": "End", "Condition": {"Operator": operator, "Operands": [operand]}});
    if !conditions.is_empty() {
        transitions.insert("Conditions".to_owned(), conditions.iter().map(branches).collect());
    }
    if !errors.is_empty() {
        let branches = errors.iter().map(|error| json!({"NextAction": "End", "ErrorType": error}));
        transitions.insert("Errors".to_owned(), branches.collect());
    }
    Subject { parameters, transitions: transitions.into(), errors, conditions }
}

fn conditions(mode: ConditionMode, operands: &[&str]) -> Vec<(String, String)> {
    let own = |(operator, operand): (&str, &str)| (operator.to_owned(), operand.to_owned());
    match (mode, operands) {
        (ConditionMode::Numeric, _) => vec![own(("NumberGreaterThan", "0"))],
        (ConditionMode::Free, _) => [
            ("Equals", "a"),
            ("TextStartsWith", "b"),
            ("TextEndsWith", "c"),
            ("TextContains", "d"),
            ("NumberGreaterThan", "100"),
            ("NumberGreaterOrEqualTo", "50"),
            ("NumberLessThan", "-100"),
            ("NumberLessOrEqualTo", "-50"),
        ]
        .map(own)
        .to_vec(),
        (_, []) => ["Alpha", "Beta"].map(|operand| own(("Equals", operand))).to_vec(),
        (_, operands) => operands.iter().map(|operand| own(("Equals", operand))).collect(),
    }
}

impl Subject {
    fn without_its_first_condition(&self) -> Option<Self> {
        let mut transitions = self.transitions.clone();
        transitions["Conditions"].as_array_mut()?.remove(0);
        let conditions = self.conditions.get(1..)?.to_vec();
        Some(Self { parameters: self.parameters.clone(), transitions, errors: self.errors.clone(), conditions })
    }

    /// Returns a flow that leads to the action, with or without a working queue.
    pub(crate) fn flow(&self, kind: &str, queued: bool) -> Value {
        let queue = json!({"QueueId": reference("queue", "thing")});
        let on = json!({"NextAction": SUBJECT, "Errors": [{"NextAction": SUBJECT, "ErrorType": "NoMatchingError"}]});
        let mut actions = vec![
            json!({"Identifier": SUBJECT, "Type": kind, "Parameters": self.parameters, "Transitions": self.transitions}),
            json!({"Identifier": "End", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}),
        ];
        if queued {
            actions.insert(
                0,
                json!({"Identifier": "Queue", "Type": "UpdateContactTargetQueue", "Parameters": queue, "Transitions": on}),
            );
        }
        let start = actions[0]["Identifier"].clone();
        json!({"Version": "2019-10-30", "StartAction": start, "Actions": actions})
    }

    /// Returns the errors that the checks report for it.
    pub(crate) fn errors_of_check(&self, kind: &str) -> Vec<String> {
        let flow = Flow::from_value(self.flow(kind, true)).unwrap();
        let context = Context { symbolic: true, ..Context::default() };
        let errors = check(&flow, &context).into_iter().filter(|finding| finding.severity == Severity::Error);
        errors.map(|finding| finding.to_string()).collect()
    }
}

/// Preconditions of all calls. Every resource that a flow refers to exists.
const GIVEN: &str = r#"
  attributes: { subject: "+12065550150" }
  flows: { thing: end }
  functions: { thing: { answer: { a: b } } }
  hours: { thing: open }
  bots: { thing: no match }
  queues: { thing: { hours: thing, contacts: 0, agents_available: 0, agents_online: 0, agents_staffed: 0, oldest_seconds: 0 } }
"#;

/// Returns calls with all kinds of callers, times and contact centres, none of which defines the result of an action.
fn situations() -> Vec<String> {
    let mut all = vec![String::new()];
    all.extend("0123456789*#".chars().map(|key| format!("when: \"{key}\"")));
    all.extend(["4915555500#", "123#", "!"].map(|keys| format!("when: \"{keys}\"")));
    let long = "x".repeat(33 * 1024);
    let subjects = ["a", "bx", "xc", "xdx", "101", "50", "-101", "-50", "0", "2", "nothing", "", "<speak>", long.as_str()];
    all.extend(subjects.map(|subject| format!("given: {{ attributes: {{ subject: \"{subject}\" }} }}")));
    let metrics = "agents_available: 1, agents_online: 1, agents_staffed: 1, contacts: 1, oldest_seconds: 1";
    all.extend(
        [
            "queues: { thing: { full: true } }",
            &format!("queues: {{ thing: {{ {metrics} }} }}"),
            "queues: { thing: { answered_after_seconds: 0, holds_seconds: 5 } }",
            "hours: { thing: closed }",
            "percent: 1",
            "percent: 100",
            "numbers: { \"+12065550150\": fails }",
            "numbers: { \"+12065550150\": does not answer }",
            "functions: { thing: timeout }",
            "bots: { thing: { intent: Alpha } }",
            "bots: { thing: { intent: Beta } }",
            "bots: { thing: silence }",
            "bots: { thing: fails }",
        ]
        .map(|given| format!("given: {{ {given} }}")),
    );
    all
}

/// The branches of the action that calls take, each as `Equals 1`, `error NoMatchingError`, `next`, `leaves the flow` or, if
/// there is none, `ends`; and those that they do not take.
#[derive(Default, Clone)]
pub(crate) struct Taken {
    pub(crate) taken: BTreeSet<String>,
    pub(crate) all: BTreeSet<String>,
    /// Failures of the tests.
    pub(crate) unmet: BTreeSet<String>,
}

impl Taken {
    fn add(&mut self, coverage: &Coverage) {
        let subject = coverage.actions.iter().find(|action| action.id == SUBJECT).unwrap();
        for branch in &subject.branches {
            self.all.insert(branch.label.clone());
            self.taken.extend(branch.taken.then(|| branch.label.clone()));
        }
        if subject.branches.is_empty() {
            self.all.insert("ends".to_owned());
            self.taken.extend((subject.runs > 0).then(|| "ends".to_owned()));
        }
    }
}

fn run(kind: &str, subject: &Subject, queued: bool, tests: &[String]) -> Taken {
    let mut text = format!("flow: main\ngiven:{GIVEN}tests:\n");
    for (number, test) in tests.iter().enumerate() {
        let _ = writeln!(text, "  - name: call {number}\n    {test}\n    then: {{ path: {SUBJECT} }}");
    }
    let suite = suite(&text).unwrap_or_else(|faults| panic!("{kind}: {faults:#?}"));
    let parse = |value: Value| Arc::new(Flow::from_value(value).unwrap());
    let end = json!({"Version": "2019-10-30", "StartAction": "End", "Actions": [
        {"Identifier": "End", "Type": "EndFlowModuleExecution", "Parameters": {}, "Transitions": {}}]});
    let files = Files::from([("main".to_owned(), parse(subject.flow(kind, queued))), ("end".to_owned(), parse(end))]);
    let report = block_on(suite.run(&files, None));
    let mut taken = Taken::default();
    taken.add(&report.coverage[0].1);
    taken.unmet = report.outcomes.into_iter().flat_map(|outcome| outcome.failures).collect();
    taken
}

/// Returns the branches that are taken if no test defines the result of an action.
pub(crate) fn by_itself(kind: &str, subject: &Subject) -> Taken {
    let mut both = run(kind, subject, true, &situations());
    let bare = run(kind, subject, false, &situations());
    both.taken.extend(bare.taken);
    both
}

/// Returns the branches that are taken if a test defines each of these results.
pub(crate) fn by_results(kind: &str, subject: &Subject) -> Taken {
    let operands = subject.conditions.iter().map(|(operator, operand)| match operator.as_str() {
        "NumberGreaterThan" | "NumberLessThan" => "1",
        _ => operand,
    });
    let tests: Vec<String> =
        operands.chain(["done"]).map(|result| format!("given: {{ results: {{ {SUBJECT}: \"{result}\" }} }}")).collect();
    run(kind, subject, true, &tests)
}

/// Returns the branches that are taken if a test makes the action fail with each of its errors.
pub(crate) fn by_failing(kind: &str, subject: &Subject) -> Taken {
    let tests: Vec<String> = subject.errors.iter().map(|error| format!("given: {{ fails: {{ {SUBJECT}: {error} }} }}")).collect();
    if tests.is_empty() {
        return Taken::default();
    }
    run(kind, subject, true, &tests)
}
