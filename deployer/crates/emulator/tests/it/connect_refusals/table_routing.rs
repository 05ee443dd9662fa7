//! Hours, queues, routing profiles, security profiles and users.

use serde_json::{Value, json};

use super::case::{Case, case};

const GONE: &str = "ResourceNotFoundException";
const THERE: &str = "DuplicateResourceException";

pub(super) fn cases() -> Vec<Case> {
    [hours(), queues(), routing_profiles(), routing_queues(), security_profiles(), users()].concat()
}

fn hours() -> Vec<Case> {
    let slot = json!({"Day": "MONDAY", "StartTime": {"Hours": 9, "Minutes": 0}, "EndTime": {"Hours": 17, "Minutes": 30}});
    let wanted = json!({"Name": "Nights", "TimeZone": "Europe/Berlin", "Config": [slot], "Tags": {"a": "1"}});
    let (one, spare) = ("/hours-of-operations/{instance}/{hours}", "/hours-of-operations/{instance}/{spare_hours}");
    vec![
        case("CreateHoursOfOperation", "PUT", "/hours-of-operations/{instance}", wanted)
            .needs(&["/Name", "/TimeZone", "/Config"])
            .bad("/TimeZone", "Europe/Nowhere")
            .bad("/Name", "")
            .bad("/Config/0/Day", "HOLIDAY")
            .bad("/Config/0/StartTime/Hours", 24)
            .bad("/Config/0/EndTime/Minutes", "0")
            .again(THERE)
            .on("{instance_arn}/operating-hours/*"),
        case("DescribeHoursOfOperation", "GET", one, Value::Null).on("{instance_arn}/operating-hours/{hours}"),
        case("UpdateHoursOfOperation", "POST", one, json!({"Name": "Days", "TimeZone": "UTC"}))
            .bad("/TimeZone", "Nowhere")
            .bad("/Name", "x".repeat(128))
            .on("{instance_arn}/operating-hours/{hours}"),
        case("DeleteHoursOfOperation", "DELETE", spare, Value::Null)
            .again(GONE)
            .on("{instance_arn}/operating-hours/{spare_hours}"),
        case("ListHoursOfOperations", "GET", "/hours-of-operations-summary/{instance}", Value::Null).bad("maxResults", "1001"),
    ]
}

fn queues() -> Vec<Case> {
    let wanted = json!({"Name": "Night", "HoursOfOperationId": "{hours}", "MaxContacts": 3,
        "OutboundCallerConfig": {"OutboundCallerIdNumberId": "{number}"}});
    let at = |rest: &str| format!("/queues/{{instance}}/{{queue}}{rest}");
    let on = "{instance_arn}/queue/{queue}";
    let calls = json!({"OutboundCallerConfig": {"OutboundCallerIdName": "Sales", "OutboundCallerIdNumberId": "{number}"}});
    vec![
        case("CreateQueue", "PUT", "/queues/{instance}", wanted)
            .needs(&["/Name", "/HoursOfOperationId"])
            .bad("/Name", "x".repeat(128))
            .bad("/MaxContacts", -1)
            .bad("/MaxContacts", "three")
            .bad("/Description", "")
            .bad("/OutboundCallerConfig/OutboundFlowId", "{flow}")
            .refers(&["/HoursOfOperationId", "/OutboundCallerConfig/OutboundCallerIdNumberId"])
            .again(THERE)
            .on("{instance_arn}/queue/*"),
        case("DescribeQueue", "GET", &at(""), Value::Null).on(on),
        case("DeleteQueue", "DELETE", "/queues/{instance}/{spare_queue}", Value::Null)
            .again(GONE)
            .on("{instance_arn}/queue/{spare_queue}"),
        case("UpdateQueueName", "POST", &at("/name"), json!({"Name": "Service"})).bad("/Name", "").on(on),
        case("UpdateQueueHoursOfOperation", "POST", &at("/hours-of-operation"), json!({"HoursOfOperationId": "{spare_hours}"}))
            .needs(&["/HoursOfOperationId"])
            .refers(&["/HoursOfOperationId"])
            .bad("/HoursOfOperationId", 1)
            .on(on),
        case("UpdateQueueMaxContacts", "POST", &at("/max-contacts"), json!({"MaxContacts": 4})).bad("/MaxContacts", -1).on(on),
        case("UpdateQueueOutboundCallerConfig", "POST", &at("/outbound-caller-config"), calls)
            .needs(&["/OutboundCallerConfig"])
            .refers(&["/OutboundCallerConfig/OutboundCallerIdNumberId", "/OutboundCallerConfig/OutboundFlowId"])
            .bad("/OutboundCallerConfig/OutboundCallerIdName", "x".repeat(256))
            .on(on),
        case("UpdateQueueStatus", "POST", &at("/status"), json!({"Status": "DISABLED"}))
            .needs(&["/Status"])
            .bad("/Status", "ASLEEP")
            .on(on),
        case("ListQueues", "GET", "/queues-summary/{instance}?queueTypes=STANDARD", Value::Null)
            .bad("queueTypes", "OTHER")
            .on("{instance_arn}/queue/*"),
    ]
}

