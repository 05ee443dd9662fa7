"""Amazon Connect: what is in an instance, from its making to its end."""

import json
import struct

from checks.connect import END, MISSING, flow, instance, shared
from suite import check

MONDAY = {"Day": "MONDAY", "StartTime": {"Hours": 9, "Minutes": 0}, "EndTime": {"Hours": 17, "Minutes": 0}}
MODULE = {**END, "Actions": [{"Identifier": "end", "Type": "EndFlowModuleExecution", "Parameters": {}, "Transitions": {}}]}
NOBODY = "00000000-0000-4000-8000-000000000000"


def arn(id_, rest):
    return f"arn:aws:connect:us-east-1:111122223333:instance/{id_}/{rest}"


def hours(at, id_):
    return at.connect.create_hours_of_operation(InstanceId=id_, Name=at.name("hours"), TimeZone="UTC", Config=[MONDAY])["HoursOfOperationId"]


def queue(at, id_):
    return at.connect.create_queue(InstanceId=id_, Name=at.name("queue"), HoursOfOperationId=hours(at, id_))["QueueId"]


def profile(at, id_, queue_id):
    return at.connect.create_routing_profile(
        InstanceId=id_, Name=at.name("profile"), Description="all", DefaultOutboundQueueId=queue_id, MediaConcurrencies=[{"Channel": "VOICE", "Concurrency": 1}],
        QueueConfigs=[{"QueueReference": {"QueueId": queue_id, "Channel": "VOICE"}, "Priority": 1, "Delay": 0}])["RoutingProfileId"]


def security(at, id_):
    return at.connect.create_security_profile(InstanceId=id_, SecurityProfileName=at.name("security"), Permissions=["BasicAgentAccess"])["SecurityProfileId"]


def user(at, id_):
    return at.connect.create_user(
        InstanceId=id_, Username=at.name("user"), Password="Correct1Horse", IdentityInfo={"FirstName": "Mary", "LastName": "Major"},
        PhoneConfig={"PhoneType": "SOFT_PHONE", "AfterContactWorkTimeLimit": 30}, SecurityProfileIds=[security(at, id_)],
        RoutingProfileId=profile(at, id_, queue(at, id_)))["UserId"]


@check("connect.CreateHoursOfOperation", "BC connect.HoursOfOperation; ResourceInUseException where a queue has them", kind="absent")
def hours_are_made_changed_and_deleted_once_no_queue_has_them(at):
    id_ = shared(at)
    made = hours(at, id_)
    at.connect.update_hours_of_operation(InstanceId=id_, HoursOfOperationId=made, Name=at.name("hours"), Description="days", TimeZone="Europe/Berlin")
    found = at.connect.describe_hours_of_operation(InstanceId=id_, HoursOfOperationId=made)["HoursOfOperation"]
    at.equal("hours", (found["Description"], found["TimeZone"], found["Config"], found["HoursOfOperationArn"]), ("days", "Europe/Berlin", [MONDAY], arn(id_, f"operating-hours/{made}")))
    busy = at.connect.create_queue(InstanceId=id_, Name=at.name("queue"), HoursOfOperationId=made)["QueueId"]
    at.refuses(("ResourceInUseException", 409), at.connect.delete_hours_of_operation, InstanceId=id_, HoursOfOperationId=made)
    at.connect.delete_queue(InstanceId=id_, QueueId=busy)
    at.connect.delete_hours_of_operation(InstanceId=id_, HoursOfOperationId=made)
    at.refuses(MISSING, at.connect.describe_hours_of_operation, InstanceId=id_, HoursOfOperationId=made)


@check("connect.CreateQueue", "BC connect.Queue; UpdateQueue…: part by part")
def a_queue_is_changed_part_by_part(at):
    id_ = shared(at)
    made, other, name = queue(at, id_), hours(at, id_), at.name("queue")
    where = {"InstanceId": id_, "QueueId": made}
    at.connect.update_queue_hours_of_operation(**where, HoursOfOperationId=other)
    at.connect.update_queue_name(**where, Name=name, Description="for all")
    at.connect.update_queue_max_contacts(**where, MaxContacts=5)
    at.connect.update_queue_outbound_caller_config(**where, OutboundCallerConfig={"OutboundCallerIdName": "Voice"})
    at.connect.update_queue_status(**where, Status="DISABLED")
    found = at.connect.describe_queue(**where)["Queue"]
    members = ("Name", "Description", "HoursOfOperationId", "MaxContacts", "OutboundCallerConfig", "Status")
    at.equal("queue", tuple(found.get(member) for member in members), (name, "for all", other, 5, {"OutboundCallerIdName": "Voice"}, "DISABLED"))
    at.refuses(MISSING, at.connect.update_queue_hours_of_operation, **where, HoursOfOperationId=NOBODY)


