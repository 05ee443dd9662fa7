"""Amazon Connect: instances, associations of functions, flows."""

import json

from checks import things
from suite import check, refusals

END = {"Version": "2019-10-30", "StartAction": "end", "Metadata": {}, "Actions": [
    {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}
ABSENT = "00000000-0000-0000-0000-000000000000"
MISSING = ("ResourceNotFoundException", 404)


def create(at, **changed):
    wanted = {"IdentityManagementType": "CONNECT_MANAGED", "InstanceAlias": at.name("voice"), "InboundCallsEnabled": True, "OutboundCallsEnabled": False, **changed}
    return at.connect.create_instance(**wanted)["Id"]


def instance(at, **changed):
    id_ = create(at, **changed)
    at.until("the instance is active", lambda: at.connect.describe_instance(InstanceId=id_)["Instance"]["InstanceStatus"] == "ACTIVE")
    return id_


def shared(at):
    return at.kept("instance", lambda: instance(at))


def flow(at, **changed):
    """A new flow: its instance's id and its own."""
    wanted = {"InstanceId": shared(at), "Name": at.name("flow"), "Type": "CONTACT_FLOW", "Content": json.dumps(END), "Status": "PUBLISHED", **changed}
    return {"InstanceId": wanted["InstanceId"], "ContactFlowId": at.connect.create_contact_flow(**wanted)["ContactFlowId"]}


@check("connect.CreateInstance", "BC connect.InstanceStatus: CREATION_IN_PROGRESS at first; administrator guide: minutes", realistic=True)
def an_instance_takes_its_time_to_come(at):
    id_ = create(at)
    at.equal("status", at.connect.describe_instance(InstanceId=id_)["Instance"]["InstanceStatus"], "CREATION_IN_PROGRESS")


@check("connect.CreateInstance", "BC connect.Instance, CreateInstance: Tags")
def an_instance_describes_itself(at):
    id_ = instance(at, InstanceAlias="described-voice", Tags={"project": "vanity"})
    found = at.connect.describe_instance(InstanceId=id_)["Instance"]
    members = ("Id", "Arn", "InstanceAlias", "IdentityManagementType", "InboundCallsEnabled", "OutboundCallsEnabled", "Tags")
    at.equal("instance", {member: found.get(member) for member in members}, {
        "Id": id_, "Arn": f"arn:aws:connect:us-east-1:111122223333:instance/{id_}", "InstanceAlias": "described-voice", "IdentityManagementType": "CONNECT_MANAGED",
        "InboundCallsEnabled": True, "OutboundCallsEnabled": False, "Tags": {"project": "vanity"}})
    at.true("a service role", found["ServiceRole"].startswith("arn:aws:iam::111122223333:role/aws-service-role/connect.amazonaws.com/"))


@check("connect.CreateInstance", "BC connect.CreateInstanceRequest.ClientToken: the same token is the same instance", kind="duplicate")
def the_same_token_is_the_same_instance(at):
    wanted = {"InstanceAlias": at.name("voice"), "ClientToken": at.name("token")}
    at.equal("ids", len({create(at, **wanted) for _ in range(2)}), 1)


@check("connect.CreateInstance", "BC connect.DirectoryAlias; an alias is in the instance's URL, so it is unique", kind="duplicate")
def a_taken_alias_is_refused(at):
    alias = at.name("voice")
    create(at, InstanceAlias=alias)
    at.refuses((("InvalidRequestException", "DuplicateResourceException", "ResourceConflictException"), 400), at.connect.create_instance, InstanceAlias=alias,
               IdentityManagementType="CONNECT_MANAGED", InboundCallsEnabled=True, OutboundCallsEnabled=True)


FAULTY = {"IdentityManagementType": "CONNECT_MANAGED", "InboundCallsEnabled": True, "OutboundCallsEnabled": True}
refusals("connect.CreateInstance", "BC connect.DirectoryAlias: pattern and length; DirectoryType", ("InvalidRequestException", "InvalidParameterException"), 400, [
    ("an alias that begins with d-", {**FAULTY, "InstanceAlias": "d-voice"}),
    ("an alias of 46 characters", {**FAULTY, "InstanceAlias": "x" * 46}),
    ("an alias with a dot", {**FAULTY, "InstanceAlias": "a.b"}),
    ("an unknown kind of directory", {**FAULTY, "InstanceAlias": "faulty", "IdentityManagementType": "LDAP"}),
    ("an instance without an alias or a directory", FAULTY),
])


@check("connect.ListInstances", "BC connect.ListInstances, MaxResult10: at most 10 to a page")
def instances_are_listed_in_pages(at):
    wanted = shared(at)
    found = [one["Id"] for page in at.connect.get_paginator("list_instances").paginate(PaginationConfig={"PageSize": 2}) for one in page["InstanceSummaryList"]]
    at.equal("times that it is listed", found.count(wanted), 1)


@check("connect.DescribeInstance", "BC connect.ResourceNotFoundException", kind="absent")
def an_absent_instance_is_not_found(at):
    at.refuses(MISSING, at.connect.describe_instance, InstanceId=ABSENT)


@check("connect.DeleteInstance", "BC connect.DeleteInstance, ResourceNotFoundException", kind="absent")
def a_deleted_instance_is_gone_in_the_end(at):
    id_ = instance(at)
    at.connect.delete_instance(InstanceId=id_)

    def gone():
        try:
            at.connect.describe_instance(InstanceId=id_)
        except at.connect.exceptions.ResourceNotFoundException:
            return True
        return False

    at.until("the instance is gone", gone)
    at.refuses(MISSING, at.connect.delete_instance, InstanceId=id_)


@check("connect.UpdateInstanceAttribute", "BC connect.UpdateInstanceAttribute, DescribeInstanceAttribute: values are texts")
def an_attribute_is_set_and_read(at):
    id_ = instance(at)
    at.connect.update_instance_attribute(InstanceId=id_, AttributeType="CONTACTFLOW_LOGS", Value="true")
    at.equal("attribute", at.connect.describe_instance_attribute(InstanceId=id_, AttributeType="CONTACTFLOW_LOGS")["Attribute"], {"AttributeType": "CONTACTFLOW_LOGS", "Value": "true"})
    found = [one for page in at.connect.get_paginator("list_instance_attributes").paginate(InstanceId=id_) for one in page["Attributes"]]
    at.true("it is in the list", {"AttributeType": "CONTACTFLOW_LOGS", "Value": "true"} in found)


refusals("connect.UpdateInstanceAttribute", "BC connect.InstanceAttributeType, InvalidParameterException", ("InvalidParameterException", "InvalidRequestException"), 400, [
    ("an unknown attribute", lambda at: {"InstanceId": shared(at), "AttributeType": "COLOUR", "Value": "true"}),
    ("an attribute that is neither true nor false", lambda at: {"InstanceId": shared(at), "AttributeType": "CONTACTFLOW_LOGS", "Value": "maybe"}),
])


@check("connect.AssociateLambdaFunction", "BC connect.AssociateLambdaFunction, ListLambdaFunctions")
def a_function_is_associated_and_taken_away(at):
    id_, arn = instance(at), f"arn:aws:lambda:us-east-1:111122223333:function:{at.kept('a function', lambda: things.function(at))}"
    at.connect.associate_lambda_function(InstanceId=id_, FunctionArn=arn)
    at.equal("functions", at.connect.list_lambda_functions(InstanceId=id_)["LambdaFunctions"], [arn])
    at.connect.disassociate_lambda_function(InstanceId=id_, FunctionArn=arn)
    at.equal("functions afterwards", at.connect.list_lambda_functions(InstanceId=id_)["LambdaFunctions"], [])


@check("connect.CreateContactFlow", "BC connect.ContactFlow, DescribeContactFlow")
def a_flow_describes_itself(at):
    made = flow(at, Description="text", Tags={"project": "vanity"})
    found = at.connect.describe_contact_flow(**made)["ContactFlow"]
    members = ("Id", "Arn", "Type", "State", "Status", "Description", "Tags")
    id_ = made["ContactFlowId"]
    at.equal("flow", {member: found.get(member) for member in members}, {
        "Id": id_, "Arn": f"arn:aws:connect:us-east-1:111122223333:instance/{made['InstanceId']}/contact-flow/{id_}", "Type": "CONTACT_FLOW", "State": "ACTIVE",
        "Status": "PUBLISHED", "Description": "text", "Tags": {"project": "vanity"}})
    at.equal("content", json.loads(found["Content"])["Actions"], END["Actions"])


@check("connect.CreateContactFlow", "BC connect.DuplicateResourceException", kind="duplicate")
def a_second_flow_of_the_name_is_refused(at):
    name = at.name("flow")
    flow(at, Name=name)
    at.refuses(("DuplicateResourceException", 409), at.connect.create_contact_flow, InstanceId=shared(at), Name=name, Type="CONTACT_FLOW", Content=json.dumps(END))


@check("connect.CreateContactFlow", "BC connect.InvalidContactFlowException: problems", kind="malformed")
def a_flow_that_cannot_be_published_is_refused_with_its_problems(at):
    broken = {**END, "StartAction": "nowhere"}
    answer = at.refuses(("InvalidContactFlowException", 400), at.connect.create_contact_flow, InstanceId=shared(at), Name=at.name("flow"), Type="CONTACT_FLOW", Content=json.dumps(broken), Status="PUBLISHED")
    at.true("a problem with a message", answer.get("problems") and answer["problems"][0]["message"])


@check("connect.DescribeContactFlow", "BC connect.ContactFlowNotPublishedException; CreateContactFlow: SAVED is not validated")
def a_flow_that_was_saved_only_is_not_published(at):
    made = flow(at, Status="SAVED")
    at.refuses(("ContactFlowNotPublishedException", 404), at.connect.describe_contact_flow, **made)
    at.equal("Status", at.connect.describe_contact_flow(InstanceId=made["InstanceId"], ContactFlowId=made["ContactFlowId"] + ":$SAVED")["ContactFlow"]["Status"], "SAVED")


@check("connect.UpdateContactFlowContent", "BC connect.UpdateContactFlowContent, UpdateContactFlowName, UpdateContactFlowMetadata")
def a_flow_is_changed(at):
    made, name = flow(at), at.name("flow")
    spoken = {**END, "StartAction": "say", "Actions": [
        {"Identifier": "say", "Type": "MessageParticipant", "Parameters": {"Text": "Hello"}, "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}},
        *END["Actions"]]}
    at.connect.update_contact_flow_content(**made, Content=json.dumps(spoken))
    at.connect.update_contact_flow_name(**made, Name=name)
    at.connect.update_contact_flow_metadata(**made, Description="new", ContactFlowState="ARCHIVED")
    found = at.connect.describe_contact_flow(**made)["ContactFlow"]
    at.equal("flow", (found["Name"], found["Description"], found["State"], json.loads(found["Content"])["StartAction"]), (name, "new", "ARCHIVED", "say"))


@check("connect.DeleteContactFlow", "BC connect.DeleteContactFlow, ResourceNotFoundException", kind="absent")
def a_deleted_flow_is_gone(at):
    made = flow(at)
    at.connect.delete_contact_flow(**made)
    at.refuses(MISSING, at.connect.describe_contact_flow, **made)


@check("connect.ListContactFlows", "BC connect.ListContactFlows; SearchContactFlows")
def flows_are_listed_and_found(at):
    made = flow(at, Name="found-by-name")
    listed = [one for page in at.connect.get_paginator("list_contact_flows").paginate(InstanceId=made["InstanceId"]) for one in page["ContactFlowSummaryList"]]
    at.equal("times in the list", [one["Id"] for one in listed].count(made["ContactFlowId"]), 1)
    found = at.connect.search_contact_flows(InstanceId=made["InstanceId"], SearchCriteria={"StringCondition": {"FieldName": "name", "Value": "found-by-name", "ComparisonType": "EXACT"}})
    at.equal("found", [one["Id"] for one in found["ContactFlows"]], [made["ContactFlowId"]])


@check("connect.TagResource", "BC connect.TagResource, UntagResource, ListTagsForResource")
def tags_of_a_flow_are_added_and_removed(at):
    made = flow(at, Tags={"a": "1", "b": "2"})
    arn = f"arn:aws:connect:us-east-1:111122223333:instance/{made['InstanceId']}/contact-flow/{made['ContactFlowId']}"
    at.connect.tag_resource(resourceArn=arn, tags={"b": "3", "c": "4"})
    at.connect.untag_resource(resourceArn=arn, tagKeys=["a"])
    at.equal("tags", at.connect.list_tags_for_resource(resourceArn=arn)["tags"], {"b": "3", "c": "4"})


@check("connect.ListQueues", "administrator guide: an instance comes with a queue, hours, a routing profile, security profiles and prompts")
def an_instance_comes_with_things(at):
    id_ = shared(at)
    names = lambda operation, member: [one["Name"] for page in at.connect.get_paginator(operation).paginate(InstanceId=id_) for one in page[member]]
    at.true("BasicQueue", "BasicQueue" in names("list_queues", "QueueSummaryList"))
    at.true("Basic Hours", "Basic Hours" in names("list_hours_of_operations", "HoursOfOperationSummaryList"))
    at.true("Basic Routing Profile", "Basic Routing Profile" in names("list_routing_profiles", "RoutingProfileSummaryList"))
    at.true("the security profile Admin", "Admin" in names("list_security_profiles", "SecurityProfileSummaryList"))
    at.true("prompts", names("list_prompts", "PromptSummaryList"))


@check("connect.ListUsers", "BC connect.ListUsers, ListPhoneNumbersV2")
def an_instance_has_no_users_and_no_numbers_at_first(at):
    id_ = instance(at)
    at.equal("users", at.connect.list_users(InstanceId=id_)["UserSummaryList"], [])
    arn = f"arn:aws:connect:us-east-1:111122223333:instance/{id_}"
    at.equal("numbers", at.connect.list_phone_numbers_v2(TargetArn=arn)["ListPhoneNumbersSummaryList"], [])