fn queue(name: &str, priority: i64) -> Value {
    json!({"QueueReference": {"QueueId": name, "Channel": "VOICE"}, "Priority": priority, "Delay": 0})
}

fn routing_profiles() -> Vec<Case> {
    let wanted = json!({"Name": "Night", "Description": "at night", "DefaultOutboundQueueId": "{queue}",
        "MediaConcurrencies": [{"Channel": "VOICE", "Concurrency": 1}], "QueueConfigs": [queue("{queue}", 1)]});
    let at = |rest: &str| format!("/routing-profiles/{{instance}}/{{profile}}{rest}");
    let on = "{instance_arn}/routing-profile/{profile}";
    vec![
        case("CreateRoutingProfile", "PUT", "/routing-profiles/{instance}", wanted)
            .needs(&["/Name", "/Description", "/DefaultOutboundQueueId", "/MediaConcurrencies", "/QueueConfigs/0/Priority"])
            .bad("/Description", "")
            .bad("/MediaConcurrencies/0/Concurrency", 2)
            .bad("/MediaConcurrencies", json!([]))
            .bad("/QueueConfigs/0/Priority", 100)
            .bad("/QueueConfigs", json!([queue("{queue}", 1), queue("{queue}", 2)]))
            .refers(&["/DefaultOutboundQueueId", "/QueueConfigs/0/QueueReference/QueueId"])
            .again(THERE)
            .on("{instance_arn}/routing-profile/*"),
        case("DescribeRoutingProfile", "GET", &at(""), Value::Null).on(on),
        case("DeleteRoutingProfile", "DELETE", "/routing-profiles/{instance}/{spare_profile}", Value::Null)
            .again(GONE)
            .on("{instance_arn}/routing-profile/{spare_profile}"),
        case("UpdateRoutingProfileName", "POST", &at("/name"), json!({"Name": "Day"})).bad("/Name", "").on(on),
        case(
            "UpdateRoutingProfileConcurrency",
            "POST",
            &at("/concurrency"),
            json!({"MediaConcurrencies": [{"Channel": "CHAT", "Concurrency": 3}]}),
        )
        .needs(&["/MediaConcurrencies", "/MediaConcurrencies/0/Channel"])
        .bad("/MediaConcurrencies/0/Concurrency", 11)
        .bad("/MediaConcurrencies/0/Channel", "FAX")
        .on(on),
        case(
            "UpdateRoutingProfileDefaultOutboundQueue",
            "POST",
            &at("/default-outbound-queue"),
            json!({"DefaultOutboundQueueId": "{spare_queue}"}),
        )
        .needs(&["/DefaultOutboundQueueId"])
        .bad("/DefaultOutboundQueueId", 1)
        .refers(&["/DefaultOutboundQueueId"])
        .on(on),
        case(
            "UpdateRoutingProfileAgentAvailabilityTimer",
            "POST",
            &at("/agent-availability-timer"),
            json!({"AgentAvailabilityTimer": "TIME_SINCE_LAST_INBOUND"}),
        )
        .needs(&["/AgentAvailabilityTimer"])
        .bad("/AgentAvailabilityTimer", "NEVER")
        .on(on),
        case("ListRoutingProfiles", "GET", "/routing-profiles-summary/{instance}", Value::Null).bad("maxResults", "0"),
    ]
}

