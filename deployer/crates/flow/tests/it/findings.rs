//! Tests that apply single changes to a valid flow: each yields exactly one finding at its place.

use deployer_flow::{Context, Finding, Flow, FlowType, MAX_DOCUMENT_VALUES, ResourceKind, Severity, check, publish_errors};
use serde_json::{Value, json};

use crate::support::clean;
use crate::support::mutations::{Mutation, add_error, at, errors, index_of, set};

/// `(code, change, path)`.
type Warning = (&'static str, fn(&mut Value), &'static str);

fn findings(flow: &Value) -> Vec<Finding> {
    let flow = Flow::parse(&format!("{flow:#}")).unwrap();
    let context = Context { flow_type: Some(FlowType::ContactFlow), entry: true, ..Context::default() };
    check(&flow, &context)
}

fn place(flow: &Value, mutation: &Mutation) -> String {
    if mutation.action.is_empty() {
        return mutation.path.to_owned();
    }
    let action = format!("Actions[{}]", index_of(flow, mutation.action));
    match mutation.path {
        "" => action,
        inside => format!("{action}.{inside}"),
    }
}

#[test]
fn base_flow_of_the_mutations_is_clean() {
    let found = findings(&clean());
    assert!(found.is_empty(), "{found:#?}");
}

/// Describes the deviation of one mutation's findings; empty if they are exactly the expected one.
fn wrong(mutation: &Mutation) -> Vec<String> {
    let mut flow = clean();
    let path = place(&flow, mutation);
    let index = path.split(['[', ']']).nth(1).unwrap_or_default().to_owned();
    (mutation.change)(&mut flow);
    let mut message = mutation.message.replace('@', &index);
    if message.ends_with("].") {
        message.push_str(mutation.path);
    }
    let found = findings(&flow);
    let [finding] = found.as_slice() else { return vec![format!("{} findings: {found:#?}", found.len())] };
    let mut wrong = Vec::new();
    let mut expect = |what: &str, is: String, should: String| {
        if is != should {
            wrong.push(format!("{what}: {is} instead of {should}"));
        }
    };
    expect("message", finding.message.clone(), message.clone());
    expect("path", finding.path.to_string(), path);
    expect("code", finding.code.to_owned(), mutation.code.to_owned());
    expect("severity", format!("{:?}", finding.severity), "Error".to_owned());
    expect("explained", (!finding.explanation.is_empty()).to_string(), "true".to_owned());
    expect("placed", finding.position.is_some().to_string(), "true".to_owned());
    if !mutation.action.is_empty() {
        expect("action", finding.action.clone().unwrap_or_default(), mutation.action.to_owned());
    }
    let answer = publish_errors(&flow.to_string(), FlowType::ContactFlow, &|_, _| true);
    expect("problems", answer.join("; "), message);
    wrong
}

