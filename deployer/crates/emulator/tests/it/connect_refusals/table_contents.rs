//! Flows, modules, their versions and aliases, prompts.

use serde_json::{Value, json};

use super::case::{Case, case};
use super::fixture::content;

const GONE: &str = "ResourceNotFoundException";
const THERE: &str = "DuplicateResourceException";
const DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

pub(super) fn cases() -> Vec<Case> {
    [flows(), flow_versions(), modules(), module_versions(), aliases(), prompts(), test_cases(), executions()].concat()
}

fn flows() -> Vec<Case> {
    let text = content("DisconnectParticipant");
    let at = |rest: &str| format!("/contact-flows/{{instance}}/{{flow}}{rest}");
    let on = "{instance_arn}/contact-flow/{flow}";
    let criteria = json!({"StringCondition": {"FieldName": "name", "Value": "m", "ComparisonType": "CONTAINS"}});
    vec![
        case(
            "CreateContactFlow",
            "PUT",
            "/contact-flows/{instance}",
            json!({"Name": "new", "Type": "CONTACT_FLOW", "Content": text, "Tags": {"a": "1"}}),
        )
        .needs(&["/Name", "/Type", "/Content"])
        .bad("/Name", "")
        .bad("/Type", "OTHER")
        .bad("/Content", "{}")
        .bad("/Content", "no JSON")
        .bad("/Status", "BURNT")
        .code("InvalidContactFlowException")
        .again(THERE)
        .on("{instance_arn}/contact-flow/*"),
        case("DescribeContactFlow", "GET", &at(""), Value::Null).on(on),
        case("DeleteContactFlow", "DELETE", "/contact-flows/{instance}/{spare_flow}", Value::Null)
            .again(GONE)
            .on("{instance_arn}/contact-flow/{spare_flow}"),
        case("UpdateContactFlowContent", "POST", &at("/content"), json!({"Content": text}))
            .needs(&["/Content"])
            .bad("/Content", "{}")
            .code("InvalidContactFlowException")
            .on(on),
        case("UpdateContactFlowMetadata", "POST", &at("/metadata"), json!({"Name": "other", "ContactFlowState": "ARCHIVED"}))
            .bad("/ContactFlowState", "ASLEEP")
            .bad("/Name", "")
            .on(on),
        case("UpdateContactFlowName", "POST", &at("/name"), json!({"Name": "other"})).bad("/Name", "").on(on),
        case("ListContactFlows", "GET", "/contact-flows-summary/{instance}?contactFlowTypes=CONTACT_FLOW", Value::Null)
            .bad("contactFlowTypes", "OTHER")
            .bad("maxResults", "1001")
            .on("{instance_arn}/contact-flow/*"),
        case(
            "SearchContactFlows",
            "POST",
            "/search-contact-flows",
            json!({"InstanceId": "{instance}", "SearchCriteria": criteria}),
        )
        .needs(&["/InstanceId"])
        .bad("/MaxResults", 101)
        .bad("/SearchCriteria/StringCondition/FieldName", "content")
        .bad("/SearchCriteria/TypeCondition", "OTHER"),
    ]
}

fn flow_versions() -> Vec<Case> {
    let at = |rest: &str| format!("/contact-flows/{{instance}}/{{flow}}{rest}");
    let on = "{instance_arn}/contact-flow/{flow}";
    vec![
        case("CreateContactFlowVersion", "PUT", &at("/version"), json!({}))
            .bad("/FlowContentSha256", DIGEST)
            .bad("/FlowContentSha256", "short")
            .on(on),
        case("ListContactFlowVersions", "GET", &at("/versions"), Value::Null).bad("maxResults", "0").on(on),
        case("DeleteContactFlowVersion", "DELETE", &at("/version/{flow_version}"), Value::Null).again(GONE).on(on),
    ]
}

