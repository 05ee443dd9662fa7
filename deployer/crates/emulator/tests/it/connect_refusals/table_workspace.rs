//! Overrides of hours, agent statuses, predefined attributes, views, task templates, evaluation forms, rules.

use serde_json::{Value, json};

use super::case::{Case, case};
use super::fixture::{evaluation_form, rule, task_template, view};

const GONE: &str = "ResourceNotFoundException";
const THERE: &str = "DuplicateResourceException";
const CONFLICT: &str = "ResourceConflictException";

pub(super) fn cases() -> Vec<Case> {
    [overrides(), statuses(), attributes(), views(), templates(), forms(), rules()].concat()
}

fn overrides() -> Vec<Case> {
    let (all, one) =
        ("/hours-of-operations/{instance}/{hours}/overrides", "/hours-of-operations/{instance}/{hours}/overrides/{override}");
    let on = "{instance_arn}/operating-hours/{hours}";
    let new = json!({"Name": "new", "Config": [], "EffectiveFrom": "2026-12-24", "EffectiveTill": "2026-12-26"});
    vec![
        case("CreateHoursOfOperationOverride", "PUT", all, new)
            .needs(&["/Name", "/Config", "/EffectiveFrom", "/EffectiveTill"])
            .bad("/Name", "")
            .bad("/EffectiveFrom", "tomorrow")
            .bad("/EffectiveFrom", "2026-02-30")
            .bad("/EffectiveFrom", "2026-12-27")
            .bad("/OverrideType", "HALF")
            .bad("/Config", json!([{"Day": "TODAY"}]))
            .bad("/Config", json!([{"Day": "MONDAY", "StartTime": {"Hours": 24, "Minutes": 0}}]))
            .again(THERE)
            .on(on),
        case("ListHoursOfOperationOverrides", "GET", all, Value::Null).bad("maxResults", "101").on(on),
        case("DescribeHoursOfOperationOverride", "GET", one, Value::Null).on(on),
        case("UpdateHoursOfOperationOverride", "POST", one, json!({"Name": "other", "EffectiveTill": "2027-01-01"}))
            .bad("/EffectiveTill", "2020-01-01")
            .bad("/OverrideType", "HALF")
            .on(on),
        case("DeleteHoursOfOperationOverride", "DELETE", one, Value::Null).again(GONE).on(on),
    ]
}

fn statuses() -> Vec<Case> {
    let (one, on) = ("/agent-status/{instance}/{status}", "{instance_arn}/agent-state/{status}");
    vec![
        case(
            "CreateAgentStatus",
            "PUT",
            "/agent-status/{instance}",
            json!({"Name": "new", "State": "ENABLED", "Tags": {"a": "1"}}),
        )
        .needs(&["/Name", "/State"])
        .bad("/Name", "")
        .bad("/Description", "")
        .bad("/State", "ASLEEP")
        .bad("/DisplayOrder", 51)
        .again(THERE)
        .on("{instance_arn}/agent-state/*"),
        case("ListAgentStatuses", "GET", "/agent-status/{instance}?AgentStatusTypes=CUSTOM", Value::Null)
            .bad("maxResults", "1001")
            .bad("AgentStatusTypes", "OTHER")
            .on("{instance_arn}/agent-state/*"),
        case("DescribeAgentStatus", "GET", one, Value::Null).on(on),
        case("UpdateAgentStatus", "POST", one, json!({"Name": "other", "State": "DISABLED"}))
            .bad("/Name", "")
            .bad("/State", "ASLEEP")
            .on(on),
    ]
}

fn attributes() -> Vec<Case> {
    let one = "/predefined-attributes/{instance}/{attribute}";
    vec![
        case(
            "CreatePredefinedAttribute",
            "PUT",
            "/predefined-attributes/{instance}",
            json!({"Name": "new", "Values": {"StringList": ["a"]}}),
        )
        .needs(&["/Name"])
        .bad("/Name", "")
        .bad("/Values", json!({"StringList": [""]}))
        .bad("/Purposes", json!([""]))
        .again(THERE),
        case("ListPredefinedAttributes", "GET", "/predefined-attributes/{instance}", Value::Null).bad("maxResults", "101"),
        case("DescribePredefinedAttribute", "GET", one, Value::Null),
        case("UpdatePredefinedAttribute", "POST", one, json!({"Values": {"StringList": ["b"]}}))
            .bad("/Values", json!({"StringList": [""]})),
        case("DeletePredefinedAttribute", "DELETE", one, Value::Null).again(GONE),
    ]
}

fn views() -> Vec<Case> {
    let (one, on) = ("/views/{instance}/{view}", "{instance_arn}/view/{view}");
    let mut new = view("new");
    new["Tags"] = json!({"a": "1"});
    vec![
        case("CreateView", "PUT", "/views/{instance}", new)
            .needs(&["/Name", "/Status", "/Content"])
            .bad("/Name", "")
            .bad("/Status", "BURNT")
            .bad("/Content/Template", "no JSON")
            .bad("/Content/Actions", json!([""]))
            .again(THERE)
            .on("{instance_arn}/view/*"),
        case("ListViews", "GET", "/views/{instance}?type=CUSTOMER_MANAGED", Value::Null)
            .bad("maxResults", "101")
            .bad("type", "OTHER"),
        case("DescribeView", "GET", one, Value::Null).on(on),
        case("UpdateViewContent", "POST", one, json!({"Status": "PUBLISHED", "Content": {"Template": "{}", "Actions": []}}))
            .needs(&["/Status", "/Content"])
            .bad("/Content/Template", "[]")
            .bad("/Status", "BURNT")
            .on(on),
        case("UpdateViewMetadata", "POST", "/views/{instance}/{view}/metadata", json!({"Name": "other"})).bad("/Name", "").on(on),
        case("DeleteView", "DELETE", one, Value::Null).again(GONE).on(on),
    ]
}