@check("connect.ListQueueQuickConnects", "BC connect.ListQueueQuickConnects; ResourceNotFoundException")
def a_queue_has_no_quick_connects_at_first(at):
    id_ = shared(at)
    where = {"InstanceId": id_, "QueueId": queue(at, id_)}
    at.equal("quick connects", at.connect.list_queue_quick_connects(**where)["QuickConnectSummaryList"], [])
    at.refuses(MISSING, at.connect.list_queue_quick_connects, InstanceId=id_, QueueId=NOBODY)


@check("connect.CreateRoutingProfile", "BC connect.RoutingProfile, RoutingProfileQueueConfig; ResourceInUseException")
def a_routing_profile_holds_its_queues(at):
    id_ = shared(at)
    first, second = queue(at, id_), queue(at, id_)
    where = {"InstanceId": id_, "RoutingProfileId": profile(at, id_, first)}
    reference = {"QueueId": second, "Channel": "VOICE"}
    at.connect.associate_routing_profile_queues(**where, QueueConfigs=[{"QueueReference": reference, "Priority": 2, "Delay": 0}])
    at.connect.update_routing_profile_queues(**where, QueueConfigs=[{"QueueReference": reference, "Priority": 9, "Delay": 5}])
    listed = at.connect.list_routing_profile_queues(**where)["RoutingProfileQueueConfigSummaryList"]
    at.equal("queues", {(one["QueueId"], one["Priority"], one["Delay"]) for one in listed}, {(first, 1, 0), (second, 9, 5)})
    at.refuses(("ResourceInUseException", 409), at.connect.delete_queue, InstanceId=id_, QueueId=second)
    at.connect.disassociate_routing_profile_queues(**where, QueueReferences=[reference])
    at.equal("manual queues", at.connect.list_routing_profile_manual_assignment_queues(**where)["RoutingProfileManualAssignmentQueueConfigSummaryList"], [])
    at.connect.update_routing_profile_name(**where, Name=at.name("profile"), Description="new")
    at.connect.update_routing_profile_concurrency(**where, MediaConcurrencies=[{"Channel": "VOICE", "Concurrency": 1}, {"Channel": "CHAT", "Concurrency": 2}])
    at.connect.update_routing_profile_default_outbound_queue(**where, DefaultOutboundQueueId=second)
    at.connect.update_routing_profile_agent_availability_timer(**where, AgentAvailabilityTimer="TIME_SINCE_LAST_INBOUND")
    found = at.connect.describe_routing_profile(**where)["RoutingProfile"]
    at.equal("profile", (found["Description"], found["DefaultOutboundQueueId"], found["NumberOfAssociatedQueues"], found["AgentAvailabilityTimer"]),
             ("new", second, 1, "TIME_SINCE_LAST_INBOUND"))
    at.connect.delete_routing_profile(**where)
    at.refuses(MISSING, at.connect.describe_routing_profile, **where)


@check("connect.CreateSecurityProfile", "BC connect.SecurityProfile")
def a_security_profile_has_its_permissions(at):
    id_ = shared(at)
    where = {"InstanceId": id_, "SecurityProfileId": security(at, id_)}
    at.connect.update_security_profile(**where, Description="at night", Permissions=["Queues.View", "BasicAgentAccess"])
    at.equal("permissions", sorted(at.connect.list_security_profile_permissions(**where)["Permissions"]), ["BasicAgentAccess", "Queues.View"])
    at.equal("Description", at.connect.describe_security_profile(**where)["SecurityProfile"]["Description"], "at night")
    at.connect.delete_security_profile(**where)
    at.refuses(MISSING, at.connect.describe_security_profile, **where)


