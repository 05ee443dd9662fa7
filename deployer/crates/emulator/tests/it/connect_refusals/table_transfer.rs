//! Quick connects, the agent hierarchy and vocabularies.

use serde_json::{Value, json};

use super::case::{Case, case};

const GONE: &str = "ResourceNotFoundException";
const THERE: &str = "DuplicateResourceException";

pub(super) fn cases() -> Vec<Case> {
    [quick_connects(), queues(), structure(), groups(), vocabularies(), defaults()].concat()
}

fn quick_connects() -> Vec<Case> {
    let config = json!({"QuickConnectType": "QUEUE", "QueueConfig": {"QueueId": "{queue}", "ContactFlowId": "{to_queue}"}});
    let wanted = json!({"Name": "Night", "QuickConnectConfig": config, "Tags": {"a": "1"}});
    let user = json!({"QuickConnectConfig": {"QuickConnectType": "USER", "UserConfig": {"UserId": "{user}", "ContactFlowId": "{to_agent}"}}});
    let at = |rest: &str| format!("/quick-connects/{{instance}}/{{quick}}{rest}");
    let on = "{instance_arn}/transfer-destination/{quick}";
    let name = json!({"StringCondition": {"FieldName": "name", "Value": "S", "ComparisonType": "STARTS_WITH"}});
    vec![
        case("CreateQuickConnect", "PUT", "/quick-connects/{instance}", wanted)
            .needs(&["/Name", "/QuickConnectConfig", "/QuickConnectConfig/QuickConnectType", "/QuickConnectConfig/QueueConfig"])
            .bad("/Name", "x".repeat(128))
            .bad("/Description", "")
            .bad("/QuickConnectConfig/QuickConnectType", "FAX")
            .bad("/QuickConnectConfig/QuickConnectType", "USER")
            .bad("/QuickConnectConfig/PhoneConfig", json!({"PhoneNumber": "+12065550100"}))
            .bad("/QuickConnectConfig/QueueConfig/ContactFlowId", "{flow}")
            .refers(&["/QuickConnectConfig/QueueConfig/QueueId", "/QuickConnectConfig/QueueConfig/ContactFlowId"])
            .again(THERE)
            .on("{instance_arn}/transfer-destination/*"),
        case("DescribeQuickConnect", "GET", &at(""), Value::Null).on(on),
        case("ListQuickConnects", "GET", "/quick-connects/{instance}?QuickConnectTypes=PHONE_NUMBER", Value::Null)
            .bad("QuickConnectTypes", "FAX")
            .on("{instance_arn}/transfer-destination/*"),
        case(
            "SearchQuickConnects",
            "POST",
            "/search-quick-connects",
            json!({"InstanceId": "{instance}", "SearchCriteria": name}),
        )
        .needs(&["/InstanceId"])
        .bad("/MaxResults", 101)
        .bad("/SearchCriteria/StringCondition/FieldName", "type"),
        case("UpdateQuickConnectName", "POST", &at("/name"), json!({"Name": "Service"}))
            .needs(&["/Name"])
            .bad("/Name", "")
            .bad("/Name", "Spare")
            .on(on),
        case("UpdateQuickConnectConfig", "POST", &at("/config"), user)
            .needs(&["/QuickConnectConfig"])
            .bad("/QuickConnectConfig/QuickConnectType", "PHONE_NUMBER")
            .bad("/QuickConnectConfig/UserConfig/ContactFlowId", "{to_queue}")
            .refers(&["/QuickConnectConfig/UserConfig/UserId", "/QuickConnectConfig/UserConfig/ContactFlowId"])
            .on(on),
        case("DeleteQuickConnect", "DELETE", &at(""), Value::Null).again(GONE).on(on),
    ]
}

fn queues() -> Vec<Case> {
    let at = |rest: &str| format!("/queues/{{instance}}/{{queue}}{rest}");
    let ids = json!({"QuickConnectIds": ["{quick}"]});
    let on = "{instance_arn}/queue/{queue}";
    vec![
        case("ListQueueQuickConnects", "GET", &at("/quick-connects"), Value::Null).bad("maxResults", "101").on(on),
        case("AssociateQueueQuickConnects", "POST", &at("/associate-quick-connects"), ids.clone())
            .needs(&["/QuickConnectIds"])
            .bad("/QuickConnectIds", json!([]))
            .bad("/QuickConnectIds", json!(vec!["{quick}"; 51]))
            .refers(&["/QuickConnectIds/0"])
            .on(on),
        case("DisassociateQueueQuickConnects", "POST", &at("/disassociate-quick-connects"), ids)
            .needs(&["/QuickConnectIds"])
            .bad("/QuickConnectIds", "{quick}")
            .refers(&["/QuickConnectIds/0"])
            .on(on),
    ]
}