fn templates() -> Vec<Case> {
    let (all, one) = ("/instance/{instance}/task/template", "/instance/{instance}/task/template/{template}");
    let on = "{instance_arn}/task-template/{template}";
    let field = |kind: &str| json!([{"Id": {"Name": "Name"}, "Type": kind}]);
    vec![
        case("CreateTaskTemplate", "PUT", all, task_template("new"))
            .needs(&["/Name", "/Fields"])
            .code("PropertyValidationException")
            .bad("/Name", "")
            .bad("/Name", "template")
            .bad("/Status", "BURNT")
            .bad("/Fields", field("TEXT"))
            .bad("/Fields", field("OTHER"))
            .bad("/Constraints", json!({"RequiredFields": [{"Id": {"Name": "None"}}]}))
            .bad("/ContactFlowId", super::NOBODY)
            .again("PropertyValidationException")
            .on("{instance_arn}/task-template/*"),
        case("ListTaskTemplates", "GET", &format!("{all}?status=ACTIVE"), Value::Null)
            .bad("maxResults", "101")
            .bad("status", "OTHER"),
        case("GetTaskTemplate", "GET", one, Value::Null).on(on),
        case("UpdateTaskTemplate", "POST", one, task_template("other"))
            .code("PropertyValidationException")
            .bad("/Fields", field("TEXT"))
            .bad("/Name", "")
            .on(on),
        case("DeleteTaskTemplate", "DELETE", one, Value::Null).again(GONE).on(on),
    ]
}

fn forms() -> Vec<Case> {
    let (one, on) = ("/evaluation-forms/{instance}/{form}", "{instance_arn}/evaluation-form/{form}");
    let twice = json!([{"Section": {"Title": "s", "RefId": "a", "Items": [{"Question": {"Title": "q", "RefId": "a", "QuestionType": "TEXT"}}]}}]);
    let loose = json!([{"Question": {"Title": "q", "RefId": "q", "QuestionType": "TEXT"}}]);
    let (mut new, mut changed, version) = (evaluation_form("new"), evaluation_form("other"), json!({"EvaluationFormVersion": 1}));
    new["Tags"] = json!({"a": "1"});
    changed["EvaluationFormVersion"] = 1.into();
    vec![
        case("CreateEvaluationForm", "PUT", "/evaluation-forms/{instance}", new)
            .needs(&["/Title", "/Items"])
            .bad("/Items", twice.clone())
            .bad("/Items", loose)
            .bad("/ScoringStrategy", json!({"Mode": "NONE", "Status": "ENABLED"}))
            .again(CONFLICT)
            .on("{instance_arn}/evaluation-form/*"),
        case("ListEvaluationForms", "GET", "/evaluation-forms/{instance}", Value::Null).bad("maxResults", "101"),
        case("DescribeEvaluationForm", "GET", one, Value::Null).on(on),
        case("UpdateEvaluationForm", "PUT", one, changed).needs(&["/Title", "/Items"]).bad("/Items", twice).on(on),
        case("ListEvaluationFormVersions", "GET", &format!("{one}/versions"), Value::Null).bad("maxResults", "101").on(on),
        case("ActivateEvaluationForm", "POST", &format!("{one}/activate"), version.clone())
            .needs(&["/EvaluationFormVersion"])
            .on(on),
        case("DeactivateEvaluationForm", "POST", &format!("{one}/deactivate"), version).needs(&["/EvaluationFormVersion"]).on(on),
        case("DeleteEvaluationForm", "DELETE", one, Value::Null).again(GONE).on(on),
    ]
}

fn rules() -> Vec<Case> {
    let (one, on) = ("/rules/{instance}/{rule}", "{instance_arn}/rule/{rule}");
    let mut changed = rule("other");
    changed.as_object_mut().expect("an object").remove("TriggerEventSource");
    let mut new = rule("new");
    new["Tags"] = json!({"a": "1"});
    vec![
        case("CreateRule", "POST", "/rules/{instance}", new)
            .needs(&["/Name", "/TriggerEventSource", "/Function", "/Actions", "/PublishStatus"])
            .bad("/Name", "a b")
            .bad("/Function", "no JSON")
            .bad("/Actions", json!([]))
            .bad("/TriggerEventSource/EventSourceName", "OnMonday")
            .refers(&["/Actions/0/TaskAction/ContactFlowId"])
            .again(CONFLICT)
            .on("{instance_arn}/rule/*"),
        case("ListRules", "GET", "/rules/{instance}?publishStatus=DRAFT", Value::Null)
            .bad("maxResults", "201")
            .bad("publishStatus", "BURNT"),
        case("DescribeRule", "GET", one, Value::Null).on(on),
        case("UpdateRule", "PUT", one, changed)
            .needs(&["/Name", "/Function", "/Actions", "/PublishStatus"])
            .bad("/Function", "[]")
            .on(on),
        case("DeleteRule", "DELETE", one, Value::Null).on(on).again(GONE),
    ]
}