@check("connect.CreateUser", "BC connect.User; SearchUsers")
def a_user_is_changed_part_by_part_and_found(at):
    id_ = shared(at)
    where = {"InstanceId": id_, "UserId": user(at, id_)}
    desk, other, own = {"PhoneType": "DESK_PHONE", "DeskPhoneNumber": "+12065550123", "AfterContactWorkTimeLimit": 60, "AutoAccept": False}, profile(at, id_, queue(at, id_)), security(at, id_)
    at.connect.update_user_phone_config(**where, PhoneConfig=desk)
    at.connect.update_user_identity_info(**where, IdentityInfo={"FirstName": "Marie", "LastName": "Major"})
    at.connect.update_user_routing_profile(**where, RoutingProfileId=other)
    at.connect.update_user_security_profiles(**where, SecurityProfileIds=[own])
    at.connect.update_user_hierarchy(**where)
    found = at.connect.describe_user(**where)["User"]
    at.equal("user", (found["IdentityInfo"]["FirstName"], found["PhoneConfig"]["DeskPhoneNumber"], found["RoutingProfileId"], found["SecurityProfileIds"]),
             ("Marie", "+12065550123", other, [own]))
    criteria = {"StringCondition": {"FieldName": "Username", "Value": found["Username"], "ComparisonType": "EXACT"}}
    at.until("a search finds the user", lambda: [one["Id"] for one in at.connect.search_users(InstanceId=id_, SearchCriteria=criteria)["Users"]] == [where["UserId"]])
    at.connect.delete_user(**where)
    at.refuses(MISSING, at.connect.describe_user, **where)


@check("connect.CreateUser", "BC connect.Password; CreateUser: required with CONNECT_MANAGED", kind="malformed")
def a_user_without_a_good_password_is_refused(at):
    id_ = shared(at)
    wanted = {"InstanceId": id_, "Username": at.name("user"), "IdentityInfo": {"FirstName": "Mary", "LastName": "Major"}, "PhoneConfig": {"PhoneType": "SOFT_PHONE"},
              "SecurityProfileIds": [security(at, id_)], "RoutingProfileId": profile(at, id_, queue(at, id_))}
    at.refuses(("InvalidParameterException", 400), at.connect.create_user, **wanted)
    at.refuses(("InvalidParameterException", 400), at.connect.create_user, **wanted, Password="nodigitsatall")


def number(at, id_):
    found = at.connect.search_available_phone_numbers(InstanceId=id_, PhoneNumberCountryCode="US", PhoneNumberType="TOLL_FREE")["AvailableNumbersList"]
    made = at.connect.claim_phone_number(InstanceId=id_, PhoneNumber=found[0]["PhoneNumber"])["PhoneNumberId"]
    status = lambda: at.connect.describe_phone_number(PhoneNumberId=made)["ClaimedPhoneNumberSummary"]["PhoneNumberStatus"]["Status"]
    at.until("the number is claimed", lambda: status() == "CLAIMED")
    return made


@check("connect.ClaimPhoneNumber", "BC connect.ClaimedPhoneNumberSummary, ListFlowAssociations: VOICE_PHONE_NUMBER")
def a_number_is_claimed_led_to_a_flow_moved_and_released(at):
    id_, other = instance(at), instance(at)
    made, lead = number(at, id_), flow(at, InstanceId=id_)
    at.connect.associate_phone_number_contact_flow(PhoneNumberId=made, **lead)
    listed = at.connect.list_flow_associations(InstanceId=id_, ResourceType="VOICE_PHONE_NUMBER")["FlowAssociationSummaryList"]
    at.equal("flow of the number", [one["FlowId"] for one in listed], [arn(id_, f"contact-flow/{lead['ContactFlowId']}")])
    batch = at.connect.batch_get_flow_association(InstanceId=id_, ResourceIds=[listed[0]["ResourceId"]])
    at.equal("in a batch", batch["FlowAssociationSummaryList"], listed)
    at.connect.disassociate_phone_number_contact_flow(PhoneNumberId=made, InstanceId=id_)
    at.connect.update_phone_number_metadata(PhoneNumberId=made, PhoneNumberDescription="sales")
    described = lambda: at.connect.describe_phone_number(PhoneNumberId=made)["ClaimedPhoneNumberSummary"]
    at.until("the number is claimed again", lambda: described()["PhoneNumberStatus"]["Status"] == "CLAIMED")
    at.equal("PhoneNumberDescription", described()["PhoneNumberDescription"], "sales")
    at.connect.update_phone_number(PhoneNumberId=made, InstanceId=other)
    at.until("the number is moved", lambda: described()["PhoneNumberStatus"]["Status"] == "CLAIMED")
    at.equal("numbers of the other", [one["PhoneNumberId"] for one in at.connect.list_phone_numbers_v2(InstanceId=other)["ListPhoneNumbersSummaryList"]], [made])
    at.connect.release_phone_number(PhoneNumberId=made)

    def gone():
        try:
            described()
        except at.connect.exceptions.ResourceNotFoundException:
            return True
        return False

    at.until("the number is gone", gone)


