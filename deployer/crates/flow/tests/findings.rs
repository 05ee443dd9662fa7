//! From a clean flow, one change at a time: each is found, at its place, alone.

mod support;

use deployer_flow::{Context, Finding, Flow, FlowType, RefKind, Severity, check, problems};
use serde_json::{Value, json};
use support::clean;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:convert";
const FLOW: &str = "arn:aws:connect:us-east-1:111122223333:instance/i/contact-flow/f";

struct Mutation {
    name: &'static str,
    change: fn(&mut Value),
    action: &'static str,
    /// Where inside the action; outside of all actions if `action` is empty.
    path: &'static str,
    code: &'static str,
    /// Connect's message; `@` stands for the action's index.
    message: &'static str,
}

fn index_of(flow: &Value, name: &str) -> usize {
    let actions = flow["Actions"].as_array().unwrap();
    let found = actions.iter().position(|action| action["Identifier"] == name);
    found.unwrap_or_else(|| panic!("the clean flow has an action {name}"))
}

fn at<'a>(flow: &'a mut Value, action: &str) -> &'a mut Value {
    let index = index_of(flow, action);
    &mut flow["Actions"][index]
}

fn remove(flow: &mut Value, action: &str, member: &str, name: &str) {
    let members = at(flow, action)[member].as_object_mut().unwrap();
    members.shift_remove(name).unwrap();
}

fn set(flow: &mut Value, action: &str, parameter: &str, value: Value) {
    at(flow, action)["Parameters"][parameter] = value;
}

fn add_error(flow: &mut Value, action: &str, error: &str) {
    let errors = at(flow, action)["Transitions"]["Errors"].as_array_mut();
    errors.unwrap().push(json!({"NextAction": "Bye", "ErrorType": error}));
}

fn drop_error(flow: &mut Value, action: &str, error: &str) {
    let errors = at(flow, action)["Transitions"]["Errors"].as_array_mut();
    errors.unwrap().retain(|branch| branch["ErrorType"] != error);
}