fn routing_queues() -> Vec<Case> {
    let at = |rest: &str| format!("/routing-profiles/{{instance}}/{{profile}}{rest}");
    let on = "{instance_arn}/routing-profile/{profile}";
    let many: Vec<Value> = (0..11).map(|_| json!({"QueueId": "{queue}", "Channel": "VOICE"})).collect();
    vec![
        case("UpdateRoutingProfileQueues", "POST", &at("/queues"), json!({"QueueConfigs": [queue("{queue}", 7)]}))
            .needs(&["/QueueConfigs", "/QueueConfigs/0/QueueReference"])
            .bad("/QueueConfigs", json!([]))
            .bad("/QueueConfigs/0/Delay", 10_000)
            .refers(&["/QueueConfigs/0/QueueReference/QueueId"])
            .on(on),
        case(
            "AssociateRoutingProfileQueues",
            "POST",
            &at("/associate-queues"),
            json!({"QueueConfigs": [queue("{spare_queue}", 2)]}),
        )
        .bad("/QueueConfigs/0/QueueReference/Channel", "FAX")
        .bad("/QueueConfigs/0", queue("{queue}", 2))
        .refers(&["/QueueConfigs/0/QueueReference/QueueId"])
        .again("InvalidParameterException")
        .on(on),
        case(
            "DisassociateRoutingProfileQueues",
            "POST",
            &at("/disassociate-queues"),
            json!({"QueueReferences": [{"QueueId": "{queue}", "Channel": "VOICE"}]}),
        )
        .needs(&["/QueueReferences/0/Channel"])
        .bad("/QueueReferences", many)
        .refers(&["/QueueReferences/0/QueueId"])
        .again(GONE)
        .on(on),
        case("ListRoutingProfileQueues", "GET", &at("/queues"), Value::Null).bad("maxResults", "101").on(on),
        case("ListRoutingProfileManualAssignmentQueues", "GET", &at("/manual-assignment-queues"), Value::Null)
            .bad("maxResults", "101")
            .on(on),
    ]
}