#[test]
fn each_mutation_yields_its_finding_and_no_other() {
    let wrong: Vec<_> =
        errors().iter().map(|mutation| (mutation.name, wrong(mutation))).filter(|(_, wrong)| !wrong.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_connect_lets_pass_is_only_a_warning() {
    let rows: Vec<Warning> = vec![
        (
            "unreachable",
            |f| {
                f["Actions"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"Identifier": "Island", "Type": "DisconnectParticipant", "Transitions": {}}));
            },
            "Actions[22]",
        ),
        ("external", |f| set(f, "Data", "LanguageCode", json!("$.External.name")), "Actions[@].Parameters.LanguageCode"),
        (
            "no-queue",
            |f| {
                let branches = at(f, "Hub")["Transitions"]["Conditions"].as_array_mut().unwrap();
                branches.push(json!({"NextAction": "Transfer", "Condition": {"Operator": "Equals", "Operands": ["q"]}}));
            },
            "Actions[6]",
        ),
        (
            "placement",
            |f| {
                f["Actions"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"Identifier": "End", "Type": "EndFlowModuleExecution", "Transitions": {}}));
                at(f, "Say")["Transitions"]["NextAction"] = json!("End");
            },
            "Actions[22].Type",
        ),
        ("jsonpath-root", |f| set(f, "Say", "Text", json!("Hello $.Atributes.name")), "Actions[@].Parameters.Text"),
        ("unknown-member", |f| f["Comment"] = json!("x"), "Comment"),
        ("unknown-parameter", |f| set(f, "Say", "Txt", json!("x")), "Actions[@].Parameters.Txt"),
        ("unknown-parameter", |f| at(f, "Bye")["Parameters"] = json!({"Text": "x"}), "Actions[@].Parameters.Text"),
        (
            "unknown-member",
            |f| set(f, "Hooks", "EventHooks", json!({"CustomerQueu": "$.Attributes.x"})),
            "Actions[@].Parameters.EventHooks.CustomerQueu",
        ),
        ("unknown-error", |f| add_error(f, "Say", "Oops"), "Actions[@].Transitions.Errors[1].ErrorType"),
        (
            "operator",
            |f| at(f, "Hub")["Transitions"]["Conditions"][0]["Condition"]["Operator"] = json!("Equal"),
            "Actions[@].Transitions.Conditions[0].Condition.Operator",
        ),
        ("enum", |f| set(f, "Staff", "MetricType", json!("NumberOfAgentsInError")), "Actions[@].Parameters.MetricType"),
        ("value-kind", |f| set(f, "Tag", "Tags", json!({"a": 5})), "Actions[@].Parameters.Tags.a"),
        ("near-miss", |f| set(f, "Say", "Text", json!("Hello $Attributes.name")), "Actions[@].Parameters.Text"),
        ("near-miss", |f| set(f, "Say", "Text", json!("Hello $..Attributes.name")), "Actions[@].Parameters.Text"),
        ("near-miss", |f| set(f, "Remember", "Attributes", json!({"a": "$.Queue.Name."})), "Actions[@].Parameters.Attributes.a"),
        ("limit", |f| set(f, "Ask", "Text", json!("x".repeat(3001))), "Actions[@].Parameters.Text"),
        ("limit", |f| set(f, "Bot", "Text", json!("x".repeat(6001))), "Actions[@].Parameters.Text"),
        (
            "impossible-arn",
            |f| set(f, "Function", "LambdaFunctionARN", json!("arn:aws:lambda:us_east_1:111122223333:function:f")),
            "Actions[@].Parameters.LambdaFunctionARN",
        ),
        (
            "resource-kind",
            |f| set(f, "Bot", "LexV2Bot", json!({"AliasArn": "arn:aws:lex:us-east-1:111122223333:bot/A"})),
            "Actions[@].Parameters.LexV2Bot.AliasArn",
        ),
        (
            "duplicate-branch",
            |f| {
                let branches = at(f, "Ask")["Transitions"]["Conditions"].as_array_mut().unwrap();
                branches.push(branches[0].clone());
            },
            "Actions[@].Transitions.Conditions[2]",
        ),
        ("duplicate-branch", |f| add_error(f, "Say", "NoMatchingError"), "Actions[@].Transitions.Errors[1]"),
        (
            "endless-round",
            |f| {
                let say = at(f, "Say");
                say["Transitions"] =
                    json!({"NextAction": "Say", "Errors": [{"NextAction": "Say", "ErrorType": "NoMatchingError"}]});
            },
            "Actions[@]",
        ),
        ("recorded-type", |f| f["Metadata"] = json!({"type": "agentTransfer"}), "Metadata.type"),
        (
            "number",
            |f| set(f, "Function", "InvocationTimeLimitSeconds", json!(8)),
            "Actions[@].Parameters.InvocationTimeLimitSeconds",
        ),
        ("unknown-error", |f| add_error(f, "Log", "NoMatchingError"), "Actions[@].Transitions.Errors[0].ErrorType"),
    ];
    for (code, change, path) in rows {
        let mut flow = clean();
        change(&mut flow);
        let found = findings(&flow);
        assert_eq!(found.len(), 1, "{code}: {found:#?}");
        assert_eq!((found[0].code, found[0].severity), (code, Severity::Warning));
        let index = found[0].path.action_index().unwrap_or_default().to_string();
        assert_eq!(found[0].path.to_string(), path.replace('@', &index), "{code}");
        assert!(publish_errors(&flow.to_string(), FlowType::ContactFlow, &|_, _| true).is_empty());
    }
}