@check("connect.CreateContactFlowModule", "BC connect.ContactFlowModule, its versions and aliases")
def a_module_has_versions_and_aliases(at):
    id_ = shared(at)
    made = at.connect.create_contact_flow_module(InstanceId=id_, Name=at.name("module"), Content=json.dumps(MODULE))
    where = {"InstanceId": id_, "ContactFlowModuleId": made["Id"]}
    at.equal("version", at.connect.create_contact_flow_module_version(**where)["Version"], 1)
    at.connect.update_contact_flow_module_content(**where, Content=json.dumps({**MODULE, "StartAction": "end"}))
    at.connect.update_contact_flow_module_metadata(**where, Name=at.name("module"), Description="new")
    at.equal("version after a change", at.connect.create_contact_flow_module_version(**where)["Version"], 2)
    alias = at.connect.create_contact_flow_module_alias(**where, ContactFlowModuleVersion=1, AliasName="live")["Id"]
    at.connect.update_contact_flow_module_alias(**where, AliasId=alias, ContactFlowModuleVersion=2)
    at.equal("alias", at.connect.describe_contact_flow_module_alias(**where, AliasId=alias)["ContactFlowModuleAlias"]["Version"], 2)
    at.equal("aliases", [one["AliasId"] for one in at.connect.list_contact_flow_module_aliases(**where)["ContactFlowModuleAliasSummaryList"]], [alias])
    at.equal("versions", [one["Version"] for one in at.connect.list_contact_flow_module_versions(**where)["ContactFlowModuleVersionSummaryList"]], [1, 2])
    at.connect.delete_contact_flow_module_alias(**where, AliasId=alias)
    at.connect.delete_contact_flow_module_version(**where, ContactFlowModuleVersion=1)
    at.equal("Description", at.connect.describe_contact_flow_module(**where)["ContactFlowModule"]["Description"], "new")
    at.true("it is listed", made["Id"] in [one["Id"] for page in at.connect.get_paginator("list_contact_flow_modules").paginate(InstanceId=id_) for one in page["ContactFlowModulesSummaryList"]])
    at.connect.delete_contact_flow_module(**where)
    at.refuses(MISSING, at.connect.describe_contact_flow_module, **where)


@check("connect.CreateContactFlowVersion", "BC connect.ContactFlowVersionSummary")
def versions_of_a_flow_are_counted_up(at):
    where = flow(at)
    at.equal("versions", [at.connect.create_contact_flow_version(**where)["Version"] for _ in range(2)], [1, 2])
    at.connect.delete_contact_flow_version(**where, ContactFlowVersion=1)
    at.equal("left", [one["Version"] for one in at.connect.list_contact_flow_versions(**where)["ContactFlowVersionSummaryList"]], [2])


@check("connect.AssociateInstanceStorageConfig", "BC connect.InstanceStorageConfig")
def recordings_are_kept_in_a_bucket(at):
    kept = {"InstanceId": instance(at), "ResourceType": "CALL_RECORDINGS"}
    place = lambda name: {"StorageType": "S3", "S3Config": {"BucketName": name, "BucketPrefix": "calls"}}
    made = {**kept, "AssociationId": at.connect.associate_instance_storage_config(**kept, StorageConfig=place("one"))["AssociationId"]}
    at.connect.update_instance_storage_config(**made, StorageConfig=place("two"))
    at.equal("bucket", at.connect.describe_instance_storage_config(**made)["StorageConfig"]["S3Config"]["BucketName"], "two")
    at.equal("places", len(at.connect.list_instance_storage_configs(**kept)["StorageConfigs"]), 1)
    at.connect.disassociate_instance_storage_config(**made)
    at.equal("places afterwards", at.connect.list_instance_storage_configs(**kept)["StorageConfigs"], [])


