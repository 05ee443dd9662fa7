"""Amazon Connect: quick connects, the agent hierarchy and vocabularies."""

from checks.connect import MISSING, instance, shared
from checks.connect_life import arn, queue, user
from suite import check

PHONE = {"QuickConnectType": "PHONE_NUMBER", "PhoneConfig": {"PhoneNumber": "+12065550100"}}
WORDS = "Phrase\tIPA\tSoundsLike\tDisplayAs\nLos-Angeles\t\t\tLos Angeles\n"
IN_USE = ("ResourceInUseException", 409)


def quick_connect(at, id_, config=None):
    return at.connect.create_quick_connect(InstanceId=id_, Name=at.name("quick"), QuickConnectConfig=config or PHONE)["QuickConnectId"]


def transfer_flow(at, id_, kind):
    return at.connect.list_contact_flows(InstanceId=id_, ContactFlowTypes=[kind])["ContactFlowSummaryList"][0]["Id"]


@check("connect.CreateQuickConnect", "BC connect.QuickConnect; UpdateQuickConnectName; UpdateQuickConnectConfig; ListQuickConnects; SearchQuickConnects")
def a_quick_connect_is_changed_part_by_part(at):
    id_ = shared(at)
    made, name = quick_connect(at, id_), at.name("quick")
    at.connect.update_quick_connect_name(InstanceId=id_, QuickConnectId=made, Name=name, Description="the desk")
    to_user = {"QuickConnectType": "USER", "UserConfig": {"UserId": user(at, id_), "ContactFlowId": transfer_flow(at, id_, "AGENT_TRANSFER")}}
    at.connect.update_quick_connect_config(InstanceId=id_, QuickConnectId=made, QuickConnectConfig=to_user)
    found = at.connect.describe_quick_connect(InstanceId=id_, QuickConnectId=made)["QuickConnect"]
    at.equal("quick connect", (found["Name"], found["Description"], found["QuickConnectConfig"], found["QuickConnectARN"]),
             (name, "the desk", to_user, arn(id_, f"transfer-destination/{made}")))
    listed = at.connect.list_quick_connects(InstanceId=id_, QuickConnectTypes=["USER"], MaxResults=1000)["QuickConnectSummaryList"]
    at.true("listed by its type", {"USER"} == {one["QuickConnectType"] for one in listed} and made in {one["Id"] for one in listed})
    wanted = {"StringCondition": {"FieldName": "name", "Value": name, "ComparisonType": "EXACT"}}
    at.equal("found", [one["QuickConnectId"] for one in at.connect.search_quick_connects(InstanceId=id_, SearchCriteria=wanted)["QuickConnects"]], [made])
    at.connect.delete_quick_connect(InstanceId=id_, QuickConnectId=made)
    at.refuses(MISSING, at.connect.describe_quick_connect, InstanceId=id_, QuickConnectId=made)


@check("connect.CreateQuickConnect", "BC connect.QuickConnectConfig: the member of the type is required", kind="malformed")
def a_quick_connect_without_the_member_of_its_type_is_refused(at):
    for config in ({"QuickConnectType": "PHONE_NUMBER"}, {"QuickConnectType": "QUEUE", "PhoneConfig": PHONE["PhoneConfig"]}):
        at.refuses(("InvalidParameterException", 400), at.connect.create_quick_connect, InstanceId=shared(at), Name=at.name("quick"), QuickConnectConfig=config)


@check("connect.AssociateQueueQuickConnects", "BC connect.AssociateQueueQuickConnects; DisassociateQueueQuickConnects; ListQueueQuickConnects")
def a_queue_offers_quick_connects(at):
    id_ = shared(at)
    queue_id = queue(at, id_)
    to_queue = {"QuickConnectType": "QUEUE", "QueueConfig": {"QueueId": queue_id, "ContactFlowId": transfer_flow(at, id_, "QUEUE_TRANSFER")}}
    one, other = quick_connect(at, id_), quick_connect(at, id_, to_queue)
    of_queue = {"InstanceId": id_, "QueueId": queue_id}
    at.connect.associate_queue_quick_connects(**of_queue, QuickConnectIds=[one, other])
    at.connect.disassociate_queue_quick_connects(**of_queue, QuickConnectIds=[one])
    offered = at.connect.list_queue_quick_connects(**of_queue)["QuickConnectSummaryList"]
    at.equal("offered", [(summary["Id"], summary["QuickConnectType"]) for summary in offered], [(other, "QUEUE")])