#[test]
fn wrong_type_names_get_a_suggestion() {
    for (written, meant) in [
        ("PlayPrompt", "MessageParticipant"),
        ("StoreUserInput", "GetParticipantInput"),
        ("UnTagContact", "UntagContact"),
        ("invokelambdafunction", "InvokeLambdaFunction"),
        ("TransferContactToQueu", "TransferContactToQueue"),
    ] {
        let mut flow = clean();
        at(&mut flow, "Say")["Type"] = json!(written);
        let suggestion = findings(&flow).remove(0).suggestion;
        assert_eq!(suggestion, Some(format!("did you mean {meant}?")));
    }
}

#[test]
fn identifiers_connect_refuses_are_refused() {
    let long = "x".repeat(51);
    for bad in ["", long.as_str(), "a%b", "a:b", "$x", "a,b", "{x}", "toString", "__proto__"] {
        let mut flow = clean();
        at(&mut flow, "Bye")["Identifier"] = json!(bad);
        let text = flow.to_string().replace("\"NextAction\":\"Bye\"", &format!("\"NextAction\":{}", json!(bad)));
        let found = findings(&serde_json::from_str(&text).unwrap());
        let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["identifier"], "{bad}");
    }
}

#[test]
fn flows_have_at_most_250_actions() {
    let mut flow = clean();
    let count = flow["Actions"].as_array().unwrap().len();
    for (size, refused) in [(250, false), (251, true)] {
        let mut flow = flow.clone();
        for number in count..size {
            let last = number + 1 == size;
            let next = if last { "Bye".to_owned() } else { format!("Extra {}", number + 1) };
            flow["Actions"].as_array_mut().unwrap().push(json!({
                "Identifier": format!("Extra {number}"), "Type": "UpdateFlowLoggingBehavior",
                "Parameters": {"FlowLoggingBehavior": "Enabled"}, "Transitions": {"NextAction": next}
            }));
        }
        at(&mut flow, "Say")["Transitions"]["NextAction"] = json!(format!("Extra {count}"));
        let codes: Vec<_> = findings(&flow).iter().map(|finding| finding.code).collect();
        assert_eq!(codes, if refused { vec!["limit"] } else { vec![] });
    }
    flow["Metadata"] = json!({"long": "x".repeat(256_000)});
    assert_eq!(findings(&flow)[0].code, "limit");
}

#[test]
fn resources_the_instance_does_not_have_are_found() {
    let flow = clean();
    let content = flow.to_string();
    let no_queues = |kind: ResourceKind, _: &str| kind != ResourceKind::Queue;
    let queue = index_of(&flow, "Queue");
    assert_eq!(
        publish_errors(&content, FlowType::ContactFlow, &no_queues),
        [format!("Invalid Action property value. Path: Actions[{queue}].Parameters.QueueId")]
    );
    let no_functions = |kind: ResourceKind, _: &str| kind != ResourceKind::Lambda;
    assert!(publish_errors(&content, FlowType::ContactFlow, &no_functions).is_empty());
    let context = Context { exists: Some(&no_functions), ..Context::default() };
    let found = check(&Flow::parse(&content).unwrap(), &context);
    assert_eq!(found.iter().map(|f| f.code).collect::<Vec<_>>(), ["not-associated"]);
}