fn modules() -> Vec<Case> {
    let text = content("EndFlowModuleExecution");
    let at = |rest: &str| format!("/contact-flow-modules/{{instance}}/{{module}}{rest}");
    let on = "{instance_arn}/flow-module/{module}";
    vec![
        case("CreateContactFlowModule", "PUT", "/contact-flow-modules/{instance}", json!({"Name": "new", "Content": text}))
            .needs(&["/Name", "/Content"])
            .bad("/Name", "   ")
            .bad("/Content", "{}")
            .bad("/Settings", "no JSON")
            .code("InvalidContactFlowModuleException")
            .again(THERE)
            .on("{instance_arn}/flow-module/*"),
        case("DescribeContactFlowModule", "GET", &at(""), Value::Null).on(on),
        case("DeleteContactFlowModule", "DELETE", &at(""), Value::Null).again(GONE).on(on),
        case("UpdateContactFlowModuleContent", "POST", &at("/content"), json!({"Content": text, "Settings": "{}"}))
            .bad("/Content", "{}")
            .bad("/Settings", "[]")
            .code("InvalidContactFlowModuleException")
            .on(on),
        case("UpdateContactFlowModuleMetadata", "POST", &at("/metadata"), json!({"Name": "other", "State": "ARCHIVED"}))
            .bad("/State", "ASLEEP")
            .bad("/Name", "x".repeat(128))
            .on(on),
        case("ListContactFlowModules", "GET", "/contact-flow-modules-summary/{instance}?state=ACTIVE", Value::Null)
            .bad("state", "ASLEEP"),
    ]
}

fn module_versions() -> Vec<Case> {
    let at = |rest: &str| format!("/contact-flow-modules/{{instance}}/{{module}}{rest}");
    let on = "{instance_arn}/flow-module/{module}";
    vec![
        case("CreateContactFlowModuleVersion", "PUT", &at("/version"), json!({"Description": "new"}))
            .bad("/FlowModuleContentSha256", DIGEST)
            .bad("/Description", "x".repeat(501))
            .on(on),
        case("ListContactFlowModuleVersions", "GET", &at("/versions"), Value::Null).bad("maxResults", "1001").on(on),
        case("DeleteContactFlowModuleVersion", "DELETE", &at("/version/{version}"), Value::Null).again(GONE).on(on),
    ]
}

fn aliases() -> Vec<Case> {
    let at = |rest: &str| format!("/contact-flow-modules/{{instance}}/{{module}}{rest}");
    let on = "{instance_arn}/flow-module/{module}";
    vec![
        case("CreateContactFlowModuleAlias", "PUT", &at("/alias"), json!({"AliasName": "next", "ContactFlowModuleVersion": 1}))
            .needs(&["/AliasName", "/ContactFlowModuleVersion"])
            .bad("/AliasName", "a b")
            .bad("/ContactFlowModuleVersion", 0)
            .again(THERE)
            .on(on),
        case("DescribeContactFlowModuleAlias", "GET", &at("/alias/{alias}"), Value::Null).on(on),
        case(
            "UpdateContactFlowModuleAlias",
            "POST",
            &at("/alias/{alias}"),
            json!({"Name": "now", "ContactFlowModuleVersion": 2}),
        )
        .bad("/Name", " ")
        .bad("/ContactFlowModuleVersion", "two")
        .on(on),
        case("DeleteContactFlowModuleAlias", "DELETE", &at("/alias/{alias}"), Value::Null).again(GONE).on(on),
        case("ListContactFlowModuleAliases", "GET", &at("/aliases"), Value::Null).bad("maxResults", "0").on(on),
    ]
}