@check("connect.AssociateBot", "BC connect.LexBot, LexV2Bot")
def bots_of_both_versions_are_associated(at):
    id_ = instance(at)
    old, new = {"Name": "Greeter", "LexRegion": "us-east-1"}, {"AliasArn": "arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/KLMNOPQRST"}
    at.connect.associate_lex_bot(InstanceId=id_, LexBot=old)
    at.connect.associate_bot(InstanceId=id_, LexV2Bot=new)
    at.equal("old ones", at.connect.list_lex_bots(InstanceId=id_)["LexBots"], [old])
    at.equal("new ones", [one["LexV2Bot"] for one in at.connect.list_bots(InstanceId=id_, LexVersion="V2")["LexBots"]], [new])
    at.connect.disassociate_lex_bot(InstanceId=id_, BotName="Greeter", LexRegion="us-east-1")
    at.connect.disassociate_bot(InstanceId=id_, LexV2Bot=new)
    at.equal("left", at.connect.list_bots(InstanceId=id_, LexVersion="V2")["LexBots"], [])


@check("connect.DescribePrompt", "BC connect.Prompt; administrator guide: prompts come with an instance")
def a_prompt_describes_itself(at):
    id_ = shared(at)
    first = at.connect.list_prompts(InstanceId=id_)["PromptSummaryList"][0]
    found = at.connect.describe_prompt(InstanceId=id_, PromptId=first["Id"])["Prompt"]
    at.equal("prompt", (found["Name"], found["PromptARN"]), (first["Name"], first["Arn"]))


def silence(milliseconds, channels=1):
    """A WAV file in which nothing is heard: 8 kHz, μ-law."""
    sound = b"\xff" * (8 * milliseconds * channels)
    form = struct.pack("<HHIIHH", 7, channels, 8000, 8000 * channels, channels, 8)
    return b"RIFF" + struct.pack("<I", 36 + len(sound)) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(sound)) + sound


def recordings(at):
    """A bucket with recordings."""
    def make():
        bucket = at.name("recordings")
        at.s3.create_bucket(Bucket=bucket)
        for key, sound in (("short.wav", silence(10)), ("long.wav", silence(500)), ("stereo.wav", silence(10, channels=2))):
            at.s3.put_object(Bucket=bucket, Key=key, Body=sound)
        return bucket
    return at.kept("recordings", make)


@check("connect.CreatePrompt", "BC connect.Prompt, UpdatePrompt, SearchPrompts, DuplicateResourceException")
def a_prompt_is_made_of_a_recording_changed_found_and_deleted(at):
    id_, bucket, name = shared(at), recordings(at), at.name("prompt")
    made = at.connect.create_prompt(InstanceId=id_, Name=name, Description="Says hello", S3Uri=f"s3://{bucket}/short.wav", Tags={"a": "1"})
    where = {"InstanceId": id_, "PromptId": made["PromptId"]}
    at.equal("PromptARN", made["PromptARN"], arn(id_, f"prompt/{made['PromptId']}"))
    at.refuses(("DuplicateResourceException", 409), at.connect.create_prompt, InstanceId=id_, Name=name, S3Uri=f"s3://{bucket}/short.wav")
    at.equal("PromptId", at.connect.update_prompt(**where, Description="Says more", S3Uri=f"s3://{bucket}/long.wav")["PromptId"], made["PromptId"])
    found = at.connect.describe_prompt(**where)["Prompt"]
    at.equal("prompt", (found["Name"], found["Description"], found["Tags"]), (name, "Says more", {"a": "1"}))
    criteria = {"StringCondition": {"FieldName": "name", "Value": name, "ComparisonType": "EXACT"}}
    at.equal("found", [one["PromptId"] for one in at.connect.search_prompts(InstanceId=id_, SearchCriteria=criteria)["Prompts"]], [made["PromptId"]])
    at.connect.delete_prompt(**where)
    at.refuses(MISSING, at.connect.describe_prompt, **where)


