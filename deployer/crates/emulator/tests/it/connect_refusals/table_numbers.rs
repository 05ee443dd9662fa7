//! Phone numbers and tags.

use serde_json::{Value, json};

use super::case::{Case, case};

const GONE: &str = "ResourceNotFoundException";
const BUSY: &str = "ResourceInUseException";

pub(super) fn cases() -> Vec<Case> {
    [numbers(), number_flows(), tags()].concat()
}

fn numbers() -> Vec<Case> {
    let one = "/phone-number/{number}";
    let on = "{numbers_arn}/{number}";
    let search = json!({"InstanceId": "{instance}", "PhoneNumberCountryCode": "US", "PhoneNumberType": "DID", "PhoneNumberPrefix": "+1206"});
    vec![
        case("SearchAvailablePhoneNumbers", "POST", "/phone-number/search-available", search)
            .needs(&["/PhoneNumberCountryCode", "/PhoneNumberType", "/InstanceId"])
            .bad("/PhoneNumberCountryCode", "XX")
            .bad("/PhoneNumberType", "MAGIC")
            .bad("/PhoneNumberPrefix", "1206")
            .bad("/PhoneNumberPrefix", "+x")
            .bad("/MaxResults", 11)
            .bad("/TargetArn", "instance")
            .on("{numbers_arn}/*"),
        case(
            "ClaimPhoneNumber",
            "POST",
            "/phone-number/claim",
            json!({"InstanceId": "{instance}", "PhoneNumber": "+12065550101", "Tags": {"a": "1"}}),
        )
        .needs(&["/PhoneNumber", "/InstanceId"])
        .bad("/PhoneNumber", "12065550101")
        .bad("/PhoneNumber", "+12065550100")
        .bad("/PhoneNumber", "+12065559999")
        .bad("/PhoneNumberDescription", "x".repeat(501))
        .bad("/ClientToken", "no-uuid")
        .again("InvalidParameterException"),
        case("DescribePhoneNumber", "GET", one, Value::Null).anything().on(on),
        case("ListPhoneNumbersV2", "POST", "/phone-number/list", json!({"InstanceId": "{instance}"}))
            .bad("/PhoneNumberTypes", json!(["MAGIC"]))
            .bad("/PhoneNumberCountryCodes", json!(["XX"]))
            .bad("/PhoneNumberPrefix", "1")
            .bad("/MaxResults", 0)
            .on("{numbers_arn}/*"),
        case("UpdatePhoneNumber", "PUT", one, json!({"InstanceId": "{instance}"}))
            .needs(&["/InstanceId"])
            .bad("/ClientToken", "x".repeat(501))
            .again(BUSY)
            .on(on),
        case("UpdatePhoneNumberMetadata", "PUT", "/phone-number/{number}/metadata", json!({"PhoneNumberDescription": "sales"}))
            .bad("/PhoneNumberDescription", "x".repeat(501))
            .again(BUSY)
            .on(on),
        case("ReleasePhoneNumber", "DELETE", one, Value::Null).bad("clientToken", "x".repeat(501)).again(GONE).on(on),
    ]
}

fn number_flows() -> Vec<Case> {
    let lead = "/phone-number/{number}/contact-flow";
    let on = "{numbers_arn}/{number}";
    vec![
        case(
            "AssociatePhoneNumberContactFlow",
            "PUT",
            lead,
            json!({"InstanceId": "{instance}", "ContactFlowId": "{spare_flow}"}),
        )
        .needs(&["/InstanceId", "/ContactFlowId"])
        .bad("/ContactFlowId", "x".repeat(501))
        .refers(&["/ContactFlowId"])
        .on(on),
        case(
            "DisassociatePhoneNumberContactFlow",
            "DELETE",
            "/phone-number/{number}/contact-flow?instanceId={instance}",
            Value::Null,
        )
        .needs(&["instanceId"])
        .on(on),
        case("ListFlowAssociations", "GET", "/flow-associations-summary/{instance}", Value::Null)
            .bad("ResourceType", "PIGEON")
            .bad("maxResults", "1001"),
        case("BatchGetFlowAssociation", "POST", "/flow-associations-batch/{instance}", json!({"ResourceIds": ["{number}"]}))
            .needs(&["/ResourceIds"])
            .bad("/ResourceIds", json!([]))
            .bad("/ResourceType", "PIGEON")
            .on("{numbers_arn}/*"),
    ]
}

fn tags() -> Vec<Case> {
    vec![
        case("TagResource", "POST", "/tags/{instance_arn}", json!({"tags": {"a": "1"}}))
            .needs(&["/tags"])
            .bad("/tags", json!({}))
            .bad("/tags", json!({"aws:a": "1"}))
            .bad("/tags", json!({"a": "x".repeat(257)})),
        case("UntagResource", "DELETE", "/tags/{instance_arn}?tagKeys=a", Value::Null)
            .needs(&["tagKeys"])
            .bad("tagKeys", "aws:a"),
        case("ListTagsForResource", "GET", "/tags/{instance_arn}", Value::Null).anything(),
    ]
}