@check("connect.CreateUserHierarchyGroup", "BC connect.HierarchyGroup, HierarchyPath; DeleteUserHierarchyGroup: no users, no groups below it; ResourceInUseException")
def hierarchy_groups_are_deleted_from_below(at):
    id_ = instance(at)
    levels = {"LevelOne": {"Name": "Site"}, "LevelTwo": {"Name": "Team"}}
    at.connect.update_user_hierarchy_structure(InstanceId=id_, HierarchyStructure=levels)
    structure = at.connect.describe_user_hierarchy_structure(InstanceId=id_)["HierarchyStructure"]
    at.equal("levels", {level: found["Name"] for level, found in structure.items()}, {"LevelOne": "Site", "LevelTwo": "Team"})
    above = at.connect.create_user_hierarchy_group(InstanceId=id_, Name="North")["HierarchyGroupId"]
    below = at.connect.create_user_hierarchy_group(InstanceId=id_, Name="Support", ParentGroupId=above)["HierarchyGroupId"]
    at.connect.update_user_hierarchy_group_name(InstanceId=id_, HierarchyGroupId=above, Name="South")
    found = at.connect.describe_user_hierarchy_group(InstanceId=id_, HierarchyGroupId=below)["HierarchyGroup"]
    path = {level: group["Name"] for level, group in found["HierarchyPath"].items()}
    at.equal("group", (found["LevelId"], path, found["Arn"]), ("2", {"LevelOne": "South", "LevelTwo": "Support"}, arn(id_, f"agent-group/{below}")))
    at.equal("listed", {one["Name"] for one in at.connect.list_user_hierarchy_groups(InstanceId=id_)["UserHierarchyGroupSummaryList"]}, {"South", "Support"})
    agent = user(at, id_)
    at.connect.update_user_hierarchy(InstanceId=id_, UserId=agent, HierarchyGroupId=below)
    at.equal("of the user", at.connect.describe_user(InstanceId=id_, UserId=agent)["User"]["HierarchyGroupId"], below)
    at.refuses(IN_USE, at.connect.delete_user_hierarchy_group, InstanceId=id_, HierarchyGroupId=above)
    at.refuses(IN_USE, at.connect.delete_user_hierarchy_group, InstanceId=id_, HierarchyGroupId=below)
    at.refuses(IN_USE, at.connect.update_user_hierarchy_structure, InstanceId=id_, HierarchyStructure={"LevelOne": {"Name": "Site"}})
    at.connect.update_user_hierarchy(InstanceId=id_, UserId=agent)
    for group in (below, above):
        at.connect.delete_user_hierarchy_group(InstanceId=id_, HierarchyGroupId=group)
    at.connect.update_user_hierarchy_structure(InstanceId=id_, HierarchyStructure={})
    at.equal("levels", at.connect.describe_user_hierarchy_structure(InstanceId=id_)["HierarchyStructure"], {})


@check("connect.CreateVocabulary", "BC connect.VocabularyState; ResourceConflictException; AssociateDefaultVocabulary; ListDefaultVocabularies; DeleteVocabulary")
def a_vocabulary_is_active_after_a_while_and_gone_after_another(at):
    id_, name = shared(at), at.name("words")
    wanted = {"InstanceId": id_, "VocabularyName": name, "LanguageCode": "en-US", "Content": WORDS}
    made = at.connect.create_vocabulary(**wanted)
    at.equal("state", made["State"], "CREATION_IN_PROGRESS")
    which = {"InstanceId": id_, "VocabularyId": made["VocabularyId"]}
    at.until("it is active", lambda: at.connect.describe_vocabulary(**which)["Vocabulary"]["State"] == "ACTIVE")
    at.equal("content", at.connect.describe_vocabulary(**which)["Vocabulary"]["Content"], WORDS)
    at.refuses(("ResourceConflictException", 409), at.connect.create_vocabulary, **wanted)
    at.equal("found", [one["Id"] for one in at.connect.search_vocabularies(InstanceId=id_, NameStartsWith=name)["VocabularySummaryList"]], [made["VocabularyId"]])
    at.connect.associate_default_vocabulary(**which, LanguageCode="en-US")
    defaults = at.connect.list_default_vocabularies(InstanceId=id_, LanguageCode="en-US")["DefaultVocabularyList"]
    at.equal("default", [(one["VocabularyName"], one["VocabularyId"]) for one in defaults], [(name, made["VocabularyId"])])
    at.refuses(IN_USE, at.connect.delete_vocabulary, **which)
    at.connect.associate_default_vocabulary(InstanceId=id_, LanguageCode="en-US")
    at.equal("state", at.connect.delete_vocabulary(**which)["State"], "DELETE_IN_PROGRESS")

    def gone():
        try:
            return at.connect.describe_vocabulary(**which)["Vocabulary"]["State"] != "DELETE_IN_PROGRESS"
        except at.connect.exceptions.ResourceNotFoundException:
            return True
    at.until("it is gone", gone)
