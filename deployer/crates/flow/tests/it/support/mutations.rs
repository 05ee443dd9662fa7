//! Changes to the clean flow, each of which causes one problem.

use serde_json::{Value, json};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:convert";

pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    pub(crate) change: fn(&mut Value),
    pub(crate) action: &'static str,
    /// Place inside the action; outside of all actions if `action` is empty.
    pub(crate) path: &'static str,
    pub(crate) code: &'static str,
    /// Connect's message; `@` stands for the action's index.
    pub(crate) message: &'static str,
}

pub(crate) fn index_of(flow: &Value, name: &str) -> usize {
    let actions = flow["Actions"].as_array().unwrap();
    let found = actions.iter().position(|action| action["Identifier"] == name);
    found.unwrap_or_else(|| panic!("the clean flow has an action {name}"))
}

pub(crate) fn at<'a>(flow: &'a mut Value, action: &str) -> &'a mut Value {
    let index = index_of(flow, action);
    &mut flow["Actions"][index]
}

pub(crate) fn remove(flow: &mut Value, action: &str, member: &str, name: &str) {
    let members = at(flow, action)[member].as_object_mut().unwrap();
    members.shift_remove(name).unwrap();
}

pub(crate) fn set(flow: &mut Value, action: &str, parameter: &str, value: Value) {
    at(flow, action)["Parameters"][parameter] = value;
}

pub(crate) fn add_error(flow: &mut Value, action: &str, error: &str) {
    let errors = at(flow, action)["Transitions"]["Errors"].as_array_mut();
    errors.unwrap().push(json!({"NextAction": "Bye", "ErrorType": error}));
}

pub(crate) fn drop_error(flow: &mut Value, action: &str, error: &str) {
    let errors = at(flow, action)["Transitions"]["Errors"].as_array_mut();
    errors.unwrap().retain(|branch| branch["ErrorType"] != error);
}

/// `(name, change, action, path in it, code, message)`.
type Row = (&'static str, fn(&mut Value), &'static str, &'static str, &'static str, &'static str);

const VALUE: &str = "Invalid Action property value. Path: Actions[@].";
const NAME: &str = "Invalid Action property name. Path: Actions[@].";
const MISSING: &str = "Action is missing required property. Path: Actions[@].";

/// Returns the mutations that are errors. A `message` that ends with a full stop or blank is completed by the path.
pub(crate) fn errors() -> Vec<Mutation> {
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
            "an operand that is not a key",
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
