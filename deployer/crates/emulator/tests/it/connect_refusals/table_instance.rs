//! Instances, their attributes, functions, storage and bots.

use serde_json::{Value, json};

use super::case::{Case, case};

const GONE: &str = "ResourceNotFoundException";
const THERE: &str = "ResourceConflictException";

fn alias() -> Value {
    json!({"LexV2Bot": {"AliasArn": "arn:aws:lex:eu-central-1:111122223333:bot-alias/ABCDEFGHIJ/KLMNOPQRST"}})
}

fn streams() -> Value {
    json!({"ResourceType": "AGENT_EVENTS", "StorageConfig": {"StorageType": "KINESIS_STREAM",
        "KinesisStreamConfig": {"StreamArn": "arn:aws:kinesis:eu-central-1:111122223333:stream/events"}}})
}

fn bucket() -> Value {
    json!({"StorageConfig": {"StorageType": "S3", "S3Config": {"BucketName": "calls", "BucketPrefix": "there"}}})
}

pub(super) fn cases() -> Vec<Case> {
    let wanted = json!({"IdentityManagementType": "CONNECT_MANAGED", "InstanceAlias": "second", "InboundCallsEnabled": true,
                        "OutboundCallsEnabled": false, "Tags": {"a": "1"}});
    let storage = "/instance/{instance}/storage-config/{storage}?resourceType=CALL_RECORDINGS";
    vec![
        case("CreateInstance", "PUT", "/instance", wanted)
            .needs(&["/IdentityManagementType", "/InboundCallsEnabled", "/OutboundCallsEnabled"])
            .bad("/InstanceAlias", "d-x")
            .bad("/InstanceAlias", "x".repeat(46))
            .bad("/IdentityManagementType", "NONE")
            .bad("/InboundCallsEnabled", "true")
            .bad("/Tags", json!({"aws:a": "1"}))
            .again("InvalidRequestException")
            .on("*"),
        case("DescribeInstance", "GET", "/instance/{instance}", Value::Null),
        case("ListInstances", "GET", "/instance", Value::Null).bad("maxResults", "11").bad("nextToken", "x").on("*"),
        case("DeleteInstance", "DELETE", "/instance/{instance}", Value::Null).bad("clientToken", "x".repeat(501)),
        case("UpdateInstanceAttribute", "POST", "/instance/{instance}/attribute/CONTACTFLOW_LOGS", json!({"Value": "true"}))
            .needs(&["/Value"])
            .bad("/Value", "yes")
            .bad("/Value", true),
        case("DescribeInstanceAttribute", "GET", "/instance/{instance}/attribute/CONTACTFLOW_LOGS", Value::Null),
        case("ListInstanceAttributes", "GET", "/instance/{instance}/attributes", Value::Null).bad("maxResults", "8"),
        case(
            "AssociateLambdaFunction",
            "PUT",
            "/instance/{instance}/lambda-function",
            json!({"FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:other"}),
        )
        .needs(&["/FunctionArn"])
        .bad("/FunctionArn", "other")
        .bad("/FunctionArn", "x".repeat(141))
        .again(THERE),
        case(
            "DisassociateLambdaFunction",
            "DELETE",
            "/instance/{instance}/lambda-function?functionArn={function_arn}",
            Value::Null,
        )
        .needs(&["functionArn"])
        .bad("functionArn", "convert")
        .again(GONE),
        case("ListLambdaFunctions", "GET", "/instance/{instance}/lambda-functions", Value::Null).bad("maxResults", "26"),
        case("AssociateInstanceStorageConfig", "PUT", "/instance/{instance}/storage-config", streams())
            .needs(&["/ResourceType", "/StorageConfig", "/StorageConfig/StorageType"])
            .bad("/ResourceType", "SECRETS")
            .bad("/StorageConfig/StorageType", "S3")
            .bad("/StorageConfig/KinesisStreamConfig/StreamArn", "events")
            .bad("/StorageConfig/S3Config", json!({"BucketName": "b", "BucketPrefix": "p"}))
            .again(THERE),
        case("DescribeInstanceStorageConfig", "GET", storage, Value::Null).needs(&["resourceType"]).bad("resourceType", "NONE"),
        case(
            "ListInstanceStorageConfigs",
            "GET",
            "/instance/{instance}/storage-configs?resourceType=CALL_RECORDINGS",
            Value::Null,
        )
        .needs(&["resourceType"])
        .bad("maxResults", "11"),
        case("UpdateInstanceStorageConfig", "POST", storage, bucket())
            .needs(&["resourceType", "/StorageConfig", "/StorageConfig/S3Config/BucketPrefix"])
            .bad("/StorageConfig/StorageType", "KINESIS_STREAM")
            .bad("/StorageConfig/S3Config/BucketName", "x".repeat(129)),
        case("DisassociateInstanceStorageConfig", "DELETE", storage, Value::Null)
            .needs(&["resourceType"])
            .bad("clientToken", "x".repeat(501))
            .again(GONE),
        case("AssociateBot", "PUT", "/instance/{instance}/bot", alias())
            .bad("/LexV2Bot/AliasArn", "bot")
            .bad("/LexBot", json!({"Name": "x", "LexRegion": "y"}))
            .again(THERE),
        case(
            "DisassociateBot",
            "POST",
            "/instance/{instance}/bot",
            json!({"LexBot": {"Name": "Greeter", "LexRegion": "eu-central-1"}}),
        )
        .needs(&["/LexBot/Name", "/LexBot/LexRegion"])
        .bad("/LexBot/Name", "x".repeat(51))
        .refers(&["/LexBot/Name"])
        .again(GONE),
        case("ListBots", "GET", "/instance/{instance}/bots?lexVersion=V1", Value::Null)
            .needs(&["lexVersion"])
            .bad("lexVersion", "V3")
            .bad("maxResults", "26"),
        case(
            "AssociateLexBot",
            "PUT",
            "/instance/{instance}/lex-bot",
            json!({"LexBot": {"Name": "Other", "LexRegion": "eu-central-1"}}),
        )
        .needs(&["/LexBot", "/LexBot/Name"])
        .bad("/LexBot/LexRegion", "x".repeat(61))
        .again(THERE),
        case("DisassociateLexBot", "DELETE", "/instance/{instance}/lex-bot?botName=Greeter&lexRegion=eu-central-1", Value::Null)
            .needs(&["botName", "lexRegion"])
            .bad("botName", "x".repeat(51))
            .again(GONE),
        case("ListLexBots", "GET", "/instance/{instance}/lex-bots", Value::Null).bad("maxResults", "26"),
    ]
}