fn security_profiles() -> Vec<Case> {
    let one = "/security-profiles/{instance}/{security}";
    let on = "{instance_arn}/security-profile/{security}";
    vec![
        case("CreateSecurityProfile", "PUT", "/security-profiles/{instance}", json!({"SecurityProfileName": "Day"}))
            .needs(&["/SecurityProfileName"])
            .bad("/SecurityProfileName", "a/b")
            .bad("/Permissions", json!([""]))
            .bad("/TagRestrictedResources", json!([""]))
            .bad("/AllowedAccessControlTags", json!({"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}))
            .again(THERE)
            .on("{instance_arn}/security-profile/*"),
        case("DescribeSecurityProfile", "GET", one, Value::Null).on(on),
        case("UpdateSecurityProfile", "POST", one, json!({"Permissions": ["Queues.View"]}))
            .bad("/Description", "x".repeat(251))
            .bad("/Permissions", "Queues.View")
            .on(on),
        case("DeleteSecurityProfile", "DELETE", "/security-profiles/{instance}/{spare_security}", Value::Null)
            .again(GONE)
            .on("{instance_arn}/security-profile/{spare_security}"),
        case("ListSecurityProfilePermissions", "GET", "/security-profiles-permissions/{instance}/{security}", Value::Null)
            .bad("maxResults", "1001")
            .on(on),
        case("ListSecurityProfiles", "GET", "/security-profiles-summary/{instance}", Value::Null).bad("nextToken", "x"),
    ]
}

fn users() -> Vec<Case> {
    let wanted = json!({"Username": "john", "Password": "Correct1Horse",
        "IdentityInfo": {"FirstName": "John", "LastName": "Minor", "Email": "john@example.com"},
        "PhoneConfig": {"PhoneType": "SOFT_PHONE"}, "SecurityProfileIds": ["{security}"], "RoutingProfileId": "{profile}"});
    let at = |rest: &str| format!("/users/{{instance}}/{{user}}{rest}");
    let on = "{instance_arn}/agent/{user}";
    let name = json!({"StringCondition": {"FieldName": "Username", "Value": "m", "ComparisonType": "STARTS_WITH"}});
    vec![
        case("CreateUser", "PUT", "/users/{instance}", wanted)
            .needs(&["/Username", "/SecurityProfileIds", "/RoutingProfileId", "/IdentityInfo/LastName"])
            .bad("/Username", "with blank")
            .bad("/Username", "x".repeat(21))
            .bad("/Password", "simple")
            .bad("/Password", Value::Null)
            .bad("/IdentityInfo/Email", "nobody")
            .bad("/IdentityInfo/Mobile", "555")
            .bad("/PhoneConfig/PhoneType", "DESK_PHONE")
            .bad("/PhoneConfig/AfterContactWorkTimeLimit", 2_000_001)
            .bad("/SecurityProfileIds", json!([]))
            .bad("/DirectoryUserId", "x")
            .refers(&["/RoutingProfileId", "/SecurityProfileIds/0"])
            .again(THERE)
            .on("{instance_arn}/agent/*"),
        case("DescribeUser", "GET", &at(""), Value::Null).on(on),
        case("DeleteUser", "DELETE", &at(""), Value::Null).again(GONE).on(on),
        case(
            "UpdateUserIdentityInfo",
            "POST",
            &at("/identity-info"),
            json!({"IdentityInfo": {"FirstName": "Marie", "LastName": "Major"}}),
        )
        .needs(&["/IdentityInfo", "/IdentityInfo/FirstName"])
        .bad("/IdentityInfo/FirstName", "x".repeat(256))
        .on(on),
        case("UpdateUserPhoneConfig", "POST", &at("/phone-config"), json!({"PhoneConfig": {"PhoneType": "SOFT_PHONE"}}))
            .needs(&["/PhoneConfig"])
            .bad("/PhoneConfig/PhoneType", "DESK_PHONE")
            .bad("/PhoneConfig/DeskPhoneNumber", "555")
            .bad("/PhoneConfig/AutoAccept", "yes")
            .on(on),
        case("UpdateUserRoutingProfile", "POST", &at("/routing-profile"), json!({"RoutingProfileId": "{spare_profile}"}))
            .needs(&["/RoutingProfileId"])
            .bad("/RoutingProfileId", 1)
            .refers(&["/RoutingProfileId"])
            .on(on),
        case(
            "UpdateUserSecurityProfiles",
            "POST",
            &at("/security-profiles"),
            json!({"SecurityProfileIds": ["{spare_security}"]}),
        )
        .needs(&["/SecurityProfileIds"])
        .bad("/SecurityProfileIds", json!([]))
        .refers(&["/SecurityProfileIds/0"])
        .on(on),
        case("UpdateUserHierarchy", "POST", &at("/hierarchy"), json!({"HierarchyGroupId": "{group}"}))
            .bad("/HierarchyGroupId", 1)
            .refers(&["/HierarchyGroupId"])
            .on(on),
        case("SearchUsers", "POST", "/search-users", json!({"InstanceId": "{instance}", "SearchCriteria": name}))
            .needs(&["/InstanceId"])
            .bad("/MaxResults", 501)
            .bad("/SearchCriteria/StringCondition/FieldName", "Password")
            .bad("/SearchCriteria/StringCondition/ComparisonType", "SOUNDS_LIKE"),
        case("ListUsers", "GET", "/users-summary/{instance}", Value::Null).bad("maxResults", "x"),
    ]
}
