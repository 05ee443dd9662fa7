"""API Gateway: API keys and usage plans."""

from checks import things
from checks.apigateway import BAD, CONFLICT, MISSING, PATCH, patch
from suite import check, refusals

GUIDE = "API Gateway guide, Usage plans and API keys for REST APIs"


def key(at, **more):
    """A new key's id."""
    return at.apigateway.create_api_key(name="partner", enabled=True, **more)["id"]


def plan(at, **more):
    """A new plan's id."""
    return at.apigateway.create_usage_plan(name="partners", **more)["id"]


refusals("apigateway.CreateApiKey", f"{GUIDE}: a value has at least 20 characters", *BAD, [("a short value", {"name": "k", "value": "short"})])
refusals("apigateway.CreateUsagePlan", "aws-cdk#6169, aws-sdk#354: nothing is filled in", *BAD, [
    ("a plan of an absent stage", {"name": "p", "apiStages": [{"apiId": "abcdefghij", "stage": "live"}]}, "Invalid API Stage {api: %s, stage: %s} specified for usageplan %s"),
], kind="absent")
ABSENT_KEY = "Invalid API Key identifier specified"
ABSENT_PLAN = "Invalid Usage Plan identifier specified"
for operation, arguments in [("GetApiKey", {}), ("UpdateApiKey", {"patchOperations": []}), ("DeleteApiKey", {})]:
    refusals(f"apigateway.{operation}", f"BC apigateway.{operation}, NotFoundException", *MISSING, [
        (f"an absent key: {operation}", {"apiKey": "abcdefghij", **arguments}, ABSENT_KEY),
    ], kind="absent")
for operation, arguments in [("GetUsagePlan", {}), ("UpdateUsagePlan", {"patchOperations": []}), ("DeleteUsagePlan", {}), ("GetUsagePlanKeys", {}),
                             ("GetUsagePlanKey", {"keyId": "abcdefghij"}), ("DeleteUsagePlanKey", {"keyId": "abcdefghij"}),
                             ("CreateUsagePlanKey", {"keyId": "abcdefghij", "keyType": "API_KEY"})]:
    refusals(f"apigateway.{operation}", f"BC apigateway.{operation}, NotFoundException", *MISSING, [
        (f"an absent plan: {operation}", {"usagePlanId": "abc123", **arguments}, ABSENT_PLAN),
    ], kind="absent")


@check("apigateway.CreateApiKey", "BC apigateway.ApiKey; the value is shown where it is asked for (BC GetApiKeyRequest.includeValue)")
def a_key_is_made_and_its_value_shown_on_demand(at):
    made = at.apigateway.create_api_key(name="partner", description="For a partner", enabled=True, tags={"team": "voice"})
    at.equal("enabled", made["enabled"], True)
    at.equal("tags", made["tags"], {"team": "voice"})
    at.equal("the value without asking", at.apigateway.get_api_key(apiKey=made["id"]).get("value"), None)
    at.equal("the value", at.apigateway.get_api_key(apiKey=made["id"], includeValue=True)["value"], made["value"])


@check("apigateway.CreateApiKey", "BC apigateway.CreateApiKey, ConflictException: a value is unique", kind="duplicate")
def a_second_key_of_a_value_is_refused(at):
    value = at.apigateway.create_api_key(name="partner")["value"]
    at.refuses(CONFLICT, at.apigateway.create_api_key, name="other", value=value, message="API Key already exists")


@check("apigateway.GetApiKeys", "BC apigateway.ApiKeys; GetApiKeysRequest.includeValues")
def keys_are_listed_without_their_values(at):
    id_ = key(at)
    found = [one for page in at.apigateway.get_paginator("get_api_keys").paginate() for one in page["items"] if one["id"] == id_]
    at.equal("the key", [(one["name"], one.get("value")) for one in found], [("partner", None)])


@check("apigateway.UpdateApiKey", PATCH)
def a_key_is_switched_off(at):
    id_ = key(at)
    changed = at.apigateway.update_api_key(apiKey=id_, patchOperations=patch(("replace", "/enabled", "false"), ("replace", "/description", "Off")))
    at.equal("the key", (changed["enabled"], changed["description"]), (False, "Off"))


@check("apigateway.DeleteApiKey", "BC apigateway.DeleteApiKey")
def a_key_is_gone_when_it_is_deleted(at):
    id_ = key(at)
    at.apigateway.delete_api_key(apiKey=id_)
    at.refuses(MISSING, at.apigateway.get_api_key, apiKey=id_)