@check("connect.CreatePrompt", "BC connect.CreatePromptRequest.S3Uri: there has to be an object", kind="absent")
def a_prompt_needs_a_recording_that_is_there(at):
    at.refuses(("InvalidParameterException", 400), at.connect.create_prompt, InstanceId=shared(at), Name=at.name("prompt"), S3Uri=f"s3://{recordings(at)}/absent.wav")


@check("connect.CreatePrompt", "administrator guide, Play prompt: 8 kHz, one channel, μ-law", kind="malformed")
def a_prompt_needs_a_recording_of_the_one_form(at):
    at.refuses(("InvalidParameterException", 400), at.connect.create_prompt, InstanceId=shared(at), Name=at.name("prompt"), S3Uri=f"s3://{recordings(at)}/stereo.wav")


def observation(name, kind, properties, actions=(), following=()):
    """One event of the Testing language, and what is done then, each action followed by the next."""
    actions = [{"Identifier": f"{name} {n}", "Transitions": {"NextAction": f"{name} {n + 1}"} if n + 1 < len(actions) else {}, **action} for n, action in enumerate(actions)]
    return {"Identifier": name, "Event": {"Identifier": f"{name} event", "Type": kind, "Actor": "System", "Properties": properties},
            "Actions": actions, "Transitions": {"NextObservations": list(following)}}


@check("connect.CreateTestCase", "BC connect.TestCase, InvalidTestCaseException: saved unchecked, published when it is good")
def a_test_case_is_saved_and_published(at):
    id_ = shared(at)
    lead = flow(at)
    content = json.dumps({"Version": "2019-10-30", "Observations": [observation("start", "TestInitiated", {})]})
    made = at.connect.create_test_case(InstanceId=id_, Name=at.name("case"), Content="{}", Status="SAVED", EntryPoint={
        "Type": "VOICE_CALL", "VoiceCallEntryPointParameters": {"SourcePhoneNumber": "+12065550100", "FlowId": lead["ContactFlowId"]}})["TestCaseId"]
    where = {"InstanceId": id_, "TestCaseId": made}
    at.connect.update_test_case(**where, Description="new")
    at.equal("Status", at.connect.describe_test_case(**where, Status="SAVED")["TestCase"]["Status"], "SAVED")
    at.refuses(("InvalidTestCaseException", 400), at.connect.update_test_case, **where, Status="PUBLISHED")
    at.connect.update_test_case(**where, Content=content, Status="PUBLISHED")
    at.true("it is listed", made in [one["Id"] for page in at.connect.get_paginator("list_test_cases").paginate(InstanceId=id_) for one in page["TestCaseSummaryList"]])
    at.connect.delete_test_case(**where)
    at.refuses(MISSING, at.connect.describe_test_case, **where)


