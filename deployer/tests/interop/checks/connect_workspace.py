"""Amazon Connect: overrides of hours, agent statuses, predefined attributes, views, task templates, evaluation forms and rules."""

import json

from checks.connect import MISSING, flow, shared
from checks.connect_life import MONDAY, NOBODY, arn, hours
from suite import check

BAD = ("InvalidParameterException", 400)


@check("connect.CreateHoursOfOperationOverride", "BC connect.HoursOfOperationOverride; CreateHoursOfOperationOverride: DuplicateResourceException")
def an_override_of_hours_lives_and_goes(at):
    where = {"InstanceId": shared(at), "HoursOfOperationId": hours(at, shared(at))}
    new = {"Name": "holidays", "Config": [], "EffectiveFrom": "2026-12-24", "EffectiveTill": "2026-12-26"}
    made = {**where, "HoursOfOperationOverrideId": at.connect.create_hours_of_operation_override(**where, **new)["HoursOfOperationOverrideId"]}
    at.refuses(("DuplicateResourceException", 409), at.connect.create_hours_of_operation_override, **where, **new)
    at.refuses(BAD, at.connect.create_hours_of_operation_override, **where, **{**new, "Name": "other", "EffectiveTill": "2026-12-01"})
    at.connect.update_hours_of_operation_override(**made, Config=[MONDAY], EffectiveTill="2026-12-31")
    found = at.connect.describe_hours_of_operation_override(**made)["HoursOfOperationOverride"]
    at.equal("override", (found["Name"], found["Config"], found["EffectiveTill"]), ("holidays", [MONDAY], "2026-12-31"))
    at.equal("listed", [one["Name"] for one in at.connect.list_hours_of_operation_overrides(**where)["HoursOfOperationOverrideList"]], ["holidays"])
    at.connect.delete_hours_of_operation_override(**made)
    at.refuses(MISSING, at.connect.describe_hours_of_operation_override, **made)


@check("connect.CreateAgentStatus", "BC connect.AgentStatus, AgentStatusType; there is no operation that deletes one")
def an_agent_status_is_disabled(at):
    id_, name = shared(at), at.name("status")
    made = {"InstanceId": id_, "AgentStatusId": at.connect.create_agent_status(InstanceId=id_, Name=name, State="ENABLED", DisplayOrder=7)["AgentStatusId"]}
    at.refuses(("DuplicateResourceException", 409), at.connect.create_agent_status, InstanceId=id_, Name=name, State="ENABLED")
    at.connect.update_agent_status(**made, State="DISABLED", ResetOrderNumber=True)
    found = at.connect.describe_agent_status(**made)["AgentStatus"]
    at.equal("status", (found["Type"], found["State"], found.get("DisplayOrder"), found["AgentStatusARN"]),
             ("CUSTOM", "DISABLED", None, arn(id_, f"agent-state/{made['AgentStatusId']}")))
    kinds = {one["Type"] for one in at.connect.list_agent_statuses(InstanceId=id_, AgentStatusTypes=["ROUTABLE", "OFFLINE"])["AgentStatusSummaryList"]}
    at.equal("those that come with it", kinds, {"ROUTABLE", "OFFLINE"})
    at.refuses(MISSING, at.connect.describe_agent_status, InstanceId=id_, AgentStatusId=NOBODY)


@check("connect.CreatePredefinedAttribute", "BC connect.PredefinedAttribute; DuplicateResourceException")
def a_predefined_attribute_has_values(at):
    where = {"InstanceId": shared(at), "Name": at.name("attribute")}
    at.connect.create_predefined_attribute(**where, Values={"StringList": ["one"]}, Purposes=["ROUTING"])
    at.refuses(("DuplicateResourceException", 409), at.connect.create_predefined_attribute, **where)
    at.connect.update_predefined_attribute(**where, Values={"StringList": ["one", "two"]})
    found = at.connect.describe_predefined_attribute(**where)["PredefinedAttribute"]
    listed = [one["Name"] for one in at.connect.list_predefined_attributes(InstanceId=where["InstanceId"])["PredefinedAttributeSummaryList"]]
    at.true("listed", where["Name"] in listed)
    at.equal("attribute", (found["Values"], found["Purposes"]), ({"StringList": ["one", "two"]}, ["ROUTING"]))
    at.connect.delete_predefined_attribute(**where)
    at.refuses(MISSING, at.connect.describe_predefined_attribute, **where)


@check("connect.CreateView", "BC connect.DescribeView: $SAVED needs to be supplied if a view is unpublished; UpdateViewContent")
def a_view_is_saved_and_then_published(at):
    id_, content = shared(at), {"Template": json.dumps({"Head": {}}), "Actions": ["Next"]}
    new = {"InstanceId": id_, "Name": at.name("view"), "Status": "SAVED", "Content": content, "ClientToken": at.name("token")}
    made = at.connect.create_view(**new)["View"]["Id"]
    at.equal("again with its token", at.connect.create_view(**new)["View"]["Id"], made)
    at.refuses(MISSING, at.connect.describe_view, InstanceId=id_, ViewId=made)
    at.equal("saved", at.connect.describe_view(InstanceId=id_, ViewId=f"{made}:$SAVED")["View"]["Content"], content)
    at.connect.update_view_content(InstanceId=id_, ViewId=made, Status="PUBLISHED", Content=content)
    at.equal("published", at.connect.describe_view(InstanceId=id_, ViewId=made)["View"]["Status"], "PUBLISHED")
    at.connect.update_view_metadata(InstanceId=id_, ViewId=made, Description="for agents")
    listed = [one.get("Description") for one in at.connect.list_views(InstanceId=id_, Type="CUSTOMER_MANAGED")["ViewsSummaryList"] if one["Id"] == made]
    at.equal("listed", listed, ["for agents"])
    at.connect.delete_view(InstanceId=id_, ViewId=made)
    at.refuses(MISSING, at.connect.describe_view, InstanceId=id_, ViewId=f"{made}:$SAVED")