@check("apigateway.CreateUsagePlan", "BC apigateway.UsagePlan")
def a_plan_has_stages_limits_and_a_quota(at):
    api, _ = things.staged(at)
    made = at.apigateway.create_usage_plan(name="partners", apiStages=[{"apiId": api, "stage": "live"}], throttle={"rateLimit": 2.5, "burstLimit": 5},
                                           quota={"limit": 100, "period": "WEEK"})
    found = at.apigateway.get_usage_plan(usagePlanId=made["id"])
    at.equal("stages", [(one["apiId"], one["stage"]) for one in found["apiStages"]], [(api, "live")])
    at.equal("throttle", found["throttle"], {"rateLimit": 2.5, "burstLimit": 5})
    at.equal("quota", (found["quota"]["limit"], found["quota"]["period"]), (100, "WEEK"))


@check("apigateway.CreateUsagePlan", "BC apigateway.UsagePlan: known by its id alone", kind="duplicate")
def a_second_plan_of_a_name_is_another(at):
    at.equal("one plan", plan(at) == plan(at), False)


@check("apigateway.GetUsagePlans", "BC apigateway.GetUsagePlansRequest.keyId")
def plans_are_listed_by_their_key(at):
    id_, of = key(at), plan(at)
    plan(at)
    at.apigateway.create_usage_plan_key(usagePlanId=of, keyId=id_, keyType="API_KEY")
    at.equal("plans", [one["id"] for one in at.apigateway.get_usage_plans(keyId=id_)["items"]], [of])


@check("apigateway.UpdateUsagePlan", PATCH)
def a_plan_gets_limits_and_loses_its_stage(at):
    api, _ = things.staged(at)
    id_ = plan(at, apiStages=[{"apiId": api, "stage": "live"}])
    changed = at.apigateway.update_usage_plan(usagePlanId=id_, patchOperations=patch(
        ("replace", "/throttle/rateLimit", "3"), ("replace", "/throttle/burstLimit", "6"), ("remove", "/apiStages", f"{api}:live")))
    at.equal("the plan", (changed["throttle"], changed.get("apiStages", [])), ({"rateLimit": 3.0, "burstLimit": 6}, []))


@check("apigateway.DeleteUsagePlan", "aws-sdk-js#3841: there are API Stages associated with it")
def a_plan_with_stages_is_not_deleted(at):
    api, _ = things.staged(at)
    id_ = plan(at, apiStages=[{"apiId": api, "stage": "live"}])
    at.refuses(BAD, at.apigateway.delete_usage_plan, usagePlanId=id_)
    at.apigateway.update_usage_plan(usagePlanId=id_, patchOperations=patch(("remove", "/apiStages", f"{api}:live")))
    at.apigateway.delete_usage_plan(usagePlanId=id_)
    at.refuses(MISSING, at.apigateway.get_usage_plan, usagePlanId=id_)


@check("apigateway.CreateUsagePlanKey", "BC apigateway.UsagePlanKey")
def a_plan_has_the_keys_that_it_was_given(at):
    id_, of = key(at), plan(at)
    made = at.apigateway.create_usage_plan_key(usagePlanId=of, keyId=id_, keyType="API_KEY")
    at.equal("the key", (made["id"], made["type"], made["name"]), (id_, "API_KEY", "partner"))
    at.equal("by id", at.apigateway.get_usage_plan_key(usagePlanId=of, keyId=id_)["id"], id_)
    at.equal("keys", [one["id"] for one in at.apigateway.get_usage_plan_keys(usagePlanId=of)["items"]], [id_])
    at.apigateway.delete_usage_plan_key(usagePlanId=of, keyId=id_)
    at.equal("then", at.apigateway.get_usage_plan_keys(usagePlanId=of)["items"], [])


@check("apigateway.CreateUsagePlanKey", "BC apigateway.CreateUsagePlanKey, ConflictException", kind="duplicate")
def a_key_is_in_a_plan_once(at):
    id_, of = key(at), plan(at)
    at.apigateway.create_usage_plan_key(usagePlanId=of, keyId=id_, keyType="API_KEY")
    at.refuses(CONFLICT, at.apigateway.create_usage_plan_key, usagePlanId=of, keyId=id_, keyType="API_KEY")


@check("apigateway.PutMethod", "BC apigateway.Method: apiKeyRequired, authorizationType")
def a_method_wants_a_key_or_a_signature(at):
    api, root = things.integrated(at)
    keyed = at.apigateway.put_method(restApiId=api, resourceId=root, httpMethod="PATCH", authorizationType="NONE", apiKeyRequired=True)
    signed = at.apigateway.put_method(restApiId=api, resourceId=root, httpMethod="DELETE", authorizationType="AWS_IAM")
    at.equal("the first", (keyed["apiKeyRequired"], keyed["authorizationType"]), (True, "NONE"))
    at.equal("the second", (signed["apiKeyRequired"], signed["authorizationType"]), (False, "AWS_IAM"))