SAYING = {**END, "StartAction": "say", "Actions": [
    {"Identifier": "say", "Type": "MessageParticipant", "Parameters": {"Text": "Hello from $.Attributes.place."},
     "Transitions": {"NextAction": "end", "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]}}, *END["Actions"]]}
ENDS = {"Type": "TestControl", "Parameters": {"ActionType": "TestControl", "Command": {"Type": "EndTest"}}}


def testing(at, id_, text, place):
    """A published test case of a flow that says hello."""
    lead = at.connect.create_contact_flow(InstanceId=id_, Name=at.name("flow"), Type="CONTACT_FLOW", Content=json.dumps(SAYING))["ContactFlowId"]
    asserted = {"Type": "Assert", "Parameters": {"Namespace": "$.Attributes.place", "Operator": "Equals", "Operand": place}}
    heard = {"Text": text, "MatchingCriteria": {"Type": "Inclusion"}}
    content = {"Version": "2019-10-30", "Observations": [
        observation("start", "TestInitiated", {}, following=["hello"]), observation("hello", "MessageReceived", heard, [asserted, ENDS])]}
    made = at.connect.create_test_case(
        InstanceId=id_, Name=at.name("case"), Content=json.dumps(content), Status="PUBLISHED", InitializationData=json.dumps({"Attributes": {"place": "here"}}),
        EntryPoint={"Type": "VOICE_CALL", "VoiceCallEntryPointParameters": {"FlowId": lead}})["TestCaseId"]
    return {"InstanceId": id_, "TestCaseId": made}


def executed(at, where):
    """The execution of a test case, and its status at the end."""
    started = {**where, "TestCaseExecutionId": at.connect.start_test_case_execution(**where)["TestCaseExecutionId"]}
    status = lambda: at.connect.get_test_case_execution_summary(**started)["Status"]
    at.until("the execution ends", lambda: status() not in ("INITIATED", "IN_PROGRESS"))
    return started, status()


@check("connect.StartTestCaseExecution", "administrator guide, Execute test cases; BC connect.ObservationSummary: a test passes once all that it waits for has come")
def a_test_case_passes_where_the_flow_says_what_it_waits_for(at):
    where = testing(at, shared(at), "Hello from here", "here")
    started, status = executed(at, where)
    at.equal("Status", status, "PASSED")
    at.equal("observations", at.connect.get_test_case_execution_summary(**started)["ObservationSummary"], {"TotalObservations": 2, "ObservationsPassed": 2, "ObservationsFailed": 0})
    again = {**where, "ClientToken": at.name("token")}
    at.equal("the execution of one token", at.connect.start_test_case_execution(**again)["TestCaseExecutionId"], at.connect.start_test_case_execution(**again)["TestCaseExecutionId"])


@check("connect.ListTestCaseExecutionRecords", "administrator guide, Check block: a false assertion fails the test; BC connect.ExecutionRecord")
def the_records_say_which_observation_has_failed(at):
    started, status = executed(at, testing(at, shared(at), "Hello", "elsewhere"))
    at.equal("Status", status, "FAILED")
    records = at.connect.list_test_case_execution_records(**started)["ExecutionRecords"]
    found = {one["ObservationId"]: one["Status"] for one in records}
    at.equal("observations", (found["start"], found["hello"]), ("PASSED", "FAILED"))
    at.equal("failed ones", [one["ObservationId"] for one in at.connect.list_test_case_execution_records(**started, Status="FAILED", MaxResults=1)["ExecutionRecords"]], ["hello"])


@check("connect.GetTestCaseExecutionSummary", "BC connect.GetTestCaseExecutionSummary", kind="absent")
def an_execution_that_nobody_has_started_is_not_there(at):
    where = testing(at, shared(at), "Hello", "here")
    at.refuses(MISSING, at.connect.get_test_case_execution_summary, **where, TestCaseExecutionId=NOBODY)
    at.refuses(MISSING, at.connect.start_test_case_execution, InstanceId=where["InstanceId"], TestCaseId=NOBODY)


@check("connect.StopTestCaseExecution", "BC connect.TestCaseExecutionStatus; that one which has ended cannot be stopped is unverified")
def an_execution_that_waits_for_what_never_comes_is_stopped(at):
    where = testing(at, shared(at), "Nobody says that", "here")
    started = {**where, "TestCaseExecutionId": at.connect.start_test_case_execution(**where)["TestCaseExecutionId"]}
    at.connect.stop_test_case_execution(**started)
    at.equal("Status", at.connect.get_test_case_execution_summary(**started)["Status"], "STOPPED")
    at.refuses(("InvalidRequestException", 400), at.connect.stop_test_case_execution, **started)


@check("connect.ListTestCaseExecutions", "BC connect.ListTestCaseExecutions: by test case, name, time and status")
def executions_are_listed_by_what_is_asked_for(at):
    where = testing(at, shared(at), "Hello", "here")
    started, _ = executed(at, where)
    listed = lambda **wanted: [one["TestCaseExecutionId"] for one in at.connect.list_test_case_executions(InstanceId=where["InstanceId"], **wanted)["TestCaseExecutions"]]
    own = {"TestCaseId": where["TestCaseId"]}
    name = at.connect.describe_test_case(**where)["TestCase"]["Name"]
    at.equal("all", listed(**own), [started["TestCaseExecutionId"]])
    at.equal("by name and status", listed(TestCaseName=name, Status="PASSED"), [started["TestCaseExecutionId"]])
    at.equal("of another status", listed(**own, Status="FAILED"), [])
    at.equal("of the time before", listed(**own, EndTime=1_000), [])