@check("connect.CreateTaskTemplate", "API reference, CreateTaskTemplate: exactly one field of type NAME, which is required; a flow or a QUICK_CONNECT field")
def a_task_template_has_one_name(at):
    id_, name = shared(at), {"Id": {"Name": "Name"}, "Type": "NAME"}
    new = {"InstanceId": id_, "Name": at.name("template"), "Fields": [name], "Constraints": {"RequiredFields": [{"Id": {"Name": "Name"}}]}}
    at.refuses(("PropertyValidationException", 400), at.connect.create_task_template, **new)
    new["ContactFlowId"] = flow(at)["ContactFlowId"]
    at.refuses(("PropertyValidationException", 400), at.connect.create_task_template, **{**new, "Constraints": {}})
    made = {"InstanceId": id_, "TaskTemplateId": at.connect.create_task_template(**new)["Id"]}
    at.connect.tag_resource(resourceArn=arn(id_, f"task-template/{made['TaskTemplateId']}"), tags={"team": "voice"})
    at.connect.update_task_template(**made, **{**{key: value for key, value in new.items() if key != "InstanceId"}, "Status": "INACTIVE"})
    found = at.connect.get_task_template(**made)
    at.equal("template", (found["Status"], found["Fields"], found["Tags"]), ("INACTIVE", [name], {"team": "voice"}))
    at.true("listed", made["TaskTemplateId"] in [one["Id"] for one in at.connect.list_task_templates(InstanceId=id_)["TaskTemplates"]])
    at.connect.delete_task_template(**made)
    at.refuses(MISSING, at.connect.get_task_template, **made)


@check("connect.CreateEvaluationForm", "BC connect.EvaluationForm: identifiers cannot be duplicated; versions, of which one is active")
def an_evaluation_form_has_versions(at):
    question = lambda ref: {"Question": {"Title": "Was it polite?", "RefId": ref, "QuestionType": "TEXT"}}
    items = lambda *refs: [{"Section": {"Title": "all", "RefId": "s", "Items": [question(ref) for ref in refs]}}]
    id_, title = shared(at), at.name("form")
    at.refuses(BAD, at.connect.create_evaluation_form, InstanceId=id_, Title=title, Items=items("a", "a"))
    made = {"InstanceId": id_, "EvaluationFormId": at.connect.create_evaluation_form(InstanceId=id_, Title=title, Items=items("a"))["EvaluationFormId"]}
    at.connect.activate_evaluation_form(**made, EvaluationFormVersion=1)
    again = {"EvaluationFormVersion": 1, "Title": title, "Items": items("a", "b")}
    at.refuses(("ResourceConflictException", 409), at.connect.update_evaluation_form, **made, **again)
    at.equal("next", at.connect.update_evaluation_form(**made, **again, CreateNewVersion=True)["EvaluationFormVersion"], 2)
    at.true("listed", made["EvaluationFormId"] in [one["EvaluationFormId"] for one in at.connect.list_evaluation_forms(InstanceId=id_)["EvaluationFormSummaryList"]])
    states = [one["Status"] for one in at.connect.list_evaluation_form_versions(**made)["EvaluationFormVersionSummaryList"]]
    at.equal("versions", states, ["ACTIVE", "DRAFT"])
    at.equal("latest", len(at.connect.describe_evaluation_form(**made)["EvaluationForm"]["Items"][0]["Section"]["Items"]), 2)
    at.connect.deactivate_evaluation_form(**made, EvaluationFormVersion=1)
    at.connect.delete_evaluation_form(**made)
    at.refuses(MISSING, at.connect.describe_evaluation_form, **made)


@check("connect.CreateRule", "BC connect.Rule; ResourceConflictException: a resource already has that name")
def a_rule_is_changed_and_deleted(at):
    id_ = shared(at)
    task = {"ActionType": "CREATE_TASK", "TaskAction": {"Name": "look", "ContactFlowId": flow(at)["ContactFlowId"]}}
    new = {"InstanceId": id_, "Name": at.name("rule"), "TriggerEventSource": {"EventSourceName": "OnPostCallAnalysisAvailable"}, "Function": "{}",
           "Actions": [task], "PublishStatus": "DRAFT"}
    made = {"InstanceId": id_, "RuleId": at.connect.create_rule(**new)["RuleId"]}
    at.refuses(("ResourceConflictException", 409), at.connect.create_rule, **new)
    changed = {key: value for key, value in new.items() if key not in ("InstanceId", "TriggerEventSource")}
    at.connect.update_rule(**made, **{**changed, "PublishStatus": "PUBLISHED"})
    found = at.connect.describe_rule(**made)["Rule"]
    at.equal("rule", (found["PublishStatus"], found["TriggerEventSource"], found["Actions"]), ("PUBLISHED", new["TriggerEventSource"], [task]))
    at.equal("listed", [one["ActionSummaries"] for one in at.connect.list_rules(InstanceId=id_)["RuleSummaryList"] if one["RuleId"] == made["RuleId"]],
             [[{"ActionType": "CREATE_TASK"}]])
    at.connect.delete_rule(**made)
    at.refuses(MISSING, at.connect.describe_rule, **made)