fn structure() -> Vec<Case> {
    let one = "/user-hierarchy-structure/{instance}";
    let levels = json!({"HierarchyStructure": {"LevelOne": {"Name": "Site"}, "LevelTwo": {"Name": "Group"}, "LevelThree": {"Name": "Team"}}});
    vec![
        case("DescribeUserHierarchyStructure", "GET", one, Value::Null),
        case("UpdateUserHierarchyStructure", "POST", one, levels)
            .needs(&["/HierarchyStructure", "/HierarchyStructure/LevelOne/Name"])
            .bad("/HierarchyStructure/LevelOne/Name", "x".repeat(51))
            .bad("/HierarchyStructure/LevelOne/Name", "")
            .bad("/HierarchyStructure/LevelFive", json!({"Name": "Desk"}))
            .bad("/HierarchyStructure/LevelTwo", "Group"),
    ]
}

fn groups() -> Vec<Case> {
    let at = |rest: &str| format!("/user-hierarchy-groups/{{instance}}/{{group}}{rest}");
    let on = "{instance_arn}/agent-group/{group}";
    let spare = "/user-hierarchy-groups/{instance}/{spare_group}";
    vec![
        case(
            "CreateUserHierarchyGroup",
            "PUT",
            "/user-hierarchy-groups/{instance}",
            json!({"Name": "West", "ParentGroupId": "{group}"}),
        )
        .needs(&["/Name"])
        .bad("/Name", "x".repeat(101))
        .bad("/Name", "")
        // A group on the last level has none below it.
        .bad("/ParentGroupId", "{lower_group}")
        .refers(&["/ParentGroupId"])
        .again(THERE)
        .on("{instance_arn}/agent-group/*"),
        case("DescribeUserHierarchyGroup", "GET", &at(""), Value::Null).on(on),
        case("UpdateUserHierarchyGroupName", "POST", &at("/name"), json!({"Name": "South"}))
            .needs(&["/Name"])
            .bad("/Name", "")
            .on(on),
        case("DeleteUserHierarchyGroup", "DELETE", spare, Value::Null).again(GONE).on("{instance_arn}/agent-group/{spare_group}"),
        case("ListUserHierarchyGroups", "GET", "/user-hierarchy-groups-summary/{instance}", Value::Null)
            .bad("maxResults", "1001"),
    ]
}

fn vocabularies() -> Vec<Case> {
    let one = "/vocabulary/{instance}/{vocabulary}";
    let wanted = json!({"VocabularyName": "places", "LanguageCode": "en-US", "Content": "Phrase\tIPA\tSoundsLike\tDisplayAs\n"});
    let on = "{instance_arn}/vocabulary/{vocabulary}";
    vec![
        case("CreateVocabulary", "POST", "/vocabulary/{instance}", wanted)
            .needs(&["/VocabularyName", "/LanguageCode", "/Content"])
            .bad("/VocabularyName", "")
            .bad("/LanguageCode", "xx-XX")
            .bad("/Content", "")
            .again("ResourceConflictException")
            .on("{instance_arn}/vocabulary/*"),
        case("DescribeVocabulary", "GET", one, Value::Null).on(on),
        case("DeleteVocabulary", "POST", "/vocabulary-remove/{instance}/{vocabulary}", Value::Null).on(on),
        case("SearchVocabularies", "POST", "/vocabulary-summary/{instance}", json!({"NameStartsWith": "w"}))
            .bad("/State", "LOST")
            .bad("/MaxResults", 0)
            .on("{instance_arn}/vocabulary/*"),
    ]
}

fn defaults() -> Vec<Case> {
    let wanted = json!({"VocabularyId": "{vocabulary}"});
    vec![
        case("AssociateDefaultVocabulary", "PUT", "/default-vocabulary/{instance}/en-US", wanted)
            .bad("/VocabularyId", "{german}")
            .refers(&["/VocabularyId"]),
        case("ListDefaultVocabularies", "POST", "/default-vocabulary-summary/{instance}", json!({}))
            .bad("/LanguageCode", "xx-XX"),
    ]
}