/// `(name, change, action, path in it, code, message)`.
type Row = (&'static str, fn(&mut Value), &'static str, &'static str, &'static str, &'static str);

const VALUE: &str = "Invalid Action property value. Path: Actions[@].";
const NAME: &str = "Invalid Action property name. Path: Actions[@].";
const MISSING: &str = "Action is missing required property. Path: Actions[@].";

/// `message` ending in a full stop or blank is completed by the path.
fn errors() -> Vec<Mutation> {
    let rows: Vec<Row> = vec![
        (
            "a legacy type",
            |f| at(f, "Say")["Type"] = json!("PlayPrompt"),
            "Say",
            "Type",
            "unknown-type",
            "Invalid Action type. Type: PlayPrompt, Path: Actions[@].Type",
        ),
        (
            "a misspelt type",
            |f| at(f, "Say")["Type"] = json!("MessageParticipnt"),
            "Say",
            "Type",
            "unknown-type",
            "Invalid Action type. Type: MessageParticipnt, Path: Actions[@].Type",
        ),
        (
            "a type that is no string",
            |f| at(f, "Say")["Type"] = json!(5),
            "Say",
            "Type",
            "unknown-type",
            "Invalid Action type. Type: 5, Path: Actions[@].Type",
        ),
        (
            "no type",
            |f| {
                at(f, "Say").as_object_mut().unwrap().shift_remove("Type");
            },
            "Say",
            "Type",
            "missing-property",
            MISSING,
        ),
        (
            "no identifier",
            |f| {
                f["Actions"].as_array_mut().unwrap().push(json!({"Type": "DisconnectParticipant", "Transitions": {}}));
            },
            "",
            "Actions[22].Identifier",
            "missing-property",
            "Action is missing required property. Path: Actions[22].Identifier",
        ),
        (
            "a JSON boolean",
            |f| set(f, "Number", "DTMFConfiguration", json!({"DisableCancelKey": true})),
            "Number",
            "Parameters.DTMFConfiguration.DisableCancelKey",
            "boolean",
            "Invalid Action type. Type: GetParticipantInput, Path: Actions[@].Type",
        ),
        (
            "a required parameter removed",
            |f| remove(f, "Function", "Parameters", "InvocationTimeLimitSeconds"),
            "Function",
            "Parameters.InvocationTimeLimitSeconds",
            "missing-parameter",
            MISSING,
        ),
        (
            "NextAction removed",
            |f| remove(f, "Say", "Transitions", "NextAction"),
            "Say",
            "Transitions.NextAction",
            "missing-next",
            MISSING,
        ),
        (
            "a branch without target",
            |f| {
                at(f, "Say")["Transitions"]["Errors"][0] = json!({"ErrorType": "NoMatchingError"});
            },
            "Say",
            "Transitions.Errors[0].NextAction",
            "missing-next",
            MISSING,
        ),
        (
            "a required error removed",
            |f| drop_error(f, "Function", "NoMatchingError"),
            "Function",
            "",
            "missing-error",
            "Action is missing required error. Error: NoMatchingError, Path: Actions[@]",
        ),
        (
            "a menu without time-out",
            |f| drop_error(f, "Ask", "InputTimeLimitExceeded"),
            "Ask",
            "",
            "missing-error",
            "Action is missing required error. Error: InputTimeLimitExceeded, Path: Actions[@]",
        ),
        (
            "a number's check without its error",
            |f| drop_error(f, "Number", "InvalidPhoneNumber"),
            "Number",
            "",
            "missing-error",
            "Action is missing required error. Error: InvalidPhoneNumber, Path: Actions[@]",
        ),
        (
            "a call that goes on without its errors",
            |f| drop_error(f, "Out", "CallFailed"),
            "Out",
            "",
            "missing-error",
            "Action is missing required error. Error: CallFailed, Path: Actions[@]",
        ),
        (
            "a refused error added",
            |f| add_error(f, "Hub", "NoMatchingError"),
            "Hub",
            "Transitions.Errors[1].ErrorType",
            "refused-error",
            "Invalid Action error. Error: NoMatchingError, Path: Actions[@]",
        ),
        (
            "an invented error added",
            |f| add_error(f, "Say", "Oops"),
            "Say",
            "Transitions.Errors[1].ErrorType",
            "refused-error",
            "Invalid Action error. Error: Oops, Path: Actions[@]",
        ),
        (
            "a stored input with a menu's error",
            |f| add_error(f, "Number", "NoMatchingCondition"),
            "Number",
            "Transitions.Errors[2].ErrorType",
            "refused-error",
            "Invalid Action error. Error: NoMatchingCondition, Path: Actions[@]",
        ),
        (
            "an error for a case not given",
            |f| add_error(f, "Priority", "NoMatchingError"),
            "Priority",
            "Transitions.Errors[0].ErrorType",
            "refused-error",
            "Invalid Action error. Error: NoMatchingError, Path: Actions[@]",
        ),
        (
            "an error branch without type",
            |f| {
                let errors = at(f, "Say")["Transitions"]["Errors"].as_array_mut().unwrap();
                errors.push(json!({"NextAction": "Bye"}));
            },
            "Say",
            "Transitions.Errors[1].ErrorType",
            "error-type",
            VALUE,
        ),
        ("an unknown parameter", |f| set(f, "Say", "Txt", json!("x")), "Say", "Parameters.Txt", "unknown-parameter", NAME),
        (
            "a parameter where none is",
            |f| at(f, "Bye")["Parameters"] = json!({"Text": "x"}),
            "Bye",
            "Parameters.Text",
            "unknown-parameter",
            NAME,
        ),
        (
            "an unknown hook",
            |f| set(f, "Hooks", "EventHooks", json!({"CustomerQueu": FLOW})),
            "Hooks",
            "Parameters.EventHooks.CustomerQueu",
            "unknown-parameter",
            NAME,
        ),
        (
            "a menu that validates",
            |f| set(f, "Ask", "InputValidation", json!({"CustomValidation": {"MaximumLength": "3"}})),
            "Ask",
            "Parameters.InputValidation",
            "unknown-parameter",
            NAME,
        ),
        (
            "a stored input without validation",
            |f| {
                remove(f, "Number", "Parameters", "InputValidation");
                drop_error(f, "Number", "InvalidPhoneNumber");
            },
            "Number",
            "Parameters.InputValidation",
            "missing-parameter",
            MISSING,
        ),
        (
            "a value that is none of the few",
            |f| set(f, "Log", "FlowLoggingBehavior", json!("On")),
            "Log",
            "Parameters.FlowLoggingBehavior",
            "enum",
            VALUE,
        ),
        (
            "a menu that is neither",
            |f| set(f, "Ask", "StoreInput", json!("Flase")),
            "Ask",
            "Parameters.StoreInput",
            "enum",
            VALUE,
        ),
        (
            "a time limit over 8 seconds",
            |f| set(f, "Function", "InvocationTimeLimitSeconds", json!("9")),
            "Function",
            "Parameters.InvocationTimeLimitSeconds",
            "time-limit",
            VALUE,
        ),
        (
            "a time limit of no seconds",
            |f| set(f, "Ask", "InputTimeLimitSeconds", json!("0")),
            "Ask",
            "Parameters.InputTimeLimitSeconds",
            "range",
            VALUE,
        ),
        ("a number that is none", |f| set(f, "Loop", "LoopCount", json!("many")), "Loop", "Parameters.LoopCount", "range", VALUE),
        ("too many rounds", |f| set(f, "Loop", "LoopCount", json!(101)), "Loop", "Parameters.LoopCount", "range", VALUE),
        ("an empty text", |f| set(f, "Say", "Text", json!("")), "Say", "Parameters.Text", "empty", VALUE),
        ("an empty text inside", |f| set(f, "Tag", "Tags", json!({"a": ""})), "Tag", "Parameters.Tags.a", "empty", VALUE),
        ("a number for a text", |f| set(f, "Say", "Text", json!(7)), "Say", "Parameters.Text", "value-kind", VALUE),
        ("a text for an object", |f| set(f, "Tag", "Tags", json!("a")), "Tag", "Parameters.Tags", "value-kind", VALUE),
        ("null", |f| set(f, "Say", "Text", Value::Null), "Say", "Parameters.Text", "value-kind", VALUE),
        (
            "a JSONPath with a bad root",
            |f| set(f, "Hub", "ComparisonValue", json!("$.Atributes.x")),
            "Hub",
            "Parameters.ComparisonValue",
            "jsonpath-root",
            VALUE,
        ),
        (
            "no JSONPath where one is due",
            |f| set(f, "Hub", "ComparisonValue", json!("way")),
            "Hub",
            "Parameters.ComparisonValue",
            "jsonpath",
            VALUE,
        ),
        (
            "a JSONPath where none may be",
            |f| set(f, "Log", "FlowLoggingBehavior", json!("$.Attributes.x")),
            "Log",
            "Parameters.FlowLoggingBehavior",
            "jsonpath",
            VALUE,
        ),
        (
            "a JSONPath inside a single value",
            |f| set(f, "Loop", "LoopCount", json!("1$.Attributes.x")),
            "Loop",
            "Parameters.LoopCount",
            "jsonpath",
            VALUE,
        ),
        (
            "a bad response type",
            |f| set(f, "Function", "ResponseValidation", json!({"ResponseType": "XML"})),
            "Function",
            "Parameters.ResponseValidation.ResponseType",
            "enum",
            VALUE,
        ),
        (
            "a bad terminator",
            |f| set(f, "Number", "DTMFConfiguration", json!({"InputTerminationSequence": "*"})),
            "Number",
            "Parameters.DTMFConfiguration.InputTerminationSequence",
            "terminator",
            VALUE,
        ),
        (
            "a slow keypad",
            |f| set(f, "Number", "DTMFConfiguration", json!({"InterdigitTimeLimitSeconds": "21"})),
            "Number",
            "Parameters.DTMFConfiguration.InterdigitTimeLimitSeconds",
            "range",
            VALUE,
        ),
        (
            "letters as keys",
            |f| set(f, "Out", "ThirdPartyDTMFDigits", json!("12ab")),
            "Out",
            "Parameters.ThirdPartyDTMFDigits",
            "keys",
            VALUE,
        ),
        (
            "a flow attribute without Value",
            |f| set(f, "Note", "FlowAttributes", json!({"a": "b"})),
            "Note",
            "Parameters.FlowAttributes.a",
            "value-kind",
            VALUE,
        ),
        (
            "a target that is not there",
            |f| at(f, "Say")["Transitions"]["NextAction"] = json!("Nowhere"),
            "Say",
            "Transitions.NextAction",
            "target",
            VALUE,
        ),
        (
            "an error target that is not there",
            |f| at(f, "Say")["Transitions"]["Errors"][0]["NextAction"] = json!("Nowhere"),
            "Say",
            "Transitions.Errors[0].NextAction",
            "target",
            VALUE,
        ),
        (
            "a condition target that is not there",
            |f| at(f, "Ask")["Transitions"]["Conditions"][0]["NextAction"] = json!(3),
            "Ask",
            "Transitions.Conditions[0].NextAction",
            "target",
            VALUE,
        ),
        (
            "conditions on an action without",
            |f| {
                at(f, "Say")["Transitions"]["Conditions"] =
                    json!([{"NextAction": "Bye", "Condition": {"Operator": "Equals", "Operands": ["1"]}}]);
            },
            "Say",
            "Transitions.Conditions",
            "conditions",
            "Action does not support conditions",
        ),
        (
            "an unknown operator",
            |f| at(f, "Ask")["Transitions"]["Conditions"][0]["Condition"]["Operator"] = json!("Equal"),
            "Ask",
            "Transitions.Conditions[0].Condition.Operator",
            "operator",
            VALUE,
        ),
        (
            "an operand that is no key",
            |f| at(f, "Ask")["Transitions"]["Conditions"][0]["Condition"]["Operands"] = json!(["12"]),
            "Ask",
            "Transitions.Conditions[0].Condition.Operands",
            "operand",
            VALUE,
        ),
        (
            "two operands",
            |f| at(f, "Hub")["Transitions"]["Conditions"][0]["Condition"]["Operands"] = json!(["1", "2"]),
            "Hub",
            "Transitions.Conditions[0].Condition.Operands",
            "operand",
            VALUE,
        ),
        (
            "no condition in a branch",
            |f| {
                at(f, "Ask")["Transitions"]["Conditions"][0]["Condition"] = json!({});
            },
            "Ask",
            "Transitions.Conditions[0].Condition",
            "condition",
            VALUE,
        ),
        (
            "staff compared with more than none",
            |f| at(f, "Staff")["Transitions"]["Conditions"][0]["Condition"]["Operands"] = json!(["3"]),
            "Staff",
            "Transitions.Conditions[0].Condition",
            "condition",
            VALUE,
        ),
        (
            "one of two ways missing",
            |f| {
                at(f, "Open")["Transitions"]["Conditions"].as_array_mut().unwrap().pop();
            },
            "Open",
            "Transitions.Conditions",
            "missing-condition",
            MISSING,
        ),
        (
            "no share at all",
            |f| at(f, "Share")["Transitions"]["Conditions"] = json!([]),
            "Share",
            "Transitions.Conditions",
            "missing-condition",
            MISSING,
        ),
        (
            "transitions after the end",
            |f| at(f, "Bye")["Transitions"] = json!({"NextAction": "Say"}),
            "Bye",
            "Transitions",
            "transitions",
            "Action does not support transitions. Path: Actions[@].Transitions",
        ),
        (
            "two prompts",
            |f| set(f, "Say", "SSML", json!("<speak>x</speak>")),
            "Say",
            "Parameters",
            "exclusive",
            "Only one of these properties may be defined. Properties: [Text, SSML]",
        ),
        (
            "no prompt for a bot",
            |f| remove(f, "Bot", "Parameters", "Text"),
            "Bot",
            "Parameters",
            "missing-choice",
            "At least one of [Text, SSML, PromptId, Media, LexInitializationData] must be set",
        ),
        (
            "neither queue nor agent",
            |f| remove(f, "Queue", "Parameters", "QueueId"),
            "Queue",
            "Parameters",
            "missing-choice",
            "At least one of [QueueId, AgentId] must be set",
        ),
        (
            "seven tags",
            |f| {
                let tags: serde_json::Map<_, _> = (0..7).map(|n| (n.to_string(), json!("x"))).collect();
                set(f, "Tag", "Tags", tags.into());
            },
            "Tag",
            "Parameters.Tags",
            "limit",
            "More than 6 tags in Parameters.Tags",
        ),
        (
            "a placeholder for an id",
            |f| set(f, "Queue", "QueueId", json!("{{QUEUE_ARN}}")),
            "Queue",
            "Parameters.QueueId",
            "id",
            "Failed to convert id: {{QUEUE_ARN}}",
        ),
        (
            "a function by its name",
            |f| set(f, "Function", "LambdaFunctionARN", json!("convert")),
            "Function",
            "Parameters.LambdaFunctionARN",
            "id",
            "Failed to convert id: convert",
        ),
        (
            "a function for a queue",
            |f| set(f, "Queue", "QueueId", json!(FUNCTION)),
            "Queue",
            "Parameters.QueueId",
            "resource-kind",
            VALUE,
        ),
        (
            "an identifier twice",
            |f| {
                let copy = at(f, "Bye").clone();
                f["Actions"].as_array_mut().unwrap().push(copy);
            },
            "",
            "Actions[22].Identifier",
            "duplicate-identifier",
            "Duplicate Action identifier. Identifier: Bye, Path: Actions[22].Identifier",
        ),
        (
            "a wrong version",
            |f| f["Version"] = json!("2020-01-01"),
            "",
            "Version",
            "structure",
            "Invalid contact flow property value. Path: Version",
        ),
        (
            "no version",
            |f| {
                f.as_object_mut().unwrap().shift_remove("Version");
            },
            "",
            "Version",
            "missing-property",
            "Contact flow is missing required property. Path: Version",
        ),
        (
            "a start that is not there",
            |f| f["StartAction"] = json!("Hab"),
            "",
            "StartAction",
            "structure",
            "Invalid contact flow property value. Path: StartAction",
        ),
        (
            "an action that is none",
            |f| f["Actions"].as_array_mut().unwrap().push(json!("x")),
            "",
            "Actions[22]",
            "structure",
            "Invalid contact flow property value. Path: Actions[22]",
        ),
        ("parameters that are none", |f| at(f, "Bye")["Parameters"] = json!([]), "Bye", "Parameters", "structure", VALUE),
        (
            "error branches that are none",
            |f| at(f, "Priority")["Transitions"]["Errors"] = json!({}),
            "Priority",
            "Transitions.Errors",
            "structure",
            VALUE,
        ),
    ];
    rows.into_iter()
        .map(|(name, change, action, path, code, message)| Mutation { name, change, action, path, code, message })
        .collect()
}

fn findings(flow: &Value) -> Vec<Finding> {
    let flow = Flow::parse(&format!("{flow:#}")).unwrap();
    let context = Context { flow_type: Some(FlowType::ContactFlow), ..Context::default() };
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
fn the_flow_the_mutations_start_from_is_clean() {
    let found = findings(&clean());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn each_mutation_yields_its_finding_and_no_other() {
    for mutation in errors() {
        let mut flow = clean();
        let path = place(&flow, &mutation);
        let index = path.split(['[', ']']).nth(1).unwrap_or_default().to_owned();
        (mutation.change)(&mut flow);
        let found = findings(&flow);
        let name = mutation.name;
        assert_eq!(found.len(), 1, "{name}: {found:#?}");
        let finding = &found[0];
        let mut message = mutation.message.replace('@', &index);
        if message.ends_with("].") {
            message.push_str(mutation.path);
        }
        assert_eq!(finding.message, message, "{name}");
        assert_eq!(finding.path.to_string(), path, "{name}");
        assert_eq!(finding.code, mutation.code, "{name}");
        assert_eq!(finding.severity, Severity::Error, "{name}");
        assert!(!finding.explanation.is_empty(), "{name}");
        assert!(finding.position.is_some(), "{name}");
        if !mutation.action.is_empty() {
            assert_eq!(finding.action.as_deref(), Some(mutation.action), "{name}");
        }
        let content = flow.to_string();
        let answer = problems(&content, FlowType::ContactFlow, &|_, _| true);
        assert_eq!(answer, [message], "{name}");
    }
}

#[test]
fn what_connect_lets_pass_is_only_a_warning() {
    let rows: [(&str, fn(&mut Value), &str); 9] = [
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
        ("external", |f| set(f, "Say", "Text", json!("Hello $.External.name")), "Actions[@].Parameters.Text"),
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
        ("time-limit", |f| set(f, "Ask", "InputTimeLimitSeconds", json!("200")), "Actions[@].Parameters.InputTimeLimitSeconds"),
        (
            "number",
            |f| set(f, "Function", "InvocationTimeLimitSeconds", json!(8)),
            "Actions[@].Parameters.InvocationTimeLimitSeconds",
        ),
        ("refused-error", |f| add_error(f, "Log", "NoMatchingError"), "Actions[@].Transitions.Errors[0].ErrorType"),
    ];
    for (code, change, path) in rows {
        let mut flow = clean();
        change(&mut flow);
        let found = findings(&flow);
        assert_eq!(found.len(), 1, "{code}: {found:#?}");
        assert_eq!((found[0].code, found[0].severity), (code, Severity::Warning));
        let index = found[0].path.action_index().unwrap_or_default().to_string();
        assert_eq!(found[0].path.to_string(), path.replace('@', &index), "{code}");
        assert!(problems(&flow.to_string(), FlowType::ContactFlow, &|_, _| true).is_empty());
    }
}

#[test]
fn names_of_the_old_designer_and_misspellings_get_a_suggestion() {
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
fn a_flow_may_have_250_actions_and_no_more() {
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
    let no_queues = |kind: RefKind, _: &str| kind != RefKind::Queue;
    let queue = index_of(&flow, "Queue");
    assert_eq!(
        problems(&content, FlowType::ContactFlow, &no_queues),
        [format!("Invalid Action property value. Path: Actions[{queue}].Parameters.QueueId")]
    );
    let no_functions = |kind: RefKind, _: &str| kind != RefKind::Lambda;
    assert!(problems(&content, FlowType::ContactFlow, &no_functions).is_empty());
    let context = Context { exists: Some(&no_functions), ..Context::default() };
    let found = check(&Flow::parse(&content).unwrap(), &context);
    assert_eq!(found.iter().map(|f| f.code).collect::<Vec<_>>(), ["not-associated"]);
}

#[test]
fn a_symbolic_reference_is_a_good_value_everywhere_in_a_project() {
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
fn all_faults_are_found_at_once_each_with_its_line() {
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
fn content_that_is_no_flow_is_a_problem_too() {
    for content in ["", "[]", "{", "null", "{\"modules\":[]}"] {
        assert_eq!(problems(content, FlowType::ContactFlow, &|_, _| true).len(), 1, "{content}");
    }
}