#[test]
fn symbolic_references_are_valid_everywhere_in_a_project() {
    let mut flow = clean();
    for (action, parameter) in [
        ("Queue", "QueueId"),
        ("Function", "LambdaFunctionARN"),
        ("Loop", "LoopCount"),
        ("Log", "FlowLoggingBehavior"),
        ("Hub", "ComparisonValue"),
        ("Say", "Text"),
    ] {
        set(&mut flow, action, parameter, json!("${some.thing}"));
    }
    let flow = Flow::from_value(flow).unwrap();
    assert!(check(&flow, &Context::project(FlowType::ContactFlow)).is_empty());
    assert!(!check(&flow, &Context::default()).is_empty());
}

#[test]
fn all_problems_are_reported_with_their_lines() {
    let mut flow = clean();
    for mutation in ["Say", "Loop", "Tag"] {
        at(&mut flow, mutation)["Type"] = json!("Nonsense");
    }
    flow["Version"] = json!(1);
    let found = findings(&flow);
    assert_eq!(found.len(), 4);
    let lines: Vec<_> = found.iter().map(|f| f.position.unwrap().line).collect();
    assert!(lines.is_sorted() && lines[0] == 2, "{lines:?}");
    let text = format!("{flow:#}");
    let line = text.lines().nth(lines[1] - 1).unwrap();
    let column = found[1].position.unwrap().column;
    assert_eq!(&line[column - 1..], "\"Nonsense\",");
}

#[test]
fn invalid_content_is_a_problem_too() {
    for content in ["", "[]", "{", "null", "{\"modules\":[]}"] {
        assert_eq!(publish_errors(content, FlowType::ContactFlow, &|_, _| true).len(), 1, "{content}");
    }
}

#[test]
fn dropped_findings_are_counted_by_severity() {
    let mut flow = clean();
    for number in 0..1200 {
        flow[format!("unknown{number}")] = json!(0);
    }
    let found = check(&Flow::from_value(flow.clone()).unwrap(), &Context::default());
    let more = found.last().unwrap();
    assert_eq!((found.len(), more.code, more.message.as_str()), (1001, "more", "200 more findings are not listed"));
    assert_eq!(more.severity, Severity::Warning);
    flow["Actions"][1]["Type"] = json!("Nothing");
    let found = check(&Flow::from_value(flow).unwrap(), &Context::default());
    assert_eq!(found.last().unwrap().severity, Severity::Error);
}

#[test]
fn documents_with_too_many_values_are_rejected() {
    let list = |count: usize| format!("{{\"Actions\":[{}]}}", vec!["0"; count].join(","));
    assert!(Flow::parse(&list(MAX_DOCUMENT_VALUES - 2)).is_ok());
    let refused = Flow::parse(&list(MAX_DOCUMENT_VALUES)).unwrap_err();
    assert!(refused.reason.contains("values"), "{refused}");
    let brackets = format!("{{\"Version\":\"{}\"}}", "[{,\\\"".repeat(20_000));
    assert!(Flow::parse(&brackets).is_ok(), "what stands in texts does not count");
}

#[test]
fn function_without_permission_is_a_warning() {
    let mut flow = clean();
    let function = index_of(&flow, "Function");
    flow["Actions"][function]["Parameters"]["LambdaFunctionARN"] = json!("${functions.convert.arn}");
    let flow = Flow::from_value(flow).unwrap();
    let found = |may: bool| {
        let exists =
            move |kind: ResourceKind, text: &str| kind != ResourceKind::Lambda || (text == "${functions.convert.arn}" && may);
        check(&flow, &Context { symbolic: true, exists: Some(&exists), ..Context::default() })
    };
    assert_eq!(found(true), []);
    let warned = found(false);
    assert_eq!(warned.iter().map(|one| (one.code, one.severity)).collect::<Vec<_>>(), [("not-associated", Severity::Warning)]);
    assert_eq!(warned[0].path.to_string(), format!("Actions[{function}].Parameters.LambdaFunctionARN"));
}
