"""API Gateway: REST APIs, their resources, deployments, stages, custom domains."""

import json

from checks import things
from suite import check, refusals

BAD = ("BadRequestException", 400)
MISSING = ("NotFoundException", 404)
CONFLICT = ("ConflictException", 409)
PATCH = "API Gateway guide, PATCH operations; BC apigateway.PatchOperation"


def patch(*operations):
    return [dict(zip(("op", "path", "value"), operation)) for operation in operations]


def shared(at):
    """An API that checks only look at or are refused by: its id and its root's."""
    return at.kept("an API", lambda: things.integrated(at))


def of_shared(**more):
    return lambda at: {"restApiId": shared(at)[0], **more}


def at_root(**more):
    return lambda at: {"restApiId": shared(at)[0], "resourceId": shared(at)[1], **more}


refusals("apigateway.CreateRestApi", "BC apigateway.CreateRestApi, BadRequestException", *BAD, [
    ("an API without a name", {"name": ""}),
    ("an unknown endpoint type", {"name": "faulty", "endpointConfiguration": {"types": ["LOCAL"]}}),
    ("an unknown source of keys", {"name": "faulty", "apiKeySource": "NOWHERE"}),
    ("a reserved tag key of an API", {"name": "faulty", "tags": {"aws:x": "1"}}),
])
refusals("apigateway.CreateResource", "BC apigateway.CreateResource, BadRequestException: path parts", *BAD, [
    ("a path part with a slash", lambda at: {"restApiId": shared(at)[0], "parentId": shared(at)[1], "pathPart": "a/b"}),
    ("a path part with a space", lambda at: {"restApiId": shared(at)[0], "parentId": shared(at)[1], "pathPart": "a b"}),
    ("an unclosed variable", lambda at: {"restApiId": shared(at)[0], "parentId": shared(at)[1], "pathPart": "{a"}),
    ("an empty path part", lambda at: {"restApiId": shared(at)[0], "parentId": shared(at)[1], "pathPart": ""}),
])
refusals("apigateway.CreateResource", "BC apigateway.CreateResource, NotFoundException", *MISSING, [
    ("a resource under an absent parent", of_shared(parentId="abc123", pathPart="a")),
    ("a resource of an absent API", {"restApiId": "abcdefghij", "parentId": "abc123", "pathPart": "a"}, "Invalid API identifier specified"),
], kind="absent")
refusals("apigateway.PutMethod", "BC apigateway.PutMethod, BadRequestException", *BAD, [
    ("an unknown HTTP method", at_root(httpMethod="FETCH", authorizationType="NONE")),
    ("an unknown kind of authorization", at_root(httpMethod="POST", authorizationType="SOME")),
])
refusals("apigateway.PutMethod", "BC apigateway.PutMethod, NotFoundException", *MISSING, [
    ("a method of an absent resource", of_shared(resourceId="abc123", httpMethod="GET", authorizationType="NONE"), "Invalid Resource identifier specified"),
], kind="absent")
refusals("apigateway.PutMethod", "aws-cli#3992: a put that does not replace", *CONFLICT, [
    ("a second put of a method", at_root(httpMethod="GET", authorizationType="NONE"), "Method already exists for this resource"),
], kind="duplicate")
URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:f/invocations"
refusals("apigateway.PutIntegration", "BC apigateway.PutIntegration, BadRequestException", *BAD, [
    ("an unknown kind of integration", at_root(httpMethod="GET", type="LAMBDA", integrationHttpMethod="POST", uri=URI)),
    ("an integration whose address is no ARN", at_root(httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST", uri="nonsense"), "Invalid ARN"),
    ("an integration without its method", at_root(httpMethod="GET", type="AWS_PROXY", uri=URI)),
    ("a time-out of 49 ms", at_root(httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST", uri=URI, timeoutInMillis=49), "Timeout should be between 50 ms and 29000 ms"),
    ("an unknown way of passing through", at_root(httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST", uri=URI, passthroughBehavior="ALWAYS")),
])
refusals("apigateway.PutIntegration", "terraform#17747: Invalid Method identifier specified", *MISSING, [
    ("an integration of an absent method", at_root(httpMethod="DELETE", type="AWS_PROXY", integrationHttpMethod="POST", uri=URI), "Invalid Method identifier specified"),
], kind="absent")
for operation, arguments, message in [
    ("GetRestApi", {"restApiId": "abcdefghij"}, "Invalid API identifier specified"), ("DeleteRestApi", {"restApiId": "abcdefghij"}, "Invalid API identifier specified"),
    ("UpdateRestApi", {"restApiId": "abcdefghij", "patchOperations": patch(("replace", "/name", "x"))}, "Invalid API identifier specified"),
    ("GetResources", {"restApiId": "abcdefghij"}, "Invalid API identifier specified"), ("GetStages", {"restApiId": "abcdefghij"}, "Invalid API identifier specified"),
    ("GetDeployments", {"restApiId": "abcdefghij"}, "Invalid API identifier specified"), ("CreateDeployment", {"restApiId": "abcdefghij"}, "Invalid API identifier specified"),
    ("GetResource", of_shared(resourceId="abc123"), "Invalid Resource identifier specified"), ("DeleteResource", of_shared(resourceId="abc123"), "Invalid Resource identifier specified"),
    ("GetMethod", at_root(httpMethod="PUT"), "Invalid Method identifier specified"), ("DeleteMethod", at_root(httpMethod="PUT"), "Invalid Method identifier specified"),
    ("GetIntegration", at_root(httpMethod="PUT"), None), ("DeleteIntegration", at_root(httpMethod="PUT"), None),
    ("GetStage", of_shared(stageName="nothing"), "Invalid stage identifier specified"), ("DeleteStage", of_shared(stageName="nothing"), "Invalid stage identifier specified"),
    ("UpdateStage", of_shared(stageName="nothing", patchOperations=patch(("replace", "/description", "x"))), "Invalid stage identifier specified"),
    ("GetDeployment", of_shared(deploymentId="abc123"), "Invalid Deployment identifier specified"), ("DeleteDeployment", of_shared(deploymentId="abc123"), "Invalid Deployment identifier specified"),
    ("UpdateDeployment", of_shared(deploymentId="abc123", patchOperations=patch(("replace", "/description", "x"))), "Invalid Deployment identifier specified"),
    ("GetDomainName", {"domainName": "nothing.example"}, "Invalid domain name identifier specified"),
    ("DeleteDomainName", {"domainName": "nothing.example"}, "Invalid domain name identifier specified"),
    ("UpdateDomainName", {"domainName": "nothing.example", "patchOperations": patch(("replace", "/securityPolicy", "TLS_1_2"))}, "Invalid domain name identifier specified"),
    ("GetBasePathMappings", {"domainName": "nothing.example"}, "Invalid domain name identifier specified"),
    ("GetBasePathMapping", {"domainName": "nothing.example", "basePath": "a"}, "Invalid"),
    ("DeleteBasePathMapping", {"domainName": "nothing.example", "basePath": "a"}, "Invalid"),
    ("UpdateBasePathMapping", {"domainName": "nothing.example", "basePath": "a", "patchOperations": patch(("replace", "/stage", "live"))}, "Invalid"),
    ("CreateBasePathMapping", lambda at: {"domainName": "nothing.example", "restApiId": shared(at)[0]}, "Invalid domain name identifier specified"),
    ("PutRestApi", {"restApiId": "abcdefghij", "body": b'{"openapi":"3.0.1","info":{"title":"x","version":"1"},"paths":{}}'}, "Invalid API identifier specified"),
    ("GetTags", {"resourceArn": "arn:aws:apigateway:us-east-1::/restapis/abcdefghij"}, None),
    ("TagResource", {"resourceArn": "arn:aws:apigateway:us-east-1::/restapis/abcdefghij", "tags": {"a": "1"}}, None),
    ("UntagResource", {"resourceArn": "arn:aws:apigateway:us-east-1::/restapis/abcdefghij", "tagKeys": ["a"]}, None),
]:
    refusals(f"apigateway.{operation}", "BC apigateway.NotFoundException; terraform and serverless issues for the words", *MISSING, [
        ("what is not there", arguments, *([message] if message else []))], kind="absent")


@check("apigateway.CreateRestApi", "BC apigateway.RestApi: defaults; tags")
def an_api_describes_itself(at):
    made = at.apigateway.create_rest_api(name="described", endpointConfiguration={"types": ["REGIONAL"]}, tags={"project": "vanity"})
    found = at.apigateway.get_rest_api(restApiId=made["id"])
    members = ("name", "apiKeySource", "disableExecuteApiEndpoint", "tags", "rootResourceId")
    root = at.apigateway.get_resources(restApiId=made["id"])["items"][0]["id"]
    at.equal("API", {member: found.get(member) for member in members}, {
        "name": "described", "apiKeySource": "HEADER", "disableExecuteApiEndpoint": False, "tags": {"project": "vanity"}, "rootResourceId": root})
    at.equal("length of the id", len(made["id"]), 10)


@check("apigateway.CreateRestApi", "BC apigateway.EndpointConfiguration: EDGE unless said; ipv4")
def an_api_is_edge_optimised_unless_said(at):
    made = at.apigateway.create_rest_api(name="edge")
    at.equal("types", made["endpointConfiguration"]["types"], ["EDGE"])
    at.equal("ipAddressType", made["endpointConfiguration"].get("ipAddressType"), "ipv4")


@check("apigateway.CreateRestApi", "boto3#615: names are not unique", kind="duplicate")
def two_apis_can_have_one_name(at):
    name = at.name("twice")
    at.true("two ids", len({at.apigateway.create_rest_api(name=name)["id"] for _ in range(2)}) == 2)


@check("apigateway.GetRestApis", "BC apigateway.GetRestApis: limit, position; items with their tags")
def apis_come_in_pages_with_their_tags(at):
    made = things.api(at, tags={"a": "1"})[0]
    things.api(at)
    first = at.apigateway.get_rest_apis(limit=1)
    at.equal("size of the page", len(first["items"]), 1)
    at.true("there is a position", first.get("position"))
    found = [one for page in at.apigateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 500}) for one in page["items"]]
    at.equal("tags", next(one for one in found if one["id"] == made).get("tags"), {"a": "1"})


@check("apigateway.GetRestApis", "BC apigateway.GetRestApis: at most 500 to a page", kind="malformed")
def a_page_of_501_apis_is_refused(at):
    at.refuses(BAD, at.apigateway.get_rest_apis, limit=501)


@check("apigateway.UpdateRestApi", PATCH)
def several_changes_are_made_in_one_call(at):
    id_, _ = things.api(at)
    at.apigateway.update_rest_api(restApiId=id_, patchOperations=patch(
        ("replace", "/name", "new"), ("replace", "/description", "text"), ("add", "/binaryMediaTypes/image~1png"), 
        ("replace", "/disableExecuteApiEndpoint", "true")))
    found = at.apigateway.get_rest_api(restApiId=id_)
    members = ("name", "description", "binaryMediaTypes", "disableExecuteApiEndpoint")
    at.equal("API", tuple(found.get(member) for member in members), ("new", "text", ["image/png"], True))


@check("apigateway.UpdateRestApi", f"{PATCH}; localstack#9334: Invalid patch path", kind="malformed")
def an_unknown_path_is_refused_and_nothing_is_changed(at):
    id_, _ = things.api(at)
    at.refuses(BAD, at.apigateway.update_rest_api, restApiId=id_, patchOperations=patch(("replace", "/description", "x"), ("replace", "/nothing", "x")), message="Invalid patch path")
    at.true("no description", not at.apigateway.get_rest_api(restApiId=id_).get("description"))


refusals("apigateway.UpdateRestApi", PATCH, *BAD, [
    ("an operation that the path does not know", lambda at: {"restApiId": things.api(at)[0], "patchOperations": patch(("add", "/name", "x"))}),
    ("a removal of the name", lambda at: {"restApiId": things.api(at)[0], "patchOperations": patch(("remove", "/name"))}),
    ("a boolean that is none", lambda at: {"restApiId": things.api(at)[0], "patchOperations": patch(("replace", "/disableExecuteApiEndpoint", "maybe"))}),
    ("an empty new name", lambda at: {"restApiId": things.api(at)[0], "patchOperations": patch(("replace", "/name", ""))}),
    ("an unknown operation", lambda at: {"restApiId": things.api(at)[0], "patchOperations": patch(("change", "/name", "x"))}),
    ("an unknown endpoint type in a patch", lambda at: {"restApiId": things.api(at)[0], "patchOperations": patch(("replace", "/endpointConfiguration/types/REGIONAL", "LOCAL"))}),
])


@check("apigateway.DeleteRestApi", "BC apigateway.DeleteRestApi: 202")
def a_deleted_api_is_gone(at):
    id_, _ = things.api(at)
    at.equal("status", at.apigateway.delete_rest_api(restApiId=id_)["ResponseMetadata"]["HTTPStatusCode"], 202)
    at.refuses(MISSING, at.apigateway.get_rest_api, restApiId=id_)


@check("apigateway.DeleteRestApi", "gcdt#373: remove all base path mappings first")
def an_api_with_a_mapping_is_not_deleted(at):
    id_, _ = things.staged(at)
    at.apigateway.create_base_path_mapping(domainName=things.domain(at), restApiId=id_, stage="live")
    at.refuses(BAD, at.apigateway.delete_rest_api, restApiId=id_, message="Please remove all base path mappings")


@check("apigateway.CreateResource", "BC apigateway.Resource; words from public issues: Another resource with the same parent already has this name", kind="duplicate")
def a_second_resource_of_the_path_is_refused(at):
    id_, root = things.api(at)
    made = at.apigateway.create_resource(restApiId=id_, parentId=root, pathPart="numbers")
    at.equal("path", made["path"], "/numbers")
    at.refuses(CONFLICT, at.apigateway.create_resource, restApiId=id_, parentId=root, pathPart="numbers", message="Another resource with the same parent already has this name: numbers")


@check("apigateway.CreateResource", "API Gateway guide: a sibling already has a variable path part", kind="malformed")
def a_second_variable_beside_the_first_is_refused(at):
    id_, root = things.api(at)
    at.apigateway.create_resource(restApiId=id_, parentId=root, pathPart="{a}")
    at.refuses(BAD, at.apigateway.create_resource, restApiId=id_, parentId=root, pathPart="{b}", message="sibling")


@check("apigateway.CreateResource", "API Gateway guide, Proxy resources: a greedy variable takes the rest", kind="malformed")
def nothing_comes_under_a_greedy_variable(at):
    id_, root = things.api(at)
    proxy = at.apigateway.create_resource(restApiId=id_, parentId=root, pathPart="{proxy+}")["id"]
    at.refuses(BAD, at.apigateway.create_resource, restApiId=id_, parentId=proxy, pathPart="a")


@check("apigateway.DeleteResource", "BC apigateway.DeleteResource: with everything below")
def a_resource_goes_with_what_is_below(at):
    id_, root = things.api(at)
    upper = at.apigateway.create_resource(restApiId=id_, parentId=root, pathPart="a")["id"]
    at.apigateway.create_resource(restApiId=id_, parentId=upper, pathPart="b")
    at.equal("status", at.apigateway.delete_resource(restApiId=id_, resourceId=upper)["ResponseMetadata"]["HTTPStatusCode"], 202)
    at.equal("paths", [one["path"] for one in at.apigateway.get_resources(restApiId=id_)["items"]], ["/"])


@check("apigateway.DeleteResource", "BC apigateway.DeleteResource, BadRequestException: the root stays", kind="malformed")
def the_root_is_not_deleted(at):
    id_, root = things.api(at)
    at.refuses(BAD, at.apigateway.delete_resource, restApiId=id_, resourceId=root)


@check("apigateway.GetResources", "BC apigateway.GetResources: embed=methods gives methods with their integrations")
def resources_are_read_with_their_methods_in_one_call(at):
    id_, root = shared(at)
    found = at.apigateway.get_resources(restApiId=id_, embed=["methods"])["items"][0]
    at.equal("uri ends", found["resourceMethods"]["GET"]["methodIntegration"]["type"], "AWS_PROXY")
    plain = at.apigateway.get_resources(restApiId=id_)["items"][0]
    at.equal("without embed", plain["resourceMethods"], {"GET": {}})


@check("apigateway.PutIntegration", "BC apigateway.Integration: defaults")
def an_integration_describes_itself(at):
    id_, root = shared(at)
    found = at.apigateway.get_integration(restApiId=id_, resourceId=root, httpMethod="GET")
    members = ("type", "httpMethod", "passthroughBehavior", "timeoutInMillis", "cacheNamespace", "cacheKeyParameters")
    at.equal("integration", {member: found.get(member) for member in members}, {
        "type": "AWS_PROXY", "httpMethod": "POST", "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000, "cacheNamespace": root, "cacheKeyParameters": []})


@check("apigateway.PutIntegration", "BC apigateway.PutIntegration; terraform puts it again to change it", kind="duplicate")
def a_second_integration_replaces_the_first(at):
    id_, root = things.integrated(at)
    at.apigateway.put_integration(restApiId=id_, resourceId=root, httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST", uri=URI, timeoutInMillis=5000)
    at.equal("timeoutInMillis", at.apigateway.get_integration(restApiId=id_, resourceId=root, httpMethod="GET")["timeoutInMillis"], 5000)


@check("apigateway.CreateDeployment", "words from public issues: The REST API doesn't contain any methods", kind="malformed")
def an_api_without_methods_is_not_deployed(at):
    at.refuses(BAD, at.apigateway.create_deployment, restApiId=things.api(at)[0], message="The REST API doesn't contain any methods")


@check("apigateway.CreateDeployment", "words from public issues: No integration defined for method", kind="malformed")
def a_method_without_an_integration_is_not_deployed(at):
    id_, root = things.api(at)
    at.apigateway.put_method(restApiId=id_, resourceId=root, httpMethod="GET", authorizationType="NONE")
    at.refuses(BAD, at.apigateway.create_deployment, restApiId=id_, message="No integration defined for method")


@check("apigateway.CreateDeployment", "BC apigateway.CreateDeployment: no token", kind="duplicate")
def a_second_deployment_is_another_one(at):
    id_, _ = things.integrated(at)
    at.true("two ids", len({at.apigateway.create_deployment(restApiId=id_, description="same")["id"] for _ in range(2)}) == 2)


@check("apigateway.CreateDeployment", "BC apigateway.CreateDeploymentRequest.stageName: makes or moves the stage")
def a_deployment_with_a_stage_name_makes_the_stage(at):
    id_, _ = things.integrated(at)
    made = at.apigateway.create_deployment(restApiId=id_, stageName="quick")["id"]
    at.equal("deploymentId", at.apigateway.get_stage(restApiId=id_, stageName="quick")["deploymentId"], made)


@check("apigateway.DeleteDeployment", "azul#1740: Active stages pointing to this deployment must be moved or deleted")
def a_deployment_with_a_stage_is_not_deleted(at):
    id_, deployment = things.staged(at)
    at.refuses(BAD, at.apigateway.delete_deployment, restApiId=id_, deploymentId=deployment, message="Active stages pointing to this deployment must be moved or deleted")


@check("apigateway.UpdateDeployment", f"{PATCH}: only the description", kind="malformed")
def nothing_but_the_description_of_a_deployment_is_changed(at):
    id_, deployment = things.staged(at)
    at.equal("description", at.apigateway.update_deployment(restApiId=id_, deploymentId=deployment, patchOperations=patch(("replace", "/description", "x")))["description"], "x")
    at.refuses(BAD, at.apigateway.update_deployment, restApiId=id_, deploymentId=deployment, patchOperations=patch(("replace", "/id", "x")))


@check("apigateway.CreateStage", "words from public issues: Stage already exists", kind="duplicate")
def a_second_stage_of_the_name_is_refused(at):
    id_, deployment = things.staged(at)
    at.refuses(CONFLICT, at.apigateway.create_stage, restApiId=id_, stageName="live", deploymentId=deployment, message="Stage already exists")


@check("apigateway.CreateStage", "BC apigateway.CreateStage, BadRequestException", kind="absent")
def a_stage_of_an_absent_deployment_is_refused(at):
    at.refuses(BAD, at.apigateway.create_stage, restApiId=shared(at)[0], stageName="live", deploymentId="abc123")


@check("apigateway.CreateStage", "API Gateway quotas page: stage names of [A-Za-z0-9_-]", kind="malformed")
def a_stage_name_with_a_dot_is_refused(at):
    id_, deployment = things.staged(at)
    at.refuses(BAD, at.apigateway.create_stage, restApiId=id_, stageName="a.b", deploymentId=deployment)


@check("apigateway.CreateStage", "API Gateway guide, Stage variables: values of [A-Za-z0-9-._~:/?#&=,]", kind="malformed")
def a_stage_variable_with_a_space_is_refused(at):
    id_, deployment = things.staged(at)
    at.refuses(BAD, at.apigateway.create_stage, restApiId=id_, stageName="other", deploymentId=deployment, variables={"a": "b c"})


@check("apigateway.UpdateStage", f"{PATCH}; BC apigateway.MethodSetting")
def a_stage_is_throttled_and_described(at):
    id_, _ = things.staged(at)
    at.apigateway.update_stage(restApiId=id_, stageName="live", patchOperations=patch(
        ("replace", "/*/*/throttling/rateLimit", "10"), ("replace", "/*/*/throttling/burstLimit", "5"), ("replace", "/variables/level", "debug")))
    stage = at.apigateway.get_stage(restApiId=id_, stageName="live")
    setting = stage["methodSettings"]["*/*"]
    at.equal("throttle", (setting["throttlingRateLimit"], setting["throttlingBurstLimit"]), (10.0, 5))
    at.equal("variables", stage["variables"], {"level": "debug"})
    at.equal("tracingEnabled", stage["tracingEnabled"], False)


refusals("apigateway.UpdateStage", f"{PATCH}; BC apigateway.UpdateStage", *BAD, [
    ("an unknown path of a stage", lambda at: {"restApiId": things.staged(at)[0], "stageName": "live", "patchOperations": patch(("replace", "/nothing", "x"))}),
    ("a rate that is not a number", lambda at: {"restApiId": things.staged(at)[0], "stageName": "live", "patchOperations": patch(("replace", "/*/*/throttling/rateLimit", "fast"))}),
    ("a log level that is none", lambda at: {"restApiId": things.staged(at)[0], "stageName": "live", "patchOperations": patch(("replace", "/*/*/logging/loglevel", "LOUD"))}),
    ("an access log without a role for it", lambda at: {"restApiId": things.staged(at)[0], "stageName": "live", "patchOperations": patch(
        ("replace", "/accessLogSettings/destinationArn", "arn:aws:logs:us-east-1:111122223333:log-group:g"), ("replace", "/accessLogSettings/format", "$context.requestId"))},
     "CloudWatch Logs role ARN must be set in account settings to enable logging"),
    ("the removal of a setting that is not there", lambda at: {"restApiId": things.staged(at)[0], "stageName": "live", "patchOperations": patch(("remove", "/*/*"))}),
])


refusals("apigateway.UpdateStage", "BC apigateway.UpdateStage, NotFoundException", *MISSING, [
    ("a move to a deployment that does not exist", lambda at: {"restApiId": things.staged(at)[0], "stageName": "live", "patchOperations": patch(("replace", "/deploymentId", "abc123"))}),
], kind="absent")


def document(**more):
    function = "arn:aws:lambda:us-east-1:111122223333:function:f"
    return json.dumps({"openapi": "3.0.1", "info": {"title": "imported", "version": "1"}, "paths": {"/numbers/{id}": {"get": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}], "responses": {},
        "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": URI}}}}, **more}).encode()


@check("apigateway.PutRestApi", "API Gateway guide, Update an API; BC apigateway.PutRestApi: overwrite")
def an_api_is_overwritten_by_a_document(at):
    id_, root = things.integrated(at)
    answer = at.apigateway.put_rest_api(restApiId=id_, mode="overwrite", body=document())
    at.equal("name", answer["name"], "imported")
    found = {one["path"]: sorted(one.get("resourceMethods", {})) for one in at.apigateway.get_resources(restApiId=id_)["items"]}
    at.equal("paths", found, {"/": [], "/numbers": [], "/numbers/{id}": ["GET"]})
    resource = next(one["id"] for one in at.apigateway.get_resources(restApiId=id_)["items"] if one["path"] == "/numbers/{id}")
    at.equal("type", at.apigateway.get_integration(restApiId=id_, resourceId=resource, httpMethod="GET")["type"], "AWS_PROXY")


refusals("apigateway.PutRestApi", "API Gateway guide, Import a REST API; BadRequestException", *BAD, [
    ("a document that is none", lambda at: {"restApiId": things.api(at)[0], "body": b"nonsense: [", "mode": "overwrite"}),
    ("a document without a version", lambda at: {"restApiId": things.api(at)[0], "body": b'{"paths":{}}', "mode": "overwrite"}),
    ("an unknown mode", lambda at: {"restApiId": things.api(at)[0], "body": document(), "mode": "perhaps"}),
])
refusals("apigateway.ImportRestApi", "API Gateway guide, Import a REST API; BadRequestException", *BAD, [("an import that is no document", {"body": b"nonsense: ["})])


@check("apigateway.ImportRestApi", "BC apigateway.ImportRestApi: a new API every time", kind="duplicate")
def an_import_makes_a_new_api_every_time(at):
    at.true("two ids", len({at.apigateway.import_rest_api(body=document())["id"] for _ in range(2)}) == 2)


def domain(at, name, **changed):
    wanted = {"domainName": name, "regionalCertificateArn": None, "endpointConfiguration": {"types": ["REGIONAL"]}, **changed}
    if wanted["regionalCertificateArn"] is None:
        wanted["regionalCertificateArn"] = things.certificate(at, name)
    return wanted


refusals("apigateway.CreateDomainName", "API Gateway guide, Custom domain names; BadRequestException", *BAD, [
    ("a domain whose certificate is not there", lambda at: domain(at, "faulty.voice.example", regionalCertificateArn="arn:aws:acm:us-east-1:111122223333:certificate/11111111-0000-0000-0000-000000000000")),
], kind="absent")
refusals("apigateway.CreateDomainName", "API Gateway guide, Custom domain names; BadRequestException", *BAD, [
    ("a domain with the certificate of another", lambda at: domain(at, "faulty.voice.example", regionalCertificateArn=things.certificate(at, "other.voice.example"))),
    ("a domain with a certificate of another region", lambda at: domain(at, "faulty.voice.example", regionalCertificateArn="arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000")),
    ("an unknown security policy", lambda at: domain(at, "faulty.voice.example", securityPolicy="TLS_9")),
    ("a regional domain without a certificate", {"domainName": "faulty.voice.example", "endpointConfiguration": {"types": ["REGIONAL"]}}),
])


@check("apigateway.CreateDomainName", "Zappa#1410: a 400, not a 409", kind="duplicate")
def a_second_domain_of_the_name_is_refused(at):
    name = things.domain(at)
    at.refuses(BAD, at.apigateway.create_domain_name, **domain(at, name), message="The domain name you provided already exists.")


@check("apigateway.CreateDomainName", "BC apigateway.DomainName: outputs and defaults")
def a_domain_describes_itself(at):
    name = things.domain(at)
    found = at.apigateway.get_domain_name(domainName=name)
    at.true(f"{found['regionalDomainName']} is regional", found["regionalDomainName"].startswith("d-") and found["regionalDomainName"].endswith(".execute-api.us-east-1.amazonaws.com"))
    at.equal("policy and status", (found["securityPolicy"], found["domainNameStatus"]), ("TLS_1_2", "AVAILABLE"))
    at.true("a hosted zone", found["regionalHostedZoneId"].startswith("Z"))


@check("apigateway.UpdateDomainName", "chalice#1986: There is already an update in progress", realistic=True)
def one_update_of_a_domain_excludes_the_next(at):
    name = f"{at.name('api')}.voice.example"
    at.apigateway.create_domain_name(**domain(at, name))
    at.until("the domain is available", lambda: at.apigateway.get_domain_name(domainName=name)["domainNameStatus"] == "AVAILABLE", seconds=60)
    change = patch(("replace", "/regionalCertificateArn", things.certificate(at, name)))
    at.equal("status", at.apigateway.update_domain_name(domainName=name, patchOperations=change)["domainNameStatus"], "UPDATING")
    at.refuses(CONFLICT, at.apigateway.update_domain_name, domainName=name, patchOperations=change, message="already an update in progress")


refusals("apigateway.UpdateDomainName", f"{PATCH}; API Gateway guide, Custom domain names", *BAD, [
    ("an unknown path of a domain", lambda at: {"domainName": things.domain(at), "patchOperations": patch(("replace", "/nothing", "x"))}),
    ("a new certificate that does not exist", lambda at: {"domainName": things.domain(at), "patchOperations": patch(
        ("replace", "/regionalCertificateArn", "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"))}),
])


@check("apigateway.CreateBasePathMapping", "BC apigateway.BasePathMapping: the empty path reads (none); serverless-domain-manager#179", kind="duplicate")
def a_second_mapping_of_the_path_is_refused(at):
    name, (api, _) = things.domain(at), things.staged(at)
    made = at.apigateway.create_base_path_mapping(domainName=name, restApiId=api, stage="live")
    at.equal("basePath", made["basePath"], "(none)")
    at.refuses(CONFLICT, at.apigateway.create_base_path_mapping, domainName=name, restApiId=api, stage="live")


refusals("apigateway.CreateBasePathMapping", "API Gateway guide, Base path mappings; BadRequestException", *BAD, [
    ("a mapping to an absent stage", lambda at: {"domainName": things.domain(at), "restApiId": shared(at)[0], "stage": "nothing"}, "Invalid stage identifier specified"),
    ("a mapping to an absent API", lambda at: {"domainName": things.domain(at), "restApiId": "abcdefghij"}),
    ("a base path of two parts", lambda at: {"domainName": things.domain(at), "restApiId": things.staged(at)[0], "stage": "live", "basePath": "a/b"}),
])


@check("apigateway.UpdateBasePathMapping", f"{PATCH}: /basePath, /stage, /restapiId")
def a_mapping_moves(at):
    name, (api, _) = things.domain(at), things.staged(at)
    at.apigateway.create_base_path_mapping(domainName=name, restApiId=api, stage="live")
    at.apigateway.update_base_path_mapping(domainName=name, basePath="(none)", patchOperations=patch(("replace", "/basePath", "v1")))
    at.equal("paths", [one["basePath"] for one in at.apigateway.get_base_path_mappings(domainName=name)["items"]], ["v1"])


@check("apigateway.DeleteBasePathMapping", "serverless-domain-manager#613: Invalid base path mapping identifier specified", kind="absent")
def an_absent_mapping_is_not_deleted(at):
    at.refuses(MISSING, at.apigateway.delete_base_path_mapping, domainName=things.domain(at), basePath="nothing", message="Invalid base path mapping identifier specified")


@check("apigateway.TagResource", "BC apigateway.TagResource, UntagResource, GetTags")
def tags_of_a_stage_are_added_and_removed(at):
    id_, _ = things.staged(at)
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{id_}/stages/live"
    at.apigateway.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    at.apigateway.untag_resource(resourceArn=arn, tagKeys=["a"])
    at.equal("tags", at.apigateway.get_tags(resourceArn=arn)["tags"], {"b": "2"})
    at.equal("tags of the stage", at.apigateway.get_stage(restApiId=id_, stageName="live").get("tags"), {"b": "2"})


refusals("apigateway.TagResource", "API Gateway guide, Tag restrictions", *BAD, [
    ("a tag of what has none", lambda at: {"resourceArn": "arn:aws:apigateway:us-east-1::/account", "tags": {"a": "1"}}),
    ("an ARN of another service", lambda at: {"resourceArn": "arn:aws:s3:::bucket", "tags": {"a": "1"}}),
    ("a tag value with a forbidden character", lambda at: {"resourceArn": f"arn:aws:apigateway:us-east-1::/restapis/{shared(at)[0]}", "tags": {"a": "x;y"}}),
])


@check("apigateway.GetAccount", "BC apigateway.Account: throttleSettings of a Region")
def an_account_has_its_throttle(at):
    at.equal("throttleSettings", at.apigateway.get_account()["throttleSettings"], {"burstLimit": 5000, "rateLimit": 10000.0})


@check("apigateway.DeleteMethod", "BC apigateway.DeleteMethod, DeleteIntegration: 204; GetMethod with its integration")
def a_method_and_its_integration_are_deleted(at):
    id_, root = things.integrated(at)
    where = {"restApiId": id_, "resourceId": root, "httpMethod": "GET"}
    at.equal("type", at.apigateway.get_method(**where)["methodIntegration"]["type"], "AWS_PROXY")
    at.apigateway.delete_integration(**where)
    at.refuses(MISSING, at.apigateway.get_integration, **where)
    at.apigateway.delete_method(**where)
    at.refuses(MISSING, at.apigateway.get_method, **where)
    at.equal("path", at.apigateway.get_resource(restApiId=id_, resourceId=root)["path"], "/")


@check("apigateway.DeleteStage", "BC apigateway.DeleteStage, DeleteDeployment: 202; GetStages, GetDeployments")
def a_stage_and_its_deployment_are_deleted(at):
    id_, deployment = things.staged(at)
    at.equal("stages", [one["stageName"] for one in at.apigateway.get_stages(restApiId=id_)["item"]], ["live"])
    at.equal("deployments", [one["id"] for one in at.apigateway.get_deployments(restApiId=id_)["items"]], [deployment])
    at.equal("deployment", at.apigateway.get_deployment(restApiId=id_, deploymentId=deployment)["id"], deployment)
    at.apigateway.delete_stage(restApiId=id_, stageName="live")
    at.apigateway.delete_deployment(restApiId=id_, deploymentId=deployment)
    at.equal("stages afterwards", at.apigateway.get_stages(restApiId=id_)["item"], [])


@check("apigateway.DeleteBasePathMapping", "BC apigateway.DeleteBasePathMapping: 202; GetBasePathMapping, GetDomainNames")
def a_mapping_is_read_and_deleted(at):
    name, (api, _) = things.domain(at), things.staged(at)
    at.apigateway.create_base_path_mapping(domainName=name, restApiId=api, stage="live", basePath="v1")
    at.equal("restApiId", at.apigateway.get_base_path_mapping(domainName=name, basePath="v1")["restApiId"], api)
    at.true("the domain is listed", name in [one["domainName"] for page in at.apigateway.get_paginator("get_domain_names").paginate() for one in page["items"]])
    at.apigateway.delete_base_path_mapping(domainName=name, basePath="v1")
    at.equal("mappings", at.apigateway.get_base_path_mappings(domainName=name).get("items", []), [])