fn prompts() -> Vec<Case> {
    let criteria = json!({"StringCondition": {"FieldName": "name", "Value": "Beep", "ComparisonType": "STARTS_WITH"}});
    let (one, on) = ("/prompts/{instance}/{prompt}", "{instance_arn}/prompt/{prompt}");
    vec![
        case(
            "CreatePrompt",
            "PUT",
            "/prompts/{instance}",
            json!({"Name": "new", "S3Uri": "s3://recordings/silence.wav", "Tags": {"a": "1"}}),
        )
        .needs(&["/Name", "/S3Uri"])
        .bad("/Name", "")
        .bad("/Description", "")
        .bad("/S3Uri", "silence.wav")
        .bad("/S3Uri", "s3://elsewhere/silence.wav")
        .bad("/S3Uri", "s3://recordings/absent.wav")
        .bad("/S3Uri", "s3://recordings/words.wav")
        .bad("/S3Uri", "https://prompts.s3.eu-central-1.amazonaws.com/signed")
        .again(THERE)
        .on("{instance_arn}/prompt/*"),
        case("DescribePrompt", "GET", one, Value::Null).on(on),
        case("UpdatePrompt", "POST", one, json!({"Name": "other", "S3Uri": "s3://recordings/silence.wav"}))
            .bad("/Name", "")
            .bad("/Name", "CustomerHold.wav")
            .bad("/S3Uri", "s3://recordings/words.wav")
            .on(on),
        case("DeletePrompt", "DELETE", one, Value::Null).again(GONE).on(on),
        case("SearchPrompts", "POST", "/search-prompts", json!({"InstanceId": "{instance}", "SearchCriteria": criteria}))
            .needs(&["/InstanceId"])
            .bad("/MaxResults", 101)
            .bad("/SearchCriteria/StringCondition/FieldName", "content"),
        case("ListPrompts", "GET", "/prompts-summary/{instance}", Value::Null).bad("maxResults", "1001"),
    ]
}

fn test_cases() -> Vec<Case> {
    let observed = json!({"Identifier": "begin", "Event": {"Identifier": "e", "Type": "TestInitiated", "Actor": "System", "Properties": {}},
        "Actions": []});
    let text = json!({"Version": "2019-10-30", "Observations": [observed]}).to_string();
    let entry = json!({"Type": "VOICE_CALL", "VoiceCallEntryPointParameters": {"FlowId": "{flow}"}});
    let one = "/test-cases/{instance}/{test}";
    let on = "{instance_arn}/test-case/{test}";
    vec![
        case("CreateTestCase", "PUT", "/test-cases/{instance}", json!({"Name": "new", "Content": text, "EntryPoint": entry}))
            .needs(&["/Name", "/Content"])
            .bad("/Content", "{}")
            .bad("/Content", "no JSON")
            .bad("/Status", "BURNT")
            .bad("/EntryPoint/Type", "CHAT")
            .bad("/InitializationData", "no JSON")
            .refers(&["/EntryPoint/VoiceCallEntryPointParameters/FlowId"])
            .code("InvalidTestCaseException")
            .again(THERE)
            .on("{instance_arn}/test-case/*"),
        case("DescribeTestCase", "GET", one, Value::Null).bad("status", "BURNT").on(on),
        case("UpdateTestCase", "POST", one, json!({"Name": "other", "Content": text}))
            .bad("/Name", "")
            .bad("/Content", "{}")
            .code("InvalidTestCaseException")
            .on(on),
        case("DeleteTestCase", "DELETE", one, Value::Null).again(GONE).on(on),
        case("ListTestCases", "GET", "/test-cases-summary/{instance}", Value::Null).bad("maxResults", "1001"),
    ]
}

fn executions() -> Vec<Case> {
    let one = "/test-cases/{instance}/{executable}/{execution}";
    let on = "{instance_arn}/test-case/{executable}";
    let long = "x".repeat(501);
    vec![
        case(
            "StartTestCaseExecution",
            "PUT",
            "/test-cases/{instance}/{executable}/start-execution",
            json!({"ClientToken": "new"}),
        )
        .bad("/ClientToken", long.as_str())
        .on(on),
        case("StopTestCaseExecution", "POST", &format!("{one}/stop-execution"), json!({"ClientToken": "new"}))
            .bad("/ClientToken", long.as_str())
            .again("InvalidRequestException")
            .on(on),
        case("GetTestCaseExecutionSummary", "GET", &format!("{one}/summary"), Value::Null).anything().on(on),
        case("ListTestCaseExecutionRecords", "GET", &format!("{one}/records"), Value::Null)
            .bad("maxResults", "101")
            .bad("status", "BURNT")
            .on(on),
        case("ListTestCaseExecutions", "GET", "/test-case-executions/{instance}", Value::Null)
            .bad("maxResults", "101")
            .bad("status", "BURNT"),
    ]
}
